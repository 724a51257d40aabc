//! Filling one cell.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::load::Load;
use crate::bytes::ByteSource;
use crate::pack::{CellFormat, PackError};
use crate::resident::{CHUNK_FRAMES, CellAudio};

/// Fills the first chunks of a cell, or all. Whatever becomes of it (done, failed, panicked, never
/// run because the pool stopped), the load's counts go down once, and a cell that stays incomplete
/// says so.
pub(super) struct CellJob {
    pub(super) load: Arc<Load>,
    pub(super) source: Arc<dyn ByteSource>,
    pub(super) name: Arc<str>,
    pub(super) format: CellFormat,
    /// Weak: a pack that nobody holds is not loaded to its end.
    pub(super) audio: Weak<CellAudio>,
    /// How many chunks from the first; [`usize::MAX`] for all, with the check of what follows them.
    pub(super) chunks: usize,
    /// One of the heads that make the pack playable.
    pub(super) ends_near_head: bool,
    /// The last job of its cell.
    pub(super) ends_cell: bool,
    /// False in a job that is dropped before it has run to its end, good or bad.
    pub(super) is_settled: bool,
}

impl CellJob {
    pub(super) fn run(mut self) {
        let Some(audio) = self.audio.upgrade() else { return };
        let mut stopped = false;
        let result = catch_unwind(AssertUnwindSafe(|| {
            let mut on_chunk = |frames| {
                self.load.add_frames(frames);
                // Ours is the last reference when the pack has gone.
                stopped = Arc::strong_count(&audio) == 1;
                !stopped
            };
            self.format.fill(&*self.source, &audio, self.chunks, &mut on_chunk)
        }));
        self.is_settled = !stopped;
        let error = match result {
            // One that was stopped says so when it is dropped.
            Ok(Ok(())) if stopped => return,
            Ok(Ok(())) => return self.wait_for_others(&audio),
            Ok(Err(problem)) => PackError::cell(&self.name, problem),
            Err(_) => PackError::Fault { doing: format!("reading {}", self.name) },
        };
        audio.give_up();
        self.load.fail(error);
    }

    /// Head and body of a cell may be under way at once, and each passes over the chunks that the other
    /// is writing. Neither is done before those are there.
    fn wait_for_others(&self, audio: &CellAudio) {
        let frames = audio.frames().min(self.chunks.saturating_mul(CHUNK_FRAMES));
        while !audio.is_resident(0..frames) && !audio.is_given_up() {
            std::thread::sleep(Duration::from_micros(50));
        }
    }
}

impl Drop for CellJob {
    fn drop(&mut self) {
        if !self.is_settled {
            // The pack has gone, or the pool was stopped: what is missing will not come.
            if let Some(audio) = self.audio.upgrade() {
                audio.give_up();
            }
            self.load.fail(PackError::Abandoned);
        }
        if self.ends_near_head {
            self.load.near_head_done();
        }
        if self.ends_cell {
            self.load.cell_done();
        }
    }
}
