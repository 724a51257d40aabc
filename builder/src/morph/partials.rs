//! The slow part of a sound: one complex track for each slot.

use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use super::clock::Clock;
use super::maths::{box_mean, hann_kernel, log2_floor};
use super::oscillators::{self, Oscillator};
use super::series::Series;

/// Periods under the demodulating window, and its shortest length.
const PERIODS: f64 = 4.0;
const SHORTEST_SECONDS: f64 = 0.010;
/// What is slower than this is a partial; the rest is residual.
const SLOW_SECONDS: f64 = 0.050;
/// Smoothing of the common motion of all partials.
const MOTION_SECONDS: f64 = 0.060;
/// Motion slower than this stays in the partials' own phases.
const DRIFT_SECONDS: f64 = 0.8;
/// Slots that tell the common motion.
const TELLING: usize = 12;
/// How much more of the partials it must explain to be taken out.
const WORTH: f64 = 1.02;
/// Smoothing of the amplitude by which sources lead a phase.
const LEADING_SECONDS: f64 = 0.22;
/// The lowest level of a track, amplitude of the flattened sound.
pub(super) const FLOOR: f32 = 1e-5;

/// One slot's track.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Track {
    /// log2 of amplitude at hops, for each channel.
    pub level: [Vec<f32>; 2],
    /// Phase at hops as a number of length 1, for each channel.
    pub unit: [Vec<Complex<f32>>; 2],
    /// Amplitude of both channels, slow.
    pub slow: Vec<f32>,
}

/// All partials of a flattened sound.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Partials {
    /// Where they lie.
    pub series: Series,
    /// The common motion ψ of all partials at hops, radians of the fundamental.
    pub motion: Vec<f64>,
    /// One for each slot of the series.
    pub tracks: Vec<Track>,
}

type Column = Vec<Complex<f32>>;

impl Partials {
    /// Demodulates a flattened sound.
    pub fn of(y: &[Vec<f32>; 2], clock: Clock, series: Series) -> Partials {
        let hops = clock.hops(y[0].len());
        if series.hz.is_empty() {
            return Partials { series, motion: vec![0.0; hops], tracks: Vec::new() };
        }
        let raw = demodulate(y, clock, &series.hz, PERIODS / series.f0_hz);
        let slow = slow_kernel(clock);
        let motion = common_motion(&raw, &series, clock);
        let telling = raw.len().min(2 * TELLING);
        let kept = |motion: &[f64]| -> f64 {
            (0..telling).map(|k| energy(&settle(&raw[k], series.hz[k] / series.f0_hz, motion, &slow))).sum()
        };
        let still = vec![0.0; hops];
        let motion = if kept(&motion) > WORTH * kept(&still) { motion } else { still };
        let tracks = settled(&raw, &series.hz, series.f0_hz, &motion, clock);
        Partials { series, motion, tracks }
    }

    /// The partials as sound.
    pub fn render(&self, clock: Clock, frames: usize) -> [Vec<f32>; 2] {
        render(&self.series.hz, &self.tracks, self.series.f0_hz, &self.motion, clock, frames)
    }
}

/// Tracks at these frequencies by a window of this length, without a motion that they take part in.
pub(super) fn tracks(
    y: &[Vec<f32>; 2],
    clock: Clock,
    hz: &[f64],
    window_seconds: f64,
    f0_hz: f64,
    motion: &[f64],
) -> Vec<Track> {
    if hz.is_empty() {
        Vec::new()
    } else {
        settled(&demodulate(y, clock, hz, window_seconds), hz, f0_hz, motion, clock)
    }
}

/// Tracks as sound.
pub(super) fn render(
    hz: &[f64],
    tracks: &[Track],
    f0_hz: f64,
    motion: &[f64],
    clock: Clock,
    frames: usize,
) -> [Vec<f32>; 2] {
    let z: Vec<[Column; 2]> = tracks.iter().map(|t| [t.z(0), t.z(1)]).collect();
    let bank: Vec<Oscillator> =
        z.iter().zip(hz).map(|(z, hz)| Oscillator { hz: *hz, ratio: hz / f0_hz, z: [&z[0], &z[1]] }).collect();
    let mut out = [vec![0.0; frames], vec![0.0; frames]];
    oscillators::render(&bank, motion, clock, &mut out);
    out
}

impl Track {
    fn of(z: [Column; 2], leading: usize) -> Track {
        let both: Vec<f64> =
            z[0].iter().zip(&z[1]).map(|(l, r)| f64::from(0.5 * (l.norm_sqr() + r.norm_sqr())).sqrt()).collect();
        let slow = box_mean(&both, leading).into_iter().map(|v| v as f32).collect();
        let level = [0, 1].map(|c| z[c].iter().map(|z| log2_floor(z.norm(), FLOOR)).collect());
        let unit = z.map(|z| {
            z.into_iter().map(|z| if z.norm_sqr() > 1e-24 { z / z.norm() } else { Complex::new(1.0, 0.0) }).collect()
        });
        Track { level, unit, slow }
    }

