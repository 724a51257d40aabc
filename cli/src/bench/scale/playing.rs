//! Cost against voices, grid, instances and block sizes; the block in which a chord starts.

use std::sync::Arc;

use betwixt_engine::loader::{Loader, PackSource};
use betwixt_engine::pack::CellStorage;

use super::rig::{Rig, now_ns};
use super::table::Table;
use super::{PATIENCE, Scale, memory};
use crate::bench::RATE_HZ;
use crate::bench::spread::{least, median};
use crate::bench::synthetic::Synthetic;

type Failure = Box<dyn std::error::Error>;

const VOICES: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
const SIDES: [usize; 6] = [2, 3, 5, 9, 17, 33];
const INSTANCES: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// Notes of each instance.
const NOTES_EACH: usize = 4;
const BLOCKS: [usize; 9] = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
/// The block size that the others are held against, and by how much they may cost more.
const BLOCK: usize = 128;
const BLOCK_BAR: f64 = 1.3;
/// Notes of a chord where nothing else is said.
const NOTES: usize = 32;
/// The block in which a chord starts against the median block: at most.
const START_BAR: f64 = 4.0;
/// Chords that are started for it.
const STARTS: usize = 100;
/// Blocks of 128 that are timed between two starts.
const STEADY: usize = 40;
/// More than any cache holds.
const CACHE_BYTES: usize = 64 << 20;
/// As in the job `bench`: 2 × 2 cells of 2 s.
const JOB: Synthetic = Synthetic { columns: 2, rows: 2, roots: 11, frames: 96_000 };

/// Times each rig in turn, pass by pass: medians and minima, in ns per note-frame.
fn time(scale: &Scale, rigs: &mut [Rig]) -> Vec<(f64, f64)> {
    let mut all = vec![Vec::new(); rigs.len()];
    for rig in rigs.iter_mut() {
        rig.start();
        rig.play((0.5 * RATE_HZ) as usize);
    }
    for _ in 0..scale.passes {
        for (rig, times) in rigs.iter_mut().zip(&mut all) {
            // What went before has filled the caches.
            rig.play(4 * BLOCK);
            times.push(rig.note_frame_ns((scale.seconds * RATE_HZ) as usize));
        }
    }
    all.iter().map(|times| (median(times), least(times))).collect()
}

fn block_us(ns: f64, notes: usize) -> f64 {
    ns * (notes * BLOCK) as f64 / 1e3
}

pub(super) fn voices(scale: &Scale) -> Result<Table, Failure> {
    let pack = Arc::new(JOB.play()?);
    let mut rigs = Vec::new();
    for notes in VOICES {
        rigs.push(Rig::new(&pack, scale.quality, notes, BLOCK)?);
    }
    let title = format!("Voices: {}, blocks of {BLOCK}, CPU time", scale.quality.name());
    let mut table =
        Table::new("voices", title, &["voices", "ns per note-frame, median", "min", "µs per block, median"]);
    for (notes, (median, min)) in VOICES.into_iter().zip(time(scale, &mut rigs)) {
        table.row(notes.to_string(), vec![median, min, block_us(median, notes)]);
    }
    sounding(&rigs)?;
    Ok(table)
}

pub(super) fn grid(scale: &Scale) -> Result<Table, Failure> {
    let (mut rigs, mut sizes) = (Vec::new(), Vec::new());
    for side in SIDES {
        // Half a second: 33 × 33 cells are 1.1 GB.
        let pack = Synthetic { columns: side, rows: side, roots: 11, frames: 24_000 };
        sizes.push(pack.bytes() as f64 / 1e6);
        rigs.push(Rig::new(&Arc::new(pack.play()?), scale.quality, NOTES, BLOCK)?);
    }
    let title = format!(
        "Grid: {NOTES} notes, {}, blocks of {BLOCK}, the point goes round once a second, CPU time",
        scale.quality.name()
    );
    let mut table = Table::new("grid", title, &["grid", "MB of audio", "ns per note-frame, median", "min"]);
    for ((side, size), (median, min)) in SIDES.into_iter().zip(sizes).zip(time(scale, &mut rigs)) {
        table.row(format!("{side} × {side}"), vec![size, median, min]);
    }
    sounding(&rigs)?;
    Ok(table)
}

pub(super) fn blocks(scale: &Scale) -> Result<Table, Failure> {
    let pack = Arc::new(JOB.play()?);
    let mut rigs = Vec::new();
    for block in BLOCKS {
        rigs.push(Rig::new(&pack, scale.quality, NOTES, block)?);
    }
    let times = time(scale, &mut rigs);
    let at = BLOCKS.iter().position(|block| *block == BLOCK).unwrap_or(0);
    let title = format!("Block sizes: {NOTES} notes, {}, the same events, CPU time", scale.quality.name());
    let columns = ["frames of a block", "ns per note-frame, median", "min", "of that at 128", "of the min at 128"];
    let mut table = Table::new("blocks", title, &columns);
    let mut most = 0f64;
    for (block, (median, min)) in BLOCKS.into_iter().zip(&times) {
        most = most.max(median / times[at].0);
        table.row(block.to_string(), vec![*median, *min, median / times[at].0, min / times[at].1]);
    }
    table.bar(format!("Median at most {BLOCK_BAR} × that at {BLOCK} (most: {most:.2} ×)"), most <= BLOCK_BAR);
    sounding(&rigs)?;
    Ok(table)
}

