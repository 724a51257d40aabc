//! Packs that are written, read again, and verified.

use super::*;
use crate::resident::{CHUNK_FRAMES, CellAudio, Frames, LoopFrames, Reader, Storage};

pub(crate) fn tone(frames: usize, hz: f32) -> Vec<[f32; 2]> {
    (0..frames)
        .map(|i| {
            let t = i as f32 / 48_000.0;
            [(t * hz * 6.0).sin() * 0.5, (t * hz * 9.0).sin() * 0.25]
        })
        .collect()
}

/// A 2×2 pack of one note of `frames` frames, cell 3 repeating cell 0.
fn small(path: &Path, storage: CellStorage, frames: usize) -> Manifest {
    let mut writer = PackWriter::create(path).unwrap();
    let tags = CellTags { sample_rate_hz: 48_000, root: 60, loop_frames: Some(LoopFrames { start: 10, end: frames }) };
    let mut manifest = Manifest::new("Small", Grid::new(2, 2), 48_000);
    let mut cells: Vec<String> = (0..3)
        .map(|i| {
            let cell = encode_cell(&tone(frames, 200.0 + 100.0 * i as f32), tags, storage, i).unwrap();
            writer.add_cell(&format!("audio/60/{}-{}", i % 2, i / 2), &cell).unwrap()
        })
        .collect();
    cells.push(cells[0].clone());
    manifest.notes.push(Note {
        loop_points: Some(LoopPoints::new(10, frames as u64)),
        ..Note::new(60, (0, 127), frames as u64, cells)
    });
    writer.finish(&manifest).unwrap();
    manifest
}

#[test]
fn every_storage_is_written_read_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    for (storage, memory, step) in [
        (CellStorage::Flac, Storage::I16, 2.0 / 32768.0),
        (CellStorage::Pcm16, Storage::I16, 2.0 / 32768.0),
        (CellStorage::Pcm24, Storage::F32, 1.0 / 8_388_608.0),
        (CellStorage::Float, Storage::F32, 0.0),
    ] {
        let path = folder.path().join("p.btx");
        let frames = 3 * CHUNK_FRAMES + 77;
        let manifest = small(&path, storage, frames);
        let pack = PackReader::open(&path).unwrap();
        assert_eq!(pack.manifest(), &manifest);
        assert_eq!(pack.archive().entries()[0].name, "pack.json");
        let report = verify(&pack, &|_, _| {}).unwrap();
        assert_eq!(report, VerifyReport { entries: 4, skipped: 0, cells: 3, frames: 3 * frames as u64 });
        let format = pack.note_cell(0, 1).unwrap();
        assert_eq!(format.storage(), memory);
        for (a, b) in pack.decode_cell(0, 1).unwrap().iter().zip(tone(frames, 300.0)) {
            assert!((a[0] - b[0]).abs() <= step && (a[1] - b[1]).abs() <= step, "{storage:?} {a:?} {b:?}");
        }
    }
}

#[test]
fn chunks_fill_from_the_head_and_then_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    for storage in [CellStorage::Flac, CellStorage::Pcm16, CellStorage::Float] {
        let path = folder.path().join("p.btx");
        let frames = 5 * CHUNK_FRAMES + 1;
        small(&path, storage, frames);
        let pack = PackReader::open(&path).unwrap();
        let format = pack.note_cell(0, 0).unwrap();
        let cell = CellAudio::reserve(format.storage(), frames).unwrap();
        format.fill(&**pack.source(), &cell, 2, &mut |_| true).unwrap();
        assert!(cell.is_resident(0..2 * CHUNK_FRAMES));
        assert!(!cell.chunk_is_resident(2));
        format.fill(&**pack.source(), &cell, usize::MAX, &mut |_| true).unwrap();
        let expected = pack.decode_cell(0, 0).unwrap();
        match cell.read(&Reader::new().enter(), 0..frames).unwrap() {
            Frames::F32(f) => assert_eq!(f, expected),
            Frames::I16(f) => {
                assert!(f.iter().zip(&expected).all(|(a, b)| a.map(|v| f32::from(v) / 32768.0) == *b));
            }
        }
    }
}

#[test]
fn the_first_sample_of_a_wav_entry_lies_on_64_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    for storage in [CellStorage::Pcm16, CellStorage::Pcm24, CellStorage::Float] {
        small(&path, storage, 1000);
        let bytes = std::fs::read(&path).unwrap();
        let data: Vec<usize> =
            bytes.windows(4).enumerate().filter(|(_, w)| *w == b"data").map(|(i, _)| i + 8).collect();
        assert_eq!(data.len(), 3);
        assert!(data.iter().all(|at| at % AUDIO_ALIGN == 0), "{data:?}");
    }
}

#[test]
fn unknown_fields_survive_reading_and_writing() {
    let text = r#"{ "format": "betwixt-pack", "version": 1, "sample_rate": 48000, "channels": 2, "mood": {"a": [1, 2.5]},
        "grid": {"columns": 1, "rows": 1, "tilt": 3}, "anchors": [{"at": [0, 1], "colour": "red"}],
        "notes": [{"root": 60, "low": 0, "high": 127, "frames": 9, "cells": ["audio\\a.wav"], "loop": {"start": 1, "end": 9, "fade": 2},
                   "breath": true}], "map": {"cells": [{"rgb": [1, 2, 3], "hue": 0.5}], "kind": "x"} }"#;
    let manifest = Manifest::parse(text.as_bytes()).unwrap();
    assert_eq!(manifest.notes[0].cells[0], "audio/a.wav");
    assert_eq!(manifest.notes[0].velocity, [1, 127]);
    let again = Manifest::parse(&manifest.to_json().unwrap()).unwrap();
    assert_eq!(again, manifest);
    let json = String::from_utf8(again.to_json().unwrap()).unwrap();
    for field in ["mood", "tilt", "colour", "fade", "breath", "hue", "kind"] {
        assert!(json.contains(&format!("\"{field}\"")), "{field}");
    }
}

#[test]
fn the_beginning_of_a_cell_is_what_the_whole_begins_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    for storage in [CellStorage::Flac, CellStorage::Pcm16, CellStorage::Float] {
        small(&path, storage, 20_000);
        let pack = PackReader::open(&path).unwrap();
        let whole = pack.decode_cell(0, 1).unwrap();
        for frames in [1, 5000, 20_000, 99_999] {
            let beginning = pack.decode_beginning(0, 1, frames).unwrap();
            assert!(beginning == whole[..frames.min(20_000)], "{storage:?} {frames}");
        }
    }
}

#[test]
fn the_same_pack_is_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.btx"), folder.path().join("b.btx"));
    small(&a, CellStorage::Flac, 5000);
    small(&b, CellStorage::Flac, 5000);
    assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
    assert_eq!(PackReader::open(&a).unwrap().sha256(), PackReader::open(&b).unwrap().sha256());
    small(&b, CellStorage::Flac, 5001);
    assert_ne!(PackReader::open(&a).unwrap().sha256(), PackReader::open(&b).unwrap().sha256());
}

#[test]
fn a_pack_that_is_not_finished_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    let manifest = small(&path, CellStorage::Pcm16, 100);
    let before = std::fs::read(&path).unwrap();
    let writer = PackWriter::create(&path).unwrap();
    let error = writer.finish(&manifest).unwrap_err();
    assert!(matches!(error, PackError::Manifest(ManifestError::MissingEntry { note: 0, .. })), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
