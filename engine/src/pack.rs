//! Packs: grids of notes in a ZIP archive (`.btx`).
//!
//! | part | what it does |
//! | --- | --- |
//! | [`Manifest`] | `pack.json`; its rules; unknown fields kept |
//! | [`Archive`] | the ZIP directory, read with distrust |
//! | [`CellFormat`] | one audio entry: its headers and its frames |
//! | [`PackReader`] | a pack on disk or in memory |
//! | [`PackWriter`], [`encode_cell`] | writing |
//! | [`verify`] | decoding everything |
//!
//! A pack may come from anywhere. Whatever it claims is checked against what is there, and against
//! [`crate::limits`], before memory is taken for it; what is wrong with it is named. How packs lie
//! on disk is told in `docs/pack-format.md`.

mod archive;
mod cell;
mod encode;
mod error;
mod manifest;
mod validate;
mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use archive::{Archive, Entry};
pub use cell::{CellFormat, CellIndex};
pub use encode::{CellStorage, CellTags, EncodedCell, encode_cell};
pub use error::{ArchiveError, CellError, ManifestError, PackError};
pub use manifest::{Anchor, Axes, FORMAT, Grid, LoopPoints, Manifest, MapCell, Note, PadMap, VERSION};
pub use verify::{VerifyReport, verify};
pub use writer::PackWriter;

use crate::bytes::{Ahead, ByteSource, FileBytes, FileId};
use crate::limits;
use crate::resident::Frames;

/// Name of the manifest's entry.
pub const MANIFEST: &str = "pack.json";
/// What the offset of a WAV entry's first sample byte in the archive is a multiple of.
pub const AUDIO_ALIGN: usize = 64;

/// What an entry has before its audio, mostly: headers, a table of blocks.
const HEADER_BYTES: usize = 4 << 10;
/// Read at once of what follows.
const LATER_BYTES: usize = 256 << 10;
/// The most that is read in one piece because it will probably be asked for.
const MOST_AHEAD_BYTES: usize = 1 << 20;

/// An open pack: its directory and manifest, checked. Audio is read when asked for.
pub struct PackReader {
    source: Arc<dyn ByteSource>,
    path: Option<PathBuf>,
    file_id: Option<FileId>,
    archive: Archive,
    manifest: Manifest,
}

impl PackReader {
    /// Opens a pack file.
    ///
    /// # Errors
    /// When it can't be read, or its archive or manifest is bad.
    pub fn open(path: &Path) -> Result<PackReader, PackError> {
        let file = Arc::new(FileBytes::open(path)?);
        let mut reader = PackReader::from_source(file.clone(), Some(path.into()))?;
        // The directory has the checksums of all that is in the pack: with the same one it is the same pack.
        file.set_mark(reader.archive.place(), reader.sha256());
        reader.file_id = file.id();
        Ok(reader)
    }

    /// Opens a pack that lies in memory, such as one embedded in the program.
    ///
    /// # Errors
    /// As [`PackReader::open`].
    pub fn from_bytes(bytes: &'static [u8]) -> Result<PackReader, PackError> {
        PackReader::from_source(Arc::new(bytes), None)
    }

    /// Opens a pack through any source. `path` is only remembered.
    ///
    /// # Errors
    /// As [`PackReader::open`].
    pub fn from_source(source: Arc<dyn ByteSource>, path: Option<PathBuf>) -> Result<PackReader, PackError> {
        let archive = Archive::open(&*source)?;
        let json = archive.read(&*source, MANIFEST, limits::MANIFEST_BYTES)?;
        let manifest = Manifest::parse(&json)?;
        for (i, note) in manifest.notes.iter().enumerate() {
            if let Some(entry) = note.cells.iter().find(|c| archive.get(c).is_none()) {
                return Err(ManifestError::MissingEntry { note: i, entry: entry.clone() }.into());
            }
        }
        Ok(PackReader { source, path, file_id: None, archive, manifest })
    }

    /// What the pack says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The archive's directory.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// The pack's identity: see [`Archive::sha256`].
    pub fn sha256(&self) -> &str {
        self.archive.sha256()
    }

    /// Where it lies; `None` for one in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Which file it is; `None` for one that was not opened by its path, and where the system can't tell.
    pub fn file_id(&self) -> Option<FileId> {
        self.file_id
    }

    /// What its bytes are read from.
    pub fn source(&self) -> &Arc<dyn ByteSource> {
        &self.source
    }

