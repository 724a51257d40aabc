//! The point is the instrument: corners are the recordings themselves, between them is the mix, and
//! moving is smooth; for all notes and for one.

use betwixt_engine::params::Param;
use betwixt_tests::analysis::{clicks, level, null_depth_db};
use betwixt_tests::curve::Curve;
use betwixt_tests::rig::{RATE_HZ, Rig, plain, play, ready};
use betwixt_tests::test_pack::{ROOTS, TestPack};
use betwixt_tests::timeline::{Play, Timeline};

const CORNERS: [(f64, f64); 4] = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];

#[test]
fn a_corner_is_its_recording() {
    let mut instance = Rig::new().bounce();
    for root in ROOTS {
        for (corner, (x, y)) in CORNERS.into_iter().enumerate() {
            // Four seconds: twice round the loop.
            let take = play(&mut instance, &plain(x, y).hold(0, root), 192_000);
            let mut gains = [0.0; 4];
            gains[corner] = 1.0;
            let (left, right) = TestPack::PLAIN.note(root, gains, 192_000);
            let depth = null_depth_db(&left, &take.left).min(null_depth_db(&right, &take.right));
            assert!(depth >= 60.0, "root {root} at {x}, {y}: the null is only {depth:.1} dB deep");
            instance.processor().reset();
        }
    }
}

#[test]
fn the_centre_of_coherent_cells_is_their_mean() {
    let mut instance = Rig::new().bounce();
    let take = play(&mut instance, &plain(0.5, 0.5).hold(0, 60), 96_000);
    let (left, right) = TestPack::PLAIN.note(60, [0.25; 4], 96_000);
    let depth = null_depth_db(&left, &take.left).min(null_depth_db(&right, &take.right));
    assert!(depth >= 60.0, "{depth:.1} dB");
}

#[test]
fn the_centre_of_other_cells_keeps_their_power() {
    let mut instance = ready(Rig::new().instance_with(TestPack::INCOHERENT), RATE_HZ);
    let take = play(&mut instance, &plain(0.5, 0.5).hold(0, 60), 96_000);
    let (left, right) = TestPack::INCOHERENT.note(60, [0.5; 4], 96_000);
    let depth = null_depth_db(&left, &take.left).min(null_depth_db(&right, &take.right));
    assert!(depth >= 60.0, "{depth:.1} dB");
}

