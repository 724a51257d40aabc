//! Values as text, and text as values. A bare number is in the table's unit; units may follow with
//! or without a space; `−` and `-` are the same, and so are `∞` and `inf`.

use super::{Kind, Param, Unit};

/// Why a text is no value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not a number with a known unit.
    #[error("\"{text}\" is no value of {id}: expected {expected}")]
    NotAValue {
        /// The parameter's id.
        id: &'static str,
        /// What was given.
        text: String,
        /// What would do.
        expected: String,
    },
}

impl Param {
    /// The plain value as people read it: `50 %`, `-3.0 dB`, `1.20 s`, `2.40 kHz`, `30L`, `LP`.
    pub fn format(self, plain: f64) -> String {
        let plain = self.clamp(plain);
        match self.spec().kind {
            Kind::Choice(words) => words[plain as usize].to_owned(),
            Kind::Switch => if plain < 0.5 { "Off" } else { "On" }.to_owned(),
            Kind::Int { unit, .. } | Kind::Float { unit, .. } => format_unit(plain, unit),
        }
    }

    /// The plain value of a text, clamped into the range.
    ///
    /// # Errors
    /// [`ParseError`] when the text is no number in a unit of this parameter, or none of its words.
    pub fn parse(self, text: &str) -> Result<f64, ParseError> {
        let cleaned = text.trim().replace(['−', '–'], "-").replace('∞', "inf").replace('\u{2009}', " ").to_lowercase();
        let value = match self.spec().kind {
            Kind::Choice(words) => words.iter().position(|w| w.to_lowercase() == cleaned).map(|i| i as f64),
            Kind::Switch => match cleaned.as_str() {
                "on" | "true" | "1" | "yes" => Some(1.0),
                "off" | "false" | "0" | "no" => Some(0.0),
                _ => None,
            },
            Kind::Int { unit, .. } | Kind::Float { unit, .. } => parse_unit(&cleaned, unit),
        };
        match value {
            Some(v) if !v.is_nan() => Ok(self.clamp(v)),
            _ => Err(ParseError::NotAValue { id: self.id(), text: text.to_owned(), expected: self.expected() }),
        }
    }

    fn expected(self) -> String {
        match self.spec().kind {
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
            Kind::Switch => "On or Off".to_owned(),
            _ => {
                let (min, max) = self.range();
                format!("{} to {}", self.format(min), self.format(max))
            }
        }
    }
}

/// At most `decimals`, without trailing zeros, and never `-0`.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Three significant digits for values of 1 and more, two decimals below.
fn significant(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 99.95 {
        format!("{value:.0}")
    } else if magnitude >= 9.995 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

fn format_seconds(seconds: f64) -> String {
    if seconds >= 0.9995 {
        format!("{} s", significant(seconds))
    } else {
        let ms = seconds * 1e3;
        format!("{} ms", trimmed(ms, if ms < 9.995 { 2 } else { usize::from(ms < 99.95) }))
    }
}

fn format_unit(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Fraction => format!("{} %", trimmed(value * 100.0, 1)),
        Unit::Percent => format!("{} %", trimmed(value, 1)),
        Unit::Pan => {
            let side = trimmed(value.abs(), 1);
            if side == "0" { "C".to_owned() } else { format!("{side}{}", if value < 0.0 { 'L' } else { 'R' }) }
        }
        Unit::Db if value == f64::NEG_INFINITY => "-inf dB".to_owned(),
        Unit::Db => {
            let text = format!("{value:.1}");
            format!("{} dB", if text == "-0.0" { "0.0" } else { &text })
        }
        Unit::Milliseconds => format_seconds(value / 1e3),
        Unit::Seconds => format_seconds(value),
        Unit::Hz if value >= 999.5 => format!("{} kHz", significant(value / 1e3)),
        Unit::Hz => format!("{} Hz", trimmed(value, usize::from(value < 99.95))),
        Unit::Semitones => format!("{} st", trimmed(value, 2)),
        Unit::Cents => format!("{} ct", trimmed(value, 1)),
        Unit::None => trimmed(value, 0),
    }
}

