//! Memory over the budget goes back: what was wanted longest ago first, heads last, and what is
//! wanted now not at all.
//!
//! A chunk goes in steps (see [`crate::resident`]): voices fade away from it; then nobody begins to read
//! it; then, when every reader has been seen outside of a block, its memory is given back. No step
//! waits: each is looked at again the next time.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Instant;

use super::load::Load;
use super::pool::Core;
use crate::resident::{CHUNK_FRAMES, CellAudio, Desk, Moment, desks};

/// Wanted so lately, a chunk stays.
const STAYS_MS: u32 = 150;
/// A chunk may have been wanted since the clock was read: at most so long. What is older by the clock's turn of
/// 49 days less this counts as wanted now.
const SINCE_MS: u32 = 60_000;
/// In so many frames every voice has faded away from a chunk that is to leave.
const FADE_FRAMES: u64 = 2048;
/// How long it rests after a look at all chunks, times the time that it took.
const RESTS: u32 = 4;

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
    /// Those that are still waited for.
    readers: Vec<Waited>,
}

/// A reader that is waited for.
struct Waited {
    desk: Arc<Desk>,
    since: Moment,
    /// Frames that it had rendered when it was known to be done with the block of that moment.
    frames: Option<u64>,
}

impl Waited {
    /// All readers that there are. One that comes later finds the marks of its chunks as they are now.
    fn all() -> Vec<Waited> {
        desks().into_iter().map(|desk| Waited { since: desk.moment(), desk, frames: None }).collect()
    }

    /// Has it been outside of a block?
    fn has_been_quiet(&self) -> bool {
        self.desk.has_been_quiet(self.since)
    }

    /// Has every voice of it had the time to fade? What a block found resident stays readable to its end, so the
    /// time counts from there.
    fn has_faded(&mut self) -> bool {
        if !self.has_been_quiet() {
            return false;
        }
        let frames = *self.frames.get_or_insert_with(|| self.desk.frames());
        // Frames count from 0 again when an engine is reset.
        !self.desk.is_sounding() || self.desk.frames().wrapping_sub(frames) >= FADE_FRAMES
    }
}

struct Leaving {
    load: Weak<Load>,
    audio: Arc<CellAudio>,
    chunk: usize,
}

/// A chunk: the address of its cell, and its number.
type Place = (usize, usize);

impl Leaving {
    fn place(&self) -> Place {
        (Arc::as_ptr(&self.audio).addr(), self.chunk)
    }
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
            let chunks = oldest(core.now_ms(), loads, &self.under_way(), used - budget + budget / 32);
            if !chunks.is_empty() {
                self.fading.push(Batch { chunks, readers: Waited::all() });
            }
            self.rests_until = Some(Instant::now() + begun.elapsed() * RESTS);
        }
    }

    /// The chunks of all batches. One that has come back stays until its batch is done: were it hidden
    /// again meanwhile, the first batch would release it under a reader that only the second waits for.
    fn under_way(&self) -> HashSet<Place> {
        self.fading.iter().chain(&self.hidden).flat_map(|batch| &batch.chunks).map(Leaving::place).collect()
    }

    fn hide_faded(&mut self) {
        let has_faded = |batch: &mut Batch| {
            batch.readers.retain_mut(|reader| !reader.has_faded());
            batch.readers.is_empty()
        };
        for mut batch in self.fading.extract_if(.., has_faded) {
            batch.chunks.retain(|leaving| leaving.audio.hide(leaving.chunk));
            batch.readers = Waited::all();
            self.hidden.push(batch);
        }
    }

    fn release_hidden(&mut self) {
        let is_quiet = |batch: &mut Batch| {
            batch.readers.retain(|reader| !reader.has_been_quiet());
            batch.readers.is_empty()
        };
        for batch in self.hidden.extract_if(.., is_quiet) {
            for Leaving { load, audio, chunk } in batch.chunks {
                // SAFETY: each reader that was there after the chunk was hidden has been quiet since, and no
                // later batch has hidden it again.
                let bytes = unsafe { audio.release(chunk) };
                if let Some(load) = load.upgrade().filter(|_| bytes > 0) {
                    load.take_frames(audio.chunk_range(chunk).len() as u64);
                }
            }
        }
    }
}

impl Drop for Eviction {
    /// What was on its way out stays: nobody is left to bring it back.
    fn drop(&mut self) {
        for leaving in self.fading.iter().chain(&self.hidden).flat_map(|batch| &batch.chunks) {
            leaving.audio.let_stay(leaving.chunk);
        }
    }
}

fn bytes(chunks: &[Leaving]) -> u64 {
    chunks.iter().map(|leaving| chunk_bytes(&leaving.audio)).sum()
}

fn chunk_bytes(audio: &CellAudio) -> u64 {
    (CHUNK_FRAMES * audio.storage().map_or(0, crate::resident::Storage::frame_bytes)) as u64
}

/// Has the chunks leave that were wanted longest ago, in all at least `bytes` if there are such, but for
/// those that are `under_way`.
fn oldest(now_ms: u32, loads: &[Arc<Load>], under_way: &HashSet<Place>, bytes: u64) -> Vec<Leaving> {
    let mut found = Vec::new();
    for (l, load) in loads.iter().enumerate() {
        let beginnings = load.beginnings();
        for (c, cell) in load.cells.iter().enumerate() {
            let Some(audio) = cell.audio.upgrade() else { continue };
            let is_head = |chunk| beginnings.iter().any(|at| at.head(cell.frames, load.head_frames).contains(&chunk));
            for chunk in 0..audio.chunks() {
                let age_ms = match cell.wanted_ms[chunk].load(Ordering::Relaxed) {
                    0 => u32::MAX,
                    wanted_ms => match now_ms.wrapping_sub(wanted_ms) {
                        since if since > u32::MAX - SINCE_MS => 0,
                        age_ms => age_ms,
                    },
                };
                if age_ms > STAYS_MS && audio.chunk_is_resident(chunk) {
                    found.push(((is_head(chunk), Reverse(age_ms), Reverse(cell.distance())), (l, c, chunk)));
                }
            }
        }
    }
    found.sort_unstable();
    let mut leaving = Vec::new();
    let mut left = bytes;
    for (_, (l, c, chunk)) in found {
        let Some(audio) = loads[l].cells[c].audio.upgrade() else { continue };
        let one = Leaving { load: Arc::downgrade(&loads[l]), audio, chunk };
        if under_way.contains(&one.place()) || !one.audio.ask_to_leave(chunk) {
            continue;
        }
        let gone = chunk_bytes(&one.audio);
        leaving.push(one);
        left = left.saturating_sub(gone);
        if left == 0 {
            break;
        }
    }
    leaving
}

#[cfg(test)]
mod tests;
