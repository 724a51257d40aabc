//! The voice filter: a state-variable filter by the trapezoidal rule.
//!
//! After A. Simper, "Linear Trapezoidal Integrated State Variable Filter" (Cytomic, 2013): the
//! response is the analogue one's, frequencies bent by tan(π f / rate); it stays stable while its
//! coefficients move. Output = a mix of input, band and low, so Off is a mix too and changing the
//! kind is a crossfade.

use std::f64::consts::{PI, SQRT_2};

use crate::kernel::{Four, TickFrames};
use crate::limits::TICK_FRAMES;

/// Which output is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilterKind {
    Off,
    LowPass,
    BandPass,
    HighPass,
}

impl FilterKind {
    /// By the index of the parameter's choice.
    pub(crate) fn from_choice(index: f64) -> FilterKind {
        match index as usize {
            1 => FilterKind::LowPass,
            2 => FilterKind::BandPass,
            3 => FilterKind::HighPass,
            _ => FilterKind::Off,
        }
    }
}

/// Damping `1/Q` of a resonance of 0…1: Q from 0.707 (no peak) to 20, in equal ratios.
pub(crate) fn damping(resonance: f64) -> f64 {
    SQRT_2 * (20.0 * SQRT_2).powf(-resonance.clamp(0.0, 1.0))
}

/// Coefficients at one moment. All are ramped inside a tick: every one lies between two stable sets.
///
/// With the difference `d = input − second` the states go to `keep · first + cross · d` and
/// `second + cross · first + feed · d`; band and low are the means of a state before and after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Coefficients {
    /// 2 a₁ − 1 of the paper.
    keep: f32,
    /// 2 a₂.
    cross: f32,
    /// 2 a₃.
    feed: f32,
    input: f32,
    /// Half of what is heard of the band: the sum of two states is twice their mean.
    band: f32,
    /// Half of what is heard of the low.
    low: f32,
}

impl Coefficients {
    /// The input as it is.
    pub(crate) const THROUGH: Coefficients =
        Coefficients { keep: 0.0, cross: 0.0, feed: 0.0, input: 1.0, band: 0.0, low: 0.0 };

    pub(crate) fn new(kind: FilterKind, cutoff_hz: f64, damping: f64, sample_rate_hz: f64) -> Coefficients {
        let g = (PI * (cutoff_hz / sample_rate_hz).clamp(1e-5, 0.49)).tan();
        let a1 = 1.0 / (1.0 + g * (g + damping));
        let (input, band, low) = match kind {
            FilterKind::Off => (1.0, 0.0, 0.0),
            FilterKind::LowPass => (0.0, 0.0, 1.0),
            FilterKind::BandPass => (0.0, damping, 0.0),
            FilterKind::HighPass => (1.0, -damping, -1.0),
        };
        Coefficients {
            keep: (2.0 * a1 - 1.0) as f32,
            cross: (2.0 * g * a1) as f32,
            feed: (2.0 * g * g * a1) as f32,
            input: input as f32,
            band: (0.5 * band) as f32,
            low: (0.5 * low) as f32,
        }
    }

    /// The input as it is.
    fn is_through(&self) -> bool {
        (self.input, self.band, self.low) == (1.0, 0.0, 0.0)
    }
}

/// One voice's filter, stereo.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter {
    /// `None` while it is off: then it costs nothing.
    now: Option<Coefficients>,
    first: [f32; 2],
    second: [f32; 2],
    /// The newest goal, and what it was computed for.
    goal: Option<Goal>,
}

#[derive(Debug, Clone, Copy)]
struct Goal {
    kind: FilterKind,
    octaves: f64,
    damping: f64,
    coefficients: Coefficients,
}

impl Filter {
    pub(crate) const OFF: Filter = Filter { now: None, first: [0.0; 2], second: [0.0; 2], goal: None };

    /// The coefficients of a kind, cutoff and damping; `compute` is asked only when one of them has moved.
    pub(crate) fn goal_for(
        &mut self,
        kind: FilterKind,
        octaves: f64,
        damping: f64,
        compute: impl FnOnce() -> Coefficients,
    ) -> Coefficients {
        match self.goal {
            Some(goal) if (goal.kind, goal.octaves, goal.damping) == (kind, octaves, damping) => goal.coefficients,
            _ => {
                let coefficients = compute();
                self.goal = Some(Goal { kind, octaves, damping, coefficients });
                coefficients
            }
        }
    }

    /// Is there nothing to do?
    pub(crate) fn is_off(&self, kind: FilterKind) -> bool {
        kind == FilterKind::Off && self.now.is_none()
    }

    /// Filters the frames of a tick from `from` on, ramping from where it was to `goal`.
    /// `fresh`: the voice begins here, there is nothing to ramp from.
    pub(crate) fn run(&mut self, goal: Coefficients, from: usize, fresh: bool, frames: &mut TickFrames) {
        let start = match self.now {
            Some(now) => now,
            None if fresh => goal,
            None => Coefficients { input: 1.0, band: 0.0, low: 0.0, ..goal },
        };
        let mut states = Four::new([self.first[0], self.first[1], self.second[0], self.second[1]]);
        let mut step = |now: &Lanes, i: usize| {
            let (left, right) = (frames.left[i], frames.right[i]);
            let input = Four::new([left, right, left, right]);
            let kept = now.keep.times(states).plus(now.cross.times(states.firsts()));
            let next = kept.plus(now.feed.times(input.minus(states.lasts())));
            // Half of a state before and after is what is heard of it.
            let heard = now.heard.times(states.plus(next));
            let heard = heard.plus(heard.lasts()).plus(now.input.times(input));
            [frames.left[i], frames.right[i]] = heard.first_two();
            states = next;
        };
        let goal_lanes = Lanes::of(&goal);
        if start == goal {
            (from..TICK_FRAMES).for_each(|i| step(&goal_lanes, i));
        } else {
            let mut now = Lanes::of(&start);
            let slope = goal_lanes.slope_from(&now);
            for i in from..TICK_FRAMES {
                now = now.plus(&slope);
                step(&now, i);
            }
        }
        self.first = states.first_two();
        self.second = states.lasts().first_two();
        self.now = (!goal.is_through()).then_some(goal);
        let healthy = self.first.iter().chain(&self.second).all(|s| s.is_finite() && s.abs() < 1e6);
        if !healthy || self.now.is_none() {
            (self.first, self.second) = ([0.0; 2], [0.0; 2]);
        }
        if !healthy {
            *frames = TickFrames::SILENCE;
        }
    }
}

