//! The presets: those that are part of Betwixt, and the player's in the presets folder and in its folders.
//!
//! Everything here waits for the disk: call it where nobody is kept waiting. Errors are one sentence for the player:
//! what failed, which file, what to do.

mod names;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use betwixt_editor::model::{Deleted, PackFile, PresetKey, PresetRow, PresetWords};
use betwixt_engine::params::Param;
use betwixt_engine::preset::{Preset, Words};
use betwixt_engine::{atomic_file, folders, limits};

use crate::library;
use crate::papers::{FROM, words_of};

/// The presets that are part of Betwixt, by their files' names.
static FACTORY: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/presets.rs"));
/// Preset files of the player's that are looked at.
const MAX_FILES: usize = 10_000;
/// Longest texts that the list keeps, in characters, and its longest list of tags.
const SHORT: usize = 200;
const LONG: usize = 2000;
const TAGS: usize = 32;
/// Where presets go that were put away.
const TRASH: &str = ".trash";
/// Numbers that are tried behind a name that is taken.
const MAX_NUMBER: usize = 10_000;

/// All presets, in order of their names; none is a favourite yet. `packs` are those that can be played.
pub(crate) fn list(folder: Option<&Path>, packs: &[PackFile]) -> Vec<PresetRow> {
    let ours = FACTORY.iter().map(|(name, _)| PresetKey::Factory((*name).to_owned()));
    let theirs = folder.map(files).unwrap_or_default().into_iter().map(PresetKey::User);
    let mut rows: Vec<PresetRow> = ours
        .chain(theirs)
        .map(|key| match read(&key) {
            Ok(preset) => row(key, &preset, packs),
            Err(why) => broken(key, why),
        })
        .collect();
    rows.sort_by_cached_key(|row| (row.words.name.to_lowercase(), row.key.clone()));
    rows
}

/// Says which are favourites, by their [`mark`]s. One that can't be read is none.
pub(crate) fn mark_favourites(rows: &mut [PresetRow], folder: Option<&Path>, favourites: &BTreeSet<String>) {
    for row in rows.iter_mut().filter(|row| row.broken.is_none()) {
        row.favourite = favourites.contains(&mark(&row.key, folder));
    }
}

fn row(key: PresetKey, preset: &Preset, packs: &[PackFile]) -> PresetRow {
    let mut words = words_of(preset.words());
    if words.name.trim().is_empty() {
        words.name = file_name(&key);
    }
    clip(&mut words.name, SHORT);
    clip(&mut words.author, SHORT);
    clip(&mut words.description, LONG);
    words.tags.truncate(TAGS);
    words.tags.iter_mut().for_each(|tag| {
        *tag = tag.to_lowercase();
        clip(tag, SHORT);
    });
    let reference = preset.pack();
    let found = reference.as_ref().map(|reference| library::look_up(reference, packs));
    PresetRow {
        favourite: false,
        key,
        words,
        pack: reference.map(|reference| reference.name).unwrap_or_default(),
        map: found.as_ref().and_then(|found| found.as_ref()?.map.clone()),
        at: [preset.value(Param::X) as f32, preset.value(Param::Y) as f32],
        missing: found.is_some_and(|found| found.is_none()),
        broken: None,
    }
}

/// A preset that can't be read, under its file's name.
fn broken(key: PresetKey, why: String) -> PresetRow {
    tracing::warn!("{key:?} can't be read: {why}");
    let mut name = file_name(&key);
    clip(&mut name, SHORT);
    PresetRow {
        key,
        words: PresetWords { name, ..PresetWords::default() },
        pack: String::new(),
        map: None,
        at: [0.5; 2],
        favourite: false,
        missing: false,
        broken: Some(why),
    }
}

/// What the settings call a preset, wherever the presets folder lies.
pub(crate) fn mark(key: &PresetKey, folder: Option<&Path>) -> String {
    match key {
        PresetKey::Factory(name) => format!("factory:{name}"),
        PresetKey::User(path) => {
            let inside = folder.and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
            let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
            format!("user:{}", parts.join("/"))
        }
    }
}

