//! Every bound that input is checked against, before anything is allocated for it.

/// Largest `pack.json`, in bytes.
pub const MANIFEST_BYTES: u64 = 8 << 20;
/// Longest preset or state, in bytes.
pub const PRESET_BYTES: usize = 8 << 20;
/// Largest number of grid columns, and of rows.
pub const GRID_SIDE: usize = 33;
/// Largest number of different roots in a pack.
pub const ROOTS: usize = 128;
/// Largest number of velocity layers of one root.
pub const VELOCITY_LAYERS: usize = 16;
/// Largest length of a cell, in frames.
pub const CELL_FRAMES: u64 = 1 << 27;
/// Largest pack archive, in bytes.
pub const ARCHIVE_BYTES: u64 = 64 << 30;
/// Voices that an engine can sound at once.
pub const VOICES: usize = 128;
/// Largest playback ratio: source frames per output frame.
pub const RATIO: f64 = 64.0;
/// Frames of one control tick: modulators, envelopes and weights get new targets this often,
/// counted on the engine's own clock, whatever the host's block size.
pub const TICK_FRAMES: usize = 16;
