//! Presets: the one that plays, and those that could.

use std::path::PathBuf;
use std::sync::Arc;

use super::Cell;

/// Most stars on a pad.
pub const MAX_STARS: usize = 9;

/// Which preset.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PresetKey {
    /// Part of Betwixt, by its file's name without the extension.
    Factory(String),
    /// A file of the player's.
    User(PathBuf),
}

/// How saving, renaming or deleting a preset ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// It is this one now, and in the list.
    Done(PresetKey),
    /// It is not; a message says why.
    Failed,
    /// It was deleted.
    Deleted(Deleted),
}

/// A preset of the player's that was deleted, and can be had back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// What it was.
    pub key: PresetKey,
    /// The file that it is kept in.
    pub kept: PathBuf,
    /// It was what played.
    pub was_playing: bool,
}

/// What a preset says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PresetWords {
    /// Proper name; empty when nothing was named yet.
    pub name: String,
    /// Author; may be empty.
    pub author: String,
    /// One or two sentences; may be empty.
    pub description: String,
    /// Tags, lower case.
    pub tags: Vec<String>,
}

/// A place on the pad that the player keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Star {
    /// Its name; may be empty.
    pub name: String,
    /// Place, 0…1.
    pub at: [f32; 2],
}

/// Which pack a document plays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackKey {
    /// Proper name.
    pub name: String,
    /// What identifies its content.
    pub sha256: Option<String>,
    /// Where it is; `None` for one that is part of Betwixt.
    pub path: Option<PathBuf>,
}

/// All that a project saves beside the values of the parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The preset that was loaded or saved last; `None` for a fresh project.
    pub key: Option<PresetKey>,
    /// Its words.
    pub words: PresetWords,
    /// At most [`MAX_STARS`], in the order of their numbers.
    pub stars: Vec<Star>,
    /// How long the point takes from where it is to a star, in seconds, 0…10.
    pub star_glide_seconds: f32,
    /// The key that recalls the first star; the next ones follow it. They do not play then. `None`: no key does.
    pub star_keys: Option<u8>,
    /// The pack.
    pub pack: Option<PackKey>,
}

/// Colours of a pack, small.
#[derive(Debug, Clone, PartialEq)]
pub struct PackMap {
    /// Grid points across.
    pub columns: usize,
    /// Grid points upwards.
    pub rows: usize,
    /// As [`super::Pack::cells`].
    pub cells: Arc<[Cell]>,
}

/// A preset in the browser.
#[derive(Debug, Clone, PartialEq)]
pub struct PresetRow {
    /// Which.
    pub key: PresetKey,
    /// Its words.
    pub words: PresetWords,
    /// Name of its pack; may be empty.
    pub pack: String,
    /// Colours of its pack, if that was found. Shared by the presets of a pack.
    pub map: Option<Arc<PackMap>>,
    /// Its place on the pad.
    pub at: [f32; 2],
    /// The player's favourite.
    pub favourite: bool,
    /// Its pack was not found.
    pub missing: bool,
    /// Why it can't be read; it is listed with its file's name then.
    pub broken: Option<String>,
}
