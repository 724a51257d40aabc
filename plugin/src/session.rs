//! What one instance shares between the host's main thread, the window and the loader: parameters, the object that
//! projects save, the pack, and the engine's other end. The audio thread reads its parameters and atomics alone.
//!
//! Locks are short and never held while waiting for a disk or a thread. Where two are held, `loader` was first.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use betwixt_engine::engine::EngineHandle;
use betwixt_engine::folders;
use betwixt_engine::loader::{LoadEvent, LoadedPack, Loader, Near, PackSource};
use betwixt_engine::params::Param;
use betwixt_engine::preset::{PackReference, Preset};
use betwixt_engine::resident::PlayPack;
use betwixt_engine::telemetry::Telemetry;
use nice_plug::prelude::{ParamPtr, Params};
use nice_plug_egui::RepaintNotifier;
use parking_lot::Mutex;

use crate::desk::{self, Desk, Numbers, Status, Wish};
use crate::library::{self, Place};
use crate::parameters::Parameters;
use crate::{settings, state};

/// One instance's shared part.
pub struct Session {
    me: Weak<Session>,
    /// The parameters.
    pub parameters: Parameters,
    /// What the project saved last or the player chose, apart from the parameters' values.
    document: Mutex<Preset>,
    link: Mutex<Link>,
    desk: Mutex<Desk>,
    numbers: Numbers,
    /// Our share of the process's loader, from the first state or activation until the instance goes.
    loader: Mutex<Option<Attached>>,
    /// Wakes the window, from any thread.
    repaint: RepaintNotifier,
    /// Share of the time that audio takes, as bits of a float; negative while unmeasured.
    load: AtomicU32,
}

/// The engine's other end, and the pack on its way there.
#[derive(Default)]
struct Link {
    engine: Option<EngineHandle>,
    outbox: Option<(u64, Arc<PlayPack>)>,
}

/// The loader, and what it calls now and then for us.
struct Attached {
    loader: Loader,
    _work: Arc<dyn Fn() + Send + Sync>,
}

impl Session {
    /// A fresh instance. Starts no thread and opens no file, since hosts make instances only to look at them.
    pub fn new() -> Arc<Session> {
        Arc::new_cyclic(|me| Session {
            me: me.clone(),
            parameters: Parameters::new(),
            document: Mutex::new(Preset::new()),
            link: Mutex::default(),
            desk: Mutex::default(),
            numbers: Numbers::default(),
            loader: Mutex::default(),
            repaint: RepaintNotifier::new(),
            load: AtomicU32::new((-1.0f32).to_bits()),
        })
    }

    /// The object that a project saves now.
    pub fn save(&self) -> Preset {
        let mut preset = self.document.lock().clone();
        for param in Param::all() {
            preset.set(param, self.parameters.plain(param));
        }
        preset
    }

    /// Takes over what a project saved. The parameters' values have been set already. Never waits for a disk.
    pub fn restore(&self, preset: Preset) {
        let reference = preset.pack();
        *self.document.lock() = preset;
        let playing = self.desk.lock().playing.as_ref().map(|(_, pack)| desk::reference(pack));
        match (reference, playing) {
            (Some(wanted), Some(playing)) if wanted.sha256.is_some() && wanted.sha256 == playing.sha256 => self.stay(),
            (Some(wanted), _) => self.wish(Wish::Reference(wanted)),
            (None, Some(_)) => {}
            (None, None) => self.wish(Wish::Fresh),
        }
    }

    /// What plays is what is wanted: a wish that is still on its way is not. If it has failed, it is read again: the
    /// file may be whole by now.
    fn stay(&self) {
        let failed = self.desk.lock().failed();
        if let Some(reference) = failed {
            self.wish(Wish::Reference(reference));
            return;
        }
        let outdated = {
            let mut desk = self.desk.lock();
            let Some((number, _)) = &desk.playing else { return };
            if *number == desk.newest {
                return;
            }
            let number = self.numbers.wish();
            desk.newest = number;
            desk.wish = None;
            desk.chosen = false;
            desk.status = Status::Ready;
            desk.changes += 1;
            // The load behind what plays goes on under the new number.
            let playing = desk.playing.as_mut().map(|(was, _)| std::mem::replace(was, number));
            for (load, _) in &mut desk.loads {
                if Some(*load) == playing {
                    *load = number;
                }
            }
            self.numbers.settle(number);
            desk.outdated()
        };
        drop(outdated);
    }

