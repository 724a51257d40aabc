//! Folders of WAV files on disk.

use std::path::Path;

use betwixt_engine::resident::LoopFrames;
use betwixt_engine::wav::{Encoding, WavSpec};

use super::*;

/// A second of a tone at a MIDI key; its level tells files apart.
fn write(folder: &Path, name: &str, key: f64, level: f32, root: Option<u8>) {
    let hz = 440.0 * 2f64.powf((key - 69.0) / 12.0);
    let samples: Vec<f32> = (0..24_000)
        .map(|n| {
            let phase = std::f64::consts::TAU * hz * f64::from(n) / 48_000.0;
            level * (0.6 * phase.sin() + 0.3 * (2.0 * phase).sin()) as f32
        })
        .collect();
    let spec = WavSpec { channels: 1, root, ..WavSpec::stereo(48_000, Encoding::Float32) };
    let mut bytes = Vec::new();
    spec.write(&mut bytes, &samples).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}

fn peak(recording: &Recording) -> f32 {
    recording.frames.iter().fold(0.0, |m, f| m.max(f[0].abs()))
}

#[test]
fn names_give_the_notes_and_the_nearest_is_transposed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "tone_C4.wav", 60.0, 0.5, None);
    write(folder.path(), "tone_A4.wav", 69.0, 0.5, None);
    let files = Files::open(folder.path()).unwrap();
    assert_eq!(files.roots(), [60, 69]);
    assert_eq!(files.note(62).unwrap().raise_cents, 200.0);
    assert_eq!(files.note(60).unwrap().raise_cents, 0.0);
}

#[test]
fn of_two_numbers_in_a_name_the_one_that_is_heard_is_the_note() {
    let folder = tempfile::tempdir().unwrap();
    // 25 is three octaves away, but for 65 cents.
    write(folder.path(), "lead-60+25.wav", 60.35, 0.5, Some(60));
    assert_eq!(Files::open(&folder.path().join("lead-60+25.wav")).unwrap().roots(), [60]);
}

#[test]
fn a_clear_pitch_beats_a_name_and_an_unclear_one_does_not() {
    for name in ["E4.wav", "pad64.wav", "take 57.wav", "G3.wav", "Untitled 65.wav"] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), name, 60.0, 0.5, None);
        let files = Files::open(&folder.path().join(name)).unwrap();
        assert_eq!(files.roots(), [60], "{name}");
        let said = files.warnings.iter().filter(|w| w.contains("from what is heard")).count();
        assert_eq!(said, 1, "{name}: {:?}", files.warnings);
    }
    // The modes of a bar a third of an octave lower, and a lone line: the names stand.
    for partials in [&[1.0, 2.756, 5.404][..], &[1.0]] {
        let folder = tempfile::tempdir().unwrap();
        let samples: Vec<f32> = (0..48_000)
            .map(|n| {
                let t = std::f64::consts::TAU * 261.6 * f64::from(n) / 48_000.0;
                partials.iter().map(|p| 0.2 * (p * t).sin()).sum::<f64>() as f32
            })
            .collect();
        let spec = WavSpec { channels: 1, ..WavSpec::stereo(48_000, Encoding::Float32) };
        spec.write_file(&folder.path().join("bar_E4.wav"), &samples).unwrap();
        assert_eq!(Files::open(folder.path()).unwrap().roots(), [64], "{partials:?}");
    }
}

#[test]
fn middle_c_called_c3_is_heard_and_corrected() {
    let folder = tempfile::tempdir().unwrap();
    for (name, key) in [("t C3.wav", 60.0), ("t G3.wav", 67.0), ("t C4.wav", 72.0)] {
        write(folder.path(), name, key, 0.5, None);
    }
    assert_eq!(Files::open(folder.path()).unwrap().roots(), [60, 67, 72]);
}

#[test]
fn chunks_that_vary_decide_the_octave_and_chunks_that_all_say_sixty_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a C5.wav", 60.0, 0.5, Some(60));
    write(folder.path(), "a D5.wav", 62.0, 0.5, Some(62));
    assert_eq!(Files::open(folder.path()).unwrap().roots(), [60, 62]);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "horn E4.wav", 64.0, 0.5, Some(60));
    write(folder.path(), "horn G4.wav", 67.0, 0.5, Some(60));
    assert_eq!(Files::open(folder.path()).unwrap().roots(), [64, 67]);
}

#[test]
fn files_without_names_go_by_their_chunks_then_by_ear() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "one.wav", 57.0, 0.5, Some(57));
    write(folder.path(), "two.wav", 64.0, 0.5, Some(64));
    assert_eq!(Files::open(folder.path()).unwrap().roots(), [57, 64]);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Flute solo.wav", 76.0, 0.5, None);
    let files = Files::open(folder.path()).unwrap();
    assert_eq!((files.roots(), files.warnings.len()), (vec![76], 1));
}

