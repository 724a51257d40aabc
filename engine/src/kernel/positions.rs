//! Where in the stream the frames of a tick lie.

#[cfg(test)]
use super::simd::{Path, Simd};
use crate::limits::TICK_FRAMES;

/// For each output frame of a tick: the first tap's place in the stream, the row of the coefficient
/// table, and how far it is to the next row.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Positions {
    pub(super) start: [u32; TICK_FRAMES],
    pub(super) row: [u32; TICK_FRAMES],
    pub(super) fraction: [f32; TICK_FRAMES],
    pub(super) bits: u32,
}

/// A position that moves through the stream, 32.32 fixed point: exact, so that it is the same
/// however the frames are grouped. The step changes by `bend` with each frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Motion {
    /// Position at the first frame.
    pub(crate) position: u64,
    /// Step from the first frame to the second.
    pub(crate) step: u64,
    /// Change of the step per frame.
    pub(crate) bend: i64,
    /// The position rests until this frame of the tick (a note that begins inside it).
    pub(crate) from: usize,
}

impl Motion {
    /// Position at frame `i` of the tick, 0…16 (16: where the next tick begins).
    #[inline]
    pub(crate) fn at(&self, i: usize) -> u64 {
        let n = i.saturating_sub(self.from) as u64;
        let bent = (self.bend as u64).wrapping_mul(n * n.saturating_sub(1) / 2);
        self.position.wrapping_add(self.step.wrapping_mul(n)).wrapping_add(bent)
    }

    /// The whole frames in which its first and its last position of the tick lie. Every position lies
    /// between them, because no step leads back. `None` where that can't be said.
    #[inline]
    pub(crate) fn reach(&self) -> Option<(usize, usize)> {
        let last_step = self.step.wrapping_add((self.bend as u64).wrapping_mul(TICK_FRAMES as u64));
        // Far beyond any stream, and far from where a product would wrap round.
        let is_sane = (self.position | self.step | last_step) >> 48 == 0;
        let last = match self.from {
            // The same, with known factors.
            0 => Motion { from: 0, ..*self }.at(TICK_FRAMES - 1),
            _ => self.at(TICK_FRAMES - 1),
        };
        is_sane.then_some(((self.position >> 32) as usize, (last >> 32) as usize))
    }

    /// Does it walk frame by frame over whole positions?
    pub(crate) fn is_copy(&self) -> bool {
        self.step == 1 << 32 && self.bend == 0 && self.position as u32 == 0
    }
}

impl Positions {
    /// The places of a tick for a kernel of `taps` with `2^bits` phases, as a path finds them.
    #[cfg(test)]
    pub(super) fn new(simd: Simd, motion: &Motion, taps: usize, bits: u32) -> Positions {
        match simd.0 {
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 if motion.from == 0 => {
                let mut p = Positions::empty(bits);
                // SAFETY: the path exists only where the processor has it.
                unsafe { super::avx2::positions(motion, (taps / 2 - 1) as u32, 1, &mut p) };
                p
            }
            _ => Positions::plain(motion, taps, bits),
        }
    }

    pub(super) fn empty(bits: u32) -> Positions {
        Positions { start: [0; 16], row: [0; 16], fraction: [0.0; 16], bits }
    }

    /// The places of a tick for a kernel of `taps` with `2^bits` phases.
    pub(super) fn plain(motion: &Motion, taps: usize, bits: u32) -> Positions {
        let mut p = Positions::empty(bits);
        let before = (taps / 2 - 1) as u32;
        let (mut position, mut step) = (motion.position, motion.step);
        for i in 0..TICK_FRAMES {
            let low = position as u32;
            p.start[i] = ((position >> 32) as u32).wrapping_sub(before);
            p.row[i] = (u64::from(low) >> (32 - bits)) as u32;
            // 24 bits: what an f32 holds exactly.
            p.fraction[i] = ((low << bits) >> 8) as i32 as f32 * (1.0 / 16_777_216.0);
            if i >= motion.from {
                position = position.wrapping_add(step);
                step = step.wrapping_add(motion.bend as u64);
            }
        }
        p
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_form_is_the_sum_of_the_steps() {
        for from in [0, 5] {
            let motion = Motion { position: 40 << 32 | 77, step: 6_000_000_000, bend: -12_345, from };
            let places = Positions::new(Simd::SCALAR, &motion, 16, 6);
            for i in 0..TICK_FRAMES {
                let p = motion.at(i);
                assert_eq!(places.start[i] + 7, (p >> 32) as u32, "frame {i}");
                let fraction = (f64::from(places.row[i]) + f64::from(places.fraction[i])) / 64.0;
                assert!((fraction - f64::from(p as u32) / 4_294_967_296.0).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn every_path_finds_the_same_places() {
        for (step, bend) in [(1u64 << 32, 0i64), (6_000_000_000, -12_345), (4_000_000_001, 99), (1 << 37, 1 << 20)] {
            for (taps, bits) in [(4, 0), (16, 6), (48, 6)] {
                let motion = Motion { position: 40 << 32 | 0xFEDC_BA98, step, bend, from: 0 };
                let plain = Positions::new(Simd::SCALAR, &motion, taps, bits);
                for simd in Simd::available() {
                    let got = Positions::new(simd, &motion, taps, bits);
                    assert_eq!((got.start, got.row, got.fraction), (plain.start, plain.row, plain.fraction));
                }
            }
        }
    }
}
