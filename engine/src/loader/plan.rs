//! Opening a pack: from a file to reserved memory and a queue of jobs.

use std::collections::HashMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use super::job::{CellJob, Part};
use super::load::{Cell, Listener, Load, Promise};
use super::pool::{Core, Identity, Place, Rank, Work};
use super::{LoadedPack, Near, PackSource};
use crate::demand::Beginning;
use crate::pack::{CellError, Manifest, PackError, PackReader};
use crate::resident::{CellAudio, LoopFrames, PlayNote, PlayPack, Storage};

/// How much of a cell is loaded first.
const HEAD_SECONDS: f64 = 0.1;
/// An archive that unpacks to this many times its size, and to more than [`BOMB_BYTES`], holds no
/// recording. (Real ones unpack to 2–10 times; digital silence to 1000.)
const BOMB_RATIO: u64 = 256;
/// Below this, a pack may be as silent as it likes.
const BOMB_BYTES: u64 = 256 << 20;
/// What is loaded at once, whatever sounds; more is for when nothing does.
pub(super) const REST_BYTES: u64 = 96 << 20;

/// The job that opens a pack for a listener, which may have gone meanwhile.
pub(super) fn open(pool: &Weak<Core>, source: &PackSource, near: Near, listener: &Weak<Listener>) {
    let (Some(pool), Some(listener)) = (pool.upgrade(), listener.upgrade()) else { return };
    let opened = catch_unwind(AssertUnwindSafe(|| try_open(&pool, source, near, &listener)));
    let result = opened.unwrap_or_else(|_| Err(PackError::Fault { doing: "opening the pack".into() }));
    if let Err(error) = result {
        listener.fail(&Arc::new(error));
    }
    // The handle may have gone while we worked; then this is its last owner, and this a good thread
    // to free on.
}

fn try_open(pool: &Arc<Core>, source: &PackSource, near: Near, listener: &Arc<Listener>) -> Result<(), PackError> {
    let reader = match source {
        PackSource::File(path) => PackReader::open(path)?,
        PackSource::Memory(bytes) => PackReader::from_bytes(bytes)?,
        PackSource::Bytes(bytes) => PackReader::from_source(bytes.clone(), None)?,
    };
    let (sha256, path) = (reader.sha256().to_owned(), reader.path().map(Into::into));
    let loaded = |manifest: Arc<Manifest>, play: Arc<PlayPack>| LoadedPack {
        manifest,
        sha256: sha256.clone(),
        path,
        play,
        pool: Arc::downgrade(pool),
    };
    let identity = Identity::of(source, &reader);
    let remember = |load: &Arc<Load>| {
        let mut places = pool.places.lock();
        places.retain(|_, (load, _)| load.strong_count() > 0);
        places.insert(Place::of(source), (Arc::downgrade(load), sha256.clone()));
    };
    let known = find(&pool.loads.lock(), &identity);
    if let Some((load, play)) = known {
        remember(&load);
        load.join(listener, loaded(load.manifest.clone(), play));
        return Ok(());
    }
    let planning = pool.planning.lock();
    let plan = Plan::new(reader, pool, near)?;
    {
        let mut loads = pool.loads.lock();
        loads.retain(|(_, load)| load.strong_count() > 0);
        // Someone else may have opened it while we read its directory.
        if let Some((load, play)) = find(&loads, &identity) {
            drop((loads, planning));
            remember(&load);
            load.join(listener, loaded(load.manifest.clone(), play));
            return Ok(());
        }
        // One of this identity that has failed stays beside it: it may still be played.
        loads.push((identity, Arc::downgrade(&plan.load)));
    }
    drop(planning);
    remember(&plan.load);
    plan.load.join(listener, loaded(plan.load.manifest.clone(), plan.play.clone()));
    pool.submit(plan.jobs());
    Ok(())
}

/// The pack that was opened at this source, if it is still in memory and can be played. Asks no disk.
pub(super) fn resident(pool: &Arc<Core>, source: &PackSource) -> Option<LoadedPack> {
    let (load, sha256) = pool.places.lock().get(&Place::of(source)).cloned()?;
    let (load, play) = living(&load).filter(|(load, _)| load.is_playable())?;
    let path = match source {
        PackSource::File(path) => Some(path.clone()),
        PackSource::Memory(_) | PackSource::Bytes(_) => None,
    };
    Some(LoadedPack { manifest: load.manifest.clone(), sha256, path, play, pool: Arc::downgrade(pool) })
}

fn find(loads: &[(Identity, Weak<Load>)], identity: &Identity) -> Option<(Arc<Load>, Arc<PlayPack>)> {
    loads.iter().filter(|(of, _)| *of == *identity).find_map(|(_, load)| living(load))
}

/// A load whose memory is still there and in which nothing has failed: a file that was repaired is
/// to be read again.
fn living(load: &Weak<Load>) -> Option<(Arc<Load>, Arc<PlayPack>)> {
    let load = load.upgrade().filter(|l| !l.has_failed())?;
    let play = load.play()?;
    Some((load, play))
}

