//! What a player would notice of presets: what is loaded, what counts as changed, what is saved.

use std::path::Path;
use std::time::{Duration, Instant};

use betwixt_editor::model::Star;

use super::*;
use crate::testing::{sandbox, write_pack};

fn wait<T>(session: &Session, what: &str, mut look: impl FnMut(&Session) -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look(session) {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{what} never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn preset(text: &str) -> Preset {
    Preset::parse(&format!(r#"{{"format":"betwixt-preset","version":1,{text}}}"#)).unwrap().0
}

fn document(session: &Session) -> Document {
    session.look_at_papers(Papers::document)
}

fn set(session: &Session, param: Param, plain: f64) {
    // SAFETY: the session outlives the pointer.
    unsafe { session.parameters.pointer(param)._internal_set_normalized_value(normalised_of(param, plain)) };
}

fn pack(path: &Path, name: &str) -> String {
    let sha256 = write_pack(path, name);
    serde_json::json!({ "name": name, "sha256": sha256, "path": path }).to_string()
}

fn plays(session: &Session, name: &str) {
    wait(session, name, |session| {
        session
            .look_at_desk(|desk| desk.playing.as_ref().is_some_and(|(_, pack)| pack.manifest.name == name))
            .then_some(())
    });
}

#[test]
fn what_was_restored_has_not_changed_until_something_does() {
    let folder = tempfile::tempdir().unwrap();
    let text = pack(&folder.path().join("p.btx"), "P");
    let session = Session::new();
    assert!(!session.has_changed(), "a fresh instance");
    set(&session, Param::X, 0.25);
    session.restore(preset(&format!(r#""name":"Dusk","parameters":{{"x":0.25}},"pack":{text}"#)));
    plays(&session, "P");
    assert!(!session.has_changed());
    set(&session, Param::Gain, -3.0);
    assert!(session.has_changed());
    set(&session, Param::Gain, 0.0);
    set(&session, Param::Bypass, 1.0);
    assert!(!session.has_changed(), "the host's bypass is no sound");
    let before = document(&session);
    let mut now = before.clone();
    now.stars.push(Star { name: "Here".into(), at: [0.1, 0.2] });
    session.set_document(&now, false);
    assert!(session.has_changed() && document(&session) == now);
    session.set_document(&before, false);
    assert!(!session.has_changed());
    session.detach();
}

#[test]
fn another_pack_is_a_change_and_undo_brings_the_old_one_back() {
    let folder = tempfile::tempdir().unwrap();
    let (first, other) = (folder.path().join("p.btx"), folder.path().join("q.btx"));
    let text = pack(&first, "P");
    write_pack(&other, "Q");
    let session = Session::new();
    session.restore(preset(&format!(r#""pack":{text}"#)));
    plays(&session, "P");
    let before = document(&session);
    session.wish(Wish::File(other));
    plays(&session, "Q");
    wait(&session, "the change", |session| session.has_changed().then_some(()));
    // A star that is set while another pack is on its way leaves that alone; undo means the pack too.
    session.set_document(&before, true);
    plays(&session, "P");
    wait(&session, "the old state", |session| (!session.has_changed()).then_some(()));
    assert_eq!(document(&session).pack, before.pack);
    session.detach();
}

#[test]
fn a_preset_brings_its_pack_or_leaves_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = pack(&folder.path().join("p.btx"), "P");
    let session = Session::new();
    session.restore(preset(&format!(r#""pack":{text}"#)));
    plays(&session, "P");
    let key = PresetKey::Factory("dusk".into());
    session.take_preset(&key, preset(r#""name":"Dusk","star_keys":24,"mine":1"#));
    let now = document(&session);
    assert_eq!((now.key, now.words.name.as_str(), now.star_keys), (Some(key), "Dusk", Some(24)));
    assert_eq!(now.pack.unwrap().name, "P");
    assert!(!session.has_changed());
    assert_eq!(session.save().field("mine").unwrap(), 1);
    let other = pack(&folder.path().join("q.btx"), "Q");
    let name = other.replace("q.btx", "gone.btx");
    // One that knows its pack by name only is no change either when that is found.
    std::fs::create_dir_all(sandbox().join("packs")).unwrap();
    write_pack(&sandbox().join("packs/named.btx"), "Named");
    session.take_preset(&PresetKey::Factory("named".into()), preset(r#""pack":{"name":"Named"}"#));
    plays(&session, "Named");
    wait(&session, "its place", |session| document(session).pack?.path);
    assert!(!session.has_changed());
    session.take_preset(&PresetKey::Factory("dawn".into()), preset(&format!(r#""pack":{other}"#)));
    plays(&session, "Q");
    assert!(!session.has_changed());
    session
        .take_preset(&PresetKey::Factory("gone".into()), preset(&format!(r#""pack":{}"#, name.replace("sha256", "s"))));
    wait(&session, "the failure", |session| {
        session.look_at_desk(|desk| matches!(desk.status, Status::Failed { missing: true, .. })).then_some(())
    });
    assert!(!session.has_changed(), "the preset says so itself");
    session.detach();
}

#[test]
fn a_preset_is_saved_listed_loaded_renamed_and_put_away() {
    let presets = sandbox().join("presets");
    let session = Session::new();
    session.restore(preset(r#""pack":{"name":"First Light"}"#));
    plays(&session, "First Light");
    set(&session, Param::X, 0.75);
    let mut mine = session.save();
    mine.set_words(&Words { name: "Dusk / Dawn".into(), ..Words::default() });
    assert!(session.has_changed());
    session.send(Errand::Save(Box::new(mine), None));
    let row = |session: &Session, name: &str| {
        session.look_at_news(|news| news.presets.iter().find(|row| row.words.name == name).cloned())
    };
    let saved = wait(&session, "the list", |session| row(session, "Dusk / Dawn"));
    assert_eq!(saved.key, PresetKey::User(presets.join("Dusk - Dawn.json")));
    assert!(!saved.missing && saved.map.is_some() && saved.at == [0.75, 0.5]);
    assert!(!session.has_changed());
    assert_eq!(document(&session).key, Some(saved.key.clone()));
    session.set_favourite(&saved.key, true);
    assert!(row(&session, "Dusk / Dawn").unwrap().favourite);
    session.send(Errand::Rename(saved.key.clone(), "Night".into()));
    let renamed = wait(&session, "the new name", |session| row(session, "Night"));
    assert!(renamed.favourite && row(&session, "Dusk / Dawn").is_none());
    assert_eq!((document(&session).words.name.as_str(), document(&session).key), ("Night", Some(renamed.key.clone())));
    assert!(!session.has_changed());
    session.send(Errand::Load(renamed.key.clone()));
    let (_, loaded) = wait(&session, "the preset", |session| session.look_at_news(|news| news.loaded.pop_front()));
    assert_eq!((loaded.name(), loaded.value(Param::X)), ("Night", 0.75));
    session.send(Errand::Delete(renamed.key.clone()));
    wait(&session, "the end", |session| row(session, "Night").is_none().then_some(()));
    assert!(presets.join(".trash/Night.json").is_file());
    assert_eq!(document(&session).key, None);
    let deleted = wait(&session, "what was deleted", |session| {
        session.look_at_news(|news| match news.filed.pop()? {
            Filed::Deleted(preset) => Some(preset),
            _ => None,
        })
    });
    session.send(Errand::Restore(deleted));
    let back = wait(&session, "the preset again", |session| row(session, "Night"));
    assert!(back.favourite && document(&session).key == Some(renamed.key.clone()), "what plays is it again");
    session.send(Errand::Delete(renamed.key.clone()));
    wait(&session, "the end", |session| row(session, "Night").is_none().then_some(()));
    session.send(Errand::Load(renamed.key));
    let toast = wait(&session, "the word", |session| {
        session.look_at_news(|news| news.toasts.iter().find(|toast| toast.kind == ToastKind::Error).cloned())
    });
    assert!(toast.text.contains("Night.json"), "{}", toast.text);
    session.send(Errand::Count);
    let files = wait(&session, "the count", |session| {
        session.look_at_news(|news| Some(news.files.clone()).filter(|files| files.cache_bytes.is_some()))
    });
    assert_eq!((files.cache_bytes, files.data), (Some(0), Some(sandbox())));
    session.detach();
}

/// The sandbox's variable says where the data are, so that no other test sees the choice.
#[test]
fn a_folder_is_taken_when_it_takes_files_and_kept_in_the_settings() {
    let data = sandbox();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for bad in [Path::new("sounds"), &file, &file.join("deeper")] {
        let why = set_folder(Folder::Data, Some(bad)).unwrap_err();
        assert!(why.starts_with(&bad.display().to_string()) && why.contains("Choose another"), "{why}");
    }
    assert_eq!(folders::chosen(), folders::Chosen::default());
    let good = folder.path().join("new/sounds");
    let says = set_folder(Folder::Data, Some(&good)).unwrap();
    assert!(good.is_dir() && says.contains(&data.display().to_string()), "{says}");
    let read = || betwixt_engine::settings::folders(&betwixt_engine::settings::read()).data;
    assert_eq!((folders::chosen().data, read()), (Some(good.clone()), Some(good)));
    set_folder(Folder::Data, None).unwrap();
    assert_eq!((folders::chosen().data, read()), (None, None));
}

#[test]
fn folders_of_ours_can_be_shown_before_there_is_anything_in_them() {
    let data = sandbox();
    assert_eq!(showable(data.join("presets/gone/x.json")), data.join("presets"));
    assert!(data.join("presets").is_dir());
    assert_eq!(showable("/nowhere/x".into()), PathBuf::from("/nowhere/x"));
}
