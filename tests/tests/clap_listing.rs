//! What a host reads before a note sounds: names, ports, parameters, texts. Projects are saved with
//! these ids and numbers, so a change here breaks them.

use betwixt_engine::params::{Param, TABLE};
use betwixt_tests::clap_host::PLUGIN_ID;
use betwixt_tests::rig::Rig;
use clack_extensions::note_ports::NoteDialects;
use clack_extensions::params::ParamInfoFlags;

/// nice-plug's host ids: 31·h + c over the id's bytes, the top bit cleared.
fn hash(id: &str) -> u32 {
    id.bytes().fold(0u32, |h, c| h.wrapping_mul(31).wrapping_add(u32::from(c))) & !(1 << 31)
}

#[test]
fn the_bundle_holds_one_instrument_with_its_name() {
    let bundle = Rig::new().bundle();
    assert_eq!(bundle.ids().len(), 1);
    let (name, vendor, features) = bundle.describe(PLUGIN_ID).expect("the id is for ever");
    assert_eq!((name.as_str(), vendor.as_str()), ("Betwixt", "Betwixt"));
    assert!(features.iter().any(|f| f == "instrument") && features.iter().any(|f| f == "stereo"), "{features:?}");
}

#[test]
fn notes_go_in_and_stereo_comes_out() {
    let mut instance = Rig::new().instance();
    assert_eq!(instance.audio_ports().unwrap(), (vec![], vec![2]));
    assert!(instance.note_dialects().unwrap().contains(NoteDialects::CLAP | NoteDialects::MIDI));
    assert_eq!(instance.latency().unwrap(), 0);
}

#[test]
fn every_parameter_of_the_table_is_listed_with_its_id_and_default() {
    let instance = Rig::new().instance();
    assert_eq!(instance.params().len(), TABLE.len(), "as many as the table has");
    for spec in TABLE {
        let row = instance.row(spec.param);
        assert_eq!(row.id.get(), hash(spec.id), "{}", spec.id);
        let default = row.to_plain(row.default);
        let n = (spec.param.normalise(default) - spec.param.normalise(spec.default)).abs();
        assert!(n < 1e-6, "{}: {default} for {}", spec.id, spec.default);
    }
}

#[test]
fn what_can_be_automated_and_modulated_is_marked() {
    let instance = Rig::new().instance();
    for spec in TABLE {
        let flags = instance.row(spec.param).flags;
        assert_eq!(flags.contains(ParamInfoFlags::IS_AUTOMATABLE), spec.param.automatable(), "{}", spec.id);
        let poly = flags.contains(ParamInfoFlags::IS_MODULATABLE_PER_NOTE_ID);
        assert_eq!(poly, spec.poly, "{}: polyphonic modulation", spec.id);
        assert_eq!(flags.contains(ParamInfoFlags::IS_STEPPED), spec.param.steps().is_some(), "{}", spec.id);
        assert_eq!(flags.contains(ParamInfoFlags::IS_BYPASS), spec.param == Param::Bypass, "{}", spec.id);
    }
}

#[test]
fn every_parameter_parses_what_it_prints() {
    let mut instance = Rig::new().instance();
    for param in Param::all() {
        let steps = param.steps().unwrap_or(40).min(200);
        for i in 0..=steps {
            let plain = param.denormalise(i as f64 / steps as f64);
            let text = instance.text(param, plain).unwrap();
            let parsed = instance.parse(param, &text).unwrap();
            let parsed = parsed.unwrap_or_else(|| panic!("{}: {text:?} is not understood", param.id()));
            let again = instance.text(param, parsed).unwrap();
            assert_eq!(again, text, "{}: {plain} prints {text:?}, which parses to {parsed}", param.id());
        }
    }
}

#[test]
fn texts_that_people_type_are_understood() {
    let mut instance = Rig::new().instance();
    for (param, text, plain) in [
        (Param::X, "70 %", 0.7),
        (Param::Gain, "-6 dB", -6.0),
        (Param::Gain, "−6", -6.0),
        (Param::Attack, "250ms", 0.25),
        (Param::Attack, "2 s", 2.0),
        (Param::Cutoff, "2.4k", 2400.0),
        (Param::Cutoff, "2.4 kHz", 2400.0),
        (Param::Pan, "30L", -30.0),
        (Param::Pan, "-30 %", -30.0),
        (Param::Tune, "-12 st", -12.0),
        (Param::Filter, "LP", 1.0),
        (Param::Reverse, "On", 1.0),
    ] {
        let got = instance.parse(param, text).unwrap();
        assert!(got.is_some_and(|v| (v - plain).abs() < 1e-3), "{} {text:?}: {got:?}", param.id());
    }
    assert_eq!(instance.parse(Param::Cutoff, "warm").unwrap(), None);
    assert_eq!(instance.parse(Param::Filter, "Comb").unwrap(), None);
}
