//! `cargo xtask assets`: builds the factory packs from their recipes.

use std::fs;

use crate::args::{Args, Known};
use crate::bundle::{self, Profile};
use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::workspace;

/// The command: every recipe `assets/recipes/NAME.json` becomes `assets/NAME.btx`.
pub(crate) fn run(parser: lexopt::Parser) -> Result<(), Error> {
    let args = Args::read(parser, "assets", &[Known::Switch("install-deps")])?;
    packages::ensure(&[packages::BUILD], args.has("install-deps"))?;
    let assets = workspace::root().join("assets");
    let recipes = assets.join("recipes");
    let entries = fs::read_dir(&recipes).map_err(|error| Error::file("list", &recipes, error))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();

    bundle::build(Profile::Release, &["-p", "betwixt-cli", "--bin", "betwixt"])?;
    let betwixt = Profile::Release.folder().join(if cfg!(windows) { "betwixt.exe" } else { "betwixt" });
    for recipe in files {
        let pack = assets.join(recipe.file_name().unwrap_or_default()).with_extension("btx");
        Command::new(&betwixt).arg("build").arg(&recipe).arg("-o").arg(&pack).run()?;
        Command::new(&betwixt).arg("verify").arg(&pack).run()?;
    }
    Ok(())
}
