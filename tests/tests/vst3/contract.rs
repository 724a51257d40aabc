//! What the plugin tells a host, and what it is told.

use betwixt_engine::params::{Param, TABLE};
use betwixt_tests::vst3_host::{Instance, Mode};

use crate::{first_difference, plain_sound, play, stage, to};

#[test]
fn the_bundle_holds_one_instrument_of_this_name_and_id() {
    let classes = stage().library.classes();
    let audio: Vec<_> = classes.iter().filter(|(_, category, _)| category == "Audio Module Class").collect();
    assert_eq!(audio.len(), 1, "{classes:?}");
    let id: Vec<u8> = audio[0].0.iter().map(|&byte| byte as u8).collect();
    assert_eq!(id, b"BetwixtXYMorph01");
    assert_eq!(audio[0].2, "Betwixt");
}

#[test]
fn every_parameter_of_the_table_is_listed_under_its_name() {
    let instance = Instance::new(&stage().library).unwrap();
    let listed = instance.parameters();
    for spec in TABLE {
        let row =
            listed.iter().find(|row| row.title == spec.name).unwrap_or_else(|| panic!("{} is missing", spec.name));
        let value = instance.value(row.id);
        assert!((value - row.default).abs() < 1e-6, "{} begins at {value}, not at {}", spec.name, row.default);
    }
}

/// D4: the index behind the last parameter ended the host.
#[test]
fn there_is_no_parameter_behind_the_last() {
    let instance = Instance::new(&stage().library).unwrap();
    let count = instance.parameter_count();
    assert!(instance.parameter(count - 1).is_some());
    for index in [count, count + 1, -1, i32::MAX] {
        assert!(instance.parameter(index).is_none(), "index {index} of {count}");
    }
}

/// S6: hosts that look at every parameter took a minute over 2080 of them.
#[test]
fn only_the_controllers_in_use_are_mapped() {
    let instance = Instance::new(&stage().library).unwrap();
    let used = [1, 6, 7, 10, 11, 38, 64, 66, 67, 74, 100, 101, 120, 121, 123, 128, 129];
    let listed = instance.parameters();
    assert!(listed.len() <= TABLE.len() + 16 * used.len(), "{} parameters", listed.len());
    for channel in 0..16 {
        for number in 0..130 {
            let id = instance.controller(channel, number);
            assert_eq!(id.is_some(), used.contains(&number), "channel {channel}, controller {number}");
            if let Some(id) = id {
                assert!(listed.iter().any(|row| row.id == id), "controller {number} maps to an unlisted parameter");
            }
        }
    }
}

#[test]
fn there_is_no_latency() {
    let (instance, _player) = play(Mode::Realtime);
    assert_eq!(instance.latency(), 0);
}

/// D13: the plugin was told the mode of the *previous* set-up. Offline it plays in Best quality, and
/// waits for its pack.
#[test]
fn the_first_offline_render_is_offline() {
    let take = |quality: f64| {
        let (instance, mut player) = play(Mode::Offline);
        let score = plain_sound(&instance).set(0, to(&instance, Param::Quality, quality)).on(0, 1, 67, 1.0);
        player.render(&score, 4096, 512).0
    };
    let eco = take(0.0);
    assert!(eco.iter().any(|sample| sample.abs() > 0.1), "the pack was not waited for");
    assert_eq!(first_difference(&eco, &take(2.0)), None, "quality of a bounce");
}
