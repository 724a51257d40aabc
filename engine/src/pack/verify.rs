//! Decoding all of a pack.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::error::{ArchiveError, CellError, PackError};
use super::{Entry, PackReader};
use crate::bytes::ByteSource;
use crate::resident::Frames;

/// What [`verify`] went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Entries whose checksum was compared.
    pub entries: usize,
    /// Compressed entries that are not the pack's own, which are not looked into.
    pub skipped: usize,
    /// Different audio entries that were decoded.
    pub cells: usize,
    /// Frames of all of them.
    pub frames: u64,
}

/// Decodes every entry, on all cores: CRC of each, frames, rate and channels as the manifest says,
/// finite samples, FLAC frame checksums. `progress` gets how many of how many entries are done, from
/// any thread.
///
/// # Errors
/// The first entry (in the archive's order) that is not as it should be.
pub fn verify(pack: &PackReader, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<VerifyReport, PackError> {
    // Each audio entry with the notes that use it; one entry may serve several.
    let mut users: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for (n, note) in pack.manifest().notes.iter().enumerate() {
        for (c, name) in note.cells.iter().enumerate() {
            let notes = users.entry(name).or_default();
            if notes.last().is_none_or(|(last, _)| *last != n) {
                notes.push((n, c));
            }
        }
    }
    let entries = pack.archive().entries();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let report = Mutex::new(VerifyReport::default());
    let first_error: Mutex<Option<(usize, PackError)>> = Mutex::new(None);
    let work = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = entries.get(i) else { return };
            match verify_entry(pack, entry, users.get(entry.name.as_str()).map_or(&[], |u| u)) {
                Ok(part) => {
                    let mut sum = report.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.entries += part.entries;
                    sum.skipped += part.skipped;
                    sum.cells += part.cells;
                    sum.frames += part.frames;
                }
                Err(error) => {
                    let mut first = first_error.lock().unwrap_or_else(PoisonError::into_inner);
                    if first.as_ref().is_none_or(|(at, _)| i < *at) {
                        *first = Some((i, error));
                    }
                    // Entries before this one are being looked at; those after it no longer matter.
                    next.store(entries.len(), Ordering::Relaxed);
                }
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, entries.len());
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(entries.len().max(1));
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    match first_error.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => Ok(report.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

fn verify_entry(pack: &PackReader, entry: &Entry, users: &[(usize, usize)]) -> Result<VerifyReport, PackError> {
    if !entry.is_stored() {
        // `pack.json` was unpacked and compared when the pack was opened.
        let own = entry.name == super::MANIFEST;
        return Ok(VerifyReport { entries: usize::from(own), skipped: usize::from(!own), ..VerifyReport::default() });
    }
    verify_crc(pack, entry)?;
    let mut report = VerifyReport { entries: 1, ..VerifyReport::default() };
    let mut format = None;
    for &(note, cell) in users {
        format = Some(pack.note_cell(note, cell)?);
    }
    if let Some(format) = format {
        let mut bad = None;
        let mut frames = 0u64;
        let streamed = format.stream(&**pack.source(), &mut |block| {
            if let Frames::F32(block) = block {
                bad = block.iter().position(|f| !(f[0].is_finite() && f[1].is_finite())).map(|i| frames + i as u64);
            }
            frames += match block {
                Frames::I16(b) => b.len() as u64,
                Frames::F32(b) => b.len() as u64,
            };
            bad.is_none()
        });
        let problem = match (streamed, bad) {
            (_, Some(frame)) => Some(CellError::NotFinite { frame }),
            (Err(error), None) => Some(error),
            (Ok(()), None) if frames != format.frames() => {
                Some(CellError::Frames { found: frames, expected: format.frames() })
            }
            (Ok(()), None) => None,
        };
        if let Some(problem) = problem {
            return Err(PackError::cell(&entry.name, problem));
        }
        report.cells = 1;
        report.frames = frames;
    }
    Ok(report)
}

fn verify_crc(pack: &PackReader, entry: &Entry) -> Result<(), PackError> {
    let source: &dyn ByteSource = &**pack.source();
    let start = pack.archive().data_offset(source, entry)?;
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; entry.size.min(1 << 20) as usize];
    let mut at = 0;
    while at < entry.size {
        let now = (entry.size - at).min(buffer.len() as u64) as usize;
        source.read_exact_at(start + at, &mut buffer[..now]).map_err(|e| PackError::cell(&entry.name, e))?;
        hasher.update(&buffer[..now]);
        at += now as u64;
    }
    if hasher.finalize() == entry.crc32 {
        Ok(())
    } else {
        Err(ArchiveError::Checksum { name: entry.name.clone() }.into())
    }
}
