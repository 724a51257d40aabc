//! Opening a pack: from a file to reserved memory and a queue of jobs.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use super::job::CellJob;
use super::load::{Listener, Load};
use super::pool::{Core, Place, Rank, Work};
use super::{LoadedPack, PackSource};
use crate::limits;
use crate::pack::{CellFormat, Manifest, PackError, PackReader};
use crate::resident::{CHUNK_FRAMES, CellAudio, LoopFrames, PlayNote, PlayPack, Storage};

/// How much of a cell is loaded first.
const HEAD_SECONDS: f64 = 0.1;
/// An archive that unpacks to this many times its size, and to more than [`BOMB_BYTES`], holds no
/// recording. (Real ones unpack to 2–10 times; digital silence to 1000.)
const BOMB_RATIO: u64 = 256;
/// Below this, a pack may be as silent as it likes.
const BOMB_BYTES: u64 = 256 << 20;

/// The job that opens a pack for a listener, which may have gone meanwhile.
pub(super) fn open(pool: &Weak<Core>, source: &PackSource, near: (f64, f64), listener: &Weak<Listener>) {
    let (Some(pool), Some(listener)) = (pool.upgrade(), listener.upgrade()) else { return };
    let opened = catch_unwind(AssertUnwindSafe(|| try_open(&pool, source, near, &listener)));
    let result = opened.unwrap_or_else(|_| Err(PackError::Fault { doing: "opening the pack".into() }));
    if let Err(error) = result {
        listener.fail(&Arc::new(error));
    }
    // The handle may have gone while we worked; then this is its last owner, and this a good thread
    // to free on.
}

fn try_open(
    pool: &Arc<Core>,
    source: &PackSource,
    near: (f64, f64),
    listener: &Arc<Listener>,
) -> Result<(), PackError> {
    let reader = match source {
        PackSource::File(path) => PackReader::open(path)?,
        PackSource::Memory(bytes) => PackReader::from_bytes(bytes)?,
    };
    let loaded = |manifest: Arc<Manifest>, play: Arc<PlayPack>| LoadedPack {
        manifest,
        sha256: reader.sha256().to_owned(),
        path: reader.path().map(Into::into),
        play,
        pool: Arc::downgrade(pool),
    };
    // The length guards against a file that was cut inside its audio by a tool that kept the
    // directory; the directory itself holds the checksum of every entry.
    let identity = format!("{}-{}", reader.sha256(), reader.source().len());
    let remember = |load: &Arc<Load>| {
        let mut places = pool.places.lock();
        places.retain(|_, (load, _)| load.strong_count() > 0);
        places.insert(Place::of(source), (Arc::downgrade(load), reader.sha256().to_owned()));
    };
    if let Some((load, play)) = find(pool, &identity) {
        remember(&load);
        load.join(listener, loaded(load.manifest.clone(), play));
        return Ok(());
    }
    let plan = Plan::new(&reader, near)?;
    let load = {
        let mut loads = pool.loads.lock();
        loads.retain(|_, load| load.strong_count() > 0);
        // Someone else may have opened it while we read its headers.
        if let Some((load, play)) = living(loads.get(&identity)) {
            drop(loads);
            remember(&load);
            load.join(listener, loaded(load.manifest.clone(), play));
            return Ok(());
        }
        let manifest = Arc::new(reader.manifest().clone());
        let near = plan.cells.iter().filter(|c| c.is_near).count();
        let load = Load::new(&plan.play, manifest, plan.total_frames(), near, plan.cells.len());
        loads.insert(identity, Arc::downgrade(&load));
        load
    };
    remember(&load);
    load.join(listener, loaded(load.manifest.clone(), plan.play.clone()));
    pool.submit(plan.jobs(&load, &reader));
    Ok(())
}

