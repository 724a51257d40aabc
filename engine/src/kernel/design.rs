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

    /// The kernel's value `t` source frames from its centre, before normalising.
    pub(super) fn value(&self, t: f64) -> f64 {
        let half = self.taps as f64 / 2.0;
        if t.abs() >= half {
            return 0.0;
        }
        let x = 2.0 * self.cutoff * t;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) };
        2.0 * self.cutoff * sinc * bessel_i0(self.beta * (1.0 - (t / half).powi(2)).sqrt()) / bessel_i0(self.beta)
    }
}

/// Width of the transition band of a Kaiser window of this length and shape.
fn transition(taps: usize, beta: f64) -> f64 {
    let attenuation_db = beta / 0.1102 + 8.7;
    (attenuation_db - 7.95) / (14.36 * taps as f64)
}

/// Modified Bessel function of the first kind and order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > 1e-17 * sum {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}
