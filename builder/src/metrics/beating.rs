//! How much the first partials waver: what two detuned copies of one partial do.

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;
use rustfft::FftPlanner;

use super::stats::percentile;
use super::{Note, RATE_HZ};

/// Partials that are looked at.
const PARTIALS: u32 = 12;
/// Half the width of a partial's slot, in f0.
const REACH: f64 = 0.4;
/// What is taken for the analysis, and what of it is looked at, in seconds after the onset.
const TAKEN: (f64, f64) = (-0.1, 3.0);
const SEEN: (f64, f64) = (0.3, 2.5);
/// Under the slot's loudest moment there is nothing to hear.
const FLOOR: f64 = 1e-8;
/// Degree of the trend that is no beating.
const DEGREE: usize = 3;

/// The waver of a note's partials, in dB: for each slot k · f0 ± 0.4 f0 the range between the 5 and
/// 95 % points of its level from 0.3 to 2.5 s, without its cubic trend; weighted by amplitude. 0 in
/// silence.
pub fn waver_db(note: &Note, f0_hz: f64) -> f64 {
    let start = note.onset as isize + (TAKEN.0 * RATE_HZ) as isize;
    let length = ((TAKEN.1 - TAKEN.0) * RATE_HZ) as usize;
    let spectra = [0, 1].map(|channel| spectrum(note, start, length, channel));
    let hz_bin = length as f64 / RATE_HZ;
    let (mut sum, mut weight) = (0.0, 0.0);
    for k in 1..=PARTIALS {
        let (low, high) = ((f64::from(k) - REACH) * f0_hz * hz_bin, (f64::from(k) + REACH) * f0_hz * hz_bin);
        let bins = low.ceil() as usize..high.floor() as usize + 1;
        if bins.end > length / 2 {
            break;
        }
        let levels = levels(&spectra, bins);
        let seen = |seconds: f64| ((seconds - TAKEN.0) / (TAKEN.1 - TAKEN.0) * levels.len() as f64) as usize;
        let levels = &levels[seen(SEEN.0)..seen(SEEN.1)];
        let amplitude = (levels.iter().sum::<f64>() / levels.len() as f64).sqrt();
        let loudest = levels.iter().copied().fold(0.0, f64::max);
        if loudest > 0.0 {
            let db: Vec<f64> = levels.iter().map(|p| 10.0 * (p / loudest).max(FLOOR).log10()).collect();
            let rest = without_trend(&db);
            let range = percentile(&rest, 0.95).unwrap_or(0.0) - percentile(&rest, 0.05).unwrap_or(0.0);
            sum += amplitude * range;
            weight += amplitude;
        }
    }
    if weight > 0.0 { sum / weight } else { 0.0 }
}

fn spectrum(note: &Note, start: isize, length: usize, channel: usize) -> Vec<Complex<f64>> {
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(length);
    let (mut input, mut output) = (fft.make_input_vec(), fft.make_output_vec());
    for (n, value) in input.iter_mut().enumerate() {
        let frame = usize::try_from(start + n as isize).ok().and_then(|at| note.frames.get(at));
        *value = frame.map_or(0.0, |f| f64::from(f[channel]));
    }
    fft.process(&mut input, &mut output).expect("the buffers are the plan's own");
    output
}

/// The power of both channels over time in a range of bins, at twice the rate that it needs.
fn levels(spectra: &[Vec<Complex<f64>>; 2], bins: std::ops::Range<usize>) -> Vec<f64> {
    let size = (2 * bins.len()).next_power_of_two().max(1024);
    let fft = FftPlanner::<f64>::new().plan_fft_inverse(size);
    let mut levels = vec![0.0; size];
    for spectrum in spectra {
        let mut band = vec![Complex::new(0.0, 0.0); size];
        // Sides that fall by a cosine over a quarter of the width ring less.
        let edge = (bins.len() / 8).max(1);
        for (n, value) in spectrum[bins.clone()].iter().enumerate() {
            let inside = (n + 1).min(bins.len() - n).min(edge) as f64 / edge as f64;
            band[n] = *value * (std::f64::consts::FRAC_PI_2 * inside).sin().powi(2);
        }
        fft.process(&mut band);
        for (level, value) in levels.iter_mut().zip(&band) {
            *level += value.norm_sqr();
        }
    }
    levels
}

/// The values less the cubic that fits them best.
fn without_trend(values: &[f64]) -> Vec<f64> {
    let mut rest = values.to_vec();
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for degree in 0..=DEGREE {
        let at = |n: usize| 2.0 * n as f64 / (values.len() - 1).max(1) as f64 - 1.0;
        let mut vector: Vec<f64> = (0..values.len()).map(|n| at(n).powi(degree as i32)).collect();
        for other in &basis {
            take_out(&mut vector, other);
        }
        take_out(&mut rest, &vector);
        basis.push(vector);
    }
    rest
}

/// Removes from `values` what lies along `direction`.
fn take_out(values: &mut [f64], direction: &[f64]) {
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
    let share = dot(values, direction) / dot(direction, direction).max(1e-30);
    for (value, d) in values.iter_mut().zip(direction) {
        *value -= share * d;
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::super::signal::{from_fn, harmonics};
    use super::*;

    #[test]
    fn a_steady_tone_and_one_that_decays_evenly_do_not_waver() {
        assert!(waver_db(&Note::new(harmonics(220.0, 12, 0.2, 4.0), None), 220.0) < 0.05);
        let decay = from_fn(4.0, |t| [0.5 * 10f64.powf(-t) * (TAU * 220.0 * t).sin(); 2]);
        assert!(waver_db(&Note::new(decay, None), 220.0) < 0.2);
    }

    #[test]
    fn two_copies_beat_by_the_ratio_of_their_sum_and_difference() {
        // 1 and 0.1, 3 Hz apart: levels 20 log10(1 + 0.1 cos), p5 and p95 of a sine's are ±0.988.
        let tone = from_fn(4.0, |t| [0.3 * (TAU * 220.0 * t).sin() + 0.03 * (TAU * 223.0 * t).sin(); 2]);
        let expected = 20.0 * (1.0988f64 / 0.9012).log10();
        let found = waver_db(&Note::new(tone, None), 220.0);
        assert!((found - expected).abs() < 0.1, "{found} against {expected}");
    }
}
