//! Copies the framework crates out of cargo's cache and edits them, where the main workspace's
//! `[patch]` section expects them: `target/patched/NAME-VERSION/`.
//!
//! Other people's code is not kept in this repository; `docs/framework.md` says what each edit is for.

mod baseview;
mod edit;
mod egui_baseview;
mod nice_plug;
mod nice_plug_core;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::args::Args;
use crate::error::Error;
use crate::process::Command;
use crate::workspace;
use edit::{Change, CrateEdits};

/// The crates that are edited. Their versions are named once more in the root `Cargo.toml` and in
/// `untouched/Cargo.toml`.
const CRATES: [CrateEdits; 4] =
    [baseview::BASEVIEW, egui_baseview::EGUI_BASEVIEW, nice_plug::NICE_PLUG, nice_plug_core::NICE_PLUG_CORE];

/// The command `patch`: makes them whatever is there.
pub(crate) fn run(parser: lexopt::Parser) -> Result<(), Error> {
    Args::read(parser, "patch", &[])?;
    apply_all()?;
    for edits in &CRATES {
        println!("{} ({} files edited)", folder(edits).display(), edits.files.len());
    }
    Ok(())
}

/// Makes the edited crates unless they are there already, made from this very table.
pub(crate) fn ensure() -> Result<(), Error> {
    let stamp = workspace::target().join("patched/stamp");
    let table = table_hash();
    let whole = CRATES.iter().all(|edits| folder(edits).join("Cargo.toml").is_file());
    if whole && fs::read_to_string(&stamp).is_ok_and(|found| found == table) {
        return Ok(());
    }
    apply_all()?;
    workspace::write(&stamp, table.as_bytes())
}

/// Copies and edits every crate.
fn apply_all() -> Result<(), Error> {
    let sources = untouched_sources()?;
    for edits in &CRATES {
        let source = sources.get(edits.name).ok_or(Error::NoSource { name: edits.name })?;
        apply(edits, source, &folder(edits))?;
    }
    Ok(())
}

/// Where an edited crate lies.
fn folder(edits: &CrateEdits) -> PathBuf {
    workspace::target().join("patched").join(format!("{}-{}", edits.name, edits.version))
}

/// Asks cargo for the untouched source of each crate; it downloads what is not in its cache.
fn untouched_sources() -> Result<BTreeMap<String, PathBuf>, Error> {
    let manifest = workspace::root().join("xtask/untouched/Cargo.toml");
    let metadata = Command::cargo("metadata")
        .args(["--format-version", "1", "--locked", "--filter-platform", &workspace::host_triple()?])
        .arg("--manifest-path")
        .arg(&manifest)
        .output()?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&metadata).map_err(|error| Error::Metadata { reason: error.to_string() })?;

    let mut sources = BTreeMap::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        let Some(edits) = CRATES.iter().find(|edits| edits.name == text("name")) else { continue };
        if edits.version != text("version") {
            return Err(Error::Version { name: edits.name, wanted: edits.version, found: text("version").to_owned() });
        }
        if let Some(folder) = Path::new(text("manifest_path")).parent() {
            sources.insert(edits.name.to_owned(), folder.to_owned());
        }
    }
    Ok(sources)
}

/// Makes one edited crate. A file that is as it should be is not written again, so that cargo need
/// not build it again.
fn apply(edits: &CrateEdits, source: &Path, target: &Path) -> Result<(), Error> {
    let mut edited = BTreeMap::new();
    for file in edits.files {
        let path = source.join(file.path);
        let original = fs::read(&path).map_err(|error| Error::file("read", &path, error))?;
        let found = hex(&Sha256::digest(&original));
        if found != file.sha256 {
            return Err(Error::Original { path, wanted: file.sha256, found });
        }
        let text = String::from_utf8_lossy(&original);
        let text = edit::apply(&text, file.edits).map_err(|reason| Error::Edit { path, reason })?;
        edited.insert(file.path, text);
    }
    copy_tree(source, target, &mut |inside| edited.get(inside).map(|text| text.clone().into_bytes()))?;
    workspace::write(&target.join("EDITED.md"), notice(edits).as_bytes())
}

