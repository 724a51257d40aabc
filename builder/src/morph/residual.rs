//! What partials leave: noise, breath, bow, hammer. Short-time spectra, each taken apart into a
//! smooth envelope and a carrier.

use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

use super::clock::Clock;

/// Smoothing of the envelope: hops, and bins to both sides.
const HOPS: usize = 7;
const BINS: usize = 2;
/// The lowest power of an envelope's bin as mean power of the flattened sound: −105 dB. Between
/// digital silence and a breath lies a faint breath, not silence.
const FLOOR: f32 = 3.2e-11;

/// The residual of a flattened sound.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Residual {
    /// Bins of a spectrum.
    pub bins: usize,
    /// log2 of the envelope's power for each channel: `hops × bins`, row by row.
    pub envelope: [Vec<f32>; 2],
    /// Spectrum over the root of the envelope for each channel: `hops × bins`.
    pub carrier: [Vec<Complex<f32>>; 2],
}

/// Transforms and window of one clock.
pub struct Transform {
    clock: Clock,
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl Transform {
    /// For a clock.
    pub fn new(clock: Clock) -> Transform {
        let size = clock.window();
        let mut planner = RealFftPlanner::<f32>::new();
        let hann = |i: usize| 0.5 - 0.5 * (TAU * i as f64 / size as f64).cos();
        Transform {
            clock,
            window: (0..size).map(|i| hann(i).sqrt() as f32).collect(),
            forward: planner.plan_fft_forward(size),
            inverse: planner.plan_fft_inverse(size),
        }
    }

    /// Bins of a spectrum.
    pub fn bins(&self) -> usize {
        self.clock.window() / 2 + 1
    }

    /// What a bin's power is worth as mean power of the sound.
    pub fn bin_power(&self) -> f32 {
        let size = self.clock.window() as f32;
        4.0 / (size * size)
    }

    /// Spectra of a channel, `hops × bins`.
    fn analyse(&self, y: &[f32]) -> Vec<Complex<f32>> {
        let hops = self.clock.hops(y.len());
        let half = self.clock.window() / 2;
        let mut input = self.forward.make_input_vec();
        let mut scratch = self.forward.make_scratch_vec();
        let mut out = vec![Complex::default(); hops * self.bins()];
        for (h, row) in out.chunks_exact_mut(self.bins()).enumerate() {
            for (i, (v, w)) in input.iter_mut().zip(&self.window).enumerate() {
                let n = (h * self.clock.hop + i).checked_sub(half);
                *v = w * n.and_then(|n| y.get(n)).copied().unwrap_or(0.0);
            }
            if self.forward.process_with_scratch(&mut input, row, &mut scratch).is_err() {
                row.fill(Complex::default());
            }
        }
        out
    }

    /// Adds the sound of spectra that `fill` gives for each hop to a channel.
    pub fn synthesise(&self, out: &mut [f32], mut fill: impl FnMut(usize, &mut [Complex<f32>])) {
        let size = self.clock.window();
        let half = size / 2;
        let gain = 0.5 / size as f32;
        let mut bins = self.inverse.make_input_vec();
        let mut frames = self.inverse.make_output_vec();
        let mut scratch = self.inverse.make_scratch_vec();
        let scaled: Vec<f32> = self.window.iter().map(|w| w * gain).collect();
        for h in 0..self.clock.hops(out.len()) {
            fill(h, &mut bins);
            bins[0].im = 0.0;
            bins[half].im = 0.0;
            if self.inverse.process_with_scratch(&mut bins, &mut frames, &mut scratch).is_err() {
                continue;
            }
            let begin = h * self.clock.hop;
            let skip = half.saturating_sub(begin);
            let first = (begin + skip).saturating_sub(half);
            if first >= out.len() {
                break;
            }
            for ((sum, v), w) in out[first..].iter_mut().zip(&frames[skip..]).zip(&scaled[skip..]) {
                *sum += v * w;
            }
        }
    }
}

impl Residual {
    /// Of two channels.
    pub fn of(rest: &[Vec<f32>; 2], transform: &Transform) -> Residual {
        let bins = transform.bins();
        let mut envelope = [Vec::new(), Vec::new()];
        let mut carrier = [Vec::new(), Vec::new()];
        for c in 0..2 {
            if c == 1 && rest[0] == rest[1] {
                envelope[1] = envelope[0].clone();
                carrier[1] = carrier[0].clone();
                break;
            }
            let mut spectra = transform.analyse(&rest[c]);
            let power = smooth(&spectra, bins, FLOOR / transform.bin_power());
            for (z, p) in spectra.iter_mut().zip(&power) {
                *z /= p.sqrt();
            }
            envelope[c] = power.into_iter().map(f32::log2).collect();
            carrier[c] = spectra;
        }
        Residual { bins, envelope, carrier }
    }

