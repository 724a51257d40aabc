//! Small packs made of sums of sines: what the plugin should play can be written down exactly.

use betwixt_engine::pack::{
    Anchor, CellStorage, CellTags, Grid, LoopPoints, Manifest, MapCell, Note, PackError, PackWriter, PadMap,
    encode_cell,
};
use betwixt_engine::resident::LoopFrames;
use serde_json::Map;
use std::f64::consts::TAU;
use std::path::Path;

/// Rate of all test packs.
pub const SAMPLE_RATE_HZ: u32 = 48_000;
/// Length of every cell: 3 s.
pub const FRAMES: usize = 144_000;
/// Loops go from here …
pub const LOOP_START: usize = 48_000;
/// … to here: one second, so that every partial of a whole number of hertz goes round evenly.
pub const LOOP_END: usize = 96_000;
/// Roots of the pack.
pub const ROOTS: [u8; 3] = [48, 60, 72];

/// The fundamental of a root's recordings: whole hertz, so 2.5 cents above the key.
pub fn fundamental_hz(root: u8) -> f64 {
    262.0 * 2f64.powi((i32::from(root) - 60) / 12)
}

/// Amplitudes of the partials of the four corners (0,0), (1,0), (0,1), (1,1): so unlike that a
/// wrong corner can't pass for the right one.
const TIMBRES: [[f64; 6]; 4] = [
    [0.20, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.10, 0.0, 0.08, 0.0, 0.06, 0.0],
    [0.06, 0.09, 0.0, 0.07, 0.0, 0.05],
    [0.04, 0.04, 0.04, 0.08, 0.08, 0.08],
];

/// A pack with a sound of its own on each corner of a 2×2 grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestPack {
    /// Phases agree between cells; the engine then mixes by amplitude.
    pub coherent: bool,
    /// Notes sustain by a loop.
    pub looped: bool,
}

impl TestPack {
    /// Coherent and looped.
    pub const PLAIN: TestPack = TestPack { coherent: true, looped: true };
    /// Cells whose phases do not agree.
    pub const INCOHERENT: TestPack = TestPack { coherent: false, looped: true };
    /// Notes that end by themselves after 3 s.
    pub const ONE_SHOT: TestPack = TestPack { coherent: true, looped: false };

    /// The frames of a cell; corners count (0,0), (1,0), (0,1), (1,1).
    pub fn cell(self, root: u8, corner: usize) -> Vec<[f32; 2]> {
        let f0 = fundamental_hz(root);
        let partials = TIMBRES[corner];
        (0..FRAMES)
            .map(|i| {
                let t = i as f64 / f64::from(SAMPLE_RATE_HZ);
                let sum = |side: f64| {
                    let tone = |(k, a): (usize, &f64)| {
                        let shift = if self.coherent { 0.0 } else { 1.3 * corner as f64 * (k + 1) as f64 };
                        // The right channel has the higher partials stronger: sides can't be swapped.
                        let weight = 1.0 + side * 0.1 * k as f64;
                        a * weight * (TAU * f0 * (k + 1) as f64 * t + shift + 0.4).sin()
                    };
                    let end = if self.looped { 1.0 } else { ((3.0 - t) / 0.05).min(1.0) };
                    (end * partials.iter().enumerate().map(tone).sum::<f64>()) as f32
                };
                [sum(0.0), sum(1.0)]
            })
            .collect()
    }

    /// The note's sound with the loop unrolled, at a mix of the corners.
    pub fn note(self, root: u8, gains: [f64; 4], frames: usize) -> (Vec<f32>, Vec<f32>) {
        let cells: Vec<Vec<[f32; 2]>> = (0..4).map(|c| self.cell(root, c)).collect();
        let at = |i: usize| {
            if self.looped && i >= LOOP_END { LOOP_START + (i - LOOP_START) % (LOOP_END - LOOP_START) } else { i }
        };
        let side = |s: usize| {
            (0..frames)
                .map(|i| {
                    let frame = |c: &Vec<[f32; 2]>| c.get(at(i)).map_or(0.0, |f| f64::from(f[s]));
                    cells.iter().zip(gains).map(|(c, g)| g * frame(c)).sum::<f64>() as f32
                })
                .collect()
        };
        (side(0), side(1))
    }

    /// Writes the pack.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write(self, path: &Path) -> Result<(), PackError> {
        let mut manifest = Manifest::new("Four test tones", Grid::new(2, 2), SAMPLE_RATE_HZ);
        for (at, name) in [([0.0, 0.0], "One"), ([1.0, 0.0], "Odd"), ([0.0, 1.0], "Even"), ([1.0, 1.0], "High")] {
            manifest.anchors.push(Anchor {
                at,
                name: name.into(),
                source: "computed".into(),
                license: "CC0".into(),
                extra: Map::new(),
            });
        }
        let hues = [[60, 80, 140], [40, 120, 120], [90, 130, 70], [190, 150, 80]];
        manifest.map = Some(PadMap {
            cells: hues
                .iter()
                .enumerate()
                .map(|(i, rgb)| MapCell {
                    rgb: *rgb,
                    brightness_hz: 400.0 * 2f64.powi(i as i32),
                    level_db: -20.0,
                    extra: Map::new(),
                })
                .collect(),
            extra: Map::new(),
        });
        let mut writer = PackWriter::create(path)?;
        for (root, low, high) in [(ROOTS[0], 0, 53), (ROOTS[1], 54, 65), (ROOTS[2], 66, 127)] {
            let points = LoopFrames { start: LOOP_START, end: LOOP_END };
            let tags = CellTags { sample_rate_hz: SAMPLE_RATE_HZ, root, loop_frames: self.looped.then_some(points) };
            let mut cells = Vec::new();
            for corner in 0..4 {
                let encoded =
                    encode_cell(&self.cell(root, corner), tags, CellStorage::Float, 1).expect("finite frames in float");
                cells.push(writer.add_cell(&format!("audio/{root}/{}-{}", corner % 2, corner / 2), &encoded)?);
            }
            manifest.notes.push(Note {
                loop_points: self.looped.then(|| LoopPoints::new(LOOP_START as u64, LOOP_END as u64)),
                coherent: self.coherent,
                ..Note::new(root, (low, high), FRAMES as u64, cells)
            });
        }
        writer.finish(&manifest)?;
        Ok(())
    }
}
