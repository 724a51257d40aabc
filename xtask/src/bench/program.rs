//! `betwixt-bench`, run.

use std::path::Path;

use serde_json::Value;

use crate::error::Error;
use crate::process::Command;

/// What it prints with `--json`.
pub(super) fn json(bench: &Path, args: &[&str]) -> Result<Value, Error> {
    let output = Command::new(bench).args(args).arg("--json").output()?;
    serde_json::from_slice(&output)
        .map_err(|error| Error::Message(format!("betwixt-bench {} printed no JSON object: {error}", args.join(" "))))
}

/// What it prints for people.
pub(super) fn text(bench: &Path, args: &[&str]) -> Result<String, Error> {
    let output = Command::new(bench).args(args).output()?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}
