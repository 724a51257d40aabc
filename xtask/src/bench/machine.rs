//! What a figure of speed means nothing without: the machine, the day, what else it was doing.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::process::Command;

/// Begun before measuring, told after it.
pub(super) struct Machine {
    load_before: Option<f64>,
}

impl Machine {
    /// Notes what the machine is doing already.
    pub(super) fn begin() -> Self {
        Self { load_before: load() }
    }

    /// Two sentences: when, on what, how loaded, with what.
    pub(super) fn tell(&self) -> String {
        let load = match (self.load_before, load()) {
            (Some(before), Some(after)) => format!("load average {before:.2} before, {after:.2} after"),
            _ => "load average unknown".to_owned(),
        };
        let mut built = vec![format!("betwixt {}", revision()), said("rustc", &["--version"])];
        built.retain(|text| !text.is_empty());
        format!(
            "{} UTC; {}, {} cores, {}; {load}. Built from {}.",
            now(),
            processor(),
            std::thread::available_parallelism().map_or(0, usize::from),
            system(),
            built.join(", ")
        )
    }
}

/// How many programs wanted to run in the last minute, where the system tells.
pub(super) fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn processor() -> String {
    let named = |text: String| {
        let line = text.lines().find(|line| line.starts_with("model name"))?.to_owned();
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    fs::read_to_string("/proc/cpuinfo").ok().and_then(named).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

fn system() -> String {
    let named = |text: String| {
        let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(line.trim_matches('"').to_owned())
    };
    fs::read_to_string("/etc/os-release").ok().and_then(named).unwrap_or_else(|| std::env::consts::OS.to_owned())
}

/// The commit, with a mark when there is more than it holds.
fn revision() -> String {
    let hash = said("git", &["rev-parse", "--short", "HEAD"]);
    let changed = said("git", &["status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs"]);
    if changed.is_empty() { hash } else { format!("{hash} and changes") }
}

/// What a program prints, or nothing.
pub(super) fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

/// The date and the time of day, UTC.
fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = date(seconds / 86_400);
    format!("{year}-{month:02}-{day:02} {:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60)
}

/// The date so many days after 1970-01-01.
fn date(mut days: u64) -> (u64, usize, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_become_dates() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(19_782), (2024, 2, 29));
        assert_eq!(date(19_783), (2024, 3, 1));
        assert_eq!(date(20_818), (2026, 12, 31));
    }
}
