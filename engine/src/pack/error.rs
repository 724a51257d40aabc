//! What can be wrong with a pack, divided by the part that it is wrong in.

use std::io;

use crate::flac::FlacError;
use crate::wav::WavError;

/// Why a pack could not be read, written or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The system could not read the file.
    #[error("the pack could not be read: {0}")]
    Io(#[from] io::Error),
    /// The archive around the pack is bad.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// `pack.json` is bad.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// An audio entry is bad.
    #[error("audio entry {entry:?}: {problem}")]
    Cell {
        /// The entry's name in the archive.
        entry: String,
        /// What is wrong with it.
        problem: CellError,
    },
    /// The archive is tiny for the audio that it claims to hold.
    #[error(
        "the archive of {archive_bytes} bytes claims to unpack to {bytes} bytes of audio; that is not a real recording"
    )]
    Bomb {
        /// Size of the archive.
        archive_bytes: u64,
        /// Size of the audio in memory.
        bytes: u64,
    },
    /// The system refused memory.
    #[error("no memory for {bytes} bytes of audio: {reason}")]
    NoMemory {
        /// What was asked for.
        bytes: u64,
        /// What the system said.
        reason: io::Error,
    },
    /// The file could not be written.
    #[error("the pack could not be written: {0}")]
    Write(#[source] io::Error),
    /// A loader thread hit a bug.
    #[error("loading stopped by a fault inside the loader while it was {doing}; please report this file")]
    Fault {
        /// What it was doing.
        doing: String,
    },
    /// Nobody wants the pack any more.
    #[error("loading was given up because nothing uses the pack")]
    Abandoned,
}

impl PackError {
    pub(crate) fn cell(entry: &str, problem: impl Into<CellError>) -> PackError {
        match problem.into() {
            // A disk that fails is not the entry's fault, but which entry it was helps.
            CellError::Wav(WavError::Io(e)) | CellError::Flac(FlacError::Io(e)) => {
                PackError::Cell { entry: entry.into(), problem: CellError::Io(e) }
            }
            problem => PackError::Cell { entry: entry.into(), problem },
        }
    }
}

/// What can be wrong with the ZIP archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum ArchiveError {
    /// No ZIP archive at all.
    #[error("not a pack: the file is not a ZIP archive")]
    NotZip,
    /// A ZIP archive that lacks its end.
    #[error("the archive is cut short: its directory at the end is missing; copy or download it again")]
    Truncated,
    /// Over the limit of the format.
    #[error("the archive is too large: {bytes} bytes, the limit is {limit}")]
    TooLarge { bytes: u64, limit: u64 },
    /// Over the limit of entries.
    #[error("the archive has too many entries: {count}, the limit is {limit}")]
    TooManyEntries { count: u64, limit: u64 },
    /// The directory contradicts itself or the file.
    #[error("the archive's directory is damaged: {reason}")]
    BadDirectory { reason: String },
    /// A name that could reach outside, or that no one could type.
    #[error("the archive has an entry with an unsafe name {name:?}: {reason}")]
    UnsafeName { name: String, reason: &'static str },
    /// One name twice.
    #[error("the archive has the entry {name:?} twice")]
    Duplicate { name: String },
    /// Two entries share bytes.
    #[error("the archive's entries {first:?} and {second:?} overlap")]
    Overlap { first: String, second: String },
    /// An entry reaches beyond the audio part of the file.
    #[error("the entry {name:?} reaches past the end of the archive's data")]
    PastEnd { name: String },
    /// A compressed audio entry.
    #[error(
        "the audio entry {name:?} is compressed (method {method}); audio must be stored, pack again without compression"
    )]
    Compressed { name: String, method: u16 },
    /// An encrypted entry.
    #[error("the entry {name:?} is encrypted")]
    Encrypted { name: String },
    /// A header that contradicts the directory.
    #[error("the entry {name:?} is damaged: {reason}")]
    BadEntry { name: String, reason: &'static str },
    /// An entry larger than may be unpacked.
    #[error("the entry {name:?} has {bytes} bytes, the limit is {limit}")]
    EntryTooLarge { name: String, bytes: u64, limit: u64 },
    /// The checksum is wrong.
    #[error("the entry {name:?} is damaged: its checksum is wrong")]
    Checksum { name: String },
    /// An entry that must be there is not.
    #[error("the archive has no entry {name:?}")]
    Missing { name: String },
}

