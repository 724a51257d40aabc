//! What takes its time and keeps nobody waiting: reading and writing presets, listing packs, counting the cache. One
//! thread of the instance does one errand after the other and ends when there are none; what comes of it waits for the
//! window in [`News`].

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use betwixt_editor::model::{Deleted, Filed, Files, Folder, PackFile, PresetKey, PresetRow, Toast, ToastKind};
use betwixt_engine::preset::Preset;
use parking_lot::Mutex;

/// Something to be done.
#[derive(Debug, Clone)]
pub(crate) enum Errand {
    /// List packs and presets.
    List,
    /// Read a preset.
    Load(PresetKey),
    /// Write a preset, in place of another or as a new one.
    Save(Box<Preset>, Option<PresetKey>),
    /// Give a preset another name.
    Rename(PresetKey, String),
    /// Put a preset away.
    Delete(PresetKey),
    /// Have it back.
    Restore(Deleted),
    /// Show a file in the system's file manager.
    Reveal(PathBuf),
    /// Keep packs and presets, or the cache, in another folder.
    SetFolder(Folder, Option<PathBuf>),
    /// Count what is in the cache.
    Count,
    /// Empty the cache.
    ClearCache,
    /// Draw the anchors of the pack that plays.
    Thumbs,
}

impl Errand {
    /// It only looks: one look is as good as two.
    fn is_look(&self) -> bool {
        matches!(self, Errand::List | Errand::Count | Errand::Thumbs)
    }
}

/// What errands have brought, for the window.
#[derive(Default)]
pub(crate) struct News {
    /// Packs that can be played.
    pub(crate) packs: Arc<[PackFile]>,
    /// All presets.
    pub(crate) presets: Arc<[PresetRow]>,
    /// Folders.
    pub(crate) files: Files,
    /// Presets that were read, to be taken over.
    pub(crate) loaded: VecDeque<(PresetKey, Preset)>,
    /// What the player is to be told.
    pub(crate) toasts: Vec<Toast>,
    /// How saving, renaming and deleting ended; the list is up to date with it.
    pub(crate) filed: Vec<Filed>,
    /// Something was saved, so the host's project has changed.
    pub(crate) touched: bool,
    /// Counts all of it.
    pub(crate) changes: u64,
}

impl News {
    /// Tells how saving, renaming or deleting a preset ended.
    pub(crate) fn file(&mut self, filed: Filed) {
        self.filed.push(filed);
        self.changes += 1;
    }

    /// Tells the player.
    pub(crate) fn say(&mut self, kind: ToastKind, text: String) {
        if kind == ToastKind::Error {
            tracing::warn!("{text}");
        }
        self.toasts.push(Toast { kind, text: in_words(text) });
        self.changes += 1;
    }
}

/// A message without the number that the system has for its reason.
pub(crate) fn in_words(mut text: String) -> String {
    while let Some(begin) = text.find(" (os error ")
        && let Some(length) = text[begin..].find(')')
    {
        text.replace_range(begin..=begin + length, "");
    }
    text
}

/// The errands of one instance.
#[derive(Default)]
pub(crate) struct Errands {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Errand>,
    thread: Option<JoinHandle<()>>,
    is_running: bool,
    stop: bool,
}

impl Errands {
    /// Has `run` do this after the errands before it. `run` must not keep the instance alive while it waits.
    pub(crate) fn add(self: &Arc<Self>, errand: Errand, run: impl Fn(Errand) + Send + 'static) {
        let mut queue = self.queue.lock();
        let same = |e: &Errand| std::mem::discriminant(e) == std::mem::discriminant(&errand);
        if queue.stop || (errand.is_look() && queue.waiting.iter().any(same)) {
            return;
        }
        queue.waiting.push_back(errand);
        if queue.is_running {
            return;
        }
        // The last one has ended, or is about to.
        let old = queue.thread.take();
        let me = self.clone();
        let begun = std::thread::Builder::new().name("betwixt-errands".into()).spawn(move || me.work(run));
        match begun {
            Ok(thread) => {
                queue.thread = Some(thread);
                queue.is_running = true;
            }
            Err(error) => {
                queue.waiting.clear();
                tracing::error!("no thread could be started: {error}");
            }
        }
        drop(queue);
        if let Some(old) = old {
            let _ = old.join();
        }
    }

    fn work(&self, run: impl Fn(Errand)) {
        loop {
            let errand = {
                let mut queue = self.queue.lock();
                // What the player waits for goes before what is only looked at.
                let next = queue.waiting.iter().position(|errand| !errand.is_look()).unwrap_or(0);
                match queue.waiting.remove(next).filter(|_| !queue.stop) {
                    Some(errand) => errand,
                    None => {
                        queue.is_running = false;
                        return;
                    }
                }
            };
            if catch_unwind(AssertUnwindSafe(|| run(errand))).is_err() {
                tracing::error!("an errand panicked");
            }
        }
    }

    /// Waits until the errand under way is done; those behind it are forgotten. The instance ends.
    pub(crate) fn stop(&self) {
        let thread = {
            let mut queue = self.queue.lock();
            queue.stop = true;
            queue.waiting.clear();
            queue.thread.take()
        };
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn errands_are_done_in_order_and_their_thread_ends() {
        let errands = Arc::new(Errands::default());
        let done = Arc::new(Mutex::new(Vec::new()));
        for i in 0..50 {
            let done = done.clone();
            errands.add(Errand::Reveal(i.to_string().into()), move |errand| {
                let Errand::Reveal(path) = errand else { panic!("another") };
                assert!(path.to_str() != Some("7"), "a fault, on purpose");
                done.lock().push(path);
            });
            if i % 10 == 0 {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        }
        while errands.queue.lock().is_running {
            std::thread::yield_now();
        }
        let expected: Vec<PathBuf> = (0..50).filter(|i| *i != 7).map(|i: i32| i.to_string().into()).collect();
        assert_eq!(*done.lock(), expected);
        errands.stop();
    }

    #[test]
    fn what_the_player_waits_for_goes_before_what_is_looked_at() {
        let errands = Arc::new(Errands::default());
        let done = Arc::new(Mutex::new(Vec::new()));
        for errand in [Errand::ClearCache, Errand::List, Errand::Count, Errand::Load(PresetKey::Factory("a".into()))] {
            let done = done.clone();
            errands.add(errand, move |errand| {
                std::thread::sleep(std::time::Duration::from_millis(50));
                done.lock().push(format!("{errand:?}"));
            });
        }
        while errands.queue.lock().is_running {
            std::thread::yield_now();
        }
        assert_eq!(*done.lock(), ["ClearCache", "Load(Factory(\"a\"))", "List", "Count"]);
        errands.stop();
    }

    #[test]
    fn a_message_is_in_words() {
        let text = "a.btx: No such file or directory (os error 2). b.btx: Permission denied (os error 13).";
        assert_eq!(in_words(text.into()), "a.btx: No such file or directory. b.btx: Permission denied.");
        assert_eq!(in_words("kept (os error".into()), "kept (os error");
    }

    #[test]
    fn an_instance_that_ends_waits_for_one_errand_only() {
        let errands = Arc::new(Errands::default());
        let count = Arc::new(AtomicUsize::new(0));
        for _ in 0..50 {
            let count = count.clone();
            errands.add(Errand::Load(PresetKey::Factory(String::new())), move |_| {
                std::thread::sleep(std::time::Duration::from_millis(50));
                count.fetch_add(1, Ordering::Relaxed);
            });
        }
        errands.stop();
        assert!(count.load(Ordering::Relaxed) <= 2);
        errands.add(Errand::List, |_| panic!("it has stopped"));
    }
}
