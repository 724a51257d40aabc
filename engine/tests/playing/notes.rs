//! Notes: envelope, velocity, stealing, mono lines.

use betwixt_engine::event::{EventKind, NoteAddress, NoteRef};
use betwixt_engine::params::Param;

use crate::measure::{bend, db, peak, rms};
use crate::stage::{Stage, cc, key, off, on, ones, set, sine, single};

#[test]
fn the_attack_rises_in_a_straight_line_for_the_time_shown() {
    let mut stage = Stage::new(&ones(0.5)).with(Param::Attack, 0.1);
    stage.play(9600, &[(100, on(60, 1.0))]);
    for i in 0..4800 {
        assert!((f64::from(stage.left[100 + i]) - 0.5 * i as f64 / 4800.0).abs() < 1e-4, "{i}");
    }
    assert_eq!(stage.left[9000], 0.5);
}

#[test]
fn the_release_falls_80_db_in_the_time_shown_and_the_note_ends() {
    for (release, frame) in [(0.3, 5001), (0.005, 4999), (2.0, 5008)] {
        let mut stage = Stage::new(&ones(0.5)).with(Param::Release, release);
        let frames = (release * 48_000.0) as usize;
        stage.play(frames + 6000, &[(0, on(60, 1.0)), (frame, off(60))]);
        assert_eq!(stage.left[frame - 1], 0.5);
        assert_eq!(stage.left[frame], 0.5, "it begins at its very frame");
        let half = f64::from(stage.left[frame + frames / 2]) / 0.5;
        assert!((db(half) + 40.0).abs() < 0.1, "half the time, half the way: {}", db(half));
        assert_eq!(stage.ended, [(frame + frames, key(60))]);
        assert!(stage.left[frame + frames..].iter().all(|v| *v == 0.0));
    }
}

#[test]
fn decay_goes_to_the_sustain_level() {
    let mut stage = Stage::new(&ones(1.0)).with(Param::Decay, 0.1).with(Param::Sustain, 50.0);
    stage.play(9600, &[(0, on(60, 1.0))]);
    assert!((stage.left[2400] - (0.5 + 0.5 * 0.01)).abs() < 1e-4);
    assert!((stage.left[9000] - 0.5).abs() < 1e-5);
}

#[test]
fn velocity_follows_its_law() {
    for depth in [0.0, 70.0, 100.0] {
        for velocity in [1u8, 32, 64, 127] {
            let mut stage = Stage::new(&ones(1.0)).with(Param::Velocity, depth);
            stage.play(256, &[(0, on(60, f32::from(velocity) / 127.0))]);
            let want = depth / 100.0 * 40.0 * (f64::from(velocity) / 127.0).log10();
            assert!((db(f64::from(stage.left[200])) - want).abs() < 0.01, "{depth} % {velocity}");
        }
    }
}

#[test]
fn velocity_layers_keep_their_own_level_and_are_chosen_by_velocity() {
    use crate::stage::{cell_f32, note, pack};
    let layer = |level: f64, velocities| {
        let mut note = note(60, vec![cell_f32(4800, move |_| [level; 2])]);
        note.velocities = velocities;
        note
    };
    let pack = pack(1, 1, vec![layer(0.1, (1, 63)), layer(0.8, (64, 127))]);
    for (velocity, level) in [(1u8, 0.1), (63, 0.1), (64, 0.8), (127, 0.8)] {
        let mut stage = Stage::new(&pack);
        stage.play(256, &[(0, on(60, f32::from(velocity) / 127.0))]);
        assert!((stage.left[100] - level).abs() < 1e-6, "{velocity}");
    }
}

#[test]
fn the_voice_limit_steals_without_a_click_and_the_new_note_is_on_time() {
    let pack = single(crate::stage::cell_f32(96_000, sine(110.0, 0.2)), true);
    let mut stage = Stage::new(&pack).with(Param::Voices, 4.0).with(Param::Attack, 0.005);
    let events: Vec<_> = (0..12).map(|i| (i * 2000 + 7, on(60 + i as u8, 1.0))).collect();
    stage.play(26_000, &events);
    assert_eq!(stage.ended.len(), 8, "twelve notes, four places");
    for (i, (frame, note)) in stage.ended.iter().enumerate() {
        assert_eq!(note.key, 60 + i as u8, "the oldest goes first");
        let stolen_at = (i + 4) * 2000 + 7;
        assert!((1..=144).contains(&(frame - stolen_at)), "gone within 3 ms: {}", frame - stolen_at);
    }
    // The steepest bend of four sines of 220 Hz at 0.2, and of fades of 2.5 ms.
    assert!(bend(&stage.left) < 0.01, "{}", bend(&stage.left));
}

#[test]
fn released_voices_are_stolen_before_held_ones() {
    let mut stage = Stage::new(&ones(0.1)).with(Param::Voices, 3.0).with(Param::Release, 5.0);
    let events = [(0, on(60, 1.0)), (10, on(61, 1.0)), (20, on(62, 1.0)), (100, off(61)), (1000, on(63, 1.0))];
    stage.play(3000, &events);
    assert_eq!(stage.ended.iter().map(|e| e.1.key).collect::<Vec<_>>(), [61]);
}

