//! Where the blocks of a stream begin, so that any of them can be had without those before.

use std::ops::Range;

use super::{FlacError, FlacInfo};
use crate::bytes::{ByteSource, u16_be, u64_be};

/// Bytes of a seek point: sample number, offset, samples (RFC 9639, 8.5.1).
const POINT_BYTES: u64 = 18;
/// A point that says nothing.
const PLACEHOLDER: u64 = u64::MAX;
/// A table whose points lie farther apart, in blocks, is worth less than a look at the stream.
const WIDEST_BLOCKS: u64 = 4;
/// Read at once while looking for blocks.
const WINDOW_BYTES: usize = 64 << 10;
/// The longest frame header: RFC 9639, 9.1.
const HEADER_BYTES: usize = 16;

/// The most bytes that so many frames may take in a stream, in two channels: twice what 32 bits take, so that no
/// real encoder is refused, and what stands between blocks. More is no audio, and is not read.
fn most_bytes(frames: u64) -> u64 {
    frames.saturating_mul(16).saturating_add(4 << 10)
}

/// The places of blocks in a stream, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlacIndex {
    /// First frame, and offset in the source.
    points: Box<[(u64, u64)]>,
    end: u64,
}

impl FlacIndex {
    /// Takes the stream's own seek table if it is dense, else looks at the whole stream once.
    ///
    /// # Errors
    /// When the source can't be read, or blocks are missing.
    pub fn read(source: &dyn ByteSource, info: &FlacInfo) -> Result<FlacIndex, FlacError> {
        match read_table(source, info)? {
            Some(index) => Ok(index),
            None => scan(source, info),
        }
    }

    /// Points no farther apart in bytes than [`most_bytes`] has it, in a source that ends at `end`.
    fn new(points: Vec<(u64, u64)>, end: u64, info: &FlacInfo) -> FlacIndex {
        let last =
            points.last().map(|(frame, offset)| offset.saturating_add(most_bytes(info.frames.saturating_sub(*frame))));
        FlacIndex { end: last.map_or(end, |last| last.min(end)), points: points.into() }
    }

    /// The bytes in which these frames lie, and the first frame that is there. There are so few that they can be
    /// read at once.
    pub fn find(&self, frames: &Range<u64>) -> (Range<u64>, u64) {
        let first = self.points.partition_point(|(frame, _)| *frame <= frames.start).saturating_sub(1);
        let after = self.points.partition_point(|(frame, _)| *frame < frames.end);
        let (frame, start) = self.points.get(first).copied().unwrap_or((0, 0));
        let end = self.points.get(after).map_or(self.end, |(_, offset)| *offset);
        (start..end.max(start), frame)
    }
}

fn read_table(source: &dyn ByteSource, info: &FlacInfo) -> Result<Option<FlacIndex>, FlacError> {
    let Some((offset, bytes)) = info.seek_table else { return Ok(None) };
    // No more points than blocks can have.
    let most = info.frames.div_ceil(16).min(1 << 23) * POINT_BYTES;
    if bytes > most || bytes == 0 {
        return Ok(None);
    }
    let mut table = vec![0; bytes as usize];
    source.read_exact_at(offset, &mut table)?;
    let (mut points, end) = (Vec::with_capacity(table.len() / POINT_BYTES as usize), source.len());
    for point in table.chunks_exact(POINT_BYTES as usize) {
        let (frame, offset) = (u64_be(point, 0), u64_be(point, 8));
        if frame != PLACEHOLDER {
            points.push((frame, info.audio_offset.saturating_add(offset)));
        }
    }
    let widest = WIDEST_BLOCKS * u64::from(info.max_block_frames);
    let is_dense = points.first() == Some(&(0, info.audio_offset))
        && points.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 < w[1].1 && w[1].0 - w[0].0 <= widest)
        && points.windows(2).all(|w| w[1].1 - w[0].1 <= most_bytes(w[1].0 - w[0].0))
        && points.last().is_some_and(|(frame, offset)| info.frames.saturating_sub(*frame) <= widest && *offset < end);
    Ok(is_dense.then(|| FlacIndex::new(points, end, info)))
}

