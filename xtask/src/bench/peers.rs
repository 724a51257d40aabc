//! `cargo xtask bench --peers DIR`: other players, ours and the kernel limit, one after the other in
//! every pass, so that slow drifts of the machine hit all alike.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::machine::{self, Machine};
use super::samples::Samples;
use super::{document, limit, program, report};
use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::python;
use crate::workspace;

/// How much to measure.
pub(super) struct Settings {
    /// How often everything is timed.
    pub(super) passes: usize,
    /// `bench`, `quality`, `load`.
    pub(super) jobs: Vec<String>,
}

/// What was measured.
pub(super) struct Figures {
    /// ns per note-frame by player, quality and notes.
    pub(super) bench: Samples<(String, String, usize)>,
    /// Ours near the root, in turns with the limit, by quality and notes.
    pub(super) near: Samples<(String, usize)>,
    /// Ours at +7.35 semitones, by quality and notes.
    pub(super) up: Samples<(String, usize)>,
    /// Ours: mean taps by quality, notes and whether at +7.35 semitones.
    pub(super) taps: Samples<(String, usize, bool)>,
    /// ns per note-frame of the kernel limit by variant and notes.
    pub(super) limit: Samples<(String, usize)>,
    /// Rows of the job quality, as the script gives them.
    pub(super) quality: Vec<Value>,
    /// By player, file cache (cold, warm) and which figure.
    pub(super) load: Samples<(String, String, &'static str)>,
}

/// Chords of the job.
pub(super) const NOTES: [usize; 2] = [32, 64];
/// Our qualities.
pub(super) const QUALITIES: [&str; 3] = ["eco", "normal", "best"];
/// The figures of the job load.
pub(super) const LOAD: [&str; 3] = ["load_ms", "first_sound_ms", "peak_rss_mib"];
/// The shift of the second comparison with the limit, in semitones.
const UP: &str = "7.35";

/// How often ours and the limit take turns in a pass: both are short, and a machine that others share changes
/// its speed from second to second.
const TURNS: usize = 5;

/// The programs and scripts of a run.
struct Tools {
    interpreter: PathBuf,
    scripts: PathBuf,
    work: PathBuf,
    bench: PathBuf,
    limit: Option<PathBuf>,
}

/// Measures, prints the tables, and puts them into the document.
pub(super) fn run(folder: &Path, bench: &Path, settings: &Settings, install: bool) -> Result<(), Error> {
    let tools = Tools::ready(folder, bench, install)?;
    let machine = Machine::begin();
    let mut figures = Figures::new();
    for pass in 1..=settings.passes {
        println!("pass {pass} of {} (load average {:.2})", settings.passes, machine::load().unwrap_or(f64::NAN));
        tools.pass(settings, pass == 1, &mut figures)?;
    }
    let told = format!(
        "{}\n\n{} interleaved passes, in each of which ours and the kernel limit take {TURNS} turns; thread CPU time; a \
         note-frame is one output frame of one note of four stereo layers. Rows of the first table named betwixt are of \
         the same script as the other players', {} runs of each; those against the limit are of runs in turns with it, {} \
         of each. Other players: {}.",
        machine.tell(),
        settings.passes,
        settings.passes,
        settings.passes * TURNS,
        tools.versions()
    );
    let tables = report::tables(&figures);
    println!("\n{told}\n\n{tables}");
    document::put("peers", "cargo xtask bench --peers DIR", &format!("{told}\n\n{tables}"))
}

impl Figures {
    pub(super) fn new() -> Self {
        Self {
            bench: Samples::new(),
            near: Samples::new(),
            up: Samples::new(),
            taps: Samples::new(),
            limit: Samples::new(),
            quality: Vec::new(),
            load: Samples::new(),
        }
    }
}

impl Tools {
    /// Looks for what is needed, and builds what is to be built, under `target/peers/`.
    fn ready(folder: &Path, bench: &Path, install: bool) -> Result<Self, Error> {
        if !folder.join("run_peers.py").is_file() {
            return Err(Error::Message(format!(
                "{} has no run_peers.py: --peers takes the folder of the peers' scripts",
                folder.display()
            )));
        }
        packages::ensure(&[packages::BUILD, packages::PEERS, packages::PYTHON], install)?;
        let home = workspace::target().join("peers");
        let scripts = home.join("scripts");
        // Builds write beside the sources, and those of others may be read only.
        copy(folder, &scripts)?;
        let tools = Self {
            interpreter: python::with(&["numpy"], "peers/venv", &scripts.join("requirements.txt"))?,
            limit: limit::build(&scripts.join("kernel_limit"), &home.join("limit"))?,
            work: home.join("work"),
            bench: bench.to_owned(),
            scripts,
        };
        if tools.limit.is_none() {
            println!("without the kernel limit: it is written for x86-64 with AVX2");
        }
        Ok(tools)
    }

    /// Everything once; what does not change from run to run only in the first.
    fn pass(&self, settings: &Settings, first: bool, figures: &mut Figures) -> Result<(), Error> {
        let wanted = |job: &str| settings.jobs.iter().any(|wanted| wanted == job);
        if wanted("bench") {
            for row in self.script("bench")? {
                let notes = row["notes"].as_u64().unwrap_or(0) as usize;
                figures.bench.add((text(&row, "player")?, text(&row, "quality")?, notes), number(&row, "median")?);
            }
            for _ in 0..TURNS {
                self.limit(figures)?;
                self.ours(figures)?;
            }
        }
        if wanted("quality") && first {
            figures.quality = self.script("quality")?;
        }
        if wanted("load") {
            for row in self.script("load")? {
                for figure in LOAD {
                    figures.load.add((text(&row, "player")?, text(&row, "cache")?, figure), number(&row, figure)?);
                }
            }
        }
        Ok(())
    }

