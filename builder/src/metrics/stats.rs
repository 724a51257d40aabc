//! Medians, percentiles and decibels.

/// 10 log10 of a power; silence is −300.
pub fn power_db(power: f64) -> f64 {
    10.0 * power.max(1e-30).log10()
}

/// 20 log10 of an amplitude; silence is −300.
pub fn amplitude_db(amplitude: f64) -> f64 {
    20.0 * amplitude.max(1e-15).log10()
}

/// The value under which `share` (0…1) of the values lie, interpolated linearly between them; `None` of nothing.
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = share.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (low, part) = (at as usize, at.fract());
    let high = (low + 1).min(sorted.len() - 1);
    Some(sorted[low] + (sorted[high] - sorted[low]) * part)
}

/// The middle value.
pub fn median(values: &[f64]) -> Option<f64> {
    percentile(values, 0.5)
}

/// The value under which `share` of the weight of `(value, weight)` lies; `None` without weight.
pub fn weighted_percentile(pairs: &[(f64, f64)], share: f64) -> Option<f64> {
    let total: f64 = pairs.iter().map(|p| p.1).sum();
    if total <= 0.0 {
        return None;
    }
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut sum = 0.0;
    for (value, weight) in &sorted {
        sum += weight;
        if sum >= share * total {
            return Some(*value);
        }
    }
    sorted.last().map(|p| p.0)
}

/// The arithmetic mean; 0 of nothing.
pub fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values.into_iter().fold((0.0, 0usize), |(s, n), v| (s + v, n + 1));
    sum / count.max(1) as f64
}

/// The root of the mean square; 0 of nothing.
pub fn rms(values: impl IntoIterator<Item = f64>) -> f64 {
    mean(values.into_iter().map(|v| v * v)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_interpolate_and_weights_count() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&values), Some(2.5));
        assert_eq!(percentile(&values, 1.0), Some(4.0));
        assert_eq!(median(&[]), None);
        assert_eq!(weighted_percentile(&[(1.0, 0.1), (2.0, 0.8), (9.0, 0.1)], 0.5), Some(2.0));
        assert_eq!(weighted_percentile(&[(1.0, 0.1), (2.0, 0.8), (9.0, 0.1)], 0.95), Some(9.0));
    }
}
