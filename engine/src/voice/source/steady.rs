//! Ticks of a source that goes on as it did: most of what blocks of one or two ticks are made of.

use super::course::prefetch;
use super::{CAPACITY, Source};
use crate::kernel::{Blend, Motion, Piece, TickFrames};
use crate::limits::TICK_FRAMES;
use crate::voice::{Context, Played, Point};

/// So few ticks are computed without a plan.
pub(in crate::voice) const FEW: usize = 2;

impl Source {
    /// Computes ticks behind a course that [goes on](super::Course::goes_on), or behind other such ticks, if nothing
    /// but the point has moved: to the very bit what [`Source::tick`] computes, with what the course has found.
    /// Returns how many; more has to be looked at for the next. Real-time safe.
    #[inline]
    pub(in crate::voice) fn go_on(
        &mut self,
        context: &Context<'_>,
        played: Played<'_>,
        points: &[Point],
        out: &mut [TickFrames; FEW],
    ) -> usize {
        let Some(kernel) = self.kernel else { return 0 };
        self.move_to_front((self.position >> 32) as usize);
        let mut motions = [Motion { position: 0, step: 0, bend: 0, from: 0 }; FEW];
        let mut ticks = 0;
        for (place, point) in motions.iter_mut().zip(points) {
            let motion = Motion { position: self.position, step: self.step, bend: 0, from: 0 };
            let count = self.frames_needed(&motion);
            if count > 0 && !self.mix_on(context, played, point.heard, count) {
                break;
            }
            self.position = motion.at(TICK_FRAMES);
            *place = motion;
            ticks += 1;
        }
        self.interpolate(context, context.tables.get(kernel), &motions[..ticks], &mut out[..ticks]);
        ticks
    }

    /// Mixes so many frames more, if they lie in what the course has found.
    #[inline]
    fn mix_on(&mut self, context: &Context<'_>, played: Played<'_>, point: [f32; 2], count: usize) -> bool {
        let Played { pack, note, index, reading } = played;
        let (from, to) = (self.stream.cursor(), self.filled..self.filled + count);
        if from + count > self.straight_to || to.end > CAPACITY {
            return false;
        }
        let Some((frames, cells)) = self.kept.read_again(pack, index, reading, from..from + count) else {
            return false;
        };
        let Some([begin, end]) = self.layers.go_on(note, point) else { return false };
        let blend = Blend::new(frames, cells);
        prefetch(&blend, from, count);
        let (left, right) = (&mut self.left.0[to.clone()], &mut self.right.0[to.clone()]);
        blend.mix(context.simd, left, right, &begin, &[Piece { frames: count, weights: end }]);
        self.stream.advance(count);
        self.filled = to.end;
        true
    }
}
