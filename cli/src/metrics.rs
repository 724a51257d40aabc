//! `betwixt metrics`: how good the notes of a morph are.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use betwixt_builder::metrics::folder::{Folder, read_note};
use betwixt_builder::metrics::null::Null;
use betwixt_builder::metrics::report::{CentreReport, LineReport};
use betwixt_builder::metrics::square::Centre;
use betwixt_builder::metrics::{Bound, Note, Quantity, Root};
use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::{Outcome, output};

/// Measure the notes of a morph beside the plain mix of its sources
#[derive(Debug, Args)]
#[command(override_usage = "betwixt metrics [OPTIONS] A.wav B.wav [C.wav D.wav] DIR")]
pub struct Metrics {
    /// The two or four sources, and the folder that `betwixt morph … -o DIR` has written: a line of
    /// notes (`--grid 9x1`) for two, a grid (`--grid 9x9`) for four
    #[arg(num_args = 1.., required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The MIDI key of the notes [default: what DIR/morph.json says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=127))]
    root: Option<u8>,
    /// The sources have no pitch: leave out what needs one
    #[arg(long)]
    unpitched: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Metrics {
    /// Runs the command.
    ///
    /// # Errors
    /// When a file can't be read, or notes are missing.
    pub fn run(self) -> Outcome {
        let which = "give two sources, or four, and the folder of the notes";
        let (folder, sources) = self.files.split_last().ok_or(which)?;
        if !matches!(sources.len(), 2 | 4) {
            return Err(which.into());
        }
        let folder = Folder::read(folder)?;
        let key = self.root.or(folder.root).ok_or("morph.json does not say the root: give it by --root N")?;
        let root = Root::key(key, !self.unpitched);
        let notes: Vec<Note> = sources.par_iter().map(|path| read_note(path, None)).collect::<Result<_, _>>()?;
        match &notes[..] {
            [a, b] => self.print_line(&LineReport::new(&folder, [a, b], root)?, key, sources),
            [a, b, c, d] => self.print_centre(&CentreReport::new(&folder, [a, b, c, d], root)?, key, sources),
            _ => Err(which.into()),
        }
    }

    fn print_line(&self, report: &LineReport, key: u8, sources: &[PathBuf]) -> Outcome {
        if self.json {
            output::json(&json!({
                "root": key,
                "sources": sources,
                "rows": rows(report),
                "corners": report.corners.map(|c| c.as_ref().map(corner_json)),
            }))?;
            return Ok(());
        }
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{:<26} {:>8} {:>8}  {:<8} {:>8} {:>10} {:>15} {:>11}",
            names(sources).join(" – "),
            "morph",
            "mix",
            "",
            "target",
            "every pair",
            "beyond",
            "rival"
        );
        for &quantity in Quantity::ALL {
            let (row, value, mix) = (quantity.row(), report.morph.get(quantity), report.mix.get(quantity));
            if value.is_none() && mix.is_none() {
                continue;
            }
            let bound = |b: Option<Bound>| b.map_or_else(|| "–".to_owned(), |b| b.to_string());
            let _ = writeln!(
                text,
                "{:<26} {:>8} {:>8}  {:<8} {:>8} {:>10} {:>15} {:>11}  {}",
                row.name,
                number(value),
                number(mix),
                row.unit,
                bound(row.target),
                bound(row.every),
                quantity.beyond().map_or_else(String::new, |b| b.to_string()),
                quantity.rival().map_or_else(String::new, |r| r.to_string()),
                value.map_or("", |v| verdict(&row, v)),
            );
        }
        text.push_str(
            "target: for the median of many pairs; beyond: what would be better still, median (every pair);\n\
             rival: SpectMorph 1.0 beta, median (worst) of 24 and 32 pairs as others measured them\n",
        );
        output::text(&text)?;
        Ok(())
    }

