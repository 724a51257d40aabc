//! `betwixt render`, as people and scripts run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use betwixt_engine::pack::{CellStorage, CellTags, Grid, Manifest, Note, PackWriter, encode_cell};
use betwixt_engine::wav::{self, Encoding, Wav};

const FRAMES: usize = 96_000;

fn tone(cell: usize, i: usize) -> f32 {
    // Whole periods in 960 frames.
    0.25 * (std::f32::consts::TAU * (cell + 2) as f32 * i as f32 / 960.0).sin()
}

/// A 2 x 1 pack of root 60.
fn pack(folder: &Path, storage: CellStorage) -> PathBuf {
    let file = folder.join("p.btx");
    let mut writer = PackWriter::create(&file).unwrap();
    let mut manifest = Manifest::new("two", Grid::new(2, 1), 48_000);
    let tags = CellTags { sample_rate_hz: 48_000, root: 60, loop_frames: None };
    let cells = (0..2)
        .map(|c| {
            let frames: Vec<[f32; 2]> = (0..FRAMES).map(|i| [tone(c, i), -tone(c, i)]).collect();
            let cell = encode_cell(&frames, tags, storage, 0).unwrap();
            writer.add_cell(&format!("audio/60/{c}-0"), &cell).unwrap()
        })
        .collect();
    manifest.notes.push(Note::new(60, (0, 127), FRAMES as u64, cells));
    writer.finish(&manifest).unwrap();
    file
}

/// One note of key 60 from 0.5 s to 1.5 s.
fn clip(folder: &Path) -> PathBuf {
    notes(folder, 480, &[60], 960)
}

/// Notes one after the other. In ticks, of which 960 are a second.
fn notes(folder: &Path, pause: u32, keys: &[u8], length: u32) -> PathBuf {
    use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};
    let midi = |message| TrackEventKind::Midi { channel: 0.into(), message };
    let event = |delta: u32, kind| TrackEvent { delta: delta.into(), kind };
    let mut track = Vec::new();
    for &key in keys {
        track.push(event(pause, midi(MidiMessage::NoteOn { key: key.into(), vel: 127.into() })));
        track.push(event(length, midi(MidiMessage::NoteOff { key: key.into(), vel: 0.into() })));
    }
    track.push(event(0, TrackEventKind::Meta(MetaMessage::EndOfTrack)));
    let header = Header { format: Format::SingleTrack, timing: Timing::Metrical(480.into()) };
    let file = folder.join("c.mid");
    Smf { header, tracks: vec![track] }.save(&file).unwrap();
    file
}

struct Stage {
    folder: tempfile::TempDir,
    pack: PathBuf,
    midi: PathBuf,
}

impl Stage {
    fn new() -> Stage {
        Stage::stored(CellStorage::Float)
    }

    fn stored(storage: CellStorage) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let (pack, midi) = (pack(folder.path(), storage), clip(folder.path()));
        Stage { folder, pack, midi }
    }

    fn run(&self, args: &[&str]) -> (Output, PathBuf) {
        let out = self.folder.path().join("out.wav");
        let output = Command::new(env!("CARGO_BIN_EXE_betwixt"))
            .arg("render")
            .arg(&self.pack)
            .arg("--midi")
            .arg(&self.midi)
            .arg("-o")
            .arg(&out)
            .args(args)
            .output()
            .unwrap();
        (output, out)
    }

    fn render(&self, args: &[&str]) -> Wav {
        let (output, out) = self.run(args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        wav::read(&out).unwrap()
    }
}

#[test]
fn frame_0_is_midi_time_0_and_a_corner_is_its_source() {
    let stage = Stage::new();
    let wav = stage.render(&["--x", "1", "--set", "attack=0", "--tail", "0.25"]);
    assert_eq!((wav.sample_rate_hz, wav.channels, wav.encoding), (48_000, 2, Encoding::Float32));
    assert_eq!(wav.frames, 72_000 + 12_000, "the last event and the tail");
    let frames = wav.stereo();
    assert!(frames[..24_000].iter().all(|f| *f == [0.0; 2]));
    for i in 0..48_000 {
        assert_eq!(frames[24_000 + i], [tone(1, i), -tone(1, i)], "frame {i}");
    }
}

