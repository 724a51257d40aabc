//! Level over time: onset, attack, pre-echo, the contour, and how long a sound is steady.

use super::RATE_HZ;
use super::stats::{amplitude_db, power_db};

/// Of the smoothing for the onset, the maximum and where it is looked for, and the threshold.
const ONSET_WINDOW_SECONDS: f64 = 0.003;
const ONSET_SEARCH_SECONDS: f64 = 1.5;
const ONSET_POWER: f64 = 1e-4;
/// Of the smoothing for the attack, and where its maximum is looked for.
const ATTACK_WINDOW_SECONDS: f64 = 0.010;
const ATTACK_SEARCH_SECONDS: f64 = 0.6;
const ATTACK_LEAST_SECONDS: f64 = 0.002;
/// Pre-echoes are looked for from and to so long before the onset, in windows of 2 ms.
const PRE_ECHO_SECONDS: (f64, f64) = (0.060, 0.003);
const PRE_ECHO_WINDOW: usize = 96;
/// Digital silence reads so much.
const PRE_ECHO_LEAST_DB: f64 = -90.0;
/// Frames of one value of the contour: 20 ms.
pub const CONTOUR_HOP: usize = 960;
/// Values of the contour: 3 s.
pub const CONTOUR: usize = 150;
/// The steady part begins and ends so long after the onset, and is no shorter than the third.
const STEADY_SECONDS: (f64, f64, f64) = (0.060, 1.560, 0.25);

fn frames(seconds: f64) -> usize {
    (seconds * RATE_HZ).round() as usize
}

/// Power of both channels, smoothed by a Hann window of `length` frames centred on each value; one
/// value for every `step` frames up to `end`.
fn smoothed_power(sound: &[[f32; 2]], end: usize, length: usize, step: usize) -> Vec<f64> {
    let end = end.min(sound.len());
    let power: Vec<f64> = sound[..(end + length).min(sound.len())]
        .iter()
        .map(|f| f64::from(f[0]).powi(2) + f64::from(f[1]).powi(2))
        .collect();
    let window: Vec<f64> =
        (0..=length).map(|n| (std::f64::consts::PI * n as f64 / length as f64).sin().powi(2)).collect();
    let sum: f64 = window.iter().sum();
    (0..end)
        .step_by(step)
        .map(|centre| {
            // The window's value 0 lies at `centre - length / 2`.
            let skip = (length / 2).saturating_sub(centre);
            let from = (centre + skip).saturating_sub(length / 2);
            window[skip..].iter().zip(&power[from.min(power.len())..]).map(|(w, p)| w * p).sum::<f64>() / sum
        })
        .collect()
}

/// The first frame where the RMS smoothed over 3 ms passes −40 dB of its maximum in the first 1.5 s; 0 in silence.
pub fn onset(sound: &[[f32; 2]]) -> usize {
    let power = smoothed_power(sound, frames(ONSET_SEARCH_SECONDS), frames(ONSET_WINDOW_SECONDS), 1);
    let top = power.iter().copied().fold(0.0, f64::max);
    power.iter().position(|p| *p > 0.0 && *p >= ONSET_POWER * top).unwrap_or(0)
}

/// Time from −20 to −3 dB of the maximum that the 10 ms envelope has in the first 0.6 s, in seconds, 2 ms or more.
pub fn attack_seconds(sound: &[[f32; 2]], onset: usize) -> f64 {
    const STEP: usize = 8;
    let power = smoothed_power(sound, onset + frames(ATTACK_SEARCH_SECONDS), frames(ATTACK_WINDOW_SECONDS), STEP);
    let top = power.iter().copied().fold(0.0, f64::max);
    let passes = |db: f64| power.iter().position(|p| *p >= top * 10f64.powf(db / 10.0)).unwrap_or(0);
    ((passes(-3.0) - passes(-20.0)) as f64 * STEP as f64 / RATE_HZ).max(ATTACK_LEAST_SECONDS)
}

/// The loudest sample.
pub fn peak(sound: &[[f32; 2]]) -> f64 {
    sound.iter().flatten().fold(0.0, |m: f64, v| m.max(f64::from(*v).abs()))
}

/// The loudest 2 ms (RMS of the louder channel) from 60 to 3 ms before frame `onset`, under the sound's peak, in dB.
/// Silence reads −90.
pub fn pre_echo_db(sound: &[[f32; 2]], onset: usize) -> f64 {
    let (from, to) = PRE_ECHO_SECONDS;
    let before = onset.saturating_sub(frames(from))..onset.saturating_sub(frames(to)).min(sound.len());
    if before.is_empty() {
        return PRE_ECHO_LEAST_DB;
    }
    let stretch = &sound[before];
    let mut loudest: f64 = 0.0;
    for channel in 0..2 {
        let squares: Vec<f64> = stretch.iter().map(|f| f64::from(f[channel]).powi(2)).collect();
        let windows = squares.windows(PRE_ECHO_WINDOW.min(squares.len()));
        loudest = windows.map(|w| w.iter().sum::<f64>() / PRE_ECHO_WINDOW as f64).fold(loudest, f64::max);
    }
    (power_db(loudest) - amplitude_db(peak(sound))).max(PRE_ECHO_LEAST_DB)
}

