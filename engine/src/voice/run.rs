//! Runs of ticks that are computed together: most of what a voice ever does.

use super::source::{Course, Goal, Plan, TICKS};
use super::tick::{loop_frames, tick_gains, widen};
use super::{Calm, Context, NEVER, Played, Span, Stretch, Voice};
use crate::filter::Coefficients;
use crate::kernel::{self, Loudness, TickFrames};
use crate::limits::TICK_FRAMES;
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
    /// Adds some of these ticks, which lie whole in the outputs, as long as the sound flows: what
    /// [`Voice::compute_tick`] and [`Voice::hand_out`] would add, bit for bit. First the controls of all of
    /// them move, then all are mixed, interpolated, and so on: what stays the same is looked at once.
    /// Returns how many; the next is to be computed by itself. Real-time safe.
    #[inline(never)]
    pub(super) fn run(
        &mut self,
        context: &Context<'_>,
        played: Played<'_>,
        ticks: Stretch<'_>,
        scratch: &mut Scratch,
        left: &mut [f32],
        right: &mut [f32],
    ) -> usize {
        let (note, shared, points) = (played.note, context.shared(), ticks.points());
        if points.is_empty() || self.fresh || self.fade.is_some() || shared.bypass || self.end != NEVER {
            return 0;
        }
        self.is_steady = false;
        self.source.set_loop(loop_frames(shared.loop_mode, note));
        let Some(mut course) = self.source.set_out(context, played, points.len(), &mut scratch.plan) else { return 0 };
        // Where its channel moves in the span, what is found here does not hold for long.
        self.calm = if ticks.rests(self.note.channel) { self.find_calm(context, ticks, note) } else { None };
        let is_filtered = !self.filter.is_off(shared.filter);
        if !self.calm.is_some_and(|calm| calm.rests) || is_filtered || self.now.width != 1.0 {
            return self.run_moving(context, played, ticks, course, &mut scratch.stage, (left, right));
        }
        self.now.stay();
        let extra = self.extra_goals(context, ticks, 0);
        let is_steady = extra == [0.0; 2] && self.now.extra == extra && self.ahead.is_none() && !shared.latch;
        let heard = if is_steady {
            self.source.plan_still(context, note, points.iter().map(|point| point.heard), &mut course)
        } else {
            self.plan_placed(context, note, ticks, &mut course)
        };
        let Some(heard) = heard else { return 0 };
        self.heard = heard;
        self.is_steady = is_steady && course.goes_on();
        let frames = &mut scratch.stage.frames[..course.ticks()];
        self.source.arrive(context, &course, frames);
        kernel::add(context.simd, left, right, frames, self.steady_loudness());
        frames.len()
    }

    /// Adds all ticks of a span of one or two, as [`Voice::run`] would, if since the newest run nothing has moved but
    /// the point: what short blocks are made of. Returns how many; 0 if more has to be looked at. Real-time safe.
    #[inline(never)]
    pub(super) fn go_on(&mut self, context: &Context<'_>, played: Played<'_>, span: &mut Span<'_>) -> usize {
        let is_calm = self.calm.is_some_and(|calm| calm.changes == context.controls.changes());
        if !(self.is_steady && is_calm && span.index == 0) {
            return 0;
        }
        match span.left.len().min(span.right.len()) / TICK_FRAMES {
            1 => self.go_on_for::<1>(context, played, span),
            2 => self.go_on_for::<2>(context, played, span),
            _ => 0,
        }
    }

    #[inline]
    fn go_on_for<const N: usize>(&mut self, context: &Context<'_>, played: Played<'_>, span: &mut Span<'_>) -> usize {
        let points = Stretch { way: span.way, first: 0, ticks: N }.points().first_chunk::<N>();
        let frames = span.scratch.stage.frames.first_chunk_mut::<N>();
        let Some((points, frames)) = points.zip(frames) else { return 0 };
        if !self.source.go_on(context, played, points, frames) {
            return 0;
        }
        self.heard = points[N - 1].heard;
        kernel::add(context.simd, span.left, span.right, frames, self.steady_loudness());
        N
    }

    /// Where the envelope rests, and levels.
    fn steady_loudness(&self) -> Loudness<'static> {
        let level = self.now.envelope.level() as f32;
        Loudness::Steady(self.now.levels.map(|side| level * side))
    }

    /// Plans ticks in which only the point and the note's place beside it move. Returns where it is heard last.
    #[inline(never)]
    fn plan_placed(
        &mut self,
        context: &Context<'_>,
        note: &PlayNote,
        ticks: Stretch<'_>,
        course: &mut Course<'_>,
    ) -> Option<[f32; 2]> {
        let mut places = [([0.0; 2], [0.0; 2]); TICKS];
        let mut moving = self.now;
        for (tick, (place, point)) in places.iter_mut().zip(ticks.points()).enumerate() {
            moving.follow_extra(context.shared(), self.extra_goals(context, ticks, tick));
            *place = (moving.extra, self.heard_at(context.shared(), *point, moving.extra));
        }
        let count = ticks.points().len().min(TICKS);
        self.source.plan_still(context, note, places[..count].iter().map(|(_, heard)| *heard), course)?;
        let (extra, heard) = places[course.ticks() - 1];
        self.now.extra = extra;
        Some(heard)
    }

    /// As [`Voice::run`] where more than the point moves, or more is done to the sound.
    #[inline(never)]
    fn run_moving(
        &mut self,
        context: &Context<'_>,
        played: Played<'_>,
        ticks: Stretch<'_>,
        mut course: Course<'_>,
        stage: &mut Stage,
        (left, right): (&mut [f32], &mut [f32]),
    ) -> usize {
        let (note, shared) = (played.note, context.shared());
        let is_filtered = !self.filter.is_off(shared.filter);
        let sound = self.sound(context);
        let rests = ticks.rests(self.note.channel);
        let mut goals = self.goals(context, &sound, &ticks.channel(context, self.note.channel, 0));
        for (tick, point) in ticks.points().iter().take(TICKS).enumerate() {
            let before = self.now;
            let mut step = self.source.step();
            if self.calm.is_some() {
                self.now.stay();
            } else {
                if !rests {
                    goals = self.goals(context, &sound, &ticks.channel(context, self.note.channel, tick));
                }
                self.now.follow(&goals);
                step = self.move_pitch(context, played, 0);
            }
            self.now.follow_extra(shared, self.extra_goals(context, ticks, tick));
            let goal = Goal { point: self.heard_at(shared, *point, self.now.extra), step };
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

    /// Is there nothing to follow but the place on the pad?
    fn find_calm(&mut self, context: &Context<'_>, ticks: Stretch<'_>, note: &PlayNote) -> Option<Calm> {
        let changes = context.controls.changes();
        let still = self.calm.filter(|calm| calm.rests && calm.changes == changes);
        still.or_else(|| {
            let sound = self.sound(context);
            let rests = self.now.envelope.rests(&sound.rates);
            let goals = self.goals(context, &sound, &ticks.channel(context, self.note.channel, 0));
            let is_calm = self.now.is_at(&goals) && self.source.is_at(self.semitones(note));
            is_calm.then_some(Calm { changes, rests })
        })
    }
}