#[test]
fn of_velocity_layers_the_medium_one_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    for (name, level) in [("p_060_v30.wav", 0.1), ("p_060_v90.wav", 0.4), ("p_060_v127.wav", 0.9)] {
        write(folder.path(), name, 60.0, level, None);
    }
    let files = Files::open(folder.path()).unwrap();
    assert_eq!(files.roots(), [60]);
    let peak = peak(&files.note(60).unwrap());
    assert!((0.2..0.5).contains(&peak), "{peak}");
}

#[test]
fn a_pair_of_mono_files_is_one_stereo_recording() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "x_C4_L.wav", 60.0, 0.5, None);
    write(folder.path(), "x_C4_R.wav", 60.0, 0.25, None);
    let recording = Files::open(folder.path()).unwrap().note(60).unwrap();
    assert!((recording.frames[100][1] * 2.0 - recording.frames[100][0]).abs() < 1e-6);
}

#[test]
fn loops_come_along() {
    let folder = tempfile::tempdir().unwrap();
    let spec = WavSpec {
        root: Some(61),
        loop_frames: Some(LoopFrames { start: 10, end: 90 }),
        ..WavSpec::stereo(44_100, Encoding::Pcm16)
    };
    let mut bytes = Vec::new();
    spec.write_i16(&mut bytes, &[1000; 200]).unwrap();
    let path = folder.path().join("x.wav");
    std::fs::write(&path, bytes).unwrap();
    let files = Files::open(&path).unwrap();
    assert_eq!(files.roots(), [61]);
    assert_eq!(files.note(61).unwrap().loop_frames, Some(LoopFrames { start: 10, end: 90 }));
}

#[test]
fn what_can_not_be_used_is_said_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let error = |path: &Path| Files::open(path).err().expect("an error").to_string();
    std::fs::write(folder.path().join("flute_C4.flac"), b"fLaC").unwrap();
    assert!(error(folder.path()).contains("holds no WAV files; convert"));
    assert!(error(&folder.path().join("flute_C4.flac")).contains("it is FLAC; convert it to WAV"));
    std::fs::write(folder.path().join("bad_C4.wav"), b"not a wav").unwrap();
    assert!(error(folder.path()).contains("bad_C4.wav"));
}

#[test]
fn what_is_missing_in_a_file_or_not_used_of_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "whole_C4.wav", 60.0, 0.5, None);
    assert_eq!(Files::open(folder.path()).unwrap().warnings, [""; 0]);
    let whole = std::fs::read(folder.path().join("whole_C4.wav")).unwrap();
    // A third of the audio, after the chunks before it.
    let path = folder.path().join("cut_G4.wav");
    std::fs::write(&path, &whole[..whole.len() - 64_000]).unwrap();
    let said = "is cut short: 0.17 of 0.50 s are there";
    assert_eq!(Files::open(folder.path()).unwrap().warnings, [format!("cut_G4.wav {said}")]);
    assert_eq!(Files::single(&path, 60).unwrap().warnings, [format!("the file {said}")]);
    // Sizes as programs that write to a pipe leave them are no loss.
    let data = whole.windows(4).position(|w| w == b"data").unwrap() + 4;
    for size in [u32::MAX, 0x7FFF_FFFF, 0x7FFF_F000] {
        let mut streamed = whole.clone();
        streamed[data..data + 4].copy_from_slice(&size.to_le_bytes());
        std::fs::write(&path, streamed).unwrap();
        assert_eq!(Files::open(folder.path()).unwrap().warnings, [""; 0], "{size:x}");
    }
    std::fs::remove_file(&path).unwrap();
    for name in ["many_D4.wav", "many_E4.wav"] {
        // Silent: as six channels it would be heard at another pitch.
        write(folder.path(), name, 62.0, 0.0, None);
        let mut bytes = std::fs::read(folder.path().join(name)).unwrap();
        let format = bytes.windows(4).position(|w| w == b"fmt ").unwrap() + 8;
        bytes[format + 2] = 6;
        bytes[format + 12] = 6 * 4;
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let said = "many_D4.wav has 6 channels: the first two are used, the others are not (1 more file is like that)";
    assert_eq!(Files::open(folder.path()).unwrap().warnings, [said]);
}

#[test]
fn of_a_long_file_enough_is_read_for_the_longest_note() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long_C4.wav");
    let spec = WavSpec { channels: 1, ..WavSpec::stereo(1_000, Encoding::Float32) };
    spec.write_file(&path, &vec![0.1; 300_000]).unwrap();
    let files = Files::single(&path, 60).unwrap();
    for (key, seconds) in [(48, 64), (60, 64), (72, 128), (96, 300)] {
        assert_eq!(files.note(key).unwrap().frames.len(), seconds * 1_000, "key {key}");
    }
}
