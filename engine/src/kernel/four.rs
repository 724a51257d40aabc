//! Four numbers at once, on every processor: in one register where the compiler would not find that out.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Four numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Four(#[cfg(target_arch = "x86_64")] __m128, #[cfg(not(target_arch = "x86_64"))] [f32; 4]);

#[cfg(target_arch = "x86_64")]
macro_rules! sse2 {
    ($of_values:expr) => {
        // SAFETY: every x86-64 has SSE2, and these touch no memory.
        unsafe { $of_values }
    };
}

#[cfg(target_arch = "x86_64")]
impl Four {
    #[inline(always)]
    pub(crate) fn new(v: [f32; 4]) -> Four {
        sse2!(Four(_mm_setr_ps(v[0], v[1], v[2], v[3])))
    }

    #[inline(always)]
    pub(crate) fn splat(v: f32) -> Four {
        sse2!(Four(_mm_set1_ps(v)))
    }

    #[inline(always)]
    pub(crate) fn plus(self, b: Four) -> Four {
        sse2!(Four(_mm_add_ps(self.0, b.0)))
    }

    #[inline(always)]
    pub(crate) fn minus(self, b: Four) -> Four {
        sse2!(Four(_mm_sub_ps(self.0, b.0)))
    }

    #[inline(always)]
    pub(crate) fn times(self, b: Four) -> Four {
        sse2!(Four(_mm_mul_ps(self.0, b.0)))
    }

    /// The first two, twice.
    #[inline(always)]
    pub(crate) fn firsts(self) -> Four {
        sse2!(Four(_mm_movelh_ps(self.0, self.0)))
    }

    /// The last two, twice.
    #[inline(always)]
    pub(crate) fn lasts(self) -> Four {
        sse2!(Four(_mm_movehl_ps(self.0, self.0)))
    }

    /// The first and the second.
    #[inline(always)]
    pub(crate) fn first_two(self) -> [f32; 2] {
        sse2!([_mm_cvtss_f32(self.0), _mm_cvtss_f32(_mm_shuffle_ps::<1>(self.0, self.0))])
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Four {
    #[inline(always)]
    pub(crate) fn new(v: [f32; 4]) -> Four {
        Four(v)
    }

    #[inline(always)]
    pub(crate) fn splat(v: f32) -> Four {
        Four([v; 4])
    }

    #[inline(always)]
    pub(crate) fn plus(self, b: Four) -> Four {
        Four(std::array::from_fn(|i| self.0[i] + b.0[i]))
    }

    #[inline(always)]
    pub(crate) fn minus(self, b: Four) -> Four {
        Four(std::array::from_fn(|i| self.0[i] - b.0[i]))
    }

    #[inline(always)]
    pub(crate) fn times(self, b: Four) -> Four {
        Four(std::array::from_fn(|i| self.0[i] * b.0[i]))
    }

    /// The first two, twice.
    #[inline(always)]
    pub(crate) fn firsts(self) -> Four {
        Four([self.0[0], self.0[1], self.0[0], self.0[1]])
    }

    /// The last two, twice.
    #[inline(always)]
    pub(crate) fn lasts(self) -> Four {
        Four([self.0[2], self.0[3], self.0[2], self.0[3]])
    }

    /// The first and the second.
    #[inline(always)]
    pub(crate) fn first_two(self) -> [f32; 2] {
        [self.0[0], self.0[1]]
    }
}
