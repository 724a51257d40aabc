//! What a recipe accepts, and what its errors say.

use serde_json::{Value, json};

use super::*;

fn parse(value: &Value) -> Result<Recipe, RecipeError> {
    Recipe::from_json(value, Path::new("/music"), "test")
}

fn error(value: &Value) -> String {
    parse(value).expect_err("a bad recipe was taken").to_string()
}

fn with(key: &str, value: Value) -> Value {
    let mut recipe = json!({ "anchors": [{ "at": [0, 0], "source": "flute/" }, { "at": [1, 0], "source": "b.wav" }] });
    recipe[key] = value;
    recipe
}

#[test]
fn only_anchors_are_required_and_the_rest_has_the_documented_defaults() {
    let r = parse(&with("name", Value::Null)).unwrap();
    assert_eq!((r.columns, r.rows, r.sample_rate_hz, r.seconds), (9, 9, 48_000, 4.0));
    assert_eq!((r.storage, r.method, r.sustain), (Storage::Flac, Method::Morph, Sustain::Loop));
    assert_eq!((r.coherent, r.extrapolate, r.axes, r.name.as_str()), (true, 0.0, None, "test"));
    assert_eq!(r.roots, Roots::Recorded);
    assert_eq!(r.anchors[0].source, SourceRef::Audio("/music/flute/".into()));
    assert_eq!((r.anchors[0].gain_db, r.anchors[0].tune_cents), (0.0, 0.0));
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    assert_eq!(
        error(&with("sampel_rate", json!(1))),
        "unknown key \"sampel_rate\" in the recipe; the nearest known key is \"sample_rate\""
    );
    let mut recipe = with("name", json!("x"));
    recipe["anchors"][1]["gian_db"] = json!(1);
    assert_eq!(error(&recipe), "unknown key \"gian_db\" in anchors[1]; the nearest known key is \"gain_db\"");
    assert!(error(&with("axes", json!({ "z": "timbre" }))).contains("\"z\" in \"axes\""));
}

#[test]
fn a_bad_value_is_refused_with_its_place_and_what_may_stand_there() {
    assert_eq!(
        error(&with("seconds", json!("4"))),
        "\"seconds\" in the recipe must be a number from 0.05 to 60, not \"4\""
    );
    assert_eq!(
        error(&with("method", json!("mix"))),
        "\"method\" in the recipe must be \"morph\" or \"blend\", not \"mix\""
    );
    for (key, value) in [
        ("grid", json!([0, 5])),
        ("grid", json!([5, 34])),
        ("grid", json!([5.5, 5])),
        ("grid", json!([5])),
        ("roots", json!([])),
        ("roots", json!([128])),
        ("roots", json!(60)),
        ("every", json!(0)),
        ("sample_rate", json!(44_100.5)),
        ("extrapolate", json!(-0.1)),
        ("extrapolate", json!(0.3)),
        ("coherent", json!("yes")),
        ("tags", json!([1])),
        ("anchors", json!([])),
        ("axes", json!({ "x": "timbre", "y": "timbre" })),
    ] {
        let text = error(&with(key, value.clone()));
        assert!(text.contains(key) || text.contains("axes"), "{key} {value}: {text}");
    }
}

#[test]
fn anchors_need_a_place_of_their_own_and_a_source() {
    let one = |anchor: Value| error(&json!({ "anchors": [anchor] }));
    assert_eq!(one(json!({ "source": "a" })), "anchors[0] lacks \"at\"");
    assert_eq!(one(json!({ "at": [0, 0] })), "anchors[0] lacks \"source\"");
    assert!(one(json!({ "at": [0, 1.5], "source": "a" })).contains("two numbers from 0 to 1"));
    assert!(one(json!({ "at": [0, 1], "source": "gm.sf2" })).contains("FILE.sf2#BANK:PROGRAM"));
    assert!(one(json!({ "at": [0, 1], "source": "gm.sf2#flute" })).contains("FILE.sf2#BANK:PROGRAM"));
    let same = json!({ "anchors": [{ "at": [0, 1], "source": "a" }, { "at": [0, 1], "source": "b" }] });
    assert!(error(&same).contains("same place"));
}

