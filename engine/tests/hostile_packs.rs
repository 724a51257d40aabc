//! Packs made by someone who means harm, or by a failing disk: each is refused by name, before it
//! has cost memory, and none brings the process down. What is allocated is counted.

mod common;
mod hostile;

use std::sync::Arc;
use std::time::Duration;

use betwixt_engine::loader::{Loader, PackSource};
use betwixt_engine::pack::{
    ArchiveError, CellError, CellStorage, Grid, Manifest, ManifestError, PackError, PackReader, VerifyReport, verify,
};
use betwixt_engine::wav::{Encoding, WavSpec};
use common::{Shape, write_pack};
use hostile::{Zip, alone, counted};
use proptest::prelude::*;
use serde_json::{Value, json};

/// More than a small pack's own reading takes, and far less than what hostile ones claim.
const LITTLE: usize = 4 << 20;

fn open(bytes: &[u8]) -> Result<PackReader, PackError> {
    let source: Arc<Vec<u8>> = Arc::new(bytes.to_vec());
    let (result, allocated) = counted(|| PackReader::from_source(Arc::new(hostile::Shared(source)), None));
    assert!(allocated < LITTLE + 20 * bytes.len(), "{allocated} bytes for a file of {}", bytes.len());
    result
}

fn open_and_verify(bytes: &[u8]) -> Result<VerifyReport, PackError> {
    let pack = open(bytes)?;
    let (result, allocated) = counted(|| verify(&pack, &|_, _| {}));
    assert!(allocated < 4 * LITTLE, "{allocated} bytes to verify a file of {}", bytes.len());
    result
}

fn load(bytes: &[u8]) -> Result<(), Arc<PackError>> {
    let leaked: &'static [u8] = Box::leak(bytes.to_vec().into_boxed_slice());
    let handle = Loader::shared().open(PackSource::Memory(leaked), (0.5, 0.5), Box::new(|_| {}));
    assert!(handle.wait_complete(Duration::from_secs(60))?, "in time");
    Ok(())
}

fn wav(channels: usize, rate: u32, frames: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let spec = WavSpec { channels, ..WavSpec::stereo(rate, Encoding::Float32) };
    spec.write(&mut out, &vec![0.25; frames * channels]).unwrap();
    out
}

/// A manifest of one cell, to be bent.
fn manifest() -> Value {
    json!({ "format": "betwixt-pack", "version": 1, "name": "x", "sample_rate": 48000, "channels": 2,
        "grid": { "columns": 1, "rows": 1 },
        "notes": [ { "root": 60, "low": 0, "high": 127, "velocity": [1, 127], "frames": 100,
                     "cells": ["audio/a.wav"] } ] })
}

fn pack_of(manifest: &Value) -> Vec<u8> {
    Zip::new().add("pack.json", manifest.to_string().as_bytes()).add("audio/a.wav", &wav(2, 48_000, 100)).finish()
}

fn bent(change: impl FnOnce(&mut Value)) -> PackError {
    let mut manifest = manifest();
    change(&mut manifest);
    open(&pack_of(&manifest)).expect_err("it is bent")
}

fn good_file(storage: CellStorage) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    write_pack(&path, Shape { grid: 2, notes: 2, frames: 300, storage });
    std::fs::read(path).unwrap()
}

#[test]
fn the_unbent_pack_is_good() {
    let _alone = alone();
    open_and_verify(&pack_of(&manifest())).unwrap();
    load(&pack_of(&manifest())).unwrap();
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let _alone = alone();
    let bytes = good_file(CellStorage::Flac);
    for cut in 0..bytes.len() {
        match open(&bytes[..cut]) {
            Err(PackError::Archive(ArchiveError::NotZip)) => assert!(cut < 22, "{cut}"),
            Err(PackError::Archive(ArchiveError::Truncated)) => {}
            other => panic!("cut at {cut} of {}: {other:?}", bytes.len()),
        }
    }
}

