//! Pitch, to a hundredth of a cent.

use betwixt_engine::event::{EventKind, Expression, NoteAddress};
use betwixt_engine::params::Param;

use crate::measure::{bend, frequency, rms};
use crate::stage::{RATE, Stage, cell_f32, note, off, on, pack, set, sine, single};

const TONE: f64 = 440.0;

fn tone() -> std::sync::Arc<betwixt_engine::resident::PlayPack> {
    single(cell_f32(480_000, sine(TONE, 0.5)), true)
}

fn cents(stage: &Stage, from: usize, semitones: f64) -> f64 {
    let want = TONE * (semitones / 12.0).exp2();
    1200.0 * (frequency(&stage.left[from..], want, RATE) / want).log2()
}

#[test]
fn keys_are_semitones() {
    for key in [36u8, 55, 59, 61, 72, 84] {
        let mut stage = Stage::new(&tone());
        stage.play(24_000, &[(0, on(key, 1.0))]);
        let off = cents(&stage, 4000, f64::from(key) - 60.0);
        assert!(off.abs() < 0.01, "key {key}: {off} cents");
    }
}

#[test]
fn tune_fine_and_the_packs_own_tuning() {
    let mut tuned = note(60, vec![cell_f32(480_000, sine(TONE, 0.5))]);
    tuned.tune_cents = -23.5;
    let pack = pack(1, 1, vec![tuned]);
    let mut stage = Stage::new(&pack).with(Param::Tune, 5.0).with(Param::Fine, -31.0);
    stage.play(24_000, &[(0, on(60, 1.0))]);
    let off = cents(&stage, 4000, 5.0 - 0.31 + 0.235);
    assert!(off.abs() < 0.01, "{off} cents");
}

#[test]
fn the_wheel_bends_to_the_cent_over_its_range() {
    for (range, value, semitones) in [(2.0, 1.0, 2.0), (2.0, -0.5, -1.0), (48.0, 0.25, 12.0), (0.0, 1.0, 0.0)] {
        let mut stage = Stage::new(&tone()).with(Param::BendRange, range);
        stage.play(30_000, &[(0, on(60, 1.0)), (2000, EventKind::PitchBend { channel: 0, value })]);
        let off = cents(&stage, 8000, semitones);
        assert!(off.abs() < 0.01, "range {range}, wheel {value}: {off} cents");
        assert!(bend(&stage.left) < 0.02, "no click");
    }
}

#[test]
fn a_note_is_tuned_by_its_expression() {
    let mut stage = Stage::new(&tone());
    let to = NoteAddress::default();
    let tuning = EventKind::NoteExpression { to, expression: Expression::Tuning, value: 3.3 };
    stage.play(24_000, &[(0, on(60, 1.0)), (0, tuning)]);
    assert!(cents(&stage, 4000, 3.3).abs() < 0.01);
}

#[test]
fn a_pack_of_another_rate_sounds_at_its_pitch() {
    for rate in [44_100.0, 96_000.0, 192_000.0] {
        let mut stage = Stage::at_rate(&tone(), rate);
        stage.play(48_000, &[(0, on(60, 1.0))]);
        let got = frequency(&stage.left[4000..], TONE, rate);
        assert!((1200.0 * (got / TONE).log2()).abs() < 0.01, "{rate} Hz: {got}");
    }
}

#[test]
fn glide_is_linear_in_pitch_and_takes_its_time_for_any_interval() {
    for (from, to) in [(60u8, 72u8), (60, 62)] {
        let mut stage = Stage::new(&tone()).with(Param::Mode, 1.0).with(Param::Glide, 0.5);
        stage.play(60_000, &[(0, on(from, 1.0)), (10_000, on(to, 1.0))]);
        // A quarter second in, the pitch is half way: measured over a short piece around it.
        let half = 10_000 + 12_000;
        let want = TONE * ((f64::from(from) + f64::from(to)) / 2.0 - 60.0).exp2_semitones();
        let got = frequency(&stage.left[half - 1000..half + 1000], want, RATE);
        assert!((1200.0 * (got / want).log2()).abs() < 6.0, "{from} to {to}: {got} for {want}");
        assert!(cents(&stage, 10_000 + 24_100, f64::from(to) - 60.0).abs() < 0.01);
    }
}