#[test]
fn a_hundred_and_ninety_notes_at_once_are_survived() {
    let mut stage = Stage::new(&ones(0.001)).with(Param::Voices, 128.0);
    let events: Vec<_> = (0..400).map(|i| (i / 4, on((i % 128) as u8, 1.0))).collect();
    stage.play(4000, &events);
    assert_eq!(stage.engine.sounding(), 128);
    assert_eq!(stage.ended.len(), 400 - 128);
}

#[test]
fn a_choke_is_silent_within_3_ms() {
    let mut stage = Stage::new(&ones(0.5)).with(Param::Release, 5.0);
    let to = NoteAddress { key: Some(60), ..NoteAddress::default() };
    stage.play(3000, &[(0, on(60, 1.0)), (1003, EventKind::Choke { to })]);
    assert_eq!(stage.left[1002], 0.5);
    assert!(stage.left[1003 + 144..].iter().all(|v| *v == 0.0));
    assert!(peak(&stage.left[1003 + 30..]) > 0.1, "a fade, not a cut");
}

#[test]
fn the_same_key_again_is_layered() {
    let mut stage = Stage::new(&ones(0.25)).with(Param::Release, 0.005);
    stage.play(3000, &[(0, on(60, 1.0)), (1000, on(60, 1.0)), (2000, off(60))]);
    assert_eq!((stage.left[999], stage.left[1001]), (0.25, 0.5));
    assert_eq!(stage.left[2999], 0.0);
}

#[test]
fn notes_with_ids_are_let_go_by_id() {
    let mut stage = Stage::new(&ones(0.25)).with(Param::Release, 0.005);
    let start = |id| EventKind::NoteOn { note: NoteRef { id, channel: 0, key: 60 }, velocity: 1.0 };
    let stop = |id| EventKind::NoteOff { to: NoteAddress { id: Some(id), channel: Some(0), key: Some(99) } };
    stage.play(3000, &[(0, start(1)), (0, start(2)), (1000, stop(1))]);
    assert_eq!(stage.left[2999], 0.25);
    assert_eq!(stage.ended.iter().map(|e| e.1.id).collect::<Vec<_>>(), [1]);
}

#[test]
fn mono_plays_one_note_and_returns_to_the_held_one() {
    let mut stage = Stage::new(&ones(0.5)).with(Param::Mode, 1.0).with(Param::Release, 0.005);
    let events = [(0, on(60, 1.0)), (1000, on(64, 1.0)), (2000, off(64)), (3000, off(60))];
    stage.play(5000, &events);
    assert!((stage.left[1500] - 0.5).abs() < 1e-4, "one voice, not two");
    assert_eq!(stage.left[2500], 0.5, "the held key again");
    assert_eq!(stage.left[4500], 0.0);
    let mut keys: Vec<u8> = stage.ended.iter().map(|e| e.1.key).collect();
    keys.sort_unstable();
    assert_eq!(keys, [60, 64], "each note ends once for the host");
}

#[test]
fn legato_slurs_without_a_new_attack() {
    let mut stage = Stage::new(&ones(0.5)).with(Param::Mode, 2.0).with(Param::Attack, 0.01);
    stage.play(6000, &[(0, on(60, 1.0)), (1000, on(64, 1.0)), (2000, on(67, 1.0)), (3000, off(67)), (4000, off(64))]);
    assert!(stage.left[500..6000].iter().all(|v| (*v - 0.5).abs() < 1e-3), "no gap anywhere");
    assert_eq!(stage.engine.sounding(), 1);
    let mut mono = Stage::new(&ones(0.5)).with(Param::Mode, 1.0).with(Param::Attack, 0.01);
    mono.play(2000, &[(0, on(60, 1.0)), (1000, on(64, 1.0))]);
    assert!(mono.left[1120..1200].iter().any(|v| *v < 0.3), "mono begins again");
}

#[test]
fn bypass_is_silence_without_a_click() {
    let pack = single(crate::stage::cell_f32(96_000, sine(110.0, 0.5)), true);
    let mut stage = Stage::new(&pack);
    stage.play(
        6000,
        &[
            (0, on(60, 1.0)),
            (2000, set(Param::Bypass, 1.0)),
            (3000, on(62, 1.0)),
            (4000, set(Param::Bypass, 0.0)),
            (5000, on(64, 1.0)),
        ],
    );
    assert!(peak(&stage.left[2000 + 160..5000]) == 0.0);
    assert!(bend(&stage.left[1000..4000]) < 0.01);
    assert!(rms(&stage.left[5000..]) > 0.1);
}

#[test]
fn all_sound_off_and_all_notes_off() {
    let mut stage = Stage::new(&ones(0.5)).with(Param::Release, 1.0);
    stage.play(4000, &[(0, on(60, 1.0)), (1000, cc(120, 0))]);
    assert_eq!(peak(&stage.left[1150..]), 0.0);
    let mut stage = Stage::new(&ones(0.5)).with(Param::Release, 0.05);
    stage.play(8000, &[(0, on(60, 1.0)), (0, on(62, 1.0)), (1000, cc(123, 0))]);
    assert!(stage.left[1500] > 0.01, "released, not cut");
    assert_eq!(stage.engine.sounding(), 0);
}
