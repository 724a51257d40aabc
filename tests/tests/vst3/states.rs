//! States, through streams as hosts have them.

use betwixt_engine::params::Param;
use betwixt_tests::vst3_host::{Instance, Mode, Score, Stream};

use crate::{first_difference, plain_sound, play, stage, to};

/// Values that no parameter has by default.
const CHANGED: [(Param, f64); 4] = [(Param::X, 0.25), (Param::Gain, -6.0), (Param::Attack, 0.5), (Param::Filter, 1.0)];

fn changed() -> Instance {
    let (instance, mut player) = play(Mode::Offline);
    let score = CHANGED.iter().fold(Score::new(), |score, (param, plain)| score.set(0, to(&instance, *param, *plain)));
    player.render(&score, 512, 512);
    drop(player);
    instance
}

fn check(instance: &Instance) {
    for (param, plain) in CHANGED {
        let (id, wanted) = to(instance, param, plain);
        let value = instance.value(id);
        assert!((value - wanted).abs() < 1e-5, "{} is {value}, not {wanted}", param.spec().name);
    }
}

#[test]
fn a_fresh_instance_takes_a_saved_state() {
    let saved = Stream::of(&[]);
    changed().save(&saved).unwrap();
    let fresh = Instance::new(&stage().library).unwrap();
    fresh.load(&Stream::of(&saved.bytes())).unwrap();
    check(&fresh);
}

#[test]
fn a_restored_instance_sounds_the_same() {
    let take = |restored: bool| {
        let (instance, mut player) = play(Mode::Offline);
        let saved = Stream::of(&[]);
        let sound = plain_sound(&instance).set(0, to(&instance, Param::Y, 0.7)).set(0, to(&instance, Param::Pan, 40.0));
        player.render(&sound, 512, 512);
        if !restored {
            // The point stands still before the note begins, as it does after a restore.
            player.render(&Score::new(), 4096, 512);
            return player.render(&Score::new().on(0, 1, 64, 0.9), 8192, 512).0;
        }
        instance.save(&saved).unwrap();
        drop(player);
        drop(instance);
        let mut fresh = Instance::new(&stage().library).unwrap();
        fresh.load(&Stream::of(&saved.bytes())).unwrap();
        let mut player = fresh.start(crate::RATE_HZ, crate::BLOCK, Mode::Offline).unwrap();
        player.render(&Score::new(), 4608, 512);
        player.render(&Score::new().on(0, 1, 64, 0.9), 8192, 512).0
    };
    assert_eq!(first_difference(&take(false), &take(true)), None);
}

/// D15: a stream may move fewer bytes than it was asked for.
#[test]
fn a_state_passes_through_a_stream_of_small_portions() {
    let saved = Stream::with(&[], 7, usize::MAX);
    changed().save(&saved).unwrap();
    let fresh = Instance::new(&stage().library).unwrap();
    fresh.load(&Stream::with(&saved.bytes(), 1, usize::MAX)).unwrap();
    check(&fresh);
}

/// D15: a state that is cut off is not saved.
#[test]
fn saving_into_a_full_stream_is_an_error() {
    let instance = changed();
    let short = Stream::with(&[], usize::MAX, 100);
    assert!(instance.save(&short).is_err());
}

#[test]
fn a_damaged_state_is_refused_or_ignored_and_changes_nothing() {
    let saved = Stream::of(&[]);
    changed().save(&saved).unwrap();
    let bytes = saved.bytes();
    let instance = changed();
    for damaged in [&bytes[..bytes.len() / 2], &[], b"{", b"null", &[0xff; 64]] {
        // Whether the plugin calls it an error is its own affair.
        let _ = instance.load(&Stream::of(damaged));
        check(&instance);
    }
}
