//! Plain values in JSON.

use serde_json::Value;

use crate::params::{Kind, Param};

/// The plain value that `json` stands for, in range; `None` when it is of another type or no word of the choice.
pub(super) fn plain(param: Param, json: &Value) -> Option<f64> {
    let value = match (param.spec().kind, json) {
        (Kind::Choice(words), Value::String(word)) => words.iter().position(|w| w == word)? as f64,
        (Kind::Switch, Value::Bool(on)) => f64::from(u8::from(*on)),
        (Kind::Float { .. } | Kind::Int { .. }, Value::Number(number)) => number.as_f64()?,
        (Kind::Float { min, .. }, Value::String(word)) if word == "-inf" && min == f64::NEG_INFINITY => min,
        _ => return None,
    };
    (!value.is_nan()).then(|| param.clamp(value))
}

/// The JSON of a plain value in range.
pub(super) fn json(param: Param, plain: f64) -> Value {
    match param.spec().kind {
        Kind::Choice(words) => words[plain as usize].into(),
        Kind::Switch => (plain >= 0.5).into(),
        Kind::Int { .. } => (plain as i64).into(),
        Kind::Float { .. } if plain == f64::NEG_INFINITY => "-inf".into(),
        Kind::Float { .. } if plain.fract() == 0.0 && plain.abs() < 1e9 => (plain as i64).into(),
        Kind::Float { .. } => plain.into(),
    }
}

/// A value for a message: short, whatever it is.
pub(super) fn describe(json: &Value) -> String {
    let text = match json {
        Value::Array(_) => return "a list".to_owned(),
        Value::Object(_) => return "an object".to_owned(),
        other => other.to_string(),
    };
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
