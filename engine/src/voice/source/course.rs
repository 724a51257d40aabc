//! Ticks of a source that are planned one by one, then mixed and interpolated together: what
//! [`Source::tick`] computes, to the very bit, with all that stays the same looked at once.

use super::{CAPACITY, CHUNKS, Goal, Source};
use crate::kernel::{self, Blend, KernelId, LAYERS, Motion, Piece, TickFrames};
use crate::limits::TICK_FRAMES;
use crate::resident::PlayNote;
use crate::voice::{Context, Played};

/// Ticks of a course at most.
pub(in crate::voice) const TICKS: usize = 16;

/// Frames are asked for this far ahead at least: about what the other voices take in between.
const PREFETCH_FRAMES: usize = 128;

/// What is planned.
pub(in crate::voice) struct Plan {
    motions: [Motion; TICKS],
    pieces: [Piece; TICKS],
}

impl Plan {
    pub(in crate::voice) const EMPTY: Plan =
        Plan { motions: [Motion { position: 0, step: 0, bend: 0, from: 0 }; TICKS], pieces: [Piece::NONE; TICKS] };
}

/// How far the planning of a source has come.
pub(in crate::voice) struct Course<'a> {
    plan: &'a mut Plan,
    /// The layers, from the first frame that is to be mixed.
    blend: Blend<'a>,
    kernel: KernelId,
    /// Weights at the first frame; where there is no layer, not 0.
    begin: [f32; LAYERS],
    /// Weights behind the last.
    weights: [f32; LAYERS],
    /// Weights that the newest point wants.
    wanted: [f32; LAYERS],
    ticks: usize,
    pieces: usize,
    /// Frames to be mixed.
    mixed: usize,
    /// A layer has become silent, so the next tick has others.
    is_over: bool,
}

impl Course<'_> {
    /// Ticks that are planned.
    pub(in crate::voice) fn ticks(&self) -> usize {
        self.ticks
    }
}