    /// Hops that there are.
    pub fn hops(&self) -> usize {
        self.envelope[0].len() / self.bins
    }

    /// The residual as sound.
    pub fn render(&self, transform: &Transform, frames: usize) -> [Vec<f32>; 2] {
        [0, 1].map(|c| {
            let mut out = vec![0.0; frames];
            transform.synthesise(&mut out, |h, row| {
                let range = h.min(self.hops() - 1) * self.bins..;
                let pairs = self.carrier[c][range.clone()].iter().zip(&self.envelope[c][range]);
                for (z, (carrier, level)) in row.iter_mut().zip(pairs) {
                    *z = carrier * (0.5 * level).exp2();
                }
            });
            out
        })
    }
}

/// Power over some hops and bins, floored.
fn smooth(spectra: &[Complex<f32>], bins: usize, floor: f32) -> Vec<f32> {
    let hops = spectra.len() / bins;
    let reach = HOPS / 2;
    // Over bins first, then a running sum over hops.
    let mut wide = vec![0.0f32; spectra.len()];
    for (row, out) in spectra.chunks_exact(bins).zip(wide.chunks_exact_mut(bins)) {
        let power: Vec<f32> = row.iter().map(Complex::norm_sqr).collect();
        for (b, v) in out.iter_mut().enumerate() {
            let (first, last) = (b.saturating_sub(BINS), (b + BINS + 1).min(bins));
            *v = power[first..last].iter().sum::<f32>() / (last - first) as f32;
        }
    }
    let mut out = vec![0.0f32; spectra.len()];
    for (h, row) in out.chunks_exact_mut(bins).enumerate() {
        let (first, last) = (h.saturating_sub(reach), (h + reach + 1).min(hops));
        for other in first..last {
            for (sum, v) in row.iter_mut().zip(&wide[other * bins..(other + 1) * bins]) {
                *sum += v;
            }
        }
        let share = 1.0 / (last - first) as f32;
        for v in row.iter_mut() {
            *v = (*v * share).max(floor);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_apart_comes_back() {
        let clock = Clock::new(48_000.0);
        let transform = Transform::new(clock);
        let mut state = 7u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let y = [(0..10_000).map(|_| noise()).collect::<Vec<_>>(), (0..10_000).map(|_| noise()).collect()];
        let out = Residual::of(&y, &transform).render(&transform, 10_000);
        // A window's length away from the ends, where not all overlaps are there.
        let inner = 1_024..9_000;
        let error: f64 = inner.clone().map(|n| f64::from(y[1][n] - out[1][n]).powi(2)).sum();
        let all: f64 = inner.map(|n| f64::from(y[1][n]).powi(2)).sum();
        assert!(10.0 * (error / all).log10() < -110.0);
        // The power of bins is the power of the sound.
        let r = Residual::of(&y, &transform);
        let power: f32 =
            r.envelope[0][20 * r.bins..21 * r.bins].iter().map(|l| l.exp2()).sum::<f32>() * transform.bin_power();
        assert!((power / 0.333 - 1.0).abs() < 0.1, "{power}");
    }
}
