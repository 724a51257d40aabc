//! The morph: parameters of an in-between note from those of its sources. Envelopes are
//! interpolated in dB, carriers are cross-faded, formants move.

use std::f64::consts::TAU;

use realfft::num_complex::Complex;

use super::loudness::SILENCE_LUFS;
use super::maths::{Between, DB, exp2};
use super::model::{Model, smooth_place};
use super::partials::{Partials, Track};
use super::phases::{self, Slot, Way, drift};
use super::repair::Repair;
use super::set::Set;
use super::transport::Maps;
use super::tuning::Tuning;
use super::weights::{Hold, Moments, PAST_DB, Times, apart, clamped, near, past};

/// A line that one source alone has goes with this power of the source's weight.
const STRAY_LAW: f32 = 0.75;
/// Bands' corrections lift it by 6 dB at most.
const STRAY_LIFT: f32 = 1.0;
/// A source further under the loudest one counts as lying there: 60 dB, as a power of two. Silence has
/// no level; between it and a sound lies the sound, on a fader's way of 24 dB.
const FAINTEST: f32 = -9.97;
const SILENT: f32 = -3.99;

/// What an in-between note is made of.
pub(super) struct Parameters {
    /// Partials: their frequencies, and complex amplitudes at hops for both channels.
    pub(super) hz: Vec<f64>,
    pub(super) z: Vec<[Vec<Complex<f32>>; 2]>,
    /// The fundamental.
    pub(super) f0_hz: f64,
    /// The common motion of partials.
    pub(super) motion: Vec<f64>,
    /// log2 of the residual's amplitude for both channels, `hops × bins`.
    pub(super) residual: [Vec<f32>; 2],
    /// The weights by which the sources' carriers add.
    pub(super) carriers: Vec<Vec<f32>>,
    /// How each source is read on when it is over.
    pub(super) holds: Vec<Hold>,
    /// log2 of level at ticks.
    pub(super) envelope: Vec<f32>,
    /// log2 of the flattened sound's power at hops.
    pub(super) power: Vec<f32>,
    /// What the note is to measure.
    pub(super) loudness_lufs: f64,
    pub(super) width_radians: f64,
}

/// The parameters of the note with these weights.
pub(super) fn morph(set: &Set, timbre: &[f64], dynamics: &[f64]) -> Parameters {
    let models = &set.models[..];
    let hops = set.hops;
    let times = Times::new(models, &clamped(dynamics));
    let mut places: Vec<Vec<Between>> =
        (0..models.len()).map(|i| times.places(i, set.clock, set.clock.hop, hops, models[i].hops())).collect();
    // A timbre must last as long as the dynamics that it is given.
    let apart = apart(&clamped(timbre), &clamped(dynamics));
    let timbre = &audible(models, timbre)[..];
    let inside = clamped(timbre);
    let moments = Moments::new(models, timbre, &places, apart);
    // Level over time is a matter of dynamics.
    let level = if apart > 1e-9 { Some(Moments::new(models, dynamics, &places, 0.0).carrier) } else { None };
    let power = mixed(level.as_ref().unwrap_or(&moments.carrier), &places, |i| &models[i].power);
    let holds: Vec<Hold> =
        set.models.iter().map(|m| if apart > 1e-9 { Hold::of(m, set.plan()) } else { Hold::NONE }).collect();
    for (places, hold) in places.iter_mut().zip(&holds) {
        places.iter_mut().for_each(|p| *p = hold.place(*p));
    }
    let quantiles: Vec<_> = models.iter().map(|m| &m.quantiles).collect();
    let maps = Maps::new(&quantiles, &inside);

    // Partials: levels, and where they run.
    let count = models.iter().map(|m| m.partials.tracks.len()).max().unwrap_or(0);
    let tuning = Tuning::of(set, &inside);
    let slots: Vec<Slot> = (0..count).map_while(|k| Slot::new(models, &inside, k, tuning)).collect();
    let lines = lines(models, &slots, &inside, tuning);
    let hz: Vec<f64> = lines.iter().map(|l| l.0).collect();
    let mut levels: Vec<[Vec<f32>; 2]> = lines
        .iter()
        .map(|(hz, line)| match line {
            Line::Slot(k) => slot_levels(models, &maps, &moments, &places, *k, *hz),
            Line::Stray(i, s) => stray_levels(&models[*i], &maps, inside[*i], &places[*i], (*s, *hz)),
        })
        .collect();

    // Residual: the same.
    let mut residual = [0, 1].map(|c| residual_levels(set, &maps, &moments, &places, c));

    // Both, brought to the level and the tonality that each band should have at each moment, and to the
    // level that it should have over time.
    let envelope = envelope(set, &times, dynamics);
    let bands = Repair::new(set, &maps, &hz);
    bands.moments(&moments, &places, &mut levels, &mut residual);
    bands.whole(timbre, (1.0 - apart) * (1.0 - past(timbre)), &envelope, &mut levels, &mut residual);

    for (levels, (_, line)) in levels.iter_mut().zip(&lines) {
        if let Line::Stray(i, s) = *line {
            limit_stray(levels, &models[i], inside[i], &places[i], s);
        }
    }

    let (mut hz, mut z) = (Vec::new(), Vec::new());
    for (levels, (own, line)) in levels.into_iter().zip(&lines) {
        let as_source = |i: usize, track: &Track, own: f64, gain: f32| {
            [0, 1].map(|c| {
                let unit = |h: usize| holds[i].unit(&track.unit[c], own, h);
                levels[c].iter().enumerate().map(|(h, level)| unit(h) * (gain * exp2(*level))).collect()
            })
        };
        match *line {
            Line::Stray(i, s) => {
                hz.push(*own);
                z.push(as_source(i, &models[i].strays.tracks[s], *own, 1.0));
            }
            Line::Slot(k) => match &slots[k].way {
                Way::Apart(shares) => {
                    for (i, share) in shares.iter().enumerate().filter(|(_, s)| **s > 1e-6) {
                        let Partials { series, tracks, .. } = &models[i].partials;
                        let own = tuning.place(series, series.hz[k]);
                        hz.push(own);
                        z.push(as_source(i, &tracks[k], own, share.sqrt()));
                    }
                }
                Way::Together(sources) => {
                    hz.push(*own);
                    z.push(slot_phases(set, &moments, &holds, sources, (k, *own, tuning), &inside, levels));
                }
            },
        }
    }
    let mut motion = vec![0.0; hops];
    for ((m, w), hold) in models.iter().zip(&inside).zip(&holds) {
        for (h, sum) in motion.iter_mut().enumerate() {
            *sum += w * m.partials.motion[hold.still(h)];
        }
    }
    Parameters {
        hz,
        z,
        f0_hz: tuning.f0_hz,
        motion,
        residual,
        envelope,
        power,
        carriers: moments.carrier,
        holds,
        loudness_lufs: loudness(models, dynamics),
        width_radians: sum(models, &inside, |m| m.width_radians),
    }
}

