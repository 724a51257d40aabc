//! The second stage: one length and one loop for all sources of a root, before anything is
//! analysed. What is analysed is periodic in the loop, so what lies between is too.

use betwixt_engine::resident::LoopFrames;

use super::clock::Clock;
use super::model::{ONSET_SECONDS, Source};
use super::prepare::Tuned;
use super::set::LoopPlan;
use crate::looping;
use crate::prepare::Timeline;

/// The notes' loop begins this long after the sources': what the analysis sees across the sources'
/// loop starts has passed by then.
const SETTLE_SECONDS: f64 = 0.2;
/// Kept after the loop, for playing past it.
const TAIL_SECONDS: f64 = 0.05;
/// Sound that the analysis sees past the end of a note.
const BEYOND_SECONDS: f64 = 0.2;
/// Fade-in of a recording that was cut before its onset.
const CUT_SECONDS: f64 = 0.004;

/// Loops and unrolls the sources of a root.
pub fn share(tuned: Vec<Tuned>, timeline: Timeline) -> (Vec<Source>, LoopPlan) {
    let clock = Clock::new(timeline.rate_hz);
    let settle = clock.frames_in(SETTLE_SECONDS).min(timeline.frames / 10);
    let prepared: Vec<_> = tuned.iter().map(|t| t.prepared.clone()).collect();
    let room = Timeline { frames: timeline.frames - if timeline.looping { settle } else { 0 }, ..timeline };
    let mut shared = looping::share(&prepared, room);
    if timeline.looping && shared.loop_frames.is_none() {
        shared = looping::share(&prepared, Timeline { looping: false, ..timeline });
    }
    let beyond = clock.frames_in(BEYOND_SECONDS);
    let plan = match shared.loop_frames {
        Some(points) => {
            let points = LoopFrames { start: points.start + settle, end: points.end + settle };
            LoopPlan { frames: points.end + clock.frames_in(TAIL_SECONDS), loop_frames: Some(points) }
        }
        None => LoopPlan { frames: shared.frames, loop_frames: None },
    };
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
