//! A tick of a voice: where its controls stand, and the frames that follow from them.

use super::source::Goal;
use super::{ClockRates, Context, Late, NEVER, Played, Point, Voice, heard};
use crate::engine::controls::{LoopMode, Shared, Sound, WheelTarget};
use crate::filter::Coefficients;
use crate::kernel::TickFrames;
use crate::limits::{RATIO, TICK_FRAMES};
use crate::midi::Channel;
use crate::params::Param;
use crate::resident::{LoopFrames, PlayNote};

/// The soft pedal: 4 dB quieter, and an octave darker where the filter is on.
const SOFT_LEVEL: f32 = 0.63;
const SOFT_OCTAVES: f64 = -1.0;
/// CC 74 and the brightness expression move the cutoff by up to this part of its travel.
const BRIGHTNESS_TRAVEL: f64 = 0.5;
/// The cutoff's travel in octaves, 20 Hz to 20 kHz.
const CUTOFF_OCTAVES: f64 = 9.965_784_284_662_087;
/// Slowest playback, as a ratio: below it a step would round to nothing.
const SLOWEST: f64 = 1.0 / 65_536.0;

/// What a voice follows.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) sound: &'a Sound,
    pub(super) channel: &'a Channel,
    /// Part of its way that a followed value goes in a tick; all of it at the note's beginning.
    pub(super) part: f64,
}

/// A followed value one tick later; exactly the target once it is near (and at once if `part` is 1:
/// what the slot's last note left behind must not be heard, not even in the last bit).
fn follow(now: f64, target: f64, part: f64) -> f64 {
    let way = target - now;
    if way.abs() < 1e-6 || part >= 1.0 { target } else { now + way * part }
}

/// The loop in which a note goes round.
pub(super) fn loop_frames(mode: LoopMode, note: &PlayNote) -> Option<LoopFrames> {
    match mode {
        LoopMode::Pack => note.loop_frames,
        LoopMode::Off => None,
        LoopMode::On => Some(note.loop_frames.unwrap_or(LoopFrames { start: 0, end: note.frames })),
    }
}

/// Where a place of the pad is heard with a note's own offsets.
pub(super) fn heard_with(place: [f64; 2], extra: [f64; 2]) -> [f32; 2] {
    heard([place[0] + extra[0], place[1] + extra[1]])
}

/// Gains of a tick: envelope times the ramped levels.
pub(super) fn tick_gains(shape: &[f32; TICK_FRAMES], before: [f32; 2], after: [f32; 2], out: &mut TickFrames) {
    for (side, out) in [&mut out.left, &mut out.right].into_iter().enumerate() {
        let slope = (after[side] - before[side]) * (1.0 / TICK_FRAMES as f32);
        for (i, (gain, shape)) in out.iter_mut().zip(shape).enumerate() {
            // Without a slope exactly the level.
            *gain = shape * (after[side] - slope * (TICK_FRAMES - 1 - i) as f32);
        }
    }
}

/// Makes a tick wider or narrower: 1 is as it is, 0 is mono.
pub(super) fn widen(frames: &mut TickFrames, before: f32, after: f32) {
    if before == 1.0 && after == 1.0 {
        return;
    }
    let slope = (after - before) * (1.0 / TICK_FRAMES as f32);
    for i in 0..TICK_FRAMES {
        let (left, right) = (frames.left[i], frames.right[i]);
        let middle = 0.5 * (left + right);
        let side = 0.5 * (left - right) * (before + slope * (i + 1) as f32);
        frames.left[i] = middle + side;
        frames.right[i] = middle - side;
    }
}

impl Voice {
    /// The values that this note plays with.
    pub(super) fn sound(&mut self, context: &Context<'_>) -> Sound {
        if !self.has_mods {
            return context.shared().sound;
        }
        let revision = context.controls.revision();
        match self.sound {
            Some((of, sound)) if of == revision => sound,
            _ => {
                let sound = context.controls.sound(&self.mods);
                self.sound = Some((revision, sound));
                sound
            }
        }
    }

