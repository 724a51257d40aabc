//! How much each source counts at each moment of a note, and at which of its own moments it is read.

use realfft::num_complex::Complex;

use super::clock::Clock;
use super::envelope::Attack;
use super::maths::{Between, DB};
use super::model::{Model, ONSET_SECONDS};
use super::set::LoopPlan;

/// A source counts fully down to the first level under its maximum, and no more from the second on.
const DEAD_DB: (f64, f64) = (-42.0, -57.0);
/// One that ends sooner than that, as a cut recording does, counts less from so long before on.
const FORESEEN_SECONDS: f64 = 0.3;
/// What is left of a dead source's weight: all of them may be dead.
const LEFT: f32 = 1e-4;
/// The least that lies between two marks of an attack.
const LEAST_SECONDS: f64 = 0.0005;
/// A source is held so long before the moment from which on it counts less: what the analysis sees
/// there is not yet its end, and not yet the noise under it.
const HOLD_SECONDS: f64 = 0.08;
/// Of the noise of a source that is held, at most so much goes round.
const ROUND_SECONDS: f64 = 1.0;
/// Where the pad reaches past its sources, levels reach at most so far from those of the nearest
/// place between them.
pub(super) const PAST_DB: f64 = 12.0;
/// From the end of the attack, the sources' own time is the note's again after this long.
const RELAX_SECONDS: f64 = 1.0;

/// From when on sources with such attacks are read at the note's own time, in seconds from the onset.
pub(super) fn relaxed_seconds(attacks: &[Attack]) -> f64 {
    attacks.iter().map(|a| marks(a)[2]).fold(0.0, f64::max) + RELAX_SECONDS
}

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

/// How far timbre and dynamics lie apart on the pad: 0 where they are the same, 1 between a source's
/// timbre and another's dynamics.
pub(super) fn apart(timbre: &[f64], dynamics: &[f64]) -> f64 {
    0.5 * timbre.iter().zip(dynamics).map(|(t, d)| (t - d).abs()).sum::<f64>()
}

/// How far a place lies past the sources: 0 between them, 1 as far past one as packs go.
pub(super) fn past(weights: &[f64]) -> f64 {
    let below: f64 = weights.iter().map(|w| -w.min(0.0)).sum();
    (below / crate::recipe::EXTRAPOLATE).min(1.0)
}

/// A level past the sources (log2 of amplitude, `scale` 1, or of power, 2), kept near the one that
/// the nearest place between them has.
pub(super) fn near(past: f32, inside: f32, scale: f32) -> f32 {
    let most = scale * (PAST_DB / DB) as f32;
    inside + (past - inside).clamp(-most, most)
}

/// How a note reads on in a source that is over, where dynamics of another one keep it alive: a
/// timbre that lasts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hold {
    /// The last hop that is read; partials stay as they are there.
    last: usize,
    /// So many hops before it are the noise that goes round.
    round: usize,
    /// From hop to hop.
    hop_seconds: f64,
    /// The notes' loop, where they have one: partials that stay come round with it.
    loop_seconds: Option<f64>,
}

impl Hold {
    /// Nothing is held.
    pub(super) const NONE: Hold = Hold { last: usize::MAX, round: 1, hop_seconds: 0.0, loop_seconds: None };

    /// At the end of what is fully alive in a source.
    pub(super) fn of(model: &Model, plan: LoopPlan) -> Hold {
        let clock = model.clock;
        let dead = model.envelope.top + (DEAD_DB.0 / DB) as f32;
        let end = (0..model.hops()).rposition(|h| model.envelope.at_hop(h, clock) > dead).unwrap_or(0);
        let onset = (clock.hops_in(ONSET_SECONDS).ceil() as usize + 1).min(end);
        let last = end.saturating_sub(clock.hops_in(HOLD_SECONDS) as usize).max(onset);
        let round = (last - onset).clamp(1, clock.hops_in(ROUND_SECONDS) as usize);
        let loop_seconds = plan.loop_frames.map(|l| (l.end - l.start) as f64 / clock.rate_hz);
        Hold { last, round, hop_seconds: clock.hop as f64 / clock.rate_hz, loop_seconds }
    }

    /// Where levels are read.
    pub(super) fn place(self, place: Between) -> Between {
        if place.index as usize >= self.last { Between { index: self.last as u32, way: 0.0 } } else { place }
    }

    /// The hop of what is slow in partials.
    pub(super) fn still(self, hop: usize) -> usize {
        hop.min(self.last)
    }

    /// The phase of a partial that runs at `hz`. Held, it runs at the nearest frequency that has
    /// whole cycles in the loop.
    pub(super) fn unit(self, track: &[Complex<f32>], hz: f64, hop: usize) -> Complex<f32> {
        let unit = track[self.still(hop)];
        let (Some(seconds), true) = (self.loop_seconds, hop > self.last) else { return unit };
        let off_hz = (hz * seconds).round() / seconds - hz;
        let cycles = (off_hz * (hop - self.last) as f64 * self.hop_seconds).fract();
        unit * Complex::from_polar(1.0, (std::f64::consts::TAU * cycles) as f32)
    }

