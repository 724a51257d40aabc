//! Placing the seam. What repeats can be cut anywhere: where it is cut, nothing should happen that is
//! unusual for the sound. (A click is no more than a moment which the past does not explain.)

use std::ops::Range;

use betwixt_engine::resident::LoopFrames;

use super::features::Features;
use crate::lpc;

/// The seam lies up to so much after the first place where it could.
const SLACK_SECONDS: f64 = 0.15;
/// Places are tried at every so many seconds.
const STEP_SECONDS: f64 = 0.0025;
/// Clicks are looked for so near to the seam.
const NEAR_SECONDS: f64 = 0.003;
/// What stays so far under the usual is as good as nothing, in dB.
const UNUSUAL_DB: f32 = -1.0;
/// Places that are worse than the best by less are as good, in dB.
const AS_GOOD_DB: f32 = 0.05;

/// How much later than the first place a seam may lie, in frames.
pub fn seam_slack(rate_hz: f64) -> usize {
    (SLACK_SECONDS * rate_hz) as usize
}

/// How much later, together, the ends of a loop should lie, [`seam_slack`] at most. The sounds repeat
/// with the loop for so long after it.
pub fn seam_shift(sounds: &[Vec<[f32; 2]>], points: LoopFrames, rate_hz: f64) -> usize {
    let slack = seam_slack(rate_hz).min((points.end - points.start) / 4);
    let step = ((STEP_SECONDS * rate_hz) as usize).max(1);
    let shifts: Vec<usize> = (0..=slack).step_by(step).collect();
    let places: Vec<usize> = shifts.iter().map(|s| points.start + s).collect();
    let mut worst = vec![0.0f32; shifts.len()];
    for sound in sounds {
        let turn = points.start..points.end.min(sound.len());
        let features = Features::of(sound, turn.clone(), rate_hz);
        let steps = features.unusual_db(&places, turn.clone());
        let clicks = clicks_db(sound, turn, &shifts, rate_hz);
        let over = |db: f32| (db - UNUSUAL_DB).max(0.0);
        for (worst, (step, click)) in worst.iter_mut().zip(steps.into_iter().zip(clicks)) {
            *worst = worst.max(over(step) + over(click));
        }
    }
    // The earliest of those that are as good as the best.
    let best = worst.iter().copied().fold(f32::MAX, f32::min);
    let found = worst.iter().position(|w| *w <= best + AS_GOOD_DB);
    found.map_or(0, |i| shifts[i])
}

/// The peak of what linear prediction leaves round each place, over its 99.9 % point in the loop, in
/// dB; of the worse channel.
fn clicks_db(sound: &[[f32; 2]], turn: Range<usize>, shifts: &[usize], rate_hz: f64) -> Vec<f32> {
    const ORDER: usize = 24;
    let near = (NEAR_SECONDS * rate_hz) as usize;
    let before = turn.start.min(near + ORDER);
    let part = &sound[turn.start - before..turn.end];
    let mut out = vec![f32::MIN; shifts.len()];
    for channel in 0..2 {
        let signal: Vec<f64> = part.iter().map(|f| f64::from(f[channel])).collect();
        let left: Vec<f64> = lpc::residual::<ORDER>(&signal).into_iter().map(f64::abs).collect();
        let mut sorted = left[ORDER.min(left.len())..].to_vec();
        if sorted.is_empty() {
            return vec![0.0; shifts.len()];
        }
        let at = sorted.len() * 999 / 1000;
        let usual = *sorted.select_nth_unstable_by(at, f64::total_cmp).1;
        for (out, shift) in out.iter_mut().zip(shifts) {
            let place = before + shift;
            let around = place.saturating_sub(near).min(left.len())..(place + near).min(left.len());
            let peak = left[around].iter().copied().fold(0.0, f64::max);
            *out = out.max((20.0 * (peak.max(1e-6) / usual.max(1e-6)).log10()) as f32);
        }
    }
    out
}
