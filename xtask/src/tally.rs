//! Counts what test runners report.

/// What passed and what failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests and checks that passed.
    pub(crate) passed: u32,
    /// Those that failed.
    pub(crate) failed: u32,
    /// Those that were left out.
    pub(crate) skipped: u32,
}

impl Tally {
    /// One check.
    pub(crate) fn check(&mut self, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    /// Adds what a line of a test runner's output reports; other lines add nothing.
    ///
    /// `test result: ok. 3 passed; 1 failed; 2 ignored; …` is cargo's; `5 passed, 1 failed, 2 skipped`
    /// alone on a line is ours.
    pub(crate) fn read_line(&mut self, line: &str) {
        let cargo = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "));
        let counts = match cargo {
            Some((_, counts)) => counts.split(';').filter_map(count).collect(),
            None => line.split(',').map(count).collect::<Option<Vec<_>>>().unwrap_or_default(),
        };
        if !counts.iter().any(|(_, word)| *word == "failed") {
            return;
        }
        for (number, word) in counts {
            match word {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" | "skipped" => self.skipped += number,
                _ => {}
            }
        }
    }
}

/// `3 passed` as its two parts; nothing else.
fn count(text: &str) -> Option<(u32, &str)> {
    let (number, word) = text.trim().split_once(' ')?;
    Some((number.parse().ok()?, word))
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    fn count(text: &str) -> String {
        let mut tally = Tally::default();
        text.lines().for_each(|line| tally.read_line(line));
        tally.to_string()
    }

    #[test]
    fn adds_what_runners_report() {
        let text = "running 4 tests\ntest a ... ok\n\
                    test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
                    test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
                    5 passed, 1 failed";
        assert_eq!(count(text), "9 passed, 3 failed, 1 skipped");
    }

    #[test]
    fn other_lines_add_nothing() {
        assert_eq!(count("7 frames, 3 failed attempts\n3 passed tests\n3 passed\nhello, you"), "0 passed, 0 failed");
    }
}
