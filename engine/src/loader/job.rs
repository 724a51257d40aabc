//! Filling cells.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::load::{Cell, Load};
use crate::pack::PackError;
use crate::resident::{CHUNK_FRAMES, CellAudio};

/// Read at once of a cell that is filled from its start.
const PIECE_BYTES: usize = 256 << 10;
/// Chunks that are read together with the headers before them.
const FIRST_CHUNKS: usize = 4;

/// Which part of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// These chunks.
    Chunks(Range<usize>),
    /// All, with the check of the whole entry.
    Whole,
}

/// Fills some chunks of a cell, or all of it. Whatever becomes of it (done, failed, panicked, never run
/// because the pool stopped), the load's counts go down once, and a cell that stays incomplete says
/// so.
pub(super) struct CellJob {
    load: Arc<Load>,
    cell: usize,
    part: Part,
    /// One of the heads that make the pack playable.
    pub(super) ends_near_head: bool,
    /// One of the jobs that make it complete.
    pub(super) ends_load: bool,
    /// False in a job that is dropped before it has run to its end, good or bad.
    is_settled: bool,
    /// All that it was to fill is there.
    is_filled: bool,
}

impl CellJob {
    /// A job that nobody waits for.
    pub(super) fn new(load: &Arc<Load>, cell: usize, part: Part) -> CellJob {
        CellJob {
            load: load.clone(),
            cell,
            part,
            ends_near_head: false,
            ends_load: false,
            is_settled: false,
            is_filled: false,
        }
    }

    pub(super) fn run(mut self) {
        let load = self.load.clone();
        let cell = &load.cells[self.cell];
        let Some(audio) = cell.audio.upgrade() else { return };
        let chunks = match self.part.clone() {
            Part::Chunks(chunks) if chunks.start > 0 => {
                self.is_settled = true;
                self.is_filled = fill_chunks(&load, self.cell, chunks.clone()) && wait_for_others(&audio, chunks);
                return;
            }
            Part::Chunks(chunks) => chunks.end,
            Part::Whole => usize::MAX,
        };
        let mut stopped = false;
        let outcome = guard(&load, cell, &audio, || {
            let mut on_chunk = |frames| {
                load.add_frames(frames);
                // Ours is the last reference when the pack has gone.
                stopped = Arc::strong_count(&audio) == 1;
                !stopped
            };
            let frames = chunks.saturating_mul(CHUNK_FRAMES) as u64;
            let source = load.reader.ahead(cell.note, cell.at, frames, PIECE_BYTES);
            let filled = load.format(cell, &source)?.fill(&source, &audio, chunks, &mut on_chunk);
            filled.map_err(|problem| PackError::cell(&cell.name, problem))
        });
        // One that was stopped says so when it is dropped.
        self.is_settled = !stopped;
        self.is_filled = outcome && !stopped && wait_for_others(&audio, 0..chunks);
    }
}

impl Drop for CellJob {
    fn drop(&mut self) {
        if !self.is_settled {
            // The pack has gone, or the pool was stopped: what is missing will not come.
            if let Some(audio) = self.load.cells[self.cell].audio.upgrade() {
                self.load.lose(&audio);
            }
            self.load.fail(PackError::Abandoned);
        }
        if self.ends_near_head {
            self.load.near_head_done(self.is_filled);
        }
        if self.ends_load {
            self.load.job_done();
        }
    }
}

/// Fills some chunks of a cell that are wanted now. False if they could not be read.
pub(super) fn fill_chunks(load: &Load, cell: usize, chunks: Range<usize>) -> bool {
    let cell = &load.cells[cell];
    let Some(audio) = cell.audio.upgrade().filter(|audio| !audio.is_given_up()) else { return false };
    if !chunks.clone().any(|chunk| audio.chunk_is_absent(chunk)) {
        return true;
    }
    guard(load, cell, &audio, || {
        let mut on_chunk = |frames| {
            load.add_frames(frames);
            true
        };
        // Headers and the first chunks come in one read; what lies farther in, in one of its own.
        let is_first = chunks.start < FIRST_CHUNKS && !cell.is_known();
        let frames = if is_first { chunks.end * CHUNK_FRAMES } else { 0 };
        let source = load.reader.ahead(cell.note, cell.at, frames as u64, 0);
        let filled = load.format(cell, &source)?.fill_chunks(&source, &audio, chunks, &cell.index, &mut on_chunk);
        filled.map_err(|problem| PackError::cell(&cell.name, problem))
    })
}