    /// A new engine begins: it gets the pack that plays. A fresh instance begins to load its pack.
    pub fn connect(&self, engine: EngineHandle) {
        let playing = self.desk.lock().playing.as_ref().map(|(number, pack)| (*number, pack.play.clone()));
        {
            let mut link = self.link.lock();
            link.engine = Some(engine);
            // A newer pack may have come in between.
            let waiting = link.outbox.as_ref().map_or(0, |(number, _)| *number);
            if playing.as_ref().is_some_and(|(number, _)| *number >= waiting) {
                link.outbox = playing;
            }
        }
        self.deliver();
        let wished = self.desk.lock().newest > 0;
        if !wished {
            self.wish(Wish::Fresh);
        }
    }

    /// Plays another pack as soon as it is there; until then what plays goes on.
    pub fn wish(&self, wish: Wish) {
        let at_hand = desk::is_at_hand(&wish);
        let expected = desk::expected(&wish);
        let wanted = if let Wish::Reference(PackReference { sha256, .. }) = &wish { sha256.clone() } else { None };
        let number = {
            let mut desk = self.desk.lock();
            desk.newest = self.numbers.wish();
            desk.chosen = matches!(wish, Wish::File(_));
            desk.wish = Some((desk.newest, wish));
            desk.status = Status::Loading;
            desk.changes += 1;
            desk.newest
        };
        self.attach();
        let source = expected.map(source_of);
        let resident = source.and_then(|s| self.loader.lock().as_ref()?.loader.resident(&s));
        if let Some(pack) = resident.filter(|pack| wanted.is_none_or(|sha| sha == pack.sha256)) {
            // Another instance plays it: at once. The wish is carried out all the same, since the file may have changed.
            self.play(number, pack);
        }
        if at_hand {
            self.carry_out();
        }
        self.repaint.request_repaint();
    }

    /// Has the pool look what is in the packs folder; the desk shows it later.
    pub fn list_packs(&self) {
        self.desk.lock().wants_list = true;
        self.attach();
    }

    /// Is a pack on its way to the engine? Real-time safe.
    pub fn pending(&self) -> bool {
        self.numbers.pending()
    }

    /// Lets the loader go, and all that was loaded. The instance ends; call it from no thread of the loader.
    pub fn detach(&self) {
        let (loader, desk, link) = {
            let mut loader = self.loader.lock();
            (loader.take(), std::mem::take(&mut *self.desk.lock()), std::mem::take(&mut *self.link.lock()))
        };
        // Loads hold a share of the loader too. The last one waits for its threads, so it goes without a lock.
        drop((desk, link));
        drop(loader);
    }

    /// Wakes the window when something that it shows has changed. Real-time safe to use.
    pub fn repaint(&self) -> &RepaintNotifier {
        &self.repaint
    }

    /// Shows the engine's newest picture to `look`, if there is one and no other thread is at it.
    pub fn telemetry(&self, look: impl FnOnce(&Telemetry)) {
        if let Some(mut link) = self.link.try_lock()
            && let Some(engine) = link.engine.as_mut()
        {
            look(engine.telemetry());
        }
    }

    /// Shows the pack to `look`.
    pub(crate) fn look_at_desk<T>(&self, look: impl FnOnce(&mut Desk) -> T) -> T {
        look(&mut self.desk.lock())
    }

    /// Share of the audio thread's time that this instance takes, 0…1. Real-time safe.
    pub fn load(&self) -> Option<f32> {
        Some(f32::from_bits(self.load.load(Ordering::Relaxed))).filter(|load| *load >= 0.0)
    }

    /// Notes the share of time. Real-time safe.
    pub fn set_load(&self, load: f32) {
        self.load.store(load.to_bits(), Ordering::Relaxed);
    }

