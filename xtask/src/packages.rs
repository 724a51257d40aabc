//! System packages: what a command needs is looked for first, named where it is missing, and
//! installed when that is allowed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command as StdCommand, Stdio};

use crate::error::Error;
use crate::process::Command;

/// How to see whether something is there.
enum Probe {
    /// A program in PATH.
    Program(&'static str),
    /// A shared library that the loader finds.
    Library(&'static str),
    /// A library to build against, as pkg-config names it.
    Development(&'static str),
    /// A file whose name begins so, in one of these folders.
    File(&'static [&'static str], &'static str),
    /// A Python module.
    Python(&'static str),
}

/// Something that a command needs of the system, and the Debian package that has it.
pub(crate) struct Need {
    probe: Probe,
    package: &'static str,
}

/// To build the plugin and the programs of `tests/`.
pub(crate) const BUILD: &[Need] = &[Need { probe: Probe::Program("cc"), package: "gcc libc6-dev" }];

/// To build the standalone program.
pub(crate) const STANDALONE: &[Need] = &[
    Need { probe: Probe::Program("pkg-config"), package: "pkg-config" },
    Need { probe: Probe::Development("alsa"), package: "libasound2-dev" },
    Need { probe: Probe::Development("jack"), package: "libjack-jackd2-dev" },
];

/// To open the plugin's window where no one looks.
pub(crate) const WINDOW: &[Need] = &[
    Need { probe: Probe::Program("Xvfb"), package: "xvfb" },
    Need { probe: Probe::Program("setxkbmap"), package: "x11-xkb-utils" },
    Need { probe: Probe::Library("libGL.so.1"), package: "libgl1" },
    Need { probe: Probe::Library("libEGL.so.1"), package: "libegl1" },
    Need { probe: Probe::Library("libGLX_mesa.so.0"), package: "libglx-mesa0 libgl1-mesa-dri" },
    Need { probe: Probe::Library("libX11-xcb.so.1"), package: "libx11-xcb1" },
    Need { probe: Probe::Library("libXcursor.so.1"), package: "libxcursor1" },
    Need { probe: Probe::Library("libxkbcommon-x11.so.0"), package: "libxkbcommon-x11-0" },
];

/// To run a host that is written in Python.
pub(crate) const PYTHON: &[Need] = &[
    Need { probe: Probe::Program("python3"), package: "python3" },
    Need { probe: Probe::Python("ensurepip"), package: "python3-venv" },
];

/// To build the players that ours is compared with.
pub(crate) const PEERS: &[Need] = &[
    Need { probe: Probe::Program("pkg-config"), package: "pkg-config" },
    Need { probe: Probe::Development("fluidsynth"), package: "libfluidsynth-dev" },
];

/// To see which system calls a thread makes.
pub(crate) const TRACE: &[Need] = &[Need { probe: Probe::Program("strace"), package: "strace" }];

/// To count instructions.
pub(crate) const COUNT: &[Need] = &[Need { probe: Probe::Program("valgrind"), package: "valgrind" }];

/// Sounds to measure the morph on: a free General MIDI bank.
pub(crate) const SOUNDFONT: &[Need] =
    &[Need { probe: Probe::File(SOUNDFONT_FOLDERS, SOUNDFONT_FILE), package: "fluid-soundfont-gm" }];

const SOUNDFONT_FOLDERS: &[&str] = &["/usr/share/sounds/sf2"];
const SOUNDFONT_FILE: &str = "FluidR3_GM.sf2";

/// The file of [`SOUNDFONT`]; `BETWIXT_SOUNDFONT` names another one where there is no such package.
pub(crate) fn soundfont() -> Result<PathBuf, Error> {
    if let Some(path) = env::var_os("BETWIXT_SOUNDFONT") {
        return Ok(path.into());
    }
    let found =
        SOUNDFONT_FOLDERS.iter().map(|folder| Path::new(folder).join(SOUNDFONT_FILE)).find(|path| path.exists());
    found.ok_or_else(|| {
        Error::Message(format!(
            "{SOUNDFONT_FILE} is not found: name it, or another General MIDI bank, in BETWIXT_SOUNDFONT"
        ))
    })
}

/// Makes sure of `needs`. Missing packages are installed when this runs as root or `install` says so;
/// otherwise the error holds the line that installs them. Elsewhere than on Linux nothing is needed.
pub(crate) fn ensure(needs: &[&[Need]], install: bool) -> Result<(), Error> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    let Some(apt) = find_program("apt-get") else {
        return Err(Error::Packages(format!(
            "these system packages are missing, by their Debian names: {}; install them with this system's package \
             manager and run the command again",
            missing.join(" ")
        )));
    };
    if !is_root() && !install {
        return Err(Error::Packages(format!(
            "system packages are missing. Run\n\n    sudo {line}\n\nor run this command again with --install-deps"
        )));
    }

    println!("installing system packages: {}", missing.join(" "));
    let apt = |arguments: &[&str]| {
        let command = if is_root() { Command::new(&apt) } else { Command::new("sudo").arg(&apt) };
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments).run()
    };
    apt(&["update", "-q"])?;
    let mut arguments = vec!["install", "-q", "-y", "--no-install-recommends"];
    arguments.extend(&missing);
    apt(&arguments)?;
    let still: Vec<&str> = self::missing(needs);
    if still.is_empty() {
        Ok(())
    } else {
        Err(Error::Packages(format!(
            "apt-get installed the packages, but these are still not found: {}",
            still.join(" ")
        )))
    }
}

/// The packages of the needs that are not met, without repetition.
fn missing(needs: &[&[Need]]) -> Vec<&'static str> {
    let mut missing = Vec::new();
    for need in needs.iter().copied().flatten().filter(|need| !need.probe.found()) {
        for package in need.package.split(' ') {
            if !missing.contains(&package) {
                missing.push(package);
            }
        }
    }
    missing
}

impl Probe {
    fn found(&self) -> bool {
        match self {
            Self::Program(name) => find_program(name).is_some(),
            Self::Library(name) => library_folders().iter().any(|folder| folder.join(name).exists()),
            Self::Development(name) => quiet("pkg-config", &["--exists", name]),
            Self::Python(module) => has_python(&[module]),
            Self::File(folders, start) => folders.iter().any(|folder| {
                let entries = Path::new(folder).read_dir().into_iter().flatten().flatten();
                entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with(start))
            }),
        }
    }
}

