//! Typed, checked access to the fields of a JSON object, with errors that say where.

use serde_json::{Map, Value};

use super::RecipeError;

/// A JSON object whose keys are all known.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    place: String,
}

/// A list and where it stands.
pub(super) struct Items<'a> {
    pub(super) values: &'a [Value],
    pub(super) place: String,
}

impl<'a> Fields<'a> {
    /// Checks that `value` is an object with no keys but `known`.
    pub(super) fn of(value: &'a Value, place: String, known: &[&'static str]) -> Result<Fields<'a>, RecipeError> {
        let Some(object) = value.as_object() else {
            return Err(RecipeError::BadValue { place, expected: "a JSON object".into(), found: found(value) });
        };
        match object.keys().find(|k| !known.contains(&k.as_str())) {
            Some(key) => Err(RecipeError::UnknownKey { key: key.clone(), place, nearest: nearest(key, known) }),
            None => Ok(Fields { object, place }),
        }
    }

    /// The value of a key; `null` counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|v| !v.is_null())
    }

    pub(super) fn missing(&self, key: &'static str) -> RecipeError {
        RecipeError::Missing { place: self.place.clone(), key }
    }

    /// The error for what stands at `key`.
    pub(super) fn bad(&self, key: &str, expected: &str) -> RecipeError {
        RecipeError::BadValue {
            place: format!("\"{key}\" in {}", self.place),
            expected: expected.into(),
            found: self.object.get(key).map_or_else(|| "nothing".into(), found),
        }
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, RecipeError> {
        self.get(key).map(|v| v.as_str().map(str::to_owned).ok_or_else(|| self.bad(key, "a text"))).transpose()
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, RecipeError> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let texts = value.as_array().map(|a| a.iter().map(|v| v.as_str().map(str::to_owned)).collect());
        texts.flatten().ok_or_else(|| self.bad(key, "a list of texts"))
    }

    pub(super) fn switch(&self, key: &str, default: bool) -> Result<bool, RecipeError> {
        self.get(key).map_or(Ok(default), |v| v.as_bool().ok_or_else(|| self.bad(key, "true or false")))
    }

    pub(super) fn number(&self, key: &str, default: f64, min: f64, max: f64) -> Result<f64, RecipeError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        let inside = value.as_f64().filter(|n| (min..=max).contains(n));
        inside.ok_or_else(|| self.bad(key, &format!("a number from {min} to {max}")))
    }

    pub(super) fn whole(&self, key: &str, min: u64, max: u64) -> Result<Option<u64>, RecipeError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let inside = value.as_u64().filter(|n| (min..=max).contains(n));
        inside.map(Some).ok_or_else(|| self.bad(key, &format!("a whole number from {min} to {max}")))
    }

    /// A list of numbers, `count` of them (0: any number). Where both ends of the range are over 1
    /// or the list is of keys, only whole numbers pass: `at` is the one list of fractions.
    pub(super) fn numbers(
        &self,
        key: &str,
        count: usize,
        min: f64,
        max: f64,
        expected: &str,
    ) -> Result<Option<Vec<f64>>, RecipeError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let whole = max > 1.0;
        let numbers: Option<Vec<f64>> = value.as_array().and_then(|list| {
            let inside = |n: &f64| (min..=max).contains(n) && (!whole || n.fract() == 0.0);
            list.iter().map(|v| v.as_f64().filter(inside)).collect()
        });
        let fits = numbers.filter(|n| count == 0 || n.len() == count);
        fits.map(Some).ok_or_else(|| self.bad(key, expected))
    }

    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&'static str, T)]) -> Result<Option<T>, RecipeError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let known = value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        let expected = || words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ");
        known.map(|(_, value)| Some(*value)).ok_or_else(|| self.bad(key, &expected()))
    }

    pub(super) fn list(&self, key: &str) -> Result<Option<Items<'a>>, RecipeError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let values = value.as_array().ok_or_else(|| self.bad(key, "a list"))?;
        Ok(Some(Items { values, place: key.into() }))
    }
}

/// A value for an error message, shortened.
fn found(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The known key with the smallest edit distance.
fn nearest(key: &str, known: &[&'static str]) -> &'static str {
    known.iter().min_by_key(|k| edit_distance(&key.to_lowercase(), k)).expect("some key is known")
}

/// Levenshtein's distance, with a swap of neighbours as one edit.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().collect());
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}
