//! Where on the frequency scale a sound has its weight: quantiles over ERB numbers.

use super::erb::BANDS;
use super::spectrogram::Spectrogram;

/// Quantiles: 5, 10 … 95 %.
pub const QUANTILES: usize = 19;
/// The power's exponent: nearer to loudness than to energy.
const EXPONENT: f64 = 0.3;
/// What lies this far under the loudest band has no weight.
const FLOOR: f64 = 1e-6;
/// Columns 60 ms to 1.5 s after the onset.
const COLUMNS: std::ops::Range<usize> = 3..75;

/// The ERB numbers under which 5 … 95 % of the weight lies; `None` in silence.
pub fn quantiles(sound: &Spectrogram) -> Option<[f64; QUANTILES]> {
    let power = sound.mean_bands(COLUMNS);
    let floor = FLOOR * power.iter().copied().fold(0.0, f64::max);
    let mass = power.map(|p| (p - floor).max(0.0).powf(EXPONENT));
    let total: f64 = mass.iter().sum();
    if total <= 0.0 {
        return None;
    }
    Some(std::array::from_fn(|q| {
        let mut rest = total * (q + 1) as f64 / (QUANTILES + 1) as f64;
        for (band, m) in mass.iter().enumerate() {
            if rest <= *m && *m > 0.0 {
                // Band b begins at ERB number b + 1.
                return (band + 1) as f64 + rest / m;
            }
            rest -= m;
        }
        (BANDS + 1) as f64
    }))
}

/// The RMS distance of two sets of quantiles, in ERB.
pub fn distance(a: &[f64; QUANTILES], b: &[f64; QUANTILES]) -> f64 {
    super::stats::rms(a.iter().zip(b).map(|(x, y)| x - y))
}

#[cfg(test)]
mod tests {
    use super::super::erb;
    use super::super::signal::sine;
    use super::*;

    #[test]
    fn a_tone_has_all_its_weight_in_its_band() {
        let q = quantiles(&Spectrogram::new(&sine(1_000.0, 0.5, 3.0), 4_800)).unwrap();
        let number = erb::number(1_000.0).floor();
        assert!(q.iter().all(|v| (number..=number + 1.0).contains(v)), "{q:?}");
        let up = quantiles(&Spectrogram::new(&sine(erb::hz(erb::number(1_000.0) + 5.0), 0.5, 3.0), 4_800)).unwrap();
        assert!((distance(&q, &up) - 5.0).abs() < 0.05, "{}", distance(&q, &up));
        assert!(quantiles(&Spectrogram::new(&[], 0)).is_none());
    }
}
