//! `cargo xtask bench --sweep`: what sounds while the point runs over a pack larger than the memory it
//! may take, by notes and by how the pack is stored.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use super::program;
use crate::error::Error;

/// Notes that sound, and how the pack is stored.
const CASES: [(&str, &str); 6] =
    [("1", "pcm16"), ("16", "pcm16"), ("64", "pcm16"), ("1", "flac"), ("16", "flac"), ("64", "flac")];
/// Notes that sound, and how long the disk waits before each read, in ms.
const WAITS: [(&str, &str); 9] = [
    ("16", "0"),
    ("16", "0.5"),
    ("16", "1"),
    ("16", "2"),
    ("16", "8"),
    ("64", "0"),
    ("64", "0.5"),
    ("64", "1"),
    ("64", "2"),
];
/// The parts of a run, as fields and for people.
const PARTS: [(&str, &str); 3] =
    [("begin", "first 100 ms"), ("sweep", "corner to corner in 1 s"), ("jumps", "two jumps a second")];

/// Runs all cases, of so many seconds each; the table.
pub(super) fn table(bench: &Path, seconds: &str) -> Result<String, Error> {
    let mut rows = String::new();
    let (mut size, mut silent) = (String::new(), 0.0);
    for (notes, storage) in CASES {
        let options = ["--seconds", seconds, "--notes", notes, "--storage", storage];
        let seen = program::json(bench, &[&["sweep"], &options[..]].concat())?;
        let number = |field: &str| seen[field].as_f64().unwrap_or(f64::NAN);
        size = format!(
            "{:.0} MiB of memory, {:.0} MB/s and {} ms before each read",
            number("budget_mib"),
            number("disk_mb_per_second"),
            number("latency_ms")
        );
        for (part, name) in PARTS {
            let _ = writeln!(
                rows,
                "| {notes} | {storage}, {:.0} MB | {name} | {} |",
                number("pack_bytes") / 1e6,
                row(&seen, part)
            );
        }
        silent += seen["sweep"]["silent"].as_f64().unwrap_or(f64::NAN);
        println!("sweep: {notes} notes, {storage}");
    }
    let verdict = if silent == 0.0 { "holds" } else { "FAILS" };
    let waits = waits(bench, seconds)?;
    Ok(format!(
        "A cold pack, {size} from a disk that is slowed down to that and does one read at a time, {seconds} s in real time, half of it sweeps and half jumps; \
         shares of the notes' frames; faults and waits are of the audio thread inside its blocks, over the whole run.\n\n\
         | notes | pack | | from the wanted cells | from the nearest there | silent | most memory, MiB | faults, minor | major | waits |\n\
         |---:|---|---|---:|---:|---:|---:|---:|---:|---:|\n{rows}\n\
         No silence in the sweeps (after the first 100 ms): {verdict}.\n\n{waits}"
    ))
}

/// The same on disks that take longer for each read.
fn waits(bench: &Path, seconds: &str) -> Result<String, Error> {
    let mut table = String::from(
        "The same by how long the disk waits before each read, and does nothing else meanwhile; pcm16, corner to corner in 1 s.\n\n\
         | notes | ms before each read | playable after, ms | from the wanted cells | from the nearest there | silent |\n\
         |---:|---:|---:|---:|---:|---:|\n",
    );
    for (notes, wait) in WAITS {
        let seen = program::json(bench, &["sweep", "--seconds", seconds, "--notes", notes, "--latency", wait])?;
        let share = |field: &str| 100.0 * seen["sweep"][field].as_f64().unwrap_or(f64::NAN);
        let playable = seen["playable_ms"].as_f64().unwrap_or(f64::NAN);
        let [wanted, nearby, silent] = ["wanted", "nearby", "silent"].map(share);
        let _ = writeln!(table, "| {notes} | {wait} | {playable:.0} | {wanted:.2} % | {nearby:.2} % | {silent:.3} % |");
        println!("sweep: {notes} notes, {wait} ms before each read");
    }
    Ok(table)
}

fn row(seen: &Value, part: &str) -> String {
    let share =
        |field: &str| seen[part][field].as_f64().map_or_else(String::new, |share| format!("{:.3} %", 100.0 * share));
    let mib = seen[part]["most_bytes"].as_f64().map_or_else(String::new, |bytes| format!("{:.0}", bytes / 1_048_576.0));
    let count = |field: &str| seen[field].as_i64().map_or_else(String::new, |count| count.to_string());
    let (minor, major, waits) = (count("minor_faults"), count("major_faults"), count("waits"));
    format!("{} | {} | {} | {mib} | {minor} | {major} | {waits}", share("wanted"), share("nearby"), share("silent"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_row_tells_a_part_of_a_run() {
        let seen = serde_json::json!({
            "sweep": { "wanted": 0.99, "nearby": 0.01, "silent": 0.0, "most_bytes": 67_108_864 },
            "minor_faults": 1, "major_faults": 0, "waits": 2,
        });
        assert_eq!(super::row(&seen, "sweep"), "99.000 % | 1.000 % | 0.000 % | 64 | 1 | 0 | 2");
    }
}
