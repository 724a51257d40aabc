//! `cargo xtask bench`: how much the engine costs, how fast packs load, and how good pitch shifting
//! and the morph are.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`peers`] | other players, ours and the kernel limit in the same run |
//! | [`program`] | `betwixt-bench`, run |
//! | [`report`] | the tables of that run and their bars |
//! | [`limit`] | the kernel limit: its program, its table, the row for some taps |
//! | [`ours`] | what `betwixt-bench` measures of ours alone |
//! | [`worst`] | block times when everything happens at once |
//! | [`sweep`] | what sounds of a pack that is larger than its memory |
//! | [`instructions`] | what a note's frame takes, counted |
//! | [`syscalls`] | what of the system the audio thread calls |
//! | [`samples`] | figures of several passes: medians and minima |
//! | [`machine`] | which machine, when, how loaded |
//! | [`document`] | the tables in `docs/performance.md` |

mod document;
mod instructions;
mod limit;
mod machine;
mod ours;
mod peers;
mod program;
mod report;
mod samples;
mod sweep;
mod syscalls;
mod worst;

use std::fs;
use std::path::{Path, PathBuf};

use crate::args::{Args, Known};
use crate::bundle::{self, Profile};
use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::workspace;

/// The command.
pub(crate) fn run(parser: lexopt::Parser) -> Result<(), Error> {
    let known = [
        Known::Value("peers"),
        Known::Value("passes"),
        Known::Value("jobs"),
        Known::Switch("morph"),
        Known::Switch("worst"),
        Known::Switch("sweep"),
        Known::Switch("scale"),
        Known::Switch("offline"),
        Known::Switch("instructions"),
        Known::Switch("editor"),
        Known::Switch("install-deps"),
    ];
    let args = Args::read(parser, "bench", &known)?;
    let settings = settings(&args)?;
    packages::ensure(&[packages::BUILD], args.has("install-deps"))?;
    bundle::build(Profile::Release, &["-p", "betwixt-cli", "--bins"])?;
    let bench = Profile::Release.folder().join(format!("betwixt-bench{}", std::env::consts::EXE_SUFFIX));

    if let Some(folder) = args.value("peers") {
        return peers::run(Path::new(folder), &bench, &settings, args.has("install-deps"));
    }
    if args.has("morph") {
        return morph(&bench, args.has("install-deps"), Some("docs/morph.md"));
    }
    let parts: Vec<&str> = ours::PARTS.into_iter().filter(|part| args.has(part)).collect();
    if !parts.is_empty() {
        return parts.into_iter().try_for_each(|part| ours::document(part, &bench, args.has("install-deps")));
    }
    for quality in ["eco", "normal", "best"] {
        println!("\n== 64 notes, {quality} ==");
        Command::new(&bench).args(["bench", "--quality", quality, "--notes", "64"]).run()?;
    }
    for pack in factory_packs()? {
        println!("\n== loading {} ==", pack.display());
        Command::new(&bench).arg("load").arg(pack).run()?;
    }
    if workspace::root().join("engine/benches").is_dir() {
        println!("\n== engine ==");
        Command::cargo("bench").args(["-p", "betwixt-engine", "--benches"]).run()?;
    }
    println!("\n== quality of pitch shifting ==");
    Command::cargo("test")
        .args(["--release", "-p", "betwixt-engine", "--test", "playing", "shifted_tones", "--", "--nocapture"])
        .run()?;
    ours::shortly(&bench)?;
    println!("\n== the morph ==");
    if let Err(error) = morph(&bench, args.has("install-deps"), None) {
        println!("not measured: {error}");
    }
    println!(
        "\nOurs alone. To set it beside other players, give the folder of their scripts: cargo xtask bench --peers DIR\n\
         (it holds run_peers.py and its requirements; {} is what it runs).",
        workspace::root().join(&bench).display()
    );
    Ok(())
}

/// How much `--peers` measures.
fn settings(args: &Args) -> Result<peers::Settings, Error> {
    const JOBS: &str = "bench,quality,load";
    let passes = args.value("passes").unwrap_or("5");
    let passes = passes.parse().ok().filter(|count| (1..=100).contains(count));
    let jobs: Vec<String> = args.value("jobs").unwrap_or(JOBS).split(',').map(str::to_owned).collect();
    if let Some(unknown) = jobs.iter().find(|job| !JOBS.split(',').any(|known| known == *job)) {
        return Err(Error::Usage(format!("bench: there is no job '{unknown}'; there are {JOBS}")));
    }
    let passes = passes.ok_or_else(|| Error::Usage("bench: --passes takes a number from 1 to 100".to_owned()))?;
    Ok(peers::Settings { passes, jobs })
}

/// Measures the morph over pairs of General MIDI sounds; the table also goes into a document.
fn morph(bench: &Path, install: bool, document: Option<&str>) -> Result<(), Error> {
    packages::ensure(&[packages::SOUNDFONT], install)?;
    let folder = workspace::target().join("morph-bench");
    let mut command =
        Command::new(bench).arg("morph").arg("--font").arg(packages::soundfont()?).arg("--work").arg(folder);
    if let Some(document) = document {
        command = command.arg("--markdown").arg(workspace::root().join(document));
    }
    command.run()
}

/// The committed packs.
fn factory_packs() -> Result<Vec<PathBuf>, Error> {
    let assets = workspace::root().join("assets");
    let entries = fs::read_dir(&assets).map_err(|error| Error::file("list", &assets, error))?;
    let mut packs: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    packs.retain(|path| path.extension().is_some_and(|extension| extension == "btx"));
    packs.sort();
    Ok(packs)
}
