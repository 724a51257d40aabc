//! Pedals, wheels, expressions, modulation.

use betwixt_engine::event::{EventKind, Expression, NoteAddress, NoteRef};
use betwixt_engine::params::Param;

use crate::measure::{bend, db, peak, rms};
use crate::stage::{Stage, cc, cell_f32, noise, note, off, on, ones, pack, set, sine, single};

const SHORT: f64 = 0.005;

#[test]
fn the_sustain_pedal_holds_and_lets_go() {
    let mut stage = Stage::new(&ones(0.5)).with(Param::Release, SHORT);
    stage.play(5000, &[(0, on(60, 1.0)), (500, cc(64, 127)), (1000, off(60)), (3001, cc(64, 0))]);
    assert_eq!(stage.left[3000], 0.5);
    assert_eq!(stage.left[3001], 0.5, "the pedal acts at its very frame");
    assert!(stage.left[3010] < 0.49);
    assert_eq!(stage.left[4000], 0.0);
}

#[test]
fn the_sostenuto_pedal_holds_only_what_was_down() {
    let mut stage = Stage::new(&ones(0.25)).with(Param::Release, SHORT);
    let events = [
        (0, on(60, 1.0)),
        (500, cc(66, 127)),
        (1000, on(62, 1.0)),
        (2000, off(60)),
        (2000, off(62)),
        (4000, cc(66, 0)),
    ];
    stage.play(6000, &events);
    assert_eq!(stage.left[3000], 0.25);
    assert_eq!(stage.left[5000], 0.0);
}

#[test]
fn the_soft_pedal_makes_new_notes_quieter() {
    let mut stage = Stage::new(&ones(0.5));
    stage.play(3000, &[(0, on(60, 1.0)), (1000, cc(67, 127)), (2000, on(62, 1.0))]);
    assert_eq!(stage.left[1999], 0.5);
    let soft = f64::from(stage.left[2999] - 0.5) / 0.5;
    assert!((db(soft) + 4.0).abs() < 0.1, "{}", db(soft));
}

#[test]
fn volume_and_expression_follow_the_square_law_and_are_neutral_at_first() {
    for number in [7, 11] {
        let mut stage = Stage::new(&ones(0.5));
        stage.play(6000, &[(0, on(60, 1.0)), (2000, cc(number, 64))]);
        assert_eq!(stage.left[1999], 0.5);
        let fall = db(f64::from(stage.left[5999]) / 0.5);
        assert!((fall - 40.0 * (64.0f64 / 127.0).log10()).abs() < 0.01, "{fall}");
        assert!(bend(&stage.left[1000..]) < 0.01);
    }
}

#[test]
fn pan_is_a_balance_with_a_full_centre() {
    let level = |stage: &Stage| (stage.left[5999], stage.right[5999]);
    for (pan, want) in [(0.0, (0.5, 0.5)), (-100.0, (0.5, 0.0)), (100.0, (0.0, 0.5)), (50.0, (0.25, 0.5))] {
        let mut stage = Stage::new(&ones(0.5)).with(Param::Pan, pan);
        stage.play(6000, &[(0, on(60, 1.0))]);
        assert_eq!(level(&stage), want, "pan {pan}");
    }
    for (value, want) in [(64, (0.5, 0.5)), (0, (0.5, 0.0)), (127, (0.0, 0.5))] {
        let mut stage = Stage::new(&ones(0.5));
        stage.play(6000, &[(0, on(60, 1.0)), (1000, cc(10, value))]);
        assert_eq!(level(&stage), want, "CC 10 at {value}");
    }
}

#[test]
fn gain_reaches_plus_12_db_and_silence() {
    for (gain, want) in
        [(0.0, 0.25), (-6.0, 0.25 * 10f32.powf(-0.3)), (12.0, 0.25 * 10f32.powf(0.6)), (f64::NEG_INFINITY, 0.0)]
    {
        let mut stage = Stage::new(&ones(0.25));
        stage.play(8000, &[(0, on(60, 1.0)), (1000, set(Param::Gain, gain))]);
        assert!((stage.left[7999] - want).abs() < 1e-5, "{gain} dB: {}", stage.left[7999]);
        assert!(bend(&stage.left[500..]) < 0.02, "no click");
    }
}

#[test]
fn width_0_is_mono_and_100_is_untouched() {
    let pack = single(cell_f32(8000, |i| [noise(1, i) * 0.3, noise(2, i) * 0.3]), true);
    let mut stage = Stage::new(&pack).with(Param::Width, 0.0);
    stage.play(1000, &[(0, on(60, 1.0))]);
    assert!((0..1000).all(|i| (stage.left[i] - stage.right[i]).abs() < 1e-6));
    let mut stage = Stage::new(&pack).with(Param::Width, 200.0);
    stage.play(1000, &[(0, on(60, 1.0))]);
    let side = |i: usize| (noise(1, i) - noise(2, i)) * 0.3 / 2.0;
    assert!((0..1000).all(|i| (f64::from(stage.left[i] - stage.right[i]) / 2.0 - 2.0 * side(i)).abs() < 1e-5));
}

#[test]
fn the_mod_wheel_moves_what_it_is_told_to() {
    let cells = vec![cell_f32(4800, |_| [0.1; 2]), cell_f32(4800, |_| [0.5; 2])];
    let mut grid = note(60, cells);
    grid.loop_frames = Some(betwixt_engine::resident::LoopFrames { start: 0, end: 4800 });
    let pack = pack(2, 1, vec![grid]);
    for (target, want) in [(0.0, 0.1), (1.0, 0.5), (2.0, 0.1)] {
        let mut stage = Stage::new(&pack).with(Param::ModWheel, target).with(Param::X, 0.0);
        stage.play(20_000, &[(0, on(60, 1.0)), (1000, cc(1, 127))]);
        assert!((stage.left[19_999] - want).abs() < 1e-6, "{target}");
    }
}

