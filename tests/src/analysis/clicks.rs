//! Samples that do not belong: steps, drop-outs, glitches.
//!
//! A click is what a sound's own past does not foretell. Each stretch of the signal is described by
//! linear prediction (Godsill & Rayner, *Digital Audio Restoration*, 1998, ch. 5); the prediction's
//! error is compared with its own usual size nearby. A note's attack raises the error for
//! milliseconds and so raises the usual size with it; a click stands alone for a few samples.

/// A click.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Click {
    /// The frame of its largest error.
    pub frame: usize,
    /// Prediction error there, as amplitude.
    pub error: f32,
    /// How many times its surroundings' usual error it is.
    pub prominence: f32,
}

/// Order of the predictor.
const ORDER: usize = 24;
/// Frames that share one predictor.
const STRETCH: usize = 2048;
/// Frames each side from which the usual error is taken.
const AROUND: usize = 192;
/// Frames each side of a click that do not count as usual.
const GUARD: usize = 6;
/// Errors below −70 dBFS are not heard as clicks.
const FLOOR: f32 = 3.2e-4;
/// Times the usual error that make a click.
const PROMINENCE: f32 = 18.0;

/// The clicks in a channel from a frame on, in order. What lies before counts as the sound's past:
/// begin behind a note that is meant to start at full level.
pub fn find_from(samples: &[f32], from: usize) -> Vec<Click> {
    find(samples).into_iter().filter(|c| c.frame >= from).collect()
}

/// The clicks in a channel, in order.
pub fn find(samples: &[f32]) -> Vec<Click> {
    let error = prediction_error(samples);
    let mut clicks: Vec<Click> = Vec::new();
    let mut around = Vec::with_capacity(2 * AROUND);
    for (frame, &e) in error.iter().enumerate() {
        if e < FLOOR {
            continue;
        }
        around.clear();
        let low = frame.saturating_sub(AROUND)..frame.saturating_sub(GUARD);
        let high = (frame + GUARD + 1).min(error.len())..(frame + AROUND).min(error.len());
        around.extend_from_slice(&error[low]);
        around.extend_from_slice(&error[high]);
        if around.is_empty() {
            continue;
        }
        // The 85th percentile: a step out of silence must not be excused by a loud other side,
        // nor blamed for a quiet one.
        let rank = around.len() * 85 / 100;
        let usual = *around.select_nth_unstable_by(rank, f32::total_cmp).1;
        let prominence = e / usual.max(FLOOR / PROMINENCE);
        if prominence < PROMINENCE {
            continue;
        }
        match clicks.last_mut() {
            Some(last) if frame - last.frame < 64 => {
                if e > last.error {
                    *last = Click { frame, error: e, prominence };
                }
            }
            _ => clicks.push(Click { frame, error: e, prominence }),
        }
    }
    clicks
}

/// Absolute error of linear prediction, sample by sample.
fn prediction_error(samples: &[f32]) -> Vec<f32> {
    let mut error = vec![0.0; samples.len()];
    let mut at = 0;
    while at < samples.len() {
        let end = (at + STRETCH).min(samples.len());
        let from = at.saturating_sub(STRETCH / 2);
        let to = (end + STRETCH / 2).min(samples.len());
        let coefficients = predictor(&samples[from..to]);
        for i in at..end {
            let past = samples[..i].iter().rev().take(ORDER);
            let guess: f64 = past.zip(&coefficients).map(|(s, c)| f64::from(*s) * c).sum();
            error[i] = (f64::from(samples[i]) - guess).abs() as f32;
        }
        at = end;
    }
    error
}

/// Coefficients of the next sample over the last [`ORDER`] ones (autocorrelation method,
/// Levinson–Durbin), under a Hann window.
fn predictor(samples: &[f32]) -> [f64; ORDER] {
    let n = samples.len() as f64;
    let windowed: Vec<f64> = samples
        .iter()
        .enumerate()
        .map(|(i, s)| f64::from(*s) * (std::f64::consts::PI * (i as f64 + 0.5) / n).sin().powi(2))
        .collect();
    let lag = |k: usize| windowed.iter().zip(windowed.iter().skip(k)).map(|(a, b)| a * b).sum::<f64>();
    let mut r = [0.0; ORDER + 1];
    for (k, value) in r.iter_mut().enumerate() {
        *value = lag(k);
    }
    // White noise at −80 dB keeps the predictor of a pure tone from ringing.
    let mut power = r[0] * (1.0 + 1e-8) + 1e-12;
    r[0] = power;
    let mut a = [0.0; ORDER];
    for i in 0..ORDER {
        let reach: f64 = (0..i).map(|j| a[j] * r[i - j]).sum();
        let k = (r[i + 1] - reach) / power;
        let old = a;
        a[i] = k;
        for j in 0..i {
            a[j] = old[j] - k * old[i - 1 - j];
        }
        power *= 1.0 - k * k;
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn chord(frames: usize) -> Vec<f32> {
        (0..frames)
            .map(|i| {
                let t = i as f32 / 48_000.0;
                let rise = (t / 0.02).min(1.0);
                [220.0, 277.2, 329.6, 660.0, 1320.0].iter().map(|f| rise * 0.1 * (TAU * f * t).sin()).sum()
            })
            .collect()
    }

    #[test]
    fn a_steady_chord_has_none() {
        assert_eq!(find(&chord(48_000)), []);
    }

    #[test]
    fn a_step_of_one_percent_is_found_at_its_frame() {
        let mut samples = chord(48_000);
        for s in &mut samples[20_000..] {
            *s += 0.01;
        }
        let clicks = find(&samples);
        assert_eq!(clicks.len(), 1, "{clicks:?}");
        assert!(clicks[0].frame.abs_diff(20_000) < 3, "{clicks:?}");
    }

    #[test]
    fn a_lost_block_is_two_clicks() {
        let mut samples = chord(48_000);
        samples[20_040..20_168].fill(0.0);
        let clicks = find(&samples);
        assert!(clicks.iter().any(|c| c.frame.abs_diff(20_040) < 3), "{clicks:?}");
        assert!(clicks.iter().any(|c| c.frame.abs_diff(20_168) < 3), "{clicks:?}");
    }

    #[test]
    fn a_plucked_note_with_a_fast_attack_is_no_click() {
        let mut samples = chord(48_000);
        let mut noise = 1u32;
        for (i, s) in samples[24_000..].iter_mut().enumerate() {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let white = (noise >> 8) as f32 / (1 << 23) as f32 - 1.0;
            let t = i as f32 / 48_000.0;
            let rise = (t / 0.001).min(1.0);
            *s += rise * (0.2 * (-t * 60.0).exp() * white + 0.3 * (-t * 3.0).exp() * (TAU * 523.0 * t).sin());
        }
        assert_eq!(find(&samples), []);
    }

    #[test]
    fn a_note_cut_off_at_once_is_a_click() {
        let mut samples = chord(48_000);
        samples[30_011..].fill(0.0);
        let clicks = find(&samples);
        assert!(clicks.iter().any(|c| c.frame.abs_diff(30_011) < 30), "{clicks:?}");
    }
}
