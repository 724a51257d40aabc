//! The pool: a queue with ranks, the threads that empty it, and the chores between jobs.

use std::any::Any;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::PackSource;
use super::load::Load;
use super::priority;

/// How often housekeeping runs.
const TICK: Duration = Duration::from_millis(50);
/// More threads than this only fight for the disk.
const MOST_THREADS: usize = 16;

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
    next_number: u64,
    graves: Vec<Box<dyn Any + Send>>,
    chores: Vec<Weak<dyn Fn() + Send + Sync>>,
    next_tick: Option<Instant>,
    /// One idle thread wakes up for the next tick; the others sleep until there is work.
    tick_is_watched: bool,
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
        }
    }
}

/// What the threads share, and what jobs hold. It may outlive the [`Pool`], and then only buries.
#[derive(Default)]
pub(super) struct Core {
    queue: Mutex<Queue>,
    wake: Condvar,
    /// What is being loaded or in memory, by identity.
    pub(super) loads: Mutex<HashMap<String, Weak<Load>>>,
    /// Where those were opened: load and hash by source.
    pub(super) places: Mutex<HashMap<Place, (Weak<Load>, String)>>,
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
        if !threads.is_empty() {
            return Ok(());
        }
        let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_THREADS);
        for i in 0..count {
            let core = self.core.clone();
            let thread = std::thread::Builder::new().name(format!("betwixt-load-{i}"));
            match thread.spawn(move || core.run()) {
                Ok(thread) => threads.push(thread),
                // Fewer threads than cores will do; none will not.
                Err(error) if threads.is_empty() => return Err(error),
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
            (std::mem::take(&mut queue.jobs), std::mem::take(&mut queue.graves))
        };
        self.core.wake.notify_all();
        let me = std::thread::current().id();
        for thread in self.threads.get_mut().drain(..) {
            // A listener that owned the last handle brings us here on one of the threads: it can't
            // wait for itself.
            if thread.thread().id() != me {
                let _ = thread.join();
            }
        }
        drop(left);
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

/// What a thread found to do.
enum Next {
    Job(Work),
    Graves(Vec<Box<dyn Any + Send>>),
    Chores(Vec<Arc<dyn Fn() + Send + Sync>>),
    Stop,
}

impl Core {
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
        drop(queue);
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
        self.wake.notify_one();
    }

    pub(super) fn add_chore(&self, chore: Weak<dyn Fn() + Send + Sync>) {
        let mut queue = self.queue.lock();
        queue.chores.push(chore);
        queue.next_tick.get_or_insert_with(Instant::now);
        drop(queue);
        self.wake.notify_all();
    }

    fn run(&self) {
        priority::lower();
        loop {
            let result = match self.next() {
                Next::Job(work) => catch_unwind(AssertUnwindSafe(work)),
                Next::Graves(graves) => catch_unwind(AssertUnwindSafe(|| drop(graves))),
                Next::Chores(chores) => catch_unwind(AssertUnwindSafe(|| chores.iter().for_each(|chore| chore()))),
                Next::Stop => return,
            };
            if result.is_err() {
                tracing::error!("a job of the loader panicked");
            }
        }
    }

    fn next(&self) -> Next {
        let mut queue = self.queue.lock();
        loop {
            if queue.stop {
                return Next::Stop;
            }
            if !queue.graves.is_empty() {
                return Next::Graves(std::mem::take(&mut queue.graves));
            }
            let now = Instant::now();
            if queue.next_tick.is_some_and(|tick| tick <= now) {
                let mut due = Vec::with_capacity(queue.chores.len());
                queue.chores.retain(|chore| match chore.upgrade() {
                    Some(chore) => {
                        due.push(chore);
                        true
                    }
                    None => false,
                });
                queue.next_tick = (!due.is_empty()).then_some(now + TICK);
                if !due.is_empty() {
                    return Next::Chores(due);
                }
            }
            if let Some(job) = queue.jobs.pop() {
                return Next::Job(job.work);
            }
            match queue.next_tick {
                Some(tick) if !queue.tick_is_watched => {
                    queue.tick_is_watched = true;
                    self.wake.wait_until(&mut queue, tick);
                    queue.tick_is_watched = false;
                }
                _ => self.wake.wait(&mut queue),
            }
        }
    }
}
