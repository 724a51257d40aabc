//! Addresses are reserved; memory is committed before it is written, and only that counts against the
//! system's limit.

use std::io;
use std::ptr::{NonNull, null};

use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_DECOMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_NOACCESS, PAGE_READWRITE, VirtualAlloc, VirtualFree,
};

/// A range of address space, zero where it was committed, until written.
pub(in crate::resident) struct Memory {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: it owns the range, and only hands out its address; the system's calls may come from any thread.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    /// Reserves `bytes`, which take no memory yet.
    pub(in crate::resident) fn reserve(bytes: usize) -> io::Result<Memory> {
        // SAFETY: a range where the system likes.
        let start = unsafe { VirtualAlloc(null(), bytes, MEM_RESERVE, PAGE_NOACCESS) };
        NonNull::new(start.cast()).map(|start| Memory { start, bytes }).ok_or_else(io::Error::last_os_error)
    }

    /// The first byte. Never touched through `self`, so what is derived from it stays good.
    pub(in crate::resident) fn start(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Takes memory for `bytes` from `offset`, before they are written. What was committed already keeps what it
    /// holds.
    ///
    /// # Errors
    /// When the system has no memory left to promise.
    pub(in crate::resident) fn commit(&self, offset: usize, bytes: usize) -> io::Result<()> {
        // SAFETY: pages of our range, which nothing can be in that is not committed.
        let start = unsafe { VirtualAlloc(self.part(offset, bytes), bytes, MEM_COMMIT, PAGE_READWRITE) };
        if start.is_null() { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Gives the memory of `bytes` from `offset`, a multiple of [`super::PAGE_BYTES`], back to the system, and with
    /// it the rest of the last page. What was there is lost.
    ///
    /// # Safety
    /// Nothing reads or writes these pages during the call, nor before they are committed again.
    pub(in crate::resident) unsafe fn release(&self, offset: usize, bytes: usize) {
        // SAFETY: by this function's contract. Failure leaves the memory in use, which is harmless.
        unsafe { VirtualFree(self.part(offset, bytes).cast_mut(), bytes, MEM_DECOMMIT) };
    }

    /// Where `bytes` from `offset` begin. The system would take a length of 0 for all there is.
    fn part(&self, offset: usize, bytes: usize) -> *const core::ffi::c_void {
        let is_inside = offset.checked_add(bytes).is_some_and(|end| end <= self.bytes);
        assert!(bytes > 0 && is_inside, "{bytes} bytes at {offset} of {}", self.bytes);
        // SAFETY: inside the range.
        unsafe { self.start.as_ptr().add(offset).cast_const().cast() }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: all of the range, which nobody has any more; its length must be given as 0.
        unsafe { VirtualFree(self.start.as_ptr().cast(), 0, MEM_RELEASE) };
    }
}
