//! `betwixt verify`: decodes every entry of a pack.

use std::path::PathBuf;

use betwixt_engine::pack::{self, PackReader};
use clap::Args;
use serde_json::json;

use crate::{Outcome, output};

/// Decode every entry of a pack and compare it with what the pack says
#[derive(Debug, Args)]
pub struct Verify {
    /// The pack
    file: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Verify {
    /// Runs the command.
    ///
    /// # Errors
    /// When the pack or one of its entries is damaged.
    pub fn run(self) -> Outcome {
        let fail = |e: pack::PackError| format!("{}: {e}", self.file.display());
        let pack = PackReader::open(&self.file).map_err(fail)?;
        let report = pack::verify(&pack, &|_, _| ()).map_err(fail)?;
        if self.json {
            output::json(&json!({
                "path": self.file,
                "sha256": pack.sha256(),
                "entries": report.entries,
                "skipped": report.skipped,
                "cells": report.cells,
                "frames": report.frames,
            }))?;
        } else {
            let seconds = report.frames as f64 / f64::from(pack.manifest().sample_rate);
            output::text(&format!(
                "{}: good; {} entries, {} cells, {seconds:.0} s of audio\n",
                self.file.display(),
                report.entries,
                report.cells,
            ))?;
        }
        Ok(())
    }
}
