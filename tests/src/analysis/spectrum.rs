//! Short-time spectra, and the distance of two sounds.

use super::{db, level};
use realfft::RealFftPlanner;

/// Magnitudes of the spectrum of `samples` under a Blackman–Harris window, `size / 2 + 1` bins,
/// scaled so that a sine of amplitude 1 reads 1. `size` is at least the number of samples; the rest
/// is zeros.
pub fn magnitudes(samples: &[f32], size: usize) -> Vec<f64> {
    let n = samples.len() as f64;
    let mut input = vec![0.0; size];
    let mut sum = 0.0;
    for (i, (out, sample)) in input.iter_mut().zip(samples).enumerate() {
        // Four-term Blackman–Harris (Harris 1978), −92 dB sidelobes.
        let p = std::f64::consts::TAU * (i as f64 + 0.5) / n;
        let w = 0.35875 - 0.48829 * p.cos() + 0.14128 * (2.0 * p).cos() - 0.01168 * (3.0 * p).cos();
        sum += w;
        *out = f64::from(*sample) * w;
    }
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(size);
    let mut output = fft.make_output_vec();
    if fft.process(&mut input, &mut output).is_err() {
        unreachable!("both buffers were made for this transform");
    }
    output.iter().map(|c| 2.0 * c.norm() / sum.max(1e-12)).collect()
}

/// Level in dB in bands of a third of an octave from 50 Hz up to 16 kHz (or half the rate), of one
/// stretch of sound; silence is −120.
pub fn third_octaves_db(samples: &[f32], sample_rate_hz: f64) -> Vec<f64> {
    let size = samples.len().next_power_of_two();
    let spectrum = magnitudes(samples, size);
    let edge = |band: f64| 50.0 * 2f64.powf((band - 0.5) / 3.0);
    let top = 16_000f64.min(sample_rate_hz * 0.45);
    (0..)
        .map(f64::from)
        .take_while(|b| edge(b + 1.0) <= top)
        .map(|b| {
            let bin = |hz: f64| (hz * size as f64 / sample_rate_hz).round() as usize;
            let energy: f64 =
                spectrum[bin(edge(b))..bin(edge(b + 1.0)).max(bin(edge(b)) + 1)].iter().map(|m| m * m).sum();
            (10.0 * energy.log10()).max(-120.0)
        })
        .collect()
}

/// A sound's fingerprint: level and third-octave levels of consecutive stretches. What golden
/// renders are compared by, so that another processor's last bit is no difference.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint {
    /// Length of a stretch in seconds.
    pub stretch_seconds: f64,
    /// RMS of each stretch in dBFS, −120 for silence.
    pub level_db: Vec<f64>,
    /// Third-octave levels of each stretch.
    pub bands_db: Vec<Vec<f64>>,
}

impl Fingerprint {
    /// Of a mono signal.
    pub fn of(samples: &[f32], sample_rate_hz: f64, stretch_seconds: f64) -> Fingerprint {
        let stretch = (stretch_seconds * sample_rate_hz) as usize;
        let rounded = |v: f64| (v * 100.0).round() / 100.0;
        let (mut level_db, mut bands_db) = (Vec::new(), Vec::new());
        for part in samples.chunks_exact(stretch) {
            level_db.push(rounded(db(level::rms(part)).max(-120.0)));
            bands_db.push(third_octaves_db(part, sample_rate_hz).into_iter().map(rounded).collect());
        }
        Fingerprint { stretch_seconds, level_db, bands_db }
    }

    /// The largest difference in level, and the largest in any band that is within 50 dB of its
    /// stretch's strongest, in dB. ∞ when the shapes differ.
    pub fn distance_db(&self, other: &Fingerprint) -> (f64, f64) {
        if self.level_db.len() != other.level_db.len() || self.bands_db.len() != other.bands_db.len() {
            return (f64::INFINITY, f64::INFINITY);
        }
        let level = self.level_db.iter().zip(&other.level_db).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let mut band: f64 = 0.0;
        for (a, b) in self.bands_db.iter().zip(&other.bands_db) {
            let top = a.iter().copied().fold(-120.0, f64::max);
            if a.len() != b.len() {
                return (level, f64::INFINITY);
            }
            let heard = a.iter().zip(b).filter(|(x, y)| x.max(**y) > (top - 50.0).max(-90.0));
            band = heard.map(|(x, y)| (x - y).abs()).fold(band, f64::max);
        }
        (level, band)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn tone(hz: f64, amplitude: f64) -> Vec<f32> {
        (0..48_000).map(|i| (amplitude * (TAU * hz * f64::from(i) / 48_000.0).sin()) as f32).collect()
    }

    #[test]
    fn a_full_sine_reads_one() {
        let spectrum = magnitudes(&tone(1000.0, 1.0), 1 << 18);
        let top = spectrum.iter().copied().fold(0.0, f64::max);
        assert!((top - 1.0).abs() < 0.01, "{top}");
    }

    #[test]
    fn one_db_more_and_another_timbre_show() {
        let a = Fingerprint::of(&tone(440.0, 0.5), 48_000.0, 0.25);
        let louder = Fingerprint::of(&tone(440.0, 0.5 * 1.122), 48_000.0, 0.25);
        let (level, band) = a.distance_db(&louder);
        assert!((level - 1.0).abs() < 0.05 && (band - 1.0).abs() < 0.05, "{level} {band}");
        let higher = Fingerprint::of(&tone(880.0, 0.5), 48_000.0, 0.25);
        assert!(a.distance_db(&higher).1 > 30.0);
        assert_eq!(a.distance_db(&a), (0.0, 0.0));
    }
}
