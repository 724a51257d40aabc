//! Where a note's partials lie, between sources that are tuned apart.

use super::model::Model;
use super::series::{Kind, Series};
use super::set::Set;

/// Where a note's partials lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tuning {
    /// The fundamental.
    pub(super) f0_hz: f64,
    loop_seconds: Option<f64>,
}

impl Tuning {
    /// Of a note with these weights (0…1, of what can be heard): where those of its sources that have a
    /// pitch are tuned to, in cents.
    pub(super) fn of(set: &Set, weights: &[f64]) -> Tuning {
        let pitched = |m: &Model| m.partials.series.kind != Kind::Unpitched;
        let all = || set.models.iter().zip(weights).filter(|(m, w)| **w > 0.0 && pitched(m));
        let first = all().next().map_or(&set.models[0], |(m, _)| m).partials.series.f0_hz;
        let (octaves, share) = all().fold((0.0, 0.0), |(octaves, share), (m, w)| {
            (octaves + w * (m.partials.series.f0_hz / first).log2(), share + w)
        });
        let loop_frames = set.plan().loop_frames;
        Tuning {
            f0_hz: first * (octaves / f64::max(share, 1e-12)).exp2(),
            loop_seconds: loop_frames.map(|l| (l.end - l.start) as f64 / set.clock.rate_hz),
        }
    }

    /// Where a line of a source comes to lie: in a loop, whole cycles of it away, so that it still comes
    /// round with it.
    pub(super) fn place(self, series: &Series, hz: f64) -> f64 {
        let to = hz * (self.f0_hz / series.f0_hz);
        self.loop_seconds.map_or(to, |seconds| hz + ((to - hz) * seconds).round() / seconds)
    }
}
