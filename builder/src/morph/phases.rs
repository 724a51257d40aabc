//! The phases of in-between partials, so that neighbours on the pad add like one sound.
//!
//! θ = arg Σ vᵢ·exp(j(θᵢ − oᵢ)) + Σ wᵢ·oᵢ, with vᵢ from weight wᵢ and slow amplitude and oᵢ the mean
//! phase of source i against source 0: continuous over the pad, the source's own at its corner, and
//! without the jump that the plain sum has where two sources are nearly opposite.
//!
//! Where a slot's frequencies differ, a frequency between them would drift apart from its
//! neighbours'. Of two strings, one leads; bells and bars, whose partials are no series, keep each
//! its own, cross-faded by power.

use std::f64::consts::{PI, TAU};

use realfft::num_complex::Complex;

use super::clock::Clock;
use super::model::{Model, ONSET_SECONDS};
use super::series::Kind;

/// Frequencies further apart than this are different.
const SAME_HZ: f64 = 1.5;
/// How much more weight counts than amplitude in which source leads then.
const LEAD: i32 = 4;
/// How sharply partials of their own are cross-faded, by weight and by amplitude, in power.
const FADE: (f64, f64) = (1.0, 2.0);
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
    /// All at one frequency.
    Together,
    /// At several: this source's is taken.
    Lead(usize),
    /// At several, each with this share of the power.
    Apart(Vec<f32>),
}

impl Offsets {
    pub(super) fn new(models: &[Model]) -> Offsets {
        let first = &models[0];
        let clock = first.clock;
        let hop = |seconds: f64| clock.hops_in(ONSET_SECONDS + seconds) as usize;
        Offsets(
            models
                .iter()
                .enumerate()
                .map(|(i, model)| {
                    let both = model.partials.tracks.iter().zip(&first.partials.tracks);
                    let hz = model.partials.series.hz.iter().zip(&first.partials.series.hz);
                    both.zip(hz)
                        .map(|((track, reference), (hz, hz0))| {
                            if i == 0 || (hz - hz0).abs() > SAME_HZ {
                                return [0.0; 2];
                            }
                            let range = hop(MEAN_SECONDS.0)..hop(MEAN_SECONDS.1).min(track.slow.len());
                            let sums = [0, 1].map(|c| {
                                let mut sum = Complex::new(0.0, 0.0);
                                for h in range.clone() {
                                    let power = f64::from((track.level[c][h] + reference.level[c][h]).exp2());
                                    let turn = track.unit[c][h] * reference.unit[c][h].conj();
                                    let drift = Complex::from_polar(power, TAU * drift(hz - hz0, h, clock));
                                    sum += Complex::new(f64::from(turn.re), f64::from(turn.im)) * drift;
                                }
                                sum
                            });
                            let mean = (sums[0] + sums[1]).arg();
                            sums.map(|s| if s.norm() > 0.0 { mean + wrap(s.arg() - mean) } else { mean })
                        })
                        .collect()
                })
                .collect(),
        )
    }

    pub(super) fn get(&self, source: usize, slot: usize) -> [f64; 2] {
        self.0[source].get(slot).copied().unwrap_or([0.0; 2])
    }
}

/// Cycles that a difference in frequency makes up to a hop.
pub(super) fn drift(hz: f64, hop: usize, clock: Clock) -> f64 {
    (hz * (hop * clock.hop) as f64 / clock.rate_hz).fract()
}

fn wrap(phase: f64) -> f64 {
    phase - TAU * ((phase + PI) / TAU).floor()
}

impl Slot {
    /// For sources with these weights (0…1). `None` where no source has this slot.
    pub(super) fn new(models: &[Model], weights: &[f64], slot: usize) -> Option<Slot> {
        let hz = |m: &Model| m.partials.series.hz.get(slot).copied();
        let amplitude = |m: &Model| m.mean_level.get(slot).map_or(0.0, |level| f64::from(*level).exp2());
        let strengths: Vec<f64> = models.iter().zip(weights).map(|(m, w)| w.powi(LEAD) * amplitude(m)).collect();
        let active = || models.iter().zip(weights).filter(|(_, w)| **w > 1e-9).filter_map(|(m, _)| hz(m));
        let (low, high) = active().fold((f64::INFINITY, 0.0f64), |(l, h), f| (l.min(f), h.max(f)));
        let leader = (0..models.len()).max_by(|a, b| strengths[*a].total_cmp(&strengths[*b]))?;
        // A slot that no source in play has is none, whatever the others have.
        let first = active().next()?;
        let hz = hz(&models[leader]).unwrap_or(first);
        if high - low <= SAME_HZ {
            return Some(Slot { hz, way: Way::Together });
        }
        let shares = |strengths: Vec<f64>| -> Vec<f32> {
            let sum: f64 = strengths.iter().sum();
            strengths.iter().map(|s| (s / sum.max(1e-30)) as f32).collect()
        };
        let inharmonic = |(m, w): (&Model, &f64)| *w > 1e-9 && m.partials.series.kind == Kind::Inharmonic;
        if models.iter().zip(weights).any(inharmonic) {
            let power = |(m, w): (&Model, &f64)| w.powf(FADE.0) * amplitude(m).powf(FADE.1);
            return Some(Slot { hz, way: Way::Apart(shares(models.iter().zip(weights).map(power).collect())) });
        }
        // One alone: a sum of phases that turn against one another would jump between hops.
        Some(Slot { hz, way: Way::Lead(leader) })
    }
}
