//! `betwixt build`: a recipe becomes a pack.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use betwixt_builder::Options;
use betwixt_builder::cache::Cache;
use betwixt_builder::recipe::Recipe;
use betwixt_engine::atomic_file;
use clap::Args;
use serde_json::json;

use crate::progress::Bar;
use crate::{Outcome, output};

/// Build a pack from a recipe
#[derive(Debug, Args)]
pub struct Build {
    /// The recipe (JSON); paths in it are relative to its folder
    recipe: PathBuf,
    /// The pack to write
    #[arg(short, long, value_name = "OUT.btx")]
    out: PathBuf,
    /// Threads to use [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Folder to look in, by name, for sources that are not at their paths; may be given often
    #[arg(long, value_name = "FOLDER")]
    sources: Vec<PathBuf>,
    /// Make everything anew, and keep nothing for the next build
    #[arg(long)]
    no_cache: bool,
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
        let began = Instant::now();
        let recipe = Recipe::read(&self.recipe)?;
        let sources = recipe.anchors.iter().map(|anchor| anchor.source.path());
        atomic_file::place_apart(&self.out, sources.chain([self.recipe.as_path()]))
            .map_err(|why| format!("can't write {}: {why}", self.out.display()))?;
        let bar = if self.json { Bar::hidden() } else { Bar::on_terminal() };
        let cache = if self.no_cache { None } else { Cache::standard().map(Arc::new) };
        let options = Options { jobs: self.jobs.map(usize::from), sources: self.sources, cache };
        let report = betwixt_builder::build(&recipe, &self.out, &options, &bar)?;
        bar.finish();
        let seconds = began.elapsed().as_secs_f64();
        if self.json {
            output::json(&json!({
                "path": self.out,
                "name": recipe.name,
                "sha256": report.sha256,
                "bytes": report.bytes,
                "notes": report.notes,
                "cells": report.cells,
                "audio_seconds": report.seconds,
                "gain_db": report.gain_db,
                "worst_seam_db": report.worst_seam_db,
                "build_seconds": seconds,
                "work": {
                    "sources_analysed": report.work.sources_analysed,
                    "sources_kept": report.work.sources_kept,
                    "cells_made": report.work.cells_made,
                    "cells_kept": report.work.cells_kept,
                },
                "warnings": report.warnings,
            }))?;
            return Ok(());
        }
        for warning in &report.warnings {
            eprintln!("warning: {warning}");
        }
        let seam = report.worst_seam_db.map_or_else(String::new, |db| format!(", worst loop seam {db:+.1} dB"));
        let kept = match report.work.cells_kept {
            0 => String::new(),
            kept => format!(", {kept} cells of them from the cache"),
        };
        output::text(&format!(
            "{}: {} notes × {} cells, {:.0} s of audio, {:.1} MB{seam}; built in {seconds:.1} s{kept}\n",
            self.out.display(),
            report.notes,
            report.cells / report.notes.max(1),
            report.seconds,
            report.bytes as f64 / 1e6,
        ))?;
        Ok(())
    }
}