#[test]
fn poly_modulation_of_x_moves_one_note_alone_and_holds_from_its_first_frame() {
    let cells = vec![cell_f32(48_000, |_| [0.1; 2]), cell_f32(48_000, |_| [0.5; 2])];
    let pack = pack(2, 1, vec![note(60, cells)]);
    let mut stage = Stage::new(&pack).with(Param::X, 0.0);
    let start = |id| EventKind::NoteOn { note: NoteRef { id, channel: 0, key: 60 }, velocity: 1.0 };
    let to = |id| NoteAddress { id: Some(id), ..NoteAddress::default() };
    let x = |id, offset| EventKind::NoteMod { to: to(id), param: Param::X, offset };
    stage.play(10_000, &[(5, start(1)), (3000, start(2)), (3000, x(2, 1.0)), (6000, x(2, 0.0))]);
    assert!((stage.left[2999] - 0.1).abs() < 1e-6);
    assert!((stage.left[3000] - 0.6).abs() < 1e-6, "from its first frame: {}", stage.left[3000]);
    assert!((stage.left[9999] - 0.2).abs() < 1e-3);
}

#[test]
fn modulation_adds_in_normalised_units_and_is_clamped() {
    let mut stage = Stage::new(&ones(0.25)).with(Param::Sustain, 100.0);
    let offset = |offset| EventKind::ParamMod { param: Param::Pan, offset };
    stage.play(9000, &[(0, on(60, 1.0)), (1000, offset(-0.25)), (5000, offset(-1.0))]);
    assert!((stage.right[4999] - 0.125).abs() < 1e-5, "a quarter of the travel is half the way to the left");
    assert_eq!(stage.right[8999], 0.0);
}

#[test]
fn expressions_of_a_note() {
    let express = |expression, value| EventKind::NoteExpression { to: NoteAddress::default(), expression, value };
    let mut stage = Stage::new(&ones(0.25));
    stage.play(
        9000,
        &[(0, on(60, 1.0)), (1000, express(Expression::Volume, 2.0)), (5000, express(Expression::Pan, 1.0))],
    );
    assert!((stage.left[4999] - 0.5).abs() < 1e-5);
    assert_eq!((stage.left[8999], stage.right[8999]), (0.0, 0.5));
}

#[test]
fn nonsense_changes_nothing() {
    let mut stage = Stage::new(&ones(0.25));
    let to = NoteAddress::default();
    stage.play(
        4000,
        &[
            (0, on(60, 1.0)),
            (100, set(Param::Gain, f64::NAN)),
            (100, EventKind::ParamMod { param: Param::Pan, offset: f32::NAN }),
            (100, EventKind::NoteMod { to, param: Param::Gain, offset: f32::NAN }),
            (100, EventKind::NoteExpression { to, expression: Expression::Tuning, value: f32::NAN }),
            (100, EventKind::PitchBend { channel: 200, value: f32::NAN }),
            (100, EventKind::ControlChange { channel: 99, controller: 255, value: 9.0 }),
            (100, EventKind::NoteOn { note: NoteRef { id: 0, channel: 255, key: 255 }, velocity: f32::NAN }),
        ],
    );
    assert_eq!(stage.left[3999], 0.25);
}

#[test]
fn the_filter_darkens_and_its_envelope_and_key_follow() {
    let pack = single(cell_f32(96_000, |i| [noise(3, i) * 0.3; 2]), true);
    let high = |x: &[f32]| rms(&x.windows(2).map(|w| w[1] - w[0]).collect::<Vec<_>>());
    let play = |settings: &[(Param, f64)], key| {
        let mut stage = settings.iter().fold(Stage::new(&pack), |s, (p, v)| s.with(*p, *v));
        stage.play(20_000, &[(0, on(key, 1.0))]);
        stage.left
    };
    let open = play(&[], 60);
    let dark = play(&[(Param::Filter, 1.0), (Param::Cutoff, 500.0)], 60);
    assert!(high(&dark[5000..]) < 0.1 * high(&open[5000..]));
    let env = [(Param::Filter, 1.0), (Param::Cutoff, 500.0), (Param::FilterEnv, 100.0)];
    assert!(high(&play(&env, 60)[5000..]) > 5.0 * high(&dark[5000..]), "the open envelope lifts the cutoff");
    let follow = [(Param::Filter, 1.0), (Param::Cutoff, 500.0), (Param::FilterKey, 100.0)];
    let plain = [(Param::Filter, 1.0), (Param::Cutoff, 500.0)];
    assert!(high(&play(&follow, 84)[5000..]) > 2.0 * high(&play(&plain, 84)[5000..]));
}

#[test]
fn switching_the_filter_does_not_click() {
    let pack = single(cell_f32(96_000, sine(110.0, 0.5)), true);
    let mut stage = Stage::new(&pack).with(Param::Cutoff, 2000.0);
    let events: Vec<_> = (0..8).map(|i| (4000 + 3000 * i, set(Param::Filter, (i % 4) as f64))).collect();
    stage.play(28_000, &[&[(0, on(60, 1.0))][..], &events].concat());
    assert!(peak(&stage.left) < 1.0);
    assert!(bend(&stage.left) < 0.05, "{}", bend(&stage.left));
}
