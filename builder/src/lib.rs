//! Offline: recordings become packs.
//!
//! ```text
//! recipe ─► import ─► prepare ─► loop ─► blend ─► write
//!           files,    pack's     one for all cells  pack.json,
//!           presets   rate and   of   from          audio/…
//!                     pitch      a note sources
//! ```
//!
//! | module | what it is |
//! | --- | --- |
//! | [`recipe`] | what to build: JSON, checked |
//! | [`import`] | sources as instruments: WAV files and folders, SoundFont presets |
//! | [`recording`] | one recorded note, as its source has it |
//! | [`resample`] | changing rate and pitch |
//! | [`prepare`] | a note of a source on the pack's timeline |
//! | [`looping`] | one length and one loop for all sources of a note |
//! | [`weights`] | how much of each anchor a place on the pad has |
//! | [`blend`] | cells as power-preserving mixes |
//! | [`morph`] | cells as in-between sounds |
//! | [`plan`] | which notes and cells there are |
//! | [`metrics`] | how good a morph is, measured from outside |
//! | [`picture`] | colours and brightness for the pad's map |
//! | [`cache`] | results kept for the next build |
//! | [`build`](mod@build) | all of it in order, on many threads |
//!
//! Results do not depend on the number of threads.

pub mod blend;
pub mod build;
pub mod cache;
mod cells;
pub mod import;
pub mod looping;
mod lpc;
pub mod metrics;
pub mod morph;
pub mod picture;
pub mod plan;
pub mod prepare;
pub mod recipe;
pub mod recording;
pub mod resample;
pub mod weights;

pub use build::{BuildError, Options, Progress, Report, Work, build};
