//! Bands of an in-between note brought to the level that lies between its sources'. Partials and
//! residual are interpolated each for itself; a band that is tonal in one source and noise in
//! another would lose both.

use super::bands::{self, COUNT};
use super::clock::{erb, erb_hz};
use super::maths::{Between, box_mean, exp2};
use super::model;
use super::set::Set;
use super::transport::Maps;
use super::weights::{Moments, clamped, near};

/// The most that a band is lifted, and lowered, as a power of two of amplitude: 20 and 60 dB.
const LIFT: f32 = 3.32;
const LOWER: f32 = -10.0;
/// A band's corrections are smoothed so.
const SMOOTH_SECONDS: f64 = 0.060;
/// The most that a band is corrected over all of the time: 12 dB; and bands to both sides over which
/// the correction is smoothed, twice: it is for slopes, and a single partial is not to pull at what
/// lies between two.
const WHOLE: f64 = 2.0;
const WHOLE_REACH: usize = 3;

/// Where a note's slots and bins lie among the bands, and where each source's bands come from.
pub(super) struct Repair<'a> {
    set: &'a Set,
    /// The slots inside each band.
    slots: Vec<(usize, usize)>,
    slot_places: Vec<Between>,
    bin_places: Vec<Between>,
    /// For each source: where in it each band lies.
    there: Vec<Vec<Between>>,
}

/// Gains of each band at each moment, `hops × COUNT`, log2 of amplitude.
struct Gains {
    tonal: Vec<f32>,
    noisy: Vec<f32>,
    /// How much a moment counts when they are smoothed.
    power: Vec<f32>,
}

impl Gains {
    fn new(hops: usize) -> Gains {
        let table = || vec![0.0f32; hops * COUNT];
        Gains { tonal: table(), noisy: table(), power: table() }
    }

    /// Slow ones: a band's level flutters where singers beat, and all else in the band would flutter
    /// with them.
    fn smooth(&mut self, reach: usize) {
        let hops = self.power.len() / COUNT;
        for b in 0..COUNT {
            let column = |table: &[f32]| -> Vec<f64> { (0..hops).map(|h| f64::from(table[h * COUNT + b])).collect() };
            let power = column(&self.power);
            let twice = |values: &[f64]| box_mean(&box_mean(values, reach), reach);
            let weight = twice(&power);
            for table in [&mut self.tonal, &mut self.noisy] {
                let weighted: Vec<f64> = column(table).iter().zip(&power).map(|(v, p)| v * p).collect();
                for (h, (sum, weight)) in twice(&weighted).into_iter().zip(&weight).enumerate() {
                    table[h * COUNT + b] = (sum / weight.max(1e-30)) as f32;
                }
            }
        }
    }
}

