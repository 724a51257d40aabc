//! How tonal a sound is: power at the harmonics over power between them.

use realfft::RealFftPlanner;

use super::stats::{median, power_db};
use super::{Note, RATE_HZ, envelope};

/// Length of the windows in periods, and at least in seconds.
const PERIODS: f64 = 8.0;
const LEAST_SECONDS: f64 = 0.030;
/// Half the width of what counts as harmonic, or as between, in f0.
const REACH: f64 = 0.125;
/// Highest harmonic, and highest frequency.
const HARMONICS: usize = 40;
const TOP_HZ: f64 = 16_000.0;
/// More is not told apart from the window's own skirts.
const MOST_DB: f64 = 30.0;
const PADDING: usize = 4;

/// The harmonics-to-noise ratio, median over the steady part, in dB, 30 at most; `None` where the
/// sound has no room for two windows, or in silence.
pub fn hnr_db(note: &Note, f0_hz: f64) -> Option<f64> {
    let length = ((PERIODS / f0_hz).max(LEAST_SECONDS) * RATE_HZ).round() as usize;
    let size = (length * PADDING).next_power_of_two();
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(size);
    let (mut input, mut output) = (fft.make_input_vec(), fft.make_output_vec());
    let mut power = vec![0.0; output.len()];
    let window: Vec<f64> =
        (0..length).map(|n| (std::f64::consts::PI * n as f64 / length as f64).sin().powi(2)).collect();
    let steady = envelope::steady(&note.frames, note.onset);
    let end = steady.end.min(note.frames.len());
    let mut ratios = Vec::new();
    for start in (steady.start..).step_by(length / 2).take_while(|start| start + length <= end) {
        power.fill(0.0);
        for channel in 0..2 {
            input.fill(0.0);
            for (value, (frame, w)) in input.iter_mut().zip(note.frames[start..].iter().zip(&window)) {
                *value = f64::from(frame[channel]) * w;
            }
            fft.process(&mut input, &mut output).expect("the buffers are the plan's own");
            for (sum, value) in power.iter_mut().zip(&output) {
                *sum += value.norm_sqr();
            }
        }
        let around = |centre: f64| -> f64 {
            let bin = |hz: f64| hz * size as f64 / RATE_HZ;
            let (low, high) = (bin((centre - REACH) * f0_hz).ceil() as usize, bin((centre + REACH) * f0_hz) as usize);
            power[low.min(power.len())..(high + 1).min(power.len())].iter().sum()
        };
        let top = HARMONICS.min((TOP_HZ / f0_hz - 0.5) as usize).max(1);
        let tonal: f64 = (1..=top).map(|k| around(k as f64)).sum();
        let between: f64 = (1..=top).map(|k| around(k as f64 + 0.5)).sum();
        if tonal > 0.0 {
            ratios.push((power_db(tonal) - power_db(between)).min(MOST_DB));
        }
    }
    median(&ratios)
}

#[cfg(test)]
mod tests {
    use super::super::signal::{harmonics, noise};
    use super::*;

    #[test]
    fn a_tone_reads_the_most_and_noise_reads_nothing() {
        let tone = hnr_db(&Note::new(harmonics(220.0, 30, 0.2, 2.0), None), 220.0).unwrap();
        assert_eq!(tone, MOST_DB);
        let hiss = hnr_db(&Note::new(noise(0.2, 2.0, 7), None), 220.0).unwrap();
        assert!(hiss.abs() < 1.0, "{hiss}");
    }

    #[test]
    fn a_tone_in_noise_reads_the_ratio_of_their_powers_in_the_slots() {
        // White noise of variance 0.05² / 3 over 24 kHz, in the 39 slots of a quarter of f0.
        let (f0, amplitude) = (400.0, 0.2f64);
        let mut sound = noise(0.05, 2.0, 3);
        for (frame, tone) in sound.iter_mut().zip(harmonics(f0, 1, amplitude, 2.0)) {
            *frame = [frame[0] + tone[0], frame[1] + tone[1]];
        }
        let in_slots = 39.0 * 0.25 * f0 / 24_000.0 * 0.05f64.powi(2) / 3.0;
        // Of a Hann window's main lobe, 94 % lie within ±1 bin, which is ±1/8 of f0.
        let expected = power_db((0.94 * amplitude.powi(2) / 2.0 + in_slots) / in_slots);
        let found = hnr_db(&Note::new(sound, None), f0).unwrap();
        assert!((found - expected).abs() < 1.0, "{found} against {expected}");
    }
}