/// Mean power of both channels in frames of 20 ms from the onset on, 3 s.
pub fn contour(sound: &[[f32; 2]], onset: usize) -> Vec<f64> {
    let power = |frame: &[f32; 2]| f64::from(frame[0]).powi(2) + f64::from(frame[1]).powi(2);
    (0..CONTOUR)
        .map(|n| {
            let from = (onset + n * CONTOUR_HOP).min(sound.len());
            let to = (from + CONTOUR_HOP).min(sound.len());
            sound[from..to].iter().map(power).sum::<f64>() / CONTOUR_HOP as f64
        })
        .collect()
}

/// The steady part: 60 ms to 1.56 s after the onset, ending where the level has fallen by 40 dB,
/// 0.25 s or more, in frames. Its length is a multiple of 20 ms, and it may reach past the sound's end.
pub fn steady(sound: &[[f32; 2]], onset: usize) -> std::ops::Range<usize> {
    let (from, to, least) = STEADY_SECONDS;
    let contour = contour(sound, onset);
    let top = contour.iter().copied().fold(0.0, f64::max);
    let loudest = contour.iter().position(|p| *p == top).unwrap_or(0);
    let fallen = contour[loudest..].iter().position(|p| *p < 1e-4 * top).map(|n| n + loudest);
    let end = fallen.map_or(frames(to), |n| (n * CONTOUR_HOP).min(frames(to)));
    // A quarter of a second is 12.5 hops.
    let end = end.max(frames(from) + frames(least).next_multiple_of(CONTOUR_HOP));
    onset + frames(from)..onset + end
}

#[cfg(test)]
mod tests {
    use super::super::signal::{delayed, from_fn, scaled, sine};
    use super::*;

    #[test]
    fn the_onset_is_where_the_sound_begins() {
        let sound = delayed(&sine(1_000.0, 0.5, 2.0), 4_800);
        let found = onset(&sound);
        // Half the window of 3 ms reads ahead.
        assert!((4_725..4_800).contains(&found), "{found}");
        assert_eq!(onset(&vec![[0.0; 2]; 1_000]), 0);
    }

    #[test]
    fn a_straight_rise_has_the_attack_of_its_slope() {
        // Amplitude 0.1 to 0.708 of the top takes 60.8 ms of 100.
        let ramp = from_fn(1.0, |t| [0.5 * (t / 0.1).min(1.0) * (6_283.185 * t).sin(); 2]);
        let seconds = attack_seconds(&ramp, 0);
        assert!((seconds - 0.0608).abs() < 0.001, "{seconds}");
        // A hard beginning takes as long as the smoothing.
        assert!(attack_seconds(&delayed(&sine(1_000.0, 0.5, 1.0), 4_800), 4_800) < 0.006);
    }

    #[test]
    fn what_sounds_before_the_onset_is_measured_under_the_peak() {
        let sound = delayed(&sine(1_000.0, 0.5, 1.0), 4_800);
        assert_eq!(pre_echo_db(&sound, 4_800), -90.0);
        let mut early = sound.clone();
        for (frame, echo) in early[3_000..4_500].iter_mut().zip(scaled(&sine(1_000.0, 0.5, 1.0), 0.01)) {
            *frame = echo;
        }
        // −40 dB, and the RMS of a sine is 3 dB under its peak.
        assert!((pre_echo_db(&early, 4_800) + 43.01).abs() < 0.05, "{}", pre_echo_db(&early, 4_800));
    }

    #[test]
    fn the_contour_is_the_power_and_the_steady_part_ends_with_it() {
        let tone = sine(1_000.0, 0.5, 4.0);
        assert!(contour(&tone, 0).iter().all(|p| (p - 0.25).abs() < 1e-6));
        assert_eq!(steady(&tone, 480), 480 + 2_880..480 + 74_880);
        // −80 dB a second: −40 dB after half a second.
        let decay = from_fn(4.0, |t| [0.5 * 10f64.powf(-4.0 * t) * (6_283.185 * t).sin(); 2]);
        let end = steady(&decay, 0).end;
        assert!((24_000..=25_920).contains(&end), "{end}");
        let short = from_fn(4.0, |t| [0.5 * 10f64.powf(-40.0 * t) * (6_283.185 * t).sin(); 2]);
        assert_eq!(steady(&short, 0).len(), 12_480);
    }
}
