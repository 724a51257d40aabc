//! What a player notices: old presets sound as they did, damaged ones say so, nothing unknown is lost.

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Preset {
    let (preset, warnings) = Preset::parse(text).unwrap();
    assert_eq!(warnings, []);
    preset
}

#[test]
fn every_parameter_survives_saving_and_loading() {
    let mut preset = Preset::new();
    for param in Param::all() {
        preset.set(param, param.denormalise(0.37));
    }
    let again = parse(&preset.to_json());
    for param in Param::all() {
        assert_eq!(again.value(param), preset.value(param), "{}", param.id());
    }
    assert_eq!(again.to_json(), preset.to_json());
}

#[test]
fn values_read_as_people_would_write_them() {
    let preset = parse(
        r#"{"format":"betwixt-preset","version":1,"parameters":
            {"x":0.25,"gain":"-inf","filter":"BP","reverse":true,"voices":12,"attack":2,"sustain":50.5}}"#,
    );
    assert_eq!(preset.value(Param::X), 0.25);
    assert_eq!(preset.value(Param::Gain), f64::NEG_INFINITY);
    assert_eq!(preset.value(Param::Filter), 2.0);
    assert_eq!(preset.value(Param::Reverse), 1.0);
    assert_eq!(preset.value(Param::Voices), 12.0);
    assert_eq!(preset.value(Param::Attack), 2.0);
    let json = preset.to_json();
    for line in ["\"gain\": \"-inf\"", "\"filter\": \"BP\"", "\"reverse\": true", "\"voices\": 12", "\"x\": 0.25"] {
        assert!(json.contains(line), "{line} in {json}");
    }
}