impl Source {
    /// Sets out on some ticks from here, if their frames lie in one piece and all layers sound as the point
    /// wants. Real-time safe.
    pub(in crate::voice) fn set_out<'a>(
        &mut self,
        context: &Context<'_>,
        played: Played<'a>,
        ticks: usize,
        plan: &'a mut Plan,
    ) -> Option<Course<'a>> {
        let kernel = self.kernel.filter(|_| self.end.is_none())?;
        let mut course = Course {
            plan,
            blend: Blend::EMPTY,
            kernel,
            begin: [1.0; LAYERS],
            weights: [1.0; LAYERS],
            wanted: [1.0; LAYERS],
            ticks: 0,
            pieces: 0,
            mixed: 0,
            is_over: false,
        };
        self.gather(context, played, ticks.min(TICKS), &mut course)?;
        course.weights = course.begin;
        self.move_to_front((self.position >> 32) as usize);
        Some(course)
    }

    /// Takes the frames that some ticks from here on read.
    #[inline]
    fn gather<'a>(
        &self,
        context: &Context<'_>,
        played: Played<'a>,
        ticks: usize,
        course: &mut Course<'a>,
    ) -> Option<()> {
        let Played { note, reading, .. } = played;
        let contiguous = self.stream.contiguous();
        let most_in_tick = ((TICK_FRAMES as u64 * self.step) >> 32) as usize + 9;
        let range = contiguous.start..contiguous.start + contiguous.len.min(ticks * most_in_tick);
        // Where a layer would begin to fade because of frames that are not there.
        let ahead = range.len() + most_in_tick * (context.clock.late_ticks + 1);
        let mut behind = ([0; CHUNKS], 0);
        if ahead > contiguous.len {
            behind = self.chunks_ahead(ahead);
        }
        let behind = &behind.0[..behind.1];
        let layers = self.layers.whole()?;
        if range.is_empty() || behind.len() == CHUNKS || layers.len() > LAYERS {
            return None;
        }
        for (k, layer) in layers.iter().enumerate() {
            let cell = note.cells.get(usize::from(layer.cell))?;
            let is_there = |chunk: &usize| *chunk >= cell.chunks() || cell.chunk_is_resident(*chunk);
            let frames = cell.read_staying(reading, range.clone())?;
            if !behind.iter().all(is_there) || !course.blend.push(frames) {
                return None;
            }
            (course.begin[k], course.wanted[k]) = (layer.from, layer.wanted);
        }
        Some(())
    }

    /// Plans ticks in which only the point moves, one for each place where it is heard. Returns where it was
    /// heard last; the next tick has to be computed by itself. Real-time safe.
    pub(in crate::voice) fn plan_still(
        &mut self,
        context: &Context<'_>,
        note: &PlayNote,
        points: impl Iterator<Item = [f32; 2]>,
        course: &mut Course<'_>,
    ) -> Option<[f32; 2]> {
        let step = self.step;
        if !context.tables.is_chosen(course.kernel, context.controls.shared().quality, step) {
            return None;
        }
        let mut heard = None;
        for point in points {
            let motion = Motion { position: self.position, step, bend: 0, from: 0 };
            if !self.plan_motion(note, point, &motion, course) {
                break;
            }
            heard = Some(point);
        }
        heard
    }

    /// Plans one tick more. False, and nothing is done, if that one has to be computed by itself.
    /// Real-time safe.
    pub(in crate::voice) fn plan(
        &mut self,
        context: &Context<'_>,
        note: &PlayNote,
        Goal { point, step }: Goal,
        course: &mut Course<'_>,
    ) -> bool {
        let quality = context.controls.shared().quality;
        let is_planned = context.tables.is_chosen(course.kernel, quality, step.max(self.step))
            && self.plan_motion(note, point, &self.motion_to(step), course);
        if is_planned {
            self.step = step;
        }
        is_planned
    }

    #[inline(always)]
    fn plan_motion(&mut self, note: &PlayNote, point: [f32; 2], motion: &Motion, course: &mut Course<'_>) -> bool {
        let count = self.frames_needed(motion);
        if course.is_over
            || course.ticks == TICKS
            || count > course.blend.frames() - course.mixed
            || count > CAPACITY - self.filled
            || (count > 0 && !self.layers.aim_inside(note, point, &mut course.wanted))
        {
            return false;
        }
        if count > 0 {
            course.plan.pieces[course.pieces] = Piece { frames: count, weights: course.wanted };
            course.pieces += 1;
            course.weights = course.wanted;
            course.mixed += count;
            self.filled += count;
            course.is_over = course.weights.contains(&0.0);
        }
        course.plan.motions[course.ticks] = *motion;
        course.ticks += 1;
        self.position = motion.at(TICK_FRAMES);
        true
    }

    /// Computes the planned ticks. Real-time safe.
    pub(in crate::voice) fn arrive(&mut self, context: &Context<'_>, course: &Course<'_>, out: &mut [TickFrames]) {
        let Course { plan, blend, mixed, .. } = course;
        if *mixed > 0 {
            // Cells begin with a cache line: each line of the frames ahead is asked for once.
            let cursor = self.stream.contiguous().start;
            let ahead = cursor + (*mixed).max(PREFETCH_FRAMES);
            blend.prefetch(ahead.next_multiple_of(LINE_FRAMES) - cursor..ahead + mixed - cursor);
            let to = self.filled - mixed..self.filled;
            let (left, right) = (&mut self.left.0[to.clone()], &mut self.right.0[to]);
            blend.mix(context.simd, left, right, &course.begin, &plan.pieces[..course.pieces]);
            self.stream.skip(*mixed);
        }
        self.layers.arrive(&course.weights, &course.wanted);
        let table = context.tables.get(course.kernel);
        let motions = &plan.motions[..course.ticks];
        if motions.iter().any(Motion::is_copy) {
            for (motion, out) in motions.iter().zip(out) {
                self.interpolate(context, table, motion, out);
            }
        } else {
            let stream = (&self.left.0[..self.filled], &self.right.0[..self.filled]);
            kernel::interpolate(context.simd, table, stream, motions, &mut out[..course.ticks]);
        }
    }
}

/// 16-bit frames in a cache line.
const LINE_FRAMES: usize = 16;