    /// The hop of the noise's carrier.
    pub(super) fn noise(self, hop: usize) -> usize {
        if hop <= self.last { hop } else { self.last + 1 - self.round + (hop - self.last - 1) % self.round }
    }
}

impl Moments {
    /// Sources that have died away give their weight to the others; less so, the further timbre and
    /// dynamics lie `apart`, for then they are held.
    pub(super) fn new(models: &[Model], weights: &[f64], places: &[Vec<Between>], apart: f64) -> Moments {
        let hops = places[0].len();
        let clock = models[0].clock;
        let inside = clamped(weights);
        let alive: Vec<Vec<f32>> = models
            .iter()
            .zip(places)
            .map(|(m, places)| {
                let per = clock.hop / m.envelope.tick;
                let hop_levels: Vec<f32> = m.envelope.log2.iter().step_by(per).copied().collect();
                let of = |p: &Between| alive(p.read(&hop_levels) - m.envelope.top);
                let mut alive: Vec<f32> = places.iter().map(of).collect();
                foresee(&mut alive, clock.hops_in(FORESEEN_SECONDS) as usize);
                alive.into_iter().map(|a| a + apart as f32 * (1.0 - a)).collect()
            })
            .collect();
        let mut carrier = vec![vec![0.0f32; hops]; models.len()];
        for h in 0..hops {
            let sum: f32 = inside.iter().zip(&alive).map(|(w, a)| *w as f32 * a[h]).sum();
            for ((row, w), a) in carrier.iter_mut().zip(&inside).zip(&alive) {
                row[h] = if sum > 1e-9 { *w as f32 * a[h] / sum } else { *w as f32 };
            }
        }
        // Past the sources, what lies beyond them fades with the first of them that dies.
        let beyond: Vec<f32> = weights.iter().zip(&inside).map(|(w, i)| (w - i) as f32).collect();
        let mut level = carrier.clone();
        if beyond.iter().any(|b| *b != 0.0) {
            for h in 0..hops {
                let least = alive.iter().zip(&beyond).filter(|(_, b)| **b != 0.0).map(|(a, _)| a[h]);
                let fade = least.fold(1.0, f32::min);
                level.iter_mut().zip(&beyond).for_each(|(row, b)| row[h] += b * fade);
            }
        }
        Moments { level, carrier }
    }
}

/// How alive a source is at a level under its maximum (log2 of amplitude).
fn alive(level: f32) -> f32 {
    let db = f64::from(level) * DB;
    let way = ((db - DEAD_DB.1) / (DEAD_DB.0 - DEAD_DB.1)).clamp(0.0, 1.0);
    (0.5 - 0.5 * (std::f64::consts::PI * way).cos()) as f32 + LEFT
}

/// Lets a source that ends at once count less and less on the way there, over so many hops at most; a
/// short one not from its beginning on.
fn foresee(alive: &mut [f32], hops: usize) {
    let first = alive.iter().position(|a| *a >= 1.0).unwrap_or(alive.len());
    let last = alive.iter().rposition(|a| *a >= 1.0).unwrap_or(0);
    let hops = hops.min(last.saturating_sub(first) / 4);
    if hops == 0 {
        return;
    }
    let end = *alive.last().unwrap_or(&0.0);
    let at = |alive: &[f32], h: usize| f64::from(alive.get(h).copied().unwrap_or(end));
    let mut sum: f64 = (first..first + hops).map(|h| at(alive, h)).sum();
    for h in first..alive.len() {
        let ahead = sum + at(alive, h + hops) - at(alive, h);
        alive[h] = alive[h].min((sum / hops as f64) as f32);
        sum = ahead;
    }
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
    fn what_is_held_stays_and_its_noise_goes_round() {
        let hold = Hold { last: 10, round: 4, hop_seconds: 0.01, loop_seconds: Some(0.5) };
        assert_eq!([3, 10, 11, 500].map(|h| hold.still(h)), [3, 10, 10, 10]);
        assert_eq!([9, 10, 11, 12, 13, 14, 15].map(|h| hold.noise(h)), [9, 10, 7, 8, 9, 10, 7]);
        assert_eq!(hold.place(Between { index: 12, way: 0.5 }), Between { index: 10, way: 0.0 });
        // 101 Hz has 50.5 cycles in the loop: it goes on at 102 Hz, a cycle more each second.
        let track = vec![Complex::new(1.0, 0.0); 11];
        assert!((hold.unit(&track, 101.0, 35) - Complex::new(0.0, 1.0)).norm() < 1e-5);
        assert_eq!(hold.unit(&track, 101.0, 5), track[5]);
        assert_eq!((Hold::NONE.still(9_999), Hold::NONE.noise(9_999)), (9_999, 9_999));
    }

    #[test]
    fn past_the_sources_a_level_goes_twelve_decibels_at_most() {
        assert_eq!(near(1.5, 1.0, 1.0), 1.5);
        let most = (12.0 / DB) as f32;
        assert_eq!((near(9.0, 1.0, 1.0), near(-9.0, 1.0, 2.0)), (1.0 + most, 1.0 - 2.0 * most));
    }

    #[test]
    fn clamped_weights_sum_to_one() {
        assert_eq!(clamped(&[1.25, -0.25]), [1.0, 0.0]);
    }
}