/// Runs `fill`. Its error or panic becomes the load's, and the cell says that it stays incomplete.
fn guard(load: &Load, cell: &Cell, audio: &CellAudio, fill: impl FnOnce() -> Result<(), PackError>) -> bool {
    let outcome = catch_unwind(AssertUnwindSafe(fill));
    let error = match outcome {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => error,
        Err(_) => PackError::Fault { doing: format!("reading {}", cell.name) },
    };
    load.lose(audio);
    load.fail(error);
    false
}

/// Several jobs may be at one cell, and each passes over the chunks that another is writing. None is
/// done before those are there. False when one of them does not come.
fn wait_for_others(audio: &CellAudio, chunks: Range<usize>) -> bool {
    (chunks.start..audio.chunks().min(chunks.end)).all(|chunk| {
        while audio.is_being_written(chunk) && !audio.is_given_up() {
            std::thread::sleep(Duration::from_micros(50));
        }
        !audio.is_given_up() || audio.is_resident(audio.chunk_range(chunk))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Counted;
    use crate::loader::load::Listener;
    use crate::loader::pool::Core;
    use crate::loader::{PackSource, plan};
    use crate::pack::{CellStorage, CellTags, Grid, Manifest, Note, PackWriter, encode_cell};

    #[test]
    fn a_cold_cell_sounds_after_one_read_or_two() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.btx");
        let frames = 50 * CHUNK_FRAMES;
        let data: Vec<[f32; 2]> = (0..frames).map(|i| [(i % 100) as f32 * 1e-3; 2]).collect();
        let tags = CellTags { sample_rate_hz: 48_000, root: 60, loop_frames: None };
        for storage in [CellStorage::Pcm16, CellStorage::Float, CellStorage::Flac] {
            let cell = encode_cell(&data, tags, storage, 0).unwrap();
            let mut writer = PackWriter::create(&path).unwrap();
            let cells = (0..4).map(|c| writer.add_cell(&format!("audio/{c}"), &cell).unwrap()).collect();
            let mut manifest = Manifest::new("Test", Grid::new(4, 1), 48_000);
            manifest.notes.push(Note::new(60, (0, 127), frames as u64, cells));
            writer.finish(&manifest).unwrap();
            let source = Arc::new(Counted::new(std::fs::read(&path).unwrap()));
            // A pool without threads.
            let (core, listener) = (Arc::<Core>::default(), Listener::new(Box::new(|_| {})));
            let pack = PackSource::Bytes(source.clone());
            plan::open(&Arc::downgrade(&core), &pack, (0.0, 0.0).into(), &Arc::downgrade(&listener));
            let load = core.living_loads().pop().unwrap();
            let reads = |fill: &dyn Fn()| source.reads_of(fill);
            let audio = |cell: usize| load.cells[cell].audio.upgrade().unwrap();
            // The decoder of a whole FLAC stream looks ahead a little.
            let of_head = if storage == CellStorage::Flac { 2 } else { 1 };
            assert_eq!(reads(&|| CellJob::new(&load, 0, Part::Chunks(0..2)).run()), of_head, "{storage:?}: a head");
            let fill_chunks = |load, cell, chunks| assert!(fill_chunks(load, cell, chunks));
            assert_eq!(reads(&|| fill_chunks(&load, 1, 0..2)), 1, "{storage:?}: at the start");
            assert_eq!(reads(&|| fill_chunks(&load, 1, 2..5)), 1, "{storage:?}: a cell that is known");
            assert_eq!(reads(&|| fill_chunks(&load, 2, 30..33)), 2, "{storage:?}: far in");
            assert!(audio(0).is_resident(0..2 * CHUNK_FRAMES) && audio(1).is_resident(0..5 * CHUNK_FRAMES));
            assert!(audio(2).is_resident(30 * CHUNK_FRAMES..33 * CHUNK_FRAMES) && !load.has_failed());
        }
    }
}
