//! What commands print.

use std::error::Error;
use std::io::{self, Write};

/// An error and its sources as one line: `what: why: why`. A source whose text its parent already
/// says is left out.
pub fn one_line(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let why = inner.to_string();
        if !text.contains(&why) {
            text.push_str(": ");
            text.push_str(&why);
        }
        source = inner.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Prints one JSON object on stdout.
///
/// # Errors
/// When stdout can't be written; a reader that has gone away is no error.
pub fn json(value: &serde_json::Value) -> io::Result<()> {
    text(&format!("{value:#}\n"))
}

/// Prints one JSON object on a single line: what programs read as the last line of stdout.
///
/// # Errors
/// As [`json`].
pub fn json_line(value: &serde_json::Value) -> io::Result<()> {
    text(&format!("{value}\n"))
}

/// Prints text on stdout.
///
/// # Errors
/// As [`json`].
pub fn text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn an_error_becomes_one_line_without_repetition() {
        #[derive(Debug)]
        struct Outer(std::io::Error, &'static str);
        impl std::fmt::Display for Outer {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.1)
            }
        }
        impl std::error::Error for Outer {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
        let why = || std::io::Error::other("no\nroom");
        assert_eq!(one_line(&Outer(why(), "disk")), "disk: no room");
        assert_eq!(one_line(&Outer(why(), "disk: no\nroom")), "disk: no room");
    }
}
