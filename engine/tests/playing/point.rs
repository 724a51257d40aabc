//! The point: moving it is smooth, and notes follow it or stay.

use betwixt_engine::params::Param;
use betwixt_engine::resident::{LoopFrames, PlayNote};

use crate::measure::{bend, db, rms};
use crate::stage::{Stage, cell_f32, cell_i16, noise, note, on, pack, set, sine};

fn looped(cells: Vec<std::sync::Arc<betwixt_engine::resident::CellAudio>>) -> PlayNote {
    let note = note(60, cells);
    PlayNote { loop_frames: Some(LoopFrames { start: 0, end: note.frames }), ..note }
}

#[test]
fn moving_x_from_0_to_1_in_a_note_glides_without_clicks() {
    // Nine cells of the same tone at other levels and phases: a click would be a bend that no sine has.
    let cells = (0..9).map(|c| {
        let (level, phase) = (0.3 + 0.05 * c as f64, c as f64 * 0.3);
        cell_i16(48_000, move |i| [level * (std::f64::consts::TAU * 200.0 * i as f64 / 48_000.0 + phase).sin(); 2])
    });
    let pack = pack(9, 1, vec![looped(cells.collect())]);
    let still = 0.7 * (std::f64::consts::TAU * 200.0 / 48_000.0).powi(2);
    // In steps as hosts send them, and in one jump.
    let steps: Vec<_> = (0..=100).map(|i| (1000 + i * 128, set(Param::X, i as f64 / 100.0))).collect();
    for moves in [steps, vec![(4003, set(Param::X, 1.0))]] {
        let mut stage = Stage::new(&pack).with(Param::X, 0.0);
        stage.play(24_000, &[&[(0, on(60, 1.0))][..], &moves].concat());
        assert!(bend(&stage.left[16..]) < 3.0 * still, "{} against {still}", bend(&stage.left[16..]));
        assert!(rms(&stage.left[20_000..]) > 0.4, "it has arrived");
    }
}

#[test]
fn without_glide_a_jump_takes_a_tick() {
    let cells = vec![cell_f32(4800, |_| [0.0; 2]), cell_f32(4800, |_| [1.0; 2])];
    let mut stage = Stage::new(&pack(2, 1, vec![looped(cells)])).with(Param::X, 0.0).with(Param::GlideXy, 0.0);
    stage.play(2000, &[(0, on(60, 1.0)), (1000, set(Param::X, 1.0))]);
    assert_eq!(stage.left[960], 0.0);
    assert_eq!(stage.left[1008 + 40], 1.0, "there within the tick and the kernel's reach");
}

#[test]
fn a_note_of_the_same_frame_begins_where_the_point_goes() {
    let cells = || vec![cell_f32(4800, |_| [0.0; 2]), cell_f32(4800, |_| [1.0; 2])];
    for at in [5001, 5008] {
        // Latched, with the smoothing that is the default: it stays where it begins, so that must be right.
        for glide_ms in [0.0, 10.0] {
            let mut stage = Stage::new(&pack(2, 1, vec![looped(cells())])).with(Param::X, 0.0).with(Param::XyMode, 1.0);
            stage.engine.set_param(Param::GlideXy, glide_ms);
            stage.play(9000, &[(0, on(60, 1.0)), (at, set(Param::X, 1.0)), (at, on(60, 1.0))]);
            assert_eq!((stage.left[5000], stage.left[8999]), (0.0, 1.0), "{at}, {glide_ms} ms");
        }
        // Following, without glide: the new one is there from its first frame, the old one within a tick.
        let mut stage = Stage::new(&pack(2, 1, vec![looped(cells())])).with(Param::X, 0.0).with(Param::GlideXy, 0.0);
        stage.play(9000, &[(0, on(60, 1.0)), (at, set(Param::X, 1.0)), (at, on(60, 1.0))]);
        assert_eq!((stage.left[at - 1], stage.left[8999]), (0.0, 2.0));
        assert!(stage.left[at] >= 1.0 && stage.left[at + 3] >= 1.0, "{}", stage.left[at]);
    }
}

