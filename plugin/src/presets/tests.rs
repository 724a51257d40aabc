//! What a player would notice: presets that are lost, overwritten or not found again.

use super::*;
use crate::testing::write_pack;

fn preset(name: &str) -> Preset {
    let mut preset = Preset::new();
    preset.set_words(&Words { name: name.into(), tags: vec!["Warm".into()], ..Words::default() });
    preset.set(Param::X, 0.25);
    preset
}

fn user(path: &Path) -> PresetKey {
    PresetKey::User(path.to_owned())
}

fn names(rows: &[PresetRow]) -> Vec<&str> {
    let ours = |row: &&PresetRow| matches!(row.key, PresetKey::User(_));
    rows.iter().filter(ours).map(|row| row.words.name.as_str()).collect()
}

#[test]
fn the_factory_presets_are_sound_and_play_our_packs() {
    let packs = library::list(None);
    let rows = list(None, &packs);
    assert!(rows.len() >= 3 && rows.len() == FACTORY.len());
    for row in rows {
        assert!(!row.missing && row.map.is_some() && !row.words.author.is_empty(), "{:?}", row.key);
        let PresetKey::Factory(name) = &row.key else { panic!("not ours") };
        let (_, text) = FACTORY.iter().find(|(ours, _)| ours == name).unwrap();
        assert_eq!(Preset::parse(text).unwrap().1, [], "{name}");
    }
}

#[test]
fn the_list_has_folders_one_deep_and_says_what_can_t_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let here = |name: &str| folder.path().join(name);
    for deep in ["sub/deeper", ".trash"] {
        fs::create_dir_all(here(deep)).unwrap();
    }
    for (place, name) in
        [("b.json", "beech"), ("sub/a.JSON", "Ash"), ("sub/deeper/c.json", "Cedar"), (".trash/d.json", "Doum")]
    {
        fs::write(here(place), preset(name).to_json()).unwrap();
    }
    fs::write(here("bad.json"), "{").unwrap();
    fs::write(here("note.txt"), "nor this").unwrap();
    let large = fs::File::create(here("large.json")).unwrap();
    large.set_len(limits::PRESET_BYTES as u64 + 1).unwrap();
    fs::create_dir(here("folder.json")).unwrap();
    let favourites = BTreeSet::from(["user:sub/a.JSON".to_owned()]);
    let mut rows = list(Some(folder.path()), &[]);
    mark_favourites(&mut rows, Some(folder.path()), &favourites);
    assert_eq!(names(&rows), ["Ash", "bad", "beech", "large"]);
    let why = |name: &str| rows.iter().find(|row| row.words.name == name).unwrap().broken.clone().unwrap_or_default();
    assert_eq!((why("Ash"), why("beech")), (String::new(), String::new()));
    assert!(why("large").starts_with("it has more than") && !why("bad").is_empty(), "{}; {}", why("bad"), why("large"));
    let ash = rows.iter().find(|row| row.words.name == "Ash").unwrap();
    assert!(ash.favourite && !ash.missing && ash.at == [0.25, 0.5] && ash.words.tags == ["warm"]);
    assert_eq!(names(&list(Some(&here("gone")), &[])), [""; 0]);
}

