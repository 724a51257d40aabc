//! The phases of in-between partials, so that neighbours on the pad add like one sound.
//!
//! θ = arg Σ vᵢ·exp(j(θᵢ − oᵢ)) + Σ wᵢ·oᵢ, with vᵢ from weight wᵢ and slow amplitude and oᵢ the mean
//! phase of source i against source 0: continuous over the pad, the source's own at its corner, and
//! without the jump that the plain sum has where two sources are nearly opposite.
//!
//! Where a slot's frequencies differ, a frequency between them would drift apart from its
//! neighbours'. Of strings, those at one frequency lead; bells and bars, whose partials are no series, keep each
//! its own, cross-faded by power.

use std::f64::consts::{PI, TAU};

use realfft::num_complex::Complex;

use super::clock::Clock;
use super::maths::box_mean;
use super::model::{Model, ONSET_SECONDS};
use super::series::Kind;
use super::tuning::Tuning;

/// Frequencies further apart than this are different.
const SAME_HZ: f64 = 1.5;
/// How much more weight counts than amplitude in which sources lead then.
const LEAD: i32 = 4;
/// How sharply partials of their own are cross-faded, by weight and by amplitude, in power.
const FADE: (f64, f64) = (1.0, 2.0);
/// A phase that turns faster than this against its oscillator, from source to source, is slowed down:
/// over so long.
const TURN_HZ: f64 = 8.0;
const TURN_SECONDS: f64 = 0.1;
/// The part of a sound whose phase counts, in seconds from the onset.
const MEAN_SECONDS: (f64, f64) = (0.08, 1.5);

/// Mean phases of each source's slots against the first source: `[source][slot][channel]`.
#[derive(Debug, Clone)]
pub(super) struct Offsets(Vec<Vec<[f64; 2]>>);

/// How a slot of a note takes its phases from its sources.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// The frequency at which the note's oscillator runs.
    pub(super) hz: f64,
    /// What sources do with it.
    pub(super) way: Way,
}

/// How sources share a slot.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// These sources, at one frequency; others that lie elsewhere are left out.
    Together(Vec<usize>),
    /// At several, each with this share of the power.
    Apart(Vec<f32>),
}

impl Offsets {
    pub(super) fn new(models: &[Model]) -> Offsets {
        let offsets = |m: &Model| (0..m.partials.tracks.len()).map(|k| offset(m, &models[0], k)).collect();
        Offsets(models.iter().map(offsets).collect())
    }

    pub(super) fn get(&self, source: usize, slot: usize) -> [f64; 2] {
        self.0[source].get(slot).copied().unwrap_or([0.0; 2])
    }
}

/// Cycles that a difference in frequency makes up to a hop.
pub(super) fn drift(hz: f64, hop: usize, clock: Clock) -> f64 {
    (hz * (hop * clock.hop) as f64 / clock.rate_hz).fract()
}

/// The mean phase of a slot against another source's; nothing where they lie at different frequencies.
fn offset(model: &Model, reference: &Model, k: usize) -> [f64; 2] {
    let (Some(track), Some(against)) = (model.partials.tracks.get(k), reference.partials.tracks.get(k)) else {
        return [0.0; 2];
    };
    let (series, hz0) = (&model.partials.series, reference.partials.series.hz[k]);
    let hz = series.hz[k] * (reference.partials.series.f0_hz / series.f0_hz);
    if std::ptr::eq(model, reference) || (hz - hz0).abs() > SAME_HZ {
        return [0.0; 2];
    }
    let clock = model.clock;
    let hop = |seconds: f64| clock.hops_in(ONSET_SECONDS + seconds) as usize;
    let range = hop(MEAN_SECONDS.0)..hop(MEAN_SECONDS.1).min(track.slow.len());
    let sums = [0, 1].map(|c| {
        let mut sum = Complex::new(0.0, 0.0);
        for h in range.clone() {
            let power = f64::from((track.level[c][h] + against.level[c][h]).exp2());
            let turn = track.unit[c][h] * against.unit[c][h].conj();
            let drift = Complex::from_polar(power, TAU * drift(hz - hz0, h, clock));
            sum += Complex::new(f64::from(turn.re), f64::from(turn.im)) * drift;
        }
        sum
    });
    let mean = (sums[0] + sums[1]).arg();
    sums.map(|s| if s.norm() > 0.0 { mean + wrap(s.arg() - mean) } else { mean })
}

