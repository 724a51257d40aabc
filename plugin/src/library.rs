//! Where packs are found: by their path, in the packs folder, and among those that are part of Betwixt.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use betwixt_editor::model::{Cell, PackFile, PackMap};
use betwixt_engine::pack::{Manifest, PackReader};
use betwixt_engine::preset::PackReference;

use crate::errands::in_words;

/// The packs that are part of Betwixt; a fresh instance plays the first.
static FACTORY: &[&[u8]] = include!(concat!(env!("OUT_DIR"), "/factory.rs"));
/// Files of the packs folder that are looked at for a pack that has moved.
const MAX_FILES: usize = 10_000;

/// A place to load a pack from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// Part of the program.
    Embedded(&'static [u8]),
}

/// The pack of a fresh instance, when there is no other wish.
pub fn factory() -> Option<Place> {
    FACTORY.first().copied().map(Place::Embedded)
}

/// Finds the pack of a project: by path; by content among ours and in `folder`; by name in `folder` and among ours.
/// Reads the directories of archives only, but waits for the disk.
pub fn find(reference: &PackReference, folder: Option<&Path>) -> Option<Place> {
    if let Some(path) = reference.path.as_ref().filter(|p| p.is_file()) {
        return Some(Place::File(path.clone()));
    }
    let ours: Vec<_> = FACTORY.iter().filter_map(|b| Some((*b, PackReader::from_bytes(b).ok()?))).collect();
    let is_it = |pack: &PackReader| reference.sha256.as_deref().is_some_and(|sha| pack.sha256() == sha);
    // The same content is the same pack wherever it lies, so what needs no disk is asked first.
    if let Some((bytes, _)) = ours.iter().find(|(_, pack)| is_it(pack)) {
        return Some(Place::Embedded(bytes));
    }
    let mut namesake = None;
    for path in folder.map(files).unwrap_or_default() {
        let Ok(pack) = PackReader::open(&path) else { continue };
        if is_it(&pack) {
            return Some(Place::File(path));
        }
        if !reference.name.is_empty() && pack.manifest().name == reference.name {
            namesake.get_or_insert(path);
        }
    }
    let named = || ours.iter().find(|(_, pack)| !reference.name.is_empty() && pack.manifest().name == reference.name);
    namesake.map(Place::File).or_else(|| named().map(|(bytes, _)| Place::Embedded(bytes)))
}

/// The packs: ours first, then those of the folder in order of their names, with the reason where one can't be read.
/// Reads the directories of archives only, but waits for the disk.
pub fn list(folder: Option<&Path>) -> Vec<PackFile> {
    let ours =
        FACTORY.iter().filter_map(|bytes| Some(describe(&PackReader::from_bytes(bytes).ok()?, bytes.len() as u64)));
    let listed = folder
        .map(files)
        .unwrap_or_default()
        .into_iter()
        .map(|path| open(&path).unwrap_or_else(|why| broken(path, why)));
    let mut listed: Vec<PackFile> = listed.collect();
    listed.sort_by_cached_key(|pack| pack.name.to_lowercase());
    ours.chain(listed).collect()
}

/// Finds the pack of a preset among those that are listed, or else by its path: in the order of [`find`].
pub(crate) fn look_up(reference: &PackReference, packs: &[PackFile]) -> Option<PackFile> {
    let PackReference { name, sha256, path } = reference;
    if let Some(path) = path.as_deref().filter(|p| p.is_file()) {
        let listed = packs.iter().find(|pack| pack.path.as_deref() == Some(path)).cloned();
        return listed.or_else(|| open(path).ok());
    }
    let named = |pack: &&PackFile| !name.is_empty() && pack.name == *name && pack.broken.is_none();
    let found = packs.iter().find(|pack| sha256.as_ref().is_some_and(|sha256| pack.sha256 == *sha256));
    let found = found.or_else(|| packs.iter().filter(|pack| pack.path.is_some()).find(named));
    found.or_else(|| packs.iter().find(named)).cloned()
}

fn open(path: &Path) -> Result<PackFile, String> {
    let pack = PackReader::open(path).map_err(|error| in_words(error.to_string()))?;
    Ok(describe(&pack, path.metadata().map_or(0, |data| data.len())))
}

fn broken(path: PathBuf, why: String) -> PackFile {
    PackFile {
        name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        detail: String::new(),
        path: Some(path),
        sha256: String::new(),
        author: String::new(),
        license: String::new(),
        map: None,
        broken: Some(why),
    }
}

