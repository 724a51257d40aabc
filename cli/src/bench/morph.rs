//! `betwixt-bench morph`: how good the morph is, over pairs and sets of General MIDI sounds.
//!
//! It renders the sources, runs `betwixt morph` on them as anyone would, and measures the files.

mod hybrids;
pub(super) mod pairs;
mod past;
mod special;
mod table;
pub(super) mod work;

use std::path::PathBuf;

use betwixt_builder::metrics::folder::{Folder, read_note};
use betwixt_builder::metrics::report::{CentreReport, LineReport};
use betwixt_builder::metrics::{Line, Measures, Note, Quantity, Root, mix};
use clap::Args;
use rayon::prelude::*;
use serde_json::json;

use crate::{Outcome, output};
use hybrids::Hybrid;
use pairs::{PAIRS, Pair, SETS, Set};
use past::Past;
use special::{DetunedTest, VowelTest};
use work::{Failure, Work};

/// Measure the morph over pairs and sets of General MIDI sounds
#[derive(Debug, Args)]
pub struct Morph {
    /// A General MIDI SoundFont
    #[arg(long, value_name = "FILE")]
    font: PathBuf,
    /// Folder for sources and notes
    #[arg(long, value_name = "DIR")]
    work: PathBuf,
    /// Only pairs and sets whose name contains this; or only "vowel", "hybrids" or "past"
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Only the plain mix, without any morph
    #[arg(long)]
    mix_only: bool,
    /// The program that morphs [default: betwixt beside this one]
    #[arg(long, value_name = "FILE")]
    betwixt: Option<PathBuf>,
    /// Put the tables into this file, between the lines that mark their place
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// A pair with its quantities.
struct PairResult {
    pair: Pair,
    morph: Measures,
    mix: Measures,
}

/// All that was measured.
struct Results {
    pairs: Vec<PairResult>,
    sets: Vec<(Set, CentreReport)>,
    vowel: Option<VowelTest>,
    detuned: Vec<DetunedTest>,
    hybrids: Vec<Hybrid>,
    past: Vec<Past>,
    speed: Option<f64>,
}

impl Morph {
    /// Runs the command.
    ///
    /// # Errors
    /// When the font or a file can't be used, or `betwixt morph` fails.
    pub fn run(self) -> Outcome {
        let beside = std::env::current_exe()?.with_file_name(if cfg!(windows) { "betwixt.exe" } else { "betwixt" });
        let work = Work {
            folder: self.work.clone(),
            font: self.font.clone(),
            betwixt: self.betwixt.clone().unwrap_or(beside),
        };
        let results = self.measure(&work).map_err(|e| -> Box<dyn std::error::Error> { e })?;
        if let Some(path) = &self.markdown {
            table::write(path, &results)?;
        }
        if self.json {
            output::json(&results.json())?;
        } else {
            output::text(&table::text(&results))?;
        }
        Ok(())
    }

    fn measure(&self, work: &Work) -> Result<Results, Failure> {
        let wanted = |name: &str| self.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
        let pairs: Vec<Pair> = PAIRS.iter().copied().filter(|p| wanted(&p.name())).collect();
        let sets: Vec<Set> = SETS.iter().copied().filter(|s| wanted(s.name)).collect();
        let one = |pair: Pair| {
            let measured = self.pair(work, pair);
            if measured.is_ok() && !self.json {
                eprintln!("{} {}", pair.name(), pair.key);
            }
            measured
        };
        let pairs = pairs.into_par_iter().map(one).collect::<Result<_, Failure>>()?;
        let sets = if self.mix_only { Vec::new() } else { sets };
        let sets =
            sets.into_par_iter().map(|set| Ok((set, self::centre(work, set)?))).collect::<Result<_, Failure>>()?;
        let all = self.only.is_none() && !self.mix_only;
        let special = |name: &str| all || self.only.as_deref() == Some(name);
        Ok(Results {
            pairs,
            sets,
            vowel: special("vowel").then(|| VowelTest::run(work)).transpose()?,
            detuned: if all { DetunedTest::run(work)? } else { Vec::new() },
            hybrids: if special("hybrids") { Hybrid::run(work)? } else { Vec::new() },
            past: if special("past") { Past::run(work)? } else { Vec::new() },
            speed: all.then(|| special::speed(work, SETS[0])).transpose()?,
        })
    }

