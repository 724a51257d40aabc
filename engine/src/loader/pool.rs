//! The pool: a queue with ranks, the threads that empty it, and the keeper, a thread of its own that
//! never waits for a disk: it frees what has gone, calls the chores, and says what is needed next
//! (see [`super::feeder`]).

use std::any::Any;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::PackSource;
use super::feeder::Feeder;
use super::load::Load;
use super::priority;
use super::wishes::{Wish, Wishes};
use super::{DEFAULT_BUDGET_BYTES, job};
use crate::bytes::FileId;
use crate::pack::PackReader;
use crate::resident::{Meter, PlayPack};

/// How often housekeeping runs.
const TICK: Duration = Duration::from_millis(50);
/// What the threads do, in the order in which they are started; the second does everything. Several of each,
/// as disks answer several at once.
const PACES: [Pace; 7] = [Pace::Live, Pace::Steady, Pace::Swift, Pace::Live, Pace::Swift, Pace::Live, Pace::Live];
/// Threads of [`Pace::Steady`]: one for each core, but so many at least and at most.
const STEADY_THREADS: std::ops::RangeInclusive<usize> = 2..=16;

pub(super) type Work = Box<dyn FnOnce() + Send>;

/// The order of jobs: lower first, then first come, first served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    class: u8,
    /// Within the class: how far from the point.
    distance: u32,
}

impl Rank {
    pub(super) const OPEN: Rank = Rank { class: 0, distance: 0 };

    /// A head round the point.
    pub(super) const NEAR_HEAD: Rank = Rank { class: 1, distance: 0 };

    /// Another head.
    pub(super) fn head(distance: u32) -> Rank {
        Rank { class: 2, distance }
    }

    /// The whole of a cell.
    pub(super) fn body(distance: u32) -> Rank {
        Rank { class: 3, distance }
    }

    /// Does a host wait for it? Without it nothing of a pack can sound.
    fn is_first(self) -> bool {
        self <= Rank::NEAR_HEAD
    }
}

struct Job {
    rank: Rank,
    number: u64,
    work: Work,
}

impl PartialEq for Job {
    fn eq(&self, other: &Job) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Job {}

impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Job) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Job {
    /// The heap gives its greatest first.
    fn cmp(&self, other: &Job) -> std::cmp::Ordering {
        (other.rank, other.number).cmp(&(self.rank, self.number))
    }
}

#[derive(Default)]
struct Queue {
    jobs: BinaryHeap<Job>,
    wishes: Wishes,
    next_number: u64,
    graves: Vec<Box<dyn Any + Send>>,
    chores: Vec<Weak<dyn Fn() + Send + Sync>>,
    next_tick: Option<Instant>,
    /// Something new is to be fed.
    is_news: bool,
    stop: bool,
}

/// A source of a pack as a key: a file, or a place in memory and its length.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    File(PathBuf),
    Memory(usize, usize),
}

impl Place {
    pub(super) fn of(source: &PackSource) -> Place {
        match source {
            PackSource::File(path) => Place::File(path.clone()),
            PackSource::Memory(bytes) => Place::Memory(bytes.as_ptr() as usize, bytes.len()),
            PackSource::Bytes(bytes) => Place::Memory(Arc::as_ptr(bytes).addr(), 0),
        }
    }
}

/// What openings that share their memory have in common. A copy of a file is a file of its own: either may be
/// damaged or cut short, and the directory does not tell.
#[derive(Debug, Clone)]
pub(super) enum Identity {
    /// A file that nobody has written to in between. The hash is for systems whose clock of files is coarse.
    File(FileId, String),
    /// The same bytes of the program, or the same source.
    Source(Place),
    /// Nothing else is known to be the same.
    Own,
}

impl Identity {
    /// That of a pack which was opened at `source`.
    pub(super) fn of(source: &PackSource, reader: &PackReader) -> Identity {
        match (source, reader.file_id()) {
            (PackSource::File(_), Some(id)) => Identity::File(id, reader.sha256().to_owned()),
            (PackSource::File(_), None) => Identity::Own,
            _ => Identity::Source(Place::of(source)),
        }
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Identity) -> bool {
        match (self, other) {
            (Identity::File(id, sha256), Identity::File(other_id, other_sha256)) => {
                id == other_id && sha256 == other_sha256
            }
            (Identity::Source(place), Identity::Source(other)) => place == other,
            _ => false,
        }
    }
}

/// What the threads share, and what jobs hold. It may outlive the [`Pool`], and then only buries.
pub(super) struct Core {
    queue: Mutex<Queue>,
    wake: Condvar,
    wake_keeper: Condvar,
    /// What is being loaded or in memory, by identity.
    pub(super) loads: Mutex<Vec<(Identity, Weak<Load>)>>,
    /// Where those were opened: load and hash by source.
    pub(super) places: Mutex<HashMap<Place, (Weak<Load>, String)>>,
    /// Held from when a pack is planned until others can see what it will bring.
    pub(super) planning: Mutex<()>,
    meter: Arc<Meter>,
    budget_bytes: AtomicU64,
    begun: Instant,
}

