//! What people chose on this machine: `settings.json` in the configuration folder. Shared by all
//! instances of the process; what other versions keep there survives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, LazyLock};

use betwixt_editor::model::{Folder, MAX_SCALE, MIN_SCALE, MIN_SIZE, Mpe, SCALE_STEP, Settings, Strip, Theme};
use betwixt_engine::{atomic_file, folders, settings};
use nice_plug_egui::RepaintNotifier;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

/// Size of a first window, in points at scale 1.
const SIZE: [f32; 2] = [960.0, 640.0];
/// Largest side of a window, in points: more is a damaged file.
const MAX_SIDE: f32 = 10_000.0;

/// Memory for audio that can be chosen in the window, in MiB.
const BUDGET_MIB: std::ops::RangeInclusive<u64> = 64..=65_536;
/// Longest list of favourites.
const MAX_FAVOURITES: usize = 100_000;

/// How the process hears MPE, for audio threads.
static MPE: AtomicU8 = AtomicU8::new(Mpe::Auto as u8);

/// How the process hears MPE. Real-time safe.
pub fn mpe() -> Mpe {
    let modes = [Mpe::Auto, Mpe::On, Mpe::Off];
    modes[usize::from(MPE.load(Ordering::Relaxed)).min(2)]
}

/// Has all instances hear MPE in this way.
pub fn set_mpe(mode: Mpe) {
    MPE.store(mode as u8, Ordering::Relaxed);
}

/// The windows of the process, to be drawn anew when another one changes the look.
static WINDOWS: Mutex<Windows> = Mutex::new(Windows { open: Vec::new(), changes: 0 });

struct Windows {
    open: Vec<Arc<RepaintNotifier>>,
    /// Counts changes of the look.
    changes: u64,
}

/// A window that hears what others choose.
pub struct Listener {
    repaint: Arc<RepaintNotifier>,
    seen: u64,
}

impl Listener {
    /// Of a window that draws itself anew when `repaint` says so.
    pub fn new(repaint: RepaintNotifier) -> Listener {
        let repaint = Arc::new(repaint);
        let mut windows = WINDOWS.lock();
        windows.open.push(repaint.clone());
        Listener { repaint, seen: windows.changes }
    }

    /// This window has changed the look: the others take it over.
    pub fn tell(&mut self) {
        let mut windows = WINDOWS.lock();
        if self.seen == windows.changes {
            self.seen += 1;
        }
        windows.changes += 1;
        let others = windows.open.iter().filter(|other| !Arc::ptr_eq(other, &self.repaint));
        others.for_each(|other| other.request_repaint());
    }

    /// Has another window changed the look since this was asked last?
    pub fn heard(&mut self) -> bool {
        let now = WINDOWS.lock().changes;
        std::mem::replace(&mut self.seen, now) != now
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        WINDOWS.lock().open.retain(|other| !Arc::ptr_eq(other, &self.repaint));
    }
}

/// The settings file and what it said last.
#[derive(Debug)]
pub struct Store {
    path: Option<PathBuf>,
    object: Map<String, Value>,
    /// What was chosen here since the file was written: other processes choose too.
    changed: BTreeSet<String>,
    /// Presets that became favourites here or no longer are.
    favourite_changes: BTreeMap<String, bool>,
    /// Why the file could not be read, until somebody has been told.
    unread: Option<String>,
}

/// The store of the process, read when a window is first thought of.
pub fn shared() -> &'static Mutex<Store> {
    static STORE: LazyLock<Mutex<Store>> = LazyLock::new(|| {
        // No test may write to the user's.
        #[cfg(test)]
        crate::testing::sandbox();
        let store = Store::open(settings::path());
        set_mpe(store.look().mpe);
        Mutex::new(store)
    });
    &STORE
}

impl Store {
    /// Reads the file; one that is missing or damaged leaves the defaults.
    pub fn open(path: Option<PathBuf>) -> Store {
        let (object, unread) = match path.as_deref().map(settings::read_file) {
            Some(Ok(object)) => (object, None),
            Some(Err(why)) => (Map::new(), Some(why)),
            None => (Map::new(), None),
        };
        Store { path, object, changed: BTreeSet::new(), favourite_changes: BTreeMap::new(), unread }
    }

    /// One sentence for the player if the file could not be read; only once.
    pub fn take_unread(&mut self) -> Option<String> {
        let why = self.unread.take()?;
        let why = format!("{why}. Usual settings hold; the file is kept as settings.json.bad once you change one.");
        tracing::warn!("{why}");
        Some(why)
    }

