//! Address space for audio, whose pages come when they are written and can be given back.

use std::io;

/// Parts that are given back begin on the largest page of the systems we run on (16 KiB, Apple).
pub(super) const PAGE_BYTES: usize = 16 << 10;

/// A range of address space, zero until written.
pub(super) struct Memory {
    map: memmap2::MmapMut,
}

impl Memory {
    /// Reserves `bytes`, which take no memory yet.
    pub(super) fn reserve(bytes: usize) -> io::Result<Memory> {
        let map = memmap2::MmapOptions::new().len(bytes).no_reserve_swap().map_anon()?;
        // A head of a tenth of a second must not bring 2 MiB with it. Where the system does not know
        // the advice there are no such pages.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::NoHugePage);
        Ok(Memory { map })
    }

    /// The first byte. Never touched through `self`, so what is derived from it stays good.
    pub(super) fn start(&mut self) -> *mut u8 {
        self.map.as_mut_ptr()
    }

    /// Gives the memory of `bytes` from `offset` back to the system; whole pages inside it go. What
    /// was there is lost.
    ///
    /// # Safety
    /// Nothing reads or writes the range during the call, nor relies on what it held.
    pub(super) unsafe fn release(&self, offset: usize, bytes: usize) {
        #[cfg(unix)]
        {
            // Where pages are larger, neighbours lie in them: what goes is only counted as gone.
            // SAFETY: a plain system call.
            if unsafe { libc::sysconf(libc::_SC_PAGESIZE) } > PAGE_BYTES as _ {
                return;
            }
            #[cfg(any(target_os = "macos", target_os = "ios"))]
            let advice = memmap2::UncheckedAdvice::Free;
            #[cfg(not(any(target_os = "macos", target_os = "ios")))]
            let advice = memmap2::UncheckedAdvice::DontNeed;
            let end = offset + bytes;
            let first = offset.next_multiple_of(PAGE_BYTES);
            let len = end.next_multiple_of(PAGE_BYTES).min(self.map.len()).saturating_sub(first);
            // SAFETY: by this function's contract. Failure leaves the memory in use, which is harmless.
            let _ = unsafe { self.map.unchecked_advise_range(advice, first, len) };
        }
        #[cfg(windows)]
        {
            use windows_sys::Win32::System::Memory::{MEM_RESET, PAGE_READWRITE, VirtualAlloc};
            // SAFETY: the range lies in our mapping; MEM_RESET says that its content is no longer
            // wanted, so that its pages can go without being written anywhere.
            unsafe { VirtualAlloc(self.map.as_ptr().add(offset) as _, bytes, MEM_RESET, PAGE_READWRITE) };
        }
    }
}
