//! The ZIP archive around a pack, read with distrust.
//!
//! Everything that the directory claims is checked against the file's real size before it is used
//! and before memory is taken for it: counts, sizes, offsets, names, overlaps. Only the directory
//! is read here; an entry's own header is looked at when the entry is opened, so that opening a
//! large pack does not visit every part of the disk.
//!
//! Format: PKWARE, APPNOTE.TXT 6.3.10, with ZIP64.

use std::collections::HashMap;
use std::ops::Range;

use super::error::{ArchiveError, PackError};
use crate::bytes::{ByteSource, sha256_hex, u16_at, u32_at, u64_at};
use crate::limits;

const END_LEN: u64 = 22;
const LOCATOR_LEN: u64 = 20;
const END64_LEN: u64 = 56;
const LOCAL_LEN: u64 = 30;
const CENTRAL_LEN: usize = 46;

/// Method 0: the bytes as they are.
const STORED: u16 = 0;
/// Method 8: deflate, allowed for `pack.json` alone.
const DEFLATED: u16 = 8;

/// One entry of the archive, as its directory describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name with `/` between folders; relative, without `..`.
    pub name: String,
    /// Bytes when unpacked.
    pub size: u64,
    /// CRC-32 of the unpacked bytes.
    pub crc32: u32,
    packed: u64,
    method: u16,
    header_offset: u64,
    /// First byte that no longer belongs to this entry.
    limit: u64,
    raw_name: Vec<u8>,
}

impl Entry {
    /// Are its bytes stored as they are?
    pub fn is_stored(&self) -> bool {
        self.method == STORED
    }

    /// One past its last byte in the archive, at most.
    pub(super) fn end(&self) -> u64 {
        self.limit
    }
}

/// The directory of an archive.
#[derive(Debug)]
pub struct Archive {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    sha256: String,
    /// Where the directory's bytes are.
    place: Range<u64>,
}

impl Archive {
    /// Reads and checks the directory.
    ///
    /// # Errors
    /// When the source can't be read, is no ZIP archive, or any claim of its directory is unsafe
    /// or false.
    pub fn open(source: &dyn ByteSource) -> Result<Archive, PackError> {
        let len = source.len();
        if len > limits::ARCHIVE_BYTES {
            return Err(ArchiveError::TooLarge { bytes: len, limit: limits::ARCHIVE_BYTES }.into());
        }
        let directory = Directory::find(source)?;
        // At most DIRECTORY_BYTES, and all of them are in the file.
        let mut bytes = vec![0; directory.len as usize];
        source.read_exact_at(directory.offset, &mut bytes)?;
        let mut entries = central_entries(&bytes, &directory)?;
        set_limits(&mut entries, directory.offset)?;
        let mut by_name = HashMap::with_capacity(entries.len());
        for (i, entry) in entries.iter().enumerate() {
            if by_name.insert(entry.name.clone(), i).is_some() {
                return Err(ArchiveError::Duplicate { name: entry.name.clone() }.into());
            }
        }
        let place = directory.offset..directory.offset + directory.len;
        Ok(Archive { entries, by_name, sha256: sha256_hex(&bytes), place })
    }

    /// The entries in the directory's order; folders are left out.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of this name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(name).map(|&i| &self.entries[i])
    }

    /// SHA-256 of the directory's bytes, 64 lower-case hexadecimal digits. It names the pack: the
    /// directory holds the CRC of every entry, so equal hashes mean that the same was packed, and gigabytes
    /// need not be read for it. Whether what is there is still what was packed, the CRCs tell.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Where the bytes are that [`Archive::sha256`] is of.
    pub(super) fn place(&self) -> Range<u64> {
        self.place.clone()
    }

    /// Offset of a stored entry's first byte, after a look at its own header.
    ///
    /// # Errors
    /// When the header can't be read or contradicts the directory.
    pub fn data_offset(&self, source: &dyn ByteSource, entry: &Entry) -> Result<u64, PackError> {
        let bad = |reason| ArchiveError::BadEntry { name: entry.name.clone(), reason };
        let mut head = vec![0; LOCAL_LEN as usize + entry.raw_name.len()];
        source.read_exact_at(entry.header_offset, &mut head)?;
        let name_len = usize::from(u16_at(&head, 26));
        if &head[..4] != b"PK\x03\x04" {
            return Err(bad("it has no header where the directory says").into());
        }
        if name_len != entry.raw_name.len() || head[LOCAL_LEN as usize..] != entry.raw_name[..] {
            return Err(bad("its header has another name than the directory").into());
        }
        if u16_at(&head, 8) != entry.method {
            return Err(bad("its header has another method than the directory").into());
        }
        let start = entry.header_offset + LOCAL_LEN + name_len as u64 + u64::from(u16_at(&head, 28));
        // No overflow: the directory was checked against the file, and these add at most 128 KiB.
        if start + entry.packed > entry.limit {
            return Err(ArchiveError::PastEnd { name: entry.name.clone() }.into());
        }
        Ok(start)
    }

    /// Reads a whole entry of at most `limit` bytes and checks its CRC. Unpacks deflate.
    ///
    /// # Errors
    /// When there is no such entry, it is larger, or it is damaged.
    pub fn read(&self, source: &dyn ByteSource, name: &str, limit: u64) -> Result<Vec<u8>, PackError> {
        let entry = self.get(name).ok_or_else(|| ArchiveError::Missing { name: name.into() })?;
        let bytes = entry.size.max(entry.packed);
        if bytes > limit {
            return Err(ArchiveError::EntryTooLarge { name: name.into(), bytes, limit }.into());
        }
        let start = self.data_offset(source, entry)?;
        let mut packed = vec![0; entry.packed as usize];
        source.read_exact_at(start, &mut packed)?;
        let bytes = match entry.method {
            STORED => packed,
            DEFLATED => miniz_oxide::inflate::decompress_to_vec_with_limit(&packed, entry.size as usize)
                .map_err(|_| ArchiveError::BadEntry { name: name.into(), reason: "it does not unpack to its size" })?,
            method => return Err(ArchiveError::Compressed { name: name.into(), method }.into()),
        };
        if bytes.len() as u64 != entry.size || crc32fast::hash(&bytes) != entry.crc32 {
            return Err(ArchiveError::Checksum { name: name.into() }.into());
        }
        Ok(bytes)
    }
}

