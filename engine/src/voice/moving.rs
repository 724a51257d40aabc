//! What follows controllers, tick by tick, and where it goes.

use super::glide::Glide;
use super::{Context, Stretch, Voice};
use crate::engine::controls::{Shared, Sound, WheelTarget};
use crate::envelope::Envelope;
use crate::midi::Channel;

/// The soft pedal: 4 dB quieter.
const SOFT_LEVEL: f32 = 0.63;
/// CC 74 and the brightness expression move the cutoff by up to this part of its travel.
const BRIGHTNESS_TRAVEL: f64 = 0.5;

/// What moves from tick to tick.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moving {
    pub(super) envelope: Envelope,
    pub(super) glide: Glide,
    /// Semitones beside the glide: tune, bend, expression.
    pub(super) bent: f64,
    /// Pad offsets of this note: its modulation, the wheel.
    pub(super) extra: [f64; 2],
    /// Left and right amplitude at the tick's end.
    pub(super) levels: [f32; 2],
    /// Left and right amplitude at the tick's beginning.
    pub(super) levels_before: [f32; 2],
    /// At the tick's end.
    pub(super) width: f32,
    /// At the tick's beginning.
    pub(super) width_before: f32,
    /// Cutoff along its travel.
    pub(super) cutoff: f64,
}

/// Where controllers want it, but for the pad offsets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goals {
    bent: f64,
    levels: [f32; 2],
    width: f32,
    cutoff: f64,
    /// Part of its way that a followed value goes in a tick.
    part: f64,
}

/// What was found when nothing but the place on the pad had anything to follow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calm {
    /// It holds for this state of the controls, see [`Controls::changes`](crate::engine::controls::Controls::changes).
    pub(super) changes: u32,
    /// The envelope rests too.
    pub(super) rests: bool,
}

impl Moving {
    pub(super) const START: Moving = Moving {
        envelope: Envelope::START,
        glide: Glide::REST,
        bent: 0.0,
        extra: [0.0; 2],
        levels: [0.0; 2],
        levels_before: [0.0; 2],
        width: 1.0,
        width_before: 1.0,
        cutoff: 1.0,
    };

    /// A note begins: all is at its goal at once, and what the slot's last note left behind is not heard,
    /// not even in the last bit.
    pub(super) fn begin(&mut self, goals: &Goals, extra: [f64; 2]) {
        self.bent = goals.bent;
        self.extra = extra;
        (self.levels, self.levels_before) = (goals.levels, goals.levels);
        (self.width, self.width_before) = (goals.width, goals.width);
        self.cutoff = goals.cutoff;
    }

    /// One tick later, but for the pad offsets.
    pub(super) fn follow(&mut self, goals: &Goals) {
        self.stay();
        self.bent = follow(self.bent, goals.bent, goals.part);
        for side in 0..2 {
            let (now, goal) = (f64::from(self.levels[side]), f64::from(goals.levels[side]));
            self.levels[side] = follow(now, goal, goals.part) as f32;
        }
        self.width = follow(f64::from(self.width), f64::from(goals.width), goals.part) as f32;
        self.cutoff = follow(self.cutoff, goals.cutoff, goals.part);
    }

    /// The pad offsets one tick later, on the way to `extra`.
    pub(super) fn follow_extra(&mut self, shared: &Shared, extra: [f64; 2]) {
        for (now, goal) in self.extra.iter_mut().zip(extra) {
            *now = follow(*now, goal, shared.follow);
        }
    }

    /// One tick later, where nothing has anything to follow, but for the pad offsets.
    pub(super) fn stay(&mut self) {
        self.levels_before = self.levels;
        self.width_before = self.width;
    }

    /// Is all but the pad offsets at its goal?
    pub(super) fn is_at(&self, goals: &Goals) -> bool {
        self.glide.is_done()
            && self.bent == goals.bent
            && self.levels == goals.levels
            && self.width == goals.width
            && self.cutoff == goals.cutoff
    }
}

/// A followed value one tick later; exactly the goal once it is near.
fn follow(now: f64, goal: f64, part: f64) -> f64 {
    let way = goal - now;
    if way.abs() < 1e-6 || part >= 1.0 { goal } else { now + way * part }
}

impl Voice {
    /// Where controllers want it.
    pub(super) fn goals(&self, context: &Context<'_>, sound: &Sound, channel: &Channel) -> Goals {
        let shared = context.shared();
        Goals {
            bent: sound.tune + shared.fine + f64::from(channel.bend) * shared.bend_range + self.expressions.tuning,
            levels: self.level_goals(sound, channel),
            width: shared.width,
            cutoff: self.cutoff_goal(shared, sound, channel),
            part: context.clock.follow,
        }
    }

    /// Where its pad offsets go in a tick.
    pub(super) fn extra_goals(&self, context: &Context<'_>, ticks: Stretch<'_>, tick: usize) -> [f64; 2] {
        let mods = self.ahead.at(ticks.first + tick).unwrap_or_else(|| self.point_mods());
        let wheel = |target: WheelTarget| match context.shared().wheel == target {
            true => f64::from(ticks.channel(context, self.note.channel, tick).wheel),
            false => 0.0,
        };
        [f64::from(mods[0]) + wheel(WheelTarget::X), f64::from(mods[1]) + wheel(WheelTarget::Y)]
    }

    fn level_goals(&self, sound: &Sound, channel: &Channel) -> [f32; 2] {
        let soft = if self.soft { SOFT_LEVEL } else { 1.0 };
        let level =
            self.velocity_level * soft * sound.gain * channel.volume * channel.expression * self.expressions.volume;
        // A balance: the middle leaves both sides alone.
        let pan = (sound.pan + channel.pan + self.expressions.pan).clamp(-1.0, 1.0);
        [level * (1.0 - pan.max(0.0)), level * (1.0 + pan.min(0.0))]
    }

    fn cutoff_goal(&self, shared: &Shared, sound: &Sound, channel: &Channel) -> f64 {
        let wheel = if shared.wheel == WheelTarget::Cutoff { f64::from(channel.wheel) } else { 0.0 };
        let bright = f64::from(channel.brightness + self.expressions.brightness) * BRIGHTNESS_TRAVEL;
        (sound.cutoff + wheel + bright).clamp(0.0, 1.0)
    }
}