/// What can be wrong with `pack.json`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum ManifestError {
    /// No JSON, or not of the shape that a pack has.
    #[error("pack.json can't be understood: {0}")]
    Json(String),
    /// Another kind of file.
    #[error("pack.json is of the format {found:?}, not \"betwixt-pack\"")]
    Format { found: String },
    /// Made by a later program.
    #[error("pack.json has version {found}; this program reads version 1, a newer Betwixt may read it")]
    Version { found: u64 },
    /// A count or length over its limit.
    #[error("pack.json: {field} is {value}, the limit is {limit}")]
    Limit { field: String, value: u64, limit: u64 },
    /// A value that breaks a rule.
    #[error("pack.json: {field} is {value}, but {rule}")]
    Value { field: String, value: String, rule: &'static str },
    /// A number that is infinite or not a number.
    #[error("pack.json: {field} is not a finite number")]
    NotFinite { field: String },
    /// Packs are stereo.
    #[error("pack.json: channels is {found}; packs have 2")]
    Channels { found: u64 },
    /// A note whose cells do not cover the grid.
    #[error("pack.json: notes[{note}] has {found} cells, the grid has {expected}")]
    CellCount { note: usize, found: usize, expected: usize },
    /// Two notes for the same key and velocity.
    #[error("pack.json: notes[{first}] and notes[{second}] both answer to key {key} at velocity {velocity}")]
    Overlap { first: usize, second: usize, key: u8, velocity: u8 },
    /// A loop outside its cell.
    #[error("pack.json: notes[{note}].loop {start}..{end} does not lie in its {frames} frames")]
    Loop { note: usize, start: u64, end: u64, frames: u64 },
    /// A cell that is not in the archive.
    #[error("pack.json: notes[{note}] names the entry {entry:?}, which the archive does not have")]
    MissingEntry { note: usize, entry: String },
    /// A cell's name that may not be.
    #[error("pack.json: notes[{note}] names the cell {entry:?}: {reason}")]
    CellName { note: usize, entry: String, reason: &'static str },
}

/// What can be wrong with an audio entry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum CellError {
    /// The system could not read.
    #[error("it could not be read: {0}; was the file cut short or its disk removed?")]
    Io(#[from] io::Error),
    /// Not a usable WAV file.
    #[error(transparent)]
    Wav(#[from] WavError),
    /// Not a usable FLAC stream.
    #[error(transparent)]
    Flac(#[from] FlacError),
    /// The system has no memory for a part of it.
    #[error("there is no memory for it: {0}; close other programs, or play a smaller pack")]
    NoMemory(io::Error),
    /// Another length than pack.json says.
    #[error("it has {found} frames, pack.json says {expected}")]
    Frames { found: u64, expected: u64 },
    /// Another rate than pack.json says.
    #[error("its rate is {found} Hz, pack.json says {expected} Hz")]
    Rate { found: u32, expected: u32 },
    /// Not stereo.
    #[error("it has {found} channels; packs have 2")]
    Channels { found: usize },
    /// An encoding that packs do not have.
    #[error("its encoding is {found}; packs have PCM 16, PCM 24 and float 32")]
    Encoding { found: String },
    /// An audio sample that is not a number.
    #[error("frame {frame} is infinite or not a number")]
    NotFinite { frame: u64 },
    /// The checksum is wrong.
    #[error("its checksum is wrong: the file is damaged")]
    Checksum,
    /// Another program wrote to the file.
    #[error("the file was changed while it was in use: load it again")]
    Changed,
}