    fn pair(&self, work: &Work, pair: Pair) -> Result<PairResult, Failure> {
        let root = Root::key(pair.key, pair.pitched);
        let paths = [work.source(pair.a, pair.key, 0.0)?, work.source(pair.b, pair.key, 0.0)?];
        let [a, b] = [read_note(&paths[0], None)?, read_note(&paths[1], None)?];
        if self.mix_only {
            let mix = mix::line(&a, &b, NOTES).as_ref().map(|line: &Line| line.measure(root)).unwrap_or_default();
            return Ok(PairResult { pair, morph: Measures::default(), mix });
        }
        let name = format!("{} {}", pair.name(), pair.key);
        let sources = [paths[0].as_path(), paths[1].as_path()];
        let (natural, _) = work.morph(&name, &sources, pair.key, &["--grid", "9x1", "--sustain", "natural"])?;
        let LineReport { mut morph, mix, .. } = LineReport::new(&Folder::read(&natural)?, [&a, &b], root)?;
        // Loops change what comes after their start, so they have a line of their own.
        let (looped, _) =
            work.morph(&format!("{name} looped"), &sources, pair.key, &["--grid", "5x1", "--sustain", "loop"])?;
        let looped = LineReport::without_mix(&Folder::read(&looped)?, [&a, &b], root)?;
        for (quantity, value) in looped.morph.iter().filter(|(quantity, _)| LOOPED.contains(quantity)) {
            let before = if quantity == Quantity::Insane { morph.get(quantity).unwrap_or(0.0) } else { 0.0 };
            morph.set(quantity, before + value);
        }
        Ok(PairResult { pair, morph, mix })
    }
}

/// Notes of a line.
const NOTES: usize = 9;
/// What the line with loops is measured for.
const LOOPED: [Quantity; 6] = [
    Quantity::CornerNullLoop,
    Quantity::LoopClick,
    Quantity::LoopStep,
    Quantity::LoopRate,
    Quantity::LoopRateOver,
    Quantity::Insane,
];

fn centre(work: &Work, set: Set) -> Result<CentreReport, Failure> {
    let mut paths = Vec::new();
    for preset in set.corners {
        paths.push(work.source(preset, set.key, 0.0)?);
    }
    let notes: Vec<Note> = paths.iter().map(|path| read_note(path, None)).collect::<Result<_, _>>()?;
    let [a, b, c, d] = &notes[..] else { return Err("a set has four corners".into()) };
    let sources: Vec<_> = paths.iter().map(PathBuf::as_path).collect();
    let mut options = vec!["--sustain", "natural", "--at"];
    // The centre and its neighbours on a grid of 9 × 9.
    options.extend(["0,0", "1,0", "0,1", "1,1", "0.5,0.5", "0.375,0.5", "0.625,0.5", "0.5,0.375", "0.5,0.625"]);
    let (folder, _) = work.morph(set.name, &sources, set.key, &options)?;
    Ok(CentreReport::new(&Folder::read(&folder)?, [a, b, c, d], Root::key(set.key, true))?)
}

impl Results {
    fn json(&self) -> serde_json::Value {
        let pair = |r: &PairResult| {
            let report = LineReport { morph: r.morph.clone(), corners: [None; 2], mix: r.mix.clone() };
            json!({ "pair": r.pair.name(), "key": r.pair.key, "main": r.pair.main, "rows": crate::metrics::rows(&report) })
        };
        let set = |(set, report): &(Set, CentreReport)| {
            json!({
                "set": set.name,
                "morph": crate::metrics::centre_json(&report.morph),
                "mix": crate::metrics::centre_json(&report.mix),
            })
        };
        json!({
            "pairs": self.pairs.iter().map(pair).collect::<Vec<_>>(),
            "sets": self.sets.iter().map(set).collect::<Vec<_>>(),
            "vowel": self.vowel.as_ref().map(VowelTest::json),
            "detuned": self.detuned.iter().map(DetunedTest::json).collect::<Vec<_>>(),
            "hybrids": self.hybrids.iter().map(Hybrid::json).collect::<Vec<_>>(),
            "past": self.past.iter().map(Past::json).collect::<Vec<_>>(),
            "speed": self.speed,
        })
    }
}