/// Goes through the stream from header to header. A header is one that has the right checksum and goes
/// on where the last block ended.
fn scan(source: &dyn ByteSource, info: &FlacInfo) -> Result<FlacIndex, FlacError> {
    let (mut points, mut next) = (Vec::new(), 0);
    let (mut at, end) = (info.audio_offset, source.len());
    let mut window = Vec::with_capacity(WINDOW_BYTES);
    while at < end && next < info.frames {
        // Windows overlap by a header.
        window.resize(((end - at) as usize).min(WINDOW_BYTES), 0);
        source.read_exact_at(at, &mut window)?;
        let is_last = at + window.len() as u64 == end;
        let starts = if is_last { window.len() } else { window.len() - HEADER_BYTES };
        let mut i = 0;
        while let Some(found) = window[i..starts].iter().position(|b| *b == 0xFF) {
            i += found;
            if let Some(header) = Header::parse(&window[i..], info)
                && header.start == next
                && header.frames > 0
            {
                points.push((next, at + i as u64));
                next += header.frames;
            }
            i += 1;
        }
        at += starts as u64;
        // A hole in a sparse file costs its maker nothing, and us a thread.
        let block = points.last().map_or(info.audio_offset, |(_, offset): &(u64, u64)| *offset);
        if at - block > most_bytes(u64::from(info.max_block_frames)) {
            break;
        }
    }
    if next < info.frames {
        let reason = "a block is missing or its header is damaged".to_owned();
        return Err(FlacError::Damaged { frame: next, frames: info.frames, reason });
    }
    Ok(FlacIndex::new(points, end, info))
}

/// What a frame header says: RFC 9639, 9.1.
struct Header {
    start: u64,
    frames: u64,
}

impl Header {
    fn parse(bytes: &[u8], info: &FlacInfo) -> Option<Header> {
        let &[0xFF, second, third, fourth, ref rest @ ..] = bytes else { return None };
        if second & 0xFE != 0xF8 || fourth & 1 != 0 {
            return None;
        }
        let (number, number_len) = coded_number(rest)?;
        let mut len = 4 + number_len;
        let frames = match third >> 4 {
            1 => 192,
            code @ 2..=5 => 144 << code,
            6 => {
                len += 1;
                u64::from(*bytes.get(len - 1)?) + 1
            }
            7 => {
                len += 2;
                u64::from(u16_be(bytes.get(len - 2..len)?, 0)) + 1
            }
            code @ 8.. => 1 << code,
            _ => return None,
        };
        len += match third & 15 {
            12 => 1,
            13 | 14 => 2,
            15 => return None,
            _ => 0,
        };
        let checksum = *bytes.get(len)?;
        if crc8(&bytes[..len]) != checksum {
            return None;
        }
        let is_variable = second & 1 == 1;
        let start = if is_variable { number } else { number.checked_mul(u64::from(info.max_block_frames))? };
        Some(Header { start, frames })
    }
}

/// A number in the manner of UTF-8, up to 36 bits, and its length.
fn coded_number(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let len = match first.leading_ones() {
        0 => return Some((u64::from(first), 1)),
        ones @ 2..=7 => ones as usize,
        _ => return None,
    };
    let start = u64::from(first) & (0x7F >> len);
    let more = bytes
        .get(1..len)?
        .iter()
        .try_fold(start, |number, byte| (byte & 0xC0 == 0x80).then(|| number << 6 | u64::from(byte & 0x3F)))?;
    Some((more, len))
}

/// The checksum of frame headers: polynomial x^8 + x^2 + x + 1.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| CRC8[usize::from(crc ^ byte)])
}

/// What each byte becomes.
const CRC8: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u8, 0);
        while bit < 8 {
            crc = if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// A seek table for blocks of `block_frames` with these lengths in bytes, as a metadata block that is the last.
pub(super) fn table(block_frames: u64, lengths: impl Iterator<Item = (u64, u16)>) -> Vec<u8> {
    let (mut points, mut offset) = (Vec::new(), 0u64);
    for (i, (bytes, frames)) in lengths.enumerate() {
        points.extend((i as u64 * block_frames).to_be_bytes());
        points.extend(offset.to_be_bytes());
        points.extend(frames.to_be_bytes());
        offset += bytes;
    }
    let len = (points.len() as u32).to_be_bytes();
    let mut block = vec![0x83, len[1], len[2], len[3]];
    block.extend(points);
    block
}