/// Brings phasors to length 1. Where the sum of two sources passes close to zero its phase turns within
/// a moment, which at a full level is a click; what is faster than [`TURN_HZ`] is spread over
/// [`TURN_SECONDS`].
pub(super) fn steady(phasors: &mut [Complex<f32>], clock: Clock) {
    let most = TAU * TURN_HZ / clock.hops_in(1.0);
    let mut last = Complex::new(1.0f32, 0.0);
    let mut jumps = Vec::with_capacity(phasors.len());
    let mut jump = 0.0f64;
    for z in phasors.iter_mut() {
        let length = z.norm();
        *z = if length > 1e-9 { *z / length } else { last };
        let turn = if jumps.is_empty() { 0.0 } else { f64::from((*z * last.conj()).arg()) };
        jump += turn - turn.clamp(-most, most);
        jumps.push(jump);
        last = *z;
    }
    if jumps.iter().all(|j| *j == 0.0) {
        return;
    }
    let reach = (clock.hops_in(TURN_SECONDS) / 4.0).round() as usize;
    let slow = box_mean(&box_mean(&jumps, reach), reach);
    for (z, (slow, jump)) in phasors.iter_mut().zip(slow.into_iter().zip(jumps)) {
        *z *= Complex::from_polar(1.0, (slow - jump) as f32);
    }
}

fn wrap(phase: f64) -> f64 {
    phase - TAU * ((phase + PI) / TAU).floor()
}

impl Slot {
    /// For sources with these weights (0…1), of a note with this tuning. `None` where no source has
    /// this slot.
    pub(super) fn new(models: &[Model], weights: &[f64], slot: usize, tuning: Tuning) -> Option<Slot> {
        let hz = |m: &Model| {
            let series = &m.partials.series;
            series.hz.get(slot).map(|hz| tuning.place(series, *hz))
        };
        let amplitude = |m: &Model| m.mean_level.get(slot).map_or(0.0, |level| f64::from(*level).exp2());
        let has = |i: &usize| weights[*i] > 1e-9 && hz(&models[*i]).is_some();
        let active: Vec<usize> = (0..models.len()).filter(has).collect();
        // Sources at one frequency lead together.
        let near = |i: usize| {
            let own = hz(&models[i]);
            let distance = move |j: usize| hz(&models[j]).zip(own).map_or(f64::INFINITY, |(a, b)| (a - b).abs());
            active.iter().copied().filter(move |j| distance(*j) <= SAME_HZ)
        };
        let strength = |i: usize| {
            let (weight, sum) =
                near(i).fold((0.0, 0.0), |(w, sum), j| (w + weights[j], sum + weights[j] * amplitude(&models[j])));
            (weight.powi(LEAD - 1) * sum, weights[i] * amplitude(&models[i]))
        };
        // A slot that no source in play has is none, whatever the others have.
        let leader = active.iter().copied().max_by(|a, b| {
            let (a, b) = (strength(*a), strength(*b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        })?;
        let hz = hz(&models[leader])?;
        let together: Vec<usize> = near(leader).collect();
        let shares = |strengths: Vec<f64>| -> Vec<f32> {
            let sum: f64 = strengths.iter().sum();
            strengths.iter().map(|s| (s / sum.max(1e-30)) as f32).collect()
        };
        let inharmonic = |(m, w): (&Model, &f64)| *w > 1e-9 && m.partials.series.kind == Kind::Inharmonic;
        if together.len() < active.len() && models.iter().zip(weights).any(inharmonic) {
            let power = |(m, w): (&Model, &f64)| w.powf(FADE.0) * amplitude(m).powf(FADE.1);
            return Some(Slot { hz, way: Way::Apart(shares(models.iter().zip(weights).map(power).collect())) });
        }
        // One frequency alone: a sum of phases that turn against one another would jump between hops.
        Some(Slot { hz, way: Way::Together(together) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_that_jumps_turns_slowly_and_one_that_turns_slowly_is_left() {
        let clock = Clock::new(48_000.0);
        let slow = |h: usize| (h as f32 * 0.05).sin();
        let jump = |h: usize| slow(h) + if h < 200 { 0.0 } else { 3.0 };
        let made = |phase: &dyn Fn(usize) -> f32| -> Vec<Complex<f32>> {
            let mut z = (0..400).map(|h| Complex::from_polar(0.3, phase(h))).collect::<Vec<_>>();
            steady(&mut z, clock);
            z
        };
        let largest = |z: &[Complex<f32>]| z.windows(2).map(|w| (w[1] * w[0].conj()).arg().abs()).fold(0.0, f32::max);
        assert!(largest(&made(&jump)) < 0.6, "{}", largest(&made(&jump)));
        for (h, z) in made(&slow).iter().enumerate() {
            assert!((z - Complex::from_polar(1.0, slow(h))).norm() < 1e-5, "hop {h}");
        }
        // Far from the jump it is where it was.
        assert!((made(&jump)[300] - Complex::from_polar(1.0, jump(300))).norm() < 1e-4);
    }
}