#[test]
fn every_flipped_bit_is_found_by_verify_or_changes_nothing() {
    let _alone = alone();
    for storage in [CellStorage::Flac, CellStorage::Pcm16] {
        let bytes = good_file(storage);
        let good = open(&bytes).unwrap();
        let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        let mut harmless = 0;
        for at in (0..bytes.len()).step_by(if cfg!(debug_assertions) { 3 } else { 1 }) {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << (at % 8);
            if open_and_verify(&bad).is_ok() {
                // Dates, versions, padding and the like: nothing that is played, and not the audio.
                harmless += 1;
                let pack = open(&bad).unwrap();
                assert_eq!(pack.manifest(), good.manifest());
                assert_eq!(pack.sha256() == good.sha256(), at < directory, "the hash sees the directory");
                for note in 0..2 {
                    for cell in 0..4 {
                        let audio = pack.decode_cell(note, cell).unwrap();
                        assert_eq!(audio, good.decode_cell(note, cell).unwrap(), "byte {at}");
                    }
                }
            }
        }
        assert!(harmless < bytes.len() / 3, "{harmless} of {}", bytes.len());
    }
}

#[test]
fn a_manifest_that_was_damaged_is_not_believed() {
    let _alone = alone();
    let mut bytes = pack_of(&manifest());
    let at = bytes.windows(8).position(|w| w == b"\"name\":\"").unwrap() + 8;
    bytes[at] = b'y';
    assert!(matches!(open(&bytes), Err(PackError::Archive(ArchiveError::Checksum { .. }))));
}

#[test]
fn archives_that_lie_about_their_places_are_refused() {
    let _alone = alone();
    let entry = wav(2, 48_000, 100);
    let base = || Zip::new().add("pack.json", manifest().to_string().as_bytes()).add("audio/a.wav", &entry);
    type Check = fn(&PackError) -> bool;
    let bad_directory: Check = |e| matches!(e, PackError::Archive(ArchiveError::BadDirectory { .. }));
    let cases: Vec<(Vec<u8>, Check)> = vec![
        (base().directory_offset(1).finish(), bad_directory),
        (base().directory_offset(-1).finish(), bad_directory),
        (base().directory_offset(1 << 31).finish(), bad_directory),
        (base().count(1).finish(), bad_directory),
        (base().count(60_000).finish(), bad_directory),
        (base().count(0xFFFF).finish(), bad_directory),
        (base().zip64(1 << 40, 100, 0).finish(), bad_directory),
        (base().zip64(2, u64::MAX - 5, 50).finish(), bad_directory),
        (base().edit(1, |e| e.offset = Some(0)).finish(), |e| {
            matches!(e, PackError::Archive(ArchiveError::Overlap { .. }))
        }),
        (base().edit(1, |e| e.offset = Some(0xFFFF_0000)).finish(), |e| {
            matches!(e, PackError::Archive(ArchiveError::PastEnd { .. }))
        }),
        (base().edit(1, |e| e.size = Some(1 << 30)).finish(), |e| {
            matches!(e, PackError::Archive(ArchiveError::PastEnd { .. }))
        }),
        (base().edit(0, |e| e.size = Some(400)).finish(), |e| {
            matches!(e, PackError::Archive(ArchiveError::Overlap { .. }))
        }),
        (base().edit(0, |e| e.flags = 1).finish(), |e| matches!(e, PackError::Archive(ArchiveError::Encrypted { .. }))),
        (base().edit(1, |e| e.method = 8).finish(), |e| {
            matches!(e, PackError::Archive(ArchiveError::Compressed { .. }))
        }),
        (base().add("audio/a.wav", b"again").finish(), |e| {
            matches!(e, PackError::Archive(ArchiveError::Duplicate { .. }))
        }),
        (base().add("audio\\a.wav", b"again").finish(), |e| {
            matches!(e, PackError::Archive(ArchiveError::Duplicate { .. }))
        }),
        (Zip::new().add("other.json", b"{}").finish(), |e| {
            matches!(e, PackError::Archive(ArchiveError::Missing { .. }))
        }),
        (Zip::new().finish(), |e| matches!(e, PackError::Archive(ArchiveError::Missing { .. }))),
    ];
    for (i, (bytes, check)) in cases.iter().enumerate() {
        let error = open(bytes).expect_err(&format!("case {i}"));
        assert!(check(&error), "case {i}: {error}");
    }
    // An entry whose own header is elsewhere is found when it is opened.
    let moved = base().edit(1, |e| e.offset_by = 1).finish();
    assert!(matches!(open_and_verify(&moved), Err(PackError::Archive(_))));
    assert!(load(&moved).is_err());
}