    /// Takes a share of the loader, if we have none yet.
    fn attach(&self) {
        let mut attached = self.loader.lock();
        if attached.is_none() {
            let me = self.me.clone();
            let work: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
                if let Some(session) = me.upgrade() {
                    session.work();
                }
            });
            let loader = Loader::shared();
            loader.set_budget_bytes(settings::shared().lock().budget_bytes());
            loader.housekeeping(Arc::downgrade(&work));
            *attached = Some(Attached { loader, _work: work });
        }
    }

    /// Called by the loader's pool every few tens of milliseconds.
    fn work(&self) {
        if let Some(engine) = self.link.lock().engine.as_mut() {
            engine.collect_garbage();
        }
        self.deliver();
        self.carry_out();
        if std::mem::take(&mut self.desk.lock().wants_list) {
            let listed = folders::packs().map(|folder| library::list(&folder)).unwrap_or_default();
            let mut desk = self.desk.lock();
            desk.listed = listed;
            desk.changes += 1;
            drop(desk);
            self.repaint.request_repaint();
        }
    }

    /// Hands the waiting pack to the engine, if it has room.
    fn deliver(&self) {
        let mut link = self.link.lock();
        let Link { engine: Some(engine), outbox } = &mut *link else { return };
        if let Some((number, pack)) = outbox.take() {
            match engine.send_pack(pack) {
                Ok(()) => self.numbers.settle(number),
                Err(pack) => *outbox = Some((number, pack)),
            }
        }
    }

    /// Begins to load what is wished for. May wait for a disk unless the wish is at hand.
    fn carry_out(&self) {
        let Some((number, wish)) = self.desk.lock().wish.take() else { return };
        match desk::place(&wish) {
            Ok(place) => self.open(number, place),
            Err(status) => self.fail(number, status),
        }
    }

    fn open(&self, number: u64, place: Place) {
        let source = source_of(place);
        let near = Near {
            point: (self.parameters.plain(Param::X), self.parameters.plain(Param::Y)),
            start: self.parameters.plain(Param::Start) / 100.0,
            reverse: self.parameters.plain(Param::Reverse) >= 0.5,
        };
        let me = self.me.clone();
        let on_event = Box::new(move |event: LoadEvent| {
            if let Some(session) = me.upgrade() {
                session.loaded(number, event);
            }
        });
        // The lock is held until no share of the loader is left here: the last must not end on one of its threads.
        let attached = self.loader.lock();
        if let Some(Attached { loader, .. }) = &*attached {
            let load = loader.open(source, near, on_event);
            let mut desk = self.desk.lock();
            desk.loads.push((number, load));
            let outdated = desk.outdated();
            drop(desk);
            drop(outdated);
        }
    }

    /// News from the loader, on one of its threads.
    fn loaded(&self, number: u64, event: LoadEvent) {
        match event {
            LoadEvent::Playable(pack) => self.play(number, pack),
            LoadEvent::Progress(_) => self.desk.lock().changes += 1,
            LoadEvent::Complete => {
                let mut desk = self.desk.lock();
                if number == desk.newest {
                    desk.status = Status::Ready;
                    desk.changes += 1;
                }
            }
            LoadEvent::Failed(error) => self.fail(number, Status::Failed { reason: error.to_string(), missing: false }),
        }
        self.repaint.request_repaint();
    }

    fn play(&self, number: u64, pack: Arc<LoadedPack>) {
        // As in `open`.
        let attached = self.loader.lock();
        if attached.is_none() {
            return;
        }
        let play = pack.play.clone();
        let reference = desk::reference(&pack);
        let outdated = {
            let mut desk = self.desk.lock();
            let same = |(n, p): &(u64, Arc<LoadedPack>)| *n == number && Arc::ptr_eq(&p.play, &pack.play);
            if number != desk.newest || desk.playing.as_ref().is_some_and(same) {
                return;
            }
            let replaced = desk.playing.replace((number, pack));
            desk.changes += 1;
            (replaced, desk.outdated())
        };
        drop(outdated);
        drop(attached);
        self.document.lock().set_pack(&reference);
        self.link.lock().outbox = Some((number, play));
        self.deliver();
    }

    /// The wish can't be fulfilled: what plays goes on, the project keeps its reference, the player is told.
    fn fail(&self, number: u64, status: Status) {
        if let Status::Failed { reason, .. } = &status {
            tracing::warn!("{reason}");
        }
        {
            let mut desk = self.desk.lock();
            if number != desk.newest {
                return;
            }
            desk.fail(status);
        }
        self.numbers.settle(number);
        self.repaint.request_repaint();
    }
}

fn source_of(place: Place) -> PackSource {
    match place {
        Place::File(path) => PackSource::File(path),
        Place::Embedded(bytes) => PackSource::Memory(bytes),
    }
}

// SAFETY: the pointers lead into `parameters`, which lives as long as self and does not move in its `Arc`.
unsafe impl Params for Session {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        self.parameters.map()
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(state::FIELD.to_owned(), self.save().to_json())])
    }

    fn deserialize_fields(&self, fields: &BTreeMap<String, String>) {
        if let Some((preset, _)) = fields.get(state::FIELD).and_then(|text| Preset::parse(text).ok()) {
            self.restore(preset);
        }
    }
}
