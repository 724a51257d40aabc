//! Packs of noise, of any size, in memory or in a file.

use std::io;
use std::path::Path;
use std::sync::Arc;

use betwixt_engine::pack::{CellStorage, CellTags, Grid, LoopPoints, Manifest, Note, PackWriter, encode_cell};
use betwixt_engine::resident::{CellAudio, LoopFrames, PlayNote, PlayPack};

use super::RATE_HZ;
use crate::Outcome;

/// Different recordings; cells beyond that many say the same again, in memory and entries of their own.
const VARIANTS: usize = 8;
/// A quarter of full scale.
const PEAK: f32 = 0.25;

/// What a pack is like. All notes are looped over their whole length.
#[derive(Debug, Clone, Copy)]
pub struct Synthetic {
    /// Grid points of a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Roots, spread from key 36 to key 96.
    pub roots: usize,
    /// Length of a cell, in frames of 48 kHz.
    pub frames: usize,
}

impl Synthetic {
    /// Bytes of all cells as 16 bit.
    pub fn bytes(&self) -> u64 {
        (self.columns * self.rows * self.roots * self.frames * 4) as u64
    }

    /// The pack in memory, 16 bit, wholly there.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn play(&self) -> io::Result<PlayPack> {
        let variants: Vec<Vec<[i16; 2]>> = (0..VARIANTS).map(|v| self.recording(v, |s| s.map(to_i16))).collect();
        let mut notes = Vec::with_capacity(self.roots);
        for at in 0..self.roots {
            let mut cells = Vec::with_capacity(self.columns * self.rows);
            for cell in 0..self.columns * self.rows {
                cells.push(Arc::new(CellAudio::from_i16(&variants[(at + cell) % VARIANTS])?));
            }
            notes.push(PlayNote {
                root: self.root(at),
                keys: self.keys(at),
                velocities: (1, 127),
                tune_cents: 0.0,
                frames: self.frames,
                loop_frames: Some(LoopFrames { start: 0, end: self.frames }),
                coherent: true,
                cells: cells.into(),
            });
        }
        Ok(PlayPack::new(self.columns, self.rows, RATE_HZ, notes))
    }

    /// Writes the pack into a file.
    ///
    /// # Errors
    /// When the disk is full, or the pack breaks a rule.
    pub fn write(&self, path: &Path, storage: CellStorage) -> Outcome {
        let whole = LoopFrames { start: 0, end: self.frames };
        let tags = CellTags { sample_rate_hz: RATE_HZ as u32, root: 60, loop_frames: Some(whole) };
        let mut variants = Vec::with_capacity(VARIANTS);
        for variant in 0..VARIANTS {
            let frames: Vec<[f32; 2]> = self.recording(variant, |s| s);
            variants.push(encode_cell(&frames, tags, storage, variant as u64)?);
        }
        let mut writer = PackWriter::create(path)?;
        let mut manifest = Manifest::new("Noise", Grid::new(self.columns, self.rows), RATE_HZ as u32);
        for at in 0..self.roots {
            let root = self.root(at);
            let mut cells = Vec::with_capacity(self.columns * self.rows);
            for cell in 0..self.columns * self.rows {
                let stem = format!("audio/{root}/{}-{}", cell % self.columns, cell / self.columns);
                cells.push(writer.add_cell(&stem, &variants[(at + cell) % VARIANTS])?);
            }
            manifest.notes.push(Note {
                loop_points: Some(LoopPoints::new(0, self.frames as u64)),
                ..Note::new(root, self.keys(at), self.frames as u64, cells)
            });
        }
        writer.finish(&manifest)?;
        Ok(())
    }

    fn root(&self, at: usize) -> u8 {
        (36 + at * 60 / self.roots.saturating_sub(1).max(1)) as u8
    }

    /// Half-way to the neighbours; the outermost reach to the ends.
    fn keys(&self, at: usize) -> (u8, u8) {
        let middle = |at: usize| (self.root(at) + self.root(at + 1)) / 2;
        let low = if at == 0 { 0 } else { middle(at - 1) + 1 };
        (low, if at + 1 == self.roots { 127 } else { middle(at) })
    }

    fn recording<T>(&self, variant: usize, convert: impl Fn([f32; 2]) -> T) -> Vec<T> {
        let mut noise = Noise::new(variant as u32);
        (0..self.frames).map(|_| convert([noise.next() * PEAK, noise.next() * PEAK])).collect()
    }
}

fn to_i16(value: f32) -> i16 {
    (value * 32767.0) as i16
}

/// Repeatable noise, −1 to 1.
#[derive(Debug)]
pub struct Noise(u32);

impl Noise {
    /// One of many.
    pub fn new(seed: u32) -> Noise {
        Noise(seed.wrapping_mul(0x9E37_79B9) ^ 0x5851_F42D)
    }

    /// The next value.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use betwixt_engine::pack::{PackReader, verify};

    #[test]
    fn keys_are_shared_out_without_a_gap() {
        for roots in [1, 2, 5, 11] {
            let pack = Synthetic { columns: 1, rows: 1, roots, frames: 10 };
            let mut next = 0;
            for at in 0..roots {
                let (low, high) = pack.keys(at);
                assert_eq!(low, next);
                assert!((low..=high).contains(&pack.root(at)));
                next = high.wrapping_add(1);
            }
            assert_eq!(next, 128);
        }
    }

    #[test]
    fn a_written_pack_is_sound() {
        let folder = tempfile::tempdir().unwrap();
        for storage in [CellStorage::Pcm16, CellStorage::Flac, CellStorage::Float] {
            let path = folder.path().join("noise.btx");
            let pack = Synthetic { columns: 3, rows: 2, roots: 2, frames: 5000 };
            pack.write(&path, storage).unwrap();
            let report = verify(&PackReader::open(&path).unwrap(), &|_, _| {}).unwrap();
            assert_eq!(report.cells, 12);
        }
    }
}