/// Where the audio of a pack goes.
pub(super) struct Layout {
    pub(super) cells: Box<[Cell]>,
    /// For each note and grid place the cell.
    pub(super) grids: Box<[Box<[u32]>]>,
    pub(super) head_frames: usize,
    pub(super) beginning: Beginning,
    notes: Vec<PlayNote>,
}

impl Layout {
    /// Reserves memory for all cells, and says what is near. Reads nothing: what an entry holds is
    /// looked at when it is loaded.
    fn new(reader: &PackReader, pool: &Core, near: Near) -> Result<Layout, PackError> {
        let manifest = reader.manifest();
        let entries = check_claims(reader)?;
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
        let mut cells: Vec<Cell> = Vec::with_capacity(entries.len());
        let mut audio: Vec<Arc<CellAudio>> = Vec::with_capacity(entries.len());
        let mut notes = Vec::with_capacity(manifest.notes.len());
        let mut grids = Vec::with_capacity(manifest.notes.len());
        for (n, note) in manifest.notes.iter().enumerate() {
            // One mapping for what this note brings that no earlier one had.
            let mut fresh: Vec<(&str, usize)> = Vec::new();
            for (at, name) in note.cells.iter().enumerate() {
                places.entry(name).or_insert_with(|| {
                    fresh.push((name, at));
                    cells.len() + fresh.len() - 1
                });
            }
            let frames = note.frames as usize;
            let sizes = vec![frames; fresh.len()];
            let reserved = CellAudio::reserve_all(&sizes, pool.meter()).map_err(|reason| PackError::NoMemory {
                bytes: sizes.iter().map(|f| (Storage::F32.frame_bytes() * f) as u64).sum(),
                reason,
            })?;
            for ((name, at), memory) in fresh.into_iter().zip(reserved) {
                let memory = Arc::new(memory);
                cells.push(Cell::new(name, n, at, &memory, entries[name]));
                audio.push(memory);
            }
            let grid: Box<[u32]> = note.cells.iter().map(|name| places[name.as_str()] as u32).collect();
            for (at, cell) in grid.iter().enumerate() {
                let cell = &mut cells[*cell as usize];
                let (is_near, distance) = distance(at, manifest, near.point);
                cell.is_near |= is_near;
                cell.distance.fetch_min(distance, Ordering::Relaxed);
            }
            notes.push(PlayNote {
                root: note.root,
                keys: (note.low, note.high),
                velocities: (note.velocity[0], note.velocity[1]),
                tune_cents: note.tune_cents as f32,
                frames,
                loop_frames: note
                    .loop_points
                    .as_ref()
                    .map(|l| LoopFrames { start: l.start as usize, end: l.end as usize }),
                coherent: note.coherent,
                cells: grid.iter().map(|cell| audio[*cell as usize].clone()).collect(),
            });
            grids.push(grid);
        }
        let head_frames = (HEAD_SECONDS * f64::from(manifest.sample_rate)) as usize;
        let beginning = Beginning { start: near.start, reverse: near.reverse };
        Ok(Layout { cells: cells.into(), grids: grids.into(), head_frames, beginning, notes })
    }

    /// The chunks of a cell's head.
    fn head(&self, cell: &Cell) -> Range<usize> {
        self.beginning.head(cell.frames, self.head_frames)
    }

    pub(super) fn total_frames(&self) -> u64 {
        self.cells.iter().map(|cell| cell.audio.upgrade().map_or(0, |audio| audio.frames() as u64)).sum()
    }
}

struct Plan {
    play: Arc<PlayPack>,
    load: Arc<Load>,
    jobs: Vec<(Planned, Promise)>,
}

/// What is to be done for a cell.
type Planned = (Rank, usize, Part);

impl Plan {
    fn new(reader: PackReader, pool: &Arc<Core>, near: Near) -> Result<Plan, PackError> {
        let mut layout = Layout::new(&reader, pool, near)?;
        let notes = std::mem::take(&mut layout.notes);
        let (jobs, lazy) = order(&layout, REST_BYTES.min(pool.budget_bytes()).saturating_sub(pool.promised_bytes()));
        let near = layout.cells.iter().filter(|cell| cell.is_near).count();
        let grid = (reader.manifest().grid.columns, reader.manifest().grid.rows);
        let rate = f64::from(reader.manifest().sample_rate);
        let load = Arc::new(Load::new(layout, reader, pool, near, jobs.len()));
        *load.lazy.lock() = lazy;
        let play = Arc::new(PlayPack::new(grid.0, grid.1, rate, notes).fed_by(load.clone()));
        let _ = load.play.set(Arc::downgrade(&play));
        let jobs = jobs.into_iter().map(|(planned, bytes)| (planned, load.promise(bytes))).collect();
        Ok(Plan { play, load, jobs })
    }