/// The fundamental of a note with this timbre.
pub(super) fn fundamental_hz(set: &Set, timbre: &[f64]) -> f64 {
    Tuning::of(set, &clamped(&audible(&set.models, timbre))).f0_hz
}

/// A partial of a note.
#[derive(Debug, Clone, Copy)]
enum Line {
    /// A slot.
    Slot(usize),
    /// A source, and a line that it alone has.
    Stray(usize, usize),
}

/// All partials of a note with these weights, ascending.
fn lines(models: &[Model], slots: &[Slot], weights: &[f64], tuning: Tuning) -> Vec<(f64, Line)> {
    let mut lines: Vec<(f64, Line)> = slots.iter().enumerate().map(|(k, s)| (s.hz, Line::Slot(k))).collect();
    for (i, (model, _)) in models.iter().zip(weights).enumerate().filter(|(_, (_, w))| **w > 1e-9) {
        let place = |hz: &f64| tuning.place(&model.partials.series, *hz);
        lines.extend(model.strays.hz.iter().enumerate().map(|(s, hz)| (place(hz), Line::Stray(i, s))));
    }
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    lines
}

fn sum(models: &[Model], weights: &[f64], of: impl Fn(&Model) -> f64) -> f64 {
    models.iter().zip(weights).map(|(m, w)| w * of(m)).sum()
}

fn sounds(model: &Model) -> bool {
    model.loudness_lufs > SILENCE_LUFS
}

/// How far under the loudest source this one counts as lying at most.
fn faintest(model: &Model) -> f32 {
    if sounds(model) { FAINTEST } else { SILENT }
}

/// The weights without those of silent sources, which have no timbre.
fn audible(models: &[Model], timbre: &[f64]) -> Vec<f64> {
    let sum: f64 = models.iter().zip(timbre).filter(|(m, _)| sounds(m)).map(|(_, w)| w).sum();
    let share = |(m, w): (&Model, &f64)| if sounds(m) { w / sum } else { 0.0 };
    if sum > 1e-9 { models.iter().zip(timbre).map(share).collect() } else { timbre.to_vec() }
}

/// The largest of a quantity of the sources that a note has something of: no other may have a say.
fn largest<T: PartialOrd + Copy>(models: &[Model], weights: &[f64], of: impl Fn(&Model) -> T) -> Option<T> {
    let own = models.iter().zip(weights).filter(|(_, w)| **w != 0.0).map(|(m, _)| of(m));
    own.reduce(|a, b| if b > a { b } else { a })
}

