//! Numbers too small to hear are zero: with them a processor computes a hundred times slower.

/// While this lives, the thread's floating-point unit takes denormal numbers for zero; then it is
/// as it was. (x86-64 and AArch64; elsewhere nothing, fades end by design.)
pub(super) struct Flush {
    before: control::Register,
}

#[cfg(target_arch = "x86_64")]
mod control {
    use std::arch::asm;

    pub(super) type Register = u32;
    /// Flush to zero, and denormals are zero.
    pub(super) const FLUSH: Register = 1 << 15 | 1 << 6;

    pub(super) fn get() -> Register {
        let mut value = 0;
        // SAFETY: stores the control register of the SSE unit, that every x86-64 has.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut value, options(nostack, preserves_flags)) };
        value
    }

    pub(super) fn set(value: Register) {
        // SAFETY: sets rounding-related bits that were read from the register before, but the two
        // above, which are defined everywhere.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const value, options(nostack, preserves_flags)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod control {
    use std::arch::asm;

    pub(super) type Register = u64;
    /// FZ: flush to zero, for inputs too.
    pub(super) const FLUSH: Register = 1 << 24;

    pub(super) fn get() -> Register {
        let value;
        // SAFETY: reads the control register of the floating-point unit.
        unsafe { asm!("mrs {}, fpcr", out(reg) value, options(nomem, nostack, preserves_flags)) };
        value
    }

    pub(super) fn set(value: Register) {
        // SAFETY: sets what was read before, but the bit above.
        unsafe { asm!("msr fpcr, {}", in(reg) value, options(nomem, nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod control {
    pub(super) type Register = ();

    pub(super) fn get() -> Register {}

    pub(super) fn set((): Register) {}
}

impl Flush {
    pub(super) fn new() -> Flush {
        let before = control::get();
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        control::set(before | control::FLUSH);
        Flush { before }
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        control::set(self.before);
    }
}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn tiny_numbers_are_zero_while_it_lives_and_only_then() {
        let tiny = || black_box(f32::MIN_POSITIVE) * black_box(0.5);
        let from_tiny = || black_box(f32::from_bits(1 << 20)) * black_box(1e6);
        assert!(tiny() > 0.0 && from_tiny() > 0.0);
        {
            let _flush = Flush::new();
            assert_eq!((tiny(), from_tiny()), (0.0, 0.0));
        }
        assert!(tiny() > 0.0 && from_tiny() > 0.0, "the thread is the host's");
    }
}