#[test]
fn a_row_knows_whether_its_pack_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let packs_folder = folder.path().join("packs");
    fs::create_dir(&packs_folder).unwrap();
    let sha256 = write_pack(&packs_folder.join("p.btx"), "Choir");
    let packs = library::list(Some(&packs_folder));
    for (i, (reference, missing)) in [
        (format!(r#"{{"name":"?","sha256":"{sha256}"}}"#), false),
        (r#"{"name":"Choir"}"#.to_owned(), false),
        (r#"{"name":"Gone","sha256":"00","path":"/nowhere/p.btx"}"#.to_owned(), true),
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{i}.json"));
        fs::write(&path, format!(r#"{{"format":"betwixt-preset","version":1,"pack":{reference}}}"#)).unwrap();
        let rows = list(Some(folder.path()), &packs);
        let row = rows.iter().find(|row| row.key == user(&path)).unwrap();
        assert_eq!((row.missing, row.words.name.as_str()), (missing, i.to_string().as_str()), "{reference}");
    }
}

#[test]
fn saving_never_takes_the_place_of_another_preset() {
    let folder = tempfile::tempdir().unwrap();
    let presets = folder.path().join("presets");
    let here = |name: &str| presets.join(name);
    let mut first = preset("Dusk");
    first.set_field(FROM, Some("x".into()));
    assert_eq!(save(Some(&presets), &first, None).unwrap(), here("Dusk.json"));
    assert_eq!(load(&user(&here("Dusk.json"))).unwrap().field(FROM), None, "a preset is not from another");
    assert_eq!(save(Some(&presets), &preset("Dusk"), None).unwrap(), here("Dusk 2.json"));
    let mut other = preset("Dusk");
    other.set(Param::X, 0.75);
    assert_eq!(save(Some(&presets), &other, Some(&user(&here("Dusk.json")))).unwrap(), here("Dusk.json"));
    assert_eq!(load(&user(&here("Dusk.json"))).unwrap().value(Param::X), 0.75);
    assert_eq!(load(&user(&here(".trash/Dusk.json"))).unwrap().value(Param::X), 0.25, "what it replaced is kept");
    assert_eq!(load(&user(&here("Dusk 2.json"))).unwrap().value(Param::X), 0.25);
    let outside = folder.path().join("outside.json");
    fs::write(&outside, "mine").unwrap();
    save(Some(&presets), &other, Some(&user(&outside))).unwrap_err();
    save(Some(&presets), &other, Some(&PresetKey::Factory("Dusk".into()))).unwrap_err();
    assert_eq!(fs::read(&outside).unwrap(), b"mine");
    assert!(save(None, &other, None).unwrap_err().contains("BETWIXT_DATA"));
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = save(Some(&file), &other, None).unwrap_err();
    assert!(error.contains("Dusk") && error.contains("file"), "{error}");
}

#[test]
fn a_renamed_preset_is_another_file_with_all_that_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let here = |name: &str| folder.path().join(name);
    let mut dusk = preset("Dusk");
    dusk.set_field("mine", Some(7.into()));
    let old = save(Some(folder.path()), &dusk, None).unwrap();
    save(Some(folder.path()), &preset("Dawn"), None).unwrap();
    let new = rename(Some(folder.path()), &user(&old), "Dawn").unwrap();
    assert_eq!(new, here("Dawn 2.json"));
    assert!(!old.exists());
    let renamed = load(&user(&new)).unwrap();
    assert_eq!((renamed.name(), renamed.field("mine")), ("Dawn", Some(&7.into())));
    assert_eq!(rename(Some(folder.path()), &user(&here("Dawn.json")), "Dawn").unwrap(), here("Dawn.json"));
    rename(Some(folder.path()), &user(&new), " ").unwrap_err();
    rename(Some(folder.path()), &PresetKey::Factory("first-light".into()), "Mine").unwrap_err();
    rename(Some(folder.path()), &user(&here("gone.json")), "Mine").unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_deleted_preset_can_be_had_back() {
    let folder = tempfile::tempdir().unwrap();
    for i in ["Dusk.json", "Dusk 2.json"] {
        let path = save(Some(folder.path()), &preset("Dusk"), None).unwrap();
        let text = fs::read(&path).unwrap();
        let place = put_away(Some(folder.path()), &user(&path)).unwrap();
        assert_eq!(place, folder.path().join(TRASH).join(i));
        assert!(!path.exists() && fs::read(&place).unwrap() == text);
    }
    let here = |name: &str| folder.path().join(name);
    let deleted =
        |name: &str| Deleted { key: user(&here("Dusk.json")), kept: here(TRASH).join(name), was_playing: false };
    assert_eq!(take_back(Some(folder.path()), &deleted("Dusk.json")).unwrap(), here("Dusk.json"));
    assert_eq!(
        take_back(Some(folder.path()), &deleted("Dusk 2.json")).unwrap(),
        here("Dusk 2.json"),
        "nothing is lost"
    );
    take_back(Some(folder.path()), &deleted("Dusk.json")).unwrap_err();
    let elsewhere = Deleted { kept: here("Dusk.json"), ..deleted("") };
    take_back(Some(folder.path()), &elsewhere).unwrap_err();
    assert_eq!(names(&list(Some(folder.path()), &[])), ["Dusk", "Dusk"]);
    for name in ["Dusk.json", "Dusk 2.json"] {
        put_away(Some(folder.path()), &user(&here(name))).unwrap();
    }
    let outside = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    put_away(Some(folder.path()), &user(outside.path())).unwrap_err();
    put_away(Some(folder.path()), &PresetKey::Factory("first-light".into())).unwrap_err();
    put_away(Some(folder.path()), &user(&folder.path().join("gone.json"))).unwrap_err();
    assert!(outside.path().exists());
    assert_eq!(names(&list(Some(folder.path()), &[])), [""; 0]);
}
