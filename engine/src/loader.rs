//! The loader: one pool of threads for the process that opens packs and fills their memory.
//!
//! What runs where:
//!
//! - [`Loader::open`] returns at once, on any thread but the audio thread; all file work happens on
//!   the pool's threads, which run at a lowered priority.
//! - [`LoadEvent`]s are delivered on those threads. A listener hands them on and returns: while it
//!   runs, a core does not load.
//! - Memory of packs is freed on those threads too, however the last handle goes.
//!
//! The order of loading, chunk by chunk:
//!
//! 1. the heads (the first 100 ms from where notes begin) of all notes for the cells round the point, whereupon
//!    the pack is *playable*;
//! 2. for what sounds, what is read next: the cells round the point now and where it moves to, then
//!    their neighbours (module [`feeder`]);
//! 3. the heads of all other cells, nearest first, and the rest of a pack that is small, whereupon it
//!    is *complete*;
//! 4. when nothing has sounded for two seconds, the rest of all packs, as far as the budget goes.
//!
//! What is there is marked chunk by chunk in [`crate::resident`], which is all that the audio thread
//! looks at. Over the budget, what was wanted longest ago goes first, heads last ([`eviction`]).
//!
//! The same file opened twice, by whatever path, shares its memory, as long as anything of it is alive and nobody
//! has written to it; so does the same pack embedded in the program. A copy of a file is a file of its own.

mod eviction;
mod feeder;
mod job;
mod load;
mod plan;
mod pool;
mod priority;
mod route;
#[cfg(test)]
mod stage;
mod wishes;

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use crate::bytes::ByteSource;
use crate::pack::{Manifest, PackError};
use crate::resident::PlayPack;

use load::Listener;
use pool::{Core, Pool, Rank};

/// Audio of all packs in memory that is not being played, unless a setting says otherwise.
pub const DEFAULT_BUDGET_BYTES: u64 = 1 << 30;

/// Where a pack lies.
#[derive(Clone)]
pub enum PackSource {
    /// A file.
    File(PathBuf),
    /// Embedded in the program.
    Memory(&'static [u8]),
    /// Anything that can be read at any place.
    Bytes(Arc<dyn ByteSource>),
}

impl std::fmt::Debug for PackSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PackSource::File(path) => f.debug_tuple("File").field(path).finish(),
            PackSource::Memory(bytes) => f.debug_tuple("Memory").field(&bytes.len()).finish(),
            PackSource::Bytes(bytes) => f.debug_tuple("Bytes").field(&bytes.len()).finish(),
        }
    }
}

/// Where the first notes of a pack will begin: what is loaded first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// The point on the pad, 0…1 on both axes.
    pub point: (f64, f64),
    /// Where in what was recorded, 0…1; backwards from its end.
    pub start: f64,
    /// Played backwards.
    pub reverse: bool,
}

impl From<(f64, f64)> for Near {
    /// Notes at this point, played from their first frame.
    fn from(point: (f64, f64)) -> Near {
        Near { point, start: 0.0, reverse: false }
    }
}

/// What the loader tells about a pack. Of one handle they come in order: any number of `Progress`,
/// `Playable` once, `Complete` once, and `Failed` once, last: also after `Complete`, when a file can't
/// be read any more while it plays.
#[derive(Debug, Clone)]
pub enum LoadEvent {
    /// The first heads are there: notes can start.
    Playable(Arc<LoadedPack>),
    /// More is there; some twenty times a second.
    Progress(Progress),
    /// All is there that is loaded without being played: of a small pack everything, of a large one
    /// the heads.
    Complete,
    /// Something is damaged or gone. After `Playable` the pack plays on with what is there.
    Failed(Arc<PackError>),
}

/// How much of a pack is in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Frames that are there, of all cells.
    pub frames: u64,
    /// Frames that there will be; 0 while the pack is being opened.
    pub total_frames: u64,
}

impl Progress {
    /// 0…1.
    pub fn fraction(self) -> f32 {
        if self.total_frames == 0 { 0.0 } else { self.frames as f32 / self.total_frames as f32 }
    }
}

/// How far a pack is.
#[derive(Debug, Clone)]
pub enum LoadState {
    /// Being opened; nothing can be played.
    Opening,
    /// Notes can start; more is being loaded.
    Playable,
    /// All is there that is loaded without being played.
    Complete,
    /// Something is damaged or gone.
    Failed(Arc<PackError>),
}

/// A pack in memory.
#[derive(Debug)]
pub struct LoadedPack {
    /// What the pack says about itself.
    pub manifest: Arc<Manifest>,
    /// Its identity: SHA-256 of the archive's central directory, in hexadecimal.
    pub sha256: String,
    /// Its file; `None` for one that is embedded.
    pub path: Option<PathBuf>,
    /// What the engine plays.
    pub play: Arc<PlayPack>,
    pool: Weak<Core>,
}

impl Drop for LoadedPack {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.upgrade() {
            pool.bury(self.play.clone());
        }
    }
}

/// A counted handle to the process's pool. The last one to go stops its threads and waits for them.
#[derive(Debug, Clone)]
pub struct Loader {
    pool: Arc<Pool>,
}

