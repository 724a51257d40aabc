//! The sources of one root, and the notes between them.

use betwixt_engine::resident::LoopFrames;

use super::bands::Bands;
use super::clock::Clock;
use super::model::Model;
use super::phases::Offsets;
use super::residual::Transform;
use super::{loop_seam, note, render};

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
    pub(super) f0_hz: f64,
    pub(super) hops: usize,
    pub(super) bins: usize,
    pub(super) transform: Transform,
    pub(super) bands: Bands,
    pub(super) offsets: Offsets,
    plan: LoopPlan,
    /// The highest peak of the sources.
    peak: f32,
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
    /// Of sources that share clock, length and pitch.
    ///
    /// # Panics
    /// If there are none, or they differ.
    pub fn new(models: Vec<Model>, plan: LoopPlan) -> Set {
        let first = models.first().expect("a set of sources");
        let (clock, f0_hz, frames) = (first.clock, first.partials.series.f0_hz, first.frames.len());
        assert!(models.iter().all(|m| m.clock == clock && m.frames.len() == frames), "sources of one length");
        let transform = Transform::new(clock);
        let hops = clock.hops(frames.min(plan.frames + 2 * clock.window()));
        Set {
            clock,
            f0_hz,
            hops,
            bins: transform.bins(),
            bands: Bands::new(clock, f0_hz),
            offsets: Offsets::new(&models),
            transform,
            plan,
            peak: models.iter().map(|m| peak(&m.frames[..plan.frames])).fold(0.0, f32::max),
            models,
        }
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
        Note { frames, loop_frames: self.plan.loop_frames, f0_hz: self.f0_hz, loudness_lufs }
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
        let (peak, most) = (peak(&frames), self.peak * 10f64.powf(PEAK_DB / 20.0) as f32);
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
