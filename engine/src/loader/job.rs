//! Filling cells.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::load::{Cell, Load};
use crate::pack::PackError;
use crate::resident::{CHUNK_FRAMES, CellAudio};

/// Which part of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The first so many chunks.
    Head(usize),
    /// All, with the check of the whole entry.
    Whole,
}

/// Fills the head of a cell, or all of it. Whatever becomes of it (done, failed, panicked, never run
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
        let chunks = match self.part {
            Part::Head(chunks) => chunks,
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
            let format = load.format(cell)?;
            let filled = format.fill(&**load.reader.source(), &audio, chunks, &mut on_chunk);
            filled.map_err(|problem| PackError::cell(&cell.name, problem))
        });
        // One that was stopped says so when it is dropped.
        self.is_settled = !stopped;
        self.is_filled = outcome && !stopped && wait_for_others(&audio, chunks);
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

/// Fills some chunks of a cell that are wanted now.
pub(super) fn fill_chunks(load: &Load, cell: usize, chunks: Range<usize>) {
    let cell = &load.cells[cell];
    let Some(audio) = cell.audio.upgrade().filter(|audio| !audio.is_given_up()) else { return };
    if !chunks.clone().any(|chunk| audio.chunk_is_absent(chunk)) {
        return;
    }
    guard(load, cell, &audio, || {
        let mut on_chunk = |frames| {
            load.add_frames(frames);
            true
        };
        let filled =
            load.format(cell)?.fill_chunks(&**load.reader.source(), &audio, chunks, &cell.index, &mut on_chunk);
        filled.map_err(|problem| PackError::cell(&cell.name, problem))
    });
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
fn wait_for_others(audio: &CellAudio, chunks: usize) -> bool {
    (0..audio.chunks().min(chunks)).all(|chunk| {
        while audio.is_being_written(chunk) && !audio.is_given_up() {
            std::thread::sleep(Duration::from_micros(50));
        }
        !audio.is_given_up() || audio.is_resident(audio.chunk_range(chunk))
    })
}

/// The chunks of a cell's first `seconds`.
pub(super) fn head_chunks(seconds: f64, sample_rate_hz: f64) -> usize {
    ((seconds * sample_rate_hz) as usize).div_ceil(CHUNK_FRAMES).max(1)
}
