//! The picture of the window that is kept from frame to frame, so that only what has changed is painted.
//!
//! Two callbacks stand round the shapes of each frame: the first has the driver paint into a texture of the window's
//! size, the second copies that to the window. With Mesa's software renderer, where copying costs more than painting, the
//! picture is what the window's own buffer holds. Where the driver has no such textures (OpenGL below 3.0), each frame is
//! painted whole, as it would be without. `BETWIXT_PAINT` chooses, should a driver be odd.

use std::sync::Arc;

use betwixt_editor::damage::Damage;
use egui::epaint::ClippedShape;
use egui::{FullOutput, PaintCallback, PaintCallbackInfo};
use egui_glow::glow::{self, HasContext as _};
use egui_glow::{CallbackFn, Painter};
use parking_lot::Mutex;

/// Stands between egui and the painter of one window.
pub(super) struct Canvas {
    damage: Damage,
    picture: Arc<Mutex<Picture>>,
}

/// The kept picture and what became of the last frame.
struct Picture {
    wanted: Wanted,
    kept: Option<Kept>,
    /// The frame that was handed out last is in the picture.
    painted: bool,
}

/// How the window is to be painted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// As suits the driver.
    Auto,
    /// Over what a texture keeps.
    Texture,
    /// All of it each time; also where nothing can be kept.
    Whole,
}

impl Wanted {
    /// What the environment says.
    fn chosen() -> Wanted {
        match std::env::var("BETWIXT_PAINT").as_deref() {
            Ok("texture") => Wanted::Texture,
            Ok("whole") => Wanted::Whole,
            Ok("") | Ok("auto") | Err(_) => Wanted::Auto,
            Ok(other) => {
                tracing::warn!("BETWIXT_PAINT is '{other}'; it can be auto, texture or whole. Taken as auto.");
                Wanted::Auto
            }
        }
    }
}

/// Where the picture of a window of some size is kept.
struct Kept {
    size: [u32; 2],
    place: Place,
}

enum Place {
    /// In the window's own buffer, and what was in one row of it when it was last painted.
    Window { row: Vec<u8> },
    /// In a texture.
    Texture { frame: glow::Framebuffer, texture: glow::Texture },
}

impl Canvas {
    pub(super) fn new() -> Canvas {
        let picture = Picture { wanted: Wanted::chosen(), kept: None, painted: false };
        Canvas { damage: Damage::default(), picture: Arc::new(Mutex::new(picture)) }
    }
}

impl egui::Plugin for Canvas {
    fn debug_name(&self) -> &'static str {
        "betwixt canvas"
    }

    fn setup(&mut self, context: &egui::Context) {
        Damage::set_up(context);
    }

    fn output_hook(&mut self, context: &egui::Context, output: &mut FullOutput) {
        let mut picture = self.picture.lock();
        if picture.wanted == Wanted::Whole {
            return;
        }
        if std::mem::take(&mut picture.painted) {
            self.damage.painted();
        }
        if picture.kept.is_none() {
            self.damage.lose();
        }
        drop(picture);
        let screen = context.viewport_rect();
        let shapes = std::mem::take(&mut output.shapes);
        let (reduced, areas) = self.damage.reduce(shapes, &output.textures_delta, screen, context.pixels_per_point());
        let whole = areas == [screen];
        let callback =
            |run: CallbackFn| ClippedShape::new(screen, PaintCallback { rect: screen, callback: Arc::new(run) });
        let (begun, ended, again) = (self.picture.clone(), self.picture.clone(), context.clone());
        let begin = CallbackFn::new(move |info, painter| {
            if !begun.lock().begin(&info, painter, whole) {
                again.request_repaint();
            }
        });
        let end = CallbackFn::new(move |_, painter| ended.lock().end(painter));
        output.shapes = std::iter::once(callback(begin)).chain(reduced).chain([callback(end)]).collect();
    }
}

impl Picture {
    /// Leads what is painted into the picture. `false` if that is a new one and only parts of the window come.
    fn begin(&mut self, info: &PaintCallbackInfo, painter: &Painter, whole: bool) -> bool {
        let gl = painter.gl();
        let size = info.screen_size_px;
        if self.kept.as_ref().is_some_and(|kept| kept.size != size || !kept.is_there(gl)) {
            self.kept.take().into_iter().for_each(|kept| kept.delete(gl));
        }
        if self.kept.is_none() {
            if !whole {
                return false;
            }
            match Place::new(gl, size, self.wanted) {
                Some(place) => self.kept = Some(Kept { size, place }),
                None => self.wanted = Wanted::Whole,
            }
        }
        if let Some(Kept { place: Place::Texture { frame, .. }, .. }) = self.kept {
            // SAFETY: the window's context is current while it is painted, and made it.
            unsafe { gl.bind_framebuffer(glow::FRAMEBUFFER, Some(frame)) };
        }
        true
    }