    /// Computes the frames and gains of the tick, from its frame `from` on (not 0 where the note
    /// begins inside it).
    #[inline(never)]
    pub(super) fn compute_tick(
        &mut self,
        context: &Context<'_>,
        late: &mut Late,
        played: Played<'_>,
        point: Point,
        from: usize,
    ) {
        let note = played.note;
        let sound = self.sound(context);
        let shared = context.shared();
        let fresh = std::mem::take(&mut self.fresh);
        let part = if fresh { 1.0 } else { context.clock.follow };
        let asked = Asked { sound: &sound, channel: self.channel(context), part };

        let goal = self.move_controls(context, asked, played, point, from);
        if fresh {
            self.source.begin(note, sound.start, shared.reverse, goal.step);
        }
        self.source.set_loop(loop_frames(shared.loop_mode, note));
        let sounds = self.source.tick(context, late, played, goal, from, &mut self.frames);
        self.end = if sounds { NEVER } else { from };
        widen(&mut self.frames, self.now.width_before, self.now.width);
        if !self.filter.is_off(shared.filter) {
            let goal = self.filter_goal(context, &sound);
            self.filter.run(goal, from, fresh, &mut self.frames);
        }

        if shared.bypass && self.fade.is_none() {
            self.fade = Some(1.0);
        }
        if let Some(end) = self.now.envelope.run(&sound.rates, from, &mut self.shape) {
            self.end = self.end.min(end);
        }
        self.set_gains();
        if self.fade.is_some() {
            self.fade_gains(from, context.clock);
        }
    }