/// The loudness that the note is to have: past the sources never more than the loudest one's.
fn loudness(models: &[Model], dynamics: &[f64]) -> f64 {
    let loudest = largest(models, dynamics, |m| m.loudness_lufs).unwrap_or(SILENCE_LUFS);
    let own = |m: &Model| m.loudness_lufs.max(loudest + f64::from(faintest(m)) * DB);
    let inside = sum(models, &clamped(dynamics), own);
    let past = sum(models, dynamics, own);
    (inside + (past - inside).clamp(-PAST_DB, PAST_DB)).min(loudest.max(inside))
}

/// A table of each source, read at its own times and added by weights.
fn mixed<'a>(weights: &[Vec<f32>], places: &[Vec<Between>], table: impl Fn(usize) -> &'a Vec<f32>) -> Vec<f32> {
    let mut out = vec![0.0f32; places[0].len()];
    for (i, (weights, places)) in weights.iter().zip(places).enumerate() {
        let table = table(i);
        for ((sum, w), p) in out.iter_mut().zip(weights).zip(places) {
            if *w != 0.0 {
                *sum += w * p.read(table);
            }
        }
    }
    out
}

fn envelope(set: &Set, times: &Times, dynamics: &[f64]) -> Vec<f32> {
    let models = &set.models;
    let ticks = models[0].envelope.log2.len();
    let inside = clamped(dynamics);
    let loudest = largest(models, dynamics, |m| m.envelope.top).unwrap_or(f32::MIN);
    // What is there, and what it is between the sources.
    let mut out = vec![[0.0f32; 2]; ticks];
    for (i, (m, (w, near))) in models.iter().zip(dynamics.iter().zip(&inside)).enumerate() {
        if *w == 0.0 {
            continue;
        }
        let places = times.places(i, set.clock, m.envelope.tick, ticks, m.envelope.log2.len());
        let raised = (loudest + faintest(m) - m.envelope.top).max(0.0);
        for (sum, p) in out.iter_mut().zip(&places) {
            let level = p.read(&m.envelope.log2) + raised;
            sum[0] += *w as f32 * level;
            sum[1] += *near as f32 * level;
        }
    }
    out.into_iter().map(|[past, inside]| near(past, inside, 1.0)).collect()
}

/// Levels of a slot: interpolated in dB at each moment, and moved with the formants.
fn slot_levels(
    models: &[Model],
    maps: &Maps,
    moments: &Moments,
    places: &[Vec<Between>],
    k: usize,
    hz: f64,
) -> [Vec<f32>; 2] {
    let hops = places[0].len();
    let mut out = [vec![0.0f32; hops], vec![0.0f32; hops]];
    let mut weight = vec![0.0f32; hops];
    for (i, model) in models.iter().enumerate() {
        let Some(track) = model.partials.tracks.get(k) else { continue };
        let own = &moments.level[i];
        if own.iter().all(|w| *w == 0.0) {
            continue;
        }
        let there = maps.source_hz(&model.quantiles, hz);
        let moved = smooth_place(there).read(&model.smooth) - smooth_place(hz).read(&model.smooth);
        let [left, right] = &mut out;
        for h in 0..hops {
            let (w, p) = (own[h], places[i][h]);
            left[h] += w * (p.read(&track.level[0]) + moved);
            right[h] += w * (p.read(&track.level[1]) + moved);
            weight[h] += w;
        }
    }
    // Sources without this slot have no say in its level; the bands decide how tonal the note is.
    for channel in &mut out {
        for (v, w) in channel.iter_mut().zip(&weight) {
            *v = if w.abs() > 1e-6 { *v / w } else { super::partials::FLOOR.log2() };
        }
    }
    out
}

/// Levels of a line that one source has, by its weight on the pad: 4.5 dB down in the middle, between a
/// cross-fade of amplitude and one of power.
fn stray_levels(
    model: &Model,
    maps: &Maps,
    weight: f64,
    places: &[Between],
    (stray, hz): (usize, f64),
) -> [Vec<f32>; 2] {
    let track = &model.strays.tracks[stray];
    let there = maps.source_hz(&model.quantiles, hz);
    let moved = smooth_place(there).read(&model.smooth) - smooth_place(hz).read(&model.smooth);
    let gain = moved.min(0.0) + STRAY_LAW * weight.log2() as f32;
    [0, 1].map(|c| places.iter().map(|p| p.read(&track.level[c]) + gain).collect())
}

