//! Figures that are taken once in every pass.

/// The values of all passes, by what they are of, in the order in which each first came.
pub(super) struct Samples<K> {
    rows: Vec<(K, Vec<f64>)>,
}

/// What is kept of the passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// The middle value; of an even number the mean of the two in the middle.
    pub(super) median: f64,
    /// The smallest value.
    pub(super) min: f64,
}

impl<K: PartialEq> Samples<K> {
    pub(super) fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a pass' value.
    pub(super) fn add(&mut self, key: K, value: f64) {
        match self.rows.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value),
            None => self.rows.push((key, vec![value])),
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<Spread> {
        self.rows.iter().find(|(known, _)| known == key).and_then(|(_, values)| Spread::of(values))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.rows.iter().map(|(key, _)| key)
    }
}

impl Spread {
    /// `None` of no values.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
        Some(Self { median: (low + high) / 2.0, min: sorted[0] })
    }

    /// A place between two spreads: 0 is this one, 1 the other.
    pub(super) fn towards(self, other: Self, way: f64) -> Self {
        let mix = |a: f64, b: f64| a + (b - a) * way;
        Self { median: mix(self.median, other.median), min: mix(self.min, other.min) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Samples, Spread};

    #[test]
    fn medians_and_minima_are_of_each_key_alone() {
        let mut samples = Samples::new();
        for (key, value) in [("a", 3.0), ("b", 10.0), ("a", 1.0), ("a", 2.0), ("b", 20.0)] {
            samples.add(key, value);
        }
        assert_eq!(samples.get(&"a"), Some(Spread { median: 2.0, min: 1.0 }));
        assert_eq!(samples.get(&"b"), Some(Spread { median: 15.0, min: 10.0 }));
        assert_eq!(samples.get(&"c"), None);
        assert_eq!(samples.keys().collect::<Vec<_>>(), [&"a", &"b"]);
        assert_eq!(Spread::of(&[]), None);
    }
}
