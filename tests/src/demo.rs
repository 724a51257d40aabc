//! The demo: a MIDI clip through the bundled plugin while X and Y move, to a WAV, a picture and a
//! summary; and the judgement whether the sound is sound.

mod judge;
mod map;
mod parts;
mod picture;
mod play;

pub use judge::Summary;
pub use map::PadMap;
pub use parts::{Part, Parts};
pub use play::{Performance, Score, perform};

use crate::clap_host::Bundle;
use crate::sandbox::Sandbox;
use crate::wav;
use std::path::{Path, PathBuf};

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The `.clap` file.
    pub plugin: PathBuf,
    /// The pack; without it, the one that a fresh plugin plays.
    pub pack: Option<PathBuf>,
    /// Where `demo.wav`, `demo.png` and `summary.json` go.
    pub out: PathBuf,
    /// The MIDI file.
    pub clip: PathBuf,
    /// The automation of X.
    pub curve_x: PathBuf,
    /// The automation of Y.
    pub curve_y: PathBuf,
    /// Parts that stay at places of their own.
    pub parts: PathBuf,
    /// Folder of the factory packs, for the colours of the map in the picture.
    pub assets: PathBuf,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The plugin or the host failed.
    #[error(transparent)]
    Host(#[from] crate::clap_host::HostFailure),
    /// The clip can't be played.
    #[error(transparent)]
    Clip(#[from] crate::clip::ClipError),
    /// A curve can't be played.
    #[error(transparent)]
    Curve(#[from] crate::curve::CurveError),
    /// The list of parts can't be used.
    #[error("the parts {path} can't be read: {reason}")]
    Parts {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file can't be written.
    #[error("{path} can't be written: {reason}")]
    Output {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Plays the demo and writes its files. A demo that sounds wrong is no error here: the summary's
/// `faults` name what is wrong.
///
/// # Errors
/// When it can't be played or written.
pub fn run(wish: &Wish) -> Result<Summary, DemoError> {
    let sandbox = Sandbox::enter();
    sandbox.choose_pack(wish.pack.as_deref());
    let score = Score::read(&wish.clip, &wish.curve_x, &wish.curve_y, &wish.parts)?;
    let bundle = Bundle::load(&wish.plugin)?;
    let performance = perform(&bundle, &score)?;
    let summary = judge::judge(&score, &performance);
    let map = match &wish.pack {
        Some(pack) => PadMap::read(pack),
        None => PadMap::find(&wish.assets, &performance.pack_name),
    };
    write(&wish.out, &score, &performance, &summary, map.as_ref())?;
    sandbox.leave();
    Ok(summary)
}

fn write(
    out: &Path,
    score: &Score,
    performance: &Performance,
    summary: &Summary,
    map: Option<&PadMap>,
) -> Result<(), DemoError> {
    let fail = |path: &Path, reason: String| DemoError::Output { path: path.to_owned(), reason };
    std::fs::create_dir_all(out).map_err(|e| fail(out, e.to_string()))?;
    let path = out.join("demo.wav");
    wav::write(&path, &performance.take).map_err(|e| fail(&path, e.to_string()))?;
    let path = out.join("demo.png");
    picture::draw(score, performance, summary, map).save(&path).map_err(|e| fail(&path, e))?;
    let path = out.join("summary.json");
    let json = serde_json::to_string_pretty(summary).map_err(|e| fail(&path, e.to_string()))?;
    std::fs::write(&path, json + "\n").map_err(|e| fail(&path, e.to_string()))
}