    /// Look and scale.
    pub fn look(&self) -> Settings {
        let on = |key| self.object.get(key).and_then(Value::as_bool).unwrap_or(false);
        let theme = match self.object.get("theme").and_then(Value::as_str) {
            Some("light") => Theme::Light,
            Some("contrast") => Theme::Contrast,
            _ => Theme::Dark,
        };
        let strip = match self.object.get("strip").and_then(Value::as_str) {
            Some("spectrum") => Strip::Spectrum,
            Some("scope") => Strip::Scope,
            Some("off") => Strip::Off,
            _ => Strip::Rainbowgram,
        };
        let mpe = match self.object.get("mpe").and_then(Value::as_str) {
            Some("on") => Mpe::On,
            Some("off") => Mpe::Off,
            _ => Mpe::Auto,
        };
        let scale = self.number("scale").unwrap_or(1.0);
        Settings {
            theme,
            scale: ((scale / SCALE_STEP).round() * SCALE_STEP).clamp(MIN_SCALE, MAX_SCALE),
            reduce_motion: on("reduce_motion"),
            fixed_accent: on("fixed_accent"),
            strip,
            budget_mib: (self.budget_bytes() >> 20).clamp(*BUDGET_MIB.start(), *BUDGET_MIB.end()) as u32,
            mpe,
            middle_c3: on("middle_c3"),
        }
    }

    /// Keeps what the player changed of look and scale, from `before` to `look`: of the rest, another window or process
    /// may have chosen something else meanwhile.
    pub fn set_look(&mut self, before: &Settings, look: &Settings) {
        let theme = match look.theme {
            Theme::Dark => "dark",
            Theme::Light => "light",
            Theme::Contrast => "contrast",
        };
        let strip = match look.strip {
            Strip::Rainbowgram => "rainbowgram",
            Strip::Spectrum => "spectrum",
            Strip::Scope => "scope",
            Strip::Off => "off",
        };
        let mpe = match look.mpe {
            Mpe::Auto => "auto",
            Mpe::On => "on",
            Mpe::Off => "off",
        };
        let choices = [
            (look.budget_mib != before.budget_mib, "budget_mib", json!(look.budget_mib)),
            (look.strip != before.strip, "strip", json!(strip)),
            (look.mpe != before.mpe, "mpe", json!(mpe)),
            (look.middle_c3 != before.middle_c3, "middle_c3", json!(look.middle_c3)),
            (look.theme != before.theme, "theme", json!(theme)),
            (look.scale != before.scale, "scale", json!(look.scale)),
            (look.reduce_motion != before.reduce_motion, "reduce_motion", json!(look.reduce_motion)),
            (look.fixed_accent != before.fixed_accent, "fixed_accent", json!(look.fixed_accent)),
        ];
        choices.into_iter().filter(|(chosen, ..)| *chosen).for_each(|(_, key, value)| self.set(key, value));
    }

    /// Keeps where packs and presets are, or the cache; `None`: where the system has them.
    pub fn set_folder(&mut self, folder: Folder, path: Option<&Path>) {
        let key = match folder {
            Folder::Data => "data_folder",
            Folder::Cache => "cache_folder",
        };
        self.set(key, json!(path));
        folders::choose(settings::folders(&self.object));
    }

    /// Size of the window, in points at its scale. A window that has no room for its scale is drawn at a lower one.
    pub fn size(&self) -> [f32; 2] {
        let room = MIN_SCALE / self.look().scale;
        let side = |key, i: usize| self.number(key).map_or(SIZE[i], |v| v.clamp(MIN_SIZE[i] * room, MAX_SIDE));
        [side("width", 0), side("height", 1)]
    }

    /// Keeps the size of the window.
    pub fn set_size(&mut self, [width, height]: [f32; 2]) {
        if width.is_finite() && height.is_finite() {
            self.set("width", json!(width.round()));
            self.set("height", json!(height.round()));
        }
    }

    /// Bytes of audio that packs may take in memory beyond what is being played.
    pub fn budget_bytes(&self) -> u64 {
        settings::budget_bytes(&self.object)
    }

