//! Sources become instruments: sets of recorded notes that can be asked for any key.

mod audio;
mod names;
mod pitch;
mod sf2;

use std::path::{Path, PathBuf};

use betwixt_engine::limits;

use crate::recipe::SourceRef;
use crate::recording::Recording;

/// Why a source can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Nothing lies at the path.
    #[error("there is no {}; check the path (betwixt build also looks into the folders that --sources names)", .0.display())]
    NotFound(PathBuf),
    /// The system could not read it.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A WAV file that can't be used.
    #[error("can't use {}: {source}", path.display())]
    Wav {
        /// The file.
        path: PathBuf,
        /// Why.
        source: betwixt_engine::wav::WavError,
    },
    /// A folder without recordings.
    #[error("the folder {} holds no WAV files; convert others (FLAC, AIFF, Ogg, MP3) to WAV", .0.display())]
    EmptyFolder(PathBuf),
    /// No way to tell which notes the files are.
    #[error("can't tell the notes of {}: {why}; name the files by note, like flute_C4.wav or flute_060.wav", path.display())]
    NoNotes {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        why: String,
    },
    /// A SoundFont that is damaged, or that the reader does not know.
    #[error("can't read the SoundFont {}: {why}", path.display())]
    SoundFont {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A SoundFont without the wanted preset.
    #[error("{} has no preset {bank}:{program}; it has {presets}", path.display())]
    NoPreset {
        /// The file.
        path: PathBuf,
        /// The wanted bank.
        bank: u16,
        /// The wanted program.
        program: u16,
        /// What there is.
        presets: String,
    },
    /// A kind of source that can't be read.
    #[error("can't use {} as a source: {why}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Why.
        why: &'static str,
    },
    /// A key too far from everything recorded.
    #[error("{} has nothing near key {root}: its nearest recording would have to be shifted by {cents:.0} cents", path.display())]
    TooFar {
        /// The source.
        path: PathBuf,
        /// The wanted key.
        root: u8,
        /// How far.
        cents: f64,
    },
    /// A rate, or a rate and a key together, too far from what is wanted.
    #[error(
        "can't use {} for key {root}: from its {recorded_hz} Hz to {rate_hz} Hz in tune is a ratio of {stretch:.4}, \
         and 1/64 to 64 can be done; check the sample rate that the file gives, and the distance to the key", path.display()
    )]
    Ratio {
        /// The source.
        path: PathBuf,
        /// The wanted key.
        root: u8,
        /// Its rate.
        recorded_hz: f64,
        /// The wanted rate.
        rate_hz: f64,
        /// How many frames each of its frames would become.
        stretch: f64,
    },
}

/// Nothing is transposed further than five octaves.
const FAR_CENTS: f64 = 6000.0;

/// A set of recorded notes.
pub struct Instrument {
    /// What the source calls itself.
    pub name: String,
    /// The keys that it was recorded at, ascending.
    pub roots: Vec<u8>,
    /// What a musician should know about the import.
    pub warnings: Vec<String>,
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    Files(audio::Files),
    Preset(sf2::Preset),
}

impl Instrument {
    /// Opens a source. A file that is not at its path is looked for by its name in `folders`.
    ///
    /// # Errors
    /// When there is nothing, or nothing usable.
    pub fn open(source: &SourceRef, folders: &[PathBuf]) -> Result<Instrument, ImportError> {
        match source {
            SourceRef::Audio(path) => {
                let path = find(path, folders)?;
                let files = audio::Files::open(&path)?;
                let (roots, warnings) = (files.roots(), files.warnings.clone());
                Ok(Instrument { name: title(&path), roots, warnings, path, kind: Kind::Files(files) })
            }
            SourceRef::Preset { file, bank, program } => {
                let path = find(file, folders)?;
                let preset = sf2::Preset::open(&path, *bank, *program)?;
                let (name, roots, warnings) = (preset.name.clone(), preset.roots(), preset.warnings.clone());
                Ok(Instrument { name, roots, warnings, path, kind: Kind::Preset(preset) })
            }
            SourceRef::Bank { file, .. } => Err(ImportError::Unsupported {
                path: file.clone(),
                why: "this version does not read banks yet; give the recordings or a SoundFont preset",
            }),
        }
    }

