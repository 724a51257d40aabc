//! The ERB-number scale (Glasberg & Moore 1990), and the 40 bands on it that most quantities use.

/// How many bands there are: band `b` holds ERB numbers `b + 1` to `b + 2`, 26 Hz to 18.6 kHz in all.
pub const BANDS: usize = 40;

/// The ERB number of a frequency.
pub fn number(hz: f64) -> f64 {
    21.4 * (1.0 + 0.00437 * hz).log10()
}

/// The frequency of an ERB number.
pub fn hz(number: f64) -> f64 {
    (10f64.powf(number / 21.4) - 1.0) / 0.00437
}

/// The band that a frequency lies in.
pub fn band(hz: f64) -> Option<usize> {
    let number = number(hz);
    (1.0..(BANDS + 1) as f64).contains(&number).then(|| number as usize - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_its_own_inverse_and_ends_where_the_bands_end() {
        for f in [26.5, 440.0, 18_000.0] {
            assert!((hz(number(f)) - f).abs() < 1e-6 * f);
        }
        assert!((hz(1.0) - 26.0).abs() < 0.1 && (hz(41.0) - 18_600.0).abs() < 100.0, "{} {}", hz(1.0), hz(41.0));
        assert_eq!((band(25.0), band(26.5), band(18_500.0), band(19_000.0)), (None, Some(0), Some(39), None));
    }
}
