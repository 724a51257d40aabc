//! Positioned reading of files and of memory, the one way in which untrusted files are read here.
//!
//! A file is read by positioned reads and never through a mapping: a file that is cut short, or a
//! disk that goes away, then gives an error where a mapping would kill the process (SIGBUS).

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

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

/// A file and its length at the time of opening.
#[derive(Debug)]
pub struct FileBytes {
    file: File,
    len: u64,
    modified: Option<SystemTime>,
}

impl FileBytes {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// When it can't be opened, or is a folder.
    pub fn open(path: &Path) -> io::Result<FileBytes> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(FileBytes { len: meta.len(), modified: meta.modified().ok(), file })
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
        self.file.metadata().is_ok_and(|meta| meta.len() != self.len || meta.modified().ok() != self.modified)
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
