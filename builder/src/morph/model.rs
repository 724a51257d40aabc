//! An analysed source: all that the morph asks of it, computed once.

use super::bands::{BandLevels, Bands};
use super::clock::{Clock, erb, erb_hz};
use super::envelope::{Attack, Envelope};
use super::loudness;
use super::partials::{FLOOR, Partials, Track};
use super::residual::{Residual, Transform};
use super::series::Series;
use super::strays::Strays;
use super::transport::{EarSpectrum, Quantiles};
use serde::{Deserialize, Serialize};

/// Where onsets lie, in seconds from frame 0.
pub const ONSET_SECONDS: f64 = 0.010;
/// The part of a sound whose spectrum counts, in seconds from the onset.
const STEADY_SECONDS: (f64, f64) = (0.06, 1.5);
/// Points and step of the smooth spectral envelope.
pub(super) const SMOOTH_POINTS: usize = 172;
pub(super) const SMOOTH_STEP_ERB: f64 = 0.25;
/// Half the width of its smoothing.
const SMOOTH_ERB: f64 = 1.6;
const SMOOTH_SLOTS: f64 = 1.5;
/// Loudness grows about so with amplitude, and from so many partials on a spectrum has formants.
const LOUDNESS: f64 = 0.6;
const FORMANT_PARTIALS: f64 = 2.5;

/// A source, ready for analysis: on the common timeline, in tune, looped and unrolled.
#[derive(Debug, Clone)]
pub struct Source {
    /// The sound; its onset lies [`ONSET_SECONDS`] after frame 0.
    pub frames: Vec<[f32; 2]>,
    /// Rate and raster.
    pub clock: Clock,
    /// Its partials' places.
    pub series: Series,
}

/// An analysed source.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Model {
    /// The source's own sound: what its corner of the pad plays.
    pub frames: Vec<[f32; 2]>,
    /// Rate and raster.
    pub clock: Clock,
    /// Level over time.
    pub envelope: Envelope,
    /// Partials of the flattened sound.
    pub partials: Partials,
    /// Lines besides them.
    pub strays: Strays,
    /// What all these leave.
    pub residual: Residual,
    /// Where the spectrum's loudness lies.
    pub quantiles: Quantiles,
    /// How it begins.
    pub attack: Attack,
    /// Largest momentary loudness.
    pub loudness_lufs: f64,
    /// Stereo width.
    pub width_radians: f64,
    pub(super) bands: BandLevels,
    /// log2 of the mean power of the flattened sound in each hop.
    pub(super) power: Vec<f32>,
    /// log2 of the mean amplitude of each slot.
    pub(super) mean_level: Vec<f32>,
    /// The smooth part of the partials' levels over frequency, log2 of amplitude.
    pub(super) smooth: Vec<f32>,
    /// The smooth part of the residual's level, log2 of power for each bin.
    pub(super) smooth_noise: Vec<f32>,
    /// log2 of the mean power of each band as it is heard, the flattening undone; of the whole sound 0,
    /// nearly.
    pub(super) heard: Vec<f32>,
}

impl Model {
    /// Analyses a source.
    pub fn of(source: Source) -> Model {
        let Source { frames, clock, series } = source;
        let f0_hz = series.f0_hz;
        let envelope = Envelope::of(&frames, clock, series.lowest_hz);
        let flat = envelope.flatten(&frames);
        let y = [0, 1].map(|c| flat.iter().map(|f| f[c]).collect::<Vec<f32>>());
        let partials = Partials::of(&y, clock, series);
        let (first, last) = steady(&envelope, clock, clock.hops(frames.len()));
        let rest = without(&y, &partials.render(clock, frames.len()));
        let heard = first * clock.hop..(last * clock.hop).min(frames.len());
        let strays = Strays::of(&y, &rest, &partials, clock, heard);
        let rest = without(&rest, &strays.render(&partials, clock, frames.len()));
        let transform = Transform::new(clock);
        let residual = Residual::of(&rest, &transform);
        let bands = Bands::new(clock, f0_hz).of(&lines(&partials, &strays), &residual, transform.bin_power());
        let power = hop_power(&y, clock);
        let weights: Vec<f32> =
            (first..last).map(|h| (2.0 * (envelope.at_hop(h, clock) - envelope.top)).exp2()).collect();
        let mean_level = mean_levels(&partials.tracks, first, &weights);
        let noise = mean_noise(&residual, first, &weights);
        let mut ear = ear_spectrum(&noise, clock, transform.bin_power());
        ear.add_partials(&partials.series.hz, &mean_level);
        ear.add_partials(&strays.hz, &mean_levels(&strays.tracks, first, &weights));
        let quantiles = ear.quantiles(formants(&mean_level));
        let smooth = smooth_levels(&partials.series.hz, &mean_level, f0_hz);
        let smooth_noise = smooth_bins(&noise, clock, f0_hz);
        let heard = bands.heard(&heard_weights(clock, residual.hops(), |h| envelope.at_hop(h, clock)));
        Model {
            attack: Attack::of(&frames, clock.rate_hz, ONSET_SECONDS),
            loudness_lufs: loudness::momentary_lufs(&frames, clock.rate_hz),
            width_radians: loudness::width_radians(&frames, clock.rate_hz),
            frames,
            clock,
            envelope,
            partials,
            strays,
            residual,
            quantiles,
            bands,
            power,
            mean_level,
            smooth,
            smooth_noise,
            heard,
        }
    }

