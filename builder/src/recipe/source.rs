//! How a recipe names its recordings.

use std::path::{Path, PathBuf};

/// Where recordings lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceRef {
    /// One audio file, or a folder of them.
    Audio(PathBuf),
    /// A preset of a SoundFont.
    Preset {
        /// The `.sf2` or `.sf3` file.
        file: PathBuf,
        /// Bank, 0–128 (128: drums).
        bank: u16,
        /// Program, 0–127.
        program: u16,
    },
    /// An instrument of a bank.
    Bank {
        /// The `.btb` file.
        file: PathBuf,
        /// The instrument's id.
        id: String,
    },
}

impl SourceRef {
    /// The file or folder.
    pub fn path(&self) -> &Path {
        match self {
            SourceRef::Audio(path) | SourceRef::Preset { file: path, .. } | SourceRef::Bank { file: path, .. } => path,
        }
    }

    /// Reads `PATH`, `FILE.sf2#BANK:PROGRAM` or `bank.btb#id`. A relative path begins at `folder`.
    ///
    /// # Errors
    /// What should stand there instead.
    pub fn parse(text: &str, folder: &Path) -> Result<SourceRef, String> {
        if text.is_empty() {
            return Err("the path of a file or folder".into());
        }
        let has_ending = |path: &str, endings: &[&str]| {
            Path::new(path).extension().is_some_and(|e| endings.iter().any(|x| e.eq_ignore_ascii_case(x)))
        };
        if let Some((path, part)) = text.rsplit_once('#') {
            if has_ending(path, &["sf2", "sf3"]) {
                let numbers = part.split_once(':').and_then(|(b, p)| Some((b.parse().ok()?, p.parse().ok()?)));
                return match numbers {
                    Some((bank, program)) if bank <= 16_383 && program <= 127 => {
                        Ok(SourceRef::Preset { file: folder.join(path), bank, program })
                    }
                    _ => Err("a SoundFont preset as FILE.sf2#BANK:PROGRAM, for example gm.sf2#0:73".into()),
                };
            }
            if has_ending(path, &["btb"]) {
                return Ok(SourceRef::Bank { file: folder.join(path), id: part.into() });
            }
        }
        if has_ending(text, &["sf2", "sf3"]) {
            return Err("a SoundFont with its preset, as FILE.sf2#BANK:PROGRAM".into());
        }
        if has_ending(text, &["btb"]) {
            return Err("a bank with its instrument, as FILE.btb#instrument-id".into());
        }
        Ok(SourceRef::Audio(folder.join(text)))
    }
}