/// Copies a folder, its licence files included; `replace` may give a file another content.
fn copy_tree(source: &Path, target: &Path, replace: &mut dyn FnMut(&str) -> Option<Vec<u8>>) -> Result<(), Error> {
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let here = source.join(&folder);
        for entry in fs::read_dir(&here).map_err(|error| Error::file("list", &here, error))? {
            let entry = entry.map_err(|error| Error::file("list", &here, error))?;
            let inside = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(inside);
                continue;
            }
            // Cargo's own mark of an unpacked crate, and a lock file that is not ours.
            if [".cargo-ok", ".cargo-checksum.json", "Cargo.lock"].contains(&inside.to_string_lossy().as_ref()) {
                continue;
            }
            let name = inside.to_string_lossy().replace('\\', "/");
            let content = match replace(&name) {
                Some(content) => content,
                None => fs::read(entry.path()).map_err(|error| Error::file("read", &entry.path(), error))?,
            };
            workspace::write(&target.join(&inside), &content)?;
        }
    }
    Ok(())
}

/// What lies beside an edited crate, so that nobody takes it for the original.
fn notice(edits: &CrateEdits) -> String {
    let files: Vec<String> = edits.files.iter().map(|file| format!("- `{}`\n", file.path)).collect();
    format!(
        "This is a copy of {} {} from the crate registry, edited by `cargo xtask patch` in\n\n{}\n\
         Its authors and licence are named in `Cargo.toml` and in the licence files here. The reasons for\n\
         the edits are in Betwixt's `docs/framework.md`. Do not edit this copy: it is made anew.\n",
        edits.name,
        edits.version,
        files.concat()
    )
}

/// A hash over the whole table.
fn table_hash() -> String {
    let mut hash = Sha256::new();
    for edits in &CRATES {
        hash.update(format!("{} {}\n", edits.name, edits.version));
        for file in edits.files {
            hash.update(format!("{} {}\n", file.path, file.sha256));
            for edit in file.edits {
                let change = match &edit.change {
                    Change::Replace(lines, text) => format!("replace {lines:?} {text}"),
                    Change::Insert(line, text) => format!("insert {line} {text}"),
                    Change::Move(lines, line) => format!("move {lines:?} {line}"),
                };
                hash.update(change);
            }
        }
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::edit::{CrateEdits, Edit, FileEdits};
    use super::{CRATES, apply};

    const EDITS: CrateEdits = CrateEdits {
        name: "some-crate",
        version: "1.0.0",
        files: &[FileEdits {
            path: "src/lib.rs",
            // Of "one\ntwo\n".
            sha256: "c3f9c8c283a2b1f2f1896f27a01cbe3cddc0c9d93f752e4639035a0f5b36f6e8",
            edits: &[Edit::replace("D0", 2..=2, "zwei")],
        }],
    };

    fn crate_with(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/lib.rs"), text).unwrap();
        fs::write(folder.path().join("LICENSE"), "licence").unwrap();
        folder
    }

    fn read(folder: &Path, file: &str) -> Option<String> {
        fs::read_to_string(folder.join(file)).ok()
    }

    #[test]
    fn edits_one_file_and_keeps_the_licence_beside_it() {
        let (source, target) = (crate_with("one\ntwo\n"), tempfile::tempdir().unwrap());
        apply(&EDITS, source.path(), target.path()).unwrap();
        assert_eq!(read(target.path(), "src/lib.rs").unwrap(), "one\nzwei\n");
        assert_eq!(read(target.path(), "LICENSE").unwrap(), "licence");
        assert!(read(target.path(), "EDITED.md").unwrap().contains("src/lib.rs"));
        assert_eq!(read(source.path(), "src/lib.rs").unwrap(), "one\ntwo\n");
    }

    #[test]
    fn refuses_another_original_and_writes_nothing() {
        let (source, target) = (crate_with("one\nTwo\n"), tempfile::tempdir().unwrap());
        let error = apply(&EDITS, source.path(), target.path()).unwrap_err().to_string();
        assert!(error.contains("lib.rs is not the file that the edits were made for"), "{error}");
        assert_eq!(fs::read_dir(target.path()).unwrap().count(), 0);
    }

    #[test]
    fn every_edit_is_explained() {
        let document = include_str!("../../docs/framework.md");
        let explained: Vec<&str> = document
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
            .flat_map(|names| names.split(", "))
            .collect();
        for edits in &CRATES {
            for file in edits.files {
                for name in file.edits.iter().flat_map(|edit| edit.why.split(", ")) {
                    assert!(explained.contains(&name), "{name} of {}", file.path);
                }
            }
        }
    }
}
