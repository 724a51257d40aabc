//! Looking for the loop that suits all sources of a note.
//!
//! First by ear, roughly: for every start and length (10 ms) the moments of the cross-fade are
//! compared with those one loop earlier ([`Features`]: levels of bands and the pitch's motion, so
//! that vibrato is cut at whole periods), and the level's swing in the loop is taken into account.
//! Then, for the best of these, the length that repeats the waveforms best is looked for. A source
//! with an exact cycle wants multiples of it.

use betwixt_engine::resident::LoopFrames;

use super::fade;
use super::features::Features;
use crate::prepare::Cycle;

/// The longest loop; longer ones only make packs bigger.
const LONGEST_SECONDS: f64 = 3.0;
/// What a turn of the loop in each second costs, in dB of difference: short loops are heard as loops.
const TURN_DB: f32 = 3.0;
/// What a decibel of level going round with the loop costs.
const SWING: f32 = 0.7;
/// What waveforms that don't repeat cost, in dB.
const UNLIKE_DB: f32 = 3.0;
/// What it costs to begin a second too early, in dB.
const EARLY_DB: f32 = 4.0;
/// What a seam without any cross-fade is worth, in dB.
const EXACT_DB: f32 = 0.5;
/// Starts are tried at every so many moments.
const START_STEP: usize = 2;
/// How many pairs of start and length are looked at closely, and how far apart they are, in moments.
const FINALISTS: usize = 8;
const APART: usize = 5;
/// Lengths are made better within this: half a period of 30 Hz.
const FINE_SECONDS: f64 = 0.017;
/// First on every so many frames.
const COARSE: usize = 4;

/// A source as the search sees it.
pub(super) struct Candidate<'a> {
    pub(super) sound: &'a [[f32; 2]],
    pub(super) features: Features,
    pub(super) cycle: Option<Cycle>,
    /// The frame from which on it can be faded to.
    pub(super) ready: usize,
}

impl Candidate<'_> {
    fn repeats(&self, length: usize) -> bool {
        self.cycle.is_some_and(|c| c.divides(length))
    }

    /// The earliest start of a loop. Where it repeats exactly, nothing is faded.
    fn earliest(&self, length: usize, rate_hz: f64) -> usize {
        match self.cycle.filter(|c| c.divides(length)) {
            Some(cycle) => self.ready.max(cycle.start.ceil() as usize),
            None => self.ready + fade::before(length, rate_hz),
        }
    }
}

/// Start and length of a loop, and what speaks against it.
#[derive(Debug, Clone, Copy)]
struct Choice {
    cost: f32,
    start: usize,
    length: usize,
}

/// Where a loop can lie, in frames.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// No start lies before this.
    pub(super) earliest: usize,
    /// Earlier starts are worse.
    pub(super) wanted: usize,
    /// The last end.
    pub(super) to: usize,
    /// The shortest length.
    pub(super) shortest: usize,
}

/// The best loop for all candidates.
pub(super) fn best(candidates: &[Candidate], room: Room, rate_hz: f64) -> Option<LoopFrames> {
    let Room { earliest, wanted, to, shortest } = room;
    let hop = candidates.first()?.features.hop;
    let longest = ((LONGEST_SECONDS * rate_hz) as usize).min(to);
    let mut choices = Vec::new();
    for (length, exact) in lengths(candidates, shortest, longest, hop) {
        let lag = (length + hop / 2) / hop;
        let fade = fade::length(length, rate_hz) / hop;
        let from = candidates.iter().map(|c| c.earliest(length, rate_hz)).fold(earliest, usize::max);
        let turns_per_second = (rate_hz / length as f64) as f32;
        let sums: Vec<Option<Vec<f32>>> = candidates
            .iter()
            .map(|c| (!c.repeats(length)).then(|| running_sums(&c.features.differences(lag))))
            .collect();
        for start in (from..=to - length).step_by(START_STEP * hop) {
            let row = start / hop;
            let costs = candidates.iter().zip(&sums).map(|(c, sums)| {
                let differ = sums.as_ref().map_or(-EXACT_DB, |sums| {
                    let (a, b) = (row.saturating_sub(fade), row.min(sums.len() - 1));
                    ((sums[b] - sums[a.min(b)]) / (b - a.min(b)).max(1) as f32).max(0.0).sqrt()
                });
                differ + SWING * c.features.swing_db(row..row + lag)
            });
            let early = (wanted.saturating_sub(start) as f64 / rate_hz) as f32;
            let cost = both_ways(costs) + TURN_DB * turns_per_second + EARLY_DB * early;
            choices.push((Choice { cost, start, length }, exact));
        }
    }
    choices.sort_by(|a, b| a.0.cost.total_cmp(&b.0.cost));
    let far = |a: &Choice, b: &Choice| a.start.abs_diff(b.start).max(a.length.abs_diff(b.length)) >= APART * hop;
    let mut finalists: Vec<(Choice, bool)> = Vec::new();
    for choice in choices {
        if finalists.len() == FINALISTS {
            break;
        }
        if finalists.iter().all(|f| far(&f.0, &choice.0)) {
            finalists.push(choice);
        }
    }
    let coarse: Vec<Vec<[f32; 2]>> = candidates.iter().map(|c| thinned(c.sound)).collect();
    let best = finalists.into_iter().map(|(choice, exact)| {
        let lengths = if exact {
            choice.length..choice.length + 1
        } else {
            let reach = (FINE_SECONDS * rate_hz) as usize;
            choice.length.saturating_sub(reach).max(shortest)..(choice.length + reach).min(to - choice.start) + 1
        };
        let (length, unlike) = likeliest(candidates, &coarse, choice.start, lengths, rate_hz);
        Choice { cost: choice.cost + UNLIKE_DB * unlike, length, ..choice }
    });
    let best = best.min_by(|a, b| a.cost.total_cmp(&b.cost))?;
    Some(LoopFrames { start: best.start, end: best.start + best.length })
}

