//! Numbers of the command line that make no sense are wrong usage, told before anything is done.

use std::process::Command;

const BETWIXT: &str = env!("CARGO_BIN_EXE_betwixt");
const BENCH: &str = env!("CARGO_BIN_EXE_betwixt-bench");

/// No argument takes these.
const NEVER: &[&str] = &["nan", "NaN", "inf", "-inf", "1e300", "1e999", "99999999999999999999", "", "x", "0x10"];

#[test]
fn numbers_that_make_no_sense_are_wrong_usage() {
    let render: &[&str] = &["render", "p.btx", "--midi", "c.mid", "-o", "o.wav"];
    let morph: &[&str] = &["morph", "a.wav", "b.wav", "-o", "d"];
    let dump: &[&str] = &["dump", "--source", "a.wav", "-o", "o.wav", "--semitones=0"];
    let example: &[&str] = &["example", "1", "2", "--font", "f.sf2", "-o", "d"];
    #[rustfmt::skip]
    let table: &[(&str, &[&str], &str, &[&str])] = &[
        (BETWIXT, &["build", "r.json", "-o", "o.btx"], "--jobs", &["0", "-1", "1025", "1.5"]),
        (BETWIXT, &["metrics", "a.wav", "b.wav", "d"], "--root", &["-1", "128", "1.5"]),
        (BETWIXT, morph, "--root", &["-1", "128", "1.5"]),
        (BETWIXT, morph, "--seconds", &["-1", "0", "0.04", "61"]),
        (BETWIXT, morph, "--at", &["0", "nan,0", "0,inf", "-1,0", "0,1e300", "2,2"]),
        (BETWIXT, morph, "--grid", &["0x1", "1x0", "-1x1", "34x1", "nanx1", "1"]),
        (BETWIXT, render, "--rate", &["0", "-1", "7999", "384001", "44100.5"]),
        (BETWIXT, render, "--block", &["0", "-1", "1048577", "1.5"]),
        (BETWIXT, render, "--tail", &["-1", "-0.001", "3600.1"]),
        (BETWIXT, render, "--quality", &["7", "-1"]),
        (BETWIXT, render, "--set", &["attack=nan", "attack=", "=1", "voices=many"]),
        (BENCH, &["bench"], "--notes", &["0", "-1", "129", "1.5"]),
        (BENCH, &["bench"], "--block", &["0", "-1", "65537", "1.5"]),
        (BENCH, &["bench"], "--seconds", &["0", "-1", "1e-300", "3600.1"]),
        (BENCH, &["bench"], "--warm", &["-1", "3600.1"]),
        (BENCH, &["bench"], "--shift", &["-73", "73", "1e30"]),
        (BENCH, dump, "--semitones", &["-61.1", "68.1"]),
        (BENCH, dump, "--seconds", &["0", "-1", "1e-300", "3600.1"]),
        (BENCH, dump, "--block", &["0", "-1", "65537"]),
        (BENCH, example, "--key", &["-1", "128", "1.5"]),
        (BENCH, &["load", "p.btx"], "--key", &["-1", "128", "1.5"]),
        (BENCH, &["offline"], "--seconds", &["0", "-1", "0.9", "3600.1"]),
        (BENCH, &["offline"], "--voices", &["0", "-1", "65", "1,0", "1.5"]),
        (BENCH, &["offline"], "--passes", &["0", "-1", "1001", "1.5"]),
        (BENCH, &["scale"], "--passes", &["0", "-1", "1001", "1.5"]),
        (BENCH, &["scale"], "--seconds", &["0", "-1", "1e-300", "600.1"]),
        (BENCH, &["scale"], "--largest-mb", &["0", "-1", "9", "4001", "1.5"]),
        (BENCH, &["sweep"], "--notes", &["0", "-1", "129"]),
        (BENCH, &["sweep"], "--seconds", &["0", "-1", "1e-300", "3600.1"]),
        (BENCH, &["sweep"], "--disk", &["0", "-1", "1e-300", "0.09", "1e7"]),
        (BENCH, &["sweep"], "--latency", &["-1", "1000.1"]),
        (BENCH, &["sweep"], "--budget", &["-1", "1048577", "18446744073709551615", "1.5"]),
        (BENCH, &["worst"], "--seconds", &["0", "-1", "1e-300", "36000.1"]),
        (BENCH, &["worst"], "--voices", &["0", "-1", "129"]),
        (BENCH, &["worst"], "--block", &["0", "-1", "65537"]),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (program, command, argument, values) in table {
        let mut command = command.to_vec();
        command.retain(|given| !given.starts_with(argument));
        for value in NEVER.iter().chain(*values) {
            let given = format!("{argument}={value}");
            let output = Command::new(program).current_dir(&folder).args(&command).arg(&given).output().unwrap();
            let says = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command:?} {given}: {says}");
            assert!(says.contains(argument) && says.contains("error: "), "{command:?} {given}: {says}");
        }
    }
    // A program of General MIDI has no name on the command line.
    for program in NEVER.iter().chain(&["128", "1.5"]) {
        let args = ["example", "1", program, "--font", "f.sf2", "-o", "d"];
        let output = Command::new(BENCH).current_dir(&folder).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{program}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing is written");
}

#[test]
fn the_ends_of_ranges_are_taken() {
    let bench = |args: &[&str]| {
        let output = Command::new(BENCH).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    for shift in ["-72", "72"] {
        bench(&["bench", "--seconds", "0.001", "--warm", "0", "--notes", "1", "--shift", shift]);
    }
}
