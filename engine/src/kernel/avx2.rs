//! AVX2 and FMA: eight frames of a mix at once, eight taps of a kernel at once.

mod interpolation;
mod mixing;

pub(in crate::kernel) use interpolation::interpolate;
#[cfg(test)]
pub(in crate::kernel) use interpolation::positions;
pub(in crate::kernel) use mixing::{mix_f32, mix_i16, mix_pieces};

use super::{Loudness, TickFrames, plain_add};

/// See [`super::add`]: the plain code, in longer vectors.
///
/// # Safety
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn add(left: &mut [f32], right: &mut [f32], frames: &[TickFrames], loudness: Loudness<'_>) {
    plain_add(left, right, frames, loudness);
}