#[test]
fn missing_parameters_take_their_defaults() {
    assert_eq!(parse(r#"{"format":"betwixt-preset","version":1}"#).values, Preset::new().values);
}

#[test]
fn out_of_range_is_clamped() {
    let preset = parse(
        r#"{"format":"betwixt-preset","version":1,"parameters":{"x":7,"gain":90,"voices":-3,"release":0,"y":-1e300}}"#,
    );
    assert_eq!(preset.value(Param::X), 1.0);
    assert_eq!(preset.value(Param::Y), 0.0);
    assert_eq!(preset.value(Param::Gain), 12.0);
    assert_eq!(preset.value(Param::Voices), 1.0);
    assert_eq!(preset.value(Param::Release), 0.005);
}

#[test]
fn another_type_gives_the_default_and_a_warning() {
    for (id, json) in [
        ("x", "\"0.3\""),
        ("x", "\"NaN\""),
        ("x", "null"),
        ("x", "\"-inf\""),
        ("x", "[1]"),
        ("gain", "\"loud\""),
        ("filter", "1"),
        ("filter", "\"Notch\""),
        ("reverse", "1"),
        ("voices", "true"),
    ] {
        let text = format!(r#"{{"format":"betwixt-preset","version":1,"parameters":{{"{id}":{json}}}}}"#);
        let (preset, warnings) = Preset::parse(&text).unwrap();
        let param = Param::from_id(id).unwrap();
        assert_eq!(preset.value(param), param.default(), "{id} {json}");
        assert_eq!(warnings.len(), 1, "{id} {json}");
        assert!(warnings[0].message.contains(id) && warnings[0].message.contains("default"), "{:?}", warnings[0]);
    }
}

#[test]
fn what_this_version_does_not_know_is_kept() {
    let text = r#"{"format":"betwixt-preset","version":1,"stars":[{"x":0.1,"y":0.9,"mine":1}],"corners":[{"name":"Flute"}],
        "parameters":{"lfo9_rate":3.5,"x":0.5},"pack":{"name":"P","sha256":"AB","path":null,"note":"mine"},"zeta":null}"#;
    let json: Value = serde_json::from_str(&parse(text).to_json()).unwrap();
    let was: Value = serde_json::from_str(text).unwrap();
    for field in ["stars", "corners", "zeta", "pack"] {
        assert_eq!(json[field], was[field]);
    }
    assert_eq!(json["parameters"]["lfo9_rate"], 3.5);
}

#[test]
fn a_pack_reference_survives_and_a_new_pack_replaces_it() {
    let mut preset = parse(r#"{"format":"betwixt-preset","version":1,"pack":{"name":"P","sha256":"AB","note":1}}"#);
    assert_eq!(preset.pack(), Some(PackReference { name: "P".into(), sha256: Some("ab".into()), path: None }));
    let moved = PackReference { path: Some("/packs/p.btx".into()), ..preset.pack().unwrap() };
    preset.set_pack(&moved);
    assert_eq!(parse(&preset.to_json()).pack(), Some(moved));
    assert!(preset.to_json().contains("note"), "the same pack, moved");
    let other = PackReference { name: "Q".into(), sha256: Some("cd".into()), path: None };
    preset.set_pack(&other);
    assert_eq!(parse(&preset.to_json()).pack(), Some(other));
    assert!(!preset.to_json().contains("note"));
}

#[test]
fn an_empty_or_odd_pack_reference_is_none() {
    for pack in ["null", "{}", "3", r#"{"name":""}"#, r#"{"name":7,"path":[]}"#] {
        assert_eq!(
            parse(&format!(r#"{{"format":"betwixt-preset","version":1,"pack":{pack}}}"#)).pack(),
            None,
            "{pack}"
        );
    }
}

#[test]
fn what_is_no_preset_says_so() {
    for (text, message) in [
        ("", "no valid JSON"),
        ("{", "no valid JSON"),
        ("[]", "\"format\" is a list"),
        ("{}", "\"format\" is missing"),
        (r#"{"format":"betwixt-pack","version":1}"#, "\"betwixt-pack\""),
        (r#"{"format":"betwixt-preset"}"#, "version missing"),
        (r#"{"format":"betwixt-preset","version":2}"#, "version 2"),
        (r#"{"format":"betwixt-preset","version":"1"}"#, "version \"1\""),
    ] {
        let error = Preset::parse(text).unwrap_err().to_string();
        assert!(error.contains(message), "{text}: {error}");
    }
    let deep = "[".repeat(100_000);
    assert!(Preset::parse(&deep).is_err());
    let long = " ".repeat(limits::PRESET_BYTES + 1);
    assert!(matches!(Preset::parse(&long), Err(PresetError::TooLarge { .. })));
}

proptest! {
    #[test]
    fn damaged_presets_never_panic(at in 0usize..2000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = Preset::new().to_json().into_bytes();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        if let Ok(text) = String::from_utf8(bytes) && let Ok((preset, _)) = Preset::parse(&text) {
            for param in Param::all() {
                let (min, max) = param.range();
                prop_assert!((min..=max).contains(&preset.value(param)));
            }
        }
    }
}

#[test]
fn stars_and_words_survive_and_keep_what_is_not_ours() {
    let mut preset = parse(
        r#"{"format":"betwixt-preset","version":1,"name":"Dusk","tags":["pad",7],"star_glide":1.5,"star_keys":24,
            "stars":[{"name":"Low","x":0.25,"y":0,"mine":1},{"x":0.5,"y":1}]}"#,
    );
    assert_eq!((preset.words().name.as_str(), preset.words().tags.len()), ("Dusk", 1));
    assert_eq!((preset.star_glide_seconds(), preset.star_keys()), (1.5, Some(24)));
    let mut stars = preset.stars();
    assert_eq!(stars[0], Star { name: "Low".into(), x: 0.25, y: 0.0 });
    stars.swap(0, 1);
    stars[1].x = 0.75;
    preset.set_stars(&stars);
    preset.set_star_glide_seconds(99.0);
    preset.set_star_keys(None);
    preset.set_words(&Words { author: "Ada".into(), ..preset.words() });
    let again = parse(&preset.to_json());
    assert_eq!((again.stars(), again.star_glide_seconds(), again.star_keys()), (stars, 10.0, None));
    assert_eq!(again.words(), Words { name: "Dusk".into(), author: "Ada".into(), ..again.words() });
    assert_eq!(again.field("stars").unwrap()[1]["mine"], 1, "it moved with its star");
    assert_eq!(again.field("tags").unwrap()[1], 7, "what was not changed stays as it was");
}

#[test]
fn bad_stars_take_their_defaults_and_say_so() {
    for (fields, count) in [
        (r#""stars":3"#, 1),
        (r#""stars":[3]"#, 1),
        (r#""stars":[{"x":1}]"#, 1),
        (r#""stars":[{"x":"a","y":0}]"#, 1),
        (r#""star_glide":"long""#, 1),
        (r#""star_keys":128"#, 1),
        (r#""star_keys":-1,"star_glide":[]"#, 2),
    ] {
        let text = format!(r#"{{"format":"betwixt-preset","version":1,{fields}}}"#);
        let (preset, warnings) = Preset::parse(&text).unwrap();
        assert_eq!(warnings.len(), count, "{fields}: {warnings:?}");
        assert_eq!((preset.stars(), preset.star_glide_seconds(), preset.star_keys()), (vec![], 0.0, None), "{fields}");
    }
    let many = [r#"{"x":7,"y":-7}"#; 12].join(",");
    let text = format!(r#"{{"format":"betwixt-preset","version":1,"stars":[{many}],"star_glide":1e9}}"#);
    let (preset, warnings) = Preset::parse(&text).unwrap();
    assert_eq!((preset.stars().len(), warnings.len(), preset.star_glide_seconds()), (9, 1, 10.0));
    assert_eq!((preset.stars()[8].x, preset.stars()[8].y), (1.0, 0.0));
}
