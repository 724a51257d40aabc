//! Lines of a sound that are none of its slots: an organ's stops under and between the harmonics of
//! its key, modes of a bell besides the strongest of each slot. In the residual they would be noise as
//! soon as the note is not their source's own.

use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::partials::{self, Partials, Track};
use super::spectrum::LongSpectrum;

/// Lines this far under the strongest of the sound are no more listened to.
const RANGE_DB: f64 = 50.0;
/// Least distance of a line from slots and other lines, in fundamentals; and in Hz where that is less:
/// from what is out of the sound already, of which only what beats fast is left, and from what is taken
/// out at the same time, of which each would take the other's share.
const APART: f64 = 0.23;
const KNOWN_HZ: f64 = 9.0;
const AT_ONCE_HZ: f64 = 40.0;
const PASSES: usize = 3;
/// Periods under the window that takes them apart, and its longest.
const PERIODS: f64 = 8.0;
const LONGEST_SECONDS: f64 = 0.15;
/// Lines at most, the strongest.
const MOST: usize = 24;
/// The lowest.
const LOWEST_HZ: f64 = 25.0;

/// The lines, ascending.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Strays {
    /// Where they lie.
    pub hz: Vec<f64>,
    /// What they do, as relative to the partials' common motion as partials are.
    pub tracks: Vec<Track>,
}

impl Strays {
    /// Of what the partials of `y` leave; `steady` are the frames in which lines are looked for.
    pub fn of(
        y: &[Vec<f32>; 2],
        rest: &[Vec<f32>; 2],
        partials: &Partials,
        clock: Clock,
        steady: std::ops::Range<usize>,
    ) -> Strays {
        let series = &partials.series;
        if series.hz.is_empty() {
            return Strays::default();
        }
        let spectrum = |y: &[Vec<f32>; 2]| {
            let frames: Vec<[f32; 2]> = steady.clone().map(|n| [y[0][n], y[1][n]]).collect();
            LongSpectrum::of(&frames, clock.rate_hz)
        };
        let top_hz = series.hz.last().copied().unwrap_or_default() + 0.5 * series.f0_hz;
        let strongest = spectrum(y).peaks(LOWEST_HZ, top_hz, 1.0).iter().map(|p| p.1).fold(0.0, f64::max);
        let seconds = (PERIODS / series.f0_hz).min(LONGEST_SECONDS);
        let apart = |far_hz: f64| (APART * series.f0_hz).min(far_hz);
        let mut lines: Vec<(f64, Track)> = Vec::new();
        let mut rest = rest.clone();
        for _ in 0..PASSES {
            let left = spectrum(&rest);
            let mut peaks = left.peaks(LOWEST_HZ, top_hz, RANGE_DB);
            peaks.retain(|(hz, a)| *a > strongest * 10f64.powf(-RANGE_DB / 20.0) && left.stands_out(*hz, *a));
            peaks.sort_by(|a, b| b.1.total_cmp(&a.1));
            let mut hz: Vec<f64> = Vec::new();
            for (at, _) in peaks {
                let far = |other: f64, far_hz: f64| (at - other).abs() >= apart(far_hz);
                let free = series.hz.iter().chain(lines.iter().map(|l| &l.0)).all(|other| far(*other, KNOWN_HZ));
                if free && hz.iter().all(|other| far(*other, AT_ONCE_HZ)) && lines.len() + hz.len() < MOST {
                    hz.push(at);
                }
            }
            if hz.is_empty() {
                break;
            }
            hz.sort_by(f64::total_cmp);
            let tracks = partials::tracks(&rest, clock, &hz, seconds, series.f0_hz, &partials.motion);
            let taken = partials::render(&hz, &tracks, series.f0_hz, &partials.motion, clock, rest[0].len());
            for (rest, taken) in rest.iter_mut().zip(&taken) {
                rest.iter_mut().zip(taken).for_each(|(rest, taken)| *rest -= taken);
            }
            lines.extend(hz.into_iter().zip(tracks));
        }
        lines.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (hz, tracks) = lines.into_iter().unzip();
        Strays { hz, tracks }
    }

    /// The lines as sound.
    pub fn render(&self, partials: &Partials, clock: Clock, frames: usize) -> [Vec<f32>; 2] {
        partials::render(&self.hz, &self.tracks, partials.series.f0_hz, &partials.motion, clock, frames)
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::super::series::Series;
    use super::*;

    /// How much of what the partials of `y` leave is left by the lines, dB.
    fn left_db(y: &[Vec<f32>; 2], expected_hz: f64) -> f64 {
        let clock = Clock::new(48_000.0);
        let frames: Vec<[f32; 2]> = y[0].iter().map(|v| [*v; 2]).collect();
        let series = Series::find(&LongSpectrum::of(&frames, 48_000.0), 250.0, 48_000.0);
        let partials = Partials::of(y, clock, series);
        let left = |a: &[Vec<f32>; 2], b: &[Vec<f32>; 2]| {
            [0, 1].map(|c| a[c].iter().zip(&b[c]).map(|(a, b)| a - b).collect::<Vec<f32>>())
        };
        let rest = left(y, &partials.render(clock, 96_000));
        let strays = Strays::of(y, &rest, &partials, clock, 4_800..90_000);
        assert_eq!(strays.hz.len(), 1, "{:?}", strays.hz);
        assert!((strays.hz[0] - expected_hz).abs() < 0.2, "{:?}", strays.hz);
        let nothing = left(&rest, &strays.render(&partials, clock, 96_000));
        let power = |y: &[Vec<f32>; 2]| y[0][9_600..86_400].iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
        10.0 * (power(&nothing) / power(&rest)).log10()
    }

    fn tones(tones: &[(f64, f64)]) -> [Vec<f32>; 2] {
        let at = |n: u32| tones.iter().map(|(hz, a)| a * (TAU * hz * f64::from(n) / 48_000.0).sin()).sum::<f64>();
        let y: Vec<f32> = (0..96_000).map(|n| at(n) as f32).collect();
        [y.clone(), y]
    }

    #[test]
    fn a_line_between_harmonics_is_taken_out_of_what_they_leave() {
        let db = left_db(&tones(&[(250.0, 1.0), (500.0, 0.4), (375.0, 0.3)]), 375.0);
        assert!(db < -30.0, "{db} dB of it left");
    }

    #[test]
    fn so_is_a_line_that_beats_fast_with_a_harmonic() {
        let db = left_db(&tones(&[(250.0, 1.0), (500.0, 0.4), (513.0, 0.3)]), 513.0);
        assert!(db < -15.0, "{db} dB of it left");
    }
}
