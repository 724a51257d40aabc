//! The host's event loop (`IRunLoop`) and the frame that a view sits in.

use std::os::fd::BorrowedFd;
use std::sync::Mutex;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoop, IRunLoopTrait, ITimerHandler, TimerInterval,
};
use vst3::Steinberg::{
    IPlugFrame, IPlugFrameTrait, IPlugView, IPlugViewTrait, ViewRect, kResultFalse, kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComRef};

/// Frame and event loop in one, as the plugin asks the one for the other.
pub(super) struct Frame {
    handlers: Mutex<Vec<(ComPtr<IEventHandler>, FileDescriptor)>>,
}

impl Frame {
    pub(super) fn new() -> Self {
        Self { handlers: Mutex::new(Vec::new()) }
    }

    /// Waits for the plugin's descriptors, at most `time`, and calls the handlers of those that have
    /// something. Returns how many.
    pub(super) fn turn(&self, time: Duration) -> usize {
        // Handlers are called without the lock: they may register others.
        let handlers: Vec<_> = self.handlers.lock().expect("no handler panics").clone();
        // SAFETY: a descriptor is open as long as its handler is registered.
        let fds: Vec<_> = handlers.iter().map(|(_, fd)| unsafe { BorrowedFd::borrow_raw(*fd) }).collect();
        let mut polled: Vec<_> = fds.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        let wait = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) };
        if polled.is_empty() {
            std::thread::sleep(time);
            return 0;
        }
        if poll(&mut polled, Some(&wait)).is_err() {
            return 0;
        }
        let ready: Vec<bool> = polled.iter().map(|fd| fd.revents().contains(PollFlags::IN)).collect();
        let mut called = 0;
        for ((handler, fd), ready) in handlers.iter().zip(ready) {
            if ready {
                // SAFETY: the handler is referenced by our list.
                unsafe { handler.onFDIsSet(*fd) };
                called += 1;
            }
        }
        called
    }
}

impl Class for Frame {
    type Interfaces = (IPlugFrame, IRunLoop);
}

impl IPlugFrameTrait for Frame {
    unsafe fn resizeView(&self, view: *mut IPlugView, size: *mut ViewRect) -> tresult {
        // SAFETY: the plugin hands its own view.
        unsafe { ComRef::from_raw(view) }.map_or(kResultFalse, |view| unsafe { view.onSize(size) })
    }
}

impl IRunLoopTrait for Frame {
    unsafe fn registerEventHandler(&self, handler: *mut IEventHandler, fd: FileDescriptor) -> tresult {
        // SAFETY: the plugin hands its own handler.
        match unsafe { ComRef::from_raw(handler) } {
            Some(handler) => {
                self.handlers.lock().expect("no handler panics").push((handler.to_com_ptr(), fd));
                kResultOk
            }
            None => kResultFalse,
        }
    }

    unsafe fn unregisterEventHandler(&self, handler: *mut IEventHandler) -> tresult {
        self.handlers.lock().expect("no handler panics").retain(|(known, _)| known.as_ptr() != handler);
        kResultOk
    }

    unsafe fn registerTimer(&self, _handler: *mut ITimerHandler, _milliseconds: TimerInterval) -> tresult {
        kResultFalse
    }

    unsafe fn unregisterTimer(&self, _handler: *mut ITimerHandler) -> tresult {
        kResultFalse
    }
}
