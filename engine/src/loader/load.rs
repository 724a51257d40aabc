//! One pack being loaded ([`Load`]), and those who wait for it ([`Listener`]).

use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::plan::{Layout, distance};
use super::pool::{Core, Work};
use super::{LoadEvent, LoadState, LoadedPack, Progress};
use crate::bytes::ByteSource;
use crate::demand::Beginning;
use crate::pack::{CellFormat, CellIndex, Manifest, PackError, PackReader};
use crate::pad::Pad;
use crate::resident::{CellAudio, Fetch, PlayPack};

/// Between two `Progress` events.
const PROGRESS_EVERY: Duration = Duration::from_millis(50);

/// How far the work on a pack is; what listeners are told follows from it.
#[derive(Default)]
struct Stage {
    /// The heads round the point have been loaded, or have failed.
    is_begun: bool,
    /// One of those heads has failed.
    near_failed: bool,
    playable: bool,
    complete: bool,
    error: Option<Arc<PackError>>,
}

/// One audio entry of a pack, and where it goes.
pub(super) struct Cell {
    /// Its name in the archive.
    pub(super) name: String,
    /// A note that has it, and its place in that note's grid.
    pub(super) note: usize,
    pub(super) at: usize,
    /// Weak: the pack owns it, and what nobody plays is not loaded to its end.
    pub(super) audio: Weak<CellAudio>,
    /// Bytes that it takes in memory, as far as can be told from outside.
    guessed_bytes: u64,
    /// A corner of the square that the point lies in when the pack is opened.
    pub(super) is_near: bool,
    pub(super) frames: usize,
    /// From that point, and once the pack is played from the nearest point at which it is, in 1/64 of a cell.
    pub(super) distance: AtomicU32,
    /// When each chunk was last wanted, in the pool's milliseconds; 0 for never.
    pub(super) wanted_ms: Box<[AtomicU32]>,
    format: OnceLock<CellFormat>,
    pub(super) index: CellIndex,
}

impl Cell {
    pub(super) fn new(name: &str, note: usize, at: usize, audio: &Arc<CellAudio>, bytes: u64) -> Cell {
        Cell {
            name: name.to_owned(),
            note,
            at,
            audio: Arc::downgrade(audio),
            guessed_bytes: bytes,
            is_near: false,
            frames: audio.frames(),
            distance: AtomicU32::new(u32::MAX),
            wanted_ms: (0..audio.chunks()).map(|_| AtomicU32::new(0)).collect(),
            format: OnceLock::new(),
            index: CellIndex::default(),
        }
    }

    /// Has it been found out how it is stored?
    pub(super) fn is_known(&self) -> bool {
        self.format.get().is_some()
    }

    /// Bytes that it takes in memory.
    pub(super) fn bytes(&self) -> u64 {
        let known = self.audio.upgrade().and_then(|audio| Some((audio.frames(), audio.storage()?)));
        known.map_or(self.guessed_bytes, |(frames, storage)| (frames * storage.frame_bytes()) as u64)
    }

    /// The same of what is not there.
    pub(super) fn missing_bytes(&self) -> u64 {
        let Some(audio) = self.audio.upgrade() else { return 0 };
        let missing = (0..audio.chunks()).filter(|chunk| audio.chunk_is_absent(*chunk)).count();
        self.bytes() * missing as u64 / audio.chunks() as u64
    }

    pub(super) fn distance(&self) -> u32 {
        self.distance.load(Ordering::Relaxed)
    }
}

/// What a job will bring into memory, from when it is planned until it has run. While it runs, what it has brought
/// counts twice, so that too little is planned for that time rather than too much.
pub(super) struct Promise {
    load: Arc<Load>,
    bytes: u64,
}

