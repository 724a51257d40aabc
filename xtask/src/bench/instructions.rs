//! `cargo xtask bench --instructions`: what one output frame of one note takes, in instructions, which do not
//! depend on what else the machine does. Two lengths are counted; their difference is the playing alone.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::process::Command;
use crate::workspace;

const NOTES: usize = 32;
const QUALITIES: [&str; 3] = ["eco", "normal", "best"];
const BLOCKS: [usize; 4] = [16, 32, 128, 1024];
/// The two lengths, in seconds.
const LENGTHS: [f64; 2] = [0.1, 0.4];
const RATE_HZ: f64 = 48_000.0;

/// The table.
pub(super) fn table(bench: &Path) -> Result<String, Error> {
    let mut out = format!(
        "Instructions a note-frame, {NOTES} notes of four stereo layers, the point moving: `valgrind --tool=callgrind \
         betwixt-bench bench --seconds S`, the difference of S = {} and {}.\n\n| quality |{}\n|---|{}\n",
        LENGTHS[0],
        LENGTHS[1],
        BLOCKS.map(|block| format!(" blocks of {block} |")).concat(),
        "---:|".repeat(BLOCKS.len())
    );
    for quality in QUALITIES {
        let _ = write!(out, "| {quality} |");
        for block in BLOCKS {
            let [short, long] = LENGTHS.map(|seconds| count(bench, quality, block, seconds));
            // Whole blocks, as the program rounds.
            let frames = LENGTHS.map(|seconds| (seconds * RATE_HZ / block as f64).ceil() * block as f64);
            let _ = write!(out, " {:.1} |", (long? - short?) / ((frames[1] - frames[0]) * NOTES as f64));
        }
        println!("instructions: {quality}");
        out.push('\n');
    }
    Ok(out)
}

/// Instructions of a run of so many seconds.
fn count(bench: &Path, quality: &str, block: usize, seconds: f64) -> Result<f64, Error> {
    let out = workspace::target().join("callgrind.out");
    let (block, seconds, notes) = (block.to_string(), seconds.to_string(), NOTES.to_string());
    Command::new("valgrind")
        .args(["--tool=callgrind", "-q"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(bench)
        .args(["bench", "--warm", "0.1", "--notes", &notes, "--quality", quality])
        .args(["--block", &block, "--seconds", &seconds])
        .output()?;
    let text = fs::read_to_string(&out).map_err(|error| Error::file("read", &out, error))?;
    total(&text).ok_or_else(|| Error::Message(format!("{} has no total", out.display())))
}

/// The total of what callgrind has written.
fn total(text: &str) -> Option<f64> {
    let line = text.lines().rev().find_map(|line| line.strip_prefix("totals:").or(line.strip_prefix("summary:")))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_total_is_read() {
        assert_eq!(super::total("version: 1\nsummary: 7\nfn=(1)\n1 2\ntotals: 12345\n"), Some(12345.0));
        assert_eq!(super::total("fn=(1)\n"), None);
    }
}
