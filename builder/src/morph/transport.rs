//! Formants move: where in the spectrum of each source a place of the in-between spectrum comes
//! from. One-dimensional optimal transport between spectral envelopes: the map between quantile
//! functions; quantiles of any number of sources average to the quantiles of what lies between.

use super::clock::{erb, erb_hz};
use super::maths::{box_mean, interpolate};
use serde::{Deserialize, Serialize};

/// Quantiles of a source.
const QUANTILES: usize = 251;
/// Resolution of spectra.
const STEP_ERB: f64 = 0.25;
/// Points of a spectrum: up to 43 ERB, 23 kHz.
const POINTS: usize = 172;
/// Smoothing, to both sides.
const REACH: usize = 1;
/// Loudness grows about so with power.
const LOUDNESS: f64 = 0.3;
/// Full movement up to the first, none from the second on.
const TAPER_HZ: (f64, f64) = (3_500.0, 8_000.0);

/// A spectrum on the ear's scale: power in bands of ¼ ERB.
#[derive(Debug, Clone)]
pub(super) struct EarSpectrum(Vec<f64>);

/// Where each share of a spectrum's loudness lies.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Quantiles {
    /// In ERB.
    places: Vec<f64>,
    /// How much of the way the spectrum goes: none where it has no formants.
    moves: f64,
}

impl EarSpectrum {
    pub(super) fn new() -> EarSpectrum {
        EarSpectrum(vec![0.0; POINTS])
    }

    /// Adds power at a frequency.
    pub(super) fn add(&mut self, hz: f64, power: f64) {
        let at = (erb(hz) / STEP_ERB) as usize;
        if let Some(sum) = self.0.get_mut(at) {
            *sum += power;
        }
    }

    /// Adds partials: their frequencies, and log2 of their amplitudes.
    pub(super) fn add_partials(&mut self, hz: &[f64], level: &[f32]) {
        for (hz, level) in hz.iter().zip(level) {
            self.add(*hz, 0.5 * f64::from(2.0 * level).exp2());
        }
    }

    /// The quantiles of its loudness, of a spectrum that goes so much of the way (0…1).
    pub(super) fn quantiles(&self, moves: f64) -> Quantiles {
        let smooth = box_mean(&self.0, REACH);
        let top = smooth.iter().copied().fold(0.0, f64::max);
        let mass = smooth.iter().map(|p| (p - 1e-6 * top).max(0.0).powf(LOUDNESS));
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for m in mass {
            // A trace everywhere keeps the function rising.
            sum += m + 1e-9;
            sums.push(sum);
        }
        let places: Vec<f64> = (0..sums.len()).map(|i| i as f64 * STEP_ERB).collect();
        let at = |i: usize| interpolate(&sums, &places, sum * i as f64 / (QUANTILES - 1) as f64);
        Quantiles { places: (0..QUANTILES).map(at).collect(), moves }
    }
}

/// The maps from an in-between spectrum to those of its sources.
#[derive(Debug, Clone)]
pub(super) struct Maps {
    between: Vec<f64>,
}

impl Maps {
    /// Between sources with these weights.
    pub(super) fn new(sources: &[&Quantiles], weights: &[f64]) -> Maps {
        let mut between = vec![0.0; QUANTILES];
        for (source, w) in sources.iter().zip(weights) {
            for (sum, q) in between.iter_mut().zip(&source.places) {
                *sum += w * q;
            }
        }
        Maps { between }
    }

    /// The frequency of `source` that moves to `hz`.
    pub(super) fn source_hz(&self, source: &Quantiles, hz: f64) -> f64 {
        let (low, high) = TAPER_HZ;
        if hz >= high {
            return hz;
        }
        let e = erb(hz);
        let (first, last) = (0, QUANTILES - 1);
        let there = if e <= self.between[first] {
            e + source.places[first] - self.between[first]
        } else if e >= self.between[last] {
            e + source.places[last] - self.between[last]
        } else {
            interpolate(&self.between, &source.places, e)
        };
        let way = ((hz - low) / (high - low)).clamp(0.0, 1.0);
        let full = source.moves * (0.5 + 0.5 * (std::f64::consts::PI * way).cos());
        erb_hz((e + full * (there - e)).max(0.05))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bump(hz: f64) -> Quantiles {
        let mut s = EarSpectrum::new();
        for i in 0..POINTS {
            let e = (i as f64 + 0.5) * STEP_ERB;
            s.add(erb_hz(e), (-(e - erb(hz)).powi(2)).exp() + 1e-7);
        }
        s.quantiles(1.0)
    }

    #[test]
    fn half_way_between_two_bumps_lies_one() {
        let (a, b) = (bump(500.0), bump(1_500.0));
        let maps = Maps::new(&[&a, &b], &[0.5, 0.5]);
        let middle = erb_hz(0.5 * (erb(500.0) + erb(1_500.0)));
        assert!((maps.source_hz(&a, middle) / 500.0 - 1.0).abs() < 0.05);
        assert!((maps.source_hz(&b, middle) / 1_500.0 - 1.0).abs() < 0.05);
    }

    #[test]
    fn at_a_corner_nothing_moves() {
        let (a, b) = (bump(500.0), bump(1_500.0));
        let maps = Maps::new(&[&a, &b], &[1.0, 0.0]);
        for hz in [60.0, 500.0, 3_000.0, 12_000.0] {
            assert!((maps.source_hz(&a, hz) / hz - 1.0).abs() < 1e-9, "{hz}");
        }
    }
}
