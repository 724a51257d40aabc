//! `betwixt build`: a recipe becomes a pack.

use std::path::PathBuf;

use clap::Args;

use crate::Outcome;

/// Build a pack from a recipe
#[derive(Debug, Args)]
pub struct Build {
    /// The recipe (JSON); paths in it are relative to its folder
    recipe: PathBuf,
    /// The pack to write
    #[arg(short, long, value_name = "OUT.btx")]
    out: PathBuf,
    /// Threads to use [default: one for each core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Build {
    /// Runs the command.
    ///
    /// # Errors
    /// When the recipe or a source can't be used, or the pack can't be written.
    pub fn run(self) -> Outcome {
        let _ = (self.out, self.jobs, self.json);
        Err(format!("can't build {} yet", self.recipe.display()).into())
    }
}