    /// The player's favourites, by their [marks](crate::presets::mark).
    pub fn favourites(&self) -> BTreeSet<String> {
        let list = self.object.get("favourites").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().take(MAX_FAVOURITES).filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Keeps whether a preset is a favourite.
    pub fn set_favourite(&mut self, mark: &str, favourite: bool) {
        let mut all = self.favourites();
        let changed = if favourite { all.insert(mark.to_owned()) } else { all.remove(mark) };
        if changed {
            self.favourite_changes.insert(mark.to_owned(), favourite);
            self.object.insert("favourites".to_owned(), json!(all));
        }
    }

    /// Where the file is.
    pub fn path(&self) -> Option<PathBuf> {
        self.path.clone()
    }

    /// Writes the file if anything changed here. What others have changed in it since stays, and a file that can't be
    /// read is kept beside it as `settings.json.bad`. What could not be written is tried again with the next change.
    ///
    /// # Errors
    /// One sentence for the player, also in the log: what could not be written.
    pub fn save(&mut self) -> Result<(), String> {
        let Some(path) = self.path.clone() else { return Ok(()) };
        if self.changed.is_empty() && self.favourite_changes.is_empty() {
            return Ok(());
        }
        self.merge(&path).map_err(|error| {
            let why =
                format!("The settings could not be kept in {}: {error}. They hold until the end.", path.display());
            tracing::warn!("{why}");
            why
        })?;
        self.changed.clear();
        self.favourite_changes.clear();
        Ok(())
    }

    /// Takes over which presets other processes have marked since.
    pub fn read_favourites(&mut self) {
        let read = self.path.as_deref().and_then(|path| settings::read_file(path).ok());
        if let Some(mut object) = read {
            let list = object.remove("favourites").unwrap_or_else(|| json!([]));
            self.object.insert("favourites".to_owned(), list);
            self.mark_favourites();
        }
    }

    /// Puts what was marked here since the file was written into the list of favourites.
    fn mark_favourites(&mut self) {
        let mut favourites = self.favourites();
        for (mark, favourite) in &self.favourite_changes {
            match favourite {
                true => favourites.insert(mark.clone()),
                false => favourites.remove(mark),
            };
        }
        if !self.favourite_changes.is_empty() {
            self.object.insert("favourites".to_owned(), json!(favourites));
        }
    }

    /// Writes what changed here into the file as it is now.
    fn merge(&mut self, path: &Path) -> std::io::Result<()> {
        let mut object = match settings::read_file(path) {
            Ok(object) => object,
            Err(error) => {
                let bad = path.with_extension("json.bad");
                tracing::warn!("{error}; it is kept as {}", bad.display());
                std::fs::rename(path, bad)?;
                Map::new()
            }
        };
        for key in &self.changed {
            object.insert(key.clone(), self.object.get(key).cloned().unwrap_or_default());
        }
        self.object = object;
        self.mark_favourites();
        let text = serde_json::to_string_pretty(&self.object).expect("a JSON value is JSON");
        std::fs::create_dir_all(atomic_file::folder(path))?;
        atomic_file::write(path, |out| std::io::Write::write_all(out, text.as_bytes()))
    }

    fn number(&self, key: &str) -> Option<f32> {
        self.object.get(key).and_then(Value::as_f64).map(|v| v as f32).filter(|v| v.is_finite())
    }

    fn set(&mut self, key: &str, value: Value) {
        if self.object.get(key) != Some(&value) {
            self.object.insert(key.to_owned(), value);
            self.changed.insert(key.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use betwixt_engine::loader::DEFAULT_BUDGET_BYTES;

    fn store(text: Option<&str>) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/settings.json");
        if let Some(text) = text {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
        }
        let store = Store::open(Some(path));
        (folder, store)
    }

    #[test]
    fn size_and_look_come_back_and_strangers_fields_stay() {
        let (_folder, mut kept) = store(Some(r#"{"budget_mib":512,"mine":[1]}"#));
        let look = Settings {
            theme: Theme::Contrast,
            scale: 1.5,
            reduce_motion: true,
            strip: Strip::Scope,
            budget_mib: 512,
            mpe: Mpe::On,
            middle_c3: true,
            ..Settings::default()
        };
        kept.set_look(&Settings::default(), &look);
        kept.set_size([1200.4, 800.0]);
        kept.save().unwrap();
        let again = Store::open(kept.path.clone());
        assert_eq!((again.look(), again.size()), (look, [1200.0, 800.0]));
        assert_eq!((again.object["mine"][0].as_u64(), again.budget_bytes()), (Some(1), 512 << 20));
    }

    #[test]
    fn a_chosen_budget_counts_and_a_larger_one_of_the_file_stays_until_then() {
        let (_folder, mut kept) = store(Some(r#"{"budget_mib":100000}"#));
        let mut look = kept.look();
        assert_eq!(look.budget_mib, 65_536);
        look.middle_c3 = true;
        kept.set_look(&kept.look(), &look);
        assert_eq!(kept.budget_bytes(), 100_000 << 20);
        look.budget_mib = 256;
        kept.set_look(&kept.look(), &look);
        assert_eq!(kept.budget_bytes(), 256 << 20);
    }

    #[test]
    fn a_look_reaches_the_other_windows_once() {
        let [mut first, mut second] = [(); 2].map(|()| Listener::new(RepaintNotifier::new()));
        assert!(!first.heard() && !second.heard());
        first.tell();
        assert!(second.heard() && !second.heard() && !first.heard());
        first.tell();
        second.tell();
        assert!(second.heard(), "what the first chose in between");
        drop(first);
        second.heard();
        second.tell();
        assert!(!second.heard());
    }

    #[test]
    fn favourites_come_back() {
        let (_folder, mut kept) = store(Some(r#"{"favourites":["user:a.json",3]}"#));
        kept.set_favourite("factory:dusk", true);
        kept.set_favourite("user:a.json", false);
        kept.set_favourite("user:b.json", false);
        kept.save().unwrap();
        assert_eq!(Store::open(kept.path.clone()).favourites(), BTreeSet::from(["factory:dusk".to_owned()]));
    }

    #[test]
    fn a_damaged_or_absurd_file_gives_a_usable_window() {
        for text in [None, Some("{"), Some("[]"), Some(r#"{"scale":"big","width":null,"theme":3}"#)] {
            let (_folder, store) = store(text);
            assert_eq!((store.look(), store.size()), (Settings::default(), SIZE), "{text:?}");
            assert_eq!(store.budget_bytes(), DEFAULT_BUDGET_BYTES);
        }
        let (_folder, store) = store(Some(r#"{"scale":1e30,"width":-5,"height":1e300}"#));
        assert_eq!((store.look().scale, store.size()), (MAX_SCALE, [MIN_SIZE[0] / 4.0, SIZE[1]]));
    }

    #[test]
    fn two_processes_keep_what_the_other_chose() {
        let (_folder, mut one) = store(Some(r#"{"favourites":["user:z.json"],"theme":"light"}"#));
        let mut other = Store::open(one.path.clone());
        one.set_favourite("user:z.json", false);
        one.set_size([1200.0, 800.0]);
        let before = other.look();
        one.set_look(&before, &Settings { theme: Theme::Contrast, ..before.clone() });
        one.save().unwrap();
        other.set_favourite("factory:dusk", true);
        other.read_favourites();
        assert_eq!(other.favourites(), BTreeSet::from(["factory:dusk".to_owned()]), "one of both");
        other.set_look(&before, &Settings { middle_c3: true, ..before.clone() });
        other.save().unwrap();
        let read = Store::open(one.path.clone());
        assert_eq!(read.favourites(), BTreeSet::from(["factory:dusk".to_owned()]));
        assert_eq!((read.size(), read.look().theme, read.look().middle_c3), ([1200.0, 800.0], Theme::Contrast, true));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_kept() {
        let damaged = r#"{"favourites":["user:a.json"],,"#;
        let (_folder, mut store) = store(Some(damaged));
        let why = store.take_unread().unwrap();
        assert!(why.contains("settings.json can't be read") && why.contains("settings.json.bad"), "{why}");
        assert_eq!(store.take_unread(), None);
        store.set_size([1200.0, 800.0]);
        store.save().unwrap();
        let path = store.path.clone().unwrap();
        assert_eq!(std::fs::read_to_string(path.with_extension("json.bad")).unwrap(), damaged);
        assert_eq!(Store::open(Some(path)).size(), [1200.0, 800.0]);
    }

    #[test]
    fn what_could_not_be_written_is_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("config");
        std::fs::write(&place, "a file where the folder should be").unwrap();
        let mut store = Store::open(Some(place.join("settings.json")));
        store.set_size([1200.0, 800.0]);
        assert!(store.save().unwrap_err().contains("settings.json"));
        std::fs::remove_file(&place).unwrap();
        store.save().unwrap();
        assert_eq!(Store::open(store.path.clone()).size(), [1200.0, 800.0]);
    }

    #[test]
    fn nothing_is_written_when_nothing_changed() {
        let (_folder, mut store) = store(None);
        store.save().unwrap();
        assert!(!store.path.as_ref().unwrap().exists());
    }
}
