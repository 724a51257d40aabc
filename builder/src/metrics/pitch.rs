//! How far a note is out of tune: centroids of its first partials round the harmonics of its root.
//!
//! Centroids, because the highest peak of a long window follows the sidebands of chorus and vibrato.

use realfft::RealFftPlanner;

use super::stats::weighted_percentile;
use super::{Note, RATE_HZ};

/// Harmonics that are looked at.
const HARMONICS: u32 = 6;
/// How far round a harmonic, and at least so far.
const REACH_CENTS: f64 = 60.0;
const REACH_LEAST_HZ: f64 = 4.0;
/// What counts in a slot and among slots: 30 dB under the strongest bin or slot.
const RANGE: f64 = 1e-3;
const PADDING: usize = 4;

/// The note's pitch above `f0_hz`, in cents; `None` where nothing sounds round the first harmonics.
pub fn cents(note: &Note, f0_hz: f64) -> Option<f64> {
    let weighed: Vec<(f64, f64)> = slots(note, f0_hz).iter().map(|s| (s.cents, s.weight())).collect();
    weighted_percentile(&weighed, 0.5)
}

/// How far the harmonics that two notes have in common lie apart, in cents: the median, by the
/// second one's weights. Where a bowed string's harmonics disagree by 18 cents, the note's own
/// median falls on one or the other by their strength alone.
pub fn cents_apart(note: &Note, other: &Note, f0_hz: f64) -> Option<f64> {
    let own = slots(note, f0_hz);
    let both = slots(other, f0_hz).into_iter().filter_map(|b| {
        let a = own.iter().find(|a| a.harmonic == b.harmonic)?;
        Some(((a.cents - b.cents).abs(), b.weight()))
    });
    weighted_percentile(&both.collect::<Vec<_>>(), 0.5)
}

/// The harmonics that are heard.
fn slots(note: &Note, f0_hz: f64) -> Vec<Slot> {
    let spectrum = power_spectrum(note, super::envelope::steady(&note.frames, note.onset));
    let bin_hz = RATE_HZ / (2 * (spectrum.len() - 1)) as f64;
    let mut slots: Vec<Slot> = (1..=HARMONICS).filter_map(|k| Slot::find(&spectrum, bin_hz, f0_hz, k)).collect();
    let strongest = slots.iter().map(|s| s.power).fold(0.0, f64::max);
    slots.retain(|s| s.power >= RANGE * strongest);
    slots
}

struct Slot {
    harmonic: u32,
    cents: f64,
    power: f64,
}

impl Slot {
    fn weight(&self) -> f64 {
        self.power.sqrt() / f64::from(self.harmonic)
    }

    fn find(spectrum: &[f64], bin_hz: f64, f0_hz: f64, harmonic: u32) -> Option<Slot> {
        let centre = f0_hz * f64::from(harmonic);
        let reach = (centre * (2f64.powf(REACH_CENTS / 1200.0) - 1.0)).max(REACH_LEAST_HZ);
        let low = ((centre - reach) / bin_hz).ceil().max(0.0) as usize;
        let high = ((centre + reach) / bin_hz).floor() as usize;
        let bins = spectrum.get(low..=high)?;
        let top = bins.iter().copied().fold(0.0, f64::max);
        if top <= 0.0 {
            return None;
        }
        let (mut power, mut moment) = (0.0, 0.0);
        for (n, p) in bins.iter().enumerate().filter(|(_, p)| **p >= RANGE * top) {
            power += p;
            moment += p * (low + n) as f64 * bin_hz;
        }
        Some(Slot { harmonic, cents: 1200.0 * (moment / power / centre).log2(), power })
    }
}

/// The power spectrum of both channels under a Blackman window, four times padded.
fn power_spectrum(note: &Note, range: std::ops::Range<usize>) -> Vec<f64> {
    let length = range.len();
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(length * PADDING);
    let (mut input, mut output) = (fft.make_input_vec(), fft.make_output_vec());
    let mut power = vec![0.0; output.len()];
    for channel in 0..2 {
        input.fill(0.0);
        for (n, value) in input.iter_mut().take(length).enumerate() {
            let phase = std::f64::consts::TAU * n as f64 / length as f64;
            let window = 0.42 - 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos();
            *value = note.frames.get(range.start + n).map_or(0.0, |f| f64::from(f[channel])) * window;
        }
        fft.process(&mut input, &mut output).expect("the buffers are the plan's own");
        for (sum, value) in power.iter_mut().zip(&output) {
            *sum += value.norm_sqr();
        }
    }
    power
}

#[cfg(test)]
mod tests {
    use super::super::signal::harmonics;
    use super::*;

    #[test]
    fn a_tone_is_found_to_a_tenth_of_a_cent() {
        for (f0, off) in [(261.6256, 0.0), (261.6256, 7.0), (65.4064, -12.0), (1_046.5, 0.5)] {
            let hz = f0 * 2f64.powf(off / 1200.0);
            let found = cents(&Note::new(harmonics(hz, 10, 0.2, 2.5), None), f0).unwrap();
            assert!((found - off).abs() < 0.1, "{off}: {found}");
        }
    }

    #[test]
    fn silence_has_no_pitch() {
        assert_eq!(cents(&Note::new(vec![[0.0; 2]; 100_000], None), 440.0), None);
    }
}
