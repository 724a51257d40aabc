//! Filters for changing the pitch: Kaiser-windowed sincs whose cutoff follows the ratio.
//!
//! Source frames are the unit: a frequency is a fraction of the source's rate, so 0.5 is its
//! Nyquist. Reading `r` source frames per output frame puts the output's Nyquist at `0.5 / r`.
//! Kaiser's formulas after Oppenheim & Schafer, Discrete-Time Signal Processing, 7.5.

use std::f64::consts::PI;

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
        // A sine of each point would be half of the time in which all tables are made; turned from
        // point to point, thousands of times, it is still right to 1e-12.
        let (sin_turn, cos_turn) = turn.sin_cos();
        let (mut sin, mut cos) = (0.0f64, 1.0f64);
        let sinc = |(i, window): (usize, &f64)| {
            let here = if i == 0 { 1.0 } else { sin / (turn * i as f64) };
            (sin, cos) = (sin * cos_turn + cos * sin_turn, cos * cos_turn - sin * sin_turn);
            window * here
        };
        let mut side: Vec<f64> = window.iter().enumerate().map(sinc).collect();
        // Both sides by the trapezoidal rule: the kernel does not end in 0.
        let ends = side[0] + side[side.len() - 1];
        let sum = 2.0 * side.iter().sum::<f64>() - ends;
        side.iter_mut().for_each(|v| *v *= per_frame as f64 / sum);
        side
    }
}

/// One side of a Kaiser window `taps` long, from its centre to its end, `per_frame` values to a frame.
pub(super) fn window(taps: usize, beta: f64, per_frame: usize) -> Vec<f64> {
    let last = taps / 2 * per_frame;
    let bessel = Bessel::new();
    let whole = bessel.i0(beta);
    (0..=last).map(|i| bessel.i0(beta * (1.0 - (i as f64 / last as f64).powi(2)).sqrt()) / whole).collect()
}

/// Width of the transition band of a Kaiser window of this length and shape.
fn transition(taps: usize, beta: f64) -> f64 {
    let attenuation_db = beta / 0.1102 + 8.7;
    (attenuation_db - 7.95) / (14.36 * taps as f64)
}

/// The power series of the modified Bessel function of the first kind and order 0: what each term is of the
/// one before, for an argument of 2. Divisions are what such a series takes its time for.
struct Bessel([f64; 64]);

impl Bessel {
    fn new() -> Bessel {
        Bessel(std::array::from_fn(|i| ((i + 1) as f64).powi(-2)))
    }

    /// For `x` up to 30, where 64 terms are more than enough.
    fn i0(&self, x: f64) -> f64 {
        let quarter = x * x / 4.0;
        let (mut sum, mut term) = (1.0, 1.0);
        for part in self.0 {
            term *= quarter * part;
            sum += term;
            if term < 1e-17 * sum {
                break;
            }
        }
        sum
    }
}
