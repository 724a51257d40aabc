//! Numbers of the command line.

/// A parser of numbers from `low` to `high`; what lies outside, and what is no number, is an error that
/// names both.
pub(crate) fn between(low: f64, high: f64) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
    move |text| {
        let value = text.parse().ok().filter(|value| (low..=high).contains(value));
        value.ok_or_else(|| format!("expected a number from {low} to {high}"))
    }
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn only_numbers_inside_are_taken() {
        let parse = between(0.5, 2.0);
        for (text, is) in [("0.5", 0.5), ("2", 2.0), ("1e0", 1.0)] {
            assert_eq!(parse(text), Ok(is));
        }
        for text in ["nan", "inf", "-inf", "-1", "0", "0.49", "2.01", "1e300", "", "one"] {
            assert_eq!(parse(text), Err("expected a number from 0.5 to 2".into()), "{text}");
        }
    }
}
