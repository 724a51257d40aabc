//! What a listener follows in a sound: the levels of bands and the pitch's motion, every 10 ms.

use std::f64::consts::TAU;
use std::ops::Range;

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use super::stft::wrap;
use crate::morph::clock::erb;

/// Bands of one ERB each, from 26 Hz to 18.6 kHz.
const BANDS: usize = 40;
/// From one moment to the next.
const HOP_SECONDS: f64 = 0.010;
/// What is seen at each moment.
const WINDOW_SECONDS: f64 = 0.060;
/// Bands so far under the loudest are not there.
const RANGE_DB: f32 = 50.0;
/// Pitch is followed in this many peaks up to this frequency.
const PEAKS: usize = 16;
const PEAKS_HZ: f64 = 5_000.0;
/// So many cents of pitch count as a decibel, and pitch counts as so many bands do.
const CENTS: f32 = 4.0;
const PITCH_SHARE: f32 = 0.25;
/// No difference counts for more, in dB.
const MOST_DB: f32 = 20.0;
/// Across a seam, bands are compared over this many moments: a window.
const ACROSS: usize = 6;
/// Bands that count there.
const ACROSS_DB: f32 = 40.0;

/// A sound over time.
pub(super) struct Features {
    /// Frames from moment to moment; moment 0 is centred on frame 0.
    pub(super) hop: usize,
    rows: Vec<[f32; BANDS]>,
    weights: [f32; BANDS],
    level: Vec<f32>,
    cents: Vec<f32>,
}

impl Features {
    /// Of a sound that is to be looped somewhere in `span`.
    pub(super) fn of(sound: &[[f32; 2]], span: Range<usize>, rate_hz: f64) -> Features {
        let hop = (HOP_SECONDS * rate_hz).round().max(1.0) as usize;
        let window = ((WINDOW_SECONDS * rate_hz) as usize).max(8);
        let size = window.next_power_of_two();
        let shape: Vec<f32> =
            (0..window).map(|n| (0.5 - 0.5 * (TAU * (n as f64 + 0.5) / window as f64).cos()) as f32).collect();
        let bin_hz = rate_hz / size as f64;
        let band_of: Vec<usize> = (0..=size / 2).map(|k| (erb(k as f64 * bin_hz) as usize).min(BANDS + 1)).collect();
        let low = ((PEAKS_HZ / bin_hz) as usize).min(size / 2);
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(size);
        let (mut input, mut output) = (fft.make_input_vec(), fft.make_output_vec());
        let count = sound.len() / hop + 1;
        let mut powers = vec![[1e-12f32; BANDS]; count];
        let mut tones = vec![[Complex::<f32>::default(); 2]; count * low];
        for (i, power) in powers.iter_mut().enumerate() {
            for channel in 0..2 {
                input.fill(0.0);
                for (n, (value, w)) in input.iter_mut().zip(&shape).enumerate() {
                    let frame = (i * hop + n).checked_sub(window / 2).and_then(|n| sound.get(n));
                    *value = frame.map_or(0.0, |f| f[channel] * w);
                }
                fft.process(&mut input, &mut output).expect("the buffers are the plan's own");
                for (z, band) in output.iter().zip(&band_of) {
                    if (1..=BANDS).contains(band) {
                        power[band - 1] += z.norm_sqr();
                    }
                }
                for (tone, z) in tones[i * low..].iter_mut().zip(&output[..low]) {
                    tone[channel] = *z;
                }
            }
        }
        let inside = (span.start / hop).min(count - 1)..(span.end / hop).clamp(1, count);
        let inside = if inside.is_empty() { 0..count } else { inside };
        let cents = cents(&tones, low, bin_hz, hop as f64 / rate_hz, inside.clone());
        let loudest = powers[inside.clone()].iter().flatten().copied().fold(0.0, f32::max);
        let floor = loudest * 10f32.powf(-RANGE_DB / 10.0);
        let db = |p: f32| 10.0 * p.max(floor).max(1e-12).log10();
        let level = powers.iter().map(|p| db(p.iter().sum())).collect();
        let mut weights = [0.0f32; BANDS];
        for p in &powers[inside.clone()] {
            for (w, p) in weights.iter_mut().zip(p) {
                *w += if *p > floor { p / inside.len() as f32 } else { 0.0 };
            }
        }
        // About as loud as the bands are heard.
        weights.iter_mut().for_each(|w| *w = w.powf(0.3));
        let sum: f32 = weights.iter().sum::<f32>().max(1e-20);
        weights.iter_mut().for_each(|w| *w /= sum);
        let rows = powers.into_iter().map(|p| p.map(db)).collect();
        Features { hop, rows, weights, level, cents }
    }

    /// Takes the trend, linear in dB, out of each band from a frame on, as it will be of a sound that
    /// falls by `least_db` or more.
    pub(super) fn hold(&mut self, span: Range<usize>, least_db: f32) {
        let inside = span.start / self.hop..(span.end / self.hop).min(self.rows.len());
        if inside.len() < 3 {
            return;
        }
        let slope = |value: &dyn Fn(usize) -> f32| {
            super::level::slope(&inside.clone().map(|i| f64::from(value(i))).collect::<Vec<_>>()) as f32
        };
        let falls: [f32; BANDS] = std::array::from_fn(|b| slope(&|i| self.rows[i][b]).min(0.0));
        let fall = slope(&|i| self.level[i]).min(0.0);
        if -fall * (inside.len() as f32) < least_db {
            return;
        }
        for i in inside.start..self.rows.len() {
            let after = (i - inside.start) as f32;
            self.rows[i].iter_mut().zip(falls).for_each(|(v, f)| *v -= f * after);
            self.level[i] -= fall * after;
        }
    }

