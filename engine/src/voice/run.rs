//! Runs of ticks in which only the point and the envelope move: most of what a voice ever does.

use super::tick::loop_frames;
use super::{Context, NEVER, Played, Voice};
use crate::engine::controls::{Shared, Sound};
use crate::kernel::TickFrames;
use crate::limits::TICK_FRAMES;
use crate::midi::Channel;
use crate::resident::PlayNote;

/// Ticks of a run at most.
const TICKS: usize = 8;

/// Where a voice computes a run.
pub(crate) struct Scratch {
    points: [[f32; 2]; TICKS],
    frames: [TickFrames; TICKS],
    shapes: [[f32; TICK_FRAMES]; TICKS],
}

impl Scratch {
    pub(crate) const EMPTY: Scratch = Scratch {
        points: [[0.0; 2]; TICKS],
        frames: [TickFrames::SILENCE; TICKS],
        shapes: [[0.0; TICK_FRAMES]; TICKS],
    };
}

impl Voice {
    /// Adds whole ticks to the outputs, one for each point, as long as nothing else moves: what
    /// [`Voice::compute_tick`] and [`Voice::hand_out`] would add, bit for bit, with all that stays the
    /// same looked at once. Returns how many; the next is to be computed by itself. Real-time safe.
    pub(super) fn run(
        &mut self,
        context: &Context<'_>,
        played: Played<'_>,
        points: &[[f64; 2]],
        scratch: &mut Scratch,
        left: &mut [f32],
        right: &mut [f32],
    ) -> usize {
        let (note, shared) = (played.note, context.shared());
        let sound = self.sound(context);
        let channel = &context.channels[usize::from(self.note.channel) % context.channels.len()];
        if points.is_empty() || !self.is_steady(shared, &sound, channel, note) {
            return 0;
        }
        self.source.set_loop(loop_frames(shared.loop_mode, note));
        for (point, heard) in points.iter().zip(&mut scratch.points) {
            *heard = self.heard_at(shared, *point);
        }
        let rests = self.envelope.rests(&sound.rates);
        let most = points.len().min(TICKS);
        let envelope = self.envelope;
        let ticks = if rests { most } else { self.shape_ticks(&sound, &mut scratch.shapes[..most]) };
        let done = self.source.run(context, played, &scratch.points[..ticks], &mut scratch.frames);
        if done < ticks && !rests {
            // Only as far as the source came.
            self.envelope = envelope;
            self.shape_ticks(&sound, &mut scratch.shapes[..done]);
        }
        if done > 0 {
            self.heard = scratch.points[done - 1];
            self.levels_before = self.levels;
        }
        let outputs = left.as_chunks_mut().0.iter_mut().zip(right.as_chunks_mut().0);
        let computed = outputs.zip(&scratch.frames).take(done);
        if rests {
            let gains = self.levels.map(|level| self.envelope.level() as f32 * level);
            for ((left, right), frames) in computed {
                add(left, &frames.left, |_| gains[0]);
                add(right, &frames.right, |_| gains[1]);
            }
        } else {
            for (((left, right), frames), shape) in computed.zip(&scratch.shapes) {
                add(left, &frames.left, |i| shape[i] * self.levels[0]);
                add(right, &frames.right, |i| shape[i] * self.levels[1]);
            }
        }
        done
    }

    /// The envelope of some ticks. Returns how many come before the one in which the voice ends.
    fn shape_ticks(&mut self, sound: &Sound, shapes: &mut [[f32; TICK_FRAMES]]) -> usize {
        for (ticks, shape) in shapes.iter_mut().enumerate() {
            let before = self.envelope;
            if self.envelope.run(&sound.rates, 0, shape).is_some() {
                self.envelope = before;
                return ticks;
            }
        }
        shapes.len()
    }

    /// Will nothing but the point and the envelope move?
    fn is_steady(&self, shared: &Shared, sound: &Sound, channel: &Channel, note: &PlayNote) -> bool {
        !self.fresh
            && self.fade.is_none()
            && !shared.bypass
            && self.end == NEVER
            && self.width == 1.0
            && shared.width == 1.0
            && self.filter.is_off(shared.filter)
            && self.glide.is_done()
            && self.levels == self.level_goals(sound, channel)
            && self.extra == self.extra_goals(shared, channel)
            && self.bent == self.bent_goal(shared, sound, channel)
            && self.cutoff == self.cutoff_goal(shared, sound, channel)
            && self.source.is_at(self.semitones(note))
    }
}

#[inline]
fn add(out: &mut [f32; TICK_FRAMES], frames: &[f32; TICK_FRAMES], gain: impl Fn(usize) -> f32) {
    // Of a copy, nothing else can be the same memory: so it becomes vectors.
    let mut sum = *out;
    for i in 0..TICK_FRAMES {
        sum[i] += frames[i] * gain(i);
    }
    *out = sum;
}
