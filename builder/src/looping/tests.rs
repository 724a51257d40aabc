//! Loops as a musician hears them: seamless, and the recording itself up to the cross-fade.

use std::f64::consts::TAU;

use super::*;
use crate::recording::{Envelope, Recording};

const RATE: f64 = 48_000.0;

fn recording(frames: Vec<[f32; 2]>, points: Option<(usize, usize)>) -> Recording {
    Recording {
        frames: frames.into(),
        rate_hz: RATE,
        loop_frames: points.map(|(start, end)| LoopFrames { start, end }),
        endless: false,
        raise_cents: 0.0,
        gain: [1.0; 2],
        envelope: Envelope::FLAT,
    }
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
    assert!(s.sources[0][..points.start] == piano[..points.start], "changed before the loop");
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
    assert_eq!(s.sources[0][..pluck.len().min(points.start)], pluck[..pluck.len().min(points.start)]);
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
