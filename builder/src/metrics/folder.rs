//! The notes that `betwixt morph` has written into a folder.

use std::path::{Path, PathBuf};

use betwixt_engine::resident::LoopFrames;
use betwixt_engine::wav::{self, WavError};

use super::line::Line;
use super::{Note, RATE_HZ};
use crate::resample::resample;

/// Why a folder can't be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A file that can't be read.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A WAV file that can't be used.
    #[error("can't use {}: {source}", path.display())]
    Wav {
        /// The file.
        path: PathBuf,
        /// Why.
        source: WavError,
    },
    /// A `morph.json` that does not say where the notes are.
    #[error("{} is not what betwixt morph writes: {why}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Notes that are needed and not there.
    #[error("{} has no {what}; write one with betwixt morph … --grid 9x1 -o DIR (9x9 for four sources)", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
}

/// A note and its place.
#[derive(Debug, Clone)]
pub struct Placed {
    /// X and Y, 0…1.
    pub at: [f64; 2],
    /// The note.
    pub note: Note,
}

/// A folder of notes.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// The MIDI key of the notes.
    pub root: Option<u8>,
    /// The notes, in the manifest's order.
    pub notes: Vec<Placed>,
    /// Files with samples that are no numbers: not among the notes.
    pub insane: Vec<PathBuf>,
    /// What the morph warned of.
    pub warnings: Vec<String>,
}

impl Folder {
    /// Reads a folder with its `morph.json`.
    ///
    /// # Errors
    /// When a file is missing or can't be read.
    pub fn read(path: &Path) -> Result<Folder, FolderError> {
        let manifest = path.join("morph.json");
        let read = |source| FolderError::Read { path: manifest.clone(), source };
        let bad = |why: String| FolderError::Manifest { path: manifest.clone(), why };
        let text = std::fs::read_to_string(&manifest).map_err(read)?;
        let json: serde_json::Value = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        let entries = json["notes"].as_array().ok_or_else(|| bad("\"notes\" is not a list".into()))?;
        let mut folder = Folder {
            path: path.into(),
            root: json["root"].as_u64().and_then(|r| u8::try_from(r).ok()),
            notes: Vec::new(),
            insane: Vec::new(),
            warnings: json["warnings"].as_array().map(|w| w.iter().map(text_of).collect()).unwrap_or_default(),
        };
        for (n, entry) in entries.iter().enumerate() {
            let file = entry["file"].as_str().ok_or_else(|| bad(format!("note {n} has no \"file\"")))?;
            let at = match (entry["at"][0].as_f64(), entry["at"][1].as_f64()) {
                (Some(x), Some(y)) => [x, y],
                _ => return Err(bad(format!("note {n} has no \"at\": [x, y]"))),
            };
            let points = &entry["loop"];
            let points = points["start"].as_u64().zip(points["end"].as_u64());
            let points = points.map(|(start, end)| LoopFrames { start: start as usize, end: end as usize });
            match read_note(&path.join(file), Some(points)) {
                Ok(note) => folder.notes.push(Placed { at, note }),
                Err(FolderError::Wav { path, source: WavError::NotFinite { .. } }) => folder.insane.push(path),
                Err(error) => return Err(error),
            }
        }
        Ok(folder)
    }

    /// The notes of the lowest row, which has the corners of two sources, as a line.
    ///
    /// # Errors
    /// When there are fewer than three, or no corners.
    pub fn line(&self) -> Result<Line, FolderError> {
        let row = self.notes.iter().filter(|n| n.at[1].abs() < 1e-9).map(|n| (n.at[0], n.note.clone()));
        let what = "line of three notes or more from (0, 0) to (1, 0)";
        Line::new(row.collect()).ok_or(FolderError::Missing { path: self.path.clone(), what })
    }

    /// The note at a place.
    pub fn at(&self, x: f64, y: f64) -> Option<&Note> {
        let found = self.notes.iter().find(|n| (n.at[0] - x).abs() < 1e-6 && (n.at[1] - y).abs() < 1e-6);
        found.map(|n| &n.note)
    }
}

fn text_of(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Reads a sound to be measured, at 48 kHz; `points` are its loop, and `None` takes the file's own word for that.
///
/// # Errors
/// When it can't be read, or is no WAV file.
pub fn read_note(path: &Path, points: Option<Option<LoopFrames>>) -> Result<Note, FolderError> {
    let wav = wav::read(path).map_err(|source| match source {
        WavError::Io(source) => FolderError::Read { path: path.into(), source },
        source => FolderError::Wav { path: path.into(), source },
    })?;
    let points = points.unwrap_or_else(|| wav.loop_frames());
    let ratio = RATE_HZ / f64::from(wav.sample_rate_hz);
    let frames = wav.stereo();
    if ratio == 1.0 {
        return Ok(Note::new(frames, points));
    }
    let wanted = (frames.len() as f64 * ratio).ceil() as usize;
    // A loop at another rate is no whole number of frames: nothing of it can be measured here.
    Ok(Note::new(resample(&frames, ratio, wanted), None))
}
