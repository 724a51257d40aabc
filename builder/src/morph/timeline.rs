//! The second stage: one length and one loop for all sources of a root, before anything is
//! analysed. What is analysed is periodic in the loop, so what lies between is too.

use super::clock::Clock;
use super::envelope::Attack;
use super::model::{ONSET_SECONDS, Source};
use super::prepare::Tuned;
use super::set::LoopPlan;
use super::weights;
use crate::looping::{self, Wish};
use crate::prepare::Timeline;

/// The sources repeat this long before the notes' loop begins: what the analysis sees before that has
/// passed by then.
const SETTLE_SECONDS: f64 = 0.2;
/// Sound that the analysis sees past the end of a note: the slow drift of pitch is over 0.4 s.
const BEYOND_SECONDS: f64 = 0.5;
/// Fade-in of a recording that was cut before its onset.
const CUT_SECONDS: f64 = 0.004;

/// Loops and unrolls the sources of a root. The plan's notes are longer than they need be by what the
/// loop may be moved.
pub fn share(tuned: Vec<Tuned>, timeline: Timeline) -> (Vec<Source>, LoopPlan) {
    let clock = Clock::new(timeline.rate_hz);
    let prepared: Vec<_> = tuned.iter().map(|t| t.prepared.clone()).collect();
    let settle = clock.frames_in(SETTLE_SECONDS).min(timeline.frames / 10);
    // Where attacks meet, the sources are not read at the note's own time: that is no time to repeat.
    let attacks: Vec<Attack> =
        prepared.iter().map(|p| Attack::of(&p.render(None), clock.rate_hz, ONSET_SECONDS)).collect();
    let earliest = clock.frames_in(ONSET_SECONDS + weights::relaxed_seconds(&attacks));
    let shared = looping::repeat(&prepared, timeline, Wish { settle, earliest });
    let beyond = clock.frames_in(BEYOND_SECONDS);
    let plan = LoopPlan { frames: shared.frames, loop_frames: shared.loop_frames };
    let length = plan.frames + beyond;
    let sources = shared
        .sources
        .into_iter()
        .zip(tuned)
        .map(|(mut frames, tuned)| {
            match shared.loop_frames {
                Some(points) => {
                    let span = points.end - points.start;
                    frames.truncate(points.end);
                    for n in points.end..length {
                        frames.push(frames[n - span]);
                    }
                }
                None => frames.resize(length, [0.0; 2]),
            }
            if tuned.cut {
                fade_in(&mut frames, clock.frames_in(CUT_SECONDS.min(ONSET_SECONDS)));
            }
            Source { frames, clock, series: tuned.series }
        })
        .collect();
    (sources, plan)
}

fn fade_in(frames: &mut [[f32; 2]], length: usize) {
    for (n, frame) in frames.iter_mut().enumerate().take(length) {
        let gain = (0.5 - 0.5 * (std::f64::consts::PI * n as f64 / length as f64).cos()) as f32;
        *frame = frame.map(|s| s * gain);
    }
}