/// [`Coefficients`] for both states of both sides: first left, first right, second left, second right.
#[derive(Clone, Copy)]
struct Lanes {
    /// Of the state itself.
    keep: Four,
    /// Of the first state of the same side.
    cross: Four,
    /// Of the difference between input and second state.
    feed: Four,
    heard: Four,
    input: Four,
}

impl Lanes {
    fn of(c: &Coefficients) -> Lanes {
        Lanes {
            keep: Four::new([c.keep, c.keep, 1.0, 1.0]),
            cross: Four::new([0.0, 0.0, c.cross, c.cross]),
            feed: Four::new([c.cross, c.cross, c.feed, c.feed]),
            heard: Four::new([c.band, c.band, c.low, c.low]),
            input: Four::splat(c.input),
        }
    }

    /// What is added per frame to get here in a tick.
    fn slope_from(&self, from: &Lanes) -> Lanes {
        let part = Four::splat(1.0 / TICK_FRAMES as f32);
        self.with(from, |to, from| to.minus(from).times(part))
    }

    #[inline(always)]
    fn plus(&self, b: &Lanes) -> Lanes {
        self.with(b, Four::plus)
    }

    #[inline(always)]
    fn with(&self, b: &Lanes, f: impl Fn(Four, Four) -> Four) -> Lanes {
        Lanes {
            keep: f(self.keep, b.keep),
            cross: f(self.cross, b.cross),
            feed: f(self.feed, b.feed),
            heard: f(self.heard, b.heard),
            input: f(self.input, b.input),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 48_000.0;

    /// Gain of a steady sine through the filter.
    fn measured(kind: FilterKind, cutoff: f64, damping: f64, tone: f64) -> f64 {
        let goal = Coefficients::new(kind, cutoff, damping, RATE);
        let mut filter = Filter::OFF;
        let (mut sum_in, mut sum_out) = (0.0, 0.0);
        for tick in 0..3000 {
            let mut frames = TickFrames::SILENCE;
            for i in 0..TICK_FRAMES {
                let t = (tick * TICK_FRAMES + i) as f64;
                frames.left[i] = (2.0 * PI * tone * t / RATE).sin() as f32;
            }
            let input = frames;
            filter.run(goal, 0, tick == 0, &mut frames);
            if tick >= 1500 {
                sum_in += input.left.iter().map(|v| f64::from(v * v)).sum::<f64>();
                sum_out += frames.left.iter().map(|v| f64::from(v * v)).sum::<f64>();
            }
        }
        (sum_out / sum_in).sqrt()
    }

    #[test]
    fn the_response_is_the_analogue_filters() {
        for kind in [FilterKind::LowPass, FilterKind::BandPass, FilterKind::HighPass] {
            for cutoff in [200.0, 1000.0, 9000.0] {
                for resonance in [0.0, 0.5, 1.0] {
                    for tone in [120.0, 1000.0, 1100.0, 5000.0, 15_000.0] {
                        let k = damping(resonance);
                        let w = (PI * tone / RATE).tan() / (PI * cutoff / RATE).tan();
                        let below = ((1.0 - w * w).powi(2) + (k * w).powi(2)).sqrt();
                        let want = match kind {
                            FilterKind::LowPass => 1.0,
                            FilterKind::BandPass => k * w,
                            _ => w * w,
                        } / below;
                        let got = measured(kind, cutoff, k, tone);
                        let off_db = 20.0 * (got / want).log10();
                        assert!(
                            off_db.abs() < 0.05 || want < 1e-3,
                            "{kind:?} {cutoff} {resonance} {tone}: {off_db} dB"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn no_resonance_is_3_db_down_at_the_cutoff_and_full_is_a_peak_of_26_db() {
        assert!((20.0 * measured(FilterKind::LowPass, 1000.0, damping(0.0), 1000.0).log10() + 3.01).abs() < 0.05);
        assert!((20.0 * measured(FilterKind::LowPass, 1000.0, damping(1.0), 1000.0).log10() - 26.02).abs() < 0.1);
    }

    #[test]
    fn nonsense_in_does_not_stay() {
        let mut filter = Filter::OFF;
        let mut frames = TickFrames { left: [f32::NAN; 16], right: [1e30; 16] };
        let goal = Coefficients::new(FilterKind::LowPass, 1000.0, 1.0, RATE);
        filter.run(goal, 0, true, &mut frames);
        assert!(frames.left.iter().chain(&frames.right).all(|v| v.is_finite()));
        let mut frames = TickFrames::SILENCE;
        filter.run(goal, 0, false, &mut frames);
        assert_eq!(frames, TickFrames::SILENCE);
    }
}