fn parse_unit(text: &str, unit: Unit) -> Option<f64> {
    if unit == Unit::Pan {
        if matches!(text, "c" | "center" | "centre") {
            return Some(0.0);
        }
        if let Some(left) = text.strip_suffix('l') {
            return left.trim().parse::<f64>().ok().map(|v| -v);
        }
        if let Some(right) = text.strip_suffix('r') {
            return right.trim().parse().ok();
        }
    }
    let (number, suffix) = match text.find("inf") {
        Some(at) => text.split_at(at + 3),
        None => text.split_at(number_len(text)),
    };
    let number: f64 = number.trim_start_matches('+').parse().ok()?;
    let suffix = suffix.trim();
    let scale = match (unit, suffix) {
        (_, "") => {
            // A bare 70 for X can only mean percent: its plain values end at 1. A little more than 1 is 1.
            if unit == Unit::Fraction && number.abs() >= 2.0 { 0.01 } else { 1.0 }
        }
        (Unit::Fraction, "%") => 0.01,
        (Unit::Percent | Unit::Pan, "%") => 1.0,
        (Unit::Db, "db") => 1.0,
        (Unit::Milliseconds, "ms") | (Unit::Seconds, "s" | "sec") => 1.0,
        (Unit::Milliseconds, "s" | "sec") => 1e3,
        (Unit::Seconds, "ms") => 1e-3,
        (Unit::Hz, "hz") => 1.0,
        (Unit::Hz, "khz" | "k") => 1e3,
        (Unit::Semitones, "st" | "semitones") => 1.0,
        (Unit::Semitones, "ct" | "cents") => 0.01,
        (Unit::Cents, "ct" | "cents") => 1.0,
        (Unit::Cents, "st" | "semitones") => 100.0,
        _ => return None,
    };
    // Dividing keeps "70 %" at exactly 0.7.
    Some(if scale < 1.0 { number / (1.0_f64 / scale).round() } else { number * scale })
}

/// How much of a text is its number: digits, and an exponent if one follows.
fn number_len(text: &str) -> usize {
    let count = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mantissa = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let Some(exponent) = text[mantissa..].strip_prefix('e') else { return mantissa };
    let sign = usize::from(exponent.starts_with(['+', '-']));
    match count(&exponent[sign..]) {
        0 => mantissa,
        digits => mantissa + 1 + sign + digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_parses_what_it_prints() {
        for param in Param::all() {
            for i in 0..=200 {
                let text = param.format(param.denormalise(f64::from(i) / 200.0));
                let again = param.format(param.parse(&text).unwrap_or_else(|e| panic!("{e}")));
                assert_eq!(text, again, "{}", param.id());
            }
        }
    }

    #[test]
    fn units_are_understood_as_musicians_write_them() {
        for (param, text, value) in [
            (Param::X, "1.0001", 1.0),
            (Param::X, "70", 0.7),
            (Param::Attack, "1e-3", 0.001),
            (Param::Cutoff, "1.2e3", 1200.0),
            (Param::Cutoff, "1e3 Hz", 1000.0),
            (Param::X, "70 %", 0.7),
            (Param::X, "0.7", 0.7),
            (Param::X, "70", 0.7),
            (Param::Gain, "−∞", f64::NEG_INFINITY),
            (Param::Gain, "-inf dB", f64::NEG_INFINITY),
            (Param::Gain, "-3db", -3.0),
            (Param::Gain, "+3 dB", 3.0),
            (Param::Attack, "250ms", 0.25),
            (Param::Attack, "0.5", 0.5),
            (Param::Attack, "2 s", 2.0),
            (Param::GlideXy, "10", 10.0),
            (Param::GlideXy, "1 s", 1000.0),
            (Param::Cutoff, "2.4k", 2400.0),
            (Param::Cutoff, "2.4 kHz", 2400.0),
            (Param::Cutoff, "440 Hz", 440.0),
            (Param::Pan, "30L", -30.0),
            (Param::Pan, "C", 0.0),
            (Param::Pan, "-30 %", -30.0),
            (Param::Tune, "−12", -12.0),
            (Param::Fine, "4 ct", 4.0),
            (Param::Filter, "lp", 1.0),
            (Param::Reverse, "On", 1.0),
            (Param::Voices, "1000", 128.0),
        ] {
            assert_eq!(param.parse(text), Ok(value), "{} {text}", param.id());
        }
    }

    #[test]
    fn nonsense_is_refused_with_what_would_do() {
        for (param, text) in
            [(Param::Gain, "loud"), (Param::Gain, ""), (Param::Cutoff, "3 dB"), (Param::X, "NaN"), (Param::Mode, "Duo")]
        {
            assert!(param.parse(text).is_err(), "{} {text}", param.id());
        }
        assert_eq!(
            Param::Filter.parse("notch").unwrap_err().to_string(),
            "\"notch\" is no value of filter: expected one of Off, LP, BP, HP"
        );
    }
}
