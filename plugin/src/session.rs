//! What one instance shares between the host's main thread, the window and the loader: parameters, the object that
//! projects save, the pack, and the engine's other end. The audio thread reads its parameters and atomics alone.
//!
//! Locks are short and never held while waiting for a disk or a thread. Where two are held, `loader` was first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use betwixt_editor::model::{Deleted, Document, Filed, Files, Folder, PackKey, PresetKey, ToastKind};
use betwixt_engine::engine::EngineHandle;
use betwixt_engine::folders;
use betwixt_engine::loader::{LoadEvent, LoadedPack, Loader, Near, PackSource};
use betwixt_engine::params::Param;
use betwixt_engine::preset::{PackReference, Preset, Words};
use betwixt_engine::resident::PlayPack;
use betwixt_engine::telemetry::Telemetry;
use nice_plug::prelude::{ParamPtr, Params};
use nice_plug_egui::RepaintNotifier;
use parking_lot::Mutex;

use crate::desk::{self, Desk, Numbers, Status, Wish};
use crate::errands::{Errand, Errands, News, in_words};
use crate::library::{self, Place};
use crate::papers::{Papers, counts, is_same, set_key};
use crate::parameters::{Parameters, normalised_of, plain_of};
use crate::stars::{AXES, StarTable};
use crate::{cache, presets, reveal, settings, state, thumbs};

/// Hosts give values back through a rounding or two.
const SAME: f32 = 1e-5;