#[test]
fn the_point_follows_its_curve_from_the_first_frame_and_blocks_are_not_heard() {
    let stage = Stage::new();
    let curve = stage.folder.path().join("x.json");
    std::fs::write(&curve, "[[0.5, 1.0], [0.75, 1.0], [1.0, 0.0]]").unwrap();
    let args = ["--x", curve.to_str().unwrap(), "--set", "attack=0", "--set", "release=0.005"];
    let wav = stage.render(&args);
    let frames = wav.stereo();
    assert!((0..9000).all(|i| (frames[24_000 + i][0] - tone(1, i)).abs() < 1e-6));
    assert!((30_000..47_000).all(|i| (frames[24_000 + i][0] - tone(0, i)).abs() < 1e-6));
    assert_eq!(wav.frames, 72_000 + 240, "until silent");
    for block in ["1", "1000", "8192"] {
        assert_eq!(stage.render(&[&args[..], &["--block", block]].concat()).samples, wav.samples, "{block}");
    }
}

#[test]
fn mistakes_are_one_clear_line() {
    let stage = Stage::new();
    for (args, code, says) in [
        (&["--set", "loudness=1"][..], 2, "loudness"),
        (&["--set", "filter=maybe"], 2, "Off, LP, BP, HP"),
        (&["--quality", "ultra"], 2, "Eco, Normal, Best"),
        (&["--x", "nowhere.json"], 1, "nowhere.json"),
        (&["--unknown"], 2, "--unknown"),
    ] {
        let (output, out) = stage.run(args);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
        assert!(text.contains(says), "{text}");
        assert!(!out.exists(), "nothing is written");
    }
    std::fs::write(&stage.midi, "no MIDI").unwrap();
    let (output, _) = stage.run(&[]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
}

#[test]
fn a_pack_that_is_damaged_where_it_is_played_gives_no_file() {
    let stage = Stage::stored(CellStorage::Flac);
    let mut bytes = std::fs::read(&stage.pack).unwrap();
    // In the middle of the first cell, which is 1 s from its start; the note plays for as long.
    let places = |name: &[u8]| bytes.windows(10).enumerate().filter(|(_, w)| *w == name).map(|(i, _)| i).nth(1);
    // The first places of both names are in the manifest.
    let (first, second) = (places(b"audio/60/0").unwrap(), places(b"audio/60/1").unwrap());
    bytes[first + (second - first) * 2 / 5] ^= 0x55;
    std::fs::write(&stage.pack, bytes).unwrap();
    let (output, out) = stage.run(&["--x", "0"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.contains("audio/60/0-0.flac") && text.contains("damaged"), "{text}");
    assert!(!out.exists(), "nothing is written");
    // What is played is whole.
    stage.render(&["--x", "1"]);
}

#[test]
fn a_wav_cell_that_is_damaged_sounds_as_it_is_and_is_told() {
    let stage = Stage::stored(CellStorage::Pcm16);
    let mut bytes = std::fs::read(&stage.pack).unwrap();
    let at = bytes.windows(10).position(|w| w == b"audio/60/0").unwrap();
    let at = at + bytes[at..].windows(4).position(|w| w == b"data").unwrap() + 50_000;
    bytes[at] ^= 0x55;
    std::fs::write(&stage.pack, bytes).unwrap();
    let (output, out) = stage.run(&["--x", "0"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && out.exists(), "{text}");
    assert!(text.contains("warning") && text.contains("audio/60/0") && text.contains("checksum"), "{text}");
}

/// The file that is rendered is the one that a link points to, whether it is there or not.
#[cfg(unix)]
#[test]
fn a_link_stays_and_its_target_is_rendered() {
    use std::os::unix::fs::symlink;
    let stage = Stage::new();
    let (plain, out) = stage.run(&["--tail", "0"]);
    assert!(plain.status.success());
    let bytes = std::fs::read(&out).unwrap();
    let target = stage.folder.path().join("target.wav");
    std::fs::remove_file(&out).unwrap();
    symlink("target.wav", &out).unwrap();
    for before in ["dangling", "old"] {
        assert!(stage.run(&["--tail", "0"]).0.status.success(), "{before}");
        assert!(std::fs::symlink_metadata(&out).unwrap().is_symlink(), "{before}");
        assert!(!std::fs::symlink_metadata(&target).unwrap().is_symlink(), "{before}");
        assert_eq!(std::fs::read(&target).unwrap(), bytes, "{before}");
        std::fs::write(&target, "old").unwrap();
    }
}

/// Most memory that a program takes, in bytes. It is at least what this process has taken so far.
#[cfg(target_os = "linux")]
fn most_memory(command: &mut Command) -> u64 {
    #[expect(clippy::zombie_processes, reason = "wait4 waits for it")]
    let child = command.spawn().unwrap();
    // SAFETY: plain numbers, for which 0 is good.
    let (mut status, mut usage): (i32, libc::rusage) = (0, unsafe { std::mem::zeroed() });
    // SAFETY: the pointers are to a whole int and a whole rusage; the child is not waited for elsewhere.
    let waited = unsafe { libc::wait4(child.id() as i32, &raw mut status, 0, &raw mut usage) };
    assert_eq!((waited, status), (child.id() as i32, 0));
    usage.ru_maxrss as u64 * 1024
}

#[cfg(target_os = "linux")]
#[test]
fn a_long_render_takes_no_more_memory_than_a_short_one() {
    let stage = Stage::new();
    let out = stage.folder.path().join("out.wav");
    let mut command = Command::new(env!("CARGO_BIN_EXE_betwixt"));
    command.arg("render").arg(&stage.pack).arg("--midi").arg(&stage.midi).arg("-o").arg(&out);
    command.args(["--rate", "384000", "--tail", "60"]);
    let memory = most_memory(&mut command);
    let written = std::fs::metadata(&out).unwrap().len();
    assert_eq!(written, 44 + 8 * 384_000 * 123 / 2);
    assert!(memory < written / 4 * 3, "{memory} bytes for a file of {written}");
}

/// The clip plays all of a pack that is three times the least budget.
#[cfg(target_os = "linux")]
#[test]
fn the_budget_of_the_settings_is_kept() {
    const FRAMES: usize = 2 << 20;
    let keys: Vec<u8> = (60..72).collect();
    let folder = tempfile::tempdir().unwrap();
    let here = |name: &str| folder.path().join(name);
    let mut writer = PackWriter::create(&here("p.btx")).unwrap();
    let mut manifest = Manifest::new("long", Grid::new(1, 1), 48_000);
    for &root in &keys {
        let tags = CellTags { sample_rate_hz: 48_000, root, loop_frames: None };
        let cell = encode_cell(&vec![[0.1; 2]; FRAMES], tags, CellStorage::Float, 0).unwrap();
        let cells = vec![writer.add_cell(&format!("audio/{root}/0-0"), &cell).unwrap()];
        manifest.notes.push(Note::new(root, (root, root), FRAMES as u64, cells));
    }
    writer.finish(&manifest).unwrap();
    let midi = notes(folder.path(), 0, &keys, (FRAMES / 50) as u32);
    let memory = |settings: &str| {
        std::fs::write(here("settings.json"), settings).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_betwixt"));
        command.arg("render").arg(here("p.btx")).arg("--midi").arg(&midi).arg("-o").arg(here("o.wav"));
        most_memory(command.args(["--tail", "0", "--quality", "eco"]).env("BETWIXT_CONFIG", folder.path())) >> 20
    };
    let (plain, little) = (memory("{}"), memory(r#"{"budget_mib":64}"#));
    assert!(plain > 192 && little < 140, "{plain} and {little} MiB");
}

#[cfg(unix)]
#[test]
fn an_interrupted_render_leaves_nothing_behind() {
    let stage = Stage::new();
    let files = || std::fs::read_dir(stage.folder.path()).unwrap().count();
    let before = files();
    let mut command = Command::new(env!("CARGO_BIN_EXE_betwixt"));
    command.arg("render").arg(&stage.pack).arg("--midi").arg(&stage.midi);
    command.arg("-o").arg(stage.folder.path().join("out.wav"));
    command.args(["--rate", "384000", "--tail", "3600", "--block", "1"]).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    while files() == before {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    // SAFETY: the child has not been waited for, so the id is its own.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGINT) }, 0);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.contains("interrupted"), "{text}");
    assert_eq!(files(), before, "nothing is left behind");
}