/// Reads a preset. What had to be replaced in it goes to the log.
///
/// # Errors
/// When it is not there, too large, or no preset.
pub(crate) fn load(key: &PresetKey) -> Result<Preset, String> {
    read(key).map_err(|why| match key {
        PresetKey::Factory(name) => format!("The preset “{name}” could not be read: {why}."),
        PresetKey::User(path) => format!("The preset {} could not be read: {why}.", path.display()),
    })
}

/// As [`load`]; the error says only why.
fn read(key: &PresetKey) -> Result<Preset, String> {
    let text = match key {
        PresetKey::Factory(name) => {
            let found = FACTORY.iter().find(|(ours, _)| ours == name);
            let missing = "it is not part of this Betwixt; choose another, or update Betwixt";
            (*found.ok_or(missing)?.1).to_owned()
        }
        PresetKey::User(path) => read_text(path)?,
    };
    let (preset, warnings) = Preset::parse(&text).map_err(|error| error.to_string())?;
    for warning in warnings {
        tracing::warn!("{key:?}: {}", warning.message);
    }
    Ok(preset)
}

fn read_text(path: &Path) -> Result<String, String> {
    // Looked at first: a pipe would keep us waiting.
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is no file".into());
    }
    let mut bytes = Vec::new();
    let most = limits::PRESET_BYTES as u64;
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("it has more than {most} bytes, so it is damaged, or no preset"));
    }
    String::from_utf8(bytes).map_err(|_| "it is no text, so it is damaged, or no preset".into())
}

/// Keeps a preset under its name: in place of `over`, which goes to the trash folder, or as a new file. Returns its file.
///
/// # Errors
/// When it can't be written, or `over` is none of the player's presets.
pub(crate) fn save(folder: Option<&Path>, preset: &Preset, over: Option<&PresetKey>) -> Result<PathBuf, String> {
    let name = preset.name();
    let folder = folder.ok_or_else(|| {
        format!("“{name}” was not saved: this system has no folder for presets. Set BETWIXT_DATA to one.")
    })?;
    let bad = |why: String| {
        let way =
            if folders::is_data_fixed() { "set BETWIXT_DATA to another" } else { "choose another in the settings" };
        format!("“{name}” was not saved in {}: {why}. Mend that folder, or {way}.", folder.display())
    };
    let mut preset = preset.clone();
    preset.set_field(FROM, None);
    let json = preset.to_json();
    fs::create_dir_all(folder).map_err(|error| bad(error.to_string()))?;
    match over {
        Some(key) => {
            let path = own(key, folder).ok_or_else(|| bad("it can't take the place of a preset of Betwixt".into()))?;
            if path.exists() {
                let kept = trash_place(folder, &path).and_then(|place| fs::copy(&path, place));
                kept.map_err(|error| bad(format!("the old one could not be kept in {TRASH}: {error}")))?;
            }
            atomic_file::write(&path, |out| std::io::Write::write_all(out, json.as_bytes()))
                .map_err(|error| bad(error.to_string()))?;
            Ok(path)
        }
        None => write_free(folder, name, &json).map_err(|error| bad(error.to_string())),
    }
}

/// Gives a preset of the player's another name, and its file too. Returns the file.
///
/// # Errors
/// When it can't be read or written; then it is as it was.
pub(crate) fn rename(folder: Option<&Path>, key: &PresetKey, name: &str) -> Result<PathBuf, String> {
    let old = folder
        .and_then(|folder| own(key, folder))
        .ok_or_else(|| format!("“{}” can't be renamed: it is none of your presets. Save it first.", file_name(key)))?;
    let bad = |why: String| format!("{} was not renamed to “{name}”: {why}.", old.display());
    if name.trim().is_empty() {
        return Err(bad("a preset needs a name".into()));
    }
    let mut preset = load(key)?;
    preset.set_words(&Words { name: name.trim().to_owned(), ..preset.words() });
    let json = preset.to_json();
    let parent = atomic_file::folder(&old);
    if old.file_stem().is_some_and(|stem| stem.to_string_lossy() == names::safe(name)) {
        atomic_file::write(&old, |out| std::io::Write::write_all(out, json.as_bytes()))
            .map_err(|error: std::io::Error| bad(error.to_string()))?;
        return Ok(old);
    }
    let path = write_free(parent, name, &json).map_err(|error| bad(error.to_string()))?;
    if let Err(error) = fs::remove_file(&old) {
        let _ = fs::remove_file(&path);
        return Err(bad(error.to_string()));
    }
    Ok(path)
}

