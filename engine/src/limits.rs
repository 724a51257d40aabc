//! Every bound that input is checked against, before anything is allocated for it.

/// Largest `pack.json`, in bytes.
pub const MANIFEST_BYTES: u64 = 8 << 20;
/// Longest preset or state, in bytes.
pub const PRESET_BYTES: usize = 8 << 20;
/// Most stars in a preset.
pub const STARS: usize = 9;
/// Longest glide to a star, in seconds.
pub const STAR_GLIDE_SECONDS: f64 = 10.0;
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
/// Largest central directory of an archive, in bytes.
pub const DIRECTORY_BYTES: u64 = 64 << 20;
/// Largest number of entries of an archive. More cells than this can't be named in a manifest of
/// [`MANIFEST_BYTES`].
pub const ENTRIES: u64 = 1 << 19;
/// Longest name of an entry, in bytes.
pub const NAME_BYTES: usize = 1024;
/// Most separators (`,` `[` `{`) in a manifest: bounds what its unknown fields can cost in memory.
pub const MANIFEST_ITEMS: usize = 1 << 19;
/// Lowest and highest sample rate of a pack, in Hz.
pub const SAMPLE_RATE_HZ: (u32, u32) = (1_000, 768_000);
/// Voices that an engine can sound at once.
pub const VOICES: usize = 128;
/// Largest playback ratio: source frames per output frame.
pub const RATIO: f64 = 64.0;
/// Frames of one control tick: modulators, envelopes and weights get new targets this often,
/// counted on the engine's own clock, whatever the host's block size.
pub const TICK_FRAMES: usize = 16;
