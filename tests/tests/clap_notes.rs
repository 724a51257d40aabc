//! Keys, pedals and wheels through the bundled plugin: each must do what a player expects, at the
//! frame at which the host says so.

use betwixt_engine::params::Param;
use betwixt_tests::analysis::{clicks, level, pitch};
use betwixt_tests::rig::{RATE_HZ, Rig, plain, play};
use betwixt_tests::test_pack::fundamental_hz;
use betwixt_tests::timeline::{Play, Timeline};
use clack_host::prelude::ProcessStatus;

const SECOND: u64 = 48_000;

fn rms(samples: &[f32]) -> f64 {
    level::rms(samples)
}

#[test]
fn a_note_begins_at_its_frame_wherever_it_lies_in_the_block() {
    let mut instance = Rig::new().bounce();
    for at in [0u64, 1, 100, 255, 256, 257, 1000] {
        // With no attack, the first frame of the recording (it begins at sin 0.4) sounds at once.
        let take = play(&mut instance, &plain(0.0, 0.0).hold(at, 60), 4096);
        assert_eq!(take.onset(1e-6), Some(at as usize), "a note at frame {at}");
        instance.processor().reset();
    }
}

#[test]
fn a_midi_note_begins_at_its_frame_too() {
    let mut instance = Rig::new().bounce();
    let take = play(&mut instance, &plain(0.0, 0.0).midi(333, [0x90, 60, 127]), 4096);
    assert_eq!(take.onset(1e-6), Some(333));
}

#[test]
fn a_note_on_and_automation_at_the_same_frame_both_happen() {
    // The framework hands an event that stands before a parameter at the same frame to the slice
    // that ends there: it must not get lost.
    let mut instance = Rig::new().bounce();
    let timeline = plain(0.0, 0.0).hold(500, 60).set(500, Param::X, 1.0).set(500, Param::Gain, -6.0);
    let take = play(&mut instance, &timeline, 4096);
    assert_eq!(take.onset(1e-6), Some(500));
}

#[test]
fn a_released_note_fades_in_its_release_time() {
    let mut instance = Rig::new().bounce();
    let timeline = plain(0.0, 0.0).set(0, Param::Release, 0.2).note(0, SECOND, 1, 60, 1.0);
    let take = play(&mut instance, &timeline, 2 * SECOND as usize);
    assert!(rms(&take.left[40_000..48_000]) > 0.1, "it sounds while it is held");
    assert!(rms(&take.left[50_000..52_000]) > 1e-4, "it fades, it is not cut");
    // −80 dB after 0.2 s.
    assert!(level::peak(&take.left[48_000 + 9_700..]) < 1e-4 * 0.3, "{}", level::peak(&take.left[57_700..]));
    assert_eq!(clicks::find_from(&take.left, 100), []);
}

#[test]
fn the_sustain_pedal_holds_a_released_note() {
    let mut instance = Rig::new().bounce();
    let timeline = plain(0.0, 0.0)
        .set(0, Param::Release, 0.05)
        .midi(10, [0xb0, 64, 127])
        .note(100, 10_000, 1, 60, 1.0)
        .midi(SECOND, [0xb0, 64, 0]);
    let take = play(&mut instance, &timeline, 2 * SECOND as usize);
    assert!(rms(&take.left[30_000..48_000]) > 0.1, "held by the pedal");
    assert!(level::peak(&take.left[60_000..]) < 1e-4, "gone when the pedal comes up");
}

#[test]
fn the_pitch_wheel_bends_by_its_range() {
    for (range, top) in [(2.0, 2.0), (12.0, 12.0)] {
        let mut instance = Rig::new().bounce();
        let timeline = plain(0.0, 0.0).set(0, Param::BendRange, range).hold(0, 60).midi(SECOND, [0xe0, 0x7f, 0x7f]);
        let take = play(&mut instance, &timeline, 3 * SECOND as usize);
        let f0 = fundamental_hz(60);
        let before = pitch::strongest_hz(&take.left[4_000..44_000], RATE_HZ, 100.0, 2000.0).unwrap();
        let after = pitch::strongest_hz(&take.left[60_000..100_000], RATE_HZ, 100.0, 2000.0).unwrap();
        assert!(pitch::cents(f0, before).abs() < 0.5, "{before}");
        // The wheel's top is 8191 of 8192.
        let up = pitch::cents(f0, after);
        assert!((up - 100.0 * top).abs() < 1.0, "{range} st: {up} cents");
        assert_eq!(clicks::find_from(&take.left, 100), [], "bending clicks");
    }
}

