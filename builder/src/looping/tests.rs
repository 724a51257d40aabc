//! Loops as a musician hears them: seamless, and the recording itself up to the cross-fade.

use std::f64::consts::TAU;

use super::*;
use crate::recording::Recording;

const RATE: f64 = 48_000.0;

fn recording(frames: Vec<[f32; 2]>, points: Option<(usize, usize)>) -> Recording {
    let loop_frames = points.map(|(start, end)| LoopFrames { start, end });
    Recording { loop_frames, ..Recording::plain(frames, RATE) }
}

/// A tone with some harmonics whose level is `level(seconds)`.
fn tone(hz: f64, seconds: f64, level: impl Fn(f64) -> f64) -> Vec<[f32; 2]> {
    let sample = |n: usize| {
        let t = n as f64 / RATE;
        let sum: f64 = (1..=6).map(|k| (TAU * hz * f64::from(k) * t + f64::from(k * k)).sin() / f64::from(k)).sum();
        (0.2 * level(t) * (t / 0.01).min(1.0) * sum) as f32
    };
    (0..(seconds * RATE) as usize).map(|n| [sample(n), sample(n) * 0.8]).collect()
}

fn timeline(seconds: f64, looping: bool) -> Timeline {
    Timeline { rate_hz: RATE, frames: (seconds * RATE) as usize, looping }
}

fn shared(recordings: &[Recording], timeline: Timeline) -> Shared {
    let prepared: Vec<_> =
        recordings.iter().map(|r| Prepared::new(std::slice::from_ref(r), timeline, 0.0, 0.0)).collect();
    share(&prepared, timeline)
}

/// Frames before the cross-fade are the recording's own.
fn assert_untouched(sound: &[[f32; 2]], source: &[[f32; 2]], points: LoopFrames) {
    let (first, _) = fade::region(points, RATE);
    let first = first.min(source.len());
    assert!(sound[..first] == source[..first], "changed before the cross-fade");
}

#[test]
fn a_source_with_whole_cycles_is_left_alone() {
    // 200 Hz at 48 kHz: 240 frames a period, so the loop is exact.
    let frames = tone(200.0, 1.0, |_| 1.0);
    let source = recording(frames.clone(), Some((4_800, 9_600)));
    let s = shared(&[source], timeline(3.0, true));
    let points = s.loop_frames.expect("a loop");
    assert_eq!((points.end - points.start) % 4_800, 0);
    for n in 0..points.end {
        let at = if n < 9_600 { n } else { 4_800 + (n - 4_800) % 4_800 };
        assert_eq!(s.sources[0][n], frames[at], "frame {n}");
    }
}

#[test]
fn loops_of_different_lengths_share_one_that_does_not_click() {
    let a = tone(220.0, 1.5, |_| 1.0);
    let b = tone(221.3, 2.0, |_| 1.0);
    // Each loop is whole periods of its own tone, to the nearest frame.
    let points_a = (9_600, 9_600 + (48_000.0f64 / 220.0 * 100.0).round() as usize);
    let points_b = (12_000, 12_000 + (48_000.0f64 / 221.3 * 130.0).round() as usize);
    let sources = [recording(a.clone(), Some(points_a)), recording(b.clone(), Some(points_b))];
    let s = shared(&sources, timeline(4.0, true));
    let points = s.loop_frames.expect("a loop");
    assert!(points.end <= s.frames && s.frames <= 4 * 48_000);
    assert_untouched(&s.sources[0], &a[..points_a.1], points);
    assert_untouched(&s.sources[1], &b[..points_b.1], points);
    for (i, sound) in s.sources.iter().enumerate() {
        assert_eq!(sound.len(), s.frames);
        let click = seam::click_db(sound, points, RATE);
        assert!(click < 3.0, "source {i} clicks by {click} dB");
    }
    let mixed = crate::blend::mix(&s.sources, &[0.5, 0.5], s.frames);
    assert!(seam::click_db(&mixed, points, RATE) < 3.0);
}

#[test]
fn a_raw_cut_is_measured_as_a_click() {
    let sound = tone(220.0, 2.0, |_| 1.0);
    let click = seam::click_db(&sound, LoopFrames { start: 20_000, end: 60_077 }, RATE);
    assert!(click > 15.0, "{click}");
}

#[test]
fn a_steady_recording_without_a_loop_gets_one() {
    let frames = tone(330.0, 2.0, |_| 1.0);
    let s = shared(&[recording(frames.clone(), None)], timeline(4.0, true));
    let points = s.loop_frames.expect("a loop");
    assert!(points.end <= frames.len());
    assert_untouched(&s.sources[0], &frames, points);
    assert!(seam::click_db(&s.sources[0], points, RATE) < 3.0);
}

