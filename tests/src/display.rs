//! X11: a server of our own for tests, windows, the mouse, pictures.

use crate::clap_host::HostFailure;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConfigureWindowAux, ConnectionExt, CreateWindowAux, ImageFormat,
    InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// An Xvfb of our own; it ends when this is dropped.
pub struct Server {
    child: Child,
    name: String,
}

impl Server {
    /// Starts one on a free display number.
    ///
    /// # Errors
    /// When Xvfb is not installed or does not start.
    pub fn start(width: u32, height: u32) -> Result<Server, HostFailure> {
        Self::start_with(width, height, &[])
    }

    /// As [`Server::start`], with more arguments for Xvfb.
    ///
    /// # Errors
    /// As there.
    pub fn start_with(width: u32, height: u32, arguments: &[&str]) -> Result<Server, HostFailure> {
        let fail = |e: String| HostFailure::Display(format!("Xvfb: {e} (Debian and Ubuntu: the package xvfb)"));
        let screen = format!("{width}x{height}x24");
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| fail(e.to_string()))?;
        let mut number = String::new();
        if let Some(out) = child.stdout.take() {
            // Xvfb writes its number once it is ready, or ends.
            BufReader::new(out).read_line(&mut number).map_err(|e| fail(e.to_string()))?;
        }
        let mut server = Server { child, name: format!(":{}", number.trim()) };
        if number.trim().is_empty() {
            server.end();
            return Err(fail("it ended at once".into()));
        }
        Ok(server)
    }

    /// What belongs into `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives the server's keyboard another layout, with the arguments of `setxkbmap`.
    ///
    /// # Errors
    /// When that program is not installed or knows no such layout.
    pub fn choose_layout(&self, arguments: &[&str]) -> Result<(), HostFailure> {
        let fail = |e: String| HostFailure::Display(format!("setxkbmap {}: {e}", arguments.join(" ")));
        let output = Command::new("setxkbmap").args(["-display", &self.name]).args(arguments).output();
        let output = output.map_err(|e| fail(format!("{e} (Debian and Ubuntu: the package x11-xkb-utils)")))?;
        if output.status.success() { Ok(()) } else { Err(fail(String::from_utf8_lossy(&output.stderr).into_owned())) }
    }

    fn end(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A plugin's window thread may still be closing its connection, and libX11 ends the whole
        // process when the server goes meanwhile.
        std::thread::sleep(std::time::Duration::from_millis(700));
        self.end();
    }
}

/// A connection to the X server that `DISPLAY` names.
pub struct Display {
    connection: RustConnection,
    screen: usize,
}

impl Display {
    /// Connects.
    ///
    /// # Errors
    /// When there is no server.
    pub fn connect() -> Result<Display, HostFailure> {
        let (connection, screen) = RustConnection::connect(None)
            .map_err(|e| HostFailure::Display(format!("no X server at DISPLAY: {e}; start one with xvfb-run")))?;
        Ok(Display { connection, screen })
    }

    fn root(&self) -> u32 {
        self.connection.setup().roots[self.screen].root
    }

