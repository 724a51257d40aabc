//! Positioned reading of files and of memory, the one way in which untrusted files are read here.
//!
//! A file is read by positioned reads and never through a mapping: a file that is cut short, or a
//! disk that goes away, then gives an error where a mapping would kill the process (SIGBUS).

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};

/// A file that was written to and then not again for so long has been left alone.
const STILL: Duration = Duration::from_millis(50);

/// Bytes that can be read at any offset, from several threads at once.
pub trait ByteSource: Send + Sync {
    /// Length in bytes, as found when the source was opened.
    fn len(&self) -> u64;

    /// Is there nothing to read?
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `out` from `offset`.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] where the source ends first; whatever the system reports.
    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Has somebody written to it since it was opened? A guess: what can't be asked has not changed.
    fn has_changed(&self) -> bool {
        false
    }
}

/// Which file it is, and how it was when it was opened. As long as one of them is open, two openings with the
/// same id have the same bytes, by whatever path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    volume: u64,
    number: u64,
    len: u64,
    modified: SystemTime,
}

/// A file and its length at the time of opening.
#[derive(Debug)]
pub struct FileBytes {
    file: File,
    len: u64,
    id: Option<FileId>,
    state: Mutex<FileState>,
    /// Where the bytes are that tell whether a file is still the same, and their SHA-256.
    mark: OnceLock<(Range<u64>, String)>,
}

/// What is known about a file since it was opened.
#[derive(Debug)]
struct FileState {
    /// When it was written to last without becoming another.
    modified: Option<SystemTime>,
    has_changed: bool,
}

impl FileBytes {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// When it can't be opened, or is a folder.
    pub fn open(path: &Path) -> io::Result<FileBytes> {
        let mut options = OpenOptions::new();
        options.read(true);
        // A pipe would be waited for, with nobody at its other end.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
        let file = options.open(path)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let modified = meta.modified().ok();
        let number = file_number(&file, &meta);
        let id = number.zip(modified).map(|((volume, number), modified)| FileId {
            volume,
            number,
            len: meta.len(),
            modified,
        });
        let state = Mutex::new(FileState { modified, has_changed: false });
        Ok(FileBytes { len: meta.len(), id, state, mark: OnceLock::new(), file })
    }

    /// Which file it is; `None` where the system can't tell.
    pub fn id(&self) -> Option<FileId> {
        self.id
    }

    /// Says that the file is what it was as long as the bytes of `range` have this SHA-256, though it may have been
    /// touched. Said once; without it, each touch is a change.
    pub(crate) fn set_mark(&self, range: Range<u64>, sha256: &str) {
        let _ = self.mark.set((range, sha256.to_owned()));
    }

    /// Does it still have the mark?
    fn has_mark(&self) -> bool {
        let Some((range, sha256)) = self.mark.get() else { return false };
        let mut bytes = vec![0; (range.end - range.start) as usize];
        self.read_exact_at(range.start, &mut bytes).is_ok() && sha256_hex(&bytes) == *sha256
    }

    /// Length, and when it was written to last.
    fn look(&self) -> io::Result<(u64, Option<SystemTime>)> {
        self.file.metadata().map(|meta| (meta.len(), meta.modified().ok()))
    }

    /// What has become of it since `state`; `None` for nothing. Who touches a file, or copies the same onto it,
    /// changes nothing: that is looked at when nobody has written to it for a moment.
    fn check(&self, state: &FileState) -> Option<FileState> {
        let now = self.look().ok().filter(|now| *now != (self.len, state.modified))?;
        let is_still = || {
            std::thread::sleep(STILL);
            self.look().is_ok_and(|later| later == now)
        };
        let has_changed = now.0 != self.len || !is_still() || !self.has_mark();
        Some(FileState { modified: now.1, has_changed })
    }

    /// The open file, for its metadata.
    pub fn file(&self) -> &File {
        &self.file
    }
}

impl ByteSource for FileBytes {
    fn len(&self) -> u64 {
        self.len
    }

    fn has_changed(&self) -> bool {
        let mut state = self.state.lock();
        if !state.has_changed
            && let Some(now) = self.check(&state)
        {
            *state = now;
        }
        state.has_changed
    }

    #[cfg(unix)]
    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, out, offset)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        use std::os::windows::fs::FileExt;
        while !out.is_empty() {
            match self.file.seek_read(out, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    out = &mut out[n..];
                    offset += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// A number of the volume and one of the file on it, that no other file has while this one is open.
#[cfg(unix)]
fn file_number(_: &File, meta: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((meta.dev(), meta.ino()))
}

#[cfg(windows)]
fn file_number(file: &File, _: &Metadata) -> Option<(u64, u64)> {
    use std::os::windows::io::AsRawHandle;
    use windows_sys::Win32::Storage::FileSystem::{BY_HANDLE_FILE_INFORMATION, GetFileInformationByHandle};
    let mut info = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and the call writes the struct and nothing else.
    let is_known = unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut info) } != 0;
    let number = u64::from(info.nFileIndexHigh) << 32 | u64::from(info.nFileIndexLow);
    is_known.then_some((info.dwVolumeSerialNumber.into(), number))
}

/// SHA-256 as 64 lower-case hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

impl ByteSource for &[u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// A part of another source, with offsets that count from its start.
pub struct Window<'a> {
    source: &'a dyn ByteSource,
    start: u64,
    len: u64,
}