impl Default for Core {
    fn default() -> Core {
        Core {
            queue: Mutex::default(),
            wake: Condvar::new(),
            wake_keeper: Condvar::new(),
            loads: Mutex::default(),
            places: Mutex::default(),
            meter: Arc::default(),
            planning: Mutex::default(),
            budget_bytes: AtomicU64::new(DEFAULT_BUDGET_BYTES),
            begun: Instant::now(),
        }
    }
}

/// The threads. Only [`super::Loader`] handles hold it; its drop stops the threads and waits for
/// them.
#[derive(Default)]
pub(super) struct Pool {
    core: Arc<Core>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Pool {
    pub(super) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Starts the threads, if they are not running.
    pub(super) fn start(&self) -> io::Result<()> {
        let mut threads = self.threads.lock();
        // The keeper and the first two are enough; where the system refused those, they are tried again.
        if threads.len() >= 3 {
            return Ok(());
        }
        if threads.is_empty() {
            let core = self.core.clone();
            let keeper = std::thread::Builder::new().name("betwixt-load-k".into());
            threads.push(keeper.spawn(move || core.keep())?);
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let steady = cores.clamp(*STEADY_THREADS.start(), *STEADY_THREADS.end());
        for i in threads.len() - 1..PACES.len() - 1 + steady {
            let core = self.core.clone();
            let thread = std::thread::Builder::new().name(format!("betwixt-load-{i}"));
            let pace = PACES.get(i).copied().unwrap_or(Pace::Steady);
            match thread.spawn(move || core.work(pace)) {
                Ok(thread) => threads.push(thread),
                Err(error) if threads.len() < 3 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let left = {
            let mut queue = self.core.queue.lock();
            queue.stop = true;
            (std::mem::take(&mut queue.jobs), std::mem::take(&mut queue.graves), std::mem::take(&mut queue.wishes))
        };
        self.core.wake.notify_all();
        self.core.wake_keeper.notify_all();
        let me = std::thread::current().id();
        for thread in self.threads.get_mut().drain(..) {
            // A listener that owned the last handle brings us here on one of the threads: it can't
            // wait for itself.
            if thread.thread().id() != me {
                let _ = thread.join();
            }
        }
        drop(left);
        self.core.living_loads().iter().for_each(|load| load.abandon());
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}

/// Which work a thread does. Three kinds, so that what can wait takes no time from what can't; and neither a
/// pack that opens from what sounds, nor what sounds from the host that waits for its first sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// What sounds, and nothing else.
    Live,
    /// Opening and first heads, then what sounds.
    Swift,
    /// Anything, in the order of [`Pace::Swift`], at a lower priority.
    Steady,
}

/// What a thread found to do.
enum Next {
    Job(Work),
    /// Chunks of a cell that follow each other; one or more.
    Wishes(Vec<Wish>),
}

impl Core {
    /// Counts the audio that is in memory.
    pub(super) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Bytes of audio that will be in memory when all jobs are done, of packs that are held.
    pub(super) fn promised_bytes(&self) -> u64 {
        let living = self.living_loads();
        self.meter.bytes() + living.iter().filter(|load| load.play().is_some()).map(|l| l.promised_bytes()).sum::<u64>()
    }

    /// Bytes of audio that may be in memory, but for what is being played.
    pub(super) fn budget_bytes(&self) -> u64 {
        self.budget_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn set_budget_bytes(&self, bytes: u64) {
        self.budget_bytes.store(bytes, Ordering::Relaxed);
        self.queue.lock().is_news = true;
        self.wake_keeper.notify_one();
    }

    /// Milliseconds since the pool was made; never 0. It goes round in 49 days.
    pub(super) fn now_ms(&self) -> u32 {
        (self.begun.elapsed().as_millis() as u32).max(1)
    }

    /// What is alive of all that was opened.
    pub(super) fn living_loads(&self) -> Vec<Arc<Load>> {
        self.loads.lock().iter().filter_map(|(_, load)| load.upgrade()).collect()
    }

    /// Queues jobs; those of the same rank run in this order. A pool that has stopped drops them.
    pub(super) fn submit(&self, jobs: Vec<(Rank, Work)>) {
        let mut queue = self.queue.lock();
        if queue.stop {
            drop(queue);
            return;
        }
        for (rank, work) in jobs {
            let number = queue.next_number;
            queue.next_number += 1;
            queue.jobs.push(Job { rank, number, work });
        }
        queue.is_news = true;
        drop(queue);
        self.wake.notify_all();
        self.wake_keeper.notify_one();
    }

    /// Jobs that wait for a thread.
    pub(super) fn waiting(&self) -> usize {
        self.queue.lock().jobs.len()
    }

    /// Puts the chunks that are wanted now in the place of those that were wanted before.
    pub(super) fn wish(&self, wishes: Vec<Wish>) {
        let mut queue = self.queue.lock();
        let any = queue.wishes.replace(wishes);
        drop(queue);
        if any {
            self.wake.notify_all();
        }
    }

    /// Loads a chunk before all else.
    pub(super) fn fetch(&self, play: &Arc<PlayPack>, cell: u32, chunk: usize) {
        let load = self.living_loads().into_iter().find(|load| load.play().is_some_and(|p| Arc::ptr_eq(&p, play)));
        let Some(load) = load else { return };
        let audio = load.cells[cell as usize].audio.upgrade();
        if audio.is_some_and(|audio| audio.let_stay(chunk)) {
            return;
        }
        load.cells[cell as usize].wanted_ms[chunk].store(self.now_ms(), Ordering::Relaxed);
        self.queue.lock().wishes.push_first(Wish { key: 0, load, cell, chunk: chunk as u32 });
        self.wake.notify_all();
    }

    /// Drops `what` on one of the threads; here, if they have stopped.
    pub(super) fn bury(&self, what: impl Send + 'static) {
        let mut queue = self.queue.lock();
        if queue.stop {
            drop(queue);
            drop(what);
            return;
        }
        queue.graves.push(Box::new(what));
        drop(queue);
        self.wake_keeper.notify_one();
    }

    pub(super) fn add_chore(&self, chore: Weak<dyn Fn() + Send + Sync>) {
        let mut queue = self.queue.lock();
        queue.chores.push(chore);
        queue.next_tick.get_or_insert_with(Instant::now);
        drop(queue);
        self.wake_keeper.notify_one();
    }

    /// A thread that reads and decodes.
    fn work(&self, pace: Pace) {
        priority::lower(pace);
        while let Some(next) = self.next(pace) {
            let result = match next {
                Next::Job(work) => catch_unwind(AssertUnwindSafe(work)),
                Next::Wishes(wishes) => {
                    let result = catch_unwind(AssertUnwindSafe(|| {
                        let (first, chunk) = (&wishes[0], wishes[0].chunk as usize);
                        job::fill_chunks(&first.load, first.cell as usize, chunk..chunk + wishes.len());
                    }));
                    self.queue.lock().wishes.done(&wishes);
                    result
                }
            };
            if result.is_err() {
                tracing::error!("a job of the loader panicked");
            }
        }
    }

    fn next(&self, pace: Pace) -> Option<Next> {
        let mut queue = self.queue.lock();
        loop {
            if queue.stop {
                return None;
            }
            let is_first = queue.jobs.peek().is_some_and(|job| job.rank.is_first());
            let wishes = if !is_first || pace == Pace::Live { queue.wishes.take() } else { Vec::new() };
            if !wishes.is_empty() {
                return Some(Next::Wishes(wishes));
            }
            if (is_first && pace == Pace::Swift || pace == Pace::Steady)
                && let Some(job) = queue.jobs.pop()
            {
                return Some(Next::Job(job.work));
            }
            self.wake.wait(&mut queue);
        }
    }

    /// The keeper's thread.
    fn keep(self: &Arc<Core>) {
        priority::lower(Pace::Live);
        let mut feeder = Feeder::new();
        loop {
            let fed = catch_unwind(AssertUnwindSafe(|| feeder.feed(self)));
            let pause = fed.unwrap_or_else(|_| {
                tracing::error!("the loader's plan panicked");
                feeder = Feeder::new();
                Some(TICK)
            });
            let Some((graves, chores)) = self.wait_for_chores(pause) else { return };
            let kept = catch_unwind(AssertUnwindSafe(|| {
                drop(graves);
                chores.iter().for_each(|chore| chore());
            }));
            if kept.is_err() {
                tracing::error!("a chore of the loader panicked");
            }
        }
    }

    /// Sleeps until there is something to free or to call, or `pause` is over (`None`: until it is
    /// woken). `None` when the pool stops.
    #[allow(clippy::type_complexity)]
    fn wait_for_chores(
        &self,
        pause: Option<Duration>,
    ) -> Option<(Vec<Box<dyn Any + Send>>, Vec<Arc<dyn Fn() + Send + Sync>>)> {
        let until = pause.map(|pause| Instant::now() + pause);
        let mut queue = self.queue.lock();
        loop {
            if queue.stop {
                return None;
            }
            let now = Instant::now();
            let mut due = Vec::new();
            if queue.next_tick.is_some_and(|tick| tick <= now) {
                queue.chores.retain(|chore| match chore.upgrade() {
                    Some(chore) => {
                        due.push(chore);
                        true
                    }
                    None => false,
                });
                queue.next_tick = (!due.is_empty()).then_some(now + TICK);
            }
            let is_due = queue.is_news || until.is_some_and(|until| until <= now);
            if !due.is_empty() || !queue.graves.is_empty() || is_due {
                queue.is_news = false;
                return Some((std::mem::take(&mut queue.graves), due));
            }
            match [queue.next_tick, until].into_iter().flatten().min() {
                Some(next) => drop(self.wake_keeper.wait_until(&mut queue, next)),
                None => self.wake_keeper.wait(&mut queue),
            }
        }
    }
}

#[cfg(test)]
mod tests;