    /// The controllers of its channel.
    pub(super) fn channel<'a>(&self, context: &Context<'a>) -> &'a Channel {
        &context.channels[usize::from(self.note.channel) % context.channels.len()]
    }

    /// All that follows controllers goes one tick on.
    pub(super) fn move_controls(
        &mut self,
        context: &Context<'_>,
        asked: Asked<'_>,
        played: Played<'_>,
        point: Point,
        from: usize,
    ) -> Goal {
        let Asked { sound, channel, part } = asked;
        let fresh = part >= 1.0;
        let shared = context.shared();
        self.move_point(context, channel, point, fresh);
        self.move_levels(sound, channel, part, fresh);
        self.now.width_before = if fresh { shared.width } else { self.now.width };
        self.now.width = follow(f64::from(self.now.width_before), f64::from(shared.width), part) as f32;
        self.now.cutoff = follow(self.now.cutoff, self.cutoff_goal(shared, sound, channel), part);
        Goal { point: self.heard, step: self.move_pitch(context, asked, played, from) }
    }

    fn move_point(&mut self, context: &Context<'_>, channel: &Channel, point: Point, fresh: bool) {
        let shared = context.shared();
        let point = context.controls.landing().filter(|_| fresh).map_or(point, Point::new);
        if fresh {
            self.latched = point.place;
        }
        let part = if fresh { 1.0 } else { shared.follow };
        let goals = self.extra_goals(shared, channel);
        for (now, goal) in self.now.extra.iter_mut().zip(goals) {
            *now = follow(*now, goal, part);
        }
        self.heard = self.heard_at(shared, point);
    }

    /// Where the note's own pad offsets go.
    pub(super) fn extra_goals(&self, shared: &Shared, channel: &Channel) -> [f64; 2] {
        [(Param::X, WheelTarget::X), (Param::Y, WheelTarget::Y)].map(|(param, wheel)| {
            let wheel = if shared.wheel == wheel { f64::from(channel.wheel) } else { 0.0 };
            f64::from(self.mods[param as usize]) + wheel
        })
    }

    /// Where the note is heard when the pad's point is here.
    pub(super) fn heard_at(&self, shared: &Shared, point: Point) -> [f32; 2] {
        heard_with(if shared.latch { self.latched } else { point.place }, self.now.extra)
    }

    /// Where the left and right level go.
    pub(super) fn level_goals(&self, sound: &Sound, channel: &Channel) -> [f32; 2] {
        let soft = if self.soft { SOFT_LEVEL } else { 1.0 };
        let level =
            self.velocity_level * soft * sound.gain * channel.volume * channel.expression * self.expressions.volume;
        // A balance: the middle leaves both sides alone.
        let pan = (sound.pan + channel.pan + self.expressions.pan).clamp(-1.0, 1.0);
        [level * (1.0 - pan.max(0.0)), level * (1.0 + pan.min(0.0))]
    }

    fn move_levels(&mut self, sound: &Sound, channel: &Channel, part: f64, fresh: bool) {
        let goals = self.level_goals(sound, channel);
        self.now.levels_before = self.now.levels;
        for (now, goal) in self.now.levels.iter_mut().zip(goals) {
            *now = follow(f64::from(*now), f64::from(goal), part) as f32;
        }
        if fresh {
            self.now.levels = goals;
            self.now.levels_before = goals;
        }
    }

    /// The step at the end of the tick, 32.32 source frames per output frame.
    fn move_pitch(&mut self, context: &Context<'_>, asked: Asked<'_>, played: Played<'_>, from: usize) -> u64 {
        let Asked { sound, channel, part } = asked;
        let Played { pack, note, .. } = played;
        self.now.bent = follow(self.now.bent, self.bent_goal(context.shared(), sound, channel), part);
        self.now.glide.advance(TICK_FRAMES - from);
        let semitones = self.semitones(note);
        self.source.step_for(semitones, || {
            let ratio = (semitones / 12.0).exp2() * (pack.sample_rate_hz / context.clock.sample_rate_hz);
            (ratio.clamp(SLOWEST, RATIO) * 4_294_967_296.0).round() as u64
        })
    }

    /// Where tune and bend go, in semitones.
    pub(super) fn bent_goal(&self, shared: &Shared, sound: &Sound, channel: &Channel) -> f64 {
        let bend = f64::from(channel.bend) * shared.bend_range;
        sound.tune + shared.fine + bend + self.expressions.tuning
    }

    /// How far above the note's root it plays.
    pub(super) fn semitones(&self, note: &PlayNote) -> f64 {
        self.now.glide.key() - f64::from(note.root) - f64::from(note.tune_cents) / 100.0 + self.now.bent
    }

    /// The filter at the end of the tick; the envelope stands at its beginning.
    pub(super) fn filter_goal(&mut self, context: &Context<'_>, sound: &Sound) -> Coefficients {
        let shared = context.shared();
        let soft = if self.soft { SOFT_OCTAVES } else { 0.0 };
        let key = shared.filter_key * (self.now.glide.key() - 60.0) / 12.0;
        let envelope = shared.filter_env * CUTOFF_OCTAVES * self.now.envelope.level();
        let octaves = self.now.cutoff * CUTOFF_OCTAVES + key + envelope + soft;
        self.filter.goal_for(shared.filter, octaves, sound.damping, || {
            let cutoff_hz = (20.0 * octaves.exp2()).clamp(20.0, 20_000.0);
            Coefficients::new(shared.filter, cutoff_hz, sound.damping, context.clock.sample_rate_hz)
        })
    }

    /// Where the cutoff goes along its travel.
    pub(super) fn cutoff_goal(&self, shared: &Shared, sound: &Sound, channel: &Channel) -> f64 {
        let wheel = if shared.wheel == WheelTarget::Cutoff { f64::from(channel.wheel) } else { 0.0 };
        let bright = f64::from(channel.brightness + self.expressions.brightness) * BRIGHTNESS_TRAVEL;
        (sound.cutoff + wheel + bright).clamp(0.0, 1.0)
    }

    /// Gains of the tick.
    pub(super) fn set_gains(&mut self) {
        tick_gains(&self.shape, self.now.levels_before, self.now.levels, &mut self.gains);
    }

    /// Goes on with the fade from frame `from` of the tick; the voice ends where it is silent.
    pub(super) fn fade_gains(&mut self, from: usize, clock: &ClockRates) {
        let Some(fade) = &mut self.fade else { return };
        for i in from..TICK_FRAMES {
            self.gains.left[i] *= *fade;
            self.gains.right[i] *= *fade;
            if *fade <= 0.0 {
                self.end = self.end.min(i);
                return;
            }
            *fade = (*fade - clock.fade).max(0.0);
        }
    }
}
