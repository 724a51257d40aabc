//! Packs whose sound is known exactly, for tests.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

use betwixt_engine::pack::{
    CellStorage, CellTags, Grid, LoopPoints, Manifest, Note, PackError, PackWriter, encode_cell,
};
use betwixt_engine::resident::LoopFrames;

/// Rate of the pack, in Hz.
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// The tone of each corner in Hz: lower left, lower right, upper left, upper right. Whole numbers, so
/// that the loop of a second closes.
pub const CORNER_HZ: [f64; 4] = [220.0, 550.0, 880.0, 1430.0];

/// The key at which the cells sound as they are.
pub const ROOT: u8 = 60;

/// A pack of four steady tones, one a corner, over all keys and velocities.
pub struct Corners {
    /// The pack.
    pub path: PathBuf,
    /// Its cells, as left and right, in the order of [`CORNER_HZ`].
    pub cells: Vec<Vec<[f32; 2]>>,
}

impl Corners {
    /// Writes it into a folder: 2×2 cells of float samples, coherent, looped from 1 s to 2 s.
    ///
    /// # Errors
    /// When it can't be written.
    ///
    /// # Panics
    /// When the tones can't be encoded.
    pub fn write(folder: &Path) -> Result<Self, PackError> {
        let path = folder.join("corners.btx");
        let second = SAMPLE_RATE_HZ as usize;
        let looped = LoopFrames { start: second, end: 2 * second };
        let tags = CellTags { sample_rate_hz: SAMPLE_RATE_HZ, root: ROOT, loop_frames: Some(looped) };
        let cells: Vec<_> = CORNER_HZ.iter().map(|hz| tone(*hz, 2 * second)).collect();
        let mut writer = PackWriter::create(&path)?;
        let mut names = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            let encoded = encode_cell(cell, tags, CellStorage::Float, 0).expect("float samples are stored as they are");
            names.push(writer.add_cell(&format!("audio/{ROOT}/{}-{}", index % 2, index / 2), &encoded)?);
        }
        let mut manifest = Manifest::new("Corners", Grid::new(2, 2), SAMPLE_RATE_HZ);
        manifest.notes.push(Note {
            root: ROOT,
            low: 0,
            high: 127,
            velocity: [1, 127],
            tune_cents: 0.0,
            frames: 2 * second as u64,
            loop_points: Some(LoopPoints::new(second as u64, 2 * second as u64)),
            coherent: true,
            release_frames: 0,
            cells: names,
            extra: serde_json::Map::new(),
        });
        writer.finish(&manifest)?;
        Ok(Self { path, cells })
    }
}

/// A cosine, so that the first frame is heard already; softer on the right.
fn tone(hz: f64, frames: usize) -> Vec<[f32; 2]> {
    let rate = f64::from(SAMPLE_RATE_HZ);
    (0..frames)
        .map(|frame| {
            let sample = 0.4 * (TAU * hz * frame as f64 / rate).cos();
            [sample as f32, (0.5 * sample) as f32]
        })
        .collect()
}

/// How much of a corner's tone is in a whole second of sound: its amplitude beside that in the cell.
pub fn share(samples: &[f32], corner: usize) -> f64 {
    let step = TAU * CORNER_HZ[corner] / f64::from(SAMPLE_RATE_HZ);
    let (mut re, mut im) = (0.0, 0.0);
    for (frame, sample) in samples.iter().enumerate() {
        let (sin, cos) = (step * frame as f64).sin_cos();
        re += f64::from(*sample) * cos;
        im += f64::from(*sample) * sin;
    }
    re.hypot(im) * 2.0 / samples.len() as f64 / 0.4
}
