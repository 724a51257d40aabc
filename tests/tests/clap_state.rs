//! State: what a project remembers. It must come back whole, survive what it does not understand,
//! and never be half taken.

use betwixt_engine::params::Param;
use betwixt_tests::analysis::level;
use betwixt_tests::clap_host::{Call, Instance, StateDocument, Trickle};
use betwixt_tests::rig::{BLOCK, RATE_HZ, Rig, plain, play, ready};
use betwixt_tests::test_pack::TestPack;
use betwixt_tests::timeline::Timeline;
use clack_extensions::params::ParamRescanFlags;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

/// Every parameter off its default.
fn everything_moved() -> Timeline {
    let mut timeline = Timeline::new();
    for param in Param::all().filter(|p| p.automatable()) {
        timeline = timeline.set(0, param, moved(param));
    }
    timeline
}

fn moved(param: Param) -> f64 {
    let n = param.normalise(param.default());
    match param.steps() {
        None => param.denormalise(if n > 0.5 { n - 0.37 } else { n + 0.31 }),
        Some(steps) => {
            let (min, max) = param.range();
            if param.default() < max { param.default() + 1.0 } else { min + (steps - 1) as f64 }
        }
    }
}

fn document(instance: &mut Instance) -> StateDocument {
    StateDocument::read(&instance.save().expect("a state")).expect("a document")
}

fn near(param: Param, a: f64, b: f64) -> bool {
    (param.normalise(a) - param.normalise(b)).abs() < 1e-5
}

#[test]
fn a_fresh_instance_takes_over_every_parameter() {
    let mut first = Rig::new().instance();
    first.flush(&everything_moved()).unwrap();
    let saved = first.save().unwrap();
    let mut second = Rig::new().instance();
    second.load(&saved).unwrap();
    for param in Param::all().filter(|p| p.automatable()) {
        let value = second.plain(param).unwrap();
        assert!(near(param, value, moved(param)), "{}: {value} for {}", param.id(), moved(param));
    }
    // Without a pack in it the state has the second play the pack of a fresh instance, maybe already.
    let parameters = |instance: &mut Instance| document(instance).betwixt["parameters"].clone();
    assert_eq!(parameters(&mut second), parameters(&mut first));
}

#[test]
fn the_state_says_plain_values_in_the_units_of_the_table() {
    let mut instance = Rig::new().instance();
    instance
        .flush(&Timeline::new().set(0, Param::Gain, -6.0).set(0, Param::X, 0.25).set(0, Param::Filter, 1.0).set(
            0,
            Param::Reverse,
            1.0,
        ))
        .unwrap();
    let state = document(&mut instance);
    assert_eq!(state.betwixt["format"], "betwixt-preset");
    assert_eq!(state.betwixt["version"], 1);
    assert!((state.parameter("gain").as_f64().unwrap() + 6.0).abs() < 1e-3);
    assert!((state.parameter("x").as_f64().unwrap() - 0.25).abs() < 1e-6);
    assert_eq!(*state.parameter("filter"), json!("LP"));
    assert_eq!(*state.parameter("reverse"), json!(true));
}

#[test]
fn the_sound_comes_back_with_the_state() {
    let timeline = Timeline::new().hold(10, 60).hold(500, 64);
    let mut first = Rig::new().instance_with(TestPack::INCOHERENT);
    first
        .flush(&plain(0.8, 0.3).set(0, Param::Filter, 1.0).set(0, Param::Cutoff, 900.0).set(0, Param::Gain, -9.0))
        .unwrap();
    let saved = first.save().unwrap();
    let mut first = ready(first, RATE_HZ);
    let before = play(&mut first, &timeline, 48_000);
    assert!(before.onset(1e-3).is_some());
    let mut second = Rig::new().instance();
    second.load(&saved).unwrap();
    let mut second = ready(second, RATE_HZ);
    let after = play(&mut second, &timeline, 48_000);
    assert_eq!(before.first_difference(&after), None);
}