    /// Partials and residual back as sound: the source, but for rounding.
    pub fn render(&self) -> Vec<[f32; 2]> {
        let n = self.frames.len();
        let sung = self.partials.render(self.clock, n);
        let strays = self.strays.render(&self.partials, self.clock, n);
        let rest = self.residual.render(&Transform::new(self.clock), n);
        let sum = |c: usize, i: usize| sung[c][i] + strays[c][i] + rest[c][i];
        let mut out: Vec<[f32; 2]> = (0..n).map(|i| [sum(0, i), sum(1, i)]).collect();
        self.envelope.apply(&mut out);
        out
    }

    /// Hops that it covers.
    pub fn hops(&self) -> usize {
        self.residual.hops()
    }
}

fn without(y: &[Vec<f32>; 2], part: &[Vec<f32>; 2]) -> [Vec<f32>; 2] {
    [0, 1].map(|c| y[c].iter().zip(&part[c]).map(|(a, b)| a - b).collect())
}

/// Slots and strays, ascending.
fn lines<'a>(partials: &'a Partials, strays: &'a Strays) -> Vec<(f64, &'a Track)> {
    let slots = partials.series.hz.iter().copied().zip(&partials.tracks);
    let mut all: Vec<_> = slots.chain(strays.hz.iter().copied().zip(&strays.tracks)).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all
}

/// log2 of the mean power of the frames around each hop's centre.
pub(super) fn hop_power(y: &[Vec<f32>; 2], clock: Clock) -> Vec<f32> {
    let n = y[0].len();
    // 30 ms, to half a hop.
    let reach = (clock.hops_in(0.030) * clock.hop as f64 / 2.0) as usize;
    let half = clock.hop / 2;
    let sums: Vec<f64> = (0..=2 * clock.hops(n) + 1)
        .scan(0.0f64, |sum, i| {
            let before = *sum;
            let range = (i * half).min(n)..((i + 1) * half).min(n);
            let part = |c: &Vec<f32>| c[range.clone()].iter().map(|v| v * v).sum::<f32>();
            *sum += f64::from(part(&y[0])) + f64::from(part(&y[1]));
            Some(before)
        })
        .collect();
    let halves = (reach / half).max(1);
    (0..clock.hops(n))
        .map(|h| {
            let (a, b) = ((2 * h).saturating_sub(halves), (2 * h + halves).min(sums.len() - 1));
            let mean = (sums[b] - sums[a]) / (2 * (b - a) * half) as f64;
            (mean.max(1e-12)).log2() as f32
        })
        .collect()
}

/// The hops whose spectrum counts; shorter where the sound dies before.
fn steady(envelope: &Envelope, clock: Clock, hops: usize) -> (usize, usize) {
    let at = |seconds: f64| (clock.hops_in(ONSET_SECONDS + seconds).round() as usize).min(hops - 1);
    let (first, last) = (at(STEADY_SECONDS.0), at(STEADY_SECONDS.1).max(at(STEADY_SECONDS.0) + 1).min(hops));
    let alive = |h: &usize| envelope.at_hop(*h, clock) > envelope.top - 6.6;
    let end = (first..last).rev().find(alive).map_or(last, |h| h + 1);
    let first = first.min(hops - 1);
    (first, end.max(first + 1).min(hops))
}

/// How much each hop counts in what is heard: by its power, up to the end of the part that counts; in
/// all 1. `level` is log2 of amplitude.
pub(super) fn heard_weights(clock: Clock, hops: usize, level: impl Fn(usize) -> f32) -> Vec<f32> {
    let end = (clock.hops_in(ONSET_SECONDS + STEADY_SECONDS.1).round() as usize).clamp(1, hops);
    let power: Vec<f32> = (0..end).map(|h| (2.0 * level(h)).exp2()).collect();
    let all: f32 = power.iter().sum::<f32>().max(1e-30);
    power.into_iter().map(|p| p / all).collect()
}