trait Semitones {
    fn exp2_semitones(self) -> f64;
}

impl Semitones for f64 {
    fn exp2_semitones(self) -> f64 {
        (self / 12.0).exp2()
    }
}

#[test]
fn legato_glides_and_returns() {
    let mut stage = Stage::new(&tone()).with(Param::Mode, 2.0).with(Param::Glide, 0.05);
    stage.play(60_000, &[(0, on(60, 1.0)), (10_000, on(67, 1.0)), (30_000, off(67))]);
    let piece = |range: std::ops::Range<usize>, semitones: f64| {
        let want = TONE * semitones.exp2_semitones();
        1200.0 * (frequency(&stage.left[range], want, RATE) / want).log2()
    };
    assert!(piece(13_000..29_000, 7.0).abs() < 0.01);
    assert!(piece(33_000..60_000, 0.0).abs() < 0.01);
    assert!(bend(&stage.left) < 0.02);
}

#[test]
fn any_ratio_up_to_64_plays_and_beyond_is_held_there() {
    for (key, tune) in [(127u8, 36.0), (127, 4.9), (127, 0.0), (60, 36.0), (0, -36.0), (0, 0.0)] {
        let mut stage = Stage::new(&tone()).with(Param::Tune, tune).in_blocks(&[8192, 1, 37]);
        stage.play(48_000, &[(0, on(key, 1.0))]);
        assert!(stage.left.iter().all(|v| v.is_finite() && v.abs() < 2.0));
        if key == 0 {
            assert!(rms(&stage.left) > 1e-3);
        }
    }
}

#[test]
fn reverse_plays_backwards() {
    let pack = single(cell_f32(5000, |i| [i as f64 / 5000.0; 2]), false);
    let mut stage = Stage::new(&pack).with(Param::Reverse, 1.0);
    stage.play(6000, &[(3, on(60, 1.0))]);
    for i in 0..5000 {
        assert_eq!(stage.left[3 + i], ((4999 - i) as f64 / 5000.0) as f32, "{i}");
    }
    assert_eq!(stage.engine.sounding(), 0);
}

#[test]
fn start_begins_inside_the_note() {
    let pack = single(cell_f32(5000, |i| [i as f64 / 5000.0; 2]), false);
    let mut stage = Stage::new(&pack).with(Param::Start, 50.0);
    stage.play(3000, &[(0, on(60, 1.0))]);
    assert_eq!(stage.left[..2500], (2500..5000).map(|i| (i as f64 / 5000.0) as f32).collect::<Vec<_>>()[..]);
}

#[test]
fn loop_on_off_and_pack() {
    let mut looped = note(60, vec![cell_f32(5000, sine(480.0, 0.5))]);
    looped.loop_frames = Some(betwixt_engine::resident::LoopFrames { start: 1000, end: 4000 });
    let with = pack(1, 1, vec![looped.clone()]);
    looped.loop_frames = None;
    let without = pack(1, 1, vec![looped]);
    for (pack, mode, sounds) in
        [(&with, 0.0, true), (&with, 1.0, false), (&with, 2.0, true), (&without, 0.0, false), (&without, 2.0, true)]
    {
        let mut stage = Stage::new(pack).with(Param::Loop, mode);
        stage.play(20_000, &[(0, on(60, 1.0))]);
        assert_eq!(stage.engine.sounding() == 1, sounds, "mode {mode}");
        if sounds {
            // 480 Hz has 100 frames a period: loops of whole periods are seamless.
            assert!(bend(&stage.left[100..]) < 0.01);
        }
    }
}

#[test]
fn a_note_slurred_up_keeps_its_sample() {
    let notes = [(60u8, 0.1), (72, 0.9)].map(|(root, level)| {
        let mut n = note(root, vec![cell_f32(48_000, move |_| [level; 2])]);
        n.keys = (root - 6, root + 5);
        n
    });
    let mut stage = Stage::new(&pack(1, 1, notes.to_vec())).with(Param::Mode, 2.0);
    stage.play(4000, &[(0, on(60, 1.0)), (1000, on(72, 1.0)), (2000, set(Param::Tune, 12.0))]);
    assert!((stage.left[3999] - 0.1).abs() < 1e-4);
}
