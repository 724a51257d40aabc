//! A tick of a voice: where its controls stand, and the frames that follow from them.

use super::source::Goal;
use super::way::Point;
use super::{ClockRates, Context, Late, NEVER, Played, Stretch, Voice, heard};
use crate::engine::controls::{LoopMode, Shared, Sound};
use crate::filter::Coefficients;
use crate::kernel::TickFrames;
use crate::limits::{RATIO, TICK_FRAMES};
use crate::resident::{LoopFrames, PlayNote};

/// The soft pedal: an octave darker where the filter is on.
const SOFT_OCTAVES: f64 = -1.0;
/// The cutoff's travel in octaves, 20 Hz to 20 kHz.
const CUTOFF_OCTAVES: f64 = 9.965_784_284_662_087;
/// Slowest playback, as a ratio: below it a step would round to nothing.
const SLOWEST: f64 = 1.0 / 65_536.0;

/// The loop in which a note goes round.
pub(super) fn loop_frames(mode: LoopMode, note: &PlayNote) -> Option<LoopFrames> {
    match mode {
        LoopMode::Pack => note.loop_frames,
        LoopMode::Off => None,
        LoopMode::On => Some(note.loop_frames.unwrap_or(LoopFrames { start: 0, end: note.frames })),
    }
}

/// Gains of a tick: envelope times the ramped levels.
pub(super) fn tick_gains(shape: &[f32; TICK_FRAMES], before: [f32; 2], after: [f32; 2], out: &mut TickFrames) {
    for (side, out) in [&mut out.left, &mut out.right].into_iter().enumerate() {
        let slope = (after[side] - before[side]) * (1.0 / TICK_FRAMES as f32);
        if slope == 0.0 {
            out.iter_mut().zip(shape).for_each(|(gain, shape)| *gain = shape * after[side]);
            continue;
        }
        for (i, (gain, shape)) in out.iter_mut().zip(shape).enumerate() {
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

    /// Computes the frames and gains of the first of these ticks, from its frame `from` on (not 0 where
    /// the note begins inside it).
    #[inline(never)]
    pub(super) fn compute_tick(
        &mut self,
        context: &Context<'_>,
        late: &mut Late,
        played: Played<'_>,
        ticks: Stretch<'_>,
        from: usize,
    ) {
        let note = played.note;
        let sound = self.sound(context);
        let shared = context.shared();
        let fresh = std::mem::take(&mut self.fresh);
        self.is_steady = false;
        let goals = self.goals(context, &sound, &ticks.channel(context, self.note.channel, 0));
        let extra = self.extra_goals(context, ticks, 0);

        let mut point = ticks.point();
        if fresh {
            self.now.begin(&goals, extra);
            point = ticks.way.landing().unwrap_or(point);
            self.latched = point.place;
        } else {
            self.now.follow(&goals);
            self.now.follow_extra(shared, extra);
        }
        self.heard = self.heard_at(shared, point, self.now.extra);
        let goal = Goal { point: self.heard, step: self.move_pitch(context, played, from) };
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

    /// Where the note is heard when the pad's point and its own offsets are these.
    pub(super) fn heard_at(&self, shared: &Shared, point: Point, extra: [f64; 2]) -> [f32; 2] {
        let place = if shared.latch { self.latched } else { point.place };
        heard([place[0] + extra[0], place[1] + extra[1]])
    }

    /// The step at the end of the tick, 32.32 source frames per output frame.
    pub(super) fn move_pitch(&mut self, context: &Context<'_>, played: Played<'_>, from: usize) -> u64 {
        let Played { pack, note, .. } = played;
        self.now.glide.advance(TICK_FRAMES - from);
        let semitones = self.semitones(note);
        self.source.step_for(semitones, || {
            let ratio = (semitones / 12.0).exp2() * (pack.sample_rate_hz / context.clock.sample_rate_hz);
            (ratio.clamp(SLOWEST, RATIO) * 4_294_967_296.0).round() as u64
        })
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
