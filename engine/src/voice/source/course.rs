//! Ticks of a source that are planned one by one, then mixed and interpolated together: what
//! [`Source::tick`] computes, to the very bit, with all that stays the same looked at once.

use super::{Active, CAPACITY, CHUNKS, CellAudio, Goal, Source, frames_needed};
use crate::kernel::{Blend, KernelId, LAYERS, Motion, Piece, TickFrames};
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

    /// Do all layers sound on behind it?
    pub(in crate::voice) fn goes_on(&self) -> bool {
        !self.is_over
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
        let blend = self.gather(context, played, ticks.min(TICKS))?;
        let (mut begin, mut wanted) = ([1.0; LAYERS], [1.0; LAYERS]);
        for ((layer, begin), wanted) in self.layers.active().iter().zip(&mut begin).zip(&mut wanted) {
            (*begin, *wanted) = (layer.from, layer.wanted);
        }
        self.move_to_front((self.position >> 32) as usize);
        Some(Course {
            plan,
            blend,
            kernel,
            begin,
            weights: begin,
            wanted,
            ticks: 0,
            pieces: 0,
            mixed: 0,
            is_over: false,
        })
    }

    /// Takes the frames that some ticks from here on read.
    #[inline]
    fn gather<'a>(&mut self, context: &Context<'_>, played: Played<'a>, ticks: usize) -> Option<Blend<'a>> {
        let Played { pack, index, reading, .. } = played;
        let contiguous = self.stream.contiguous();
        let most_in_tick = ((TICK_FRAMES as u64 * self.step) >> 32) as usize + 9;
        let range = contiguous.start..contiguous.start + contiguous.len.min(ticks * most_in_tick);
        // Where a layer would begin to fade because of frames that are not there.
        let fade = most_in_tick * (context.clock.late_ticks + 1);
        let layers = self.layers.whole()?;
        let reaches_beyond = range.len() + fade > contiguous.len;
        if range.is_empty() || (reaches_beyond && !self.stays(played, layers, contiguous.len + fade)) {
            return None;
        }
        // What stays does so for as long as what is kept: until something leaves memory.
        let end = contiguous.start + contiguous.len;
        self.straight_to = if reaches_beyond { end - 1 } else { end - fade };
        let cells = layers.iter().map(|layer| layer.cell);
        self.kept.read(pack, index, reading, range, cells).map(Blend::new)
    }

    /// Will the chunks of the next frames stay, in all layers?
    #[cold]
    fn stays(&self, played: Played<'_>, layers: &[Active], frames: usize) -> bool {
        let (chunks, used) = self.chunks_ahead(frames);
        let stays = |cell: &CellAudio| chunks[..used].iter().all(|c| *c >= cell.chunks() || cell.chunk_is_resident(*c));
        let cell = |layer: &Active| played.note.cells.get(usize::from(layer.cell));
        used < CHUNKS && layers.iter().all(|layer| cell(layer).is_some_and(|cell| stays(cell)))
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
            let motion = self.motion_on(self.position);
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
        let count = frames_needed(motion, self.filled);
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
            prefetch(blend, self.stream.cursor(), *mixed);
            let to = self.filled - mixed..self.filled;
            let (left, right) = (&mut self.left.0[to.clone()], &mut self.right.0[to]);
            blend.mix(context.simd, left, right, &course.begin, &plan.pieces[..course.pieces]);
            self.stream.skip(*mixed);
        }
        self.layers.arrive(&course.weights, &course.wanted);
        let table = context.tables.get(course.kernel);
        self.interpolate(context, table, &plan.motions[..course.ticks], &mut out[..course.ticks]);
    }
}

/// Asks for as many frames as are mixed, ahead of those at `cursor`, with which the blend begins.
#[inline]
pub(super) fn prefetch(blend: &Blend<'_>, cursor: usize, mixed: usize) {
    // Cells begin with a cache line: each line of the frames ahead is asked for once.
    let ahead = cursor + mixed.max(PREFETCH_FRAMES);
    blend.prefetch(ahead.next_multiple_of(LINE_FRAMES) - cursor..ahead + mixed - cursor);
}

/// 16-bit frames in a cache line.
const LINE_FRAMES: usize = 16;
