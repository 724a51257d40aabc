//! `betwixt-bench`, as people and scripts run it.

use std::process::Command;

use serde_json::Value;

/// Runs it with `--json`; the object on its last line.
fn bench(args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_betwixt-bench")).args(args).arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

fn refused(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_betwixt-bench")).args(args).output().unwrap();
    assert!(!output.status.success(), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn all_notes_of_the_chord_sound() {
    let seen = bench(&["bench", "--seconds", "0.1", "--warm", "0.1", "--notes", "64", "--shift", "7.35"]);
    assert_eq!(seen["notes_sounding"], 64);
    assert_eq!(seen["taps"], 32.0);
    assert!(seen["level"].as_f64().unwrap() > 0.01);
}

/// Packs are swapped while 64 voices play, and the audio thread asks the allocator for nothing.
#[test]
fn the_worst_case_plays_without_an_allocation() {
    for more in [&[][..], &["--filter", "--quality", "best", "--block", "64"], &["--paced"]] {
        let seen = bench(&[&["worst", "--seconds", "2"], more].concat());
        assert_eq!(seen["allocations"], 0, "{seen}");
        assert!(seen["mean_sounding"].as_f64().unwrap() > 60.0, "{seen}");
        let shares = ["p50", "p99", "p99.9", "max"].map(|which| seen["wall"][which].as_f64().unwrap());
        assert!(shares[0] > 0.0 && shares.is_sorted(), "{seen}");
        #[cfg(target_os = "linux")]
        assert_eq!(seen["usage"]["major_faults"], 0, "{seen}");
    }
}

#[test]
fn tables_of_scale_have_a_row_for_each_step() {
    let short = ["scale", "--only", "voices,blocks,start,instances,packs", "--passes", "1", "--seconds", "0.02"];
    let seen = bench(&[&short[..], &["--largest-mb", "10"]].concat());
    for (table, rows) in [("voices", 8), ("blocks", 9), ("start", 3), ("instances", 6), ("packs", 1)] {
        let table = &seen["tables"][table];
        assert_eq!(table["rows"].as_array().map(Vec::len), Some(rows), "{table}");
    }
    assert!(seen["tables"]["grid"].is_null());
}

#[test]
fn rendering_is_timed() {
    let seen = bench(&["offline", "--seconds", "1", "--passes", "1", "--voices", "1,16", "--quality", "eco"]);
    let rows = seen["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row["times_realtime"].as_f64().unwrap() > 0.0), "{seen}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert!(refused(&["worst", "--seconds", "0"]).contains("--seconds"));
    assert!(refused(&["worst", "--markers", "--paced"]).contains("--markers"));
    assert!(refused(&["scale", "--only", "colours"]).contains("colours"));
    assert!(refused(&["offline", "--voices", "65"]).contains("65"));
}
