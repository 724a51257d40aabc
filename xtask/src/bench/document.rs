//! Tables in a document: what a command measured stands between two lines that name the command.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::Error;
use crate::workspace;

/// Where the figures of speed are kept.
pub(super) const PERFORMANCE: &str = "docs/performance.md";

/// Puts `content` between the marks of `part` in `docs/performance.md`; at its end where it has none.
pub(super) fn put(part: &str, command: &str, content: &str) -> Result<(), Error> {
    let path = workspace::root().join(PERFORMANCE);
    let before = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => "# Speed\n".to_owned(),
        other => other.map_err(|error| Error::file("read", &path, error))?,
    };
    save(&path, &replaced(&before, part, command, content))?;
    println!("\n{PERFORMANCE}: {part}");
    Ok(())
}

fn save(path: &Path, text: &str) -> Result<(), Error> {
    workspace::write(path, text.as_bytes())
}

fn replaced(document: &str, part: &str, command: &str, content: &str) -> String {
    let (begin, end) = (format!("<!-- {part}: begin"), format!("<!-- {part}: end -->"));
    let new = format!("{begin} ({command} writes what follows) -->\n\n{}\n\n{end}", content.trim());
    match (document.find(&begin), document.find(&end)) {
        (Some(from), Some(to)) if from < to => {
            format!("{}{new}{}", &document[..from], &document[to + end.len()..])
        }
        _ => format!("{}\n\n{new}\n", document.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn a_part_is_replaced_and_all_else_stays() {
        let first = replaced("# Title\n\nText.\n", "peers", "cargo a", "one");
        let both = replaced(&first, "scale", "cargo b", "two");
        let again = replaced(&format!("{both}\nMore.\n"), "peers", "cargo a", "three");
        assert!(again.starts_with("# Title\n\nText.\n") && again.ends_with("\nMore.\n"));
        assert!(again.contains("three") && again.contains("two") && !again.contains("one"));
        assert_eq!(again.matches("peers: begin (cargo a writes").count(), 1);
    }
}
