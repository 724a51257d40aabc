//! What a loop asks of a note: a level that goes round with it no more than the sources' do, a seam,
//! and a fade for those who play past it.

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

/// The level in the loop is looked at in parts of this length, over so many of them to either side.
const PART_SECONDS: f64 = 0.02;
const REACH: isize = 3;
/// Levels so far under their maximum are all the same.
const FLOOR_DB: f64 = -60.0;
/// No moment of the loop is corrected by more, in dB.
const MOST_DB: f64 = 3.0;
/// Before the loop, the correction fades in over this.
const LEAD_SECONDS: f64 = 0.15;

/// Brings the motion of the loop's level to the sources', interpolated in dB. The level over a period
/// is that already; but where the sources waver fast, in their own ways, a note between wavers less,
/// and its level over longer times is another: by how much, goes round with the loop.
pub(super) fn even(frames: &mut [[f32; 2]], sources: &[&[[f32; 2]]], weights: &[f64], plan: LoopPlan, clock: Clock) {
    let Some(points) = plan.loop_frames else { return };
    let span = points.end - points.start;
    let count = (span as f64 / clock.frames_in(PART_SECONDS).max(1) as f64).round() as usize;
    if count < 4 {
        return;
    }
    let mut gains = levels_db(&frames[points.start..points.end], count);
    gains.iter_mut().for_each(|g| *g = -*g);
    for (source, weight) in sources.iter().zip(weights).filter(|(_, w)| **w != 0.0) {
        let levels = levels_db(&source[points.start..points.end], count);
        gains.iter_mut().zip(levels).for_each(|(g, l)| *g += weight * l);
    }
    // The mean is left: how loud the note is, is settled.
    let mean = gains.iter().sum::<f64>() / count as f64;
    gains.iter_mut().for_each(|g| *g = (*g - mean).clamp(-MOST_DB, MOST_DB));
    let lead = clock.frames_in(LEAD_SECONDS).min(points.start).min(span);
    for (n, frame) in frames.iter_mut().enumerate().skip(points.start - lead) {
        let place = ((n + span - points.start) % span) as f64 * count as f64 / span as f64 - 0.5;
        let (at, way) = (place.floor(), place - place.floor());
        let gain = |i: f64| gains[(i as isize).rem_euclid(count as isize) as usize];
        let rise = ((n + lead - points.start) as f64 / lead.max(1) as f64).min(1.0);
        let db = rise * (gain(at) + way * (gain(at + 1.0) - gain(at)));
        let gain = 10f64.powf(db / 20.0) as f32;
        *frame = frame.map(|s| s * gain);
    }
}

/// Levels of the parts of a loop, round and round.
fn levels_db(turn: &[[f32; 2]], count: usize) -> Vec<f64> {
    let edge = |n: usize| n * turn.len() / count;
    let power = |n: usize| {
        let part = &turn[edge(n)..edge(n + 1)];
        part.iter().flatten().map(|v| f64::from(*v).powi(2)).sum::<f64>() / part.len().max(1) as f64
    };
    let powers: Vec<f64> = (0..count).map(power).collect();
    let top = powers.iter().copied().fold(1e-12, f64::max);
    let around = |n: usize| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for off in -REACH..=REACH {
            let w = 1.0 + (PI * off as f64 / (REACH + 1) as f64).cos();
            sum += w * powers[(n as isize + off).rem_euclid(count as isize) as usize];
            weight += w;
        }
        10.0 * (sum / weight).max(top * 10f64.powf(FLOOR_DB / 10.0)).log10()
    };
    (0..count).map(around).collect()
}

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
