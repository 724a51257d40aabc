//! How long the parts of a build take, one against the other (measured with notes of 4 s, stored as
//! FLAC): so that the time left is right from the first note on, which begins with the analysis of its
//! sources.

/// A source's note is prepared and analysed.
pub(super) const SOURCE: u64 = 11;
/// A cell's sound is made.
pub(super) const CELL: u64 = 1;
/// A cell is encoded and written.
pub(super) const ENTRY: u64 = 1;

/// Steps of a build that finds nothing from before.
pub(super) fn all(sources: usize, cells: usize) -> u64 {
    SOURCE * sources as u64 + (CELL + ENTRY) * cells as u64
}