#[test]
fn names_that_could_reach_outside_are_refused() {
    let _alone = alone();
    for name in ["../x", "/etc/x", "C:/x", "c:x", "audio/../../x", "audio\\..\\x", "\\x", "a\0b", "a//b", "./a", ""] {
        let bytes = Zip::new().add("pack.json", b"{}").add(name, b"x").finish();
        let error = open(&bytes).expect_err(name);
        assert!(matches!(error, PackError::Archive(ArchiveError::UnsafeName { .. })), "{name:?}: {error}");
        let error = bent(|m| m["notes"][0]["cells"][0] = json!(name));
        assert!(matches!(error, PackError::Manifest(ManifestError::CellName { .. })), "{name:?}: {error}");
    }
    let long = "a".repeat(2000);
    let bytes = Zip::new().add("pack.json", b"{}").add(&long, b"x").finish();
    assert!(matches!(open(&bytes), Err(PackError::Archive(ArchiveError::UnsafeName { .. }))));
}

#[test]
fn what_a_pack_does_not_know_is_left_alone() {
    let _alone = alone();
    let bytes = Zip::new()
        .add("pack.json", manifest().to_string().as_bytes())
        .add("notes.txt", b"hello")
        .add("pictures/", b"")
        .add("audio/a.wav", &wav(2, 48_000, 100))
        .deflated("pictures/a.png", &[7; 5000])
        .finish();
    let report = open_and_verify(&bytes).unwrap();
    assert_eq!(report, VerifyReport { entries: 3, skipped: 1, cells: 1, frames: 100 });
}

#[test]
fn a_deflated_manifest_is_read_and_a_bomb_is_not() {
    let _alone = alone();
    let text = manifest().to_string();
    let audio = wav(2, 48_000, 100);
    let packed = |manifest: &[u8]| Zip::new().deflated("pack.json", manifest).add("audio/a.wav", &audio);
    open(&packed(text.as_bytes()).finish()).unwrap();
    // 200 MB of spaces in 200 kB, first honest about it, then not.
    let bomb = vec![b' '; 200 << 20];
    let honest = packed(&bomb).finish();
    assert!(honest.len() < 1 << 20);
    assert!(matches!(open(&honest), Err(PackError::Archive(ArchiveError::EntryTooLarge { .. }))));
    let lying = packed(&bomb).edit(0, |e| e.size = Some(1000)).finish();
    assert!(matches!(open(&lying), Err(PackError::Archive(ArchiveError::BadEntry { .. }))));
}

#[test]
fn tiny_files_that_claim_hours_of_audio_are_refused_before_memory_is_taken() {
    let _alone = alone();
    // 64 FLAC entries of 2^27 frames each, by their headers: 32 GiB from some kilobytes.
    let frames = 1u64 << 27;
    let mut flac = betwixt_engine::flac::encode_i16(&[[0; 2]; 5000], 48_000).unwrap();
    flac[21] &= 0xF0;
    flac[22..26].copy_from_slice(&(frames as u32).to_be_bytes());
    let mut value = manifest();
    value["grid"] = json!({ "columns": 8, "rows": 8 });
    value["notes"][0]["frames"] = json!(frames);
    value["notes"][0]["cells"] = (0..64).map(|i| json!(format!("audio/{i}.flac"))).collect();
    let mut zip = Zip::new().add("pack.json", value.to_string().as_bytes());
    for i in 0..64 {
        zip = zip.add(&format!("audio/{i}.flac"), &flac);
    }
    let (result, allocated) = counted(|| load(&zip.finish()));
    let error = result.expect_err("a bomb");
    assert!(matches!(*error, PackError::Bomb { .. }), "{error}");
    assert!(allocated < LITTLE, "{allocated}");
}

