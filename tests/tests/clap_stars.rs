//! Stars: a program change or a key sends the point to a place that the player keeps, and the project remembers it.

use betwixt_engine::params::Param;
use betwixt_tests::analysis::null_depth_db;
use betwixt_tests::clap_host::{Instance, StateDocument};
use betwixt_tests::rig::{RATE_HZ, Rig, plain, play, play_in_blocks, ready};
use betwixt_tests::take::Take;
use betwixt_tests::test_pack::TestPack;
use betwixt_tests::timeline::Timeline;

/// A bounce of a project with stars in the lower right and the upper left corner.
fn with_stars(fields: &[(&str, serde_json::Value)]) -> Instance {
    let mut instance = Rig::new().instance();
    let mut state = StateDocument::read(&instance.save().unwrap()).unwrap();
    let stars = serde_json::json!([{ "name": "Right", "x": 1, "y": 0 }, { "x": 0, "y": 1, "mine": 7 }]);
    state.betwixt.insert("stars".into(), stars);
    for (name, value) in fields {
        state.betwixt.insert((*name).into(), value.clone());
    }
    instance.load(&state.write()).expect("the state is taken");
    ready(instance, RATE_HZ)
}

fn is_corner(take: &Take, corner: usize) {
    let mut gains = [0.0; 4];
    gains[corner] = 1.0;
    let (left, _) = TestPack::PLAIN.note(60, gains, take.frames());
    let depth = null_depth_db(&left, &take.left);
    assert!(depth >= 60.0, "corner {corner}: the null is only {depth:.1} dB deep");
}

#[test]
fn a_program_change_recalls_its_star_and_the_project_saves_it() {
    let mut instance = with_stars(&[]);
    for (program, corner) in [(0, 1), (1, 2)] {
        // The second comes while the first is in force.
        let begin = if program == 0 { plain(0.5, 0.5) } else { Timeline::new() };
        play(&mut instance, &begin, 512);
        let take = play(&mut instance, &begin_with(program), 48_000);
        is_corner(&take, corner);
        instance.processor().reset();
    }
    let saved = StateDocument::read(&instance.save().unwrap()).unwrap();
    assert_eq!((saved.parameter(Param::X.id()), saved.parameter(Param::Y.id())), (&0.into(), &1.into()));
    assert_eq!(saved.betwixt["stars"][1]["mine"], 7);
    let mut other = Rig::new().instance();
    other.load(&saved.write()).unwrap();
    let take = play(&mut ready(other, RATE_HZ), &Timeline::new().hold(0, 60), 48_000);
    is_corner(&take, 2);
}

fn begin_with(program: u8) -> Timeline {
    Timeline::new().midi(0, [0xC3, program, 0]).hold(0, 60)
}

#[test]
fn a_key_recalls_its_star_and_ends_at_once() {
    let mut instance = with_stars(&[("star_keys", 24.into())]);
    play(&mut instance, &plain(0.5, 0.5), 512);
    let keys = Timeline::new().note(0, 100, 7, 24, 1.0).hold(0, 60);
    let take = play(&mut instance, &keys, 48_000);
    is_corner(&take, 1);
    assert_eq!(take.note_ends(), [(7, 0)]);
}

#[test]
fn the_way_to_a_star_does_not_depend_on_the_blocks() {
    let bounce = |sizes: &[usize]| {
        let mut instance = with_stars(&[("star_glide", 0.25.into())]);
        play_in_blocks(&mut instance, &plain(0.5, 0.5), 1024, || 64);
        let mut next = sizes.iter().copied().cycle();
        let timeline = Timeline::new().hold(0, 60).midi(333, [0xC0, 0, 0]).midi(9001, [0xC0, 1, 0]);
        play_in_blocks(&mut instance, &timeline, 24_000, || next.next().unwrap_or(64))
    };
    let whole = bounce(&[1024]);
    for sizes in [&[64][..], &[1, 17, 999, 256]] {
        let take = bounce(sizes);
        assert_eq!(take.first_difference(&whole), None, "{sizes:?}");
    }
}