#[test]
fn what_only_decays_stays_as_recorded() {
    let pluck = tone(220.0, 1.5, |t| 10f64.powf(-1.5 * t));
    let bell = tone(440.0, 1.0, |t| 10f64.powf(-t));
    let s = shared(&[recording(pluck.clone(), None), recording(bell.clone(), None)], timeline(4.0, true));
    assert_eq!((s.loop_frames, s.frames), (None, pluck.len()));
    assert_eq!(s.sources[0], pluck);
    assert_eq!(s.sources[1][..bell.len()], bell[..]);
}

#[test]
fn beside_a_sustained_sound_a_ringing_one_is_held() {
    // 12 dB a second: a piano, more or less.
    let piano = tone(220.0, 4.0, |t| 10f64.powf(-0.6 * t));
    let flute = tone(220.0, 1.0, |_| 1.0);
    let sources = [recording(piano.clone(), None), recording(flute, Some((24_000, 28_800)))];
    let s = shared(&sources, timeline(3.0, true));
    let points = s.loop_frames.expect("a loop");
    let first = points.start - seam_slack(RATE) - fade::longest(RATE);
    assert!(s.sources[0][..first] == piano[..first], "changed before the loop");
    let level = |n: usize| level_db(&s.sources[0][n..n + 2_000]);
    let (begin, end) = (level(points.start), level(points.end - 2_000));
    assert!((begin - end).abs() < 1.0, "{begin} {end}");
    assert!(seam::click_db(&s.sources[0], points, RATE) < 3.0);
}

#[test]
fn a_pluck_that_is_over_before_the_loop_may_end() {
    let pluck = tone(440.0, 0.2, |t| 10f64.powf(-10.0 * t));
    let flute = tone(220.0, 1.0, |_| 1.0);
    let sources = [recording(pluck.clone(), None), recording(flute, Some((24_000, 28_800)))];
    let s = shared(&sources, timeline(2.0, true));
    let points = s.loop_frames.expect("a loop");
    assert!(points.start > pluck.len());
    assert!(s.sources[0][..pluck.len()] == pluck[..]);
    assert!(level_db(&s.sources[0][points.start..points.end]) < -60.0);
}

#[test]
fn natural_notes_have_no_loop_and_fade_where_the_limit_cuts_them() {
    let frames = tone(220.0, 3.0, |_| 1.0);
    let s = shared(&[recording(frames.clone(), Some((24_000, 28_800)))], timeline(2.0, false));
    assert_eq!((s.loop_frames, s.frames), (None, 96_000));
    let fade = 2_400;
    assert_eq!(s.sources[0][..96_000 - fade], frames[..96_000 - fade]);
    assert!(s.sources[0][95_999][0].abs() < 1e-4);
}

/// What a musician would hear of a loop: the bounds that bind every pair of the bench.
fn assert_seamless(sound: &[[f32; 2]], points: LoopFrames, what: &str) {
    let note = crate::metrics::Note::new(sound.to_vec(), Some(points));
    let seam = crate::metrics::seam::measure(&note).expect("a loop that can be measured");
    assert!(seam.click_db <= 3.0 && seam.step_db <= 1.0, "{what}: {seam:?}");
}

/// The only source's loop, seamless and long.
fn looped_alone(frames: &[[f32; 2]], what: &str) -> (Vec<[f32; 2]>, LoopFrames) {
    let s = shared(&[recording(frames.to_vec(), None)], timeline(4.0, true));
    let points = s.loop_frames.expect("a loop");
    assert_seamless(&s.sources[0], points, what);
    assert!(points.end - points.start >= RATE as usize, "{what}: {points:?} is short");
    // The loop may have been moved by the slack; before the fade it is the recording.
    let (first, _) = fade::region(points, RATE);
    let first = first - seam_slack(RATE);
    assert!(s.sources[0][..first] == frames[..first], "{what}: changed before the cross-fade");
    (s.sources[0].clone(), points)
}

/// Sines of a rate and a phase in both channels.
fn sum_of(seconds: f64, partials: &[(f64, f64, [f64; 2])]) -> Vec<[f32; 2]> {
    (0..(seconds * RATE) as usize)
        .map(|n| {
            let t = n as f64 / RATE;
            let rise = (t / 0.02).min(1.0);
            [0, 1].map(|c| {
                (rise * partials.iter().map(|(hz, a, phase)| a * (TAU * hz * t + phase[c]).sin()).sum::<f64>()) as f32
            })
        })
        .collect()
}

fn hiss(level: f32, count: usize) -> Vec<[f32; 2]> {
    let mut seed = 99u32;
    let mut next = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        level * ((seed >> 8) as f32 / 8_388_608.0 - 1.0)
    };
    (0..count).map(|_| [next(), next()]).collect()
}