impl Promise {
    /// `work`, which it stands for until that is done.
    pub(super) fn until(self, work: impl FnOnce() + Send + 'static) -> Work {
        Box::new(move || {
            work();
            drop(self);
        })
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.load.promised_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A pack that is being loaded or is in memory, shared by all that opened it.
pub(super) struct Load {
    /// Its memory.
    pub(super) play: OnceLock<Weak<PlayPack>>,
    pub(super) manifest: Arc<Manifest>,
    pub(super) reader: PackReader,
    pub(super) cells: Box<[Cell]>,
    /// For each note and grid place the cell.
    pub(super) grids: Box<[Box<[u32]>]>,
    /// Length of a head.
    pub(super) head_frames: usize,
    /// Where notes begin in it, and with that where the heads are; one at least.
    beginnings: Mutex<Vec<Beginning>>,
    /// Cells that are loaded when nothing sounds, the next one last.
    pub(super) lazy: Mutex<Vec<u32>>,
    /// The grid places nearest to the points that distances count from; none before it is played.
    seen_from: Mutex<Vec<usize>>,
    core: Weak<Core>,
    listeners: Mutex<Vec<Weak<Listener>>>,
    stage: Mutex<Stage>,
    /// In memory. Less than none for a moment, when a chunk goes before the thread that brought it has said so.
    frames: AtomicI64,
    /// What [`Promise`]s stand for.
    promised_bytes: AtomicU64,
    /// Of the cells that have been given up, there or not.
    lost_frames: AtomicU64,
    total_frames: u64,
    near_left: AtomicUsize,
    jobs_left: AtomicUsize,
    last_progress: Mutex<Instant>,
    pub(super) opened: Instant,
}

impl Load {
    /// A pack of which nothing has been loaded. It is playable after `near` heads, and complete after
    /// `jobs` jobs.
    pub(super) fn new(layout: Layout, reader: PackReader, core: &Arc<Core>, near: usize, jobs: usize) -> Load {
        Load {
            play: OnceLock::new(),
            manifest: Arc::new(reader.manifest().clone()),
            reader,
            total_frames: layout.total_frames(),
            cells: layout.cells,
            grids: layout.grids,
            head_frames: layout.head_frames,
            beginnings: Mutex::new(vec![layout.beginning]),
            lazy: Mutex::default(),
            seen_from: Mutex::default(),
            core: Arc::downgrade(core),
            listeners: Mutex::default(),
            stage: Mutex::default(),
            frames: AtomicI64::new(0),
            promised_bytes: AtomicU64::new(0),
            lost_frames: AtomicU64::new(0),
            near_left: AtomicUsize::new(near),
            jobs_left: AtomicUsize::new(jobs),
            last_progress: Mutex::new(Instant::now()),
            opened: Instant::now(),
        }
    }

    /// The pack, if anybody still holds it.
    pub(super) fn play(&self) -> Option<Arc<PlayPack>> {
        self.play.get()?.upgrade()
    }

    /// How a cell is stored; read through `source` when it is asked for first.
    ///
    /// # Errors
    /// When it is not what the manifest says, or can't be read.
    pub(super) fn format(&self, cell: &Cell, source: &dyn ByteSource) -> Result<CellFormat, PackError> {
        if let Some(format) = cell.format.get() {
            return Ok(*format);
        }
        let format = self.reader.note_cell_from(source, cell.note, cell.at).map_err(|error| match error {
            PackError::Io(reason) => PackError::cell(&cell.name, reason),
            other => other,
        })?;
        Ok(*cell.format.get_or_init(|| format))
    }

    /// Is all of it in memory that can be had?
    pub(super) fn is_whole(&self) -> bool {
        let (frames, lost) = (self.frames(), self.lost_frames.load(Ordering::Relaxed));
        if lost == 0 || frames + lost < self.total_frames {
            return frames >= self.total_frames;
        }
        // How much of the lost cells is there changes: what is there may go and does not come back.
        let mut living = self.cells.iter().filter_map(|cell| cell.audio.upgrade()).filter(|audio| !audio.is_given_up());
        living.all(|audio| audio.is_resident(0..audio.frames()))
    }

    /// Frames in memory.
    fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed).max(0) as u64
    }

    /// A job that is planned will bring so many bytes.
    pub(super) fn promise(self: &Arc<Load>, bytes: u64) -> Promise {
        self.promised_bytes.fetch_add(bytes, Ordering::Relaxed);
        Promise { load: self.clone(), bytes }
    }

    pub(super) fn promised_bytes(&self) -> u64 {
        self.promised_bytes.load(Ordering::Relaxed)
    }