/// Lengths to try: every moment, and multiples of exact cycles (which are not to be changed).
fn lengths(candidates: &[Candidate], shortest: usize, longest: usize, hop: usize) -> Vec<(usize, bool)> {
    let mut out: Vec<(usize, bool)> = (shortest..=longest).step_by(hop).map(|l| (l, false)).collect();
    for cycle in candidates.iter().filter_map(|c| c.cycle) {
        // Those of a cycle that is no whole number of frames may be whole.
        let mut last = 0;
        for n in 1..=(longest as f64 / cycle.length.max(1.0)) as usize {
            let length = (n as f64 * cycle.length).round() as usize;
            // Many short cycles say no more than one for each moment.
            if length >= shortest && length <= longest && length >= last + hop && cycle.divides(length) {
                out.push((length, true));
                last = length;
            }
        }
    }
    out
}

/// The mean of the worst and the mean.
fn both_ways(values: impl Iterator<Item = f32>) -> f32 {
    let (mut sum, mut worst, mut count) = (0.0, f32::MIN, 0.0);
    for value in values {
        sum += value;
        worst = worst.max(value);
        count += 1.0;
    }
    if count > 0.0 { 0.5 * (sum / count + worst) } else { 0.0 }
}

/// Sums up to each value, the first 0.
fn running_sums(values: &[f32]) -> Vec<f32> {
    let sums = values.iter().scan(0.0f64, |sum, v| {
        *sum += f64::from(*v);
        Some(*sum as f32)
    });
    std::iter::once(0.0).chain(sums).collect()
}

/// Means of every [`COARSE`] frames.
fn thinned(sound: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let mean = |part: &[[f32; 2]]| [0, 1].map(|c| part.iter().map(|f| f[c]).sum::<f32>() / COARSE as f32);
    sound.chunks_exact(COARSE).map(mean).collect()
}

/// The length at which the waveforms before the start are most like those one loop later, and how
/// unlike they still are, 0…2.
fn likeliest(
    candidates: &[Candidate],
    coarse: &[Vec<[f32; 2]>],
    start: usize,
    lengths: std::ops::Range<usize>,
    rate_hz: f64,
) -> (usize, f32) {
    let fade = fade::length(lengths.start, rate_hz).max(16).min(start);
    let unlike = |length: usize, fine: bool| {
        both_ways(candidates.iter().zip(coarse).map(|(c, coarse)| {
            if c.repeats(length) {
                0.0
            } else if fine {
                1.0 - likeness(c.sound, start - fade..start, length)
            } else {
                1.0 - likeness(coarse, (start - fade) / COARSE..start / COARSE, length / COARSE)
            }
        }))
    };
    let (first, last) = (lengths.start, lengths.end.saturating_sub(1).max(lengths.start));
    let best = |lengths: &mut dyn Iterator<Item = usize>, fine: bool| {
        lengths.map(|l| (l, unlike(l, fine))).min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((first, 2.0))
    };
    let (length, _) = best(&mut (first..=last).step_by(COARSE), false);
    // Multiples of the coarse raster read one coarse frame early or late.
    let near = length.saturating_sub(2 * COARSE).max(first)..=(length + 2 * COARSE).min(last);
    best(&mut near.clone(), true)
}

/// Normalised correlation of a part of a sound with what comes `later`, −1…1; 1 where both are silent.
fn likeness(sound: &[[f32; 2]], part: std::ops::Range<usize>, later: usize) -> f32 {
    let end = (part.end + later).min(sound.len());
    let (Some(a), Some(b)) = (sound.get(part.clone()), sound.get((part.start + later).min(end)..end)) else {
        return 0.0;
    };
    let (mut dot, mut own, mut other) = (0.0f32, 0.0f32, 0.0f32);
    // In short runs, so that single precision is enough.
    for (a, b) in a.chunks(64).zip(b.chunks(64)) {
        let (mut d, mut o, mut p) = ([0.0f32; 2], [0.0f32; 2], [0.0f32; 2]);
        for (a, b) in a.iter().zip(b) {
            for c in 0..2 {
                d[c] += a[c] * b[c];
                o[c] += a[c] * a[c];
                p[c] += b[c] * b[c];
            }
        }
        (dot, own, other) = (dot + d[0] + d[1], own + o[0] + o[1], other + p[0] + p[1]);
    }
    let energy = own * other;
    if energy > 1e-18 { dot / energy.sqrt() } else { 1.0 }
}