#[test]
fn keys_between_roots_are_in_tune() {
    let mut instance = Rig::new().bounce();
    for key in [43u8, 55, 57, 62, 64, 67, 79, 84] {
        let take = play(&mut instance, &plain(0.0, 0.0).hold(0, key), SECOND as usize);
        let heard = pitch::strongest_hz(&take.left[4_000..44_000], RATE_HZ, 60.0, 3000.0).unwrap();
        let wanted = 262.0 * 2f64.powf((f64::from(key) - 60.0) / 12.0);
        assert!(pitch::cents(wanted, heard).abs() < 0.5, "key {key}: {heard} Hz for {wanted}");
        instance.processor().reset();
    }
}

#[test]
fn soft_keys_are_softer_as_the_velocity_depth_says() {
    let mut instance = Rig::new().bounce();
    for (depth, loss_db) in [(0.0, 0.0), (100.0, 40.0 * 2f64.log10())] {
        let at = |velocity: f64| plain(0.0, 0.0).set(0, Param::Velocity, depth).note(1, 40_000, 1, 60, velocity);
        let loud = play(&mut instance, &at(1.0), 30_000);
        instance.processor().reset();
        let soft = play(&mut instance, &at(0.5), 30_000);
        instance.processor().reset();
        let loss = 20.0 * (rms(&loud.left) / rms(&soft.left)).log10();
        assert!((loss - loss_db).abs() < 0.1, "depth {depth}: {loss} dB");
    }
}

#[test]
fn each_note_is_reported_when_it_ends() {
    let mut instance = Rig::new().bounce();
    let timeline = plain(0.0, 0.0)
        .set(0, Param::Release, 0.1)
        .note(0, 4_800, 11, 60, 1.0)
        .note(100, 9_600, 22, 64, 1.0)
        .note(200, 4_800, 33, 67, 1.0);
    let take = play(&mut instance, &timeline, SECOND as usize);
    let ends = take.note_ends();
    let mut ids: Vec<i32> = ends.iter().map(|e| e.0).collect();
    ids.sort_unstable();
    assert_eq!(ids, [11, 22, 33], "{ends:?}");
    for (id, frame) in &ends {
        let off = if *id == 22 { 9_700 } else { 4_800 };
        assert!((off..off + 5_800).contains(frame), "note {id} ended at {frame}");
    }
}

#[test]
fn a_choked_note_is_gone_within_three_milliseconds_without_a_click() {
    let mut instance = Rig::new().bounce();
    let timeline = plain(0.0, 0.0).hold(0, 60).at(20_000, Play::Choke { id: -1, channel: -1, key: 60 });
    let take = play(&mut instance, &timeline, SECOND as usize);
    assert!(rms(&take.left[19_000..20_000]) > 0.1);
    assert!(level::peak(&take.left[20_000 + 160..]) < 1e-6, "{}", level::peak(&take.left[20_160..]));
    assert_eq!(take.note_ends().len(), 1, "the host hears of it");
}

#[test]
fn all_sound_off_and_all_notes_off_end_the_notes() {
    let mut instance = Rig::new().bounce();
    for controller in [120u8, 123] {
        let timeline =
            plain(0.0, 0.0).set(0, Param::Release, 0.05).hold(0, 60).hold(0, 64).midi(20_000, [0xb0, controller, 0]);
        let take = play(&mut instance, &timeline, SECOND as usize);
        assert!(level::peak(&take.left[24_000..]) < 1e-4, "CC {controller}");
        instance.processor().reset();
    }
}

