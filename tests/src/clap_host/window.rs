//! The plugin's window, embedded in one of ours.

use super::{Call, HostFailure, Instance};
use crate::display::{Display, Picture};
use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui, Window};
use std::time::{Duration, Instant};

const X11: GuiConfiguration<'static> = GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };

/// An open window. Close it with [`PluginWindow::close`] while its instance is alive.
pub struct PluginWindow {
    display: Display,
    parent: u32,
    size: (u32, u32),
    /// Threads of this process before the plugin's window was made.
    threads: usize,
}

impl PluginWindow {
    /// Opens the plugin's window at a scale, inside a window of ours of the same size.
    ///
    /// # Errors
    /// When there is no X server (`DISPLAY`), or the plugin refuses.
    pub fn open(instance: &mut Instance, scale: f64) -> Result<PluginWindow, HostFailure> {
        let gui = instance.extension::<PluginGui>("gui")?;
        let display = Display::connect()?;
        let handle = instance.handle();
        if !gui.is_api_supported(&handle, X11) {
            return Err(HostFailure::NoExtension("gui for embedded X11"));
        }
        let threads = threads();
        gui.create(&handle, X11).map_err(|e| HostFailure::plugin("gui.create", e))?;
        // A plugin may answer false to a scale that it takes from the system.
        let _ = gui.set_scale(&handle, scale);
        let size = gui.get_size(&handle).ok_or_else(|| HostFailure::plugin("gui.get_size", "no size"))?;
        let parent = display.open_window(size.width, size.height)?;
        // SAFETY: the parent is a window of ours that lives until `close` has destroyed the plugin's.
        unsafe { gui.set_parent(&handle, Window::from_x11_handle(u64::from(parent))) }
            .map_err(|e| HostFailure::plugin("gui.set_parent", e))?;
        // Embedded windows are shown with their parent; false here is no failure.
        let _ = gui.show(&handle);
        instance.pump();
        Ok(PluginWindow { display, parent, size: (size.width, size.height), threads })
    }

    /// The X server.
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// Our window, round the plugin's.
    pub fn parent(&self) -> u32 {
        self.parent
    }

    /// The plugin's own idea of its size, in pixels.
    ///
    /// # Errors
    /// When the plugin has none.
    pub fn size(&self, instance: &mut Instance) -> Result<(u32, u32), HostFailure> {
        let gui = instance.extension::<PluginGui>("gui")?;
        let size = gui.get_size(&instance.handle()).ok_or_else(|| HostFailure::plugin("gui.get_size", "no size"))?;
        Ok((size.width, size.height))
    }

    /// Resizes the plugin's window and ours. Returns what the plugin made of it.
    ///
    /// # Errors
    /// When the plugin refuses.
    pub fn resize(&mut self, instance: &mut Instance, width: u32, height: u32) -> Result<(u32, u32), HostFailure> {
        let gui = instance.extension::<PluginGui>("gui")?;
        let handle = instance.handle();
        let wish = GuiSize { width, height };
        let size = gui.adjust_size(&handle, wish).unwrap_or(wish);
        self.display.resize_window(self.parent, size.width, size.height)?;
        gui.set_size(&handle, size).map_err(|e| HostFailure::plugin("gui.set_size", e))?;
        self.size = (size.width, size.height);
        Ok(self.size)
    }

    /// Runs the plugin's main thread for a while, as a host's event loop would, and obeys its
    /// requests for another size. `each` is called in every round (some 100 a second).
    ///
    /// # Errors
    /// When the plugin refuses the size that it asked for.
    pub fn run(
        &mut self,
        instance: &mut Instance,
        time: Duration,
        mut each: impl FnMut(&mut Instance),
    ) -> Result<Vec<Call>, HostFailure> {
        let end = Instant::now() + time;
        let mut calls = Vec::new();
        while Instant::now() < end {
            instance.pump();
            each(instance);
            let new = instance.calls().take();
            for call in &new {
                if let Call::RequestResize(width, height) = *call {
                    self.resize(instance, width, height)?;
                }
            }
            calls.extend(new);
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(calls)
    }

    /// What is to be seen in the window.
    ///
    /// # Errors
    /// When the X server refuses.
    pub fn picture(&self) -> Result<Picture, HostFailure> {
        self.display.picture(self.parent, self.size.0, self.size.1)
    }

    /// Closes the plugin's window, then ours.
    ///
    /// # Errors
    /// When the X server is gone.
    pub fn close(self, instance: &mut Instance) -> Result<(), HostFailure> {
        let gui = instance.extension::<PluginGui>("gui")?;
        let handle = instance.handle();
        // As with show: an embedded window may have nothing to hide.
        let _ = gui.hide(&handle);
        gui.destroy(&handle);
        instance.pump();
        // The window's thread outlives `gui.destroy` by a moment, and an X server that goes meanwhile
        // would take this process along.
        let begun = Instant::now();
        while threads() > self.threads && begun.elapsed() < Duration::from_secs(2) {
            instance.pump();
            std::thread::sleep(Duration::from_millis(5));
        }
        self.display.close_window(self.parent)
    }
}

/// How many threads this process has.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}
