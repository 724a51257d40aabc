//! Memory over the budget goes back: what was wanted longest ago first, heads last, and what is
//! wanted now not at all.
//!
//! A chunk goes in steps (see [`crate::resident`]): voices fade away from it; then nobody begins to read
//! it; then, when every reader has been seen outside of a block, its memory is given back. No step
//! waits: each is looked at again the next time.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::load::Load;
use super::pool::Core;
use crate::resident::{CHUNK_FRAMES, CellAudio, Desk, desks};

/// Wanted so lately, a chunk stays.
const STAYS_MS: u32 = 150;
/// In so many frames every voice has faded away from a chunk that is to leave.
const FADE_FRAMES: u64 = 2048;
/// How long it rests after a look at all chunks, times the time that it took.
const RESTS: u32 = 4;
/// A host that has stopped in the middle of notes is not waited for.
const LONGEST_FADE: Duration = Duration::from_secs(1);

/// Chunks on their way out.
#[derive(Default)]
pub(super) struct Eviction {
    fading: Vec<Batch>,
    hidden: Vec<Batch>,
    /// Until then it looks at nothing: a large pack has hundreds of thousands of chunks.
    rests_until: Option<Instant>,
}

struct Batch {
    chunks: Vec<Leaving>,
    since: Instant,
    /// The readers that are still waited for; in a fading batch with the frames that they had rendered.
    readers: Vec<(Arc<Desk>, u64)>,
}

struct Leaving {
    load: Weak<Load>,
    audio: Arc<CellAudio>,
    chunk: usize,
}

impl Eviction {
    /// Is nothing on its way out?
    pub(super) fn is_done(&self) -> bool {
        self.fading.is_empty() && self.hidden.is_empty()
    }

    /// Takes each batch a step further, and begins a new one where memory is over the budget or will be
    /// with `needed` bytes more.
    pub(super) fn step(&mut self, core: &Core, loads: &[Arc<Load>], needed: u64) {
        self.release_hidden();
        self.hide_faded();
        let leaving: u64 = self.fading.iter().chain(&self.hidden).map(|batch| bytes(&batch.chunks)).sum();
        let (used, budget) = (core.meter().bytes().saturating_sub(leaving) + needed, core.budget_bytes());
        let begun = Instant::now();
        if used > budget && self.rests_until.is_none_or(|until| until <= begun) {
            // Some more at once, so that this is not done for each chunk.
            let chunks = oldest(core, loads, used - budget + budget / 32);
            if !chunks.is_empty() {
                let readers = desks().into_iter().map(|desk| (desk.clone(), desk.frames())).collect();
                self.fading.push(Batch { chunks, since: Instant::now(), readers });
            }
            self.rests_until = Some(Instant::now() + begun.elapsed() * RESTS);
        }
    }

    fn hide_faded(&mut self) {
        let has_faded = |batch: &mut Batch| {
            batch.readers.retain(|(desk, frames)| desk.is_sounding() && desk.frames() < frames + FADE_FRAMES);
            batch.readers.is_empty() || batch.since.elapsed() > LONGEST_FADE
        };
        for mut batch in self.fading.extract_if(.., has_faded) {
            batch.chunks.retain(|leaving| leaving.audio.hide(leaving.chunk));
            // All that are there now, asked anew: one that comes later finds the chunks hidden.
            batch.readers = desks().into_iter().map(|desk| (desk, 0)).collect();
            self.hidden.push(batch);
        }
    }

    fn release_hidden(&mut self) {
        let is_quiet = |batch: &mut Batch| {
            batch.readers.retain(|(desk, _)| !desk.is_quiet());
            batch.readers.is_empty()
        };
        for batch in self.hidden.extract_if(.., is_quiet) {
            for Leaving { load, audio, chunk } in batch.chunks {
                // SAFETY: each reader that was there after the chunk was hidden has been quiet since.
                let bytes = unsafe { audio.release(chunk) };
                if let Some(load) = load.upgrade().filter(|_| bytes > 0) {
                    load.take_frames(audio.chunk_range(chunk).len() as u64);
                }
            }
        }
    }
}

fn bytes(chunks: &[Leaving]) -> u64 {
    chunks.iter().map(|leaving| chunk_bytes(&leaving.audio)).sum()
}

fn chunk_bytes(audio: &CellAudio) -> u64 {
    (CHUNK_FRAMES * audio.storage().map_or(0, crate::resident::Storage::frame_bytes)) as u64
}

/// Has the chunks leave that were wanted longest ago, in all at least `bytes` if there are such.
fn oldest(core: &Core, loads: &[Arc<Load>], bytes: u64) -> Vec<Leaving> {
    let now_ms = core.now_ms();
    let mut found = Vec::new();
    for (l, load) in loads.iter().enumerate() {
        for (c, cell) in load.cells.iter().enumerate() {
            let Some(audio) = cell.audio.upgrade() else { continue };
            for chunk in 0..audio.chunks() {
                let wanted_ms = cell.wanted_ms[chunk].load(Ordering::Relaxed);
                if audio.chunk_is_resident(chunk) && (wanted_ms == 0 || now_ms.saturating_sub(wanted_ms) > STAYS_MS) {
                    let is_head = chunk < load.head_chunks;
                    found.push(((is_head, wanted_ms, u32::MAX - cell.distance), (l, c, chunk)));
                }
            }
        }
    }
    found.sort_unstable();
    let mut leaving = Vec::new();
    let mut left = bytes;
    for (_, (l, c, chunk)) in found {
        let Some(audio) = loads[l].cells[c].audio.upgrade().filter(|audio| audio.ask_to_leave(chunk)) else { continue };
        let gone = chunk_bytes(&audio);
        leaving.push(Leaving { load: Arc::downgrade(&loads[l]), audio, chunk });
        left = left.saturating_sub(gone);
        if left == 0 {
            break;
        }
    }
    leaving
}
