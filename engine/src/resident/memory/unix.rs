//! Pages come when they are written.

use std::io;

use super::PAGE_BYTES;

/// A range of address space, zero until written.
pub(in crate::resident) struct Memory {
    map: memmap2::MmapMut,
}

impl Memory {
    /// Reserves `bytes`, which take no memory yet.
    pub(in crate::resident) fn reserve(bytes: usize) -> io::Result<Memory> {
        let map = memmap2::MmapOptions::new().len(bytes).no_reserve_swap().map_anon()?;
        // A head of a tenth of a second must not bring 2 MiB with it. Where the system does not know
        // the advice there are no such pages.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::NoHugePage);
        Ok(Memory { map })
    }

    /// The first byte. Never touched through `self`, so what is derived from it stays good.
    pub(in crate::resident) fn start(&mut self) -> *mut u8 {
        self.map.as_mut_ptr()
    }

    /// Call it before `bytes` from `offset` are written.
    ///
    /// # Errors
    /// Never, on these systems.
    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    pub(in crate::resident) fn commit(&self, _offset: usize, _bytes: usize) -> io::Result<()> {
        Ok(())
    }

    /// Gives the memory of `bytes` from `offset`, a multiple of [`PAGE_BYTES`], back to the system, and with it
    /// the rest of the last page. What was there is lost.
    ///
    /// # Safety
    /// Nothing reads or writes these pages during the call, nor relies on what they held.
    pub(in crate::resident) unsafe fn release(&self, offset: usize, bytes: usize) {
        // Where pages are larger, neighbours lie in them: what goes is only counted as gone.
        // SAFETY: a plain system call.
        if unsafe { libc::sysconf(libc::_SC_PAGESIZE) } > PAGE_BYTES as _ {
            return;
        }
        #[cfg(any(target_os = "macos", target_os = "ios"))]
        let advice = memmap2::UncheckedAdvice::Free;
        #[cfg(not(any(target_os = "macos", target_os = "ios")))]
        let advice = memmap2::UncheckedAdvice::DontNeed;
        let end = (offset + bytes).next_multiple_of(PAGE_BYTES).min(self.map.len());
        // SAFETY: by this function's contract. Failure leaves the memory in use, which is harmless.
        let _ = unsafe { self.map.unchecked_advise_range(advice, offset, end - offset) };
    }
}
