//! A state on its way: bytes in memory, read and written in portions as small as a test likes.

use std::ffi::c_void;
use std::sync::Mutex;

use vst3::Steinberg::IBStream_::IStreamSeekMode_::{kIBSeekCur, kIBSeekEnd, kIBSeekSet};
use vst3::Steinberg::{IBStream, IBStreamTrait, int32, int64, kInvalidArgument, kResultOk, tresult};
use vst3::{Class, ComPtr, ComWrapper};

/// A stream of bytes.
pub struct Stream {
    wrapper: ComWrapper<Inner>,
}

struct Inner {
    state: Mutex<State>,
    /// The most bytes that one call moves.
    portion: usize,
    /// The most bytes that it holds.
    room: usize,
}

struct State {
    bytes: Vec<u8>,
    place: usize,
}

impl Stream {
    /// A stream that holds `bytes`, to be read from the start.
    pub fn of(bytes: &[u8]) -> Self {
        Self::with(bytes, usize::MAX, usize::MAX)
    }

    /// A stream that moves at most `portion` bytes a call and takes at most `room`.
    pub fn with(bytes: &[u8], portion: usize, room: usize) -> Self {
        let state = Mutex::new(State { bytes: bytes.to_vec(), place: 0 });
        Self { wrapper: ComWrapper::new(Inner { state, portion, room }) }
    }

    /// What is in it.
    pub fn bytes(&self) -> Vec<u8> {
        self.wrapper.lock().bytes.clone()
    }

    pub(super) fn com(&self) -> ComPtr<IBStream> {
        self.wrapper.to_com_ptr().expect("the class has this interface")
    }
}

impl Inner {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no call of a stream panics")
    }
}

impl Class for Inner {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Inner {
    unsafe fn read(&self, buffer: *mut c_void, count: int32, done: *mut int32) -> tresult {
        let mut state = self.lock();
        let left = state.bytes.len().saturating_sub(state.place);
        let moved = usize::try_from(count).unwrap_or(0).min(left).min(self.portion);
        // SAFETY: the plugin's buffer has room for `count` bytes.
        unsafe {
            std::ptr::copy_nonoverlapping(state.bytes.as_ptr().add(state.place), buffer.cast(), moved);
            if !done.is_null() {
                done.write(moved as int32);
            }
        }
        state.place += moved;
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, count: int32, done: *mut int32) -> tresult {
        let mut state = self.lock();
        let room = self.room.saturating_sub(state.place);
        let moved = usize::try_from(count).unwrap_or(0).min(room).min(self.portion);
        // SAFETY: the plugin's buffer holds `count` bytes.
        let new = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), moved) };
        let place = state.place;
        state.bytes.truncate(place);
        state.bytes.extend_from_slice(new);
        state.place += moved;
        if !done.is_null() {
            // SAFETY: not null, so it is a place for the count.
            unsafe { done.write(moved as int32) };
        }
        kResultOk
    }

    unsafe fn seek(&self, to: int64, mode: int32, result: *mut int64) -> tresult {
        let mut state = self.lock();
        let from = match mode {
            mode if mode == kIBSeekSet as int32 => 0,
            mode if mode == kIBSeekCur as int32 => state.place as int64,
            mode if mode == kIBSeekEnd as int32 => state.bytes.len() as int64,
            _ => return kInvalidArgument,
        };
        match usize::try_from(from + to) {
            Ok(place) if place <= state.bytes.len() => state.place = place,
            _ => return kInvalidArgument,
        }
        if !result.is_null() {
            // SAFETY: not null, so it is a place for the position.
            unsafe { result.write(state.place as int64) };
        }
        kResultOk
    }

    unsafe fn tell(&self, place: *mut int64) -> tresult {
        // SAFETY: the plugin hands a place for the position.
        unsafe { place.write(self.lock().place as int64) };
        kResultOk
    }
}
