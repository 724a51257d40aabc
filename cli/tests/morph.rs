//! `betwixt morph`, as people and scripts run it: what it writes, what it says when it can't, and
//! that it leaves nothing half-done.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use betwixt_engine::wav::{self, Encoding, WavSpec};
use serde_json::Value;

/// Middle C.
const F0_HZ: f64 = 261.625_565;

/// A tone of six harmonics with a soft beginning.
fn tone(hz: f64, seconds: f64, rate_hz: u32) -> Vec<[f32; 2]> {
    (0..(seconds * f64::from(rate_hz)) as usize)
        .map(|n| {
            let t = n as f64 / f64::from(rate_hz);
            let sum: f64 = (1..=6).map(|k| (TAU * hz * f64::from(k) * t).sin() / f64::from(k * k)).sum();
            [(0.2 * sum * (t / 0.03).min(1.0)) as f32; 2]
        })
        .collect()
}

fn write(folder: &Path, name: &str, frames: &[[f32; 2]], rate_hz: u32) -> PathBuf {
    let path = folder.join(name);
    WavSpec::stereo(rate_hz, Encoding::Float32).write_file(&path, frames.as_flattened()).unwrap();
    path
}

/// A mono WAV file of 8 bits, whose middle is 128.
fn write_8_bit(folder: &Path, name: &str, frames: &[[f32; 2]], rate_hz: u32) -> PathBuf {
    let data: Vec<u8> = frames.iter().map(|f| (f[0] * 127.0 + 128.5) as u8).collect();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    for v in [1u16, 1] {
        bytes.extend(v.to_le_bytes());
    }
    for v in [rate_hz, rate_hz] {
        bytes.extend(v.to_le_bytes());
    }
    for v in [1u16, 8] {
        bytes.extend(v.to_le_bytes());
    }
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn command(sources: &[&Path], out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_betwixt"));
    command.arg("morph").args(sources).arg("-o").arg(out);
    command
}

fn morph(sources: &[&Path], out: &Path, options: &[&str]) -> Output {
    command(sources, out).args(options).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn two_tones(folder: &Path) -> [PathBuf; 2] {
    [
        write(folder, "a_C4.wav", &tone(F0_HZ, 1.5, 48_000), 48_000),
        write(folder, "b_C4.wav", &tone(F0_HZ * 1.003, 1.2, 48_000), 48_000),
    ]
}

#[test]
fn notes_and_their_list() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = two_tones(folder.path());
    let out = folder.path().join("new/notes");
    let options = ["--grid", "3x1", "--seconds", "1.4", "--json"];
    let output = morph(&[&a, &b], &out, &options);
    assert!(output.status.success(), "{}", stderr(&output));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let saved: Value = serde_json::from_slice(&std::fs::read(out.join("morph.json")).unwrap()).unwrap();
    assert_eq!(json, saved);
    assert_eq!((&json["root"], &json["sample_rate"]), (&60.into(), &48_000.into()));
    assert_eq!(files(&out), ["0.00-0.00.wav", "0.50-0.00.wav", "1.00-0.00.wav", "morph.json"]);
    for note in json["notes"].as_array().unwrap() {
        assert!((note["f0_hz"].as_f64().unwrap() - F0_HZ).abs() < 1e-3, "{note}");
        assert!((-40.0..0.0).contains(&note["loudness_lufs"].as_f64().unwrap()), "{note}");
        let file = wav::read(&out.join(note["file"].as_str().unwrap())).unwrap();
        let points = file.loop_frames().expect("a loop in the file");
        assert_eq!(note["loop"]["start"], points.start);
        assert_eq!(note["loop"]["end"], points.end);
        assert_eq!((file.sample_rate_hz, file.channels), (48_000, 2));
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = two_tones(folder.path());
    let (a, b, out) = (a.as_path(), b.as_path(), folder.path().join("notes"));
    let two: &[&Path] = &[a, b];
    let cases: [(&[&Path], &[&str], &str); 10] = [
        (two, &[], "--grid"),
        (&[a], &["--grid", "3x1"], "two sources, or four"),
        (&[a, b, a], &["--grid", "3x1"], "two sources, or four"),
        (&[a, b, a, b], &["--grid", "3x1", "--axes", "x=timbre,y=dynamics"], "two sources"),
        (two, &["--grid", "3"], "like 9x9"),
        (two, &["--grid", "3x1", "--at", "0.5,0"], "cannot be used with"),
        (two, &["--at", "0.5"], "like 0.5,0.25"),
        (two, &["--at", "1.5,0"], "from 0 to 1"),
        (two, &["--at", "0.5,0", "--seconds", "0"], "0.05 to 60"),
        (two, &["--at", "0.5,0", "--root", "128"], "0..=127"),
    ];
    for (sources, options, says) in cases {
        let output = morph(sources, &out, options);
        assert_eq!(output.status.code(), Some(2), "{options:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(says), "{options:?}: {}", stderr(&output));
        assert!(!out.exists(), "{options:?} made a folder");
    }
}

#[test]
fn what_fails_says_where_in_one_line_and_leaves_all_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = two_tones(folder.path());
    let out = folder.path().join("notes");
    let options = ["--at", "0,0", "0.5,0", "--seconds", "0.5"];
    assert!(morph(&[&a, &b], &out, &options).status.success());
    let before = std::fs::read(out.join("morph.json")).unwrap();
    let text = folder.path().join("text.wav");
    std::fs::write(&text, "not a sound").unwrap();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    for (source, says) in [
        (folder.path().join("missing.wav"), "missing.wav"),
        (text, "not a WAV file"),
        (empty, "holds no WAV files"),
        (folder.path().join("font.sf2#0:200"), "FILE.sf2#BANK:PROGRAM"),
    ] {
        let output = morph(&[&a, &source], &out, &options);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let line = stderr(&output);
        assert!(line.contains(says) && line.trim_end().lines().count() == 1, "{line}");
        assert_eq!(std::fs::read(out.join("morph.json")).unwrap(), before, "{says}");
    }
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "mine").unwrap();
    let output = morph(&[&a, &b], &taken, &options);
    assert!(output.status.code() == Some(1) && stderr(&output).contains("it is a file"), "{}", stderr(&output));
    assert_eq!(std::fs::read(&taken).unwrap(), b"mine");
}

#[test]
fn a_folder_that_is_there_keeps_what_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = two_tones(folder.path());
    let out = folder.path().join("notes");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("mine.txt"), "mine").unwrap();
    for _ in 0..2 {
        assert!(morph(&[&a, &b], &out, &["--at", "0.5,0", "--seconds", "0.5"]).status.success());
        assert_eq!(files(&out), ["0.50-0.00.wav", "mine.txt", "morph.json"]);
    }
}