/// Where the directory lies.
struct Directory {
    offset: u64,
    len: u64,
    count: u64,
}

impl Directory {
    fn find(source: &dyn ByteSource) -> Result<Directory, PackError> {
        let len = source.len();
        let mut magic = [0; 4];
        if len < END_LEN {
            return Err(ArchiveError::NotZip.into());
        }
        source.read_exact_at(0, &mut magic)?;
        // The end record is followed by a comment of at most 65535 bytes.
        let tail_len = len.min(END_LEN + 0xFFFF);
        let mut tail = vec![0; tail_len as usize];
        source.read_exact_at(len - tail_len, &mut tail)?;
        let at = (0..=tail.len() - END_LEN as usize).rev().find(|&i| {
            &tail[i..i + 4] == b"PK\x05\x06" && i + END_LEN as usize + usize::from(u16_at(&tail, i + 20)) == tail.len()
        });
        let Some(at) = at else {
            let error = if &magic == b"PK\x03\x04" { ArchiveError::Truncated } else { ArchiveError::NotZip };
            return Err(error.into());
        };
        let end = &tail[at..];
        let end_offset = len - tail_len + at as u64;
        let (disk, start_disk) = (u16_at(end, 4), u16_at(end, 6));
        let (here, count) = (u16_at(end, 8), u16_at(end, 10));
        let (size, offset) = (u32_at(end, 12), u32_at(end, 16));
        let found = if count == u16::MAX || size == u32::MAX || offset == u32::MAX {
            Directory::find_64(source, end_offset)?
        } else {
            if disk != 0 || start_disk != 0 || here != count {
                return Err(bad_directory("it is spread over several disks"));
            }
            let found = Directory { offset: offset.into(), len: size.into(), count: count.into() };
            (found, end_offset)
        };
        let (directory, directory_end) = found;
        if directory.offset.checked_add(directory.len) != Some(directory_end) {
            return Err(bad_directory("it does not lie where the end record says"));
        }
        if directory.count > limits::ENTRIES {
            return Err(ArchiveError::TooManyEntries { count: directory.count, limit: limits::ENTRIES }.into());
        }
        if directory.len > limits::DIRECTORY_BYTES {
            return Err(bad_directory("it is over 64 MiB"));
        }
        Ok(directory)
    }

    fn find_64(source: &dyn ByteSource, end_offset: u64) -> Result<(Directory, u64), PackError> {
        let locator_offset =
            end_offset.checked_sub(LOCATOR_LEN).ok_or_else(|| bad_directory("it lacks its ZIP64 record"))?;
        let mut locator = [0; LOCATOR_LEN as usize];
        source.read_exact_at(locator_offset, &mut locator)?;
        let offset = u64_at(&locator, 8);
        let fits = offset.checked_add(END64_LEN).is_some_and(|end| end <= locator_offset);
        if &locator[..4] != b"PK\x06\x07" || !fits {
            return Err(bad_directory("it lacks its ZIP64 record"));
        }
        let mut record = [0; END64_LEN as usize];
        source.read_exact_at(offset, &mut record)?;
        if &record[..4] != b"PK\x06\x06" {
            return Err(bad_directory("it lacks its ZIP64 record"));
        }
        let (disk, start_disk) = (u32_at(&record, 16), u32_at(&record, 20));
        let (here, count) = (u64_at(&record, 24), u64_at(&record, 32));
        if disk != 0 || start_disk != 0 || here != count {
            return Err(bad_directory("it is spread over several disks"));
        }
        Ok((Directory { offset: u64_at(&record, 48), len: u64_at(&record, 40), count }, offset))
    }
}

