//! Filters for changing the pitch: Kaiser-windowed sincs whose cutoff follows the ratio.
//!
//! Source frames are the unit: a frequency is a fraction of the source's rate, so 0.5 is its
//! Nyquist. Reading `r` source frames per output frame puts the output's Nyquist at `0.5 / r`.
//! Kaiser's formulas after Oppenheim & Schafer, Discrete-Time Signal Processing, 7.5.

use std::f64::consts::PI;
use std::iter::successors;

/// One kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Design {
    /// Length in source frames.
    pub(super) taps: usize,
    /// −6 dB point, as a fraction of the source's rate.
    pub(super) cutoff: f64,
    /// Shape of the window.
    pub(super) beta: f64,
}

impl Design {
    /// The widest kernel of `taps` and `beta` whose stopband begins at `edge`.
    pub(super) fn with_stopband(taps: usize, beta: f64, edge: f64) -> Design {
        // Never narrower than this: a kernel too short for its cutoff would only lose level.
        let least = 0.7 / taps as f64;
        Design { taps, cutoff: (edge - transition(taps, beta) / 2.0).clamp(least, 0.5), beta }
    }

    /// One side of the kernel, from its centre on in steps of `1 / per_frame` source frames, scaled so
    /// that the gain at 0 Hz is 1. `window` is [`window`] of the same length and shape.
    pub(super) fn side(&self, window: &[f64], per_frame: usize) -> Vec<f64> {
        let turn = 2.0 * PI * self.cutoff / per_frame as f64;
        // Sines and cosines within a frame, turned from one to the next; those of each frame's first point
        // then give every other by the sum of two angles. Thousands of sines would take most of the time in
        // which all tables are made.
        let (sin_turn, cos_turn) = turn.sin_cos();
        let within: Vec<(f64, f64)> =
            successors(Some((0.0, 1.0)), |(s, c)| Some((s * cos_turn + c * sin_turn, c * cos_turn - s * sin_turn)))
                .take(per_frame)
                .collect();
        let mut side = window.to_vec();
        for (frame, values) in side.chunks_mut(per_frame).enumerate() {
            let first = (frame * per_frame) as f64;
            let (sin, cos) = (turn * first).sin_cos();
            for ((i, value), (s, c)) in values.iter_mut().enumerate().zip(&within) {
                *value *= (sin * c + cos * s) / (turn * (first + i as f64));
            }
        }
        // 0 over 0 at the centre.
        side[0] = window[0];
        // Both sides by the trapezoidal rule: the kernel does not end in 0.
        let ends = side[0] + side[side.len() - 1];
        let gain = per_frame as f64 / (2.0 * sum(&side) - ends);
        side.iter_mut().for_each(|v| *v *= gain);
        side
    }
}

/// Values that are computed side by side, for vector instructions.
const LANES: usize = 8;

/// In [`LANES`] sums, so that no addition waits for the one before.
fn sum(values: &[f64]) -> f64 {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for lanes in whole {
        sums.iter_mut().zip(lanes).for_each(|(sum, v)| *sum += v);
    }
    sums.iter().chain(rest).sum()
}

/// One side of a Kaiser window `taps` long, from its centre to its end, `per_frame` values to a frame.
///
/// `taps · per_frame / 2` is a multiple of [`LANES`].
pub(super) fn window(taps: usize, beta: f64, per_frame: usize) -> Vec<f64> {
    let last = taps / 2 * per_frame;
    let series = Bessel::new();
    // (x / 2)² for each point's x = beta · √(1 − (i / last)²); the last point's is 0.
    let mut side: Vec<f64> = (0..=last).map(|i| beta * beta / 4.0 * (1.0 - (i as f64 / last as f64).powi(2))).collect();
    let whole = series.i0([beta * beta / 4.0; LANES])[0];
    let (points, end) = side.as_chunks_mut::<LANES>();
    for lanes in points {
        *lanes = series.i0(*lanes).map(|v| v / whole);
    }
    end.fill(1.0 / whole);
    side
}

/// Width of the transition band of a Kaiser window of this length and shape.
fn transition(taps: usize, beta: f64) -> f64 {
    let attenuation_db = beta / 0.1102 + 8.7;
    (attenuation_db - 7.95) / (14.36 * taps as f64)
}

/// The power series of the modified Bessel function of the first kind and order 0: what each term is of the
/// one before, for an argument of 2.
struct Bessel([f64; 40]);

impl Bessel {
    fn new() -> Bessel {
        Bessel(std::array::from_fn(|i| ((i + 1) as f64).powi(-2)))
    }

    /// For arguments whose halves' squares are `quarters`: up to 8², for which the terms are enough.
    fn i0(&self, quarters: [f64; LANES]) -> [f64; LANES] {
        let (mut sums, mut terms) = ([1.0; LANES], [1.0; LANES]);
        for part in self.0 {
            for lane in 0..LANES {
                terms[lane] *= quarters[lane] * part;
                sums[lane] += terms[lane];
            }
        }
        sums
    }
}
