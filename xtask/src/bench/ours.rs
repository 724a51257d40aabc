//! What `betwixt-bench` measures of ours alone: long, into the document, or shortly for whoever looks.

use std::path::Path;

use super::machine::Machine;
use super::worst::{self, Settings};
use super::{document, instructions, program, sweep, syscalls};
use crate::error::Error;
use crate::host;
use crate::packages;
use crate::process::Command;

/// A part that has a table of its own in the document.
pub(super) const PARTS: [&str; 6] = ["worst", "sweep", "scale", "offline", "instructions", "editor"];

/// Measures a part at length and puts it into the document.
pub(super) fn document(part: &str, bench: &Path, install: bool) -> Result<(), Error> {
    let machine = Machine::begin();
    let table = match part {
        "worst" => {
            packages::ensure(&[packages::TRACE], install)?;
            let table = worst::table(bench, &Settings { seconds: "600", paced_seconds: "60" })?;
            format!("{table}\n{}", syscalls(bench, "60")?)
        }
        "instructions" => {
            packages::ensure(&[packages::COUNT], install)?;
            instructions::table(bench)?
        }
        "editor" => {
            packages::ensure(&[packages::WINDOW], install)?;
            host::window_cost()?
        }
        "sweep" => sweep::table(bench, "12")?,
        "scale" => program::text(bench, &["scale"])?,
        _ => program::text(bench, &["offline"])?,
    };
    let told = machine.tell();
    println!("\n{told}\n\n{table}");
    document::put(part, &format!("cargo xtask bench --{part}"), &format!("{told}\n\n{table}"))
}

/// All parts shortly, printed alone.
pub(super) fn shortly(bench: &Path) -> Result<(), Error> {
    println!("\n== worst case ==");
    println!("{}", worst::table(bench, &Settings { seconds: "20", paced_seconds: "5" })?);
    match syscalls(bench, "5") {
        Ok(text) => println!("{text}"),
        Err(error) => println!("system calls not counted: {error}"),
    }
    println!("== a pack larger than its memory ==");
    println!("{}", sweep::table(bench, "2")?);
    println!("== scale ==");
    let short = ["scale", "--passes", "3", "--seconds", "0.5", "--largest-mb", "100"];
    Command::new(bench).args(short).run()?;
    println!("== offline ==");
    Command::new(bench).args(["offline", "--seconds", "20", "--passes", "2"]).run()
}

fn syscalls(bench: &Path, seconds: &str) -> Result<String, Error> {
    if cfg!(target_os = "linux") {
        syscalls::tell(bench, seconds)
    } else {
        Ok("System calls are counted on Linux only.\n".to_owned())
    }
}
