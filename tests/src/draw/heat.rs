//! Spectra over time as pictures.

use super::Colour;
use crate::analysis::{db, spectrum};

/// What a picture of spectra shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The lower edge.
    pub low_hz: f64,
    /// The upper edge.
    pub high_hz: f64,
    /// What silence reads.
    pub floor_db: f64,
    /// How much of the sound, from its beginning, in frames.
    pub frames: usize,
    /// How many times shorter than usual the windows are: for a close look at time.
    pub shorter: usize,
}

/// From the ground through the deep end of the map's colours to paper.
pub fn heat() -> [Colour; 6] {
    [0x131416, 0x1b273a, 0x1f5a6b, 0x5b8f6e, 0xd9b36a, 0xfbf3df].map(Colour::hex)
}

/// dB by column and row (row 0 on top): long windows for low frequencies, short ones for high, so
/// that basses are lines and attacks are edges.
pub fn constant_q(mono: &[f32], rate: f64, columns: usize, rows: usize, range: Range) -> Vec<f64> {
    let Range { low_hz, high_hz, floor_db, frames, shorter } = range;
    let windows =
        [(16_384usize, low_hz, 250.0), (8192, 250.0, 1000.0), (4096, 1000.0, 4000.0), (2048, 4000.0, high_hz)];
    let hz_of = |row: f64| low_hz * (high_hz / low_hz).powf(1.0 - row / rows as f64);
    let mut image = vec![floor_db; columns * rows];
    for column in 0..columns {
        let centre = (column as f64 + 0.5) / columns as f64 * frames as f64;
        for (size, from_hz, to_hz) in windows.map(|(size, from, to)| (size / shorter.max(1), from, to)) {
            let start = centre as isize - (size / 2) as isize;
            let part: Vec<f32> = (0..size as isize)
                .map(|i| usize::try_from(start + i).ok().and_then(|i| mono.get(i)).copied().unwrap_or(0.0))
                .collect();
            let bins = spectrum::magnitudes(&part, size);
            for row in 0..rows {
                let hz = hz_of(row as f64 + 0.5);
                if hz < from_hz || hz >= to_hz {
                    continue;
                }
                // The strongest bin that the row covers, or between the two nearest.
                let bin = |hz: f64| hz * size as f64 / rate;
                let (low, high) = (bin(hz_of(row as f64 + 1.0)), bin(hz_of(row as f64)));
                let at = bin(hz);
                let i = at as usize;
                let between = bins[i] + (bins[i + 1] - bins[i]) * (at - i as f64);
                let covered = (low.ceil() as usize..=high as usize).map(|i| bins[i]).fold(between, f64::max);
                image[column * rows + row] = db(covered.max(1e-9));
            }
        }
    }
    image
}
