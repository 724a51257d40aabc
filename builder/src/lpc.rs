//! Linear prediction: what of a signal its own past does not explain, such as clicks.

/// What is left of a signal when each frame is predicted from the `ORDER` before it (autocorrelation
/// method, Levinson's recursion; Makhoul, Linear Prediction: A Tutorial Review, 1975).
pub(crate) fn residual<const ORDER: usize>(signal: &[f64]) -> Vec<f64> {
    let correlation = |lag: usize| -> f64 {
        let later = signal.get(lag..).unwrap_or_default();
        later.iter().zip(signal).map(|(a, b)| a * b).sum()
    };
    // a[0], which is 1, is left out.
    let mut a = [0.0; ORDER];
    // A touch of white noise keeps the recursion sane on pure tones.
    let mut error = correlation(0) * (1.0 + 1e-9) + 1e-12;
    let r: [f64; ORDER] = std::array::from_fn(|i| correlation(i + 1));
    for i in 0..ORDER {
        let explained: f64 = (0..i).map(|j| a[j] * r[i - j - 1]).sum();
        let k = -(r[i] + explained) / error;
        let before = a;
        for j in 0..i {
            a[j] = before[j] + k * before[i - j - 1];
        }
        a[i] = k;
        error *= 1.0 - k * k;
    }
    let unexplained = |n: usize| signal[n] + (1..=ORDER.min(n)).map(|j| a[j - 1] * signal[n - j]).sum::<f64>();
    (0..signal.len()).map(unexplained).collect()
}

#[cfg(test)]
mod tests {
    use super::residual;

    #[test]
    fn a_resonance_is_explained_and_a_click_in_it_is_not() {
        let mut signal = vec![0.0; 4000];
        signal[0] = 1.0;
        for n in 2..signal.len() {
            signal[n] = 1.8 * signal[n - 1] - 0.95 * signal[n - 2] + if n % 200 == 0 { 1.0 } else { 0.0 };
        }
        signal[2050] += 0.5;
        let left = residual::<24>(&signal);
        assert!((left[2050].abs() - 0.5).abs() < 0.05, "{}", left[2050]);
        assert!(left[2100..2190].iter().all(|v| v.abs() < 0.05));
    }

    #[test]
    fn nothing_and_next_to_nothing_are_no_obstacle() {
        assert!(residual::<24>(&[]).is_empty());
        assert_eq!(residual::<24>(&[0.0; 10]), [0.0; 10]);
    }
}