#[test]
fn a_point_off_the_centre_weighs_the_corners_by_nearness() {
    let mut instance = Rig::new().bounce();
    let (x, y) = (0.25, 0.9);
    let take = play(&mut instance, &plain(x, y).hold(0, 60), 48_000);
    let gains = [(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y];
    let (left, _) = TestPack::PLAIN.note(60, gains, 48_000);
    let depth = null_depth_db(&left, &take.left);
    assert!(depth >= 60.0, "{depth:.1} dB");
}

#[test]
fn a_one_shot_ends_by_itself_and_the_host_hears_of_it() {
    let mut instance = ready(Rig::new().instance_with(TestPack::ONE_SHOT), RATE_HZ);
    let take = play(&mut instance, &plain(0.0, 0.0).hold(0, 60), 192_000);
    let (left, _) = TestPack::ONE_SHOT.note(60, [1.0, 0.0, 0.0, 0.0], 192_000);
    assert!(null_depth_db(&left, &take.left) >= 60.0);
    let ends = take.note_ends();
    assert!(matches!(ends[..], [(60, 144_000..=144_100)]), "{ends:?}");
}

#[test]
fn a_jump_inside_a_block_is_heard_at_its_frame() {
    for at in [5_000u64, 5_001, 5_100, 5_255] {
        let mut instance = Rig::new().bounce();
        let still = play(&mut instance, &plain(0.0, 0.0).hold(0, 60), 12_000);
        instance.processor().reset();
        let jump = play(&mut instance, &plain(0.0, 0.0).hold(0, 60).set(at, Param::X, 1.0), 12_000);
        instance.processor().reset();
        let there = play(&mut instance, &plain(1.0, 0.0).hold(0, 60), 12_000);
        // Control ticks come every 16 frames, and the mix runs ahead of the interpolation by the
        // kernel's half: 40 frames are 0.8 ms.
        let first = still.first_difference(&jump).expect("the jump is heard") as u64;
        assert!((at..at + 40).contains(&first), "a jump at {at} is heard at {first}");
        let after = at as usize + 96..12_000;
        let depth = null_depth_db(&there.left[after.clone()], &jump.left[after]);
        assert!(depth > 60.0, "behind the jump the other corner sounds: {depth:.1} dB");
        // The new timbre comes in over one tick: a soft edge, no step of the size of the change.
        let hard: Vec<_> = clicks::find_from(&jump.left, 100).into_iter().filter(|c| c.error > 0.01).collect();
        assert_eq!(hard, [], "the jump clicks");
    }
}

#[test]
fn pad_glide_slows_the_point_down() {
    let mut instance = Rig::new().bounce();
    let timeline = plain(0.0, 0.0).set(0, Param::GlideXy, 500.0).hold(0, 60).set(5_000, Param::X, 1.0);
    let slow = play(&mut instance, &timeline, 96_000);
    instance.processor().reset();
    let there = play(&mut instance, &plain(1.0, 0.0).hold(0, 60), 96_000);
    let early = 6_000..10_000;
    assert!(null_depth_db(&there.left[early.clone()], &slow.left[early]) < 20.0, "not there yet after 0.1 s");
    let late = 80_000..96_000;
    let depth = null_depth_db(&there.left[late.clone()], &slow.left[late]);
    assert!(depth > 25.0, "nearly there after 1.5 s: {depth:.1} dB");
    assert_eq!(clicks::find_from(&slow.left, 100), []);
}

#[test]
fn moving_x_through_a_held_note_makes_no_click() {
    for pack in [TestPack::PLAIN, TestPack::INCOHERENT] {
        let mut instance = ready(Rig::new().instance_with(pack), RATE_HZ);
        let curve = Curve::new(vec![(0.2, 0.0), (1.2, 1.0), (1.3, 0.0), (1.35, 1.0)]).unwrap();
        let mut timeline = plain(0.0, 0.3).set(0, Param::GlideXy, 10.0).hold(0, 60).hold(0, 67);
        timeline.merge(&curve.automate(Param::X, RATE_HZ, 97, 80_000));
        let take = play(&mut instance, &timeline, 96_000);
        for channel in [&take.left, &take.right] {
            assert_eq!(clicks::find_from(channel, 100), []);
        }
        assert!(level::rms(&take.left[90_000..]) > 0.01);
    }
}

#[test]
fn modulating_one_note_leaves_the_other_where_it_is() {
    let mut instance = Rig::new().bounce();
    let two = plain(0.0, 0.0)
        .note(0, 90_000, 1, 48, 1.0)
        .note(0, 90_000, 2, 72, 1.0)
        .at(0, Play::ModulateNote { id: 1, param: Param::X, amount: 1.0 });
    let both = play(&mut instance, &two, 48_000);
    let (low, _) = TestPack::PLAIN.note(48, [0.0, 1.0, 0.0, 0.0], 48_000);
    let (high, _) = TestPack::PLAIN.note(72, [1.0, 0.0, 0.0, 0.0], 48_000);
    let wanted: Vec<f32> = low.iter().zip(&high).map(|(a, b)| a + b).collect();
    // From the second tick on: the modulation comes behind the note-on of its frame.
    let depth = null_depth_db(&wanted[64..], &both.left[64..]);
    assert!(depth >= 60.0, "{depth:.1} dB");
}

#[test]
fn modulating_one_note_in_the_middle_of_it_moves_only_that_one() {
    let mut instance = Rig::new().bounce();
    let two = plain(0.0, 0.0)
        .note(0, 90_000, 1, 48, 1.0)
        .note(0, 90_000, 2, 72, 1.0)
        .at(10_007, Play::ModulateNote { id: 2, param: Param::Y, amount: 1.0 });
    let take = play(&mut instance, &two, 48_000);
    let (low, _) = TestPack::PLAIN.note(48, [1.0, 0.0, 0.0, 0.0], 48_000);
    let (high, _) = TestPack::PLAIN.note(72, [0.0, 0.0, 1.0, 0.0], 48_000);
    let wanted: Vec<f32> = low.iter().zip(&high).map(|(a, b)| a + b).collect();
    let depth = null_depth_db(&wanted[10_100..], &take.left[10_100..]);
    assert!(depth >= 60.0, "{depth:.1} dB");
}

#[test]
fn modulation_of_all_adds_to_the_parameter_and_is_not_saved() {
    let mut instance = Rig::new().bounce();
    let moved = plain(0.25, 0.0).at(0, Play::Modulate(Param::X, 0.5)).hold(0, 60);
    let take = play(&mut instance, &moved, 24_000);
    let (left, _) = TestPack::PLAIN.note(60, [0.25, 0.75, 0.0, 0.0], 24_000);
    assert!(null_depth_db(&left[64..], &take.left[64..]) >= 60.0);
    let state = betwixt_tests::clap_host::StateDocument::read(&instance.save().unwrap()).unwrap();
    let x = state.parameter("x").as_f64().unwrap();
    assert!((x - 0.25).abs() < 1e-6, "the state holds {x}");
}

#[test]
fn a_latched_note_stays_where_it_began() {
    let mut instance = Rig::new().bounce();
    let timeline = plain(0.0, 0.0).set(0, Param::XyMode, 1.0).hold(10, 60).set(10_000, Param::X, 1.0);
    let take = play(&mut instance, &timeline, 48_000);
    let (left, _) = TestPack::PLAIN.note(60, [1.0, 0.0, 0.0, 0.0], 47_990);
    let depth = null_depth_db(&left, &take.left[10..]);
    assert!(depth >= 60.0, "{depth:.1} dB");
}

#[test]
fn the_mod_wheel_moves_what_it_is_set_to() {
    let mut instance = Rig::new().bounce();
    let timeline: Timeline = plain(0.0, 0.0).set(0, Param::ModWheel, 1.0).midi(0, [0xb0, 1, 127]).hold(2_000, 60);
    let take = play(&mut instance, &timeline, 26_000);
    let (left, _) = TestPack::PLAIN.note(60, [0.0, 1.0, 0.0, 0.0], 24_000);
    let depth = null_depth_db(&left[64..], &take.left[2_064..]);
    assert!(depth >= 60.0, "{depth:.1} dB");
}
