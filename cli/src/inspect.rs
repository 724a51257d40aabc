//! `betwixt inspect`: what a pack holds.

use std::fmt::Write;
use std::path::PathBuf;

use betwixt_engine::pack::{Note, PackReader};
use clap::Args;
use serde_json::json;

use crate::{Outcome, output};

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
        let pack = PackReader::open(&self.file).map_err(|e| format!("{}: {e}", self.file.display()))?;
        if self.json { self.print_json(&pack) } else { self.print_text(&pack) }
    }

    fn print_json(&self, pack: &PackReader) -> Outcome {
        let manifest = serde_json::to_value(pack.manifest())?;
        let entries: Vec<_> =
            pack.archive().entries().iter().map(|e| json!({ "name": e.name, "bytes": e.size })).collect();
        let mut formats = Vec::new();
        for note in 0..pack.manifest().notes.len() {
            let format = pack.note_cell(note, 0).map_err(|e| format!("{}: {e}", self.file.display()))?.describe();
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        output::json(&json!({
            "path": self.file,
            "sha256": pack.sha256(),
            "bytes": std::fs::metadata(&self.file)?.len(),
            "formats": formats,
            "manifest": manifest,
            "entries": entries,
        }))?;
        Ok(())
    }

    fn print_text(&self, pack: &PackReader) -> Outcome {
        let m = pack.manifest();
        let bytes = std::fs::metadata(&self.file)?.len();
        let mut text = String::new();
        let mut line = |label: &str, value: &str| {
            if !value.is_empty() {
                let _ = writeln!(text, "{label:<12}{value}");
            }
        };
        line("name", &m.name);
        line("author", &m.author);
        line("license", &m.license);
        line("about", &m.description);
        line("tags", &m.tags.join(", "));
        line("generator", &m.generator);
        line("size", &format!("{:.1} MB", bytes as f64 / 1e6));
        line("sha256", pack.sha256());
        line("grid", &format!("{} × {}", m.grid.columns, m.grid.rows));
        line("audio", &format!("{} Hz, {} channels", m.sample_rate, m.channels));
        for anchor in &m.anchors {
            let place = format!("[{}, {}]", round(anchor.at[0]), round(anchor.at[1]));
            line("anchor", &format!("{place:<14} {:<20} {}", anchor.name, anchor.source));
        }
        for (i, note) in m.notes.iter().enumerate() {
            let cell = pack.note_cell(i, 0).map_err(|e| format!("{}: {e}", self.file.display()))?;
            line("note", &describe(note, m.sample_rate, &cell.describe()));
        }
        output::text(&text)?;
        Ok(())
    }
}

fn describe(note: &Note, rate: u32, format: &str) -> String {
    let seconds = |frames: u64| frames as f64 / f64::from(rate);
    let looped = note
        .loop_points
        .as_ref()
        .map_or_else(|| "no loop".to_owned(), |l| format!("loop {:.3}–{:.3} s", seconds(l.start), seconds(l.end)));
    let mix = if note.coherent { "coherent" } else { "by power" };
    format!(
        "{:>3}  keys {:>3}–{:<3}  velocities {}–{}  {:.3} s  {looped}  {mix}  {format}",
        note.root,
        note.low,
        note.high,
        note.velocity[0],
        note.velocity[1],
        seconds(note.frames),
    )
}

fn round(v: f64) -> f64 {
    (v * 1e4).round() / 1e4
}