/// log2 of the RMS amplitude of each slot.
fn mean_levels(tracks: &[Track], first: usize, weights: &[f32]) -> Vec<f32> {
    let all: f32 = weights.iter().sum::<f32>().max(1e-20);
    let mean = |t: &Track| {
        let power: f32 = weights
            .iter()
            .enumerate()
            .map(|(i, w)| {
                let h = first + i;
                w * 0.5 * ((2.0 * t.level[0][h]).exp2() + (2.0 * t.level[1][h]).exp2())
            })
            .sum();
        0.5 * (power / all).max(FLOOR * FLOOR).log2()
    };
    tracks.iter().map(mean).collect()
}

/// Mean power of each bin of the residual.
fn mean_noise(residual: &Residual, first: usize, weights: &[f32]) -> Vec<f32> {
    let all: f32 = weights.iter().sum::<f32>().max(1e-20);
    let mut out = vec![0.0f32; residual.bins];
    for (i, w) in weights.iter().enumerate() {
        let row = (first + i) * residual.bins..(first + i + 1) * residual.bins;
        for ((sum, l), r) in out.iter_mut().zip(&residual.envelope[0][row.clone()]).zip(&residual.envelope[1][row]) {
            *sum += 0.5 * w / all * (l.exp2() + r.exp2());
        }
    }
    out
}

/// The residual on the ear's scale.
fn ear_spectrum(noise: &[f32], clock: Clock, bin_power: f32) -> EarSpectrum {
    let mut ear = EarSpectrum::new();
    for (b, power) in noise.iter().enumerate().skip(1) {
        // Spread over the bin's width: at the low end a bin is wider than a band.
        const PARTS: usize = 8;
        for part in 0..PARTS {
            let hz = clock.bin_hz(b as f64 - 0.5 + (part as f64 + 0.5) / PARTS as f64);
            ear.add(hz, f64::from(power * bin_power) / PARTS as f64);
        }
    }
    ear
}

/// How well partials draw a spectral envelope, 0…1. Where they are few, each is a mode of its own, and no
/// formant lies between them. They are counted by loudness: equal ones are as many as they are.
fn formants(mean_level: &[f32]) -> f64 {
    let sum = |power: f64| mean_level.iter().map(|level| (power * f64::from(*level)).exp2()).sum::<f64>();
    let count = sum(LOUDNESS) * sum(LOUDNESS) / sum(2.0 * LOUDNESS).max(1e-30);
    let way = if mean_level.is_empty() { 1.0 } else { (count / FORMANT_PARTIALS).min(1.0) };
    0.5 - 0.5 * (std::f64::consts::PI * way).cos()
}

/// The residual's mean level, smoothed over frequency like the partials': what lies close about
/// each partial and what lies between them stays where it is.
fn smooth_bins(noise: &[f32], clock: Clock, f0_hz: f64) -> Vec<f32> {
    let step = clock.bin_hz(1.0);
    (0..noise.len())
        .map(|b| {
            let hz = clock.bin_hz(b as f64);
            let reach = (erb_hz(erb(hz) + SMOOTH_ERB) - hz).max(SMOOTH_SLOTS * f0_hz) / step;
            let first = (b as f64 - reach).max(0.0) as usize;
            let (mut sum, mut weight) = (0.0, 1e-12);
            for (other, power) in noise.iter().enumerate().take((b as f64 + reach) as usize + 1).skip(first) {
                let off = ((other as f64 - b as f64) / reach).clamp(-1.0, 1.0);
                let w = 0.5 + 0.5 * (std::f64::consts::PI * off).cos();
                sum += w * f64::from(power.max(1e-30).log2());
                weight += w;
            }
            (sum / weight) as f32
        })
        .collect()
}

/// The partials' mean levels, smoothed over frequency.
fn smooth_levels(hz: &[f64], level: &[f32], f0_hz: f64) -> Vec<f32> {
    let mut out = vec![FLOOR.log2(); SMOOTH_POINTS];
    if hz.is_empty() {
        return out;
    }
    for (i, v) in out.iter_mut().enumerate() {
        let e = i as f64 * SMOOTH_STEP_ERB;
        let centre = erb_hz(e);
        let reach = (erb_hz(e + SMOOTH_ERB) - centre).max(SMOOTH_SLOTS * f0_hz);
        let (mut sum, mut weight) = (0.0, 0.0);
        for (hz, level) in hz.iter().zip(level) {
            let off = (hz - centre).abs() / reach;
            if off < 1.0 {
                let w = 0.5 + 0.5 * (std::f64::consts::PI * off).cos();
                sum += w * f64::from(*level);
                weight += w;
            }
        }
        let last = level.len() - 1;
        *v = if weight > 1e-6 {
            (sum / weight) as f32
        } else if centre < hz[0] {
            level[0]
        } else {
            level[last]
        };
    }
    out
}

/// Where a frequency lies in the smooth envelope's table.
pub(super) fn smooth_place(hz: f64) -> super::maths::Between {
    super::maths::Between::of(erb(hz) / SMOOTH_STEP_ERB, SMOOTH_POINTS)
}
