//! `cargo xtask bundle`: the plugin's library in the shapes that hosts look for.

use std::fs;
use std::path::{Path, PathBuf};

use crate::args::{Args, Known};
use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::workspace;

/// How optimised to build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Dev,
    /// What tests, benches and the demo run.
    Release,
    /// What is given to users: thin LTO, stripped.
    Dist,
}

impl Profile {
    /// Its name to cargo.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
            Self::Dist => "dist",
        }
    }

    /// The folder that cargo builds it into.
    pub(crate) fn folder(self) -> PathBuf {
        workspace::build_folder().join(if self == Self::Dev { "debug" } else { self.name() })
    }
}

/// The command.
pub(crate) fn run(parser: lexopt::Parser) -> Result<(), Error> {
    let args = Args::read(parser, "bundle", &[Known::Switch("release"), Known::Switch("install-deps")])?;
    packages::ensure(&[packages::BUILD, packages::STANDALONE], args.has("install-deps"))?;
    let profile = if args.has("release") { Profile::Release } else { Profile::Dev };
    build(profile, &["-p", "betwixt-plugin", "--lib"])?;
    plugins(profile, &workspace::bundled())?;
    standalone(profile, &workspace::bundled())?;
    for name in ["Betwixt.clap", "Betwixt.vst3", STANDALONE] {
        println!("{}", workspace::bundled().join(name).display());
    }
    Ok(())
}

/// `cargo build` with these arguments.
pub(crate) fn build(profile: Profile, args: &[&str]) -> Result<(), Error> {
    Command::cargo("build").args(["--profile", profile.name()]).args(args).run()
}

/// Puts the plugin's library, already built, into `folder` as `Betwixt.clap` and `Betwixt.vst3`.
pub(crate) fn plugins(profile: Profile, folder: &Path) -> Result<(), Error> {
    let library = profile.folder().join(LIBRARY);
    for bundle in ["Betwixt.clap", "Betwixt.vst3"] {
        let bundle = folder.join(bundle);
        let inside = shape(&bundle);
        if bundle.is_dir() && inside == bundle {
            fs::remove_dir_all(&bundle).map_err(|error| Error::file("remove", &bundle, error))?;
        }
        install(&library, &inside)?;
        if cfg!(target_os = "macos") {
            let name = bundle.extension().unwrap_or_default().to_string_lossy().into_owned();
            workspace::write(&bundle.join("Contents/Info.plist"), info_plist(&name).as_bytes())?;
            workspace::write(&bundle.join("Contents/PkgInfo"), b"BNDL????")?;
            Command::new("codesign").args(["--force", "--sign", "-"]).arg(&bundle).run()?;
        }
    }
    Ok(())
}

/// Builds the standalone program and puts it into `folder`.
pub(crate) fn standalone(profile: Profile, folder: &Path) -> Result<(), Error> {
    build(profile, &["-p", "betwixt-plugin", "--bin", "betwixt-standalone", "--features", "standalone"])?;
    install(&profile.folder().join(STANDALONE), &folder.join(STANDALONE))
}

#[cfg(target_os = "linux")]
const LIBRARY: &str = "libbetwixt_plugin.so";
#[cfg(target_os = "macos")]
const LIBRARY: &str = "libbetwixt_plugin.dylib";
#[cfg(target_os = "windows")]
const LIBRARY: &str = "betwixt_plugin.dll";

const STANDALONE: &str = if cfg!(windows) { "betwixt-standalone.exe" } else { "betwixt-standalone" };

/// Where the library lies in a bundle. A `.clap` is a plain file but on macOS.
fn shape(bundle: &Path) -> PathBuf {
    let vst3 = bundle.extension().is_some_and(|extension| extension == "vst3");
    let arch = std::env::consts::ARCH;
    if cfg!(target_os = "macos") {
        bundle.join("Contents/MacOS/Betwixt")
    } else if !vst3 {
        bundle.to_owned()
    } else if cfg!(windows) {
        let arch = if arch == "aarch64" { "arm64" } else { arch };
        bundle.join(format!("Contents/{arch}-win/Betwixt.vst3"))
    } else {
        bundle.join(format!("Contents/{arch}-linux/Betwixt.so"))
    }
}

/// Copies a file beside its goal and renames it there: a host that has the old one open keeps it.
pub(crate) fn install(file: &Path, goal: &Path) -> Result<(), Error> {
    if let Some(folder) = goal.parent() {
        fs::create_dir_all(folder).map_err(|error| Error::file("make the folder", folder, error))?;
    }
    let beside = goal.with_extension("new");
    fs::copy(file, &beside).map_err(|error| Error::file("copy", file, error))?;
    fs::rename(&beside, goal).map_err(|error| Error::file("write", goal, error))
}

/// What macOS wants to know of a bundle.
fn info_plist(kind: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>CFBundleExecutable</key><string>Betwixt</string>
<key>CFBundleIdentifier</key><string>audio.betwixt.Betwixt.{kind}</string>
<key>CFBundleName</key><string>Betwixt</string>
<key>CFBundlePackageType</key><string>BNDL</string>
<key>CFBundleSignature</key><string>????</string>
<key>CFBundleShortVersionString</key><string>0.1.0</string>
<key>CFBundleVersion</key><string>0.1.0</string>
<key>NSHighResolutionCapable</key><true/>
</dict></plist>
"#
    )
}