    /// The complex amplitude at hops.
    pub fn z(&self, channel: usize) -> Column {
        let level = &self.level[channel];
        let silent = FLOOR.log2();
        let amplitude = |l: f32| if l > silent { l.exp2() } else { 0.0 };
        self.unit[channel].iter().zip(level).map(|(u, l)| u * amplitude(*l)).collect()
    }
}

/// Raw tracks, relative to steady oscillators that begin at frame 0.
fn demodulate(y: &[Vec<f32>; 2], clock: Clock, hz: &[f64], window_seconds: f64) -> Vec<[Column; 2]> {
    let width = window_seconds.max(SHORTEST_SECONDS) * clock.rate_hz;
    let half = (width / 2.0).round() as usize;
    let size = (4 * half).next_power_of_two();
    let window: Vec<f32> = (0..2 * half + 1)
        .map(|i| (0.5 + 0.5 * (std::f64::consts::PI * (i as f64 - half as f64) / (half as f64 + 0.5)).cos()) as f32)
        .collect();
    let gain = 2.0 / window.iter().map(|w| f64::from(*w)).sum::<f64>();
    let forward = RealFftPlanner::<f32>::new().plan_fft_forward(size);
    let (mut input, mut bins, mut scratch) =
        (forward.make_input_vec(), forward.make_output_vec(), forward.make_scratch_vec());
    let taps: Vec<(usize, [f32; 6])> =
        hz.iter().map(|hz| lagrange(hz * size as f64 / clock.rate_hz, bins.len())).collect();
    let hops = clock.hops(y[0].len());
    let mut tracks: Vec<[Column; 2]> =
        hz.iter().map(|_| [Vec::with_capacity(hops), Vec::with_capacity(hops)]).collect();
    for h in 0..hops {
        let centre = h * clock.hop;
        for (channel, y) in y.iter().enumerate() {
            input.fill(0.0);
            for (i, w) in window.iter().enumerate() {
                // Zero phase: the window's centre lies at the transform's frame 0.
                if let Some(v) = (centre + i).checked_sub(half).and_then(|n| y.get(n)) {
                    input[(i + size - half) % size] = v * w;
                }
            }
            if forward.process_with_scratch(&mut input, &mut bins, &mut scratch).is_err() {
                bins.fill(Complex::default());
            }
            for ((track, (first, taps)), hz) in tracks.iter_mut().zip(&taps).zip(hz) {
                let sum: Complex<f32> = taps.iter().zip(&bins[*first..]).map(|(t, b)| b * t).sum();
                let cycles = (hz * centre as f64 / clock.rate_hz).fract();
                let turn = Complex::from_polar(gain, -TAU * cycles);
                track[channel].push(sum * Complex::new(turn.re as f32, turn.im as f32));
            }
        }
    }
    tracks
}

/// First bin and weights that read a spectrum between its bins.
fn lagrange(position: f64, bins: usize) -> (usize, [f32; 6]) {
    let first = ((position.floor() as isize) - 2).clamp(0, bins as isize - 6) as usize;
    let x = position - first as f64;
    let mut taps = [0.0f32; 6];
    for (i, tap) in taps.iter_mut().enumerate() {
        let others = (0..6).filter(|j| *j != i);
        *tap = others.map(|j| (x - j as f64) / (i as f64 - j as f64)).product::<f64>() as f32;
    }
    (first, taps)
}

/// ψ: what the lower partials' phases do in common, without its slow drift.
fn common_motion(raw: &[[Column; 2]], series: &Series, clock: Clock) -> Vec<f64> {
    let hops = raw[0][0].len();
    let mut slope = vec![0.0f64; hops];
    for (h, slope) in slope.iter_mut().enumerate().take(hops - 1) {
        let (mut sum, mut weight) = (0.0, 1e-12);
        for (k, z) in raw.iter().enumerate().take(TELLING) {
            let ratio = series.hz[k] / series.f0_hz;
            let turn = z[0][h + 1] * z[0][h].conj() + z[1][h + 1] * z[1][h].conj();
            let power = f64::from(turn.norm());
            sum += power * ratio * f64::from(turn.arg());
            weight += power * ratio * ratio;
        }
        *slope = sum / weight;
    }
    let smooth = smoothed(&slope, &hann_kernel((clock.hops_in(MOTION_SECONDS).round() as usize) | 1));
    let mut psi = Vec::with_capacity(hops);
    let mut sum = 0.0;
    for s in smooth {
        psi.push(sum);
        sum += s;
    }
    let reach = (clock.hops_in(DRIFT_SECONDS) / 4.0).round() as usize;
    let drift = box_mean(&box_mean(&psi, reach), reach);
    psi.iter().zip(drift).map(|(p, d)| p - d).collect()
}

