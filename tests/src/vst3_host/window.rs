//! The plugin's editor in a window of ours.

use std::ffi::c_void;
use std::time::{Duration, Instant};

use vst3::Steinberg::Vst::{IEditControllerTrait, ViewType::kEditor};
use vst3::Steinberg::{IPlugFrame, IPlugView, IPlugViewTrait, ViewRect, kPlatformTypeX11EmbedWindowID};
use vst3::{ComPtr, ComWrapper};

use super::run_loop::Frame;
use super::{Instance, Vst3Failure, check, need};

/// An open editor. Belongs to the instance's main thread, and is closed before the instance goes.
pub struct Window {
    view: ComPtr<IPlugView>,
    frame: ComWrapper<Frame>,
    attached: bool,
}

impl Window {
    /// Opens the editor inside the X11 window `parent`.
    ///
    /// # Errors
    /// When the plugin has no editor, or none here.
    pub fn open(instance: &Instance, parent: u32) -> Result<Self, Vst3Failure> {
        // SAFETY: the controller is alive, the view that it returns is owned, and the frame outlives it.
        unsafe {
            let view = instance.edit_controller().createView(kEditor);
            let view = need("createView", ComPtr::from_raw(view))?;
            check("isPlatformTypeSupported", view.isPlatformTypeSupported(kPlatformTypeX11EmbedWindowID))?;
            let frame = ComWrapper::new(Frame::new());
            let plug_frame = frame.to_com_ptr::<IPlugFrame>().expect("the class has this interface");
            check("setFrame", view.setFrame(plug_frame.as_ptr()))?;
            let mut window = Self { view, frame, attached: false };
            let parent = parent as usize as *mut c_void;
            check("attached", window.view.attached(parent, kPlatformTypeX11EmbedWindowID))?;
            window.attached = true;
            Ok(window)
        }
    }

    /// Its size in pixels.
    ///
    /// # Errors
    /// When the plugin refuses.
    pub fn size(&self) -> Result<(u32, u32), Vst3Failure> {
        let mut rect = ViewRect { left: 0, top: 0, right: 0, bottom: 0 };
        // SAFETY: the view is alive and the rectangle has a place.
        check("getSize", unsafe { self.view.getSize(&raw mut rect) })?;
        Ok(((rect.right - rect.left).unsigned_abs(), (rect.bottom - rect.top).unsigned_abs()))
    }

    /// Runs the event loop for a time. Returns how many times the plugin was called.
    pub fn run(&self, time: Duration) -> usize {
        let end = Instant::now() + time;
        let mut called = 0;
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            called += self.frame.turn(left.min(Duration::from_millis(5)));
        }
        called
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: the view is alive; this is the end that VST3 wants.
        unsafe {
            if self.attached {
                self.view.removed();
            }
            self.view.setFrame(std::ptr::null_mut());
        }
    }
}
