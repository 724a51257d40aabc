//! The pack of one instance: which one is wished for, how far it is, and its way to the engine.
//!
//! A wish is noted at once and carried out by the loader's pool, so nobody waits for a disk. Wishes are numbered; the
//! audio thread compares the numbers of the newest wish and of the one that is settled, and takes no lock.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use betwixt_engine::folders;
use betwixt_engine::loader::{LoadHandle, LoadState, LoadedPack};
use betwixt_engine::preset::PackReference;

use crate::library::{self, Place};

/// Which pack to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// That of a fresh instance: `BETWIXT_PACK`, or the factory pack.
    Fresh,
    /// The one that a project names.
    Reference(PackReference),
    /// A file that the player chose.
    File(PathBuf),
    /// The factory pack.
    Factory,
}

/// How the wished pack is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Status {
    /// Nothing was wished for yet, or there is nothing to play.
    #[default]
    Empty,
    /// It is being looked for or loaded.
    Loading,
    /// It is there, all of it.
    Ready,
    /// It can't be played.
    Failed {
        /// One sentence: what happened, to which pack, and what to do.
        reason: String,
        /// It was not found.
        missing: bool,
    },
}

/// The numbers of wishes, for the audio thread.
#[derive(Debug, Default)]
pub struct Numbers {
    wished: AtomicU64,
    settled: AtomicU64,
}

impl Numbers {
    /// Is a pack on its way? Real-time safe.
    pub fn pending(&self) -> bool {
        self.wished.load(Ordering::Acquire) != self.settled.load(Ordering::Acquire)
    }

    /// Counts a new wish.
    pub(crate) fn wish(&self) -> u64 {
        self.wished.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// The wish with this number is played or has failed.
    pub(crate) fn settle(&self, number: u64) {
        self.settled.fetch_max(number, Ordering::AcqRel);
    }
}

/// What is wished for and what is there. Shared under a short lock that the audio thread never takes.
#[derive(Default)]
pub(crate) struct Desk {
    /// The newest wish that nobody has begun to carry out.
    pub(crate) wish: Option<(u64, Wish)>,
    /// The newest wish is a file that the player chose.
    pub(crate) chosen: bool,
    /// The newest wish was loaded with a project or a preset.
    pub(crate) is_kept: bool,
    /// Number of the newest wish.
    pub(crate) newest: u64,
    /// Loads under way and those that keep the memory of what plays, by the numbers of their wishes.
    pub(crate) loads: Vec<(u64, LoadHandle)>,
    /// The pack that plays, and the number of its wish.
    pub(crate) playing: Option<(u64, Arc<LoadedPack>)>,
    /// How the newest wish is.
    pub(crate) status: Status,
    /// A message for the player that the status has no room for.
    pub(crate) notice: Option<String>,
    /// Counts everything that a window would show anew.
    pub(crate) changes: u64,
}

impl Desk {
    /// The newest wish has failed. When the player only tried a file, what plays goes on and a notice is enough; a
    /// project's pack stays wanted, and one that fails while it plays says so.
    pub(crate) fn fail(&mut self, status: Status) {
        self.changes += 1;
        match status {
            Status::Failed { reason, .. } if self.chosen && self.plays_another() => {
                self.notice = Some(reason);
                self.status = Status::Ready;
            }
            status => self.status = status,
        }
    }

    /// Does something play that is not the newest wish?
    fn plays_another(&self) -> bool {
        self.playing.as_ref().is_some_and(|(number, _)| *number != self.newest)
    }

    /// What plays, if it has failed meanwhile: what is missing of it will not come.
    pub(crate) fn failed(&self) -> Option<PackReference> {
        let (playing, pack) = self.playing.as_ref()?;
        let mut loads = self.loads.iter().filter(|(number, _)| number == playing);
        loads.any(|(_, load)| matches!(load.state(), LoadState::Failed(_))).then(|| reference(pack))
    }