impl<'a> Window<'a> {
    /// `len` bytes of `source` from `start`.
    ///
    /// # Errors
    /// When the source is shorter.
    pub fn new(source: &'a dyn ByteSource, start: u64, len: u64) -> io::Result<Window<'a>> {
        match start.checked_add(len) {
            Some(end) if end <= source.len() => Ok(Window { source, start, len }),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl ByteSource for Window<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match offset.checked_add(out.len() as u64) {
            Some(end) if end <= self.len => self.source.read_exact_at(self.start + offset, out),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// A source that is read in large pieces, for those who ask for many small parts in order: on a disk that
/// takes its time for each read, a header of six parts would cost six times as much.
pub struct Ahead<'a> {
    source: &'a dyn ByteSource,
    /// Nothing is read from here on that was not asked for.
    end: u64,
    later_bytes: usize,
    piece: Mutex<Piece>,
}

#[derive(Default)]
struct Piece {
    start: u64,
    bytes: Vec<u8>,
    /// How much the next one has.
    next_bytes: usize,
}

impl Piece {
    /// `len` bytes at `offset`, if they are here.
    fn get(&self, offset: u64, len: usize) -> Option<&[u8]> {
        let at = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(at..at.checked_add(len)?)
    }
}

impl<'a> Ahead<'a> {
    /// Reads pieces of `source`, which end before `end`: the first of `first_bytes`, the others of
    /// `later_bytes` (0: exactly what is asked for).
    pub fn new(source: &'a dyn ByteSource, end: u64, first_bytes: usize, later_bytes: usize) -> Ahead<'a> {
        let piece = Mutex::new(Piece { next_bytes: first_bytes, ..Piece::default() });
        Ahead { source, end: end.min(source.len()), later_bytes, piece }
    }
}

impl ByteSource for Ahead<'_> {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut piece = self.piece.lock();
        if let Some(part) = piece.get(offset, out.len()) {
            out.copy_from_slice(part);
            return Ok(());
        }
        let left = self.end.saturating_sub(offset).min(usize::MAX as u64) as usize;
        let count = piece.next_bytes.min(left);
        if count <= out.len() {
            return self.source.read_exact_at(offset, out);
        }
        let mut bytes = std::mem::take(&mut piece.bytes);
        bytes.resize(count, 0);
        self.source.read_exact_at(offset, &mut bytes)?;
        out.copy_from_slice(&bytes[..out.len()]);
        *piece = Piece { start: offset, bytes, next_bytes: self.later_bytes };
        Ok(())
    }

    fn has_changed(&self) -> bool {
        self.source.has_changed()
    }
}

/// Big-endian u16 at `at`; the caller has checked the length.
pub(crate) fn u16_be(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// Big-endian u64 at `at`; the caller has checked the length.
pub(crate) fn u64_be(bytes: &[u8], at: usize) -> u64 {
    (0..8).fold(0, |number, i| number << 8 | u64::from(bytes[at + i]))
}

/// Little-endian u16 at `at`; the caller has checked the length.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// Little-endian u32 at `at`; the caller has checked the length.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Little-endian u64 at `at`; the caller has checked the length.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

/// A source that counts how often it is read.
#[cfg(test)]
pub(crate) struct Counted {
    bytes: Vec<u8>,
    reads: std::sync::atomic::AtomicUsize,
}

#[cfg(test)]
impl Counted {
    pub(crate) fn new(bytes: Vec<u8>) -> Counted {
        Counted { bytes, reads: std::sync::atomic::AtomicUsize::new(0) }
    }

    /// How often it is read by `work`.
    pub(crate) fn reads_of(&self, work: impl FnOnce()) -> usize {
        let reads = || self.reads.load(std::sync::atomic::Ordering::Relaxed);
        let before = reads();
        work();
        reads() - before
    }
}

#[cfg(test)]
impl ByteSource for Counted {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.bytes.as_slice().read_exact_at(offset, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_parts_in_order_take_few_reads_and_are_what_is_there() {
        let source = Counted::new((0..=255).collect());
        let reads = |ahead: &Ahead<'_>, offset: usize, len: usize| {
            let mut out = vec![0; len];
            let reads = source.reads_of(|| ahead.read_exact_at(offset as u64, &mut out).unwrap());
            assert_eq!(out, source.bytes[offset..offset + len], "{offset}");
            reads
        };
        let ahead = Ahead::new(&source, 100, 32, 16);
        let asked = [
            (4, 4, 1),
            (8, 28, 0),
            (36, 1, 1),
            (44, 8, 0),
            (45, 8, 1),
            (60, 40, 1),
            (90, 12, 1),
            (94, 5, 1),
            (98, 2, 0),
        ];
        for (offset, len, expected) in asked {
            assert_eq!(reads(&ahead, offset, len), expected, "{offset}");
        }
        let exact = Ahead::new(&source, 256, 8, 0);
        assert_eq!([reads(&exact, 0, 4), reads(&exact, 4, 4), reads(&exact, 8, 4), reads(&exact, 8, 4)], [1, 0, 1, 1]);
        let mut out = [0; 8];
        assert!(exact.read_exact_at(250, &mut out).is_err(), "it ends there");
        assert!(Ahead::new(&source, u64::MAX, 1 << 20, 0).read_exact_at(u64::MAX, &mut out).is_err());
    }
}
