//! `cargo xtask demo` and `cargo xtask screenshot`: the host program of `tests/` with the plugin.

use std::path::{Path, PathBuf};

use crate::args::{Args, Known};
use crate::bundle::{self, Profile};
use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::workspace;

/// `demo`: plays a clip through the bundled plugin into `target/demo/`.
pub(crate) fn demo(parser: lexopt::Parser) -> Result<(), Error> {
    let args = Args::read(parser, "demo", &[Known::Switch("install-deps")])?;
    packages::ensure(&[packages::BUILD], args.has("install-deps"))?;
    let host = build()?;
    let folder = workspace::target().join("demo");
    Command::new(host).arg("demo").arg("--plugin").arg(clap()).arg("--out").arg(&folder).run()
}

/// `screenshot`: the plugin's window as a PNG.
pub(crate) fn screenshot(parser: lexopt::Parser) -> Result<(), Error> {
    let known = [Known::Short('o', "output"), Known::Value("size"), Known::Switch("install-deps")];
    let args = Args::read(parser, "screenshot", &known)?;
    let png = args.value("output").ok_or_else(|| Error::Usage("screenshot: -o PNG is missing".to_owned()))?;
    let png = here(Path::new(png))?;
    if let Some(size) = args.value("size") {
        check_size(size)?;
    }
    packages::ensure(&[packages::BUILD, packages::WINDOW], args.has("install-deps"))?;
    let mut command = Command::new(build()?).arg("screenshot").arg("--plugin").arg(clap()).arg("-o").arg(png);
    command = command.arg("--preset").arg(workspace::root().join("presets/compass.json"));
    if let Some(size) = args.value("size") {
        command = command.args(["--size", size]);
    }
    command.run()
}

/// What the plugin's window costs, as a table.
pub(crate) fn window_cost() -> Result<String, Error> {
    let out = Command::new(build()?).arg("window").arg("--plugin").arg(clap()).output()?;
    Ok(String::from_utf8_lossy(&out).trim().to_owned())
}

/// Builds the plugin and the host program, bundles the plugin, and returns the program.
fn build() -> Result<PathBuf, Error> {
    let profile = Profile::Release;
    bundle::build(profile, &["-p", "betwixt-plugin", "-p", "betwixt-tests", "--lib", "--bins"])?;
    bundle::plugins(profile, &workspace::bundled())?;
    Ok(profile.folder().join(if cfg!(windows) { "betwixt-host.exe" } else { "betwixt-host" }))
}

fn clap() -> PathBuf {
    workspace::bundled().join("Betwixt.clap")
}

/// A path as the user means it: seen from where the command was given.
fn here(path: &Path) -> Result<PathBuf, Error> {
    let folder = std::env::current_dir().map_err(|error| Error::file("find", Path::new("."), error))?;
    Ok(folder.join(path))
}

fn check_size(size: &str) -> Result<(), Error> {
    let side = |text: &str| text.parse::<u32>().ok().filter(|side| (1..=16384).contains(side));
    match size.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?))) {
        Some(_) => Ok(()),
        None => Err(Error::Usage(format!("screenshot: '{size}' is no size; one is 1200x800"))),
    }
}

#[cfg(test)]
mod tests {
    use super::check_size;

    #[test]
    fn sizes_are_two_numbers() {
        assert!(check_size("1200x800").is_ok());
        for wrong in ["1200", "0x800", "1200x", "axb", "1200x800x3", "99999x1"] {
            assert!(check_size(wrong).is_err(), "{wrong}");
        }
    }
}