    /// Opens a source for one key. A single file of which nothing tells its note, or which is heard
    /// whole octaves away, is taken as recorded at that key.
    ///
    /// # Errors
    /// When there is nothing, or nothing usable.
    pub fn open_at(source: &SourceRef, folders: &[PathBuf], root: u8) -> Result<Instrument, ImportError> {
        let found = Instrument::open(source, folders);
        let is_doubtful = match &found {
            Err(ImportError::NoNotes { .. }) => true,
            Ok(Instrument { roots, kind: Kind::Files(files), .. }) => {
                files.is_heard && roots.iter().all(|r| r.abs_diff(root) % 12 == 0)
            }
            _ => false,
        };
        if !is_doubtful {
            return found;
        }
        let mut taken = Instrument::open_as(source, folders, root)?;
        let said = found.map_or_else(|_| Vec::new(), |i| i.warnings);
        let new = |w: &String| w != audio::HEARD && !taken.warnings.contains(w);
        let new: Vec<String> = said.into_iter().filter(new).collect();
        taken.warnings.extend(new);
        Ok(taken)
    }

    /// Opens a source for one key. A single file is taken as recorded at that key, whatever else it says.
    ///
    /// # Errors
    /// When there is nothing, or nothing usable.
    pub fn open_as(source: &SourceRef, folders: &[PathBuf], root: u8) -> Result<Instrument, ImportError> {
        let SourceRef::Audio(path) = source else { return Instrument::open(source, folders) };
        let path = find(path, folders)?;
        if path.is_dir() {
            return Instrument::open(source, folders);
        }
        let files = audio::Files::single(&path, root)?;
        let warnings = files.warnings.clone();
        Ok(Instrument { name: title(&path), roots: vec![root], warnings, path, kind: Kind::Files(files) })
    }

    /// Is it a preset, which says itself how far its samples reach?
    pub fn is_preset(&self) -> bool {
        matches!(self.kind, Kind::Preset(_))
    }

    /// All recordings that sound together when `root` is played: one, or the zones of a preset. At
    /// 48 kHz, not tuned.
    ///
    /// # Errors
    /// As [`Instrument::note_at`].
    pub fn note(&self, root: u8) -> Result<Vec<Recording>, ImportError> {
        self.note_at(root, 48_000.0, 0.0)
    }

    /// The same, for use at `rate_hz` and raised by some cents more.
    ///
    /// # Errors
    /// When a file can't be read, everything recorded is too far away, or a recording's rate is.
    pub fn note_at(&self, root: u8, rate_hz: f64, raise_cents: f64) -> Result<Vec<Recording>, ImportError> {
        let recordings = match &self.kind {
            Kind::Files(files) => vec![files.note(root)?],
            Kind::Preset(preset) => preset.note(root)?,
        };
        for recording in &recordings {
            let cents = recording.raise_cents;
            if cents.abs() > FAR_CENTS {
                return Err(ImportError::TooFar { path: self.path.clone(), root, cents });
            }
            let stretch = recording.ratio(rate_hz, raise_cents);
            if !(limits::RATIO.recip()..=limits::RATIO).contains(&stretch) {
                let (path, recorded_hz) = (self.path.clone(), recording.rate_hz);
                return Err(ImportError::Ratio { path, root, recorded_hz, rate_hz, stretch });
            }
        }
        Ok(recordings)
    }
}

fn find(path: &Path, folders: &[PathBuf]) -> Result<PathBuf, ImportError> {
    if path.exists() {
        return Ok(path.into());
    }
    let elsewhere = path.file_name().and_then(|name| folders.iter().map(|f| f.join(name)).find(|p| p.exists()));
    elsewhere.ok_or_else(|| ImportError::NotFound(path.into()))
}

/// A name to show for a path: the folder's, or the file's without its ending.
fn title(path: &Path) -> String {
    let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
    name.map_or_else(|| "Source".into(), |n| n.to_string_lossy().replace('_', " "))
}