#[test]
fn manifests_that_break_a_rule_say_which() {
    let _alone = alone();
    use ManifestError as M;
    macro_rules! refused {
        ($pattern:pat, $change:expr) => {
            let error = bent($change);
            assert!(matches!(error, PackError::Manifest($pattern)), "{}: {error}", stringify!($pattern));
        };
    }
    refused!(M::Version { found: 2 }, |m: &mut Value| m["version"] = json!(2));
    refused!(M::Version { found: 0 }, |m: &mut Value| drop(m.as_object_mut().unwrap().remove("version")));
    refused!(M::Format { .. }, |m: &mut Value| m["format"] = json!("betwixt-bank"));
    refused!(M::Json(_), |m: &mut Value| *m = json!([1, 2]));
    refused!(M::Json(_), |m: &mut Value| m["grid"]["rows"] = json!(-1));
    refused!(M::Json(_), |m: &mut Value| m["notes"][0]["root"] = json!(300));
    refused!(M::Json(_), |m: &mut Value| drop(m.as_object_mut().unwrap().remove("notes")));
    refused!(M::Channels { found: 1 }, |m: &mut Value| m["channels"] = json!(1));
    refused!(M::Value { .. }, |m: &mut Value| m["sample_rate"] = json!(0));
    refused!(M::Value { .. }, |m: &mut Value| m["sample_rate"] = json!(4_000_000_000u32));
    refused!(M::Value { .. }, |m: &mut Value| m["grid"]["columns"] = json!(0));
    refused!(M::Limit { .. }, |m: &mut Value| m["grid"]["columns"] = json!(34));
    refused!(M::Limit { .. }, |m: &mut Value| m["grid"]["rows"] = json!(u32::MAX));
    refused!(M::Value { .. }, |m: &mut Value| m["notes"] = json!([]));
    refused!(M::Limit { .. }, |m: &mut Value| m["notes"][0]["frames"] = json!((1u64 << 27) + 1));
    refused!(M::Value { .. }, |m: &mut Value| m["notes"][0]["frames"] = json!(0));
    refused!(M::Value { .. }, |m: &mut Value| m["notes"][0]["root"] = json!(128));
    refused!(M::Value { .. }, |m: &mut Value| m["notes"][0]["low"] = json!(200));
    refused!(M::Value { .. }, |m: &mut Value| m["notes"][0]["high"] = json!(200));
    refused!(M::Value { .. }, |m: &mut Value| (m["notes"][0]["low"], m["notes"][0]["high"]) = (json!(9), json!(8)));
    refused!(M::Value { .. }, |m: &mut Value| m["notes"][0]["velocity"] = json!([0, 127]));
    refused!(M::Value { .. }, |m: &mut Value| m["notes"][0]["velocity"] = json!([9, 8]));
    refused!(M::Value { .. }, |m: &mut Value| m["notes"][0]["tune_cents"] = json!(1e300));
    refused!(M::Value { .. }, |m: &mut Value| m["notes"][0]["release_frames"] = json!(101));
    refused!(M::Loop { start: 5, end: 5, .. }, |m: &mut Value| m["notes"][0]["loop"] = json!({"start": 5, "end": 5}));
    refused!(M::Loop { .. }, |m: &mut Value| m["notes"][0]["loop"] = json!({"start": 0, "end": 101}));
    refused!(M::Loop { .. }, |m: &mut Value| m["notes"][0]["loop"] = json!({"start": 9, "end": 3}));
    refused!(M::CellCount { found: 0, .. }, |m: &mut Value| m["notes"][0]["cells"] = json!([]));
    refused!(M::CellCount { found: 1, expected: 1089, .. }, |m: &mut Value| m["grid"] =
        json!({"columns": 33, "rows": 33}));
    refused!(M::MissingEntry { .. }, |m: &mut Value| m["notes"][0]["cells"][0] = json!("audio/none.wav"));
    refused!(M::CellName { .. }, |m: &mut Value| m["notes"][0]["cells"][0] = json!("pack.json"));
    refused!(M::CellName { .. }, |m: &mut Value| m["notes"][0]["cells"][0] = json!("audio/a.mp3"));
    refused!(M::Value { .. }, |m: &mut Value| m["anchors"] = json!([{ "at": [0.0, 1.5] }]));
    refused!(M::Value { .. }, |m: &mut Value| m["map"] = json!({ "cells": [{"rgb": [0, 0, 0]}, {"rgb": [0, 0, 0]}] }));
    refused!(M::Overlap { first: 0, second: 1, key: 60, velocity: 50 }, |m: &mut Value| {
        let mut second = m["notes"][0].clone();
        (second["low"], second["velocity"]) = (json!(60), json!([50, 60]));
        m["notes"].as_array_mut().unwrap().push(second);
    });
    refused!(M::Limit { value: 17, .. }, |m: &mut Value| {
        let note = m["notes"][0].clone();
        m["notes"] = (1..=17)
            .map(|v| {
                let mut n = note.clone();
                n["velocity"] = json!([v, v]);
                n
            })
            .collect();
    });
    refused!(M::Limit { value: 3000, .. }, |m: &mut Value| {
        let note = m["notes"][0].clone();
        m["notes"] = vec![note; 3000].into();
    });
    // JSON has no NaN; numbers beyond a double are refused as well.
    for text in ["NaN", "1e999", "-Infinity"] {
        let json = manifest().to_string().replace("\"frames\"", &format!("\"tune_cents\": {text}, \"frames\""));
        let bytes = Zip::new().add("pack.json", json.as_bytes()).add("audio/a.wav", b"").finish();
        assert!(matches!(open(&bytes), Err(PackError::Manifest(M::Json(_)))), "{text}");
    }
    let mut made = Manifest::new("made", Grid::new(1, 1), 48_000);
    made.notes = serde_json::from_value(manifest()["notes"].clone()).unwrap();
    made.notes[0].tune_cents = f64::NAN;
    assert!(matches!(made.to_json(), Err(M::NotFinite { .. })));
}