    /// Brings the picture into the window.
    fn end(&mut self, painter: &Painter) {
        let Some(kept) = &mut self.kept else { return };
        kept.show(painter.gl());
        self.painted = true;
    }
}

impl Kept {
    /// Is it what it was? A window's own buffer is as it was left, with the drivers for which that is used; no
    /// specification says so, therefore the row that is read back.
    fn is_there(&self, gl: &glow::Context) -> bool {
        match &self.place {
            Place::Window { row } => *row == read_row(gl, self.size),
            Place::Texture { .. } => true,
        }
    }

    fn show(&mut self, gl: &glow::Context) {
        let [width, height] = self.size.map(|side| side as i32);
        match &mut self.place {
            Place::Window { row } => *row = read_row(gl, self.size),
            // SAFETY: the window's context is current while it is painted, and made them.
            Place::Texture { frame, .. } => unsafe {
                gl.bind_framebuffer(glow::READ_FRAMEBUFFER, Some(*frame));
                gl.bind_framebuffer(glow::DRAW_FRAMEBUFFER, None);
                gl.disable(glow::SCISSOR_TEST);
                gl.blit_framebuffer(0, 0, width, height, 0, 0, width, height, glow::COLOR_BUFFER_BIT, glow::NEAREST);
                gl.bind_framebuffer(glow::FRAMEBUFFER, None);
            },
        }
    }

    fn delete(self, gl: &glow::Context) {
        if let Place::Texture { frame, texture } = self.place {
            // SAFETY: the window's context is current while it is painted, and made them.
            unsafe {
                gl.delete_framebuffer(frame);
                gl.delete_texture(texture);
            }
        }
    }
}

/// The row in the middle of what is painted into.
fn read_row(gl: &glow::Context, [width, height]: [u32; 2]) -> Vec<u8> {
    let mut row = vec![0; width as usize * 4];
    let into = glow::PixelPackData::Slice(Some(&mut row));
    // SAFETY: the window's context is current while it is painted, and the row is as long as what is read.
    unsafe { gl.read_pixels(0, height as i32 / 2, width as i32, 1, glow::RGBA, glow::UNSIGNED_BYTE, into) };
    row
}

impl Place {
    /// `None` where the driver has none.
    fn new(gl: &glow::Context, size: [u32; 2], wanted: Wanted) -> Option<Place> {
        // SAFETY: the window's context is current while it is painted.
        let renderer = unsafe { gl.get_parameter_string(glow::RENDERER) };
        if wanted == Wanted::Auto && cfg!(target_os = "linux") && renderer.starts_with("llvmpipe") {
            return Some(Place::Window { row: Vec::new() });
        }
        if gl.version().major < 3 {
            return None;
        }
        let [width, height] = size.map(i32::try_from);
        let (width, height) = (width.ok()?, height.ok()?);
        // SAFETY: as above.
        unsafe {
            let (frame, texture) = (gl.create_framebuffer().ok()?, gl.create_texture().ok()?);
            gl.bind_texture(glow::TEXTURE_2D, Some(texture));
            let (inner, format) = (glow::RGBA8 as i32, glow::RGBA);
            let nothing = glow::PixelUnpackData::Slice(None);
            gl.tex_image_2d(glow::TEXTURE_2D, 0, inner, width, height, 0, format, glow::UNSIGNED_BYTE, nothing);
            gl.tex_parameter_i32(glow::TEXTURE_2D, glow::TEXTURE_MIN_FILTER, glow::NEAREST as i32);
            gl.tex_parameter_i32(glow::TEXTURE_2D, glow::TEXTURE_MAG_FILTER, glow::NEAREST as i32);
            gl.bind_texture(glow::TEXTURE_2D, None);
            gl.bind_framebuffer(glow::FRAMEBUFFER, Some(frame));
            let attachment = glow::COLOR_ATTACHMENT0;
            gl.framebuffer_texture_2d(glow::FRAMEBUFFER, attachment, glow::TEXTURE_2D, Some(texture), 0);
            let complete = gl.check_framebuffer_status(glow::FRAMEBUFFER) == glow::FRAMEBUFFER_COMPLETE;
            gl.bind_framebuffer(glow::FRAMEBUFFER, None);
            if !complete {
                gl.delete_framebuffer(frame);
                gl.delete_texture(texture);
                return None;
            }
            Some(Place::Texture { frame, texture })
        }
    }
}
