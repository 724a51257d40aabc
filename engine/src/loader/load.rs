//! One pack being loaded ([`Load`]), and those who wait for it ([`Listener`]).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::{LoadEvent, LoadState, LoadedPack, Progress};
use crate::pack::{Manifest, PackError};
use crate::resident::PlayPack;

/// Between two `Progress` events.
const PROGRESS_EVERY: Duration = Duration::from_millis(50);

/// How far the work on a pack is; what listeners are told follows from it.
#[derive(Default)]
struct Stage {
    playable: bool,
    complete: bool,
    error: Option<Arc<PackError>>,
}

/// The work on one pack, shared by all that opened it.
pub(super) struct Load {
    /// Its memory.
    pub(super) play: Weak<PlayPack>,
    pub(super) manifest: Arc<Manifest>,
    listeners: Mutex<Vec<Weak<Listener>>>,
    stage: Mutex<Stage>,
    frames: AtomicU64,
    total_frames: u64,
    near_left: AtomicUsize,
    cells_left: AtomicUsize,
    last_progress: Mutex<Instant>,
}

impl Load {
    /// Work on `cells` cells, of which `near` heads make it playable.
    pub(super) fn new(
        play: &Arc<PlayPack>,
        manifest: Arc<Manifest>,
        total_frames: u64,
        near: usize,
        cells: usize,
    ) -> Arc<Load> {
        Arc::new(Load {
            play: Arc::downgrade(play),
            manifest,
            listeners: Mutex::default(),
            stage: Mutex::default(),
            frames: AtomicU64::new(0),
            total_frames,
            near_left: AtomicUsize::new(near),
            cells_left: AtomicUsize::new(cells),
            last_progress: Mutex::new(Instant::now()),
        })
    }

    /// Adds a listener and tells it what has happened so far.
    pub(super) fn join(self: &Arc<Load>, listener: &Arc<Listener>, pack: LoadedPack) {
        let _ = listener.work.set((self.clone(), Arc::new(pack)));
        self.listeners.lock().push(Arc::downgrade(listener));
        // In a statement of its own: no lock is held while a listener is told.
        let now = self.stage.lock().to_tell();
        listener.catch_up(&now);
    }

    pub(super) fn progress(&self) -> Progress {
        Progress { frames: self.frames.load(Ordering::Relaxed), total_frames: self.total_frames }
    }

    /// More frames are in memory.
    pub(super) fn add_frames(&self, frames: u64) {
        self.frames.fetch_add(frames, Ordering::Relaxed);
        let due = self.last_progress.try_lock().is_some_and(|mut last| {
            let due = last.elapsed() >= PROGRESS_EVERY;
            if due {
                *last = Instant::now();
            }
            due
        });
        if due {
            let progress = self.progress();
            self.each(|l| l.tell_progress(progress));
        }
    }

    /// One of the heads round the point is there, or has failed.
    pub(super) fn near_head_done(&self) {
        if self.near_left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.advance(|stage| stage.playable |= stage.error.is_none());
        }
    }

    /// A cell is there as a whole, or has failed.
    pub(super) fn cell_done(&self) {
        if self.cells_left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.advance(|stage| {
                stage.complete |= stage.error.is_none();
                // The thread that loaded the last head may not have come to say so yet.
                stage.playable |= stage.complete;
            });
        }
    }

    /// Something is damaged; the first such error counts.
    pub(super) fn fail(&self, error: PackError) {
        self.advance(|stage| {
            if stage.error.is_none() {
                if matches!(error, PackError::Abandoned) {
                    tracing::debug!("{error}");
                } else {
                    tracing::warn!("a pack failed to load: {error}");
                }
                stage.error = Some(Arc::new(error));
            }
        });
    }

    pub(super) fn is_playable(&self) -> bool {
        self.stage.lock().playable
    }

    pub(super) fn has_failed(&self) -> bool {
        self.stage.lock().error.is_some()
    }

    fn advance(&self, change: impl FnOnce(&mut Stage)) {
        let now = {
            let mut stage = self.stage.lock();
            change(&mut stage);
            stage.to_tell()
        };
        self.each(|l| l.catch_up(&now));
    }

    /// Calls each living listener, with no lock held.
    fn each(&self, call: impl Fn(&Listener)) {
        let living: Vec<Arc<Listener>> = {
            let mut listeners = self.listeners.lock();
            listeners.retain(|l| l.strong_count() > 0);
            listeners.iter().filter_map(Weak::upgrade).collect()
        };
        living.iter().for_each(|l| call(l));
    }
}

