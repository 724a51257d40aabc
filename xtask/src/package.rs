//! `cargo xtask package`: an archive for users.

use std::fs;

use crate::args::{Args, Known};
use crate::bundle::{self, Profile};
use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::workspace;

/// The command.
pub(crate) fn run(parser: lexopt::Parser) -> Result<(), Error> {
    let args = Args::read(parser, "package", &[Known::Switch("install-deps")])?;
    packages::ensure(&[packages::BUILD, packages::STANDALONE], args.has("install-deps"))?;
    let profile = Profile::Dist;
    let name = format!("betwixt-{}-{}", env!("CARGO_PKG_VERSION"), workspace::host_triple()?);
    let packages = workspace::target().join("package");
    let folder = packages.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| Error::file("remove", &folder, error))?;
    }

    bundle::build(profile, &["-p", "betwixt-plugin", "--lib"])?;
    bundle::plugins(profile, &folder)?;
    bundle::standalone(profile, &folder)?;
    bundle::build(profile, &["-p", "betwixt-cli", "--bin", "betwixt"])?;
    let program = if cfg!(windows) { "betwixt.exe" } else { "betwixt" };
    bundle::install(&profile.folder().join(program), &folder.join(program))?;
    for file in ["README.md", "LICENSE-APACHE", "LICENSE-MIT", "assets/SOURCES.md"] {
        let source = workspace::root().join(file);
        if source.is_file() {
            let name = source.file_name().unwrap_or_default();
            bundle::install(&source, &folder.join(name))?;
        }
    }

    // bsdtar, which Windows has as tar, makes a ZIP archive of a name that ends so.
    let archive = packages.join(format!("{name}.{}", if cfg!(windows) { "zip" } else { "tar.gz" }));
    let compress = if cfg!(windows) { "-acf" } else { "-czf" };
    Command::new("tar").arg(compress).arg(&archive).arg("-C").arg(&packages).arg(&name).run()?;
    println!("{}", archive.display());
    Ok(())
}
