//! The pack that plays: names, map and how far it is loaded.

use std::path::PathBuf;
use std::sync::Arc;

use super::{PackKey, PackMap, Thumb};

/// One grid point of the timbre map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Colour of the timbre, sRGB.
    pub rgb: [u8; 3],
    /// Spectral centroid in Hz.
    pub brightness_hz: f32,
    /// Loudness in dB.
    pub level_db: f32,
}

/// A sound that the pack was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Anchor {
    /// Place on the pad, 0…1.
    pub at: [f32; 2],
    /// Its proper name.
    pub name: String,
    /// A short second line, such as *Winds · C3–C6*; may be empty.
    pub detail: String,
    /// Its picture, once it is there.
    pub thumb: Option<Arc<Thumb>>,
}

/// Work in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loading {
    /// Parts that are there.
    pub done: u32,
    /// Parts in all; 0 while unknown.
    pub total: u32,
}

/// How the pack is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PackState {
    /// There is none.
    #[default]
    Empty,
    /// Named, and being read; it plays as far as it is resident.
    Loading(Loading),
    /// All there.
    Ready,
    /// Could not be opened or read.
    Failed {
        /// One sentence: what happened, to which file, and what to do.
        reason: String,
        /// The file was not found, so the player may point at it.
        missing: bool,
    },
}

/// A pack that could be opened.
#[derive(Debug, Clone, PartialEq)]
pub struct PackFile {
    /// Its proper name.
    pub name: String,
    /// A few words, such as its size; may be empty.
    pub detail: String,
    /// Where it is; `None` for one that is part of Betwixt.
    pub path: Option<PathBuf>,
    /// What identifies its content.
    pub sha256: String,
    /// Author; may be empty.
    pub author: String,
    /// Licence; may be empty.
    pub license: String,
    /// Its colours.
    pub map: Option<Arc<PackMap>>,
    /// Why it can't be read.
    pub broken: Option<String>,
}

impl PackFile {
    /// How a document refers to it.
    pub fn key(&self) -> PackKey {
        PackKey { name: self.name.clone(), sha256: Some(self.sha256.clone()), path: self.path.clone() }
    }
}

/// The pack. `cells` is shared: the map is baked again only when the pointer changes.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    /// Proper name.
    pub name: String,
    /// Author; may be empty.
    pub author: String,
    /// Grid points across, 1…33.
    pub columns: usize,
    /// Grid points upwards.
    pub rows: usize,
    /// The map, row-major from the lower left, `columns · rows` long; empty when the pack has none.
    pub cells: Arc<[Cell]>,
    /// The sounds that it was made from.
    pub anchors: Vec<Anchor>,
    /// Its recordings along the keyboard, from low to high; empty when nothing is known of them.
    pub ranges: Vec<KeyRange>,
    /// Which cells are resident, as `cells`; empty means all are.
    pub resident: Vec<bool>,
    /// How it is.
    pub state: PackState,
}

/// Keys that one recording of a pack serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyRange {
    /// Lowest key.
    pub low: u8,
    /// Highest key, inclusive.
    pub high: u8,
    /// The key that was recorded: here nothing is transposed.
    pub root: u8,
}

impl Pack {
    /// Is the key beyond every recording? It plays all the same.
    pub fn is_beyond(&self, key: u8) -> bool {
        !self.ranges.is_empty() && !self.ranges.iter().any(|r| (r.low..=r.high).contains(&key))
    }

    /// The anchor that sits on a corner (within a hundredth), if any; `[x, y]` of 0 or 1.
    pub fn corner(&self, at: [f32; 2]) -> Option<&Anchor> {
        self.anchors.iter().find(|a| (a.at[0] - at[0]).abs() < 0.01 && (a.at[1] - at[1]).abs() < 0.01)
    }

    /// Does it carry a map that can be drawn?
    pub fn has_map(&self) -> bool {
        self.columns > 0 && self.rows > 0 && self.cells.len() == self.columns * self.rows
    }
}
