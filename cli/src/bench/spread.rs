//! Many measurements as a few numbers.

use serde_json::{Value, json};

/// The value that `share` (0 to 1) of the sorted values do not exceed; NaN of none.
pub fn percentile(sorted: &[f32], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.max(1) - 1).map_or(f64::NAN, |v| f64::from(*v))
}

/// The middle value; NaN of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n => (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0,
    }
}

/// The smallest value; NaN of none.
pub fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::min)
}

/// How block times lie, each as a share of the deadline: 1 is all the time that there is.
#[derive(Debug, Clone, Copy)]
pub struct Shares {
    /// Half of the blocks take no longer.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1000.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

impl Shares {
    /// Of times in µs; sorts them.
    pub fn of(times_us: &mut [f32], deadline_us: f64) -> Shares {
        times_us.sort_by(f32::total_cmp);
        let share = |at| percentile(times_us, at) / deadline_us;
        Shares { p50: share(0.5), p99: share(0.99), p999: share(0.999), max: share(1.0) }
    }

    /// As fields.
    pub fn json(self) -> Value {
        json!({ "p50": self.p50, "p99": self.p99, "p99.9": self.p999, "max": self.max })
    }

    /// As cells of a table, in percent.
    pub fn cells(self) -> String {
        let [p50, p99, p999, max] = [self.p50, self.p99, self.p999, self.max].map(|v| 100.0 * v);
        format!("{p50:.1} % | {p99:.1} % | {p999:.1} % | {max:.1} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_there() {
        let sorted: Vec<f32> = (1..=1000u16).map(f32::from).collect();
        assert_eq!(percentile(&sorted, 0.5), 500.0);
        assert_eq!(percentile(&sorted, 0.999), 999.0);
        assert_eq!(percentile(&sorted, 1.0), 1000.0);
        assert_eq!(percentile(&sorted[..1], 0.5), 1.0);
        assert!(percentile(&[], 0.5).is_nan());
        assert_eq!((median(&[3.0, 1.0]), least(&[3.0, 1.0])), (2.0, 1.0));
    }
}