    /// For each moment, how much it differs from the one `lag` moments later, in dB squared.
    pub(super) fn differences(&self, lag: usize) -> Vec<f32> {
        let later = self.rows.get(lag..).unwrap_or_default().iter().zip(self.cents.get(lag..).unwrap_or_default());
        self.rows
            .iter()
            .zip(&self.cents)
            .zip(later)
            .map(|((a, ca), (b, cb))| {
                let most = MOST_DB * MOST_DB;
                let bands: f32 =
                    a.iter().zip(b).zip(&self.weights).map(|((a, b), w)| w * ((a - b) * (a - b)).min(most)).sum();
                let off = (ca - cb) / CENTS;
                bands + PITCH_SHARE * (off * off).min(most)
            })
            .collect()
    }

    /// First harmonic of the level over some moments, peak to peak in dB.
    pub(super) fn swing_db(&self, moments: Range<usize>) -> f32 {
        let count = moments.len().max(1) as f32;
        let (sin, cos) = (std::f32::consts::TAU / count).sin_cos();
        let step = Complex::new(cos, sin);
        let mut at = Complex::new(1.0f32, 0.0);
        let mut sum = Complex::new(0.0f32, 0.0);
        for level in self.level.get(moments).unwrap_or_default() {
            sum += at * *level;
            at *= step;
        }
        4.0 * sum.norm() / count
    }

    /// The largest change of a band from just before a moment to just after it, in dB.
    fn change_db(&self, moment: usize) -> f32 {
        let last = self.rows.len() - 1;
        let before = &self.rows[moment.saturating_sub(ACROSS / 2).min(last)];
        let after = &self.rows[(moment + ACROSS / 2).min(last)];
        let loudest = before.iter().chain(after).copied().fold(f32::MIN, f32::max);
        let heard = before.iter().zip(after).filter(|(a, b)| a.max(**b) > loudest - ACROSS_DB);
        heard.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    /// The largest change of a band at each of some frames, over what is usual in the loop: its 95 %
    /// point.
    pub(super) fn unusual_db(&self, frames: &[usize], turn: Range<usize>) -> Vec<f32> {
        let mut usual: Vec<f32> =
            (turn.start / self.hop..turn.end / self.hop).map(|moment| self.change_db(moment)).collect();
        usual.sort_by(f32::total_cmp);
        let limit = usual.get(usual.len() * 95 / 100).copied().unwrap_or_default();
        let change = |n: usize| self.change_db(n / self.hop).max(self.change_db(n.div_ceil(self.hop)));
        frames.iter().map(|n| change(*n) - limit).collect()
    }
}

/// How far the peaks of the spectrum move together from their mean, in cents, at each moment.
fn cents(tones: &[[Complex<f32>; 2]], low: usize, bin_hz: f64, hop_seconds: f64, inside: Range<usize>) -> Vec<f32> {
    let count = tones.len() / low.max(1);
    let turn = |i: usize, k: usize| {
        let (a, b) = (&tones[i * low + k], &tones[((i + 1).min(count - 1)) * low + k]);
        a[0].conj() * b[0] + a[1].conj() * b[1]
    };
    let means: Vec<Complex<f32>> = (0..low).map(|k| inside.clone().map(|i| turn(i, k)).sum::<Complex<f32>>()).collect();
    let mut peaks: Vec<usize> = (2..low.saturating_sub(2))
        .filter(|k| (k - 2..=k + 2).all(|j| j == *k || means[j].norm_sqr() < means[*k].norm_sqr()))
        .collect();
    peaks.sort_by(|a, b| means[*b].norm_sqr().total_cmp(&means[*a].norm_sqr()));
    peaks.truncate(PEAKS);
    (0..count)
        .map(|i| {
            let (mut sum, mut weight) = (0.0, 1e-12);
            for k in &peaks {
                let (turn, hz) = (turn(i, *k), *k as f64 * bin_hz);
                let power = f64::from(turn.norm());
                sum += power * hz * wrap(f64::from(turn.arg() - means[*k].arg()));
                weight += power * hz * hz;
            }
            (1_200.0 / std::f64::consts::LN_2 * sum / weight / (TAU * hop_seconds)) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vibrato_is_seen_and_its_period_is_where_moments_agree() {
        let rate_hz = 48_000.0;
        // 5 Hz, 20 cents up and down.
        let sound: Vec<[f32; 2]> = (0..96_000)
            .map(|n| {
                let t = f64::from(n) / rate_hz;
                let depth = 20.0 / 1_731.0 / (TAU * 5.0) * TAU * 440.0;
                [(0.3 * (TAU * 440.0 * t - depth * (TAU * 5.0 * t).cos()).sin()) as f32; 2]
            })
            .collect();
        let features = Features::of(&sound, 9_600..90_000, rate_hz);
        let most = features.cents[40..160].iter().copied().fold(0.0, f32::max);
        // Over 60 ms, a third of a period, it is a little less.
        assert!((14.0..21.0).contains(&most), "{most} cents");
        let mean = |lag: usize| features.differences(lag)[30..120].iter().sum::<f32>() / 90.0;
        assert!(mean(40) < 0.1 && mean(50) > 1.0, "{} {}", mean(40), mean(50));
    }

    #[test]
    fn a_swell_once_round_reads_peak_to_peak() {
        let sound: Vec<[f32; 2]> = (0..96_000)
            .map(|n| {
                let t = f64::from(n) / 48_000.0;
                [(0.2 * 10f64.powf(0.1 * (TAU * t).sin()) * (TAU * 440.0 * t).sin()) as f32; 2]
            })
            .collect();
        let features = Features::of(&sound, 9_600..90_000, 48_000.0);
        assert!((features.swing_db(20..120) - 4.0).abs() < 0.3, "{}", features.swing_db(20..120));
    }
}
