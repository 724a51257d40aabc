//! Python environments of our own under `target/`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::workspace;

/// Makes the environment that a requirements file asks for in a folder under `target/`, unless it is
/// there, and returns its interpreter.
pub(crate) fn environment(folder: &str, requirements: &Path) -> Result<PathBuf, Error> {
    let folder = workspace::target().join(folder);
    let interpreter = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = fs::read(requirements).map_err(|error| Error::file("read", requirements, error))?;
    let stamp = folder.join("requirements.installed");
    if interpreter.exists() && fs::read(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(interpreter);
    }
    let python = if cfg!(windows) { "python" } else { "python3" };
    Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder).run()?;
    Command::new(&interpreter)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(requirements)
        .run()?;
    workspace::write(&stamp, &wanted)?;
    Ok(interpreter)
}

/// The system's interpreter if it has these modules already; else an environment's.
pub(crate) fn with(modules: &[&str], folder: &str, requirements: &Path) -> Result<PathBuf, Error> {
    if packages::has_python(modules) {
        return Ok("python3".into());
    }
    environment(folder, requirements)
}
