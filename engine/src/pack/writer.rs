//! Writing a pack.
//!
//! `pack.json` stands first in the archive but is known last. So entries are gathered in an unnamed
//! temporary file, and [`PackWriter::finish`] writes the archive: into a temporary file in the same
//! folder, synced, then renamed. A pack is there whole or not at all, and an error leaves the old
//! file as it was.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::archive::check_name;
use super::error::{ArchiveError, ManifestError, PackError};
use super::{EncodedCell, Manifest, PackReader};
use crate::{atomic_file, limits};

/// Gathers a pack's entries and writes them.
#[derive(Debug)]
pub struct PackWriter {
    path: PathBuf,
    spool: BufWriter<File>,
    entries: Vec<(String, u64)>,
    index: HashMap<String, usize>,
}

impl PackWriter {
    /// Begins a pack that will be written to `path`.
    ///
    /// # Errors
    /// As [`atomic_file::place`], and when no file can be made in its folder.
    pub fn create(path: &Path) -> Result<PackWriter, PackError> {
        let path = atomic_file::place(path).map_err(PackError::Write)?;
        let spool = tempfile::tempfile_in(atomic_file::folder(&path)).map_err(PackError::Write)?;
        Ok(PackWriter {
            path,
            spool: BufWriter::with_capacity(1 << 20, spool),
            entries: Vec::new(),
            index: HashMap::new(),
        })
    }

    /// Where the pack will be: behind a symbolic link its target.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a cell under `stem` plus its extension (`audio/60/0-0` → `audio/60/0-0.flac`) and
    /// returns the entry's name, for [`super::Note::cells`].
    ///
    /// # Errors
    /// As [`PackWriter::add`].
    pub fn add_cell(&mut self, stem: &str, cell: &EncodedCell) -> Result<String, PackError> {
        let name = format!("{stem}.{}", cell.extension);
        self.add(&name, &cell.bytes)?;
        Ok(name)
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// When the name is unsafe or taken, or the disk is full.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), PackError> {
        let name = name.replace('\\', "/");
        check_name(&name).map_err(|reason| ArchiveError::UnsafeName { name: name.clone(), reason })?;
        if name == super::MANIFEST || self.index.insert(name.clone(), self.entries.len()).is_some() {
            return Err(ArchiveError::Duplicate { name }.into());
        }
        self.spool.write_all(bytes).map_err(PackError::Write)?;
        self.entries.push((name, bytes.len() as u64));
        Ok(())
    }

    /// Writes the pack and returns its `sha256`.
    ///
    /// # Errors
    /// When the manifest breaks a rule or names an entry that was not added, or the disk is full.
    pub fn finish(self, manifest: &Manifest) -> Result<String, PackError> {
        let json = manifest.to_json()?;
        for (note, entry) in manifest.notes.iter().enumerate().flat_map(|(i, n)| n.cells.iter().map(move |c| (i, c))) {
            if !self.index.contains_key(entry) {
                return Err(ManifestError::MissingEntry { note, entry: entry.clone() }.into());
            }
        }
        let bytes = self.entries.iter().map(|(_, len)| len).sum::<u64>();
        if bytes > limits::ARCHIVE_BYTES {
            return Err(ArchiveError::TooLarge { bytes, limit: limits::ARCHIVE_BYTES }.into());
        }
        let mut spool = self.spool.into_inner().map_err(|e| PackError::Write(e.into_error()))?;
        spool.seek(SeekFrom::Start(0)).map_err(PackError::Write)?;
        atomic_file::write(&self.path, |out| write_archive(out, &json, &self.entries, &mut spool))
            .map_err(PackError::Write)?;
        Ok(PackReader::open(&self.path)?.sha256().to_owned())
    }
}

fn write_archive(
    out: &mut BufWriter<&mut File>,
    json: &[u8],
    entries: &[(String, u64)],
    spool: &mut File,
) -> io::Result<()> {
    let mut zip = zip::ZipWriter::new(out);
    let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file(super::MANIFEST, plain)?;
    zip.write_all(json)?;
    for (name, len) in entries {
        // WAV headers are padded to the same measure, so that the first sample lies on it.
        let options = plain.with_alignment(super::AUDIO_ALIGN as u16).large_file(*len >= u64::from(u32::MAX));
        zip.start_file(name.as_str(), options)?;
        if io::copy(&mut spool.take(*len), &mut zip)? != *len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    zip.finish()?;
    Ok(())
}
