//! Pictures of a pack's anchors: the first second and a half of each, low sounds below, time from left to right. Drawn
//! once for a pack, and kept while the process lives.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use betwixt_editor::model::{BANDS, Thumb};
use betwixt_engine::pack::PackReader;
use betwixt_engine::preset::PackReference;
use parking_lot::Mutex;

use crate::library::{self, Place};
use crate::spectrum::Bands;

/// Size of a picture, in pixels.
const WIDTH: usize = 80;
const HEIGHT: usize = 64;
/// Time from its left to its right.
const SECONDS: f32 = 1.5;
/// The note that is drawn is the one nearest to this key.
const KEY: u8 = 60;
/// And for this velocity, where there are several.
const VELOCITY: u8 = 100;
/// From full ink to none.
const RANGE_DB: f32 = 60.0;
/// Packs whose pictures are kept, and anchors of one that are drawn.
const MAX_PACKS: usize = 64;
const MAX_ANCHORS: usize = 64;

/// Pictures of one pack, by its anchors; none where an anchor can't be drawn.
pub(crate) type Thumbs = Arc<[Option<Arc<Thumb>>]>;

static KEPT: Mutex<BTreeMap<String, Thumbs>> = Mutex::new(BTreeMap::new());

/// The pictures of the pack with this hash, if they have been drawn.
pub(crate) fn of(sha256: &str) -> Option<Thumbs> {
    KEPT.lock().get(sha256).cloned()
}

/// Draws the pictures of a pack. Waits for the disk.
pub(crate) fn draw(reference: &PackReference, packs: Option<&Path>) {
    let Some(sha256) = reference.sha256.as_deref().filter(|sha256| of(sha256).is_none()) else { return };
    let pack = match library::find(reference, packs) {
        Some(Place::File(path)) => PackReader::open(&path),
        Some(Place::Embedded(bytes)) => PackReader::from_bytes(bytes),
        None => return,
    };
    let thumbs = match pack {
        Ok(pack) if pack.sha256() == sha256 => thumbs(&pack),
        Ok(_) => return,
        Err(error) => {
            tracing::warn!("{}: no pictures of its anchors: {error}", reference.name);
            return;
        }
    };
    let mut kept = KEPT.lock();
    if kept.len() >= MAX_PACKS {
        kept.pop_first();
    }
    kept.insert(sha256.to_owned(), thumbs);
}

fn thumbs(pack: &PackReader) -> Thumbs {
    let manifest = pack.manifest();
    let rate = manifest.sample_rate as f32;
    let mut bands = Bands::new(rate);
    let distance = |note: usize| {
        let note = &manifest.notes[note];
        (note.root.abs_diff(KEY), !(note.velocity[0]..=note.velocity[1]).contains(&VELOCITY))
    };
    let note = (0..manifest.notes.len()).min_by_key(|note| distance(*note));
    let anchors = manifest.anchors.iter().take(MAX_ANCHORS);
    anchors
        .map(|anchor| {
            let line = |at: f64, lines: usize| (at.clamp(0.0, 1.0) * (lines - 1) as f64).round() as usize;
            let [x, y] = anchor.at;
            let cell = line(y, manifest.grid.rows) * manifest.grid.columns + line(x, manifest.grid.columns);
            let frames = (rate * SECONDS) as usize + bands.frames();
            let sound = pack.decode_beginning(note?, cell, frames);
            match sound.map(|sound| sound.iter().map(|[left, right]| (left + right) * 0.5).collect::<Vec<_>>()) {
                Ok(sound) => Some(Arc::new(thumb(&mut bands, rate, &sound))),
                Err(error) => {
                    tracing::warn!("{}: no picture of {}: {error}", manifest.name, anchor.name);
                    None
                }
            }
        })
        .collect()
}

/// The picture of a sound.
fn thumb(bands: &mut Bands, rate: f32, sound: &[f32]) -> Thumb {
    let columns: Vec<[f32; BANDS]> = (0..WIDTH)
        .map(|column| {
            let begin = (column as f32 / WIDTH as f32 * SECONDS * rate) as usize;
            // The window's middle stands at the column's time.
            let half = bands.frames() / 2;
            let silence = std::iter::repeat_n(0.0, half.saturating_sub(begin));
            let there = sound.get(begin.saturating_sub(half)..).unwrap_or_default();
            bands.decibels(silence.chain(there.iter().copied()))
        })
        .collect();
    let loudest = columns.iter().flatten().fold(f32::MIN, |most, db| most.max(*db));
    let ink = (0..HEIGHT).rev().flat_map(|row| {
        columns.iter().map(move |column| {
            let bands = &column[row * BANDS / HEIGHT..(row + 1) * BANDS / HEIGHT];
            let db = bands.iter().fold(f32::MIN, |most, db| most.max(*db));
            // Silence has no loudest place.
            let part = if loudest > -100.0 { (db - loudest) / RANGE_DB + 1.0 } else { 0.0 };
            (part * 255.0).round().clamp(0.0, 255.0) as u8
        })
    });
    Thumb { width: WIDTH, height: HEIGHT, ink: ink.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::write_pack;

    #[test]
    fn a_sine_is_a_line_at_its_height_and_silence_is_paper() {
        let mut bands = Bands::new(48_000.0);
        let turn = 1000.0 * std::f32::consts::TAU / 48_000.0;
        let sound: Vec<f32> = (0..36_000).map(|i| 0.01 * (turn * i as f32).sin()).collect();
        let thumb = thumb(&mut bands, 48_000.0, &sound);
        assert_eq!((thumb.width, thumb.height, thumb.ink.len()), (WIDTH, HEIGHT, WIDTH * HEIGHT));
        let at = |x: usize| (0..HEIGHT).max_by_key(|y| thumb.ink[y * WIDTH + x]).unwrap();
        // 1 kHz is six tenths of the way from 40 Hz to 8 kHz.
        let height = (HEIGHT as f32 * (1.0 - 25f32.log2() / 200f32.log2())) as usize;
        assert!((10..30).all(|x| at(x).abs_diff(height) <= 1), "{} not {height}", at(20));
        assert!((0..HEIGHT).all(|y| thumb.ink[y * WIDTH + 60] == 0), "after its end");
        let silence = super::thumb(&mut bands, 48_000.0, &[0.0; 1000]);
        assert!(silence.ink.iter().all(|ink| *ink == 0));
    }

    #[test]
    fn every_anchor_of_our_packs_has_its_picture() {
        for file in library::list(None) {
            let reference = PackReference { name: file.name.clone(), sha256: Some(file.sha256.clone()), path: None };
            let begun = std::time::Instant::now();
            draw(&reference, None);
            eprintln!("{}: {:?}", file.name, begun.elapsed());
            let thumbs = of(&file.sha256).unwrap();
            assert!(thumbs.len() >= 2);
            let pictures: Vec<_> = thumbs.iter().map(|thumb| thumb.clone().unwrap()).collect();
            assert!(pictures.iter().all(|thumb| thumb.ink.iter().any(|ink| *ink > 200)));
            assert!(pictures[0] != pictures[1]);
        }
    }

    #[test]
    fn a_damaged_pack_has_none_and_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.btx");
        let sha256 = write_pack(&path, "P");
        let reference = PackReference { name: "P".into(), sha256: Some(sha256.clone()), path: Some(path.clone()) };
        std::fs::write(&path, "no pack").unwrap();
        draw(&reference, None);
        assert!(of(&sha256).is_none());
    }
}