    fn jobs(self) -> Vec<(Rank, Work)> {
        let near = |cell: usize| self.load.cells[cell].is_near;
        let job = |((rank, cell, part), promise): (Planned, Promise)| {
            let mut job = CellJob::new(&self.load, cell, part);
            job.ends_near_head = rank == Rank::NEAR_HEAD && near(cell);
            job.ends_load = true;
            (rank, promise.until(move || job.run()))
        };
        self.jobs.into_iter().map(job).collect()
    }
}

/// What is loaded at once, in about `room` bytes, each with its bytes, and the cells that wait for a quiet time, the
/// next one last. The heads round the point are always loaded; then come other heads and whole cells, the
/// nearest first.
fn order(layout: &Layout, room: u64) -> (Vec<(Planned, u64)>, Vec<u32>) {
    let cells = &layout.cells;
    let mut nearest: Vec<usize> = (0..cells.len()).collect();
    nearest.sort_by_key(|i| (!cells[*i].is_near, cells[*i].distance()));
    let chunks = |cell: &Cell| cell.wanted_ms.len();
    let head_bytes = |cell: &Cell| cell.bytes() * layout.head(cell).len() as u64 / chunks(cell) as u64;
    let fits_whole = cells.iter().map(Cell::bytes).sum::<u64>() <= room;
    let (mut jobs, mut lazy, mut used) = (Vec::with_capacity(2 * cells.len()), Vec::new(), 0);
    for i in nearest {
        let cell = &cells[i];
        let rank = if cell.is_near { Rank::NEAR_HEAD } else { Rank::head(cell.distance()) };
        let is_short = layout.head(cell).len() == chunks(cell);
        let head = head_bytes(cell);
        used += head;
        if fits_whole && is_short {
            // A cell that is all head has no body.
            jobs.push(((rank, i, Part::Whole), head));
            continue;
        }
        if cell.is_near || used <= room {
            jobs.push(((rank, i, Part::Chunks(layout.head(cell))), head));
        }
        if fits_whole {
            jobs.push(((Rank::body(cell.distance()), i, Part::Whole), cell.bytes() - head));
        } else {
            lazy.push(i as u32);
        }
    }
    lazy.reverse();
    (jobs, lazy)
}

/// Refuses what would take the machine's memory, before any is taken. Returns what each entry takes
/// in memory, as far as that can be told without opening it.
fn check_claims(reader: &PackReader) -> Result<HashMap<&str, u64>, PackError> {
    let mut frames: HashMap<&str, u64> = HashMap::new();
    for note in &reader.manifest().notes {
        for name in &note.cells {
            let known = *frames.entry(name).or_insert(note.frames);
            if known != note.frames {
                return Err(PackError::cell(name, CellError::Frames { found: known, expected: note.frames }));
            }
        }
    }
    let at_least = frames.values().map(|f| f * Storage::I16.frame_bytes() as u64).fold(0, u64::saturating_add);
    let archive_bytes = reader.source().len();
    if at_least > BOMB_BYTES && at_least / BOMB_RATIO > archive_bytes {
        return Err(PackError::Bomb { archive_bytes, bytes: at_least });
    }
    let bytes = |(name, frames): (&'_ str, u64)| {
        // More bytes in the file than 16 bits take are no 16 bits.
        let stored = reader.archive().get(name).map_or(0, |entry| entry.size);
        let storage = if stored > frames * 5 + 4096 { Storage::F32 } else { Storage::I16 };
        frames * storage.frame_bytes() as u64
    };
    Ok(frames.iter().map(|(name, frames)| (*name, bytes((name, *frames)))).collect())
}

/// Is cell `index` a corner of the grid's square that the point lies in, and how far is it from the
/// point, in 1/64 of a cell?
pub(super) fn distance(index: usize, manifest: &Manifest, near: (f64, f64)) -> (bool, u32) {
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
    use crate::loader::stage::Stage;
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

    #[test]
    fn heads_come_where_notes_begin_nearest_first_as_far_as_there_is_room() {
        // A head is two chunks; the two near the right end, and three more.
        let stage = |start, reverse| Stage::near(Near { point: (1.0, 0.0), start, reverse }, 9, 8, 10);
        for (start, reverse, head) in [(0.0, false, [0, 1]), (0.5, false, [4, 5]), (0.0, true, [6, 7])] {
            let stage = stage(start, reverse);
            let mut order = Vec::new();
            while stage.core.run_job() {
                let resident = stage.resident();
                let chunks = |cell| resident.iter().filter(move |(c, _)| *c == cell).map(|(_, chunk)| *chunk);
                for cell in (0..9).filter(|cell| chunks(*cell).count() > 0) {
                    assert_eq!(chunks(cell).collect::<Vec<_>>(), head);
                    if !order.contains(&cell) {
                        order.push(cell);
                    }
                }
                assert_eq!(stage.listener.pack().is_some(), order.len() >= 2, "playable with the near ones");
            }
            assert_eq!(order, [8, 7, 6, 5, 4], "{start} {reverse}");
            let lazy: Vec<u32> = stage.load.lazy.lock().iter().rev().copied().collect();
            assert_eq!(lazy, [8, 7, 6, 5, 4, 3, 2, 1, 0]);
        }
    }
}