#[test]
fn a_chorus_of_detuned_voices_loops() {
    let mut partials = Vec::new();
    for (v, cents) in [-7.0, 0.0, 5.5, 11.0].into_iter().enumerate() {
        for k in 1..=12 {
            let hz = 261.63 * f64::from(k) * 2f64.powf(cents / 1_200.0);
            let phase = (v * 7 + k as usize * 3) as f64;
            partials.push((hz, 0.05 / f64::from(k), [phase, phase * 1.7]));
        }
    }
    looped_alone(&sum_of(4.5, &partials), "chorus");
}

#[test]
fn vibrato_is_cut_at_whole_periods() {
    let (rate, cents) = (5.3, 25.0);
    let depth = cents / 1_731.2 / rate;
    let frames = (0..216_000).map(|n| {
        let t = f64::from(n) / RATE;
        let turns = 440.0 * (t - depth / TAU * (TAU * rate * t).cos());
        let sum: f64 = (1..=8).map(|k| (TAU * f64::from(k) * turns).sin() / f64::from(k)).sum();
        [(0.15 * (t / 0.05).min(1.0) * sum) as f32; 2]
    });
    let (_, points) = looped_alone(&frames.collect::<Vec<_>>(), "vibrato");
    let periods = (points.end - points.start) as f64 / RATE * rate;
    assert!((periods - periods.round()).abs() < 0.06, "{periods} periods of vibrato");
}

#[test]
fn noise_loops_without_a_step() {
    let (sound, points) = looped_alone(&hiss(0.2, 216_000), "noise");
    let usual = level_db(&sound[48_000..96_000]);
    // Through the cross-fade and over the seam.
    for part in sound[points.end - 30_000..points.end].chunks_exact(2_400) {
        assert!((level_db(part) - usual).abs() < 0.6, "{}", level_db(part) - usual);
    }
}

#[test]
fn a_bass_of_30_hz_loops_in_phase() {
    let partials: Vec<_> =
        (1..=30).map(|k| (30.1 * f64::from(k), 0.2 / f64::from(k), [f64::from(k * k), f64::from(k)])).collect();
    let (sound, points) = looped_alone(&sum_of(4.5, &partials), "bass");
    let usual = level_db(&sound[48_000..96_000]);
    for part in sound[points.end - 30_000..points.end].chunks_exact(4_784) {
        assert!((level_db(part) - usual).abs() < 0.3, "{}", level_db(part) - usual);
    }
}

#[test]
fn strings_whose_partials_fall_at_different_rates_are_held_beside_a_flute() {
    let piano = |t: f64, k: f64| 10f64.powf(-(3.0 + 2.0 * k) * t / 20.0) / k;
    let frames: Vec<[f32; 2]> = (0..216_000)
        .map(|n| {
            let t = f64::from(n) / RATE;
            let sum: f64 = (1..=9).map(|k| piano(t, f64::from(k)) * (TAU * 220.5 * f64::from(k) * t).sin()).sum();
            [(0.2 * (t / 0.004).min(1.0) * sum) as f32; 2]
        })
        .collect();
    let sources = [recording(frames.clone(), None), recording(tone(220.5, 4.5, |_| 1.0), None)];
    let s = shared(&sources, timeline(4.0, true));
    let points = s.loop_frames.expect("a loop");
    // It was left to ring for a good while.
    assert!(points.start > 72_000, "{points:?}");
    for (sound, what) in s.sources.iter().zip(["piano", "flute"]) {
        assert_seamless(sound, points, what);
        let note = crate::metrics::Note::new(sound.clone(), Some(points));
        let rate_db = crate::metrics::seam::measure(&note).unwrap().rate_db;
        assert!(rate_db < 0.5, "{what} goes up and down by {rate_db} dB in its loop");
    }
}

#[test]
fn what_dies_soon_is_silent_in_the_loop_and_does_not_shorten_it() {
    let marimba = tone(262.0, 1.2, |t| 10f64.powf(-3.0 * t));
    let sources = [recording(marimba, None), recording(tone(262.0, 4.5, |_| 1.0), None)];
    let s = shared(&sources, timeline(4.0, true));
    let points = s.loop_frames.expect("a loop");
    assert!(points.end - points.start > 72_000, "{points:?}");
    assert!(s.sources[0][points.start..points.end].iter().all(|f| *f == [0.0; 2]));
    assert_seamless(&s.sources[1], points, "violin");
}

#[test]
fn an_accent_before_a_steady_tone_is_not_looped() {
    // 20 dB over its sustain, for half a second.
    let bass = tone(65.4, 4.5, |t| 0.1 + 0.9 * 10f64.powf(-4.0 * t));
    let (_, points) = looped_alone(&bass, "synth bass");
    assert!(points.start > 48_000, "{points:?}");
}
