//! How much two neighbours lose when they are added: what a point between two cells of a coherent
//! grid would sound like.

use super::erb::BANDS;
use super::spectrogram::{COLUMNS, Spectrogram};
use super::stats::weighted_percentile;

/// Loss of a pair of neighbours, in dB: 0 where they add like one sound, −3 where they are unrelated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dip {
    /// Mean over all bands and columns, weighted by energy.
    pub mean_db: f64,
    /// The dip under which 5 % of the energy lies.
    pub p5_db: f64,
}

impl Dip {
    /// The worse of two, each figure by itself.
    #[must_use]
    pub fn worse(self, other: Dip) -> Dip {
        Dip { mean_db: self.mean_db.min(other.mean_db), p5_db: self.p5_db.min(other.p5_db) }
    }
}

/// The dip between two notes as they lie in their files; column 0 is centred on frame `origin`.
/// `None` in silence.
pub fn dip(u: &[[f32; 2]], v: &[[f32; 2]], origin: usize) -> Option<Dip> {
    let at = |sound: &[[f32; 2]], n: usize| sound.get(n).copied().unwrap_or([0.0; 2]);
    let sum: Vec<[f32; 2]> = (0..u.len().max(v.len()))
        .map(|n| {
            let (a, b) = (at(u, n), at(v, n));
            [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])]
        })
        .collect();
    let [u, v, sum] = [u, v, &sum].map(|sound| Spectrogram::new(sound, origin));
    let (mut weighed, mut moment, mut energy) = (Vec::with_capacity(COLUMNS * BANDS), 0.0, 0.0);
    for column in 0..COLUMNS {
        for band in 0..BANDS {
            let whole = (0.5 * (u.bands[column][band].sqrt() + v.bands[column][band].sqrt())).powi(2);
            if whole > 0.0 {
                let db = 10.0 * (sum.bands[column][band] / whole).max(1e-12).log10();
                weighed.push((db, whole));
                moment += db * whole;
                energy += whole;
            }
        }
    }
    Some(Dip { mean_db: moment / energy, p5_db: weighted_percentile(&weighed, 0.05)? })
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::super::signal::{from_fn, noise, scaled, sine};
    use super::*;

    #[test]
    fn one_sound_at_two_levels_loses_nothing() {
        let tone = sine(440.0, 0.5, 3.5);
        let d = dip(&tone, &scaled(&tone, 0.5), 4_800).unwrap();
        assert!(d.mean_db.abs() < 1e-4 && d.p5_db.abs() < 1e-3, "{d:?}");
    }

    #[test]
    fn a_quarter_turn_or_another_noise_loses_three_decibels() {
        let turned = from_fn(3.5, |t| [0.5 * (TAU * 440.0 * t).cos(); 2]);
        let d = dip(&sine(440.0, 0.5, 3.5), &turned, 4_800).unwrap();
        assert!((d.mean_db + 3.01).abs() < 0.05, "{d:?}");
        let d = dip(&noise(0.5, 3.5, 1), &noise(0.5, 3.5, 99), 4_800).unwrap();
        assert!((d.mean_db + 3.0).abs() < 0.3 && d.p5_db < -3.5, "{d:?}");
    }

    #[test]
    fn silence_has_no_dip() {
        assert_eq!(dip(&[], &[], 0), None);
    }
}
