//! Where things are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::process::Command;

/// The repository's root: the folder above this program's manifest.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// The folder of everything that is made: `target/` in the root, also where cargo builds elsewhere.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}

/// Where the plugins and programs for users are put.
pub(crate) fn bundled() -> PathBuf {
    target().join("bundled")
}

/// The folder that cargo builds the main workspace into (`CARGO_TARGET_DIR` and cargo's own settings
/// may move it).
pub(crate) fn build_folder() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => target(),
    }
}

/// The target triple that cargo builds for, such as `x86_64-unknown-linux-gnu`.
pub(crate) fn host_triple() -> Result<String, Error> {
    let version = Command::new("rustc").arg("-vV").output()?;
    String::from_utf8_lossy(&version)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .ok_or_else(|| Error::Message("`rustc -vV` does not name a host".to_owned()))
}

/// Writes a file, and its folders where they are missing, unless it has this content already.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    if fs::read(path).is_ok_and(|found| found == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Error::file("make the folder", folder, error))?;
    }
    fs::write(path, content).map_err(|error| Error::file("write", path, error))
}