/// Instances that play the same file, one after the other in one thread, as a host has them.
pub(super) fn instances(scale: &Scale) -> Result<Table, Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("noise.btx");
    Synthetic { columns: 5, rows: 5, roots: 11, frames: 48_000 }.write(&path, CellStorage::Pcm16)?;
    let title = format!(
        "Instances of one pack of 53 MB: {NOTES_EACH} notes each, {}, blocks of {BLOCK}, CPU time",
        scale.quality.name()
    );
    let columns = ["instances", "ns per note-frame, median", "min", "memory of the process, MiB"];
    let mut table = Table::new("instances", title, &columns);
    let mut sets = Vec::new();
    let mut held = Vec::new();
    for count in INSTANCES {
        let mut rigs = Vec::new();
        // Those of the sets before are still there: as many more are opened as are missing.
        while held.len() < count {
            let loading = Loader::shared().open(PackSource::File(path.clone()), (0.5, 0.5), Box::new(|_| {}));
            let pack = loading.wait_playable(PATIENCE)?.ok_or("the pack takes too long to load")?;
            if !loading.wait_complete(PATIENCE)? {
                return Err("the pack takes too long to load".into());
            }
            held.push((loading, pack));
        }
        for (_, pack) in &held {
            rigs.push(Rig::new(&pack.play, scale.quality, NOTES_EACH, BLOCK)?);
        }
        for rig in &mut rigs {
            rig.start();
            rig.play((0.2 * RATE_HZ) as usize);
        }
        sets.push((rigs, memory::resident_mib().unwrap_or(f64::NAN), Vec::new()));
    }
    for _ in 0..scale.passes {
        for (rigs, _, times) in &mut sets {
            // As much work for each set.
            let turns = ((scale.seconds * RATE_HZ) as usize / BLOCK * NOTES / (NOTES_EACH * rigs.len())).max(1);
            for timed in [false, true] {
                let begin = now_ns();
                for _ in 0..if timed { turns } else { 4 } {
                    rigs.iter_mut().for_each(Rig::block);
                }
                if timed {
                    times.push((now_ns() - begin) / (turns * BLOCK * NOTES_EACH * rigs.len()) as f64);
                }
            }
        }
    }
    for (rigs, mib, times) in &sets {
        table.row(rigs.len().to_string(), vec![median(times), least(times), *mib]);
        sounding(rigs)?;
    }
    Ok(table)
}

/// A chord that starts in one block, again and again, with the caches as they are and emptied before.
pub(super) fn start(scale: &Scale) -> Result<Table, Failure> {
    let pack = Arc::new(JOB.play()?);
    let mut rig = Rig::new(&pack, scale.quality, NOTES, BLOCK)?;
    let mut rubbish = vec![1u8; CACHE_BYTES];
    let (mut steady, mut starts) = (Vec::new(), [Vec::new(), Vec::new()]);
    for turn in 0..STARTS {
        for (cold, times) in starts.iter_mut().enumerate() {
            rig.stop();
            rig.play(16 * BLOCK);
            if cold == 1 {
                rubbish.iter_mut().for_each(|byte| *byte = byte.wrapping_add(turn as u8));
                std::hint::black_box(&mut rubbish);
            }
            let begin = now_ns();
            rig.start();
            times.push((now_ns() - begin) / 1e3);
            for _ in 0..STEADY {
                let begin = now_ns();
                rig.block();
                steady.push((now_ns() - begin) / 1e3);
            }
        }
    }
    sounding(std::slice::from_ref(&rig))?;
    let middle = median(&steady);
    let title = format!(
        "A block of {BLOCK} in which {NOTES} notes start: {}, {STARTS} times, CPU time in µs",
        scale.quality.name()
    );
    let mut table = Table::new("start", title, &["", "median", "min", "of the median block"]);
    table.row("a block while the chord is held".into(), vec![middle, least(&steady), 1.0]);
    let names = ["a block that starts it", "a block that starts it, caches emptied before"];
    for (name, times) in names.into_iter().zip(&starts) {
        let ratio = median(times) / middle;
        table.row(name.into(), vec![median(times), least(times), ratio]);
        table.bar(format!("{name}: at most {START_BAR} × the median block ({ratio:.2} ×)"), ratio <= START_BAR);
    }
    Ok(table)
}

/// What was measured did sound.
fn sounding(rigs: &[Rig]) -> Result<(), Failure> {
    match rigs.iter().find(|rig| !rig.sounds()) {
        Some(rig) => Err(format!("only {} notes sound", rig.sounding()).into()),
        None => Ok(()),
    }
}
