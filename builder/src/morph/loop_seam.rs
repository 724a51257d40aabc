//! The ends of a note: its loop's seam, and the fade for those who play past it.

use std::f64::consts::PI;

use super::clock::Clock;
use super::set::LoopPlan;

/// Cross-fade of an in-between note before its loop's end. What it fades between is alike but for
/// what the analysis sees of the raster.
const SEAM_SECONDS: f64 = 0.03;
/// Frames before the loop's end from which on the sound is that of a loop earlier.
const GUARD_FRAMES: usize = 64;
/// Fade at the end of a note.
const END_SECONDS: f64 = 0.05;

/// Fades the loop's last moments into what sounds before its start.
pub(super) fn close(frames: &mut [[f32; 2]], plan: LoopPlan, clock: Clock) {
    let Some(points) = plan.loop_frames else { return };
    let span = points.end - points.start;
    let length = clock.frames_in(SEAM_SECONDS).min(span / 4).min(points.start.saturating_sub(GUARD_FRAMES));
    let last = points.end.saturating_sub(GUARD_FRAMES.min(span / 8));
    for n in last.saturating_sub(length)..points.end {
        if n < span {
            continue;
        }
        let way = (n as f64 - (last - length) as f64 + 0.5) / length.max(1) as f64;
        let b = (0.5 - 0.5 * (PI * way.clamp(0.0, 1.0)).cos()) as f32;
        let before = frames[n - span];
        let frame = &mut frames[n];
        *frame = [frame[0] + b * (before[0] - frame[0]), frame[1] + b * (before[1] - frame[1])];
    }
}

/// Goes on past the loop for a moment, and fades out where the note would else be cut.
pub(super) fn end(frames: &mut [[f32; 2]], plan: LoopPlan, clock: Clock) {
    if let Some(points) = plan.loop_frames {
        let span = points.end - points.start;
        for n in points.end..frames.len() {
            frames[n] = frames[n - span];
        }
        let from = points.end.min(frames.len());
        fade_out(&mut frames[from..]);
    } else {
        let from = frames.len().saturating_sub(clock.frames_in(END_SECONDS));
        let rest = &mut frames[from..];
        // A sound that is over by itself is left as it is.
        if rest.last().is_some_and(|f| f[0] != 0.0 || f[1] != 0.0) {
            fade_out(rest);
        }
    }
}

fn fade_out(frames: &mut [[f32; 2]]) {
    let count = frames.len() as f64;
    for (n, frame) in frames.iter_mut().enumerate() {
        let gain = (0.5 + 0.5 * (PI * (n as f64 + 1.0) / count).cos()) as f32;
        *frame = frame.map(|s| s * gain);
    }
}
