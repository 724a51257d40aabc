//! Runs of ticks that are computed together: most of what a voice ever does.

use super::source::{Course, Goal, Plan, TICKS};
use super::tick::{heard_with, loop_frames, tick_gains, widen};
use super::{Calm, Context, NEVER, Played, Point, Voice};
use crate::filter::Coefficients;
use crate::kernel::{self, Loudness, TickFrames};
use crate::resident::PlayNote;

/// Where a voice computes a run.
pub(crate) struct Scratch {
    plan: Plan,
    stage: Stage,
}

/// What becomes of the ticks of a run.
struct Stage {
    frames: [TickFrames; TICKS],
    gains: [TickFrames; TICKS],
    /// Before and after each tick.
    widths: [[f32; 2]; TICKS],
    filters: [Coefficients; TICKS],
}

impl Scratch {
    pub(crate) const EMPTY: Scratch = Scratch {
        plan: Plan::EMPTY,
        stage: Stage {
            frames: [TickFrames::SILENCE; TICKS],
            gains: [TickFrames::SILENCE; TICKS],
            widths: [[1.0; 2]; TICKS],
            filters: [Coefficients::THROUGH; TICKS],
        },
    };
}

impl Voice {
    /// Adds whole ticks to the outputs, one for each point, as long as the sound flows: what
    /// [`Voice::compute_tick`] and [`Voice::hand_out`] would add, bit for bit. First the controls of all of
    /// them move, then all are mixed, interpolated, and so on: what stays the same is looked at once.
    /// Returns how many; the next is to be computed by itself. Real-time safe.
    #[inline(never)]
    pub(super) fn run(
        &mut self,
        context: &Context<'_>,
        played: Played<'_>,
        points: &[Point],
        scratch: &mut Scratch,
        left: &mut [f32],
        right: &mut [f32],
    ) -> usize {
        let (note, shared) = (played.note, context.shared());
        if points.is_empty() || self.fresh || self.fade.is_some() || shared.bypass || self.end != NEVER {
            return 0;
        }
        self.source.set_loop(loop_frames(shared.loop_mode, note));
        let Some(mut course) = self.source.set_out(context, played, points.len(), &mut scratch.plan) else { return 0 };
        self.calm = self.find_calm(context, note);
        let is_filtered = !self.filter.is_off(shared.filter);
        if !self.calm.is_some_and(|calm| calm.rests) || is_filtered || self.now.width != 1.0 {
            return self.run_moving(context, played, points, course, &mut scratch.stage, (left, right));
        }
        self.now.stay();
        let heard = if self.now.extra == [0.0; 2] && !shared.latch {
            self.source.plan_still(context, note, points.iter().map(|point| point.heard), &mut course)
        } else {
            let (latched, extra) = (shared.latch.then_some(self.latched), self.now.extra);
            let heard = points.iter().map(|point| heard_with(latched.unwrap_or(point.place), extra));
            self.source.plan_still(context, note, heard, &mut course)
        };
        let Some(heard) = heard else { return 0 };
        self.heard = heard;
        let frames = &mut scratch.stage.frames[..course.ticks()];
        self.source.arrive(context, &course, frames);
        let level = self.now.envelope.level() as f32;
        let loudness = Loudness::Steady(self.now.levels.map(|side| level * side));
        kernel::add(context.simd, left, right, frames, loudness);
        frames.len()
    }

    /// As [`Voice::run`] where more than the point moves, or more is done to the sound.
    #[inline(never)]
    fn run_moving(
        &mut self,
        context: &Context<'_>,
        played: Played<'_>,
        points: &[Point],
        mut course: Course<'_>,
        stage: &mut Stage,
        (left, right): (&mut [f32], &mut [f32]),
    ) -> usize {
        let (note, shared) = (played.note, context.shared());
        let is_filtered = !self.filter.is_off(shared.filter);
        let sound = self.sound(context);
        let goals = self.goals(context, &sound);
        for (tick, point) in points.iter().take(TICKS).enumerate() {
            let before = self.now;
            let mut step = self.source.step();
            if self.calm.is_some() {
                self.now.stay();
            } else {
                self.now.follow(&goals);
                step = self.move_pitch(context, played, 0);
            }
            let goal = Goal { point: self.heard_at(shared, *point), step };
            if is_filtered {
                stage.filters[tick] = self.filter_goal(context, &sound);
            }
            let is_over = self.now.envelope.run(&sound.rates, 0, &mut self.shape).is_some();
            if is_over || !self.source.plan(context, note, goal, &mut course) {
                self.now = before;
                break;
            }
            self.heard = goal.point;
            stage.widths[tick] = [self.now.width_before, self.now.width];
            tick_gains(&self.shape, self.now.levels_before, self.now.levels, &mut stage.gains[tick]);
        }
        let done = course.ticks();
        if done == 0 {
            return 0;
        }
        let Stage { frames, gains, widths, filters } = stage;
        let frames = &mut frames[..done];
        self.source.arrive(context, &course, frames);
        for (frames, [before, after]) in frames.iter_mut().zip(widths) {
            widen(frames, *before, *after);
        }
        if is_filtered {
            for (frames, goal) in frames.iter_mut().zip(filters) {
                if !self.filter.is_off(shared.filter) {
                    self.filter.run(*goal, 0, false, frames);
                }
            }
        }
        kernel::add(context.simd, left, right, frames, Loudness::Moving(&gains[..done]));
        done
    }

    /// Is there nothing to follow but the point?
    fn find_calm(&mut self, context: &Context<'_>, note: &PlayNote) -> Option<Calm> {
        let changes = context.controls.changes();
        let still = self.calm.filter(|calm| calm.rests && calm.changes == changes);
        still.or_else(|| {
            let sound = self.sound(context);
            let rests = self.now.envelope.rests(&sound.rates);
            let is_calm = self.now.is_at(&self.goals(context, &sound)) && self.source.is_at(self.semitones(note));
            is_calm.then_some(Calm { changes, rests })
        })
    }
}