/// Keeps a line near what its source has of it: a louder one would be a whistle that no source has.
fn limit_stray(levels: &mut [Vec<f32>; 2], model: &Model, weight: f64, places: &[Between], stray: usize) {
    let most = STRAY_LAW * weight.log2() as f32 + STRAY_LIFT;
    for (levels, own) in levels.iter_mut().zip(&model.strays.tracks[stray].level) {
        for (level, place) in levels.iter_mut().zip(places) {
            *level = level.min(place.read(own) + most);
        }
    }
}

/// log2 of the residual's amplitude.
fn residual_levels(set: &Set, maps: &Maps, moments: &Moments, places: &[Vec<Between>], channel: usize) -> Vec<f32> {
    let (bins, hops) = (set.bins, set.hops);
    let mut out = vec![0.0f32; hops * bins];
    let mut row = vec![0.0f32; bins];
    for (i, model) in set.models.iter().enumerate() {
        let own = &moments.level[i];
        if own.iter().all(|w| *w == 0.0) {
            continue;
        }
        // The smooth part moves with the formants; the rest stays by its partials.
        let step = set.clock.bin_hz(1.0);
        let moved: Vec<f32> = (0..bins)
            .map(|b| {
                let there = maps.source_hz(&model.quantiles, b as f64 * step) / step;
                Between::of(there, bins).read(&model.smooth_noise) - model.smooth_noise[b]
            })
            .collect();
        let table = &model.residual.envelope[channel];
        for h in 0..hops {
            let p = places[i][h];
            let first = p.index as usize * bins;
            let now = &table[first..first + bins];
            let source = if p.way == 0.0 {
                now
            } else {
                let next = &table[(first + bins).min(table.len() - bins)..];
                for ((v, a), b) in row.iter_mut().zip(now).zip(next) {
                    *v = a + p.way * (b - a);
                }
                &row[..]
            };
            let w = 0.5 * own[h];
            for ((sum, level), moved) in out[h * bins..(h + 1) * bins].iter_mut().zip(source).zip(&moved) {
                *sum += w * (level + moved);
            }
        }
    }
    out
}

/// Complex amplitudes of a slot (its number, its frequency and the note's tuning) from its levels and the phases
/// of the sources that give it theirs.
fn slot_phases(
    set: &Set,
    moments: &Moments,
    holds: &[Hold],
    sources: &[usize],
    (k, hz, tuning): (usize, f64, Tuning),
    weights: &[f64],
    levels: [Vec<f32>; 2],
) -> [Vec<Complex<f32>>; 2] {
    let hops = set.hops;
    let mut shares: Vec<Vec<f32>> = sources
        .iter()
        .map(|&i| {
            let slow = &set.models[i].partials.tracks[k].slow;
            let slow = |h: usize| slow[holds[i].still(h)].max(1e-6);
            moments.carrier[i].iter().enumerate().map(|(h, w)| w * slow(h)).collect()
        })
        .collect();
    for h in 0..hops {
        let sum: f32 = shares.iter().map(|s| s[h]).sum();
        for s in &mut shares {
            s[h] = if sum > 1e-20 { s[h] / sum } else { 1.0 / sources.len() as f32 };
        }
    }
    // By the place on the pad alone: by what sounds, a source that has died would lose its part of the
    // offset, and the first note beside it would begin at another phase.
    let all: f64 = sources.iter().map(|i| weights[*i]).sum();
    let means: Vec<f64> = sources.iter().map(|i| weights[*i] / all).collect();
    let mut channel = 0;
    levels.map(|levels| {
        let c = channel;
        channel += 1;
        let mut sum = vec![Complex::new(0.0f32, 0.0); hops];
        let mut offset = 0.0;
        for ((&i, shares), mean) in sources.iter().zip(&shares).zip(&means) {
            let own = set.offsets.get(i, k)[c];
            offset += mean * own;
            let model = &set.models[i];
            let track = &model.partials.tracks[k];
            if shares.iter().all(|s| *s == 0.0) {
                continue;
            }
            let series = &model.partials.series;
            let its_hz = tuning.place(series, series.hz[k]);
            let apart = its_hz - hz;
            let back = Complex::from_polar(1.0f32, -own as f32);
            let unit = |h: usize| holds[i].unit(&track.unit[c], its_hz, h) * back;
            if apart == 0.0 {
                for (h, (sum, s)) in sum.iter_mut().zip(shares).enumerate() {
                    *sum += unit(h) * *s;
                }
            } else {
                for (h, (sum, s)) in sum.iter_mut().zip(shares).enumerate() {
                    let turn = Complex::from_polar(1.0f32, (TAU * drift(apart, h, set.clock)) as f32);
                    *sum += unit(h) * turn * *s;
                }
            }
        }
        let turn = Complex::from_polar(1.0f32, offset as f32);
        phases::steady(&mut sum, set.clock);
        sum.into_iter().zip(levels).map(|(unit, level)| unit * turn * exp2(level)).collect()
    })
}
