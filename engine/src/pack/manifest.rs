//! `pack.json`: what a pack says about itself.
//!
//! Fields that this version does not know are kept, wherever they stand, and written back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::ManifestError;
use crate::limits;

/// The `format` of a pack.
pub const FORMAT: &str = "betwixt-pack";
/// The `version` that is read and written.
pub const VERSION: u64 = 1;

/// `pack.json`. [`Manifest::parse`] checks it; one that was put together by hand is checked when it
/// is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u64,
    /// The pack's name, for people.
    #[serde(default)]
    pub name: String,
    /// Who made it.
    #[serde(default)]
    pub author: String,
    /// Licence of the whole.
    #[serde(default)]
    pub license: String,
    /// A few sentences.
    #[serde(default)]
    pub description: String,
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The program that wrote it.
    #[serde(default)]
    pub generator: String,
    /// Rate of every cell, in Hz.
    pub sample_rate: u32,
    /// Channels of every cell: 2.
    pub channels: u64,
    /// Size of the grid.
    pub grid: Grid,
    /// The sounds that the grid lies between.
    #[serde(default)]
    pub anchors: Vec<Anchor>,
    /// Names of the axes.
    #[serde(default)]
    pub axes: Option<Axes>,
    /// The notes.
    pub notes: Vec<Note>,
    /// What the editor draws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<PadMap>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Size of the grid. (0, 0) is lower left; cells are row-major from y = 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Cells in a row, 1–33.
    pub columns: usize,
    /// Rows, 1–33.
    pub rows: usize,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A sound on the pad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// Its place, 0–1 on both axes.
    pub at: [f64; 2],
    /// Its name, for people.
    #[serde(default)]
    pub name: String,
    /// What it was made from.
    #[serde(default)]
    pub source: String,
    /// Its licence.
    #[serde(default)]
    pub license: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Names of the axes, for people.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Axes {
    /// From left to right.
    #[serde(default)]
    pub x: Option<String>,
    /// From bottom to top.
    #[serde(default)]
    pub y: Option<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A root and velocity layer with a cell for every point of the grid. All cells share length, rate
/// and loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// MIDI key at which the cells sound as they are.
    pub root: u8,
    /// Lowest MIDI key that it is for.
    pub low: u8,
    /// Highest MIDI key that it is for.
    pub high: u8,
    /// Lowest and highest MIDI velocity that it is for, 1–127.
    #[serde(default = "all_velocities")]
    pub velocity: [u8; 2],
    /// How far the cells sound above their root, in cents.
    #[serde(default)]
    pub tune_cents: f64,
    /// Length of each cell.
    pub frames: u64,
    /// The loop; without it the note ends with its cells.
    #[serde(rename = "loop", default)]
    pub loop_points: Option<LoopPoints>,
    /// Phases agree between cells: mix by amplitude, else by power.
    #[serde(default = "yes")]
    pub coherent: bool,
    /// Frames at the end that are played after the key is released.
    #[serde(default)]
    pub release_frames: u64,
    /// Names of the audio entries; one may stand more than once.
    pub cells: Vec<String>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Note {
    /// A note for all velocities of the keys from `low` to `high`, in tune, coherent and without a loop.
    pub fn new(root: u8, (low, high): (u8, u8), frames: u64, cells: Vec<String>) -> Note {
        Note {
            root,
            low,
            high,
            velocity: all_velocities(),
            tune_cents: 0.0,
            frames,
            loop_points: None,
            coherent: true,
            release_frames: 0,
            cells,
            extra: Map::new(),
        }
    }
}

/// A loop in frames; `end` is exclusive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoopPoints {
    /// First frame.
    pub start: u64,
    /// First frame after it.
    pub end: u64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What the editor draws behind the pad.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PadMap {
    /// As many as the grid has, in its order.
    #[serde(default)]
    pub cells: Vec<MapCell>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How one cell looks and sounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapCell {
    /// Colour, 0–255 each.
    pub rgb: [u8; 3],
    /// Spectral centroid, in Hz.
    #[serde(default)]
    pub brightness_hz: f64,
    /// Loudness, in dB.
    #[serde(default)]
    pub level_db: f64,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

fn all_velocities() -> [u8; 2] {
    [1, 127]
}

fn yes() -> bool {
    true
}

impl Grid {
    /// A grid of this size.
    pub fn new(columns: usize, rows: usize) -> Grid {
        Grid { columns, rows, extra: Map::new() }
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.columns * self.rows
    }
}

impl LoopPoints {
    /// A loop from `start` to before `end`.
    pub fn new(start: u64, end: u64) -> LoopPoints {
        LoopPoints { start, end, extra: Map::new() }
    }
}

impl Manifest {
    /// An empty pack of this name, grid and rate, to be filled.
    pub fn new(name: &str, grid: Grid, sample_rate: u32) -> Manifest {
        Manifest {
            format: FORMAT.into(),
            version: VERSION,
            name: name.into(),
            author: String::new(),
            license: String::new(),
            description: String::new(),
            tags: Vec::new(),
            generator: concat!("betwixt ", env!("CARGO_PKG_VERSION")).into(),
            sample_rate,
            channels: 2,
            grid,
            anchors: Vec::new(),
            axes: None,
            notes: Vec::new(),
            map: None,
            extra: Map::new(),
        }
    }

    /// Reads and checks the text of `pack.json`.
    ///
    /// # Errors
    /// When it is no JSON, of another format or version, or breaks a rule ([`Manifest::validate`]).
    pub fn parse(bytes: &[u8]) -> Result<Manifest, ManifestError> {
        #[derive(Deserialize)]
        struct Head {
            format: Option<String>,
            version: Option<u64>,
        }
        if bytes.len() as u64 > limits::MANIFEST_BYTES {
            return Err(ManifestError::Limit {
                field: "its size".into(),
                value: bytes.len() as u64,
                limit: limits::MANIFEST_BYTES,
            });
        }
        let items = bytes.iter().filter(|b| matches!(b, b',' | b'[' | b'{')).count();
        if items > limits::MANIFEST_ITEMS {
            return Err(ManifestError::Limit {
                field: "the number of items".into(),
                value: items as u64,
                limit: limits::MANIFEST_ITEMS as u64,
            });
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let json = |e: serde_json::Error| ManifestError::Json(e.to_string());
        // Format and version first: a newer version may have changed everything else.
        let head: Head = serde_json::from_slice(bytes).map_err(json)?;
        if head.format.as_deref() != Some(FORMAT) {
            return Err(ManifestError::Format { found: head.format.unwrap_or_default() });
        }
        match head.version {
            Some(VERSION) => {}
            found => return Err(ManifestError::Version { found: found.unwrap_or_default() }),
        }
        let mut manifest: Manifest = serde_json::from_slice(bytes).map_err(json)?;
        for cell in manifest.notes.iter_mut().flat_map(|n| &mut n.cells).filter(|c| c.contains('\\')) {
            *cell = cell.replace('\\', "/");
        }
        manifest.validate()?;
        Ok(manifest)
    }

    /// The text of `pack.json`.
    ///
    /// # Errors
    /// When it breaks a rule or would be larger than may be read again.
    pub fn to_json(&self) -> Result<Vec<u8>, ManifestError> {
        self.validate()?;
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| ManifestError::Json(e.to_string()))?;
        if text.len() as u64 > limits::MANIFEST_BYTES {
            text = serde_json::to_vec(self).map_err(|e| ManifestError::Json(e.to_string()))?;
        }
        if text.len() as u64 > limits::MANIFEST_BYTES {
            return Err(ManifestError::Limit {
                field: "its size".into(),
                value: text.len() as u64,
                limit: limits::MANIFEST_BYTES,
            });
        }
        Ok(text)
    }
}
