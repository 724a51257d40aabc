//! How much each source counts at each moment of a note, and at which of its own moments it is read.

use super::clock::Clock;
use super::envelope::Attack;
use super::maths::Between;
use super::model::{Model, ONSET_SECONDS};

/// A source counts fully down to the first level under its maximum, and no more from the second on.
const DEAD_DB: (f64, f64) = (-42.0, -57.0);
/// What is left of a dead source's weight: all of them may be dead.
const LEFT: f32 = 1e-4;
/// The least that lies between two marks of an attack.
const LEAST_SECONDS: f64 = 0.0005;
/// From the end of the attack, the sources' own time is the note's again after this long.
const RELAX_SECONDS: f64 = 1.0;

/// Where a place on the pad reads its sources: each passes the marks of its attack when the note does.
#[derive(Debug, Clone)]
pub(super) struct Times {
    /// Marks of each source, in its own seconds from the onset: beginning, −20 dB, −3 dB.
    marks: Vec<[f64; 3]>,
    /// Marks of the note.
    note: [f64; 3],
}

impl Times {
    /// For sources with these weights of dynamics. The parts of an attack are averaged as ratios.
    pub(super) fn new(models: &[Model], dynamics: &[f64]) -> Times {
        let attacks: Vec<Attack> = models.iter().map(|m| m.attack).collect();
        Times::of(&attacks, dynamics)
    }

    fn of(attacks: &[Attack], dynamics: &[f64]) -> Times {
        let mean = |of: fn(&Attack) -> f64| attacks.iter().zip(dynamics).map(|(a, w)| w * of(a)).sum::<f64>();
        let note = marks(&Attack { begin: mean(|a| a.begin), rise: mean(|a| a.rise.ln()).exp() });
        Times { marks: attacks.iter().map(marks).collect(), note }
    }

    /// A source's own time for a time of the note, both from the onset: stretched so that attacks
    /// coincide, then easing back to the same time.
    pub(super) fn source_seconds(&self, source: usize, t: f64) -> f64 {
        let own = &self.marks[source];
        if t <= 0.0 || own == &self.note {
            return t;
        }
        let last = own.len() - 1;
        if let Some(i) = (1..=last).find(|i| t <= self.note[*i]) {
            let way = (t - self.note[i - 1]) / (self.note[i] - self.note[i - 1]);
            return own[i - 1] + way * (own[i] - own[i - 1]);
        }
        let way = (t - self.note[last]) / RELAX_SECONDS;
        if way >= 1.0 {
            return t;
        }
        t + (own[last] - self.note[last]) * (0.5 + 0.5 * (std::f64::consts::PI * way).cos())
    }

    /// Where a source is read, for `count` steps of `step` frames, in a table of such steps.
    pub(super) fn places(&self, source: usize, clock: Clock, step: usize, count: usize, len: usize) -> Vec<Between> {
        let per_second = clock.rate_hz / step as f64;
        (0..count)
            .map(|i| {
                let t = i as f64 / per_second - ONSET_SECONDS;
                let there = self.source_seconds(source, t);
                // The same time exactly, wherever it is the same.
                let at = if there == t { i as f64 } else { (there + ONSET_SECONDS) * per_second };
                Between::of(at, len)
            })
            .collect()
    }
}

/// The moments that are to coincide. A sound that is there at once has passed −20 dB before its
/// onset, by the smoothing: its marks still rise.
fn marks(attack: &Attack) -> [f64; 3] {
    let begin = attack.begin.max(LEAST_SECONDS);
    [0.0, begin, (attack.begin + attack.rise).max(begin + LEAST_SECONDS)]
}

/// Weights over time: one row for each source, one value for each hop.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    /// For levels. They sum to 1, and can lie outside 0…1 where the pad reaches past its sources.
    pub(super) level: Vec<Vec<f32>>,
    /// For phases and carriers: 0…1, sum 1.
    pub(super) carrier: Vec<Vec<f32>>,
}

/// Weights clamped to 0…1 and brought back to a sum of 1.
pub(super) fn clamped(weights: &[f64]) -> Vec<f64> {
    let inside: Vec<f64> = weights.iter().map(|w| w.clamp(0.0, 1.0)).collect();
    let sum: f64 = inside.iter().sum();
    inside.into_iter().map(|w| w / sum.max(1e-12)).collect()
}

impl Moments {
    /// Sources that have died away give their weight to the others.
    pub(super) fn new(models: &[Model], weights: &[f64], places: &[Vec<Between>]) -> Moments {
        let hops = places[0].len();
        let clock = models[0].clock;
        let inside = clamped(weights);
        let alive: Vec<Vec<f32>> = models
            .iter()
            .zip(places)
            .map(|(m, places)| {
                let per = clock.hop / m.envelope.tick;
                let hop_levels: Vec<f32> = m.envelope.log2.iter().step_by(per).copied().collect();
                places.iter().map(|p| alive(p.read(&hop_levels) - m.envelope.top)).collect()
            })
            .collect();
        let shares = |weights: &[f64]| -> Vec<Vec<f32>> {
            let mut rows = vec![vec![0.0f32; hops]; models.len()];
            for h in 0..hops {
                let sum: f32 = weights.iter().zip(&alive).map(|(w, a)| *w as f32 * a[h]).sum();
                for ((row, w), a) in rows.iter_mut().zip(weights).zip(&alive) {
                    row[h] = if sum.abs() > 1e-9 { *w as f32 * a[h] / sum } else { *w as f32 };
                }
            }
            rows
        };
        Moments { level: shares(weights), carrier: shares(&inside) }
    }
}

/// How alive a source is at a level under its maximum (log2 of amplitude).
fn alive(level: f32) -> f32 {
    let db = f64::from(level) * super::maths::DB;
    let way = ((db - DEAD_DB.1) / (DEAD_DB.0 - DEAD_DB.1)).clamp(0.0, 1.0);
    (0.5 - 0.5 * (std::f64::consts::PI * way).cos()) as f32 + LEFT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_coincide_and_time_is_the_same_after_a_second() {
        let attack = |begin: f64, rise: f64| Attack { begin, rise };
        let times = Times::of(&[attack(0.005, 0.01), attack(0.015, 0.16)], &[0.5, 0.5]);
        for (note, first, second) in [(0.010, 0.005, 0.015), (0.050, 0.015, 0.175)] {
            assert!((times.source_seconds(0, note) - first).abs() < 1e-12);
            assert!((times.source_seconds(1, note) - second).abs() < 1e-12);
        }
        assert_eq!(times.source_seconds(1, 1.2), 1.2);
        let mut last = -1.0;
        for i in 0..2_000 {
            let now = times.source_seconds(1, f64::from(i) * 0.001);
            assert!(now >= last, "time runs backwards at {i} ms");
            last = now;
        }
    }

    #[test]
    fn clamped_weights_sum_to_one() {
        assert_eq!(clamped(&[1.25, -0.25]), [1.0, 0.0]);
    }
}