#[test]
fn a_reset_silences_at_once_and_the_next_take_is_the_same_again() {
    let mut instance = Rig::new().bounce();
    let timeline = plain(0.3, 0.6).hold(100, 60).hold(3000, 67);
    let first = play(&mut instance, &timeline, 20_000);
    instance.processor().reset();
    let silence = play(&mut instance, &Timeline::new(), 4_000);
    assert_eq!(level::peak(&silence.left), 0.0);
    instance.processor().reset();
    let second = play(&mut instance, &timeline, 20_000);
    assert_eq!(first.first_difference(&second), None);
}

#[test]
fn bypass_silences_and_comes_back_without_clicks() {
    let mut instance = Rig::new().bounce();
    let timeline =
        plain(0.0, 0.0).hold(0, 60).set(20_000, Param::Bypass, 1.0).set(40_000, Param::Bypass, 0.0).hold(60_000, 67);
    let take = play(&mut instance, &timeline, 2 * SECOND as usize);
    assert!(rms(&take.left[10_000..20_000]) > 0.1);
    assert!(level::peak(&take.left[22_000..40_000]) < 1e-6, "silent while bypassed");
    assert!(rms(&take.left[62_000..90_000]) > 0.05, "notes sound again");
    // It fades in 2.5 ms, which is a soft tick; a cut would be an error of 0.1 and more.
    let hard: Vec<_> = clicks::find_from(&take.left[..59_900], 100).into_iter().filter(|c| c.error > 0.005).collect();
    assert_eq!(hard, []);
}

#[test]
fn a_sounding_note_keeps_the_plugin_awake_and_silence_lets_it_sleep() {
    let mut instance = Rig::new().bounce();
    let timeline = plain(0.0, 0.0).set(0, Param::Release, 0.3).note(0, 9_600, 1, 60, 1.0);
    let take = play(&mut instance, &timeline, SECOND as usize);
    let status = |frame: usize| take.statuses.iter().rev().find(|s| s.0 <= frame).map(|s| s.1);
    assert_eq!(status(5_000), Some(ProcessStatus::Continue), "while it is held");
    assert_eq!(status(15_000), Some(ProcessStatus::Continue), "while it fades");
    let asleep = [ProcessStatus::Sleep, ProcessStatus::ContinueIfNotQuiet];
    assert!(status(47_000).is_some_and(|s| asleep.contains(&s)), "{:?}", status(47_000));
    assert!(!instance.processor().tail().is_infinite(), "no tail is left");
}

#[test]
fn more_notes_than_voices_steal_without_clicks_or_nan() {
    let mut instance = Rig::new().bounce();
    let mut timeline = plain(0.5, 0.5).set(0, Param::Voices, 4.0).set(0, Param::Gain, -12.0);
    for i in 0..40u64 {
        timeline = timeline.note(500 + i * 1000, 30_000, i as i32 + 1, 48 + (i * 5 % 24) as u8, 0.8);
    }
    let take = play(&mut instance, &timeline, 2 * SECOND as usize);
    assert_eq!(level::not_finite(&take), 0);
    assert_eq!(take.note_ends().len(), 40, "every note ends once");
}

#[test]
fn nonsense_from_the_host_does_no_harm() {
    let mut instance = Rig::new().bounce();
    let timeline = plain(0.5, 0.5)
        .at(0, Play::SetRaw(Param::X, f64::NAN))
        .at(0, Play::SetRaw(Param::Y, 7.0))
        .at(0, Play::SetRaw(Param::Cutoff, f64::INFINITY))
        .at(0, Play::Modulate(Param::X, f64::NAN))
        .hold(10, 60)
        .at(100, Play::ModulateNote { id: 60, param: Param::Y, amount: f64::NAN })
        .at(200, Play::ModulateNote { id: 4711, param: Param::X, amount: 1.0 })
        .at(300, Play::Off { id: 999, channel: 15, key: 127 })
        .at(400, Play::On { id: -1, channel: 15, key: 127, velocity: 5.0 })
        .at(500, Play::On { id: 60, channel: 0, key: 60, velocity: f64::NAN });
    let take = play(&mut instance, &timeline, 20_000);
    assert_eq!(level::not_finite(&take), 0);
    assert!(level::peak(&take.left) < 4.0, "{}", level::peak(&take.left));
}