fn describe(pack: &PackReader, bytes: u64) -> PackFile {
    let manifest = pack.manifest();
    let megabytes = bytes as f64 / 1e6;
    PackFile {
        name: manifest.name.clone(),
        detail: if megabytes < 9.95 { format!("{megabytes:.1} MB") } else { format!("{megabytes:.0} MB") },
        path: pack.path().map(Path::to_owned),
        sha256: pack.sha256().to_owned(),
        author: manifest.author.clone(),
        license: manifest.license.clone(),
        map: map_of(manifest).map(Arc::new),
        broken: None,
    }
}

/// The colours of a pack that has some.
pub(crate) fn map_of(manifest: &Manifest) -> Option<PackMap> {
    let cells = manifest.map.as_ref().map(|map| map.cells.as_slice()).unwrap_or_default();
    let cells: Arc<[Cell]> = cells
        .iter()
        .map(|cell| Cell { rgb: cell.rgb, brightness_hz: cell.brightness_hz as f32, level_db: cell.level_db as f32 })
        .collect();
    let grid = &manifest.grid;
    (cells.len() == grid.cells()).then_some(PackMap { columns: grid.columns, rows: grid.rows, cells })
}

/// The pack files of a folder, in order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MAX_FILES);
    let mut files: Vec<PathBuf> = entries.map(|e| e.path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("btx")));
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::write_pack;

    fn reference(name: &str, sha256: Option<&str>, path: Option<&Path>) -> PackReference {
        PackReference { name: name.into(), sha256: sha256.map(Into::into), path: path.map(Into::into) }
    }

    #[test]
    fn a_pack_is_found_by_path_then_content_then_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |file: &str| folder.path().join(file);
        write_pack(&path("a.btx"), "Same Name");
        let sha = write_pack(&path("b.BTX"), "Other");
        write_pack(&path("c.btx"), "Same Name");
        std::fs::write(path("0.btx"), b"no pack at all").unwrap();
        std::fs::write(path("note.txt"), b"nor this").unwrap();
        let look = |r: &PackReference| find(r, Some(folder.path()));
        let file = |f: &str| Some(Place::File(path(f)));

        assert_eq!(look(&reference("Same Name", Some(&sha), Some(&path("c.btx")))), file("c.btx"), "path");
        let gone = path("gone.btx");
        assert_eq!(look(&reference("Same Name", Some(&sha), Some(&gone))), file("b.BTX"), "content");
        assert_eq!(look(&reference("Same Name", Some("00"), Some(&gone))), file("a.btx"), "name");
        assert_eq!(look(&reference("Unheard Of", Some("00"), Some(&gone))), None);
        assert_eq!(look(&reference("", None, None)), None);
        assert_eq!(find(&reference("Unheard Of", None, None), None), None);
    }

    #[test]
    fn the_list_has_our_packs_and_then_others_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        write_pack(&folder.path().join("1.btx"), "beech");
        write_pack(&folder.path().join("2.btx"), "Ash");
        std::fs::write(folder.path().join("3.btx"), b"no pack at all").unwrap();
        let listed = list(Some(folder.path()));
        let (ours, theirs) = listed.split_at(FACTORY.len());
        assert!(ours.iter().all(|pack| pack.path.is_none() && pack.sha256.len() == 64 && pack.map.is_some()));
        let names: Vec<&str> = theirs.iter().map(|pack| pack.name.as_str()).collect();
        assert_eq!(names, ["3", "Ash", "beech"]);
        let (broken, whole) = theirs.split_first().unwrap();
        assert!(broken.broken.as_ref().is_some_and(|why| why.contains("not a pack")), "{broken:?}");
        assert!(whole.iter().all(|pack| pack.detail == "0.8 MB" && pack.path.is_some()), "{whole:?}");
        assert_eq!(look_up(&reference("3", None, None), &listed), None);
        assert_eq!(list(Some(&folder.path().join("gone"))).len(), FACTORY.len());
    }

    #[test]
    fn the_packs_of_ours_can_be_opened_and_are_found_by_what_they_are() {
        for bytes in FACTORY {
            let pack = PackReader::from_bytes(bytes).unwrap();
            let name = &pack.manifest().name;
            assert_eq!(find(&reference("?", Some(pack.sha256()), None), None), Some(Place::Embedded(bytes)));
            assert_eq!(find(&reference(name, None, None), None), Some(Place::Embedded(bytes)), "{name}");
        }
    }
}