/// The level of a file at a frequency.
fn level(path: &Path, hz: f64) -> f64 {
    let file = wav::read(path).unwrap();
    let frames = file.stereo();
    let part = |turn: fn(f64) -> f64| -> f64 {
        frames.iter().zip(0..).map(|(f, n)| f64::from(f[0]) * turn(TAU * hz * f64::from(n) / 48_000.0)).sum()
    };
    part(f64::sin).hypot(part(f64::cos)) / frames.len() as f64
}

fn warnings(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["warnings"].to_string()
}

#[test]
fn a_root_that_is_given_beats_what_a_name_says() {
    let folder = tempfile::tempdir().unwrap();
    let [a, _] = two_tones(folder.path());
    let out = folder.path().join("notes");
    for name in ["pad64.wav", "E4.wav", "take 57.wav", "str_67.wav"] {
        let b = write(folder.path(), name, &tone(F0_HZ, 1.0, 48_000), 48_000);
        for options in
            [&["--at", "1,0", "--sustain", "natural", "--json"][..], &["--at", "1,0", "--root", "C4", "--json"]]
        {
            let output = morph(&[&a, &b], &out, options);
            let said = warnings(&output).contains("from what is heard");
            assert_eq!(said, !options.contains(&"--root"), "{name}: {}", warnings(&output));
            assert!(!warnings(&output).contains("transposed"), "{name}: {}", warnings(&output));
            assert!(level(&out.join("1.00-0.00.wav"), F0_HZ) > 0.05, "{name} {options:?} is out of tune");
        }
    }
}

#[test]
fn far_transpositions_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let [a, _] = two_tones(folder.path());
    let high = write(folder.path(), "high_C7.wav", &tone(8.0 * F0_HZ, 1.0, 48_000), 48_000);
    let options = ["--at", "0,0", "--seconds", "0.5", "--json"];
    let output = morph(&[&high, &a], &folder.path().join("notes"), &options);
    assert!(warnings(&output).contains("recorded at key 60 and was raised by 36 semitones"), "{}", warnings(&output));
    // So short a note has no room for a loop; the sources are not to blame.
    assert!(warnings(&output).contains("0.5 s leave no room"), "{}", warnings(&output));
}