#[test]
fn streams_that_hand_over_single_bytes_are_enough() {
    let mut first = Rig::new().instance();
    first.flush(&everything_moved()).unwrap();
    let mut saved = Trickle(Vec::new(), 7);
    first.save_to(&mut saved).unwrap();
    assert_eq!(saved.0, first.save().unwrap());
    let mut second = Rig::new().instance();
    second.load_from(&mut Trickle(&saved.0[..], 1)).unwrap();
    // Without a pack in it the state has the second play the pack of a fresh instance, maybe already.
    let parameters = |instance: &mut Instance| document(instance).betwixt["parameters"].clone();
    assert_eq!(parameters(&mut second), parameters(&mut first));
}

#[test]
fn what_a_later_version_wrote_survives() {
    let mut instance = Rig::new().instance();
    let mut state = document(&mut instance);
    state.betwixt.insert("from_the_future".into(), json!({ "deep": [1, 2, { "x": "é" }] }));
    state.betwixt.insert("stars".into(), json!([{ "at": [0.1, 0.2], "name": "mine" }]));
    state.betwixt["parameters"]["hyperspace"] = json!(42);
    instance.load(&state.write()).unwrap();
    let back = document(&mut instance);
    for field in ["from_the_future", "stars"] {
        assert_eq!(back.betwixt[field], state.betwixt[field], "{field}");
    }
    assert_eq!(*back.parameter("hyperspace"), json!(42));
}

#[test]
fn a_parameter_that_is_missing_or_no_value_gets_its_default() {
    let mut instance = Rig::new().instance();
    instance.flush(&everything_moved()).unwrap();
    let mut state = document(&mut instance);
    let parameters = state.betwixt["parameters"].as_object_mut().unwrap();
    parameters.remove("cutoff");
    parameters.insert("gain".into(), json!(["loud"]));
    parameters.insert("x".into(), json!(17.5));
    parameters.insert("filter".into(), json!("Comb"));
    instance.load(&state.write()).unwrap();
    for (param, value) in [(Param::Cutoff, 20_000.0), (Param::Gain, 0.0), (Param::X, 1.0), (Param::Filter, 0.0)] {
        let got = instance.plain(param).unwrap();
        assert!(near(param, got, value), "{}: {got}", param.id());
    }
    assert!(near(Param::Y, instance.plain(Param::Y).unwrap(), moved(Param::Y)), "the others came through");
}

#[test]
fn silence_is_written_as_minus_infinity() {
    let mut instance = Rig::new().instance();
    instance.flush(&Timeline::new().set(0, Param::Gain, f64::NEG_INFINITY)).unwrap();
    let state = document(&mut instance);
    assert_eq!(*state.parameter("gain"), json!("-inf"));
    let mut second = Rig::new().instance();
    second.load(&state.write()).unwrap();
    assert_eq!(second.plain(Param::Gain).unwrap(), f64::NEG_INFINITY);
}

