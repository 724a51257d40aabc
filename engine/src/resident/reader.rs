//! Who reads audio memory, and when: what lets the loader take memory back under playing voices.
//!
//! Every engine has a [`Reader`]. It reads frames only while it holds a [`Reading`], for the length
//! of a block. The loader first makes a chunk unreadable and then waits until each reader of the
//! process has been outside of any block; nothing can point into the chunk after that. (A
//! grace period in the manner of RCU; McKenney, "What is RCU, Fundamentally?", 2007.) The reader's
//! part costs a few atomic operations a block and never waits.
//!
//! Blocks that have ended are counted, so the loader need not look just between two of them: a
//! bounce is hardly ever outside of one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::demand::Demand;

/// All readers of the process.
static READERS: Mutex<Vec<Weak<Desk>>> = Mutex::new(Vec::new());

/// How many chunks have been asked to leave memory. It rises behind the chunk's mark and before anything else
/// is done to it, so who reads the same number twice has missed none in between.
static DEPARTURES: AtomicU64 = AtomicU64::new(0);

/// Counts a chunk whose mark says that it is leaving.
pub(super) fn count_departure() {
    // Who sees the number also sees the mark.
    DEPARTURES.fetch_add(1, Ordering::Release);
}

/// Who has rendered nothing for so long has been stopped by the host, maybe in the middle of notes.
const STOPPED: Duration = Duration::from_secs(1);
/// What the end of the last of its readings adds to [`Desk::readings`].
const ONE_END: u64 = 1 << 32;

/// What the loader sees of a reader.
pub(crate) struct Desk {
    /// Low half: readings that are held. High half: how often the last of them has ended.
    readings: AtomicU64,
    /// Frames that have been rendered.
    frames: AtomicU64,
    sounding: AtomicBool,
    /// The loader's: frames when it looked last, and when they were others before.
    seen: Mutex<(u64, Instant)>,
    demand: Mutex<triple_buffer::Output<Demand>>,
}

/// A moment of a desk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(u64);

impl Desk {
    /// This moment, for [`Desk::has_been_quiet`].
    pub(crate) fn moment(&self) -> Moment {
        // Beside the fence of `enter`: either this sees the reading, or the reading sees the marks.
        fence(Ordering::SeqCst);
        Moment(self.readings.load(Ordering::Acquire))
    }

    /// Has nothing been read at that moment or at some time since? Then nothing is read that was unreadable
    /// before it.
    pub(crate) fn has_been_quiet(&self, since: Moment) -> bool {
        since.0.is_multiple_of(ONE_END) || self.readings.load(Ordering::Acquire) / ONE_END != since.0 / ONE_END
    }

    /// Frames that have been rendered so far.
    pub(crate) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Does anything sound, and does the host go on with it? Locks: for loader threads.
    pub(crate) fn is_sounding(&self) -> bool {
        if !self.sounding.load(Ordering::Relaxed) {
            return false;
        }
        let (frames, now) = (self.frames(), Instant::now());
        let mut seen = self.seen.lock();
        if seen.0 != frames {
            *seen = (frames, now);
        }
        now - seen.1 < STOPPED
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
            readings: AtomicU64::new(0),
            frames: AtomicU64::new(0),
            sounding: AtomicBool::new(false),
            seen: Mutex::new((0, Instant::now())),
            demand: Mutex::new(output),
        });
        READERS.lock().push(Arc::downgrade(&desk));
        Reader { desk, demand: input }
    }

    /// Begins to read. Real-time safe.
    pub fn enter(&self) -> Reading {
        self.desk.readings.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        // Behind the fence: a number that this misses belongs to a chunk whose loader sees this reading.
        Reading { desk: self.desk.clone(), departures: DEPARTURES.load(Ordering::Acquire) }
    }

    /// Says how far the reader is. At the end of a block, while it is still read: who sees the block's end
    /// then sees this too. Real-time safe.
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

impl Drop for Reader {
    /// What it played is wanted no more, also by a loader that still holds the desk.
    fn drop(&mut self) {
        self.desk.sounding.store(false, Ordering::Relaxed);
        self.publish(|demand| *demand = Demand::NONE);
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
    departures: u64,
}

impl Reading {
    /// How many chunks of the process had been asked to leave memory when it began.
    pub(super) fn departures(&self) -> u64 {
        self.departures
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let ended =
            |readings: u64| Some(if readings % ONE_END == 1 { readings.wrapping_add(ONE_END) } else { readings } - 1);
        // Tried again only where two readings of one reader end or begin at once.
        let _ = self.desk.readings.fetch_update(Ordering::Release, Ordering::Relaxed, ended);
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
    fn a_reader_is_quiet_when_all_its_readings_have_ended() {
        let reader = Reader::new();
        let desk = &reader.desk;
        let outside = desk.moment();
        assert!(desk.has_been_quiet(outside));
        let first = reader.enter();
        assert!(desk.has_been_quiet(outside), "what began later saw what was unreadable then");
        let inside = desk.moment();
        let second = reader.enter();
        drop(first);
        assert!(!desk.has_been_quiet(inside));
        let later = desk.moment();
        drop(second);
        assert!(desk.has_been_quiet(inside) && desk.has_been_quiet(later));
        let _third = reader.enter();
        assert!(desk.has_been_quiet(inside), "nobody looked when it was quiet");
        assert!(!desk.has_been_quiet(desk.moment()));
    }

    #[test]
    fn a_reader_that_goes_in_the_middle_of_notes_plays_nothing() {
        let mut reader = Reader::new();
        reader.tell(1, true);
        reader.publish(|demand| demand.pack = 7);
        let desk = reader.desk.clone();
        assert!(desk.is_sounding() && desk.with_demand(|demand| demand.pack) == 7);
        drop(reader);
        assert!(!desk.is_sounding() && desk.with_demand(|demand| demand.pack) == 0);
    }

    #[test]
    fn a_host_that_stops_in_the_middle_of_notes_does_not_sound() {
        let reader = Reader::new();
        reader.tell(1, true);
        assert!(reader.desk.is_sounding());
        reader.desk.seen.lock().1 -= STOPPED;
        assert!(!reader.desk.is_sounding());
        reader.tell(2, true);
        assert!(reader.desk.is_sounding(), "it goes on");
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