/// Whether the system's Python has these modules.
pub(crate) fn has_python(modules: &[&str]) -> bool {
    modules.iter().all(|module| quiet("python3", &["-c", &format!("import {module}")]))
}

/// Where a program lies.
fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Where the loader looks for libraries, as far as Debian's layout goes.
fn library_folders() -> Vec<PathBuf> {
    let triple = format!("{}-linux-gnu", env::consts::ARCH);
    let mut folders: Vec<PathBuf> =
        env::var_os("LD_LIBRARY_PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    for folder in ["/usr/lib", "/lib", "/usr/local/lib", "/usr/lib64", "/lib64"] {
        folders.push(Path::new(folder).join(&triple));
        folders.push(PathBuf::from(folder));
    }
    folders
}

/// Whether a program ends well.
fn quiet(program: &str, args: &[&str]) -> bool {
    let status =
        StdCommand::new(program).args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    StdCommand::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::{Need, Probe, missing};

    #[test]
    fn what_is_there_is_not_named() {
        assert!(missing(&[&[Need { probe: Probe::Program("sh"), package: "dash" }]]).is_empty());
    }

    #[test]
    fn what_is_missing_is_named_once() {
        let needs = [
            Need { probe: Probe::Program("no-such-program"), package: "one two" },
            Need { probe: Probe::Library("libno-such.so.0"), package: "two" },
            Need { probe: Probe::File(&["/no/such/folder"], "file"), package: "three" },
        ];
        assert_eq!(missing(&[&needs]), ["one", "two", "three"]);
    }
}
