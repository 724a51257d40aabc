//! `cargo xtask assets`: builds the factory packs from their recipes, or checks that these still give
//! the committed packs.

use std::fs;
use std::path::{Path, PathBuf};

use crate::args::{Args, Known};
use crate::bundle::{self, Profile};
use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::workspace;

/// The command: every recipe `assets/recipes/NAME.json` becomes `assets/NAME.btx`; with `--check`
/// `target/assets/NAME.btx`, which must be the same, byte for byte.
pub(crate) fn run(parser: lexopt::Parser) -> Result<(), Error> {
    let args = Args::read(parser, "assets", &[Known::Switch("check"), Known::Switch("install-deps")])?;
    packages::ensure(&[packages::BUILD, packages::SOUNDFONT], args.has("install-deps"))?;
    let assets = workspace::root().join("assets");
    let out = if args.has("check") { workspace::target().join("assets") } else { assets.clone() };
    fs::create_dir_all(&out).map_err(|error| Error::file("make", &out, error))?;

    bundle::build(Profile::Release, &["-p", "betwixt-cli", "--bin", "betwixt"])?;
    let betwixt = Profile::Release.folder().join(if cfg!(windows) { "betwixt.exe" } else { "betwixt" });
    let mut differing = Vec::new();
    for recipe in recipes(&assets.join("recipes"))? {
        let name = PathBuf::from(recipe.file_name().unwrap_or_default()).with_extension("btx");
        let pack = out.join(&name);
        // Committed packs come from their recipes and from nothing that was kept.
        Command::new(&betwixt).args(["build", "--no-cache"]).arg(&recipe).arg("-o").arg(&pack).run()?;
        Command::new(&betwixt).arg("verify").arg(&pack).run()?;
        if args.has("check") && !same(&pack, &assets.join(&name))? {
            differing.push(name.display().to_string());
        }
    }
    if differing.is_empty() {
        return Ok(());
    }
    Err(Error::Message(format!(
        "not what the recipes give: {} (the code or the recipe was changed, or this processor rounds otherwise \
         than the one that built them); `cargo xtask assets` builds them again",
        differing.join(", ")
    )))
}

fn recipes(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(|error| Error::file("list", folder, error))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

fn same(a: &Path, b: &Path) -> Result<bool, Error> {
    let read = |path: &Path| fs::read(path).map_err(|error| Error::file("read", path, error));
    Ok(read(a)? == read(b)?)
}