#[test]
fn roots_are_a_list_or_a_step_but_not_both() {
    assert_eq!(parse(&with("roots", json!([60, 48, 60]))).unwrap().roots, Roots::Listed(vec![48, 60]));
    let mut recipe = with("every", json!(5));
    recipe["from"] = json!(36);
    assert_eq!(parse(&recipe).unwrap().roots, Roots::Every { step: 5, from: Some(36), to: None });
    recipe["roots"] = json!([60]);
    assert!(error(&recipe).contains("keep one"));
    assert_eq!(error(&with("from", json!(36))), "the recipe lacks \"every\"");
}

#[test]
fn axes_want_two_sources_in_opposite_corners() {
    let axes = json!({ "x": "timbre", "y": "dynamics" });
    assert!(error(&with("axes", axes.clone())).contains("[1, 1]"));
    let mut recipe = with("axes", axes);
    recipe["anchors"][1]["at"] = json!([1, 1]);
    assert_eq!(parse(&recipe).unwrap().axes, Some([Axis::Timbre, Axis::Dynamics]));
}

#[test]
fn extrapolation_moves_anchors_inwards() {
    let r = parse(&with("extrapolate", json!(0.25))).unwrap();
    assert!((r.place(&r.anchors[0])[0] - 1.0 / 6.0).abs() < 1e-12);
    assert!((r.place(&r.anchors[1])[0] - 5.0 / 6.0).abs() < 1e-12);
}

#[test]
fn presets_and_banks_are_named_with_a_hash() {
    let parse = |text| SourceRef::parse(text, Path::new("/m"));
    assert_eq!(parse("a #1.sf2#0:73"), Ok(SourceRef::Preset { file: "/m/a #1.sf2".into(), bank: 0, program: 73 }));
    assert_eq!(parse("/x/B.SF3#128:0"), Ok(SourceRef::Preset { file: "/x/B.SF3".into(), bank: 128, program: 0 }));
    assert_eq!(parse("b.btb#flute"), Ok(SourceRef::Bank { file: "/m/b.btb".into(), id: "flute".into() }));
    assert_eq!(parse("take #3.wav"), Ok(SourceRef::Audio("/m/take #3.wav".into())));
    assert!(parse("a.sf2#0:128").is_err());
}

#[test]
fn a_key_that_stands_twice_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("twice.json");
    let read = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Recipe::read(&path).map_err(|e| e.to_string())
    };
    let good = r#"{ "grid": [3, 3], "seconds": 2.5, "coherent": false, "description": null,
        "anchors": [{ "at": [0, 0], "source": "a.wav", "gain_db": -3 }, { "at": [1, 1], "source": "b.wav" }] }"#;
    let value = serde_json::from_str(good).unwrap();
    assert_eq!(read(good).unwrap(), Recipe::from_json(&value, folder.path(), "twice").unwrap());
    let error = read(&good.replace("\"seconds\": 2.5", "\"grid\": [5, 5]")).unwrap_err();
    assert!(error.contains("the key \"grid\" stands twice") && error.contains("line 1"), "{error}");
    let error = read(&good.replace("\"gain_db\": -3", "\"source\": \"c.wav\"")).unwrap_err();
    assert!(error.contains("the key \"source\" stands twice") && error.contains("line 2"), "{error}");
}

#[test]
fn no_note_is_longer_than_a_minute() {
    let recipe = |seconds: f64| {
        let value = json!({ "seconds": seconds, "anchors": [{ "at": [0, 0], "source": "a.wav" }] });
        Recipe::from_json(&value, Path::new(""), "test")
    };
    assert_eq!(recipe(60.0).unwrap().seconds, 60.0);
    assert!(recipe(61.0).unwrap_err().to_string().contains("0.05 to 60, not 61"));
}
