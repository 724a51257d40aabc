//! Who reads audio memory, and when: what lets the loader take memory back under playing voices.
//!
//! Every engine has a [`Reader`]. It reads frames only while it holds a [`Reading`], for the length
//! of a block. The loader first makes a chunk unreadable and then waits until each reader of the
//! process has been seen outside of any block; nothing can point into the chunk after that. (A
//! grace period in the manner of RCU; McKenney, "What is RCU, Fundamentally?", 2007.) The reader's
//! part costs a few atomic operations a block and never waits.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::demand::Demand;

/// All readers of the process.
static READERS: Mutex<Vec<Weak<Desk>>> = Mutex::new(Vec::new());

/// What the loader sees of a reader.
pub(crate) struct Desk {
    /// Readings that are held.
    inside: AtomicU32,
    /// Frames that have been rendered.
    frames: AtomicU64,
    sounding: AtomicBool,
    demand: Mutex<triple_buffer::Output<Demand>>,
}

impl Desk {
    /// Has nothing been read at the moment of this call, and will nothing be read that was unreadable
    /// before it?
    pub(crate) fn is_quiet(&self) -> bool {
        // Beside the fence of `enter`: either this sees the reading, or the reading sees the marks.
        fence(Ordering::SeqCst);
        self.inside.load(Ordering::Acquire) == 0
    }

    /// Frames that have been rendered so far.
    pub(crate) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Does anything sound?
    pub(crate) fn is_sounding(&self) -> bool {
        self.sounding.load(Ordering::Relaxed)
    }

    /// Looks at what is played.
    pub(crate) fn with_demand<T>(&self, look: impl FnOnce(&Demand) -> T) -> T {
        look(self.demand.lock().read())
    }
}

/// All readers that are alive. Allocates and locks: for loader threads.
pub(crate) fn desks() -> Vec<Arc<Desk>> {
    let mut readers = READERS.lock();
    readers.retain(|desk| desk.strong_count() > 0);
    readers.iter().filter_map(Weak::upgrade).collect()
}

/// A right to read audio memory, of one engine or another consumer.
pub struct Reader {
    desk: Arc<Desk>,
    demand: triple_buffer::Input<Demand>,
}

impl Reader {
    /// Allocates and locks.
    pub fn new() -> Reader {
        let (input, output) = triple_buffer::triple_buffer(&Demand::NONE);
        let desk = Arc::new(Desk {
            inside: AtomicU32::new(0),
            frames: AtomicU64::new(0),
            sounding: AtomicBool::new(false),
            demand: Mutex::new(output),
        });
        READERS.lock().push(Arc::downgrade(&desk));
        Reader { desk, demand: input }
    }

    /// Begins to read. Real-time safe.
    pub fn enter(&self) -> Reading {
        self.desk.inside.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        Reading { desk: self.desk.clone() }
    }

    /// Says how far the reader is. Real-time safe.
    pub(crate) fn tell(&self, frames: u64, sounding: bool) {
        self.desk.frames.store(frames, Ordering::Relaxed);
        self.desk.sounding.store(sounding, Ordering::Relaxed);
    }

    /// Publishes what is played, as `write` has it. Real-time safe.
    pub(crate) fn publish(&mut self, write: impl FnOnce(&mut Demand)) {
        write(self.demand.input_buffer_mut());
        self.demand.publish();
    }
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// While it lives, no memory that can be read is taken away. Keep it short: a block.
pub struct Reading {
    desk: Arc<Desk>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.desk.inside.fetch_sub(1, Ordering::Release);
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_quiet_when_all_its_readings_have_gone() {
        let reader = Reader::new();
        assert!(reader.desk.is_quiet());
        let first = reader.enter();
        let second = reader.enter();
        drop(first);
        assert!(!reader.desk.is_quiet());
        drop(second);
        assert!(reader.desk.is_quiet());
    }

    #[test]
    fn readers_are_known_while_they_live() {
        let reader = Reader::new();
        let known = |desk: &Arc<Desk>| desks().iter().any(|d| Arc::ptr_eq(d, desk));
        assert!(known(&reader.desk));
        let desk = Arc::downgrade(&reader.desk);
        drop(reader);
        assert!(desk.upgrade().is_none());
    }
}
