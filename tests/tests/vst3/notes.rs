//! Notes, bends and automation land on their frames.

use betwixt_engine::params::Param;
use betwixt_tests::analysis::{level, null_depth_db, pitch};
use betwixt_tests::test_pack::{TestPack, fundamental_hz};
use betwixt_tests::vst3_host::{Mode, Score, expression};

use crate::{RATE_HZ, first_difference, onset, plain_sound, play, stage, to};

/// Gains and the point move once in so many frames.
const TICK: usize = 16;

/// The layers are mixed ahead of what is heard, by half of the longest kernel.
const MIXED_AHEAD: usize = 24;

#[test]
fn a_note_begins_on_its_frame_with_the_cells_own_samples() {
    for at in [0, 1, 511, 512, 700, 1535] {
        let (instance, mut player) = play(Mode::Offline);
        let score = plain_sound(&instance).on(at as u64, 1, 60, 1.0);
        let (left, right) = player.render(&score, 4096, 512);
        assert_eq!(onset(&left), Some(at));
        let cell = &stage().cells[0];
        let wanted: Vec<f32> = cell[..4096 - at].iter().map(|frame| frame[0]).collect();
        let depth = null_depth_db(&wanted, &left[at..]);
        assert!(depth >= 60.0, "left: {depth} dB");
        let wanted: Vec<f32> = cell[..4096 - at].iter().map(|frame| frame[1]).collect();
        let depth = null_depth_db(&wanted, &right[at..]);
        assert!(depth >= 60.0, "right: {depth} dB");
    }
}

#[test]
fn the_size_of_blocks_is_not_heard() {
    let take = |block: usize| {
        let (instance, mut player) = play(Mode::Offline);
        let score = plain_sound(&instance)
            .on(100, 1, 60, 1.0)
            .on(333, 2, 67, 0.7)
            .set(700, to(&instance, Param::X, 1.0))
            .set(701, to(&instance, Param::Y, 0.3))
            .off(2001, 2, 67);
        player.render(&score, 6000, block).0
    };
    let whole = take(512);
    for block in [1, 7, 64, 500] {
        assert_eq!(first_difference(&whole, &take(block)), None, "blocks of {block}");
    }
}

#[test]
fn automation_inside_a_block_is_heard_within_a_millisecond_and_never_early() {
    let take = |change: Option<u64>| {
        let (instance, mut player) = play(Mode::Offline);
        let mut score = plain_sound(&instance).on(0, 1, 60, 1.0);
        if let Some(frame) = change {
            score = score.set(frame, to(&instance, Param::X, 1.0));
        }
        player.render(&score, 2048, 512).0
    };
    let still = take(None);
    for frame in [513, 700, 900, 1023] {
        let moved = take(Some(frame));
        let heard = first_difference(&still, &moved).expect("the move is heard");
        let frame = frame as usize;
        assert!((frame..=frame + TICK + MIXED_AHEAD + 1).contains(&heard), "moved at {frame}, heard at {heard}");
    }
}

#[test]
fn several_points_in_one_block_are_all_followed() {
    let (instance, mut player) = play(Mode::Offline);
    // X is 1 for frames 128 to 383 of a block, and 0 round that: one value a block would miss it.
    let score = plain_sound(&instance)
        .on(0, 1, 60, 1.0)
        .set(1024 + 128, to(&instance, Param::X, 1.0))
        .set(1024 + 384, to(&instance, Param::X, 0.0));
    let (left, _) = player.render(&score, 2048, 512);
    let cells = &stage().cells;
    let wanted = |frame: usize| cells[usize::from((1152..1408).contains(&frame))][frame][0];
    for frame in [1100, 1151, 1152 + 3 * TICK, 1407, 1408 + 3 * TICK, 1600] {
        let error = (left[frame] - wanted(frame)).abs();
        assert!(error < 1e-3, "frame {frame}: {} instead of {}", left[frame], wanted(frame));
    }
}

#[test]
fn the_pitch_wheel_bends_by_its_midi_mapping() {
    let (instance, mut player) = play(Mode::Offline);
    let wheel = instance.controller(0, 129).expect("pitch bend is mapped");
    let score = plain_sound(&instance).on(0, 1, 60, 1.0).set(0, (wheel, 1.0));
    let (left, _) = player.render(&score, 48_000, 512);
    let hz = pitch::strongest_hz(&left[8_000..40_000], RATE_HZ, 50.0, 2_000.0).expect("a tone");
    let bent = pitch::cents(fundamental_hz(60), hz);
    assert!((bent - 200.0).abs() < 2.0, "bent by {bent} cents");
}

