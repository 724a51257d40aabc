//! Keys, as the command line gives them.

/// A MIDI key from 0 to 127, or a note like C4 (which is 60), F#3 or Bb-1.
pub(super) fn key(text: &str) -> Result<u8, String> {
    let bad = || format!("{text:?} is no key; write a MIDI key in 0..=127, or a note like C4 (60), F#3 or Bb2");
    let number = text.parse::<i32>().ok().or_else(|| note(text)).ok_or_else(bad)?;
    u8::try_from(number).ok().filter(|key| *key <= 127).ok_or_else(bad)
}

fn note(text: &str) -> Option<i32> {
    let mut rest = text.chars();
    let letter = match rest.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = rest.as_str();
    let (accidental, octave) = match rest.chars().next()? {
        '#' | '♯' => (1, rest.trim_start_matches(['#', '♯'])),
        'b' | '♭' => (-1, rest.trim_start_matches(['b', '♭'])),
        _ => (0, rest),
    };
    let octave = octave.parse::<i32>().ok().filter(|o| (-1..=9).contains(o))?;
    Some(12 * (octave + 1) + letter + accidental)
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn notes_and_numbers_are_keys() {
        for (text, is) in [("60", 60), ("0", 0), ("C4", 60), ("c4", 60), ("F#3", 54), ("Bb-1", 10), ("G9", 127)] {
            assert_eq!(key(text), Ok(is), "{text}");
        }
        for text in ["128", "-1", "G#9", "H3", "C", "", "C44", "4C", "60.5", "é4"] {
            assert!(key(text).is_err_and(|e| e.contains("0..=127") && e.contains("C4")), "{text}");
        }
    }
}
