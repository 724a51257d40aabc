//! The sources of one root, and the notes between them.

use betwixt_engine::resident::LoopFrames;
use rayon::prelude::*;

use super::bands::Bands;
use super::clock::Clock;
use super::model::Model;
use super::phases::Offsets;
use super::residual::Transform;
use super::{loop_seam, note, render};
use crate::looping;

/// Notes are tried on the way to so many sources at most.
const PROBES: usize = 4;

/// No note peaks more than so much over the highest peak of its sources.
const PEAK_DB: f64 = 4.0;

/// Length and loop that all notes of a root share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopPlan {
    /// Length of each note, in frames.
    pub frames: usize,
    /// The loop.
    pub loop_frames: Option<LoopFrames>,
}

/// Analysed sources of one root. Making notes only reads it: any number of threads may.
pub struct Set {
    pub(super) models: Vec<Model>,
    pub(super) clock: Clock,
    pub(super) hops: usize,
    pub(super) bins: usize,
    pub(super) transform: Transform,
    pub(super) bands: Bands,
    pub(super) offsets: Offsets,
    plan: LoopPlan,
    /// The peak of each source.
    peaks: Vec<f32>,
}

/// A note.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// The sound.
    pub frames: Vec<[f32; 2]>,
    /// Its loop.
    pub loop_frames: Option<LoopFrames>,
    /// Its pitch.
    pub f0_hz: f64,
    /// Its largest momentary loudness.
    pub loudness_lufs: f64,
}

impl Set {
    /// Of sources that share clock and length. The loop's ends are moved by a little: to where
    /// neither the sources nor notes between them happen to change. The plan has room for it.
    ///
    /// # Panics
    /// If there are none, or they differ.
    pub fn new(models: Vec<Model>, plan: LoopPlan) -> Set {
        let first = models.first().expect("a set of sources");
        let (clock, f0_hz, frames) = (first.clock, first.partials.series.f0_hz, first.frames.len());
        assert!(models.iter().all(|m| m.clock == clock && m.frames.len() == frames), "sources of one length");
        let transform = Transform::new(clock);
        let hops = clock.hops(frames.min(plan.frames + 2 * clock.window()));
        let mut set = Set {
            clock,
            hops,
            bins: transform.bins(),
            bands: Bands::new(clock, f0_hz),
            offsets: Offsets::new(&models),
            transform,
            plan,
            peaks: models.iter().map(|m| peak(&m.frames[..plan.frames])).collect(),
            models,
        };
        set.place_seam();
        set
    }

    /// Moves the loop of all notes, and ends the notes after it.
    fn place_seam(&mut self) {
        let Some(points) = self.plan.loop_frames else { return };
        let mut sounds: Vec<_> = self.models.iter().map(|m| m.frames[..self.plan.frames].to_vec()).collect();
        sounds.par_extend(
            self.probes()
                .into_par_iter()
                .map(|weights| render::render(self, &note::morph(self, &weights, &weights), self.plan.frames)),
        );
        let shift = looping::seam_shift(&sounds, points, self.clock.rate_hz);
        self.plan.loop_frames = Some(LoopFrames { start: points.start + shift, end: points.end + shift });
        self.plan.frames -= looping::seam_slack(self.clock.rate_hz) - shift;
    }

    /// Weights of some notes that tell how others are: between all sources, and from there half-way
    /// to each.
    fn probes(&self) -> Vec<Vec<f64>> {
        let count = self.models.len();
        if count < 2 {
            return Vec::new();
        }
        let even = vec![1.0 / count as f64; count];
        let towards = |i: usize| (0..count).map(|j| 0.5 * even[j] + if i == j { 0.5 } else { 0.0 }).collect();
        std::iter::once(even.clone()).chain((0..count.min(PROBES)).map(towards)).collect()
    }

    /// The plan that all notes follow.
    pub fn plan(&self) -> LoopPlan {
        self.plan
    }

    /// A source as it was analysed; it goes on past the notes' end.
    pub fn source(&self, index: usize) -> &[[f32; 2]] {
        &self.models[index].frames[..self.plan.frames]
    }

    /// The note with these weights of the sources: `timbre` for spectrum and noise, `dynamics` for
    /// level over time and attack. Where both are all one source's, it is that source, copied.
    ///
    /// # Panics
    /// If the weights are not as many as the sources.
    pub fn note(&self, timbre: &[f64], dynamics: &[f64]) -> Note {
        assert!(timbre.len() == self.models.len() && dynamics.len() == self.models.len(), "a weight for each source");
        let all = |w: f64| (w - 1.0).abs() < 1e-9;
        let frames = match (0..self.models.len()).find(|i| all(timbre[*i]) && all(dynamics[*i])) {
            Some(i) => self.corner(i),
            None => self.between(timbre, dynamics),
        };
        let loudness_lufs = super::loudness::momentary_lufs(&frames, self.clock.rate_hz);
        let f0_hz = note::fundamental_hz(self, timbre);
        Note { frames, loop_frames: self.plan.loop_frames, f0_hz, loudness_lufs }
    }

    /// A source as its corner plays it.
    pub(super) fn corner(&self, source: usize) -> Vec<[f32; 2]> {
        let mut frames = self.models[source].frames[..self.plan.frames].to_vec();
        loop_seam::end(&mut frames, self.plan, self.clock);
        frames
    }

    /// A note by analysis and synthesis.
    pub(super) fn between(&self, timbre: &[f64], dynamics: &[f64]) -> Vec<[f32; 2]> {
        let parameters = note::morph(self, timbre, dynamics);
        let mut frames = render::render(self, &parameters, self.plan.frames);
        let sources: Vec<_> = self.models.iter().map(|m| &m.frames[..]).collect();
        loop_seam::even(&mut frames, &sources, dynamics, self.plan, self.clock);
        let weights = timbre.iter().zip(dynamics).map(|(t, d)| t.abs() + d.abs());
        let sources = self.peaks.iter().zip(weights).filter(|(_, w)| *w > 0.0).map(|(p, _)| *p);
        let (peak, most) = (peak(&frames), sources.fold(0.0, f32::max) * 10f64.powf(PEAK_DB / 20.0) as f32);
        if peak > most {
            frames.iter_mut().for_each(|f| *f = f.map(|s| s * (most / peak)));
        }
        loop_seam::close(&mut frames, self.plan, self.clock);
        loop_seam::end(&mut frames, self.plan, self.clock);
        frames
    }
}

fn peak(frames: &[[f32; 2]]) -> f32 {
    frames.iter().flatten().fold(0.0, |top: f32, s| top.max(s.abs()))
}
