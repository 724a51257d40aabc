//! The morph: from some recordings of one key, all notes between them.
//!
//! ```text
//! recordings ─► prepare ─► timeline ─► model ─────────► set.note(weights)
//!               in tune,   one loop,   partials,        note ─► render
//!               onset in   one length  residual,        parameters, sound
//!               place                  envelopes
//! ```
//!
//! A sound is a sum of partials and a residual, exact by construction (the residual is what the
//! partials leave). *Envelopes are interpolated in dB, carriers are cross-faded, formants move.* A
//! corner of the pad is its source, copied; everything continuous in between.
//!
//! | stage | module | what it does |
//! | --- | --- | --- |
//! | prepare | [`prepare`], [`pitch`], [`tonality`], [`spectrum`] | pitch, retuning, onset |
//! | loop | [`timeline`] | one length and one loop for the sources of a root, unrolled |
//! | analyse | [`model`], [`envelope`], [`series`], [`partials`], [`strays`], [`residual`], `bands`, `transport` | a source taken apart |
//! | morph | `note`, `weights`, `phases`, `repair`, [`set`] | parameters of an in-between note |
//! | render | `render`, [`oscillators`], [`residual`], `loop_seam`, [`loudness`] | parameters become sound |
//!
//! Methods and what they come from: docs/morph.md. All of it is deterministic, and a [`Set`] is only
//! read while notes are made: one thread for each note.

pub mod clock;
pub mod envelope;
pub mod loudness;
pub mod model;
pub mod oscillators;
pub mod partials;
pub mod pitch;
pub mod prepare;
pub mod residual;
pub mod series;
pub mod set;
pub mod spectrum;
pub mod strays;
pub mod timeline;
pub mod tonality;

mod bands;
mod loop_seam;
mod maths;
mod note;
mod phases;
mod render;
mod repair;
mod transport;
mod tuning;
mod weights;

use rayon::prelude::*;

pub use model::{Model, Source};
pub use set::{LoopPlan, Note, Set};

use crate::prepare::Timeline;
use crate::recording::Recording;

/// A source of a root, before anything is done to it.
#[derive(Debug, Clone)]
pub struct Input {
    /// What sounds together.
    pub recordings: Vec<Recording>,
    /// Raises its pitch.
    pub raise_cents: f64,
    /// Its gain.
    pub gain_db: f64,
}

/// Prepares and loops the sources of a root. The warnings come with the number of their source.
pub fn sources(inputs: &[Input], root: u8, timeline: Timeline) -> (Vec<Source>, LoopPlan, Vec<(usize, String)>) {
    let mut tuned: Vec<prepare::Tuned> =
        inputs.par_iter().map(|i| prepare::tune(&i.recordings, timeline, i.raise_cents, i.gain_db, root)).collect();
    let warnings = tuned
        .iter_mut()
        .enumerate()
        .flat_map(|(i, t)| std::mem::take(&mut t.warnings).into_iter().map(move |w| (i, w)))
        .collect();
    let (sources, plan) = timeline::share(tuned, timeline);
    (sources, plan, warnings)
}

/// Prepares, loops and analyses the sources of a root. The warnings come with the number of their
/// source.
///
/// # Panics
/// If there are none.
pub fn analyse(inputs: &[Input], root: u8, timeline: Timeline) -> (Set, Vec<(usize, String)>) {
    let (sources, plan, warnings) = sources(inputs, root, timeline);
    let models: Vec<Model> = sources.into_par_iter().map(Model::of).collect();
    (Set::new(models, plan), warnings)
}

#[cfg(test)]
mod tests;
