//! The cells of one note: mixes, or morphs, of its sources.

use std::sync::atomic::Ordering;

use betwixt_engine::resident::LoopFrames;
use rayon::prelude::*;

use crate::blend;
use crate::build::Counts;
use crate::cache::{Cache, Hasher, Key};
use crate::looping::{self, Shared};
use crate::morph::{self, Input, Model, Set, Source};
use crate::prepare::{Prepared, Timeline};
use crate::recipe::{Axis, Method, Recipe};
use crate::weights::Weights;

/// The weights of a cell, one for each anchor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weighting {
    /// Of spectrum and noise.
    pub(crate) timbre: Vec<f64>,
    /// Of level over time.
    pub(crate) dynamics: Vec<f64>,
}

impl Weighting {
    /// For a cell at a place of the pad.
    pub(crate) fn of(recipe: &Recipe, weights: &Weights, place: [f64; 2]) -> Weighting {
        let morphs = recipe.method == Method::Morph;
        if let Some([x_axis, _]) = recipe.axes.filter(|_| morphs) {
            // The second source's share on both axes, in anchor coordinates.
            let share = |v: f64| {
                let v = v * (1.0 + 2.0 * recipe.extrapolate) - recipe.extrapolate;
                // The anchors are given in either order.
                let second = if recipe.anchors[0].at == [0.0, 0.0] { v } else { 1.0 - v };
                vec![1.0 - second, second]
            };
            let [x, y] = place.map(share);
            return match x_axis {
                Axis::Timbre => Weighting { timbre: x, dynamics: y },
                Axis::Dynamics => Weighting { timbre: y, dynamics: x },
            };
        }
        let own = if morphs && recipe.extrapolate > 0.0 { weights.beyond(place) } else { weights.at(place) };
        Weighting { timbre: own.clone(), dynamics: own }
    }

    /// The sources that the cell depends on. A mixture of several also depends on the first source:
    /// the morph's phases are counted from it.
    pub(crate) fn sources(&self) -> Vec<usize> {
        let has = |i: &usize| self.timbre[*i] != 0.0 || self.dynamics[*i] != 0.0;
        let mut sources: Vec<usize> = (0..self.timbre.len()).filter(has).collect();
        if sources.len() > 1 && sources[0] != 0 {
            sources.insert(0, 0);
        }
        sources
    }

    /// Weights for the pad's colours.
    pub(crate) fn colour(&self) -> Vec<f64> {
        let mean: Vec<f64> =
            self.timbre.iter().zip(&self.dynamics).map(|(t, d)| (0.5 * (t + d)).clamp(0.0, 1.0)).collect();
        let sum: f64 = mean.iter().sum();
        mean.into_iter().map(|w| w / sum.max(1e-9)).collect()
    }
}

/// What the cells of a note are made from.
pub(crate) enum Cells {
    /// Sources to mix.
    Blend(Shared),
    /// Sources to morph.
    Morph(Box<Set>),
}

impl Cells {
    /// Prepares the sources of a note. With the cells come names of the sources as they are now, and
    /// warnings with the number of their source.
    pub(crate) fn prepare(
        method: Method,
        inputs: &[Input],
        root: u8,
        timeline: Timeline,
        cache: Option<&Cache>,
        counts: &Counts,
    ) -> (Cells, Vec<Key>, Vec<(usize, String)>) {
        match method {
            Method::Blend => {
                let prepare = |i: &Input| Prepared::new(&i.recordings, timeline, i.raise_cents, i.gain_db);
                let prepared: Vec<Prepared> = inputs.iter().map(prepare).collect();
                let shared = looping::share(&prepared, timeline);
                let keys = shared.sources.par_iter().map(|s| sound_key(s)).collect();
                (Cells::Blend(shared), keys, Vec::new())
            }
            Method::Morph => {
                let (sources, plan, warnings) = morph::sources(inputs, root, timeline);
                let (models, keys) = sources.into_par_iter().map(|s| model(s, cache, counts)).unzip();
                (Cells::Morph(Box::new(Set::new(models, plan))), keys, warnings)
            }
        }
    }

    /// The sound of a cell.
    pub(crate) fn cell(&self, weighting: &Weighting) -> Vec<[f32; 2]> {
        match self {
            Cells::Blend(shared) => blend::mix(&shared.sources, &weighting.timbre, shared.frames),
            Cells::Morph(set) => set.note(&weighting.timbre, &weighting.dynamics).frames,
        }
    }

    /// A source, as long as the cells at least.
    pub(crate) fn source(&self, index: usize) -> &[[f32; 2]] {
        match self {
            Cells::Blend(shared) => &shared.sources[index],
            Cells::Morph(set) => set.source(index),
        }
    }

    /// Length of each cell.
    pub(crate) fn frames(&self) -> usize {
        match self {
            Cells::Blend(shared) => shared.frames,
            Cells::Morph(set) => set.plan().frames,
        }
    }

    /// The loop of all cells.
    pub(crate) fn loop_frames(&self) -> Option<LoopFrames> {
        match self {
            Cells::Blend(shared) => shared.loop_frames,
            Cells::Morph(set) => set.plan().loop_frames,
        }
    }
}

/// A source's analysis, made or found, and its name.
fn model(source: Source, cache: Option<&Cache>, counts: &Counts) -> (Model, Key) {
    let key = source_key(&source);
    if let Some(found) = cache.and_then(|c| c.get("source", key)) {
        return (found, key);
    }
    let model = Model::of(source);
    counts.analysed.fetch_add(1, Ordering::Relaxed);
    if let Some(cache) = cache {
        cache.put("source", key, &model);
    }
    (model, key)
}

fn sound_key(frames: &[[f32; 2]]) -> Key {
    let mut hasher = Hasher::new("sound");
    hasher.frames(frames);
    hasher.key()
}

fn source_key(source: &Source) -> Key {
    let Source { frames, clock, series } = source;
    let mut hasher = Hasher::new("source");
    hasher.frames(frames).number(clock.rate_hz).whole(clock.hop as u64);
    hasher.number(series.f0_hz).numbers(&series.hz).text(&format!("{:?}", series.kind));
    hasher.key()
}
