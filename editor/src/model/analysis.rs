//! What the sound looks like.

/// Bands of a [`Column`]: equal ratios from [`LOWEST_HZ`] to [`HIGHEST_HZ`].
pub const BANDS: usize = 128;
/// Centre of the lowest band.
pub const LOWEST_HZ: f32 = 40.0;
/// Centre of the highest band.
pub const HIGHEST_HZ: f32 = 8000.0;
/// Columns in a second.
pub const COLUMNS_PER_SECOND: f32 = 60.0;

/// A moment of the output: loudness of each band from the lowest on, 0…255 for −90…0 dB below full scale.
pub type Column = [u8; BANDS];

/// The output's picture. The shell adds to it; the editor takes the columns that it has drawn.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// Columns since the last frame, oldest first, some [`COLUMNS_PER_SECOND`].
    pub columns: Vec<Column>,
    /// The newest frames of the output, the sum of both sides, −1…1: a few hundred for the scope.
    pub wave: Vec<f32>,
}

/// A small picture of a sound: ink on paper, `width · height` values 0…255 row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thumb {
    /// Pixels across.
    pub width: usize,
    /// Pixels downwards.
    pub height: usize,
    /// How much ink.
    pub ink: Vec<u8>,
}