/// One instance's shared part.
pub struct Session {
    me: Weak<Session>,
    /// The parameters.
    pub parameters: Parameters,
    /// What the project saved last or the player chose, apart from the parameters' values.
    papers: Mutex<Papers>,
    /// The stars of it, for the audio thread.
    stars: Arc<StarTable>,
    /// What takes its time, and what came of it.
    errands: Arc<Errands>,
    news: Mutex<News>,
    link: Mutex<Link>,
    desk: Mutex<Desk>,
    numbers: Numbers,
    /// Our share of the process's loader, from the first state or activation until the instance goes.
    loader: Mutex<Option<Attached>>,
    /// Wakes the window, from any thread.
    repaint: RepaintNotifier,
    /// Share of the time that audio takes, as bits of a float; negative while unmeasured.
    load: AtomicU32,
    /// The host's rate, as bits of a float, and the frames of output that the window still wants to see.
    sample_rate_hz: AtomicU32,
    watched: AtomicU32,
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
            papers: Mutex::new(Papers::new()),
            stars: Arc::default(),
            errands: Arc::default(),
            news: Mutex::default(),
            link: Mutex::default(),
            desk: Mutex::default(),
            numbers: Numbers::default(),
            loader: Mutex::default(),
            repaint: RepaintNotifier::new(),
            load: AtomicU32::new((-1.0f32).to_bits()),
            sample_rate_hz: AtomicU32::new(48_000f32.to_bits()),
            watched: AtomicU32::new(0),
        })
    }

    /// The object that a project saves now.
    pub fn save(&self) -> Preset {
        let mut preset = self.papers.lock().now.clone();
        for param in Param::all() {
            preset.set(param, self.parameters.plain(param));
        }
        // A recalled place is in force though the host has not heard of it.
        for (param, goal) in AXES.into_iter().zip(self.stars.seen().goal) {
            if let Some(goal) = goal {
                preset.set(param, plain_of(param, goal));
            }
        }
        preset
    }

    /// Takes over what a project saved. The parameters' values have been set already. Never waits for a disk.
    pub fn restore(&self, preset: Preset) {
        (0..AXES.len()).for_each(|axis| self.stars.free(axis));
        let reference = preset.pack();
        self.edit(|papers| (papers.now, papers.kept) = (preset.clone(), preset));
        self.want(reference, true);
    }

    /// Plays the pack that is referred to, if it does not play already. `is_kept`: the reference was loaded with the
    /// rest, so the pack is no change.
    fn want(&self, reference: Option<PackReference>, is_kept: bool) {
        let playing = self.desk.lock().playing.as_ref().map(|(_, pack)| desk::reference(pack));
        match (reference, playing) {
            (Some(wanted), Some(playing)) if is_same(&wanted, &playing) => {
                // It may be known by its name only; what plays says all.
                self.edit(|papers| {
                    papers.now.set_pack(&playing);
                    if is_kept {
                        papers.kept.set_pack(&playing);
                    }
                });
                self.stay();
            }
            (Some(wanted), _) => self.wish_as(Wish::Reference(wanted), is_kept),
            (None, Some(_)) => {}
            (None, None) => self.wish_as(Wish::Fresh, true),
        }
    }

    /// Changes what the project says.
    fn edit(&self, change: impl FnOnce(&mut Papers)) {
        let mut papers = self.papers.lock();
        change(&mut papers);
        papers.settle();
        self.stars.set(&papers.now);
        drop(papers);
        self.repaint.request_repaint();
    }

    /// Takes over what the editor made of the document. `is_new_pack`: the player means another pack than before.
    pub(crate) fn set_document(&self, document: &Document, is_new_pack: bool) {
        self.edit(|papers| papers.take(document));
        if let (true, Some(PackKey { name, sha256, path })) = (is_new_pack, document.pack.clone()) {
            self.want(Some(PackReference { name, sha256, path }), false);
        }
    }

    /// Takes over a preset that was read. The parameters' values are for the caller to set.
    pub(crate) fn take_preset(&self, key: &PresetKey, mut preset: Preset) {
        let reference = preset.pack();
        self.edit(|papers| {
            set_key(&mut preset, Some(key));
            if reference.is_none()
                && let Some(pack) = papers.now.pack()
            {
                preset.set_pack(&pack);
            }
            (papers.now, papers.kept) = (preset.clone(), preset);
        });
        if reference.is_some() {
            self.want(reference, true);
        }
    }

    /// What was kept as a preset is what later changes are measured by.
    fn keep(&self, key: &PresetKey, saved: &Preset) {
        self.edit(|papers| {
            papers.now.set_words(&saved.words());
            papers.kept = saved.clone();
            set_key(&mut papers.now, Some(key));
        });
    }

    /// Shows the project's words, stars and pack to `look`.
    pub(crate) fn look_at_papers<T>(&self, look: impl FnOnce(&Papers) -> T) -> T {
        look(&self.papers.lock())
    }

    /// Does anything differ from what was loaded, saved or restored?
    pub(crate) fn has_changed(&self) -> bool {
        let papers = self.papers.lock();
        papers.differ || {
            let goal = self.stars.seen().goal;
            let recalled = |param| AXES.iter().position(|axis| *axis == param).and_then(|axis| goal[axis]);
            Param::all().filter(|param| counts(*param)).any(|param| {
                let now = recalled(param).unwrap_or_else(|| self.parameters.base(param));
                (now - normalised_of(param, papers.kept.value(param))).abs() > SAME
            })
        }
    }

    /// The stars, for the audio thread.
    pub fn stars(&self) -> &Arc<StarTable> {
        &self.stars
    }

    /// Has an errand done.
    pub(crate) fn send(&self, errand: Errand) {
        let me = self.me.clone();
        self.errands.add(errand, move |errand| {
            if let Some(session) = me.upgrade() {
                session.do_errand(errand);
                session.repaint.request_repaint();
            }
        });
    }

    /// Shows what errands have brought to `look`.
    pub(crate) fn look_at_news<T>(&self, look: impl FnOnce(&mut News) -> T) -> T {
        look(&mut self.news.lock())
    }

    fn do_errand(&self, errand: Errand) {
        let folder = folders::presets();
        let folder = folder.as_deref();
        match errand {
            Errand::List => {
                let packs = library::list(folders::packs().as_deref());
                let mut presets = presets::list(folder, &packs);
                // Not before: what is marked while the files are read stays in sight.
                let mut store = settings::shared().lock();
                store.read_favourites();
                presets::mark_favourites(&mut presets, folder, &store.favourites());
                let mut news = self.news.lock();
                drop(store);
                (news.packs, news.presets) = (packs.into(), presets.into());
                news.changes += 1;
            }
            Errand::Load(key) => match presets::load(&key) {
                Ok(preset) => {
                    let mut news = self.news.lock();
                    news.loaded.push_back((key, preset));
                    news.changes += 1;
                }
                Err(why) => self.tell(ToastKind::Error, why),
            },
            Errand::Save(preset, over) => match presets::save(folder, &preset, over.as_ref()) {
                Ok(path) => {
                    self.tell(ToastKind::Note, format!("Saved {}", path.display()));
                    let key = PresetKey::User(path);
                    self.keep(&key, &preset);
                    self.news.lock().touched = true;
                    self.do_errand(Errand::List);
                    self.news.lock().file(Filed::Done(key));
                }
                Err(why) => {
                    self.tell(ToastKind::Error, why);
                    self.news.lock().file(Filed::Failed);
                }
            },
            Errand::Rename(old, name) => match presets::rename(folder, &old, &name) {
                Ok(path) => {
                    let new = PresetKey::User(path);
                    let mut store = settings::shared().lock();
                    let (before, after) = (presets::mark(&old, folder), presets::mark(&new, folder));
                    if before != after && store.favourites().contains(&before) {
                        store.set_favourite(&before, false);
                        store.set_favourite(&after, true);
                        if let Err(why) = store.save() {
                            self.tell(ToastKind::Error, why);
                        }
                    }
                    drop(store);
                    self.follow(&old, Some((&new, name.trim())));
                    self.do_errand(Errand::List);
                    self.news.lock().file(Filed::Done(new));
                }
                Err(why) => {
                    self.tell(ToastKind::Error, why);
                    self.news.lock().file(Filed::Failed);
                }
            },
            Errand::Delete(key) => match presets::put_away(folder, &key) {
                Ok(kept) => {
                    let was_playing = self.follow(&key, None);
                    let name = self.name(&key);
                    self.tell(ToastKind::Note, format!("“{name}” was deleted. Undo (Ctrl+Z) brings it back."));
                    self.do_errand(Errand::List);
                    self.news.lock().file(Filed::Deleted(Deleted { key, kept, was_playing }));
                }
                Err(why) => self.tell(ToastKind::Error, why),
            },
            Errand::Restore(preset) => match presets::take_back(folder, &preset) {
                Ok(path) => {
                    let key = PresetKey::User(path);
                    if preset.was_playing && self.look_at_papers(|papers| papers.document().key.is_none()) {
                        self.edit(|papers| set_key(&mut papers.now, Some(&key)));
                        self.news.lock().touched = true;
                    }
                    self.do_errand(Errand::List);
                    self.tell(ToastKind::Note, format!("“{}” is back.", self.name(&key)));
                    self.news.lock().file(Filed::Done(key));
                }
                Err(why) => self.tell(ToastKind::Error, why),
            },
            Errand::Reveal(path) => {
                if let Err(why) = reveal::show(&showable(path)) {
                    self.tell(ToastKind::Error, why);
                }
            }
            Errand::SetFolder(folder, path) => match set_folder(folder, path.as_deref()) {
                Ok(says) => {
                    self.tell(ToastKind::Note, says);
                    self.do_errand(Errand::List);
                    self.do_errand(Errand::Count);
                }
                Err(why) => self.tell(ToastKind::Refusal, why),
            },
            Errand::Count => {
                let cache = folders::cache();
                let cache_bytes = cache.as_deref().map(cache::bytes);
                let settings = settings::shared().lock().path();
                let mut news = self.news.lock();
                news.files = Files {
                    data: folders::data(),
                    is_data_fixed: folders::is_data_fixed(),
                    cache,
                    is_cache_fixed: folders::is_cache_fixed(),
                    cache_bytes,
                    settings,
                };
                news.changes += 1;
            }
            Errand::ClearCache => {
                let Some(folder) = folders::cache() else { return };
                if let Err(why) = cache::clear(&folder) {
                    self.tell(ToastKind::Error, why);
                }
                self.do_errand(Errand::Count);
            }
            Errand::Thumbs => {
                let playing = self.desk.lock().playing.as_ref().map(|(_, pack)| desk::reference(pack));
                if let Some(reference) = playing {
                    thumbs::draw(&reference, folders::packs().as_deref());
                    self.news.lock().changes += 1;
                }
            }
        }
    }

    /// A preset has another name now, or is gone. Returns whether the project was made from it.
    fn follow(&self, old: &PresetKey, new: Option<(&PresetKey, &str)>) -> bool {
        let is_ours = self.look_at_papers(|papers| papers.document().key.as_ref() == Some(old));
        if is_ours {
            self.edit(|papers| {
                set_key(&mut papers.now, new.map(|(key, _)| key));
                for preset in [&mut papers.now, &mut papers.kept] {
                    if let Some((_, name)) = new {
                        preset.set_words(&Words { name: name.to_owned(), ..preset.words() });
                    }
                }
            });
            self.news.lock().touched = true;
        }
        is_ours
    }

    /// What a preset that is listed calls itself, or else its file.
    fn name(&self, key: &PresetKey) -> String {
        let news = self.news.lock();
        let row = news.presets.iter().find(|row| row.key == *key && row.broken.is_none());
        row.map_or_else(|| presets::file_name(key), |row| row.words.name.clone())
    }

    fn tell(&self, kind: ToastKind, text: String) {
        self.news.lock().say(kind, text);
    }

    /// Marks a preset as favourite, or not, in the settings and in the list.
    pub(crate) fn set_favourite(&self, key: &PresetKey, favourite: bool) {
        let mark = presets::mark(key, folders::presets().as_deref());
        settings::shared().lock().set_favourite(&mark, favourite);
        let mut news = self.news.lock();
        let mut presets = news.presets.to_vec();
        presets.iter_mut().filter(|row| row.key == *key).for_each(|row| row.favourite = favourite);
        news.presets = presets.into();
        news.changes += 1;
    }

    /// What plays is what is wanted: a wish that is still on its way is not. If it has failed, it is read again: the
    /// file may be whole by now.
    fn stay(&self) {
        let failed = self.desk.lock().failed();
        if let Some(reference) = failed {
            self.wish_as(Wish::Reference(reference), true);
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
        let is_kept = wish == Wish::Fresh;
        self.wish_as(wish, is_kept);
    }

    fn wish_as(&self, wish: Wish, is_kept: bool) {
        let at_hand = desk::is_at_hand(&wish);
        let expected = desk::expected(&wish);
        let wanted = if let Wish::Reference(PackReference { sha256, .. }) = &wish { sha256.clone() } else { None };
        let number = {
            let mut desk = self.desk.lock();
            desk.newest = self.numbers.wish();
            desk.is_kept = is_kept;
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

    /// Is a pack on its way to the engine? Real-time safe.
    pub fn pending(&self) -> bool {
        self.numbers.pending()
    }

    /// Lets the loader go, and all that was loaded. The instance ends; call it from no thread of the loader.
    pub fn detach(&self) {
        self.errands.stop();
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

    /// The host's rate, in Hz. Real-time safe.
    pub fn sample_rate_hz(&self) -> f32 {
        f32::from_bits(self.sample_rate_hz.load(Ordering::Relaxed))
    }

    /// Notes the host's rate. Real-time safe.
    pub fn set_sample_rate_hz(&self, rate: f32) {
        self.sample_rate_hz.store(rate.to_bits(), Ordering::Relaxed);
    }

    /// The window wants to see the output for a while longer.
    pub fn watch(&self, frames: u32) {
        self.watched.store(frames, Ordering::Relaxed);
    }

    /// Does the window want to see these frames of the output? Nobody tells when it closes: it stops asking. Real-time
    /// safe.
    pub fn is_watched(&self, frames: usize) -> bool {
        let left = self.watched.load(Ordering::Relaxed);
        if left > 0 {
            self.watched.store(left.saturating_sub(frames as u32), Ordering::Relaxed);
        }
        left > 0
    }

    /// Bytes of audio in memory, of all packs of this process; 0 while unknown. Never waits.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let attached = self.loader.try_lock();
        attached.and_then(|attached| Some(attached.as_ref()?.loader.resident_bytes())).unwrap_or(0)
    }

    /// How much audio may be in memory beyond what is played, at once.
    pub(crate) fn set_budget_bytes(&self, bytes: u64) {
        if let Some(attached) = &*self.loader.lock() {
            attached.loader.set_budget_bytes(bytes);
        }
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
        let file = if let Place::File(path) = &place { Some(path.clone()) } else { None };
        let source = source_of(place);
        let near = Near {
            point: (self.parameters.plain(Param::X), self.parameters.plain(Param::Y)),
            start: self.parameters.plain(Param::Start) / 100.0,
            reverse: self.parameters.plain(Param::Reverse) >= 0.5,
        };
        let me = self.me.clone();
        let on_event = Box::new(move |event: LoadEvent| {
            if let Some(session) = me.upgrade() {
                session.loaded(number, file.as_deref(), event);
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
    fn loaded(&self, number: u64, file: Option<&Path>, event: LoadEvent) {
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
            LoadEvent::Failed(error) => {
                let plays = self.desk.lock().playing.as_ref().is_some_and(|(playing, _)| *playing == number);
                let what = if plays { "could not be read to its end" } else { "was not opened" };
                let reason = match file {
                    Some(file) => format!("{} {what}: {error}.", file.display()),
                    None => error.to_string(),
                };
                self.fail(number, Status::Failed { reason: in_words(reason), missing: false });
            }
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
        let (outdated, is_kept) = {
            let mut desk = self.desk.lock();
            let same = |(n, p): &(u64, Arc<LoadedPack>)| *n == number && Arc::ptr_eq(&p.play, &pack.play);
            if number != desk.newest || desk.playing.as_ref().is_some_and(same) {
                return;
            }
            let replaced = desk.playing.replace((number, pack));
            desk.changes += 1;
            ((replaced, desk.outdated()), desk.is_kept)
        };
        drop(outdated);
        drop(attached);
        self.edit(|papers| {
            papers.now.set_pack(&reference);
            if is_kept {
                papers.kept.set_pack(&reference);
            }
        });
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

/// Keeps packs and presets, or the cache, in another folder, once that has been seen to take files. Returns what the
/// player is to be told.
fn set_folder(folder: Folder, path: Option<&Path>) -> Result<String, String> {
    let place = |folder| match folder {
        Folder::Data => folders::data(),
        Folder::Cache => folders::cache(),
    };
    // As a shell has it.
    let home = path.and_then(|path| Some(std::env::home_dir()?.join(path.strip_prefix("~").ok()?)));
    let path = home.as_deref().or(path);
    if let Some(path) = path {
        let bad = |why: String| format!("{} was not taken: {why}. Choose another folder.", path.display());
        if !path.is_absolute() {
            return Err(bad("it is no whole path, from the root or the drive on".into()));
        }
        if path.is_file() {
            return Err(bad("it is a file".into()));
        }
        let written = std::fs::create_dir_all(path).and_then(|()| tempfile::tempfile_in(path));
        written.map_err(|error| bad(error.to_string()))?;
    }
    let before = place(folder);
    let mut store = settings::shared().lock();
    store.set_folder(folder, path);
    let kept = store.save();
    drop(store);
    let shown = |path: Option<PathBuf>| path.map_or_else(|| "nowhere".to_owned(), |path| path.display().to_string());
    let (before, now) = (shown(before), shown(place(folder)));
    let says = match folder {
        Folder::Data => format!("Packs and presets are in {now} now. What lies in {before} stays there."),
        Folder::Cache => format!("Builds keep their results in {now} now. What lies in {before} stays there."),
    };
    // It holds all the same.
    Ok(match kept {
        Ok(()) => says,
        Err(why) => format!("{says} {why}"),
    })
}

/// What there is to show of a path: itself, or the folder of ours that it would lie in, which is made if need be.
fn showable(path: PathBuf) -> PathBuf {
    if path.exists() {
        return path;
    }
    let ours = [folders::presets(), folders::packs(), folders::data(), folders::cache(), folders::config()];
    match ours.into_iter().flatten().find(|folder| path.starts_with(folder)) {
        Some(folder) => {
            let _ = std::fs::create_dir_all(&folder);
            folder
        }
        None => path,
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

#[cfg(test)]
mod tests;
