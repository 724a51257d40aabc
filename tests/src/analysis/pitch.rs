//! The pitch of a partial, by interpolation between the bins of a windowed spectrum.

use super::spectrum::magnitudes;

/// The frequency of the strongest partial between `low_hz` and `high_hz`, `None` in silence.
/// With a Gaussian-like window the log magnitudes round a peak lie on a parabola, whose top is
/// found from three bins (Smith, *Spectral Audio Signal Processing*, 2011, "Quadratic interpolation").
pub fn strongest_hz(samples: &[f32], sample_rate_hz: f64, low_hz: f64, high_hz: f64) -> Option<f64> {
    let size = samples.len().next_power_of_two() * 2;
    let spectrum = magnitudes(samples, size);
    let bin = |hz: f64| (hz * size as f64 / sample_rate_hz) as usize;
    let range = bin(low_hz).max(1)..bin(high_hz).min(spectrum.len() - 2) + 1;
    let top = range.max_by(|a, b| spectrum[*a].total_cmp(&spectrum[*b]))?;
    if spectrum[top] < 1e-9 {
        return None;
    }
    let [a, b, c] = [spectrum[top - 1], spectrum[top], spectrum[top + 1]].map(|m| m.max(1e-12).ln());
    let offset = if a - 2.0 * b + c == 0.0 { 0.0 } else { 0.5 * (a - c) / (a - 2.0 * b + c) };
    Some((top as f64 + offset) * sample_rate_hz / size as f64)
}

/// The distance from `from_hz` up to `to_hz` in cents.
pub fn cents(from_hz: f64, to_hz: f64) -> f64 {
    1200.0 * (to_hz / from_hz).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_between_two_bins_is_found_to_a_tenth_of_a_cent() {
        for hz in [440.0, 441.37, 1000.9] {
            let samples: Vec<f32> =
                (0..24_000).map(|i| (std::f64::consts::TAU * hz * f64::from(i) / 48_000.0).sin() as f32).collect();
            let found = strongest_hz(&samples, 48_000.0, 200.0, 2000.0).unwrap();
            assert!(cents(hz, found).abs() < 0.1, "{hz} {found}");
        }
    }

    #[test]
    fn silence_has_no_pitch() {
        assert_eq!(strongest_hz(&[0.0; 4096], 48_000.0, 100.0, 1000.0), None);
    }
}
