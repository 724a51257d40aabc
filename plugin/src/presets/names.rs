//! File names that every system takes.

/// Longest name, in bytes, so that a number and the extension find room everywhere.
const MAX_BYTES: usize = 120;
/// Names that Windows keeps for devices, with any extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// A file's name, without extension, for what people call something.
pub(super) fn safe(name: &str) -> String {
    let bad = |c: char| c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*');
    let mut text: String = name.chars().map(|c| if bad(c) { '-' } else { c }).collect();
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    // A leading dot hides a file; dots and spaces at the end are lost on Windows.
    let text = text.trim_start_matches(|c: char| c == '.' || c.is_whitespace());
    let text = text.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let stem = text.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let port = |kind: &str| stem.strip_prefix(kind).is_some_and(|n| n.chars().count() == 1 && n != "0");
    if text.is_empty() {
        "Preset".to_owned()
    } else if DEVICES.contains(&stem.as_str()) || port("com") || port("lpt") {
        format!("_{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn names_become_files_on_all_systems() {
        for (name, file) in [
            ("Glass Choir", "Glass Choir"),
            ("  a/b\\c:d*?\"<>|\n ", "a-b-c-d-------"),
            ("../../etc/passwd", "-..-etc-passwd"),
            (".hidden", "hidden"),
            ("end. . .", "end"),
            ("", "Preset"),
            ("...", "Preset"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("Com1", "_Com1"),
            ("Command", "Command"),
            ("Größe 大", "Größe 大"),
        ] {
            assert_eq!(safe(name), file, "{name:?}");
        }
        let long = safe(&"大".repeat(1000));
        assert!(long.len() <= 120 && long.chars().all(|c| c == '大'));
    }
}
