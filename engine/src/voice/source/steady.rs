//! Ticks of a source that goes on as it did: most of what blocks of one or two ticks are made of.

use super::course::prefetch;
use super::{CAPACITY, Source, frames_needed};
use crate::kernel::{Blend, LAYERS, Piece, TickFrames};
use crate::limits::TICK_FRAMES;
use crate::voice::{Context, Played, Point};

impl Source {
    /// Computes ticks behind a course that [goes on](super::Course::goes_on), or behind other such ticks, if nothing
    /// but the point has moved: to the very bit what [`Source::tick`] computes, with what the course has found. All
    /// of them, or none: false, and more has to be looked at. Real-time safe.
    #[inline]
    pub(in crate::voice) fn go_on<const TICKS: usize>(
        &mut self,
        context: &Context<'_>,
        played: Played<'_>,
        points: &[Point; TICKS],
        out: &mut [TickFrames; TICKS],
    ) -> bool {
        let Some((kernel, begin)) = self.kernel.zip(self.layers.going_on()) else { return false };
        self.move_to_front((self.position >> 32) as usize);
        let mut motions = [self.motion_on(self.position); TICKS];
        let mut pieces = [Piece { frames: 0, weights: begin }; TICKS];
        let (mut weights, mut filled, mut position, mut heard) = (begin, self.filled, self.position, None);
        for ((motion, piece), point) in motions.iter_mut().zip(&mut pieces).zip(points) {
            *motion = self.motion_on(position);
            position = motion.at(TICK_FRAMES);
            let frames = frames_needed(motion, filled);
            // Where nothing is mixed the layers stay as they are.
            if frames > 0 {
                let Some(wanted) = self.layers.weights_on(played.note, point.heard) else { return false };
                (weights, heard) = (wanted, Some(point.heard));
            }
            *piece = Piece { frames, weights };
            filled += frames;
        }
        if let Some(point) = heard {
            if !self.mix_on(context, played, &begin, &pieces, filled) {
                return false;
            }
            self.layers.go_on(point, weights);
        }
        self.position = position;
        self.interpolate(context, context.tables.get(kernel), &motions, out);
        true
    }

    /// Mixes pieces until so many frames are there, if what they are mixed of lies in what the course has found.
    #[inline(always)]
    fn mix_on(
        &mut self,
        context: &Context<'_>,
        Played { pack, index, reading, .. }: Played<'_>,
        begin: &[f32; LAYERS],
        pieces: &[Piece],
        filled: usize,
    ) -> bool {
        let (from, count) = (self.stream.cursor(), filled - self.filled);
        if from + count > self.straight_to || filled > CAPACITY {
            return false;
        }
        let Some(layers) = self.kept.read_again(pack, index, reading, from..from + count) else { return false };
        let blend = Blend::new(layers);
        prefetch(&blend, from, count);
        let to = self.filled..filled;
        let (left, right) = (&mut self.left.0[to.clone()], &mut self.right.0[to]);
        blend.mix(context.simd, left, right, begin, pieces);
        self.stream.advance(count);
        self.filled = filled;
        true
    }
}