#[test]
fn the_pad_glide_is_a_time_constant() {
    let cells = vec![cell_f32(4800, |_| [0.0; 2]), cell_f32(4800, |_| [1.0; 2])];
    let mut stage = Stage::new(&pack(2, 1, vec![looped(cells)])).with(Param::X, 0.0).with(Param::GlideXy, 100.0);
    stage.play(100_000, &[(0, on(60, 1.0)), (1600, set(Param::X, 1.0))]);
    assert!((f64::from(stage.left[1600 + 4800]) - (1.0 - (-1.0f64).exp())).abs() < 0.01);
    assert_eq!(stage.left[99_999], 1.0, "and it does arrive");
}

#[test]
fn the_centre_is_the_mix_by_amplitude_or_by_power() {
    for coherent in [true, false] {
        let cells = (0..4).map(|c| cell_f32(20_000, move |i| [noise(c, i) * 0.3, noise(c + 9, i) * 0.3]));
        let mut grid = note(60, cells.collect());
        grid.coherent = coherent;
        let mut stage = Stage::new(&pack(2, 2, vec![grid]));
        stage.play(20_000, &[(0, on(60, 1.0))]);
        let part = if coherent { 0.25 } else { 0.5 };
        for i in 0..20_000 {
            let want: f64 = (0..4).map(|c| noise(c, i) * 0.3 * part).sum();
            assert!((f64::from(stage.left[i]) - want).abs() < 1e-6, "{i}");
        }
    }
}

#[test]
fn unrelated_sounds_keep_their_loudness_on_the_way() {
    let cells: Vec<_> = (0..2).map(|c| cell_f32(48_000, move |i| [noise(c, i) * 0.3; 2])).collect();
    let mut grid = looped(cells);
    grid.coherent = false;
    let pack = pack(2, 1, vec![grid]);
    for x in [0.0, 0.2, 0.5, 0.8, 1.0] {
        let mut stage = Stage::new(&pack).with(Param::X, x);
        stage.play(40_000, &[(0, on(60, 1.0))]);
        let off = db(rms(&stage.left) / (0.3 / 3f64.sqrt()));
        assert!(off.abs() < 0.3, "{x}: {off} dB");
    }
}

#[test]
fn a_latched_note_keeps_the_place_where_it_began() {
    let cells = vec![cell_f32(4800, |_| [0.1; 2]), cell_f32(4800, |_| [0.5; 2])];
    let pack = pack(2, 1, vec![looped(cells)]);
    let mut stage = Stage::new(&pack).with(Param::X, 0.0).with(Param::XyMode, 1.0);
    stage.play(30_000, &[(0, on(60, 1.0)), (1000, set(Param::X, 1.0)), (15_000, on(60, 1.0))]);
    assert!((stage.left[14_999] - 0.1).abs() < 1e-6);
    assert!((stage.left[29_999] - 0.6).abs() < 1e-6, "the new one begins where the point is now");
}

#[test]
fn telemetry_shows_the_point_and_the_voices() {
    let pack = crate::stage::single(cell_f32(48_000, sine(100.0, 0.5)), true);
    let mut stage = Stage::new(&pack).with(Param::X, 0.25).with(Param::Y, 0.75);
    stage.play(4800, &[(0, on(60, 1.0)), (0, on(67, 1.0))]);
    let view = stage.handle.telemetry();
    assert_eq!((view.x, view.y, view.count, view.frames), (0.25, 0.75, 2, 4800));
    let keys: Vec<u8> = view.sounding().iter().map(|v| v.note.key).collect();
    assert_eq!(keys, [60, 67]);
    assert!(view.sounding().iter().all(|v| v.level == 1.0 && !v.released && v.x == 0.25));
    assert!(view.peak_left > 0.5 && view.peak_left <= 1.0);
    assert_eq!(view.missing_chunks, 0);
}
