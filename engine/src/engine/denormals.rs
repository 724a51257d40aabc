//! Numbers too small to hear are zero: with them a processor computes a hundred times slower.

/// While this lives, the thread's floating-point unit takes denormal numbers for zero; then it is
/// as it was. (x86-64; elsewhere nothing, fades end by design.)
pub(super) struct Flush {
    #[cfg(target_arch = "x86_64")]
    before: u32,
}

#[cfg(target_arch = "x86_64")]
mod control {
    use std::arch::asm;

    /// Flush to zero, and denormals are zero.
    pub(super) const FLUSH: u32 = 1 << 15 | 1 << 6;

    pub(super) fn get() -> u32 {
        let mut value = 0u32;
        // SAFETY: stores the control register of the SSE unit, that every x86-64 has.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut value, options(nostack, preserves_flags)) };
        value
    }

    pub(super) fn set(value: u32) {
        // SAFETY: sets rounding-related bits that were read from the register before, but the two
        // above, which are defined everywhere.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const value, options(nostack, preserves_flags)) };
    }
}

impl Flush {
    pub(super) fn new() -> Flush {
        #[cfg(target_arch = "x86_64")]
        {
            let before = control::get();
            control::set(before | control::FLUSH);
            Flush { before }
        }
        #[cfg(not(target_arch = "x86_64"))]
        Flush {}
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        #[cfg(target_arch = "x86_64")]
        control::set(self.before);
    }
}
