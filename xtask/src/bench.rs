//! `cargo xtask bench`: how much the engine costs, and how fast packs load.

use std::path::Path;

use crate::args::{Args, Known};
use crate::bundle::{self, Profile};
use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::workspace;

/// The command.
pub(crate) fn run(parser: lexopt::Parser) -> Result<(), Error> {
    let args = Args::read(parser, "bench", &[Known::Value("peers"), Known::Switch("install-deps")])?;
    packages::ensure(&[packages::BUILD], args.has("install-deps"))?;
    bundle::build(Profile::Release, &["-p", "betwixt-cli", "--bins"])?;
    let bench = Profile::Release.folder().join(if cfg!(windows) { "betwixt-bench.exe" } else { "betwixt-bench" });

    if let Some(folder) = args.value("peers") {
        let script = Path::new(folder).join("run_peers.py");
        if !script.is_file() {
            return Err(Error::Message(format!(
                "{} is not there: --peers takes the folder of the peers' scripts",
                script.display()
            )));
        }
        return Command::new("python3").arg(script).arg("--ours").arg(bench).run();
    }
    for quality in ["eco", "normal", "best"] {
        println!("\n== 64 notes, {quality} ==");
        Command::new(&bench).args(["bench", "--quality", quality, "--notes", "64"]).run()?;
    }
    println!("\n== loading ==");
    Command::new(&bench).args(["load"]).run()?;
    println!("\n== engine ==");
    Command::cargo("bench").args(["-p", "betwixt-engine"]).run()?;
    println!(
        "\nOurs alone. To set it beside other players, give the folder of their scripts: cargo xtask bench --peers DIR\n\
         (it holds run_peers.py and its requirements; {} is what it runs).",
        workspace::root().join(&bench).display()
    );
    Ok(())
}
