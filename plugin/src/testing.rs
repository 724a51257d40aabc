//! A small pack for tests, and folders of their own.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use betwixt_engine::pack::{CellStorage, CellTags, Grid, LoopPoints, Manifest, Note, PackWriter, encode_cell};
use betwixt_engine::resident::LoopFrames;

/// Length of every cell of [`write_pack`].
pub(crate) const FRAMES: usize = 24_000;

/// Writes a 2×2 pack of one looped note at key 60, whose cells are constants: 0.1, 0.2, 0.3 and 0.4. Returns its hash.
pub(crate) fn write_pack(path: &Path, name: &str) -> String {
    let mut writer = PackWriter::create(path).unwrap();
    let tags = CellTags { sample_rate_hz: 48_000, root: 60, loop_frames: Some(LoopFrames { start: 0, end: FRAMES }) };
    let cells = (1..=4u8)
        .map(|i| {
            let frames = vec![[f32::from(i) / 10.0; 2]; FRAMES];
            let cell = encode_cell(&frames, tags, CellStorage::Float, 0).unwrap();
            writer.add_cell(&format!("audio/60/{i}"), &cell).unwrap()
        })
        .collect();
    let mut manifest = Manifest::new(name, Grid::new(2, 2), 48_000);
    manifest.notes.push(Note {
        root: 60,
        low: 0,
        high: 127,
        velocity: [1, 127],
        tune_cents: 0.0,
        frames: FRAMES as u64,
        loop_points: Some(LoopPoints::new(0, FRAMES as u64)),
        coherent: true,
        release_frames: 0,
        cells,
        extra: serde_json::Map::new(),
    });
    writer.finish(&manifest).unwrap()
}

/// Folders for this process's tests, in place of the user's: call it before anything asks for one. Returns the data
/// folder.
pub(crate) fn sandbox() -> PathBuf {
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        for (name, path) in [("BETWIXT_DATA", "data"), ("BETWIXT_CACHE", "cache"), ("BETWIXT_CONFIG", "config")] {
            // SAFETY: only Rust's own, locked calls read these variables.
            unsafe { std::env::set_var(name, folder.path().join(path)) };
        }
        folder
    });
    FOLDER.path().join("data")
}
