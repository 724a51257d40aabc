//! `cargo xtask morph-pictures`: spectrograms of three morphs beside the plain mix, in `docs/`.

use crate::args::{Args, Known};
use crate::bundle::{self, Profile};
use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::workspace;

/// Two programs of General MIDI at a key: the picture's name, the names, the numbers, the key.
const PICTURES: [(&str, [&str; 2], [u8; 2], u8); 3] = [
    ("morph-organ-choir", ["Drawbar organ", "Choir"], [16, 52], 60),
    ("morph-piano-nylon-guitar", ["Piano", "Nylon guitar"], [0, 24], 60),
    ("morph-flute-oboe", ["Flute", "Oboe"], [73, 68], 72),
];

/// The command.
pub(crate) fn run(parser: lexopt::Parser) -> Result<(), Error> {
    let args = Args::read(parser, "morph-pictures", &[Known::Switch("install-deps")])?;
    packages::ensure(&[packages::BUILD, packages::SOUNDFONT], args.has("install-deps"))?;
    let font = packages::soundfont()?;
    // Each by itself, as the other commands build them: together they would be built with other features.
    bundle::build(Profile::Release, &["-p", "betwixt-cli", "--bins"])?;
    bundle::build(Profile::Release, &["-p", "betwixt-tests", "--bins"])?;
    let program = |name: &str| Profile::Release.folder().join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let folder = workspace::target().join("morph-pictures");
    for (picture, names, programs, key) in PICTURES {
        let notes = folder.join(picture);
        Command::new(program("betwixt-bench"))
            .args(["example", "--key", &key.to_string(), "--font"])
            .arg(&font)
            .args(programs.map(|p| p.to_string()))
            .arg("-o")
            .arg(&notes)
            .run()?;
        let png = workspace::root().join("docs").join(picture).with_extension("png");
        let mut command = Command::new(program("betwixt-host")).arg("spectrograms").arg("-o").arg(&png);
        for (label, file) in [(names[0], "a"), ("Middle of the morph", "middle"), (names[1], "b"), ("Plain mix", "mix")]
        {
            command = command.arg(format!("{label}={}", notes.join(file).with_extension("wav").display()));
        }
        command.run()?;
    }
    Ok(())
}