/// The pack that was opened at this source, if it is still in memory and can be played. Asks no disk.
pub(super) fn resident(pool: &Arc<Core>, source: &PackSource) -> Option<LoadedPack> {
    let (load, sha256) = pool.places.lock().get(&Place::of(source)).cloned()?;
    let (load, play) = living(Some(&load)).filter(|(load, _)| load.is_playable())?;
    let path = match source {
        PackSource::File(path) => Some(path.clone()),
        PackSource::Memory(_) => None,
    };
    Some(LoadedPack { manifest: load.manifest.clone(), sha256, path, play, pool: Arc::downgrade(pool) })
}

fn find(pool: &Core, identity: &str) -> Option<(Arc<Load>, Arc<PlayPack>)> {
    living(pool.loads.lock().get(identity))
}

/// A load whose memory is still there and in which nothing has failed: a file that was repaired is
/// to be read again.
fn living(load: Option<&Weak<Load>>) -> Option<(Arc<Load>, Arc<PlayPack>)> {
    let load = load?.upgrade().filter(|l| !l.has_failed())?;
    let play = load.play.upgrade()?;
    Some((load, play))
}

/// One audio entry of the pack, and where it goes.
struct PlannedCell {
    name: Arc<str>,
    format: CellFormat,
    audio: Arc<CellAudio>,
    is_near: bool,
    distance: u32,
}

struct Plan {
    play: Arc<PlayPack>,
    cells: Vec<PlannedCell>,
    head_chunks: usize,
}

impl Plan {
    /// Reads the headers of all cells, reserves their memory, and says what is near.
    fn new(reader: &PackReader, near: (f64, f64)) -> Result<Plan, PackError> {
        let manifest = reader.manifest();
        let formats = read_formats(reader)?;
        check_memory(reader, &formats)?;
        let mut memory: HashMap<&str, usize> = HashMap::new();
        let mut cells: Vec<PlannedCell> = Vec::new();
        let mut notes = Vec::with_capacity(manifest.notes.len());
        for note in &manifest.notes {
            // One mapping for what this note brings that no earlier one had.
            let mut fresh: Vec<&str> = Vec::new();
            for name in &note.cells {
                if !memory.contains_key(name.as_str()) {
                    memory.insert(name, cells.len() + fresh.len());
                    fresh.push(name);
                }
            }
            let sizes: Vec<(Storage, usize)> =
                fresh.iter().map(|name| (formats[name].storage(), note.frames as usize)).collect();
            let reserved = CellAudio::reserve_all(&sizes).map_err(|reason| PackError::NoMemory {
                bytes: sizes.iter().map(|(s, f)| (s.frame_bytes() * f) as u64).sum(),
                reason,
            })?;
            cells.extend(fresh.iter().zip(reserved).map(|(&name, audio)| PlannedCell {
                name: name.into(),
                format: formats[name],
                audio: Arc::new(audio),
                is_near: false,
                distance: u32::MAX,
            }));
            for (i, name) in note.cells.iter().enumerate() {
                let cell = &mut cells[memory[name.as_str()]];
                let (is_near, distance) = distance(i, manifest, near);
                cell.is_near |= is_near;
                cell.distance = cell.distance.min(distance);
            }
            notes.push(PlayNote {
                root: note.root,
                keys: (note.low, note.high),
                velocities: (note.velocity[0], note.velocity[1]),
                tune_cents: note.tune_cents as f32,
                frames: note.frames as usize,
                loop_frames: note
                    .loop_points
                    .as_ref()
                    .map(|l| LoopFrames { start: l.start as usize, end: l.end as usize }),
                coherent: note.coherent,
                cells: note.cells.iter().map(|name| cells[memory[name.as_str()]].audio.clone()).collect(),
            });
        }
        let rate = f64::from(manifest.sample_rate);
        let play = Arc::new(PlayPack::new(manifest.grid.columns, manifest.grid.rows, rate, notes));
        let head_chunks = ((HEAD_SECONDS * rate) as usize).div_ceil(CHUNK_FRAMES).max(1);
        Ok(Plan { play, cells, head_chunks })
    }

    fn total_frames(&self) -> u64 {
        self.cells.iter().map(|c| c.audio.frames() as u64).sum()
    }

