//! `cargo xtask bench --worst`: how block times lie when everything happens at once, in several settings.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use super::program;
use crate::error::Error;

/// How long and in which settings.
pub(super) struct Settings<'a> {
    /// Seconds of music, played as fast as possible.
    pub(super) seconds: &'a str,
    /// Seconds of music in real time, beside busy threads.
    pub(super) paced_seconds: &'a str,
}

/// Runs all settings; the table.
pub(super) fn table(bench: &Path, settings: &Settings<'_>) -> Result<String, Error> {
    let quick = ["--seconds", settings.seconds];
    let paced = ["--seconds", settings.paced_seconds, "--paced"];
    let cases: [(&str, &[&str], &[&str]); 9] = [
        ("eco", &quick, &["--quality", "eco"]),
        ("normal", &quick, &[]),
        ("best", &quick, &["--quality", "best"]),
        ("normal, filter", &quick, &["--filter"]),
        ("normal, realtime priority", &quick, &["--realtime"]),
        ("normal, in real time", &paced, &[]),
        ("normal, in real time, realtime priority", &paced, &["--realtime"]),
        ("normal, in real time, busy machine", &paced, &["--busy"]),
        ("normal, in real time, busy machine, realtime priority", &paced, &["--busy", "--realtime"]),
    ];
    let mut out = format!(
        "{} s of music as fast as possible, {} s in real time; 64 voices, 50 new notes a second, a chord of 32 every 2 s, \
         X and Y modulated every 4 frames, a bend every 16, packs swapped twice (16 bit, FLAC, float), blocks of 128. \
         Shares of the deadline of 2.67 ms; yardstick: 200 000 additions after each block, always the \
         same, so that what they take longer is the machine's doing; busy: as many threads as cores that never rest, at normal priority.\n\n",
        settings.seconds, settings.paced_seconds
    );
    out += "| | p50 | p99 | p99.9 | max | CPU time alone: p99.9 | max | yardstick: p50 | p99.9 | max | allocations | faults, minor | major | \
            switches, voluntary but for sleeping | involuntary | packs swapped | p99.9 ≤ 25 % |\n";
    let _ = writeln!(out, "|---|{}---|", "---:|".repeat(15));
    for (name, length, more) in cases {
        let seen = program::json(bench, &[&["worst"], length, more].concat())?;
        let _ = writeln!(out, "| {name} | {} |", row(&seen));
        println!("worst: {name}");
    }
    Ok(out)
}

fn row(seen: &Value) -> String {
    let percent = |kind: &str, which: &str| {
        seen[kind][which].as_f64().map_or_else(String::new, |share| format!("{:.1} %", 100.0 * share))
    };
    let count = |value: &Value| value.as_i64().map_or_else(String::new, |count| count.to_string());
    let usage = &seen["usage"];
    let sleeps = seen["sleeps"].as_i64().unwrap_or(0);
    // A sleep need not be one: what was due has passed by then.
    let voluntary = usage["voluntary_switches"].as_i64().map(|all| (all - sleeps).max(0));
    let holds = seen["wall"]["p99.9"].as_f64().zip(seen["bar_p99.9"].as_f64()).is_some_and(|(share, bar)| share <= bar);
    [
        percent("wall", "p50"),
        percent("wall", "p99"),
        percent("wall", "p99.9"),
        percent("wall", "max"),
        percent("cpu", "p99.9"),
        percent("cpu", "max"),
        percent("yardstick", "p50"),
        percent("yardstick", "p99.9"),
        percent("yardstick", "max"),
        count(&seen["allocations"]),
        count(&usage["minor_faults"]),
        count(&usage["major_faults"]),
        voluntary.map_or_else(String::new, |count| count.to_string()),
        count(&usage["involuntary_switches"]),
        count(&seen["swaps"]),
        if holds { "holds" } else { "FAILS" }.to_owned(),
    ]
    .join(" | ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_row_has_a_cell_for_each_column() {
        let seen = serde_json::json!({
            "wall": { "p50": 0.05, "p99": 0.1, "p99.9": 0.26, "max": 1.5 }, "cpu": null,
            "yardstick": { "p50": 0.04, "p99": 0.05, "p99.9": 0.2, "max": 1.4 }, "bar_p99.9": 0.25,
            "allocations": 0, "swaps": 2, "sleeps": 10,
            "usage": { "minor_faults": 0, "major_faults": 0, "voluntary_switches": 12, "involuntary_switches": 3 },
        });
        let row = super::row(&seen);
        assert_eq!(
            row,
            "5.0 % | 10.0 % | 26.0 % | 150.0 % |  |  | 4.0 % | 20.0 % | 140.0 % | 0 | 0 | 0 | 2 | 3 | 2 | FAILS"
        );
        assert_eq!(row.split(" | ").count(), 16);
    }
}
