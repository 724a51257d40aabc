//! Packs made for tests.

use std::path::Path;

use betwixt_engine::pack::{CellStorage, CellTags, Grid, Manifest, Note, PackWriter, encode_cell};

/// What a test pack is like.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Columns and rows.
    pub(crate) grid: usize,
    /// How many notes.
    pub(crate) notes: usize,
    /// Frames of a cell.
    pub(crate) frames: usize,
    /// How cells are stored.
    pub(crate) storage: CellStorage,
}

/// The frames of a cell: a chord whose pitch tells the note and whose balance tells the cell.
pub(crate) fn cell_frames(note: usize, cell: usize, frames: usize) -> Vec<[f32; 2]> {
    let step = 0.01 * (note + 1) as f32;
    (0..frames)
        .map(|i| {
            let phase = (i % 48_000) as f32 * step;
            let body = phase.sin() + 0.5 * (phase * 2.0).sin() + 0.25 * (phase * 5.03 + cell as f32).sin();
            [body * 0.3, body * 0.2 + 0.05 * (phase * 0.77).sin()]
        })
        .collect()
}

/// Writes a pack; returns its manifest.
pub(crate) fn write_pack(path: &Path, shape: Shape) -> Manifest {
    let mut writer = PackWriter::create(path).unwrap();
    let mut manifest = Manifest::new("Test", Grid::new(shape.grid, shape.grid), 48_000);
    let width = 128 / shape.notes;
    for note in 0..shape.notes {
        let root = (note * width + width / 2) as u8;
        let tags = CellTags { sample_rate_hz: 48_000, root, loop_frames: None };
        let cells = (0..shape.grid * shape.grid)
            .map(|cell| {
                let seed = (note * 1000 + cell) as u64;
                let encoded = encode_cell(&cell_frames(note, cell, shape.frames), tags, shape.storage, seed).unwrap();
                writer.add_cell(&format!("audio/{root}/{cell}"), &encoded).unwrap()
            })
            .collect();
        manifest.notes.push(Note::new(
            root,
            ((note * width) as u8, (note * width + width - 1) as u8),
            shape.frames as u64,
            cells,
        ));
    }
    writer.finish(&manifest).unwrap();
    manifest
}
