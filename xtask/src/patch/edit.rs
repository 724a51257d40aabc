//! One edit of another crate's file, and how edits are applied.
//!
//! Lines are numbered from 1 in the *untouched* file, whatever other edits do. An edit names lines
//! instead of quoting them: none of the original's text is repeated here.

use std::ops::RangeInclusive;

/// A crate whose source is edited.
pub(crate) struct CrateEdits {
    /// The crate's name in the registry.
    pub(crate) name: &'static str,
    /// The exact version that the line numbers belong to.
    pub(crate) version: &'static str,
    /// The edited files.
    pub(crate) files: &'static [FileEdits],
}

/// The edits of one file.
pub(crate) struct FileEdits {
    /// Path inside the crate, with `/`.
    pub(crate) path: &'static str,
    /// SHA-256 of the untouched file, lower-case hex.
    pub(crate) sha256: &'static str,
    /// The edits, in any order; they may not overlap.
    pub(crate) edits: &'static [Edit],
}

/// One edit, with the name under which `docs/framework.md` explains it.
pub(crate) struct Edit {
    /// The defect's name, such as `D1`.
    pub(crate) why: &'static str,
    /// What is done.
    pub(crate) change: Change,
}

/// What an edit does.
pub(crate) enum Change {
    /// These lines give way to this text (empty: they are removed).
    Replace(RangeInclusive<usize>, &'static str),
    /// This text comes behind this line.
    Insert(usize, &'static str),
    /// These lines go behind that line.
    Move(RangeInclusive<usize>, usize),
}

impl Edit {
    /// Replaces `lines` by `text`.
    pub(crate) const fn replace(why: &'static str, lines: RangeInclusive<usize>, text: &'static str) -> Self {
        Self { why, change: Change::Replace(lines, text) }
    }

    /// Inserts `text` behind `line`.
    pub(crate) const fn insert(why: &'static str, line: usize, text: &'static str) -> Self {
        Self { why, change: Change::Insert(line, text) }
    }

    /// Moves `lines` behind the line `behind`.
    pub(crate) const fn move_lines(why: &'static str, lines: RangeInclusive<usize>, behind: usize) -> Self {
        Self { why, change: Change::Move(lines, behind) }
    }
}

/// Applies `edits` to the text of an untouched file. `Err` says which edit does not fit.
pub(crate) fn apply(original: &str, edits: &[Edit]) -> Result<String, String> {
    let lines: Vec<&str> = original.lines().collect();
    let mut gone = vec![false; lines.len()];
    // What comes behind line n stands at [n]; [0] is the head of the file.
    let mut behind = vec![String::new(); lines.len() + 1];

    for edit in edits {
        match &edit.change {
            Change::Replace(range, text) => {
                take(&mut gone, range, edit.why)?;
                push_block(&mut behind[*range.start() - 1], text);
            }
            Change::Insert(line, text) => push_block(place(&mut behind, *line, edit.why)?, text),
            Change::Move(range, line) => {
                take(&mut gone, range, edit.why)?;
                let target = place(&mut behind, *line, edit.why)?;
                for moved in &lines[*range.start() - 1..*range.end()] {
                    push_line(target, moved);
                }
            }
        }
    }

    let mut edited = std::mem::take(&mut behind[0]);
    for (index, line) in lines.iter().enumerate() {
        if !gone[index] {
            push_line(&mut edited, line);
        }
        edited.push_str(&behind[index + 1]);
    }
    Ok(edited)
}

/// Marks the lines of `range` as taken out of the file.
fn take(gone: &mut [bool], range: &RangeInclusive<usize>, why: &str) -> Result<(), String> {
    if *range.start() == 0 || range.start() > range.end() || *range.end() > gone.len() {
        return Err(format!("{why}: lines {range:?} lie outside a file of {} lines", gone.len()));
    }
    for line in range.clone() {
        if std::mem::replace(&mut gone[line - 1], true) {
            return Err(format!("{why}: line {line} is edited twice"));
        }
    }
    Ok(())
}

/// The place behind `line`.
fn place<'a>(behind: &'a mut [String], line: usize, why: &str) -> Result<&'a mut String, String> {
    let count = behind.len() - 1;
    behind.get_mut(line).ok_or_else(|| format!("{why}: line {line} lies outside a file of {count} lines"))
}

/// Appends a text of ours, whose first and last line ends may come from how it is quoted.
fn push_block(target: &mut String, text: &str) {
    let text = text.strip_prefix('\n').unwrap_or(text).trim_end();
    if !text.is_empty() {
        push_line(target, text);
    }
}

/// Appends a line and its end.
fn push_line(target: &mut String, line: &str) {
    target.push_str(line);
    target.push('\n');
}

#[cfg(test)]
mod tests {
    use super::{Edit, apply};

    const FILE: &str = "one\ntwo\n\nfour\n";

    #[test]
    fn replaces_inserts_and_moves_by_the_untouched_numbers() {
        let edits =
            [Edit::insert("a", 4, "five"), Edit::replace("b", 1..=1, "1\n1.5"), Edit::move_lines("c", 2..=3, 4)];
        assert_eq!(apply(FILE, &edits).unwrap(), "1\n1.5\nfour\nfive\ntwo\n\n");
    }

    #[test]
    fn an_empty_replacement_removes() {
        assert_eq!(apply(FILE, &[Edit::replace("a", 2..=3, "")]).unwrap(), "one\nfour\n");
    }

    #[test]
    fn says_which_edit_does_not_fit() {
        let twice = [Edit::replace("a", 1..=2, ""), Edit::replace("b", 2..=2, "")];
        assert_eq!(apply(FILE, &twice).unwrap_err(), "b: line 2 is edited twice");
        assert!(apply(FILE, &[Edit::insert("c", 5, "x")]).unwrap_err().starts_with("c: line 5"));
        assert!(apply(FILE, &[Edit::replace("d", 4..=5, "x")]).unwrap_err().starts_with("d: lines 4..=5"));
    }
}