    fn print_centre(&self, report: &CentreReport, key: u8, sources: &[PathBuf]) -> Outcome {
        if self.json {
            output::json(&json!({
                "root": key,
                "sources": sources,
                "morph": centre_json(&report.morph),
                "mix": centre_json(&report.mix),
                "neighbour_dip_bound_db": bound_value(Centre::DIP),
            }))?;
            return Ok(());
        }
        let mut text = format!("{:<34} {:>8} {:>8}\n", "centre", "morph", "mix");
        let mut line = |name: String, morph: Option<f64>, mix: Option<f64>| {
            let _ = writeln!(text, "{name:<34} {:>8} {:>8}", number(morph), number(mix));
        };
        let (morph, mix) = (&report.morph, &report.mix);
        line("pitch, cents".into(), morph.pitch_cents, mix.pitch_cents);
        line("loudness, LUFS".into(), Some(morph.lufs), Some(mix.lufs));
        line("loudness of the corners".into(), Some(morph.corners_lufs), Some(mix.corners_lufs));
        let dip = |c: &Centre| (c.dip.map(|d| d.mean_db), c.dip.map(|d| d.p5_db));
        line(format!("neighbour dip, dB ({})", Centre::DIP), dip(morph).0, dip(mix).0);
        line("… p5, dB".into(), dip(morph).1, dip(mix).1);
        for (n, name) in names(sources).into_iter().enumerate() {
            line(format!("D to {name}, dB"), Some(morph.distances_db[n]), Some(mix.distances_db[n]));
        }
        output::text(&text)?;
        Ok(())
    }
}

/// The rows of a line, for JSON.
pub(crate) fn rows(report: &LineReport) -> Vec<Value> {
    let row = |quantity: &Quantity| {
        let (row, value, mix) = (quantity.row(), report.morph.get(*quantity), report.mix.get(*quantity));
        let bound = |b: Option<Bound>| b.map(bound_value);
        (value.is_some() || mix.is_some()).then(|| {
            json!({
                "id": row.id,
                "name": row.name,
                "unit": row.unit,
                "value": value,
                "mix": mix,
                "target": bound(row.target),
                "every_pair": bound(row.every),
                "beyond": quantity.beyond().map(|b| json!({ "median": bound(b.median), "every_pair": bound_value(b.every) })),
                "rival": quantity.rival().map(|r| json!({ "median": r.median, "worst": r.worst })),
                "meets_target": value.zip(row.target).map(|(v, b)| b.holds(v)),
                "within_bound": value.zip(row.every).map(|(v, b)| b.holds(v)),
            })
        })
    };
    Quantity::ALL.iter().filter_map(row).collect()
}

/// How a corner is its source, for JSON.
fn corner_json(corner: &Null) -> Value {
    json!({
        "null_db": corner.depth_db,
        "loop_null_db": corner.loop_db,
        "gain_db": 20.0 * corner.fit.gain.abs().max(1e-15).log10(),
        "delay_frames": corner.fit.delay,
        "retuned_cents": 1200.0 * corner.fit.speed.log2(),
    })
}

/// A centre, for JSON.
pub(crate) fn centre_json(centre: &Centre) -> Value {
    json!({
        "pitch_cents": centre.pitch_cents,
        "loudness_lufs": centre.lufs,
        "corners_loudness_lufs": centre.corners_lufs,
        "neighbour_dip_db": centre.dip.map(|d| d.mean_db),
        "neighbour_dip_p5_db": centre.dip.map(|d| d.p5_db),
        "distances_db": centre.distances_db,
    })
}

fn bound_value(bound: Bound) -> Value {
    match bound {
        Bound::AtMost(v) => json!({ "at_most": v }),
        Bound::AtLeast(v) => json!({ "at_least": v }),
    }
}

/// What a value is to its row.
fn verdict(row: &betwixt_builder::metrics::Row, value: f64) -> &'static str {
    let holds = |b: Option<Bound>| b.is_none_or(|b| b.holds(value));
    match (holds(row.every), holds(row.target)) {
        (false, _) => "OUT OF BOUNDS",
        (true, false) => "misses the target",
        (true, true) => "pass",
    }
}

fn names(sources: &[PathBuf]) -> Vec<String> {
    let stem = |path: &PathBuf| Path::file_stem(path).map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    sources.iter().map(stem).collect()
}

/// A number as tables show it.
pub(crate) fn number(value: Option<f64>) -> String {
    match value {
        None => "–".into(),
        Some(v) if v.abs() >= 99.95 => format!("{v:.0}"),
        Some(v) if v.abs() >= 9.995 => format!("{v:.1}"),
        // No minus before nothing.
        Some(v) => format!("{:.2}", if v.abs() < 0.005 { 0.0 } else { v }),
    }
}