    /// It is played at these points, 0…1: what is near them comes first and goes last. Without any, what was near
    /// before.
    pub(super) fn look_from(&self, points: &[[f32; 2]]) {
        let grid = &self.manifest.grid;
        let pad = Pad { columns: grid.columns, rows: grid.rows };
        let mut places: Vec<usize> = points.iter().map(|point| pad.nearest(*point)).collect();
        places.sort_unstable();
        places.dedup();
        let mut before = self.seen_from.lock();
        if places.is_empty() || *before == places {
            return;
        }
        *before = places;
        drop(before);
        let near = |at: usize| {
            let point = |p: &[f32; 2]| distance(at, &self.manifest, (f64::from(p[0]), f64::from(p[1]))).1;
            points.iter().map(point).min().unwrap_or(u32::MAX)
        };
        let distances: Vec<u32> = (0..grid.columns * grid.rows).map(near).collect();
        self.cells.iter().for_each(|cell| cell.distance.store(u32::MAX, Ordering::Relaxed));
        for (at, cell) in self.grids.iter().flat_map(|grid| grid.iter().enumerate()) {
            self.cells[*cell as usize].distance.fetch_min(distances[at], Ordering::Relaxed);
        }
        self.sort_lazy(&mut self.lazy.lock());
    }

    /// Notes begin here. Without any, where they did before.
    pub(super) fn begin_at(&self, beginnings: Vec<Beginning>) {
        if !beginnings.is_empty() {
            *self.beginnings.lock() = beginnings;
        }
    }

    /// Where notes begin.
    pub(super) fn beginnings(&self) -> Vec<Beginning> {
        self.beginnings.lock().clone()
    }

    /// The farthest first: the last is the next.
    pub(super) fn sort_lazy(&self, lazy: &mut [u32]) {
        lazy.sort_by_key(|cell| Reverse(self.cells[*cell as usize].distance()));
    }

    /// What is missing of a cell will not come.
    pub(super) fn lose(&self, audio: &CellAudio) {
        if audio.give_up() {
            self.lost_frames.fetch_add(audio.frames() as u64, Ordering::Relaxed);
        }
    }

    /// Frames have left memory.
    pub(super) fn take_frames(&self, frames: u64) {
        self.frames.fetch_sub(frames as i64, Ordering::Relaxed);
    }

    /// What is not there will not come.
    pub(super) fn abandon(&self) {
        let incomplete = |audio: &Arc<CellAudio>| !audio.is_resident(0..audio.frames());
        let left = self.cells.iter().filter_map(|cell| cell.audio.upgrade()).filter(incomplete);
        if left.inspect(|audio| self.lose(audio)).count() > 0 {
            self.fail(PackError::Abandoned);
        }
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
        Progress { frames: self.frames(), total_frames: self.total_frames }
    }

    /// More frames are in memory.
    pub(super) fn add_frames(&self, frames: u64) {
        self.frames.fetch_add(frames as i64, Ordering::Relaxed);
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

    /// One of the heads round the point is there, or has failed. Damage elsewhere is no reason not to play.
    pub(super) fn near_head_done(&self, is_there: bool) {
        if !is_there {
            self.stage.lock().near_failed = true;
        }
        if self.near_left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.advance(|stage| {
                stage.is_begun = true;
                stage.playable |= !stage.near_failed;
            });
        }
    }

    /// A job that belongs to loading the pack is done, or has failed.
    pub(super) fn job_done(&self) {
        if self.jobs_left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.advance(|stage| {
                stage.complete |= stage.error.is_none();
                // Heads round the point that had failed would have been an error.
                stage.playable |= stage.complete;
                stage.is_begun = true;
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

impl Fetch for Load {
    fn fetch(&self, note: usize, cell: usize, chunk: usize) {
        let found = self.grids.get(note).and_then(|grid| grid.get(cell));
        if let (Some(core), Some(play), Some(&cell)) = (self.core.upgrade(), self.play(), found) {
            core.fetch(&play, cell, chunk);
        }
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
        // Until it is known whether it plays, an error says too little.
        let error = self.error.clone().filter(|_| self.is_begun);
        Told { playable: self.playable, complete: self.complete, error }
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
        let (is_complete, has_failed) = match *self.state.lock() {
            LoadState::Complete => (true, false),
            LoadState::Failed(_) => (false, true),
            LoadState::Opening | LoadState::Playable => (false, false),
        };
        if has_failed {
            return;
        }
        if let Some(error) = &now.error {
            self.set(LoadState::Failed(error.clone()));
            self.tell(LoadEvent::Failed(error.clone()));
        } else if now.complete && !is_complete {
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