impl Loader {
    /// The pool of this process; made when there is none. Its threads start with the first work, so
    /// that a host that only scans starts none.
    pub fn shared() -> Loader {
        static SHARED: Mutex<Weak<Pool>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock();
        let pool = shared.upgrade().unwrap_or_else(|| {
            let pool = Arc::new(Pool::default());
            *shared = Arc::downgrade(&pool);
            pool
        });
        Loader { pool }
    }

    /// Begins to load a pack; returns at once. `near` (a point, or more) is where the first notes will begin: those
    /// heads are loaded first. `on_event` is called on loader threads until the handle is
    /// dropped, and must not wait; it should not own a [`Loader`].
    pub fn open(
        &self,
        source: PackSource,
        near: impl Into<Near>,
        on_event: Box<dyn Fn(LoadEvent) + Send + Sync>,
    ) -> LoadHandle {
        let (listener, near) = (Listener::new(on_event), near.into());
        match self.pool.start() {
            Ok(()) => {
                let (core, listener) = (Arc::downgrade(self.pool.core()), Arc::downgrade(&listener));
                let open: pool::Work = Box::new(move || plan::open(&core, &source, near, &listener));
                self.pool.core().submit(vec![(Rank::OPEN, open)]);
            }
            Err(error) => listener.fail(&Arc::new(PackError::Io(error))),
        }
        LoadHandle { listener: Some(listener), loader: self.clone() }
    }

    /// How many bytes of audio may be in memory, of all packs of this process, beyond what is being
    /// played. At once, for good.
    pub fn set_budget_bytes(&self, bytes: u64) {
        self.pool.core().set_budget_bytes(bytes);
    }

    /// Bytes of audio that are in memory, of all packs of this process.
    pub fn resident_bytes(&self) -> u64 {
        self.pool.core().meter().bytes()
    }

    /// The pack that has been opened at `source` and is still in memory, if notes can start. Asks no
    /// disk, so it does not see that a file was replaced: open it as well.
    pub fn resident(&self, source: &PackSource) -> Option<Arc<LoadedPack>> {
        plan::resident(self.pool.core(), source).map(Arc::new)
    }

    /// Has the pool call `work` about every 50 ms, until it is gone. For small things that must not
    /// happen on the audio thread, such as freeing what it has sent back.
    pub fn housekeeping(&self, work: Weak<dyn Fn() + Send + Sync>) {
        if let Err(error) = self.pool.start() {
            tracing::error!("the loader's threads could not be started: {error}");
        }
        self.pool.core().add_chore(work);
    }

    /// Frees something on a loader thread, later.
    pub fn bury(&self, what: impl Send + 'static) {
        match self.pool.start() {
            Ok(()) => self.pool.core().bury(what),
            Err(_) => drop(what),
        }
    }
}

/// One opening of a pack. Dropping it ends its events; the audio stays as long as a [`LoadedPack`]
/// or its [`PlayPack`] is held, and goes on being loaded.
pub struct LoadHandle {
    listener: Option<Arc<Listener>>,
    loader: Loader,
}

impl LoadHandle {
    fn listener(&self) -> &Listener {
        // Taken by `drop` alone.
        self.listener.as_deref().expect("a handle in use has its listener")
    }

    /// How far the pack is.
    pub fn state(&self) -> LoadState {
        self.listener().state()
    }

    /// How much of it is in memory.
    pub fn progress(&self) -> Progress {
        self.listener().progress()
    }

    /// The pack, once it can be played.
    pub fn pack(&self) -> Option<Arc<LoadedPack>> {
        self.listener().pack()
    }

    /// Waits until notes can start. `None` when `timeout` passes first. Not for audio threads, nor
    /// for loader threads.
    ///
    /// # Errors
    /// When the pack can't be played at all.
    pub fn wait_playable(&self, timeout: Duration) -> Result<Option<Arc<LoadedPack>>, Arc<PackError>> {
        self.listener().wait(timeout, |s| !matches!(s, LoadState::Opening));
        match (self.pack(), self.state()) {
            (Some(pack), _) => Ok(Some(pack)),
            (None, LoadState::Failed(error)) => Err(error),
            (None, _) => Ok(None),
        }
    }

    /// Waits until all is there that is loaded without being played: see [`LoadEvent::Complete`].
    /// False when `timeout` passes first. Not for audio threads, nor for loader threads.
    ///
    /// # Errors
    /// When a part of it is damaged.
    pub fn wait_complete(&self, timeout: Duration) -> Result<bool, Arc<PackError>> {
        match self.listener().wait(timeout, |s| matches!(s, LoadState::Complete | LoadState::Failed(_))) {
            LoadState::Failed(error) => Err(error),
            state => Ok(matches!(state, LoadState::Complete)),
        }
    }
}

impl Drop for LoadHandle {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.silence();
            self.loader.bury(listener);
        }
    }
}

impl std::fmt::Debug for LoadHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadHandle").field("state", &self.state()).finish_non_exhaustive()
    }
}