    /// Takes out the loads that no longer matter. Drop them when the desk is free again.
    pub(crate) fn outdated(&mut self) -> Vec<(u64, LoadHandle)> {
        let playing = self.playing.as_ref().map_or(0, |(number, _)| *number);
        self.loads.extract_if(.., |(number, _)| *number < playing).collect()
    }
}

/// Where the pack of a wish lies.
///
/// # Errors
/// The status to show when it is nowhere.
pub(crate) fn place(wish: &Wish) -> Result<Place, Status> {
    match wish {
        Wish::Fresh => match folders::fresh_pack() {
            Some(path) => Ok(Place::File(path)),
            None => library::factory().ok_or(Status::Empty),
        },
        Wish::Factory => library::factory().ok_or(Status::Empty),
        Wish::File(path) => Ok(Place::File(path.clone())),
        Wish::Reference(reference) => {
            let folder = folders::packs();
            library::find(reference, folder.as_deref()).ok_or_else(|| missing(reference, folder))
        }
    }
}

/// Does finding this pack need no disk?
pub(crate) fn is_at_hand(wish: &Wish) -> bool {
    matches!(wish, Wish::Factory) || (*wish == Wish::Fresh && folders::fresh_pack().is_none())
}

/// Where the pack of a wish lies if that can be told without asking the disk.
pub(crate) fn expected(wish: &Wish) -> Option<Place> {
    match wish {
        Wish::Fresh => folders::fresh_pack().map(Place::File).or_else(library::factory),
        Wish::Factory => library::factory(),
        Wish::File(path) => Some(Place::File(path.clone())),
        Wish::Reference(reference) => reference.path.clone().map(Place::File),
    }
}

fn missing(reference: &PackReference, folder: Option<PathBuf>) -> Status {
    let name = if reference.name.is_empty() { "without a name" } else { &reference.name };
    let was = reference.path.as_ref().map_or_else(String::new, |path| format!(" (it was {})", path.display()));
    let there = folder.map_or_else(String::new, |folder| format!(", or put it into {}", folder.display()));
    let reason = format!("The pack “{name}”{was} was not found: locate it{there}.");
    Status::Failed { reason, missing: true }
}

/// How a project refers to a loaded pack.
pub(crate) fn reference(pack: &LoadedPack) -> PackReference {
    PackReference { name: pack.manifest.name.clone(), sha256: Some(pack.sha256.to_string()), path: pack.path.clone() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use betwixt_engine::preset::Preset;

    use super::*;
    use crate::session::Session;
    use crate::testing::write_pack;

    #[test]
    fn a_missing_pack_says_which_where_it_was_and_what_to_do() {
        let reference = PackReference {
            name: "Glass Choir".into(),
            sha256: Some("ab".into()),
            path: Some("/gone/choir.btx".into()),
        };
        let Status::Failed { reason, missing: true } = missing(&reference, Some("/packs".into())) else {
            panic!("not missing")
        };
        for part in ["Glass Choir", "/gone/choir.btx", "/packs", "locate"] {
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[test]
    fn a_newer_wish_keeps_the_instance_waiting() {
        let numbers = Numbers::default();
        assert!(!numbers.pending());
        let (first, second) = (numbers.wish(), numbers.wish());
        numbers.settle(first);
        assert!(numbers.pending());
        numbers.settle(second);
        numbers.settle(first);
        assert!(!numbers.pending());
    }

    /// A pack whose last cell is damaged, and what it is when it is whole.
    fn damaged(path: &Path) -> (String, Vec<u8>) {
        let sha256 = write_pack(path, "Damaged");
        let whole = std::fs::read(path).unwrap();
        let mut bytes = whole.clone();
        let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        bytes[directory - 100] ^= 0x11;
        std::fs::write(path, bytes).unwrap();
        (sha256, whole)
    }

    fn wait(session: &Session, what: &str, is_so: impl Fn(&Desk) -> bool) {
        let begun = Instant::now();
        while !session.look_at_desk(|desk| is_so(desk)) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{what} never came");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn has_failed(desk: &Desk) -> bool {
        matches!(desk.status, Status::Failed { missing: false, .. })
    }

    #[test]
    fn a_chosen_pack_that_fails_while_it_plays_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let [path, none] = ["p.btx", "none.btx"].map(|name| folder.path().join(name));
        damaged(&path);
        let session = Session::new();
        session.wish(Wish::File(path));
        wait(&session, "the damage", |desk| desk.playing.is_some() && has_failed(desk));
        // One that is only tried is a notice.
        session.wish(Wish::File(none));
        wait(&session, "the notice", |desk| desk.notice.is_some() && desk.status == Status::Ready);
    }

    #[test]
    fn a_project_that_is_loaded_again_reads_a_pack_anew_that_has_failed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.btx");
        let (sha256, whole) = damaged(&path);
        let session = Session::new();
        let project = || {
            let mut preset = Preset::new();
            let name = String::from("Damaged");
            preset.set_pack(&PackReference { name, sha256: Some(sha256.clone()), path: Some(path.clone()) });
            preset
        };
        session.restore(project());
        wait(&session, "the damage", |desk| desk.playing.is_some() && has_failed(desk));
        std::fs::write(&path, whole).unwrap();
        session.restore(project());
        wait(&session, "the whole pack", |desk| desk.status == Status::Ready && desk.failed().is_none());
        // What plays well stays.
        let number = |desk: &mut Desk| desk.playing.as_ref().map(|(number, _)| *number);
        let before = session.look_at_desk(number);
        session.restore(project());
        assert_eq!(session.look_at_desk(number), before);
    }
}
