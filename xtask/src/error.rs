//! What can go wrong, in sentences that say what to do.

use std::io;
use std::path::{Path, PathBuf};

/// An error of a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line was not understood.
    #[error("{0}\nSee `cargo xtask help`.")]
    Usage(String),
    /// A file could not be read, written or listed.
    #[error("could not {what} {}: {error}", path.display())]
    File { what: &'static str, path: PathBuf, error: io::Error },
    /// A program could not be started.
    #[error("could not start {program}: {error}")]
    Start { program: String, error: io::Error },
    /// A program ended badly; it has said why.
    #[error("{program} failed ({status})")]
    Failed { program: String, status: String },
    /// Cargo's description of a workspace could not be read.
    #[error("could not read what `cargo metadata` said: {reason}")]
    Metadata { reason: String },
    /// A crate to edit is not named in `untouched/Cargo.toml`.
    #[error("xtask/untouched/Cargo.toml does not name the crate {name}: add it there at its exact version")]
    NoSource { name: &'static str },
    /// Another version than the edits are for.
    #[error(
        "the edits of {name} are for version {wanted}, but xtask/untouched/Cargo.toml names {found}: \
         make new edits in xtask/src/patch/ or keep the version"
    )]
    Version { name: &'static str, wanted: &'static str, found: String },
    /// The file to edit is not the one that the edits were made for.
    #[error(
        "{} is not the file that the edits were made for (SHA-256 {found}, not {wanted}); \
         if cargo's cache was changed by hand, delete that crate's folder there and run this again", path.display()
    )]
    Original { path: PathBuf, wanted: &'static str, found: String },
    /// The table of edits is wrong.
    #[error("an edit of {} does not fit: {reason}", path.display())]
    Edit { path: PathBuf, reason: String },
    /// System packages are missing.
    #[error("{0}")]
    Packages(String),
    /// Tests failed; their names.
    #[error("failed: {0}")]
    Tests(String),
    /// Anything else that one sentence explains.
    #[error("{0}")]
    Message(String),
}

impl Error {
    /// A file error.
    pub(crate) fn file(what: &'static str, path: &Path, error: io::Error) -> Self {
        Self::File { what, path: path.to_owned(), error }
    }

    /// The program's exit code for this error.
    pub(crate) fn exit_code(&self) -> u8 {
        if matches!(self, Self::Usage(_)) { 2 } else { 1 }
    }
}