    /// The kernel limit once.
    fn limit(&self, figures: &mut Figures) -> Result<(), Error> {
        for (name, values) in self.limit.as_deref().map(limit::time).transpose()?.unwrap_or_default() {
            for (notes, value) in NOTES.into_iter().zip(values) {
                figures.limit.add((name.clone(), notes), value);
            }
        }
        Ok(())
    }

    /// Ours once, near the root and at +7.35 semitones.
    fn ours(&self, figures: &mut Figures) -> Result<(), Error> {
        for quality in QUALITIES {
            for notes in NOTES {
                let near = self.bench(quality, notes, &["--seconds", "4"])?;
                figures.taps.add((quality.to_owned(), notes, false), number(&near, "taps")?);
                figures.near.add((quality.to_owned(), notes), number(&near, "ns_per_note_frame")?);
                let up = self.bench(quality, notes, &["--seconds", "4", "--shift", UP])?;
                figures.taps.add((quality.to_owned(), notes, true), number(&up, "taps")?);
                figures.up.add((quality.to_owned(), notes), number(&up, "ns_per_note_frame")?);
            }
        }
        Ok(())
    }

    fn bench(&self, quality: &str, notes: usize, more: &[&str]) -> Result<Value, Error> {
        let notes = notes.to_string();
        program::json(&self.bench, &[&["bench", "--quality", quality, "--notes", &notes], more].concat())
    }

    /// Runs one job of the script once, ours among the players, and returns its rows.
    fn script(&self, job: &str) -> Result<Vec<Value>, Error> {
        let json = self.work.join(format!("{job}.json"));
        let command = Command::new(&self.interpreter)
            .arg(self.scripts.join("run_peers.py"))
            .args(["--passes", "1", "--jobs", job, "--work"])
            .arg(&self.work)
            .arg("--ours")
            .arg(&self.bench)
            .arg("--json")
            .arg(&json);
        // Its own tables are of this pass alone.
        command.output()?;
        let bytes = fs::read(&json).map_err(|error| Error::file("read", &json, error))?;
        let read = serde_json::from_slice::<Value>(&bytes);
        match read.map_err(|error| Error::Message(format!("run_peers.py wrote no JSON: {error}")))?[job].take() {
            Value::Array(rows) => Ok(rows),
            _ => Err(Error::Message(format!("run_peers.py gave no rows of the job {job}"))),
        }
    }

    /// The other players, by what they were built from.
    fn versions(&self) -> String {
        let lock = fs::read_to_string(self.scripts.join("peers_rs/Cargo.lock")).unwrap_or_default();
        let mut told: Vec<String> =
            ["rustysynth", "oxisynth", "xsynth-core"].iter().filter_map(|name| locked(&lock, name)).collect();
        let fluid = machine::said("pkg-config", &["--modversion", "fluidsynth"]);
        if !fluid.is_empty() {
            told.push(format!("fluidsynth {fluid}"));
        }
        told.join(", ")
    }
}

/// `name version` of a crate in a lock file.
fn locked(lock: &str, name: &str) -> Option<String> {
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    Some(format!("{name} {}", rest.split('"').next()?))
}

fn text(row: &Value, field: &str) -> Result<String, Error> {
    row[field].as_str().map(str::to_owned).ok_or_else(|| lacking(row, field))
}

fn number(row: &Value, field: &str) -> Result<f64, Error> {
    row[field].as_f64().ok_or_else(|| lacking(row, field))
}

fn lacking(row: &Value, field: &str) -> Error {
    Error::Message(format!("a measured row lacks \"{field}\": {row}"))
}

/// Copies the files of a folder, but what builds and interpreters have left there.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(from).map_err(|error| Error::file("list", from, error))?;
    for entry in entries {
        let path = entry.map_err(|error| Error::file("list", from, error))?.path();
        let Some(name) = path.file_name() else { continue };
        let to = to.join(name);
        let built = name == "target" || name == "__pycache__" || path.join("pyvenv.cfg").exists();
        if path.is_dir() && !built {
            copy(&path, &to)?;
        } else if path.is_file() {
            let content = fs::read(&path).map_err(|error| Error::file("read", &path, error))?;
            workspace::write(&to, &content)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        let lock = "[[package]]\nname = \"oxisynth\"\nversion = \"0.1.0\"\n";
        assert_eq!(locked(lock, "oxisynth").as_deref(), Some("oxisynth 0.1.0"));
        assert_eq!(locked(lock, "rustysynth"), None);
    }

    #[test]
    fn a_folder_is_copied_without_what_was_built_in_it() {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (home.path().join("from"), home.path().join("to"));
        for file in ["run.py", "crate/src/main.rs", "crate/.cargo/config.toml", "target/big", "venv/pyvenv.cfg"] {
            workspace::write(&from.join(file), file.as_bytes()).unwrap();
        }
        copy(&from, &to).unwrap();
        assert_eq!(fs::read(to.join("crate/.cargo/config.toml")).unwrap(), b"crate/.cargo/config.toml");
        assert!(to.join("crate/src/main.rs").exists() && to.join("run.py").exists());
        assert!(!to.join("target").exists() && !to.join("venv").exists());
    }
}