#[test]
fn places_go_anywhere_on_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = two_tones(folder.path());
    let (a, b) = (a.to_str().unwrap(), b.to_str().unwrap());
    for (i, words) in [
        ["--at", "-0.25,0", "0,0", a, b].as_slice(),
        &["--at=-0.25,0", "0,0", a, b],
        &[a, "--at", "-0.25,0", "--at", "0,0", b],
        &[a, b, "--at", "-0.25,0", "0,0"],
    ]
    .into_iter()
    .enumerate()
    {
        let out = folder.path().join(format!("notes{i}"));
        let output = command(&[], &out).args(words).args(["--seconds", "0.5"]).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", stderr(&output));
        assert_eq!(files(&out), ["-0.25-0.00.wav", "0.00-0.00.wav", "morph.json"], "{words:?}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_whole_notes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = two_tones(folder.path());
    let out = folder.path().join("notes");
    let mut child = command(&[&a, &b], &out)
        .args(["--grid", "33x33", "--sustain", "natural"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let begun = std::time::Instant::now();
    while !out.is_dir() || !files(&out).iter().any(|f| f.ends_with(".wav")) {
        assert!(begun.elapsed().as_secs() < 60, "no note after a minute");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    // SAFETY: a signal to our own child, which has not been waited for.
    unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) };
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let names = files(&out);
    assert!(names.iter().all(|f| f.ends_with(".wav") && !f.starts_with('.')), "{names:?}");
    for name in names {
        wav::read(&out.join(&name)).unwrap();
    }
}

#[test]
fn odd_files_make_notes() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let wide = write(at, "wide.wav", &tone(F0_HZ, 1.2, 96_000), 96_000);
    let coarse = write_8_bit(at, "coarse.wav", &tone(F0_HZ, 1.2, 16_000), 16_000);
    let sample = write(at, "sample.wav", &[[0.5; 2]], 44_100);
    let short = write(at, "short.wav", &tone(F0_HZ, 0.001, 44_100), 44_100);
    let nothing = write(at, "nothing.wav", &[], 48_000);
    for (source, warns) in [(&coarse, None), (&sample, Some("sample")), (&short, None), (&nothing, Some("silent"))] {
        let out = at.join(source.file_stem().unwrap());
        let options = ["--grid", "3x1", "--seconds", "0.5", "--root", "60", "--json"];
        let output = morph(&[&wide, source], &out, &options);
        assert!(output.status.success(), "{}: {}", source.display(), stderr(&output));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let warnings = json["warnings"].to_string();
        assert!(warns.is_none_or(|w| warnings.contains(w)), "{}: {warnings}", source.display());
        for name in ["0.00-0.00.wav", "0.50-0.00.wav", "1.00-0.00.wav"] {
            // Reading refuses what is not finite.
            assert!(wav::read(&out.join(name)).unwrap().frames > 0);
        }
    }
}

#[test]
fn past_the_sources_and_an_octave_off() {
    let folder = tempfile::tempdir().unwrap();
    let [a, _] = two_tones(folder.path());
    let high = write(folder.path(), "high.wav", &tone(2.0 * F0_HZ, 1.0, 48_000), 48_000);
    let out = folder.path().join("notes");
    let options = ["--at=-0.25,0", "--at=1.25,0", "--root", "60", "--seconds", "0.6", "--json"];
    let output = morph(&[&a, &high], &out, &options);
    assert!(output.status.success(), "{}", stderr(&output));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["warnings"].to_string().contains("octave"), "{}", json["warnings"]);
    assert_eq!(files(&out), ["-0.25-0.00.wav", "1.25-0.00.wav", "morph.json"]);
}

#[test]
fn notes_over_full_scale_are_whole_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let loud: Vec<[f32; 2]> = tone(F0_HZ, 1.0, 48_000).into_iter().map(|f| f.map(|s| s * 5.0)).collect();
    let sources = [write(folder.path(), "a_C4.wav", &loud, 48_000), write(folder.path(), "b_C4.wav", &loud, 48_000)];
    let out = folder.path().join("notes");
    let output = morph(&[&sources[0], &sources[1]], &out, &["--grid", "2x1", "--seconds", "0.6"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("2 of 2 notes pass full scale"), "{}", stderr(&output));
    let peak = |frames: &[[f32; 2]]| frames.as_flattened().iter().fold(0.0f32, |top, s| top.max(s.abs()));
    let note = wav::read(&out.join("0.00-0.00.wav")).unwrap();
    assert!((peak(&note.stereo()) / peak(&loud) - 1.0).abs() < 0.05, "{} of {}", peak(&note.stereo()), peak(&loud));
}

#[test]
fn metrics_take_options_between_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = two_tones(folder.path());
    let out = folder.path().join("notes");
    let output = morph(&[&a, &b], &out, &["--grid", "9x1", "--root", "60", "--seconds", "0.8"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let metrics = |arguments: &[&std::ffi::OsStr]| {
        Command::new(env!("CARGO_BIN_EXE_betwixt")).arg("metrics").args(arguments).output().unwrap()
    };
    let root = ["--root", "60"].map(std::ffi::OsStr::new);
    let output = metrics(&[a.as_os_str(), b.as_os_str(), root[0], root[1], out.as_os_str()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let output = metrics(&[a.as_os_str(), out.as_os_str()]);
    assert!(stderr(&output).contains("give two sources, or four"), "{}", stderr(&output));
}