    /// Opens a window at the screen's upper left corner and waits until the server knows it.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn open_window(&self, width: u32, height: u32) -> Result<u32, HostFailure> {
        let run = || -> Result<u32, Box<dyn std::error::Error>> {
            let window = self.connection.generate_id()?;
            let screen = &self.connection.setup().roots[self.screen];
            self.connection
                .create_window(
                    x11rb::COPY_DEPTH_FROM_PARENT,
                    window,
                    screen.root,
                    0,
                    0,
                    u16::try_from(width)?,
                    u16::try_from(height)?,
                    0,
                    WindowClass::INPUT_OUTPUT,
                    0,
                    &CreateWindowAux::new().background_pixel(screen.black_pixel),
                )?
                .check()?;
            self.connection.map_window(window)?.check()?;
            // One round trip: another client reparents into this window next.
            self.connection.get_input_focus()?.reply()?;
            Ok(window)
        };
        run().map_err(|e| HostFailure::Display(e.to_string()))
    }

    /// Gives a window another size.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn resize_window(&self, window: u32, width: u32, height: u32) -> Result<(), HostFailure> {
        let size = ConfigureWindowAux::new().width(width).height(height);
        let run = || -> Result<(), Box<dyn std::error::Error>> {
            self.connection.configure_window(window, &size)?.check()?;
            Ok(())
        };
        run().map_err(|e| HostFailure::Display(e.to_string()))
    }

    /// Destroys a window.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn close_window(&self, window: u32) -> Result<(), HostFailure> {
        let run = || -> Result<(), Box<dyn std::error::Error>> {
            self.connection.destroy_window(window)?.check()?;
            Ok(())
        };
        run().map_err(|e| HostFailure::Display(e.to_string()))
    }

    /// Moves the pointer to a place on the screen, in pixels.
    ///
    /// # Errors
    /// When the server has no XTEST.
    pub fn move_to(&self, x: i32, y: i32) -> Result<(), HostFailure> {
        self.fake(MOTION_NOTIFY_EVENT, 0, x, y)
    }

    /// Presses (`true`) or releases the left button.
    ///
    /// # Errors
    /// When the server has no XTEST.
    pub fn press(&self, down: bool) -> Result<(), HostFailure> {
        self.fake(if down { BUTTON_PRESS_EVENT } else { BUTTON_RELEASE_EVENT }, 1, 0, 0)
    }

    /// Presses a key or lets it go, by its number on a keyboard of X11's common layout: 8 more than Linux' own.
    ///
    /// # Errors
    /// When the server has no XTEST.
    pub fn key(&self, code: u8, down: bool) -> Result<(), HostFailure> {
        self.fake(if down { KEY_PRESS_EVENT } else { KEY_RELEASE_EVENT }, code, 0, 0)
    }

    /// Has a key write one symbol, whatever is held: 0x0100_0000 above a character's number for most of Unicode.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn remap(&self, code: u8, symbol: u32) -> Result<(), HostFailure> {
        let run = || -> Result<(), Box<dyn std::error::Error>> {
            self.connection.change_keyboard_mapping(1, code, 2, &[symbol, symbol])?.check()?;
            Ok(())
        };
        run().map_err(|e| HostFailure::Display(e.to_string()))
    }

    /// Gives the keyboard to a window.
    ///
    /// # Errors
    /// When the window is not to be seen.
    pub fn focus(&self, window: u32) -> Result<(), HostFailure> {
        let run = || -> Result<(), Box<dyn std::error::Error>> {
            self.connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?.check()?;
            Ok(())
        };
        run().map_err(|e| HostFailure::Display(e.to_string()))
    }

    /// As [`Display::move_to`], without waiting for what follows from it.
    ///
    /// # Errors
    /// As there.
    pub fn move_at_once(&self, x: i32, y: i32) -> Result<(), HostFailure> {
        self.send(MOTION_NOTIFY_EVENT, 0, x, y)
    }

    fn fake(&self, kind: u8, detail: u8, x: i32, y: i32) -> Result<(), HostFailure> {
        self.send(kind, detail, x, y)?;
        std::thread::sleep(Duration::from_millis(15));
        Ok(())
    }

    fn send(&self, kind: u8, detail: u8, x: i32, y: i32) -> Result<(), HostFailure> {
        let run = || -> Result<(), Box<dyn std::error::Error>> {
            let (x, y) = (i16::try_from(x)?, i16::try_from(y)?);
            self.connection.xtest_fake_input(kind, detail, 0, self.root(), x, y, 0)?.check()?;
            Ok(())
        };
        run().map_err(|e| HostFailure::Display(e.to_string()))
    }

    /// What is to be seen in a window and in those inside it.
    ///
    /// # Errors
    /// When the window is not wholly on the screen, or the screen has no 24 bits.
    pub fn picture(&self, window: u32, width: u32, height: u32) -> Result<Picture, HostFailure> {
        let run = || -> Result<Picture, Box<dyn std::error::Error>> {
            let (w, h) = (u16::try_from(width)?, u16::try_from(height)?);
            let image = self.connection.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, w, h, u32::MAX)?.reply()?;
            if image.data.len() != width as usize * height as usize * 4 {
                return Err(format!("a picture of {} bytes for {width}×{height}", image.data.len()).into());
            }
            let rgb = image.data.chunks_exact(4).flat_map(|p| [p[2], p[1], p[0]]).collect();
            Ok(Picture { width, height, rgb })
        };
        run().map_err(|e| HostFailure::Display(format!("no picture of {width}×{height}: {e}")))
    }
}

/// Pixels, 8 bits a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Red, green, blue, row by row.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// The number of different colours: 1 is an empty window.
    pub fn colours(&self) -> usize {
        self.rgb.chunks_exact(3).collect::<std::collections::HashSet<_>>().len()
    }

    /// The share of pixels that differ from another picture's of the same size.
    pub fn difference(&self, other: &Picture) -> f64 {
        let differ = self.rgb.chunks_exact(3).zip(other.rgb.chunks_exact(3)).filter(|(a, b)| a != b).count();
        differ as f64 / (self.width * self.height).max(1) as f64
    }

    /// Writes a PNG.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_png(&self, path: &Path) -> Result<(), HostFailure> {
        let fail = |e: String| HostFailure::Display(format!("{}: {e}", path.display()));
        let mut pixmap =
            tiny_skia::Pixmap::new(self.width, self.height).ok_or_else(|| fail("a picture without pixels".into()))?;
        for (to, from) in pixmap.data_mut().chunks_exact_mut(4).zip(self.rgb.chunks_exact(3)) {
            to[..3].copy_from_slice(from);
            to[3] = 255;
        }
        pixmap.save_png(path).map_err(|e| fail(e.to_string()))
    }
}