/// A copy of a stage, to be told without holding its lock.
pub(super) struct Told {
    playable: bool,
    complete: bool,
    error: Option<Arc<PackError>>,
}

impl Stage {
    fn to_tell(&self) -> Told {
        Told { playable: self.playable, complete: self.complete, error: self.error.clone() }
    }
}

/// One handle's view of a load.
pub(super) struct Listener {
    on_event: Box<dyn Fn(LoadEvent) + Send + Sync>,
    silent: AtomicBool,
    /// Held while events are delivered, so that they come one by one and in order.
    telling: Mutex<()>,
    state: Mutex<LoadState>,
    changed: Condvar,
    /// The work, and the pack that this handle keeps alive; there once the pack is planned.
    work: OnceLock<(Arc<Load>, Arc<LoadedPack>)>,
    playable: AtomicBool,
}

impl Listener {
    pub(super) fn new(on_event: Box<dyn Fn(LoadEvent) + Send + Sync>) -> Arc<Listener> {
        Arc::new(Listener {
            on_event,
            silent: AtomicBool::new(false),
            telling: Mutex::default(),
            state: Mutex::new(LoadState::Opening),
            changed: Condvar::new(),
            work: OnceLock::new(),
            playable: AtomicBool::new(false),
        })
    }

    pub(super) fn state(&self) -> LoadState {
        self.state.lock().clone()
    }

    pub(super) fn progress(&self) -> Progress {
        self.work.get().map_or(Progress::default(), |(load, _)| load.progress())
    }

    pub(super) fn pack(&self) -> Option<Arc<LoadedPack>> {
        self.playable.load(Ordering::Acquire).then(|| self.work.get().map(|(_, pack)| pack.clone())).flatten()
    }

    /// Ends its events.
    pub(super) fn silence(&self) {
        self.silent.store(true, Ordering::Release);
    }

    /// Waits for a state that is `wanted`, or for `timeout`; returns the state then.
    pub(super) fn wait(&self, timeout: Duration, wanted: impl Fn(&LoadState) -> bool) -> LoadState {
        let until = Instant::now().checked_add(timeout);
        let mut state = self.state.lock();
        while !wanted(&state) {
            match until {
                Some(until) if self.changed.wait_until(&mut state, until).timed_out() => break,
                Some(_) => {}
                None => self.changed.wait(&mut state),
            }
        }
        state.clone()
    }

    /// The pack could not even be opened.
    pub(super) fn fail(&self, error: &Arc<PackError>) {
        self.catch_up(&Told { playable: false, complete: false, error: Some(error.clone()) });
    }

    fn tell_progress(&self, progress: Progress) {
        let _telling = self.telling.lock();
        if !matches!(*self.state.lock(), LoadState::Complete | LoadState::Failed(_)) {
            self.tell(LoadEvent::Progress(progress));
        }
    }

    /// Tells what has happened since the last time.
    fn catch_up(&self, now: &Told) {
        let _telling = self.telling.lock();
        if now.playable && !self.playable.load(Ordering::Acquire) {
            self.playable.store(true, Ordering::Release);
            self.set(LoadState::Playable);
            if let Some(pack) = self.pack() {
                self.tell(LoadEvent::Playable(pack));
            }
        }
        if matches!(*self.state.lock(), LoadState::Complete | LoadState::Failed(_)) {
            return;
        }
        if let Some(error) = &now.error {
            self.set(LoadState::Failed(error.clone()));
            self.tell(LoadEvent::Failed(error.clone()));
        } else if now.complete {
            self.set(LoadState::Complete);
            self.tell(LoadEvent::Complete);
        }
    }

    fn set(&self, state: LoadState) {
        *self.state.lock() = state;
        self.changed.notify_all();
    }

    fn tell(&self, event: LoadEvent) {
        if self.silent.load(Ordering::Acquire) {
            return;
        }
        // A listener's panic is its own affair: the load goes on, for others too.
        if catch_unwind(AssertUnwindSafe(|| (self.on_event)(event))).is_err() {
            tracing::error!("a listener to the loader panicked");
        }
    }
}