#[test]
fn sustain_and_volume_arrive_by_their_midi_mapping() {
    let (instance, mut player) = play(Mode::Offline);
    let pedal = instance.controller(0, 64).expect("sustain is mapped");
    let volume = instance.controller(0, 7).expect("volume is mapped");
    let score = plain_sound(&instance)
        .set(0, to(&instance, Param::Release, 0.005))
        .set(0, (pedal, 1.0))
        .on(0, 1, 60, 1.0)
        .off(1000, 1, 60)
        .set(20_000, (volume, 0.0))
        .set(30_000, (volume, 1.0))
        .set(40_000, (pedal, 0.0));
    let (left, _) = player.render(&score, 48_000, 512);
    let level = |from: usize| level::peak(&left[from..from + 1000]);
    assert!(level(15_000) > 0.15, "the pedal holds the note: {}", level(15_000));
    assert!(level(28_000) < 1e-3, "CC 7 at 0 is silence: {}", level(28_000));
    assert!(level(38_000) > 0.15, "CC 7 at 127 is neutral: {}", level(38_000));
    assert!(level(46_000) < 1e-3, "the pedal lets go: {}", level(46_000));
}

#[test]
fn a_corner_is_its_cell_and_the_centre_is_the_mix() {
    let (instance, mut player) = play(Mode::Offline);
    let score = plain_sound(&instance)
        .on(0, 1, 60, 1.0)
        .set(48_000, to(&instance, Param::X, 0.5))
        .set(48_000, to(&instance, Param::Y, 0.5))
        .set(144_000, to(&instance, Param::X, 1.0))
        .set(144_000, to(&instance, Param::Y, 1.0));
    let (left, _) = player.render(&score, 240_000, 512);
    for (from, gains) in [(0, [1.0, 0.0, 0.0, 0.0]), (96_000, [0.25; 4]), (192_000, [0.0, 0.0, 0.0, 1.0])] {
        let (wanted, _) = TestPack::PLAIN.note(60, gains, from + 48_000);
        let depth = null_depth_db(&wanted[from..], &left[from..from + 48_000]);
        assert!(depth >= 60.0, "{gains:?}: {depth:.1} dB");
    }
}

/// Tuning by note id: each expression finds its own note.
#[test]
fn an_expression_reaches_the_note_of_its_id() {
    let up = 0.5 + 12.0 / 240.0;
    let semitones = |score: Score| {
        let (instance, mut player) = play(Mode::Offline);
        let start = plain_sound(&instance).set(0, to(&instance, Param::Release, 0.005));
        let (left, _) = player.render(&start.merge(score), 96_000, 512);
        let hz = pitch::strongest_hz(&left[60_000..92_000], RATE_HZ, 50.0, 4_000.0);
        hz.map(|hz| (pitch::cents(fundamental_hz(60), hz) / 100.0).round())
    };
    let tuned = Score::new().on(0, 7, 60, 1.0).express(100, 7, expression::TUNING, up);
    assert_eq!(semitones(tuned), Some(12.0));
    // More notes than the framework once remembered: the oldest is still found.
    let mut many = Score::new().on(0, 1000, 60, 1.0);
    for (id, frame) in (0..40).zip((100..).step_by(200)) {
        many = many.on(frame, id, 60, 0.01).off(frame + 100, id, 60);
    }
    assert_eq!(semitones(many.express(20_000, 1000, expression::TUNING, up)), Some(12.0));
    // Of an id that no note ever had: nobody's.
    let stranger = Score::new().on(0, 7, 60, 1.0).express(100, 0, expression::TUNING, up);
    assert_eq!(semitones(stranger), Some(0.0));
}

/// D12: the framework had these two swapped.
#[test]
fn brightness_moves_the_filter_and_expression_does_not() {
    let take = |kind: u32| {
        let (instance, mut player) = play(Mode::Offline);
        let score = plain_sound(&instance)
            .set(0, to(&instance, Param::Filter, 1.0))
            .set(0, to(&instance, Param::Cutoff, 300.0))
            .on(0, 1, 60, 1.0)
            .express(1000, 1, kind, 1.0);
        let (left, _) = player.render(&score, 24_000, 512);
        level::rms(&left[12_000..])
    };
    let (bright, expressed) = (take(expression::BRIGHTNESS), take(expression::EXPRESSION));
    assert!(bright > 1.1 * expressed, "brightness {bright}, expression {expressed}");
}
