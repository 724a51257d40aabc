//! Fades: at the end of a cell, and from a loop's end into what sounded one loop earlier.

use std::f64::consts::PI;

use betwixt_engine::resident::LoopFrames;

/// Longest cross-fade; a third of the loop at most.
const CROSSFADE_SECONDS: f64 = 0.25;
/// The cross-fade is over this many frames before the loop's end: what an interpolation kernel sees
/// round the seam is then the same on both sides of it.
const GUARD_FRAMES: usize = 64;

/// Fades the last frames out, by a raised cosine.
pub(super) fn out(sound: &mut [[f32; 2]], fade: usize) {
    let fade = fade.min(sound.len());
    let start = sound.len() - fade;
    for (n, frame) in sound[start..].iter_mut().enumerate() {
        let gain = (0.5 + 0.5 * (PI * (n as f64 + 1.0) / fade as f64).cos()) as f32;
        *frame = frame.map(|s| s * gain);
    }
}

/// How long the cross-fade of a loop is, in frames.
pub(super) fn length(points: LoopFrames, rate_hz: f64) -> usize {
    let longest = (CROSSFADE_SECONDS * rate_hz) as usize;
    longest.min((points.end - points.start) / 3).min(points.start.saturating_sub(GUARD_FRAMES))
}

/// Where the cross-fade of a loop lies: from the first frame that it changes to the first from
/// which on the sound is the one of a loop earlier.
pub(super) fn region(points: LoopFrames, rate_hz: f64) -> (usize, usize) {
    let end = points.end.saturating_sub(GUARD_FRAMES);
    (end.saturating_sub(length(points, rate_hz)), end)
}

/// Cross-fades the end of the loop into the sound one loop earlier. The law follows how alike the
/// two are, so that the level neither dips nor swells: by amplitude where they agree, by power where
/// they are strangers.
pub(super) fn into_earlier(sound: &mut [[f32; 2]], points: LoopFrames, rate_hz: f64) {
    let span = points.end - points.start;
    let (first, last) = region(points, rate_hz);
    let alike = likeness(&sound[first..last], &sound[first - span.min(first)..last - span]).clamp(0.0, 1.0);
    let earlier: Vec<[f32; 2]> = sound[first - span..points.end - span].to_vec();
    let fade = (last - first).max(1) as f64;
    for (n, (frame, before)) in sound[first..points.end].iter_mut().zip(earlier).enumerate() {
        if first + n >= last {
            *frame = before;
            continue;
        }
        let b = 0.5 - 0.5 * (PI * (n as f64 + 0.5) / fade).cos();
        let a = 1.0 - b;
        let even = (a * a + b * b + 2.0 * alike * a * b).sqrt().recip();
        let (a, b) = ((a * even) as f32, (b * even) as f32);
        *frame = [a * frame[0] + b * before[0], a * frame[1] + b * before[1]];
    }
}

/// Normalised correlation of two sounds, −1…1; 1 where both are silent.
pub(super) fn likeness(a: &[[f32; 2]], b: &[[f32; 2]]) -> f64 {
    let dot = |a: &[[f32; 2]], b: &[[f32; 2]]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(a[0]) * f64::from(b[0]) + f64::from(a[1]) * f64::from(b[1])).sum()
    };
    let energy = dot(a, a) * dot(b, b);
    if energy > 1e-24 { dot(a, b) / energy.sqrt() } else { 1.0 }
}
