//! The two inner loops of a voice, in a path for each instruction set:
//!
//! - [`mix`]: the layers of a note, weighted, into one planar float stream at the source's rate;
//! - [`interpolate`]: one tick of output frames out of that stream, by a table of coefficients.
//!
//! The `scalar` path is the readable definition; every other path is tested against it. What is
//! computed for a frame never depends on how frames are grouped.

mod design;
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

pub(crate) use mixing::{BLEND, Blend, Layer, mix, prefetch};
pub(crate) use positions::{Motion, Positions};
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

/// Computes a tick of output frames: `out[i] = Σ_k h(k, position i) · stream[start i + k]`.
/// Silence if a position lies outside the stream (a caller's mistake, never undefined).
/// Real-time safe.
pub(crate) fn interpolate(
    simd: Simd,
    table: &Table,
    left: &[f32],
    right: &[f32],
    at: &Positions,
    out: &mut TickFrames,
) {
    let last = at.start.iter().fold(0, |a, &b| a.max(b)) as usize;
    if last + table.taps() > left.len().min(right.len()) || at.bits != table.phase_bits() {
        debug_assert!(false, "positions outside the stream");
        *out = TickFrames::SILENCE;
        return;
    }
    match simd {
        // SAFETY: `Simd` values other than Scalar exist only where the processor has the features,
        // every window was checked to lie inside the stream, and rows are below 2^phase_bits.
        #[cfg(target_arch = "x86_64")]
        Simd(simd::Path::Avx2) => unsafe { avx2::interpolate(table, left, right, at, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Simd(simd::Path::Sse2) => unsafe { sse2::interpolate(table, left, right, at, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Simd(simd::Path::Neon) => unsafe { neon::interpolate(table, left, right, at, out) },
        _ => scalar::interpolate(table, left, right, at, out),
    }
}

/// As [`interpolate`], of ticks one after the other from `position` on, at an unchanging step (both 32.32,
/// in frames of the stream). Real-time safe.
pub(crate) fn interpolate_run(
    simd: Simd,
    table: &Table,
    (left, right): (&[f32], &[f32]),
    mut position: u64,
    step: u64,
    out: &mut [TickFrames],
) {
    let before = table.taps() / 2 - 1;
    let way = step.checked_mul((out.len() * TICK_FRAMES) as u64);
    let last = way.and_then(|way| way.checked_add(position)).map(|end| (end.saturating_sub(step) >> 32) as usize);
    let is_inside = last.is_some_and(|last| last + table.taps() - before <= left.len().min(right.len()));
    if !is_inside || ((position >> 32) as usize) < before {
        debug_assert!(false, "positions outside the stream");
        out.fill(TickFrames::SILENCE);
        return;
    }
    match simd {
        // SAFETY: AVX2 and FMA are there; positions rise from the first to the last, which were checked
        // to lie inside the stream.
        #[cfg(target_arch = "x86_64")]
        Simd(simd::Path::Avx2) => unsafe { avx2::interpolate_run(table, left, right, position, step, out) },
        _ => {
            for out in out {
                let motion = Motion { position, step, bend: 0, from: 0 };
                let at = Positions::new(simd, &motion, table.taps(), table.phase_bits());
                interpolate(simd, table, left, right, &at, out);
                position = motion.at(TICK_FRAMES);
            }
        }
    }
}

#[cfg(test)]
mod tests;