    /// The headers of the audio entry `name`.
    ///
    /// # Errors
    /// When there is no such entry, or it is not audio that packs have.
    pub fn cell(&self, name: &str) -> Result<CellFormat, PackError> {
        CellFormat::find(&*self.source, &self.archive, self.entry(name)?)
    }

    fn entry(&self, name: &str) -> Result<&Entry, ArchiveError> {
        self.archive.get(name).ok_or_else(|| ArchiveError::Missing { name: name.into() })
    }

    /// The source of a cell of which nothing is known yet, read in few pieces: the first has its headers and
    /// probably its first `frames`, the others are of `later_bytes` (0: what is asked for).
    pub fn ahead(&self, note: usize, cell: usize, frames: u64, later_bytes: usize) -> Ahead<'_> {
        let note = &self.manifest.notes[note];
        let (end, first) = self.archive.get(&note.cells[cell]).map_or((0, 0), |entry| {
            // As if all frames took the same. Those of FLAC do not; a part of a block more does little.
            let (share, is_all) = (frames as f64 / note.frames.max(1) as f64, frames >= note.frames);
            (entry.end(), if is_all { entry.size } else { (entry.size as f64 * share) as u64 })
        });
        Ahead::new(&*self.source, end, HEADER_BYTES + (first as usize).min(MOST_AHEAD_BYTES), later_bytes)
    }

    /// The headers of one of the manifest's cells, checked against its note. `cell` is row-major
    /// from y = 0.
    ///
    /// # Errors
    /// As [`PackReader::cell`], and when length, rate or channels are not those of the manifest.
    ///
    /// # Panics
    /// When there is no such note or cell.
    pub fn note_cell(&self, note: usize, cell: usize) -> Result<CellFormat, PackError> {
        self.note_cell_from(&*self.source, note, cell)
    }

    /// As [`PackReader::note_cell`], read through `source`, which has the same bytes.
    ///
    /// # Errors
    /// As [`PackReader::note_cell`].
    ///
    /// # Panics
    /// As [`PackReader::note_cell`].
    pub fn note_cell_from(&self, source: &dyn ByteSource, note: usize, cell: usize) -> Result<CellFormat, PackError> {
        let note = &self.manifest.notes[note];
        let name = &note.cells[cell];
        let format = CellFormat::find(source, &self.archive, self.entry(name)?)?;
        format.check(note, self.manifest.sample_rate).map_err(|e| PackError::cell(name, e))?;
        Ok(format)
    }

    /// All frames of one of the manifest's cells, as floats. For tools; the loader fills chunks.
    ///
    /// # Errors
    /// As [`PackReader::note_cell`], and when the audio is damaged.
    ///
    /// # Panics
    /// When there is no such note or cell.
    pub fn decode_cell(&self, note: usize, cell: usize) -> Result<Vec<[f32; 2]>, PackError> {
        let name = &self.manifest.notes[note].cells[cell];
        self.note_cell(note, cell)?.decode(&*self.source).map_err(|e| PackError::cell(name, e))
    }
}

impl PackReader {
    /// The first frames of one of the manifest's cells, as floats; fewer where it is shorter. Reads little more than
    /// these. Samples that are not finite are silence.
    ///
    /// # Errors
    /// As [`PackReader::decode_cell`], as far as it is read.
    ///
    /// # Panics
    /// As [`PackReader::decode_cell`].
    pub fn decode_beginning(&self, note: usize, cell: usize, frames: usize) -> Result<Vec<[f32; 2]>, PackError> {
        let source = self.ahead(note, cell, frames as u64, LATER_BYTES);
        let format = self.note_cell_from(&source, note, cell)?;
        let mut out = Vec::new();
        let finite = |v: f32| if v.is_finite() { v } else { 0.0 };
        let outcome = format.stream(&source, &mut |part| {
            match part {
                Frames::I16(part) => out.extend(part.iter().map(|f| f.map(|v| f32::from(v) / 32768.0))),
                Frames::F32(part) => out.extend(part.iter().map(|f| f.map(finite))),
            }
            out.len() < frames
        });
        outcome.map_err(|e| PackError::cell(&self.manifest.notes[note].cells[cell], e))?;
        out.truncate(frames);
        Ok(out)
    }
}

impl std::fmt::Debug for PackReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackReader")
            .field("name", &self.manifest.name)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