#[test]
fn a_state_that_can_not_be_read_leaves_everything_as_it_was() {
    let mut instance = Rig::new().instance();
    instance.flush(&everything_moved()).unwrap();
    let good = instance.save().unwrap();
    let state = document(&mut instance);
    let mut wrong_version = state.clone();
    wrong_version.betwixt["version"] = json!(99);
    wrong_version.betwixt["parameters"] = json!({});
    let mut wrong_format = state.clone();
    wrong_format.betwixt["format"] = json!("someone-elses");
    wrong_format.betwixt["parameters"] = json!({});
    let bad: [(&str, Vec<u8>); 8] = [
        ("nothing", vec![]),
        ("half of it", good[..good.len() / 2].to_vec()),
        ("noise", (0..2000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
        ("a huge length", [&u64::MAX.to_le_bytes()[..], b"{}"].concat()),
        ("a field that is no JSON", state.write_field("{\"format\": ")),
        ("a field that is no object", state.write_field("[1, 2, 3]")),
        ("a later version", wrong_version.write()),
        ("another format", wrong_format.write()),
    ];
    for (what, bytes) in bad {
        // Whether the host is told of it is the framework's affair.
        let _ = instance.load(&bytes);
        assert!(document(&mut instance) == state, "after {what} the state is another");
        let x = instance.plain(Param::X).unwrap();
        assert!(near(Param::X, x, moved(Param::X)), "after {what}: x is {x}");
    }
}

#[test]
fn the_host_is_told_that_values_changed() {
    let mut instance = Rig::new().instance();
    let saved = instance.save().unwrap();
    instance.calls().take();
    instance.load(&saved).unwrap();
    instance.pump();
    let told = instance.calls().take();
    let values = ParamRescanFlags::VALUES.bits();
    assert!(told.iter().any(|c| matches!(c, Call::Rescan(flags) if flags & values != 0)), "{told:?}");
}

#[test]
fn states_may_arrive_while_notes_sound() {
    let rig = Rig::new();
    let mut states = Vec::new();
    for (pack, x) in [(TestPack::PLAIN, 0.1), (TestPack::INCOHERENT, 0.9)] {
        let mut other = rig.instance_with(pack);
        other.flush(&Timeline::new().set(0, Param::X, x)).unwrap();
        states.push(other.save().unwrap());
    }
    let mut instance = rig.live();
    let params = instance.params().to_vec();
    let mut processor = instance.take_processor();
    let stop = AtomicBool::new(false);
    let (processor, worst) = std::thread::scope(|scope| {
        let audio = scope.spawn(|| {
            let mut worst: f32 = 0.0;
            let mut broken = 0;
            let mut id = 0;
            while !stop.load(Ordering::Relaxed) {
                id += 1;
                let notes = Timeline::new().note(3, 900, id, 48 + (id % 24) as u8, 0.5);
                let take = processor.play(&notes, &params, BLOCK, || 128).expect("it plays on");
                worst = worst.max(level::peak(&take.left));
                broken += level::not_finite(&take);
            }
            assert_eq!(broken, 0);
            (processor, worst)
        });
        for round in 0..100 {
            instance.load(&states[round % 2]).unwrap();
            instance.pump();
            let _ = instance.save().unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        audio.join().expect("the audio thread lives")
    });
    instance.return_processor(processor);
    assert!(worst < 8.0, "{worst}");
    let x = document(&mut instance).parameter("x").as_f64().unwrap();
    assert!((x - 0.9).abs() < 1e-6, "the last state counts: {x}");
}

#[test]
fn a_missing_pack_is_kept_in_the_project() {
    let mut instance = Rig::new().instance();
    let mut state = document(&mut instance);
    let pack: Value = json!({ "name": "Gone", "sha256": "00".repeat(32), "path": "/nowhere/gone.btx", "more": 1 });
    state.betwixt.insert("pack".into(), pack.clone());
    instance.load(&state.write()).unwrap();
    let mut instance = ready(instance, RATE_HZ);
    let take = play(&mut instance, &plain(0.5, 0.5).note(0, 10_000, 1, 60, 1.0), 48_000);
    assert_eq!(level::not_finite(&take), 0);
    assert_eq!(take.note_ends().len(), 1, "its notes end even so");
    assert_eq!(document(&mut instance).betwixt["pack"], pack, "the reference waits for the file to come back");
}

#[test]
fn a_pack_moved_elsewhere_is_found_in_the_packs_folder() {
    let rig = Rig::new();
    let mut instance = rig.instance_with(TestPack::INCOHERENT);
    let mut instance_state = document(&mut instance);
    let mut active = ready(instance, RATE_HZ);
    let wanted = play(&mut active, &plain(0.5, 0.5).hold(0, 60), 24_000);
    // What a save says of the pack once it is loaded: name and checksum beside the path.
    let pack = document(&mut active).betwixt["pack"].clone();
    let packs = rig.sandbox().file("data").join("packs");
    std::fs::create_dir_all(&packs).unwrap();
    std::fs::copy(rig.pack(TestPack::INCOHERENT), packs.join("elsewhere.btx")).unwrap();
    let mut moved = pack;
    moved["path"] = json!("/nowhere/else.btx");
    instance_state.betwixt.insert("pack".into(), moved);
    let mut second = rig.instance();
    second.load(&instance_state.write()).unwrap();
    let mut second = ready(second, RATE_HZ);
    let found = play(&mut second, &plain(0.5, 0.5).hold(0, 60), 24_000);
    assert_eq!(wanted.first_difference(&found), None);
}