#[test]
fn a_huge_manifest_is_refused_or_costs_little() {
    let _alone = alone();
    let audio = wav(2, 48_000, 100);
    let with = |extra: &str| {
        let json = manifest().to_string().replacen('{', &format!("{{\"extra\": {extra},"), 1);
        Zip::new().add("pack.json", json.as_bytes()).add("audio/a.wav", &audio).finish()
    };
    let over = with(&format!("\"{}\"", "x".repeat(9 << 20)));
    assert!(matches!(open(&over), Err(PackError::Archive(ArchiveError::EntryTooLarge { .. }))));
    let many = with(&format!("[{}0]", "0,".repeat(3 << 20)));
    assert!(matches!(open(&many), Err(PackError::Manifest(ManifestError::Limit { .. }))));
    let deep = with(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    assert!(matches!(open(&deep), Err(PackError::Manifest(ManifestError::Json(_)))));
    // The worst that passes.
    let worst = with(&format!("[{}[]]", "[],".repeat((1 << 18) - 100)));
    let source = Arc::new(worst);
    let (result, allocated) = counted(|| PackReader::from_source(Arc::new(hostile::Shared(source)), None));
    result.unwrap();
    println!("the worst manifest of unknown fields costs {} MB at its peak", allocated >> 20);
    assert!(allocated < 128 << 20, "{allocated}");
}

#[test]
fn cells_that_are_not_what_the_manifest_says_are_refused_by_name() {
    let _alone = alone();
    let load_with = |name: &str, audio: &[u8]| {
        let mut value = manifest();
        value["notes"][0]["cells"][0] = json!(name);
        let bytes = Zip::new().add("pack.json", value.to_string().as_bytes()).add(name, audio).finish();
        let verified = open_and_verify(&bytes).expect_err("verify");
        let loaded = load(&bytes).expect_err("load");
        assert_eq!(verified.to_string(), loaded.to_string());
        match verified {
            PackError::Cell { entry, problem } => {
                assert_eq!(entry, name);
                problem
            }
            other => panic!("{other}"),
        }
    };
    assert!(matches!(load_with("audio/a.wav", &wav(1, 48_000, 100)), CellError::Channels { found: 1 }));
    assert!(matches!(load_with("audio/a.wav", &wav(2, 44_100, 100)), CellError::Rate { found: 44_100, .. }));
    assert!(matches!(load_with("audio/a.wav", &wav(2, 48_000, 99)), CellError::Frames { found: 99, expected: 100 }));
    assert!(matches!(load_with("audio/a.wav", b"RIFF"), CellError::Wav(_)));
    assert!(matches!(load_with("audio/a.flac", &wav(2, 48_000, 100)), CellError::Flac(_)));
    let mut eight_bit = wav(2, 48_000, 100);
    let at = eight_bit.windows(4).position(|w| w == b"fmt ").unwrap() + 8;
    eight_bit[at..at + 16].copy_from_slice(&[1, 0, 2, 0, 0x80, 0xBB, 0, 0, 0, 0, 0, 0, 2, 0, 8, 0]);
    assert!(matches!(load_with("audio/a.wav", &eight_bit), CellError::Encoding { .. }));
    let flac = betwixt_engine::flac::encode_i16(&[[5; 2]; 100], 48_000).unwrap();
    assert!(matches!(load_with("audio/a.flac", &flac[..flac.len() - 4]), CellError::Flac(_)));
}

#[test]
fn a_sample_that_is_no_number_is_named_by_verify_and_silent_when_played() {
    let _alone = alone();
    let mut audio = wav(2, 48_000, 100);
    let at = audio.len() - 8 * 40;
    audio[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let bytes = Zip::new().add("pack.json", manifest().to_string().as_bytes()).add("audio/a.wav", &audio).finish();
    let error = open_and_verify(&bytes).unwrap_err();
    assert!(matches!(error, PackError::Cell { problem: CellError::NotFinite { frame: 60 }, .. }), "{error}");
    let leaked: &'static [u8] = Box::leak(bytes.into_boxed_slice());
    let handle = Loader::shared().open(PackSource::Memory(leaked), (0.5, 0.5), Box::new(|_| {}));
    assert!(handle.wait_complete(Duration::from_secs(60)).unwrap());
    let pack = handle.pack().unwrap();
    let reading = betwixt_engine::resident::Reader::new().enter();
    let Some(betwixt_engine::resident::Frames::F32(frames)) = pack.play.notes[0].cells[0].read(&reading, 0..100) else {
        panic!()
    };
    assert_eq!(frames[60], [0.0, 0.25]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_makes_it_panic(
        flips in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<u16>()),
        flac in any::<bool>(),
    ) {
        let _alone = alone();
        static GOOD: std::sync::OnceLock<[Vec<u8>; 2]> = std::sync::OnceLock::new();
        let good = GOOD.get_or_init(|| [good_file(CellStorage::Pcm16), good_file(CellStorage::Flac)]);
        let mut bytes = good[usize::from(flac)].clone();
        for (at, with) in flips {
            let at = usize::from(at) % bytes.len();
            bytes[at] = with;
        }
        if let Some(cut) = cut {
            bytes.truncate(usize::from(cut) % bytes.len());
        }
        let _ = open_and_verify(&bytes);
        let _ = load(&bytes);
    }
}