fn smoothed(values: &[f64], kernel: &[f64]) -> Vec<f64> {
    let reach = kernel.len() / 2;
    (0..values.len())
        .map(|i| {
            let (mut sum, mut weight) = (0.0, 0.0);
            for (j, w) in kernel.iter().enumerate() {
                if let Some(v) = (i + j).checked_sub(reach).and_then(|n| values.get(n)) {
                    sum += w * v;
                    weight += w;
                }
            }
            sum / weight
        })
        .collect()
}

fn slow_kernel(clock: Clock) -> Vec<f64> {
    hann_kernel((clock.hops_in(SLOW_SECONDS).round() as usize) | 1)
}

fn settled(raw: &[[Column; 2]], hz: &[f64], f0_hz: f64, motion: &[f64], clock: Clock) -> Vec<Track> {
    let slow = slow_kernel(clock);
    let leading = (clock.hops_in(LEADING_SECONDS) / 2.0).round() as usize;
    raw.iter().zip(hz).map(|(raw, hz)| Track::of(settle(raw, hz / f0_hz, motion, &slow), leading)).collect()
}

/// A track without the common motion, smoothed.
fn settle(raw: &[Column; 2], ratio: f64, motion: &[f64], kernel: &[f64]) -> [Column; 2] {
    let reach = kernel.len() / 2;
    let turns: Vec<Complex<f32>> = motion
        .iter()
        .map(|p| {
            let turn = Complex::from_polar(1.0, -ratio * p);
            Complex::new(turn.re as f32, turn.im as f32)
        })
        .collect();
    [0, 1].map(|c| {
        let still: Column = raw[c].iter().zip(&turns).map(|(z, t)| z * t).collect();
        (0..still.len())
            .map(|i| {
                let mut sum = Complex::new(0.0f32, 0.0);
                for (j, w) in kernel.iter().enumerate() {
                    if let Some(z) = (i + j).checked_sub(reach).and_then(|n| still.get(n)) {
                        sum += z * *w as f32;
                    }
                }
                sum
            })
            .collect()
    })
}

fn energy(z: &[Column; 2]) -> f64 {
    z.iter().flatten().map(|z| f64::from(z.norm_sqr())).sum()
}

#[cfg(test)]
mod tests {
    use super::super::series::Kind;
    use super::*;

    fn series(f0_hz: f64, count: usize) -> Series {
        let hz = (1..=count).map(|k| k as f64 * f0_hz).collect();
        Series { f0_hz, lowest_hz: f0_hz, kind: Kind::Harmonic { stretch: 0.0 }, hz }
    }

    fn left(of: &[Vec<f32>; 2]) -> f64 {
        of[0][4_800..40_000].iter().map(|v| f64::from(*v).powi(2)).sum()
    }

    #[test]
    fn steady_partials_leave_nothing() {
        let clock = Clock::new(48_000.0);
        let y: Vec<f32> = (0..48_000)
            .map(|n| {
                let t = TAU * 261.6 * f64::from(n) / 48_000.0;
                (t.sin() + 0.5 * (2.0 * t + 1.0).sin() + 0.2 * (7.0 * t + 2.0).sin()) as f32
            })
            .collect();
        let y = [y.clone(), y];
        let out = Partials::of(&y, clock, series(261.6, 20)).render(clock, 48_000);
        let rest = [y[0].iter().zip(&out[0]).map(|(a, b)| a - b).collect(), Vec::new()];
        let db = 10.0 * (left(&rest) / left(&y)).log10();
        assert!(db < -50.0, "{db} dB left");
    }

    #[test]
    fn vibrato_is_followed() {
        let clock = Clock::new(48_000.0);
        let y: Vec<f32> = (0..48_000)
            .map(|n| {
                let s = f64::from(n) / 48_000.0;
                let t = TAU * 440.0 * s + 0.9 * (TAU * 5.5 * s).sin();
                (t.sin() + 0.5 * (2.0 * t).sin() + 0.3 * (6.0 * t).sin()) as f32
            })
            .collect();
        let y = [y.clone(), y];
        let out = Partials::of(&y, clock, series(440.0, 20)).render(clock, 48_000);
        let rest = [y[0].iter().zip(&out[0]).map(|(a, b)| a - b).collect(), Vec::new()];
        let db = 10.0 * (left(&rest) / left(&y)).log10();
        assert!(db < -15.0, "{db} dB left");
    }
}