/// Puts a preset of the player's into the trash folder beside them. Returns where it is now.
///
/// # Errors
/// When it can't be moved; then it is where it was.
pub(crate) fn put_away(folder: Option<&Path>, key: &PresetKey) -> Result<PathBuf, String> {
    let found = folder.and_then(|folder| Some((folder, own(key, folder)?)));
    let (folder, path) = found.ok_or_else(|| {
        format!("“{}” can't be deleted: it is none of your presets, but part of Betwixt.", file_name(key))
    })?;
    let trash = folder.join(TRASH);
    let bad = |why: std::io::Error| format!("{} was not put away into {}: {why}.", path.display(), trash.display());
    let place = trash_place(folder, &path).map_err(bad)?;
    fs::rename(&path, &place).map_err(bad)?;
    Ok(place)
}

/// Takes a preset out of the trash folder again, to where it was or, if that place is taken, beside it. Returns where it
/// is now.
///
/// # Errors
/// When it can't be moved; then it is where it was.
pub(crate) fn take_back(folder: Option<&Path>, preset: &Deleted) -> Result<PathBuf, String> {
    let Deleted { key, kept, .. } = preset;
    let found = folder.filter(|folder| kept.parent() == Some(&folder.join(TRASH))).and_then(|folder| own(key, folder));
    let bad = |why: String| format!("{} was not taken back: {why}.", kept.display());
    let path =
        found.ok_or_else(|| bad("its folder is gone, or the folder of presets is another one now".to_owned()))?;
    let place = free_place(path.parent().unwrap_or(Path::new("")), &path);
    place.and_then(|place| fs::rename(kept, &place).map(|()| place)).map_err(|error| bad(error.to_string()))
}

/// A free place for a file in the trash folder, which is there then.
fn trash_place(folder: &Path, path: &Path) -> std::io::Result<PathBuf> {
    let trash = folder.join(TRASH);
    fs::create_dir_all(&trash)?;
    free_place(&trash, path)
}

/// A free place in a folder for a file with this one's name.
fn free_place(folder: &Path, path: &Path) -> std::io::Result<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let free = numbered(folder, &stem).find(|place| fs::symlink_metadata(place).is_err());
    free.ok_or_else(|| std::io::ErrorKind::AlreadyExists.into())
}

/// The file of a preset of the player's that is in the presets folder, or one folder deep in it.
fn own(key: &PresetKey, folder: &Path) -> Option<PathBuf> {
    let PresetKey::User(path) = key else { return None };
    let parent = fs::canonicalize(path.parent()?).ok()?;
    let folder = fs::canonicalize(folder).ok()?;
    let inside = parent == folder || parent.parent() == Some(&folder);
    (inside && is_preset(path)).then(|| path.clone())
}

/// Writes a new file named after a preset, with a number behind it where the name is taken.
fn write_free(folder: &Path, name: &str, json: &str) -> std::io::Result<PathBuf> {
    for path in numbered(folder, &names::safe(name)) {
        match atomic_file::write_new(&path, json.as_bytes()) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}

fn numbered(folder: &Path, stem: &str) -> impl Iterator<Item = PathBuf> {
    (1..MAX_NUMBER).map(move |number| {
        let behind = if number == 1 { String::new() } else { format!(" {number}") };
        folder.join(format!("{stem}{behind}.json"))
    })
}

/// The preset files of a folder and of its folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let visible = |path: &Path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let entries = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| visible(path)).take(MAX_FILES).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            found.extend(entries(&path).into_iter().filter(|path| is_preset(path) && !path.is_dir()));
        } else if is_preset(&path) {
            found.push(path);
        }
        if found.len() > MAX_FILES {
            tracing::warn!("{} has more than {MAX_FILES} presets; the rest is left out", folder.display());
            found.truncate(MAX_FILES);
            break;
        }
    }
    found
}

fn is_preset(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))
}

pub(crate) fn file_name(key: &PresetKey) -> String {
    match key {
        PresetKey::Factory(name) => name.clone(),
        PresetKey::User(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

fn clip(text: &mut String, characters: usize) {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
    }
}

#[cfg(test)]
mod sounds;
#[cfg(test)]
mod tests;