fn bad_directory(reason: impl Into<String>) -> PackError {
    ArchiveError::BadDirectory { reason: reason.into() }.into()
}

fn central_entries(bytes: &[u8], directory: &Directory) -> Result<Vec<Entry>, PackError> {
    let mut entries = Vec::new();
    let mut at = 0;
    for index in 0..directory.count {
        let head = bytes.get(at..at + CENTRAL_LEN).filter(|h| &h[..4] == b"PK\x01\x02");
        let head = head.ok_or_else(|| bad_directory(format!("entry {index} of {} is missing", directory.count)))?;
        let lengths = [u16_at(head, 28), u16_at(head, 30), u16_at(head, 32)].map(usize::from);
        let rest = bytes.get(at + CENTRAL_LEN..at + CENTRAL_LEN + lengths.iter().sum::<usize>());
        let rest = rest.ok_or_else(|| bad_directory(format!("entry {index} is cut short")))?;
        at += CENTRAL_LEN + rest.len();
        let (raw_name, rest) = rest.split_at(lengths[0]);
        let entry = central_entry(head, raw_name, &rest[..lengths[1]])?;
        let is_folder = entry.name.ends_with('/');
        if is_folder && entry.packed == 0 && entry.size == 0 {
            continue;
        }
        entries.push(entry);
    }
    if at != bytes.len() {
        return Err(bad_directory("it holds more than its entries"));
    }
    Ok(entries)
}

fn central_entry(head: &[u8], raw_name: &[u8], extra: &[u8]) -> Result<Entry, PackError> {
    let unsafe_name = |reason| {
        let name = String::from_utf8_lossy(&raw_name[..raw_name.len().min(200)]).into_owned();
        PackError::from(ArchiveError::UnsafeName { name, reason })
    };
    let name = std::str::from_utf8(raw_name).map_err(|_| unsafe_name("it is not UTF-8"))?.replace('\\', "/");
    check_name(name.strip_suffix('/').unwrap_or(&name)).map_err(unsafe_name)?;
    let mut sizes = [u32_at(head, 24), u32_at(head, 20), u32_at(head, 42)].map(u64::from);
    read_zip64(extra, &mut sizes).ok_or_else(|| bad_directory(format!("the ZIP64 sizes of {name:?} are missing")))?;
    let [size, packed, header_offset] = sizes;
    let (flags, method) = (u16_at(head, 8), u16_at(head, 10));
    if flags & 1 != 0 {
        return Err(ArchiveError::Encrypted { name }.into());
    }
    if name.starts_with("audio/") && method != STORED {
        return Err(ArchiveError::Compressed { name, method }.into());
    }
    if method == STORED && size != packed {
        return Err(ArchiveError::BadEntry { name, reason: "it is stored, but its two sizes differ" }.into());
    }
    Ok(Entry {
        name,
        size,
        crc32: u32_at(head, 16),
        packed,
        method,
        header_offset,
        limit: 0,
        raw_name: raw_name.into(),
    })
}

/// Replaces the sizes that do not fit 32 bits by those of the ZIP64 field.
fn read_zip64(extra: &[u8], sizes: &mut [u64; 3]) -> Option<()> {
    if sizes.iter().all(|&s| s != u64::from(u32::MAX)) {
        return Some(());
    }
    let mut rest = extra;
    while rest.len() >= 4 {
        let (id, len) = (u16_at(rest, 0), usize::from(u16_at(rest, 2)));
        let mut field = rest.get(4..4 + len)?;
        if id == 1 {
            for size in sizes.iter_mut().filter(|s| **s == u64::from(u32::MAX)) {
                *size = u64_at(field.get(..8)?, 0);
                field = &field[8..];
            }
            return Some(());
        }
        rest = &rest[4 + len..];
    }
    None
}

/// Gives each entry the end that it may not pass, and refuses entries that share bytes.
fn set_limits(entries: &mut [Entry], data_end: u64) -> Result<(), PackError> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|&i| entries[i].header_offset);
    for (k, &i) in order.iter().enumerate() {
        let next = order.get(k + 1).map(|&n| &entries[n]);
        let limit = next.map_or(data_end, |n| n.header_offset);
        let entry = &entries[i];
        let least = LOCAL_LEN + entry.raw_name.len() as u64;
        let end = entry.header_offset.checked_add(least).and_then(|e| e.checked_add(entry.packed));
        if end.is_none_or(|end| end > data_end) {
            return Err(ArchiveError::PastEnd { name: entry.name.clone() }.into());
        }
        if let (Some(next), Some(end)) = (next, end)
            && end > limit
        {
            return Err(ArchiveError::Overlap { first: entry.name.clone(), second: next.name.clone() }.into());
        }
        entries[i].limit = limit;
    }
    Ok(())
}

/// Is this a name that can lie in a pack?
pub(super) fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.len() > limits::NAME_BYTES {
        return Err("it is too long");
    }
    if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
        return Err("it is absolute");
    }
    if name.chars().any(char::is_control) {
        return Err("it has control characters");
    }
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("it has an empty part, . or ..");
    }
    Ok(())
}