    /// Heads, then bodies. A cell that is all head has no body.
    fn jobs(&self, load: &Arc<Load>, reader: &PackReader) -> Vec<(Rank, Work)> {
        let mut jobs: Vec<(Rank, Work)> = Vec::with_capacity(self.cells.len() * 2);
        for cell in &self.cells {
            let whole = self.head_chunks >= cell.audio.chunks();
            let job = |chunks: usize, is_head: bool| CellJob {
                load: load.clone(),
                source: reader.source().clone(),
                name: cell.name.clone(),
                format: cell.format,
                audio: Arc::downgrade(&cell.audio),
                chunks,
                ends_near_head: is_head && cell.is_near,
                ends_cell: whole || !is_head,
                is_settled: false,
            };
            let head_rank = if cell.is_near { Rank::NEAR_HEAD } else { Rank::head(cell.distance) };
            let head = job(if whole { usize::MAX } else { self.head_chunks }, true);
            jobs.push((head_rank, Box::new(move || head.run())));
            if !whole {
                let body = job(usize::MAX, false);
                jobs.push((Rank::body(cell.distance), Box::new(move || body.run())));
            }
        }
        jobs
    }
}

/// The headers of every different cell, checked against its notes.
fn read_formats(reader: &PackReader) -> Result<HashMap<&str, CellFormat>, PackError> {
    let manifest = reader.manifest();
    let mut formats: HashMap<&str, CellFormat> = HashMap::new();
    for note in &manifest.notes {
        for name in &note.cells {
            let format = match formats.get(name.as_str()) {
                Some(format) => *format,
                None => reader.cell(name)?,
            };
            format.check(note, manifest.sample_rate).map_err(|e| PackError::cell(name, e))?;
            formats.insert(name, format);
        }
    }
    Ok(formats)
}

/// Refuses what would take the machine's memory, before any is taken.
fn check_memory(reader: &PackReader, formats: &HashMap<&str, CellFormat>) -> Result<(), PackError> {
    let bytes = formats.values().map(|f| f.frames() * f.storage().frame_bytes() as u64).fold(0, u64::saturating_add);
    let archive_bytes = reader.source().len();
    if bytes > BOMB_BYTES && bytes / BOMB_RATIO > archive_bytes {
        return Err(PackError::Bomb { archive_bytes, bytes });
    }
    if bytes > limits::PACK_MEMORY_BYTES {
        return Err(PackError::TooBigForMemory { bytes, limit: limits::PACK_MEMORY_BYTES });
    }
    Ok(())
}

/// Is cell `index` a corner of the grid's square that the point lies in, and how far is it from the
/// point, in 1/64 of a cell?
fn distance(index: usize, manifest: &Manifest, near: (f64, f64)) -> (bool, u32) {
    let along = |at: usize, count: usize, point: f64| {
        let point = if point.is_finite() { point.clamp(0.0, 1.0) } else { 0.5 };
        let point = point * (count - 1) as f64;
        let first = (point as usize).min(count.saturating_sub(2));
        (at == first || at == first + 1, (at as f64 - point).abs())
    };
    let grid = &manifest.grid;
    let (in_column, dx) = along(index % grid.columns, grid.columns, near.0);
    let (in_row, dy) = along(index / grid.columns, grid.rows, near.1);
    (in_column && in_row, (dx.hypot(dy) * 64.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Grid;

    #[test]
    fn the_near_cells_are_the_corners_of_the_square_round_the_point() {
        let near = |columns, rows, point| -> Vec<usize> {
            let manifest = Manifest::new("", Grid::new(columns, rows), 48_000);
            (0..columns * rows).filter(|&i| distance(i, &manifest, point).0).collect()
        };
        assert_eq!(near(3, 3, (0.0, 0.0)), [0, 1, 3, 4]);
        assert_eq!(near(3, 3, (1.0, 1.0)), [4, 5, 7, 8]);
        assert_eq!(near(5, 5, (0.6, 0.1)), [2, 3, 7, 8]);
        assert_eq!(near(3, 1, (0.9, 0.5)), [1, 2]);
        assert_eq!(near(1, 1, (0.5, f64::NAN)), [0]);
    }
}
