//! `betwixt inspect`: what a pack holds.

use std::path::PathBuf;

use clap::Args;

use crate::Outcome;

/// Show what a pack holds
#[derive(Debug, Args)]
pub struct Inspect {
    /// The pack
    file: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Inspect {
    /// Runs the command.
    ///
    /// # Errors
    /// When the file is no pack.
    pub fn run(self) -> Outcome {
        let _ = self.json;
        Err(format!("can't inspect {} yet", self.file.display()).into())
    }
}
