//! The three inner loops of a voice, in a path for each instruction set:
//!
//! - [`mix`]: the layers of a note, weighted, into one planar float stream at the source's rate;
//! - [`interpolate`]: ticks of output frames out of that stream, by a table of coefficients;
//! - [`add`]: those, as loud as they are, to the output.
//!
//! The `scalar` path is the readable definition; every other path is tested against it. What is
//! computed for a frame never depends on how frames are grouped.

mod design;
mod four;
mod mixing;
mod positions;
mod scalar;
mod simd;
mod table;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod sse2;

pub(crate) use four::Four;
pub(crate) use mixing::{Blend, LAYERS, Layer, Piece, mix, prefetch};
pub(crate) use positions::Motion;
use positions::Positions;
pub use simd::Simd;
pub(crate) use table::{KernelId, Quality, Table, Tables};

use crate::limits::TICK_FRAMES;

/// Longest kernel, in taps.
pub(crate) const MAX_TAPS: usize = 48;

/// One tick of output, planar.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(32))]
pub(crate) struct TickFrames {
    pub(crate) left: [f32; TICK_FRAMES],
    pub(crate) right: [f32; TICK_FRAMES],
}

impl TickFrames {
    pub(crate) const SILENCE: TickFrames = TickFrames { left: [0.0; TICK_FRAMES], right: [0.0; TICK_FRAMES] };
}

/// Computes ticks of output frames, one for each motion: `out[i] = Σ_k h(k, position i) · stream[start i + k]`.
/// Silence if a position lies outside the stream (a caller's mistake, never undefined). Real-time safe.
#[inline(always)]
pub(crate) fn interpolate(
    simd: Simd,
    table: &Table,
    (left, right): (&[f32], &[f32]),
    motions: &[Motion],
    out: &mut [TickFrames],
) {
    let before = table.taps() / 2 - 1;
    let end = left.len().min(right.len()) + before;
    let is_inside =
        |motion: &Motion| motion.reach().is_some_and(|(first, last)| first >= before && last + table.taps() <= end);
    if !motions.iter().all(is_inside) {
        debug_assert!(false, "positions outside the stream");
        out.fill(TickFrames::SILENCE);
        return;
    }
    match simd {
        // SAFETY: `Simd` values other than Scalar exist only where the processor has the features, and
        // every window was checked to lie inside the stream.
        #[cfg(target_arch = "x86_64")]
        Simd(simd::Path::Avx2) => unsafe { avx2::interpolate(table, left, right, motions, out) },
        // SAFETY: as above.
        _ => unsafe { interpolate_by_ticks(simd, table, (left, right), motions, out) },
    }
}

/// As [`interpolate`]. By itself, so that it does not weigh upon the fastest path.
///
/// # Safety
/// The taps of all frames of all ticks lie inside the stream.
#[inline(never)]
unsafe fn interpolate_by_ticks(
    simd: Simd,
    table: &Table,
    (left, right): (&[f32], &[f32]),
    motions: &[Motion],
    out: &mut [TickFrames],
) {
    for (motion, out) in motions.iter().zip(out) {
        let at = Positions::plain(motion, table.taps(), table.phase_bits());
        match simd {
            // SAFETY: the path exists only where the processor has it; the caller's promise; rows are below
            // 2^phase_bits.
            #[cfg(target_arch = "x86_64")]
            Simd(simd::Path::Sse2) => unsafe { sse2::interpolate(table, left, right, &at, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Simd(simd::Path::Neon) => unsafe { neon::interpolate(table, left, right, &at, out) },
            _ => scalar::interpolate(table, left, right, &at, out),
        }
    }
}

/// How loud ticks are added to the output.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Loudness<'a> {
    /// Left and right, throughout.
    Steady([f32; 2]),
    /// Each frame of each tick by itself.
    Moving(&'a [TickFrames]),
}

/// Adds ticks to the output: `out[i] += frame i · gain i`, in every path to the very bit. Real-time safe.
#[inline(always)]
pub(crate) fn add(simd: Simd, left: &mut [f32], right: &mut [f32], frames: &[TickFrames], loudness: Loudness<'_>) {
    match simd {
        // SAFETY: the path exists only where the processor has it.
        #[cfg(target_arch = "x86_64")]
        Simd(simd::Path::Avx2) => unsafe { avx2::add(left, right, frames, loudness) },
        _ => plain_add(left, right, frames, loudness),
    }
}

/// To be compiled for each instruction set.
#[inline(always)]
fn plain_add(left: &mut [f32], right: &mut [f32], frames: &[TickFrames], loudness: Loudness<'_>) {
    let outputs = left.as_chunks_mut().0.iter_mut().zip(right.as_chunks_mut().0).zip(frames);
    match loudness {
        Loudness::Steady([l, r]) => {
            for ((left, right), frames) in outputs {
                add_tick(left, &frames.left, |_| l);
                add_tick(right, &frames.right, |_| r);
            }
        }
        Loudness::Moving(gains) => {
            for (((left, right), frames), gains) in outputs.zip(gains) {
                add_tick(left, &frames.left, |i| gains.left[i]);
                add_tick(right, &frames.right, |i| gains.right[i]);
            }
        }
    }
}

#[inline(always)]
fn add_tick(out: &mut [f32; TICK_FRAMES], frames: &[f32; TICK_FRAMES], gain: impl Fn(usize) -> f32) {
    // Of a copy, nothing else can be the same memory: so it becomes vectors.
    let mut sum = *out;
    for i in 0..TICK_FRAMES {
        sum[i] += frames[i] * gain(i);
    }
    *out = sum;
}

#[cfg(test)]
mod tests;
