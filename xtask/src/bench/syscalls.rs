//! Which system calls the audio thread makes: `strace` looks on while the worst case is played.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::process::Command;
use crate::workspace;

/// The audio thread's name in the worst case, and the system call that marks the measured part.
const THREAD: &str = "prctl(PR_SET_NAME, \"betwixt-audio\"";
const MARK: &str = "getppid(";

/// What was seen.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// Between the marks, by their names.
    audio: Vec<String>,
    /// Of all threads, all the time.
    all: usize,
}

/// Plays under `strace` and says what was seen.
pub(super) fn tell(bench: &Path, seconds: &str) -> Result<String, Error> {
    let trace = workspace::target().join("strace.txt");
    let command = Command::new("strace").arg("-f").arg("-o").arg(&trace).arg(bench);
    command.args(["worst", "--markers", "--json", "--seconds", seconds]).output()?;
    let bytes = fs::read(&trace).map_err(|error| Error::file("read", &trace, error))?;
    let seen = read(&String::from_utf8_lossy(&bytes)).ok_or_else(|| {
        Error::Message(format!("{} does not show the audio thread and its two marks", trace.display()))
    })?;
    let list = if seen.audio.is_empty() { String::new() } else { format!(" ({})", seen.audio.join(", ")) };
    Ok(format!(
        "System calls of the audio thread during {seconds} s of music: {}{list}; of the whole program {}. \
         (`strace -f betwixt-bench worst --markers --seconds {seconds}`: what the thread `betwixt-audio` calls between its \
         two `getppid`, which stand before the first and behind the last block.)\n",
        seen.audio.len(),
        seen.all
    ))
}

/// Reads lines of `strace -f -o`: `THREAD CALL(…) = …`.
fn read(trace: &str) -> Option<Seen> {
    let lines = || trace.lines().filter_map(|line| line.split_once(' ')).map(|(thread, what)| (thread, what.trim()));
    let (audio, _) = lines().find(|(_, what)| what.starts_with(THREAD))?;
    let mut calls = lines().filter(|(thread, _)| *thread == audio).map(|(_, what)| what);
    calls.by_ref().find(|what| what.starts_with(MARK))?;
    let mut between = Vec::new();
    loop {
        let what = calls.next()?;
        if what.starts_with(MARK) {
            break;
        }
        // The end of a mark that was shown in two parts; and signals, which are no calls.
        if what.starts_with("<... getppid") || what.starts_with("---") {
            continue;
        }
        between.push(what.split('(').next().unwrap_or(what).to_owned());
    }
    let all = lines().filter(|(_, what)| what.starts_with(|c: char| c.is_ascii_lowercase())).count();
    Some(Seen { audio: between, all })
}

#[cfg(test)]
mod tests {
    use super::{Seen, read};

    const BEFORE: &str = "7 execve(\"betwixt-bench\") = 0\n8 prctl(PR_SET_NAME, \"betwixt-audio\") = 0\n\
        8 getrusage(RUSAGE_THREAD) = 0\n8 getppid( <unfinished ...>\n7 futex(0) = 0\n8 <... getppid resumed>) = 1\n";
    const AFTER: &str = "9 read(3) = 1\n8 getppid() = 1\n8 munmap(0) = 0\n8 +++ exited with 0 +++\n";

    #[test]
    fn only_what_the_audio_thread_calls_between_its_marks_counts() {
        let quiet = read(&format!("{BEFORE}{AFTER}"));
        assert_eq!(quiet, Some(Seen { audio: vec![], all: 8 }));
        let loud = read(&format!("{BEFORE}8 futex(1) = 0\n{AFTER}"));
        assert_eq!(loud.map(|seen| seen.audio), Some(vec!["futex".to_owned()]));
        assert_eq!(read(BEFORE), None);
        assert_eq!(read(AFTER), None);
    }
}
