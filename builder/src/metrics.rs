//! How good is a morph? Quantities of notes and of lines of notes, each by a definition that an
//! independent tool can follow (docs/morph.md).
//!
//! Everything here looks at sounds from outside, at 48 kHz, and knows nothing of how they were made.
//! A [`Note`] is a sound with its onset and its band powers; a [`Line`] is a row of them from one
//! corner to another; [`Line::measure`] gives the [`Measures`] that a table shows.
//!
//! | module | quantities |
//! | --- | --- |
//! | [`erb`], [`spectrogram`] | the common ground: 40 bands, 3 s, the floor, D(u, v), treble |
//! | [`envelope`] | onset, attack, pre-echo, contour, peak, and which part is steady |
//! | [`pitch`], [`beating`], [`noise`] | of what is tonal |
//! | [`formants`] | where the spectrum has its weight |
//! | [`loudness`], [`width`] | BS.1770, stereo angle |
//! | [`dip`] | what neighbours lose when they are added |
//! | [`seam`] | clicks, steps and pumping of loops |
//! | [`null`] | whether a corner is its source |
//! | [`line`] | all of them along a line |
//! | [`square`] | the centre of four corners |
//! | [`mix`] | the plain mix to set beside it |
//! | [`row`] | the table's rows: names, units, targets, bounds |
//! | [`folder`] | what `betwixt morph` has written |
//! | [`report`] | a folder and its sources, the mix beside it |
//! | [`source`] | notes of a SoundFont to try it on |
//! | [`stats`] | medians and decibels |

pub mod beating;
pub mod dip;
pub mod envelope;
pub mod erb;
pub mod folder;
pub mod formants;
pub mod line;
pub mod loudness;
pub mod mix;
pub mod noise;
mod note;
pub mod null;
pub mod pitch;
pub mod report;
pub mod row;
pub mod seam;
#[cfg(test)]
mod signal;
pub mod source;
pub mod spectrogram;
pub mod square;
pub mod stats;
pub mod width;

pub use line::{Line, Root};
pub use note::Note;
pub use row::{Beyond, Bound, Measures, Quantity, Rival, Row};

/// The rate at which everything is measured.
pub const RATE_HZ: f64 = 48_000.0;