impl<'a> Repair<'a> {
    /// For a note with partials at these frequencies (ascending).
    pub(super) fn new(set: &'a Set, maps: &Maps, hz: &[f64]) -> Repair<'a> {
        let there = |m: &model::Model| {
            (0..COUNT).map(|b| bands::place_erb(erb(maps.source_hz(&m.quantiles, erb_hz(bands::centre(b)))))).collect()
        };
        Repair {
            set,
            slots: set.bands.slots(hz),
            slot_places: hz.iter().map(|hz| bands::place(*hz)).collect(),
            bin_places: (0..set.bins).map(|b| bands::place(set.clock.bin_hz(b as f64))).collect(),
            there: set.models.iter().map(there).collect(),
        }
    }

    /// At each moment, by gains for partials and residual of each band.
    pub(super) fn moments(
        &self,
        moments: &Moments,
        places: &[Vec<Between>],
        levels: &mut [[Vec<f32>; 2]],
        residual: &mut [Vec<f32>; 2],
    ) {
        let (bins, hops) = (self.set.bins, self.set.hops);
        let bin_power = self.set.transform.bin_power();
        // The level of a band as a whole moves with the formants; its way through time stays.
        let moved: Vec<Vec<f32>> = self
            .set
            .models
            .iter()
            .zip(&self.there)
            .map(|(m, there)| there.iter().zip(&m.heard).map(|(at, here)| at.read(&m.heard) - here).collect())
            .collect();
        let (mut slot_power, mut powers, mut sums) = (vec![0.0f32; levels.len()], vec![0.0f32; bins], Vec::new());
        let mut gains = Gains::new(hops);
        for h in 0..hops {
            // What is there, and what it is between the sources.
            let (mut total, mut ratio) = ([[0.0f32; 2]; COUNT], [[0.0f32; 2]; COUNT]);
            for (i, m) in self.set.models.iter().enumerate() {
                let (w, inside, p) = (moments.level[i][h], moments.carrier[i][h], places[i][h]);
                if w == 0.0 {
                    continue;
                }
                let first = p.index as usize * COUNT;
                let next = (first + COUNT).min(m.bands.total.len() - COUNT);
                let rows = |table: &'a [f32]| (&table[first..first + COUNT], &table[next..next + COUNT]);
                let (now, then) = rows(&m.bands.total);
                for (b, sum) in total.iter_mut().enumerate() {
                    let level = now[b] + p.way * (then[b] - now[b]) + moved[i][b];
                    *sum = [sum[0] + w * level, sum[1] + inside * level];
                }
                // Where a formant goes, it stays as tonal as it was.
                let (now, then) = rows(&m.bands.ratio);
                for (sum, at) in ratio.iter_mut().zip(&self.there[i]) {
                    let (now, then) = (at.read(now), at.read(then));
                    let level = now + p.way * (then - now);
                    *sum = [sum[0] + w * level, sum[1] + inside * level];
                }
            }
            let near = |level: [f32; 2]| near(level[0], level[1], 2.0);
            let (total, ratio) = (total.map(near), ratio.map(near));
            for (p, l) in slot_power.iter_mut().zip(levels.iter()) {
                *p = bands::partial_power(l[0][h], l[1][h]);
            }
            let range = h * bins..(h + 1) * bins;
            for ((p, l), r) in powers.iter_mut().zip(&residual[0][range.clone()]).zip(&residual[1][range.clone()]) {
                *p = 0.5 * bin_power * (exp2(2.0 * l) + exp2(2.0 * r));
            }
            self.set.bands.levels(&self.slots, &slot_power, &powers, &mut sums, |b, tonal, noisy| {
                // ratio / (1 + ratio) and 1 / (1 + ratio), as powers of two.
                let share = ratio[b].exp2();
                let all = (1.0 + share).log2();
                let limit = |gain: f32| gain.clamp(LOWER, LIFT);
                gains.tonal[h * COUNT + b] = limit(0.5 * (total[b] + ratio[b] - all - tonal.log2()));
                gains.noisy[h * COUNT + b] = limit(0.5 * (total[b] - all - noisy.log2()));
                gains.power[h * COUNT + b] = exp2(total[b]);
            });
        }
        gains.smooth((self.set.clock.hops_in(SMOOTH_SECONDS) / 2.0).round() as usize);
        for (h, (tonal, noisy)) in gains.tonal.chunks_exact(COUNT).zip(gains.noisy.chunks_exact(COUNT)).enumerate() {
            for (l, p) in levels.iter_mut().zip(&self.slot_places) {
                let gain = p.read(tonal);
                l[0][h] += gain;
                l[1][h] += gain;
            }
            for (b, p) in self.bin_places.iter().enumerate() {
                let gain = p.read(noisy);
                residual[0][h * bins + b] += gain;
                residual[1][h * bins + b] += gain;
            }
        }
    }

    /// Over all of the time, by gains that do not change: what is interpolated in dB at each moment does
    /// not add up to what lies between the sources where they fade differently. `envelope` is the
    /// note's level at ticks; `share` is how much of it is done: nothing where a timbre is held on under
    /// another source's dynamics, which has no whole of its own, and nothing past the sources, where the
    /// moments have their limit.
    pub(super) fn whole(
        &self,
        weights: &[f64],
        share: f64,
        envelope: &[f32],
        levels: &mut [[Vec<f32>; 2]],
        residual: &mut [Vec<f32>; 2],
    ) {
        let (set, bins) = (self.set, self.set.bins);
        let per = set.clock.hop / set.clock.tick();
        let heard = model::heard_weights(set.clock, set.hops, |h| envelope[(h * per).min(envelope.len() - 1)]);
        let mut wanted = [[0.0f32; 2]; COUNT];
        for ((m, (w, inside)), there) in set.models.iter().zip(weights.iter().zip(clamped(weights))).zip(&self.there) {
            for (sum, at) in wanted.iter_mut().zip(there) {
                let level = at.read(&m.heard);
                *sum = [sum[0] + *w as f32 * level, sum[1] + inside as f32 * level];
            }
        }
        let wanted = wanted.map(|level| near(level[0], level[1], 2.0));
        let mean = |l: &[Vec<f32>; 2]| -> f32 {
            heard.iter().enumerate().map(|(h, w)| w * bands::partial_power(l[0][h], l[1][h])).sum()
        };
        let slot_power: Vec<f32> = levels.iter().map(mean).collect();
        let mut powers = vec![0.0f32; bins];
        for (h, w) in heard.iter().enumerate() {
            let range = h * bins..(h + 1) * bins;
            let w = 0.5 * w * set.transform.bin_power();
            for ((p, l), r) in powers.iter_mut().zip(&residual[0][range.clone()]).zip(&residual[1][range]) {
                *p += w * (exp2(2.0 * l) + exp2(2.0 * r));
            }
        }
        let mut gains = vec![0.0f64; COUNT];
        set.bands.levels(&self.slots, &slot_power, &powers, &mut Vec::new(), |b, tonal, noisy| {
            gains[b] = (0.5 * f64::from(wanted[b] - (tonal + noisy).log2())).clamp(-WHOLE, WHOLE);
        });
        let smooth = box_mean(&box_mean(&gains, WHOLE_REACH), WHOLE_REACH);
        let gains: Vec<f32> = smooth.into_iter().map(|g| (share * g) as f32).collect();
        for (l, at) in levels.iter_mut().zip(&self.slot_places) {
            let gain = at.read(&gains);
            l.iter_mut().flatten().for_each(|v| *v += gain);
        }
        let gains: Vec<f32> = self.bin_places.iter().map(|at| at.read(&gains)).collect();
        for row in residual.iter_mut().flat_map(|c| c.chunks_exact_mut(bins)) {
            row.iter_mut().zip(&gains).for_each(|(v, gain)| *v += gain);
        }
    }
}
