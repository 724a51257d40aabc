//! Walking the chunks of a WAV file: where the audio lies, and what the sampler chunks say.

use super::{Encoding, WavError};
use crate::bytes::{ByteSource, u16_at, u32_at, u64_at};

/// No real file has more chunks; a hostile one could otherwise keep us walking for hours.
const MAX_CHUNKS: usize = 4096;
/// Entries of a `ds64` table that are looked at.
const MAX_DS64_ENTRIES: usize = 64;
/// Ids that mark a chunk's start for certain, where a pad byte may be missing.
const KNOWN: [&[u8; 4]; 24] = [
    b"fmt ", b"data", b"fact", b"LIST", b"smpl", b"inst", b"cue ", b"bext", b"ds64", b"JUNK", b"junk", b"PAD ",
    b"FLLR", b"acid", b"clm ", b"iXML", b"_PMX", b"id3 ", b"ID3 ", b"plst", b"PEAK", b"cart", b"axml", b"chna",
];

/// The sampler chunk, as far as an instrument needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smpl {
    /// MIDI key at which the recording sounds as it is, 0–127.
    pub root: u8,
    /// How far the recording sounds above `root`, 0…100 cents.
    pub fine_cents: f32,
    /// The first loop.
    pub first_loop: Option<SmplLoop>,
}

/// A loop of the sampler chunk, as written: it may lie outside the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmplLoop {
    /// How it runs.
    pub kind: LoopKind,
    /// First frame.
    pub start: u64,
    /// First frame after the loop (the file has the last frame of it).
    pub end: u64,
}

/// How a loop runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopKind {
    /// From start to end, again and again.
    Forward,
    /// There and back.
    PingPong,
    /// From end to start.
    Backward,
    /// A number that no specification names.
    Unknown,
}

/// The instrument chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inst {
    /// MIDI key at which the recording sounds as it is, 0–127.
    pub root: u8,
    /// Correction that a player is to apply, in cents.
    pub fine_cents: i8,
    /// Correction that a player is to apply, in dB.
    pub gain_db: i8,
    /// MIDI keys that the recording is for, inclusive.
    pub keys: (u8, u8),
    /// MIDI velocities that the recording is for, inclusive.
    pub velocities: (u8, u8),
}

/// Where the audio of a WAV file lies, and what else is known about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// Frames per second.
    pub sample_rate_hz: u32,
    /// Channels, 1 or more.
    pub channels: usize,
    /// How a sample is stored.
    pub encoding: Encoding,
    /// Offset of the first sample's first byte.
    pub data_offset: u64,
    /// Whole frames that are really there.
    pub frames: u64,
    /// Frames that the header claims; more than `frames` when the file was cut short.
    pub claimed_frames: u64,
    /// The sampler chunk.
    pub smpl: Option<Smpl>,
    /// The instrument chunk.
    pub inst: Option<Inst>,
}

impl Layout {
    /// Bytes of one frame.
    pub fn frame_bytes(&self) -> usize {
        self.encoding.bytes() * self.channels
    }

    /// Walks the chunks. Reads headers only.
    ///
    /// # Errors
    /// When the source can't be read, is no WAV file, or has no usable `fmt ` or no `data` chunk.
    pub fn find(source: &dyn ByteSource) -> Result<Layout, WavError> {
        let mut walk = Walk::default();
        walk.run(source)?;
        let format = walk.format.ok_or(WavError::Missing { chunk: "fmt " })?;
        let data = walk.data.ok_or(WavError::Missing { chunk: "data" })?;
        let frame_bytes = (format.encoding.bytes() * format.channels) as u64;
        Ok(Layout {
            sample_rate_hz: format.sample_rate_hz,
            channels: format.channels,
            encoding: format.encoding,
            data_offset: data.offset,
            frames: data.len / frame_bytes,
            claimed_frames: data.claimed / frame_bytes,
            smpl: walk.smpl,
            inst: walk.inst,
        })
    }
}

#[derive(Clone, Copy)]
struct Format {
    sample_rate_hz: u32,
    channels: usize,
    encoding: Encoding,
}

struct Data {
    offset: u64,
    len: u64,
    claimed: u64,
}

#[derive(Default)]
struct Walk {
    ds64_data: Option<u64>,
    ds64_table: Vec<([u8; 4], u64)>,
    format: Option<Format>,
    data: Option<Data>,
    smpl: Option<Smpl>,
    inst: Option<Inst>,
}

impl Walk {
    fn run(&mut self, source: &dyn ByteSource) -> Result<(), WavError> {
        let mut head = [0; 12];
        let there = source.len().min(12) as usize;
        source.read_exact_at(0, &mut head[..there])?;
        if there < 12 || !matches!(&head[..4], b"RIFF" | b"RF64" | b"BW64") || &head[8..] != b"WAVE" {
            return Err(WavError::NotWav { found: head[..there].to_vec() });
        }
        // The RIFF size is not looked at: streamed files have 0 or 0xFFFFFFFF there.
        let end = source.len();
        let mut at = 12u64;
        for _ in 0..MAX_CHUNKS {
            let Some((id, size)) = chunk_header(source, at)? else { return Ok(()) };
            let body = at + 8;
            let there = end - body;
            let claimed = self.claimed_size(id, size);
            let mut size = claimed.min(there);
            if &id == b"data" && self.data.is_none() {
                let streamed = claimed == u64::from(u32::MAX) || (claimed == 0 && !known_id_at(source, body)?);
                if streamed {
                    size = there;
                }
                self.data = Some(Data { offset: body, len: size, claimed: if streamed { there } else { claimed } });
            } else {
                self.metadata(source, id, body, size)?;
            }
            let Some(next) = next_chunk(source, body + size, size % 2 == 1)? else { return Ok(()) };
            at = next;
        }
        Err(WavError::TooManyChunks { limit: MAX_CHUNKS })
    }

    /// A 32-bit size of 0xFFFFFFFF means "look in ds64"; any other stands.
    fn claimed_size(&self, id: [u8; 4], size: u32) -> u64 {
        if size != u32::MAX {
            return u64::from(size);
        }
        let table = || self.ds64_table.iter().find(|(entry, _)| *entry == id).map(|(_, size)| *size);
        let found = if &id == b"data" { self.ds64_data.or_else(table) } else { table() };
        found.unwrap_or(u64::from(size))
    }

    fn metadata(&mut self, source: &dyn ByteSource, id: [u8; 4], body: u64, size: u64) -> Result<(), WavError> {
        let mut buffer = [0u8; 28 + 12 * MAX_DS64_ENTRIES];
        let bytes = &mut buffer[..size.min(28 + 12 * MAX_DS64_ENTRIES as u64) as usize];
        match &id {
            b"fmt " if self.format.is_none() => {
                source.read_exact_at(body, bytes)?;
                self.format = Some(format(bytes)?);
            }
            b"smpl" if self.smpl.is_none() => {
                source.read_exact_at(body, bytes)?;
                self.smpl = smpl(bytes);
            }
            b"inst" if self.inst.is_none() => {
                source.read_exact_at(body, bytes)?;
                self.inst = inst(bytes);
            }
            b"ds64" if self.ds64_data.is_none() => {
                source.read_exact_at(body, bytes)?;
                if bytes.len() >= 24 {
                    self.ds64_data = Some(u64_at(bytes, 8));
                    let table = bytes.get(28..).unwrap_or_default().chunks_exact(12);
                    self.ds64_table = table.map(|e| ([e[0], e[1], e[2], e[3]], u64_at(e, 4))).collect();
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a file that is no WAV file is, by its first bytes, and what to do.
pub(super) fn kind(found: &[u8]) -> String {
    let other = match found {
        [b'f', b'L', b'a', b'C', ..] => Some("FLAC"),
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C'] => Some("AIFF"),
        [b'O', b'g', b'g', b'S', ..] => Some("Ogg"),
        [b'c', b'a', b'f', b'f', ..] => Some("CAF"),
        [b'I', b'D', b'3', ..] | [0xFF, 0xE2..=0xFF, ..] => Some("MP3"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("MPEG-4"),
        [b'r', b'i', b'f', b'f', ..] => Some("Wave64"),
        _ => None,
    };
    match other {
        Some(other) => format!("it is {other}; convert it to WAV"),
        None if found.is_empty() => "it is empty".into(),
        None => {
            let text = String::from_utf8_lossy(found);
            format!("it begins with {text:?}, not with RIFF, RF64 or BW64 and WAVE")
        }
    }
}

/// The id and size at `at`; `None` where the file ends, or garbage follows the last chunk.
fn chunk_header(source: &dyn ByteSource, at: u64) -> Result<Option<([u8; 4], u32)>, WavError> {
    if at.checked_add(8).is_none_or(|end| end > source.len()) {
        return Ok(None);
    }
    let mut head = [0; 8];
    source.read_exact_at(at, &mut head)?;
    let id = [head[0], head[1], head[2], head[3]];
    Ok(is_id(id).then(|| (id, u32_at(&head, 4))))
}

fn is_id(id: [u8; 4]) -> bool {
    id.iter().all(|b| (0x20..0x7F).contains(b))
}

fn id_at(source: &dyn ByteSource, at: u64) -> Result<Option<[u8; 4]>, WavError> {
    Ok(chunk_header(source, at)?.map(|(id, _)| id))
}

fn known_id_at(source: &dyn ByteSource, at: u64) -> Result<bool, WavError> {
    Ok(id_at(source, at)?.is_some_and(|id| KNOWN.contains(&&id)))
}

/// Where the chunk after one that ends at `end` begins. Chunks are padded to even length, but some
/// programs forget to.
fn next_chunk(source: &dyn ByteSource, end: u64, odd: bool) -> Result<Option<u64>, WavError> {
    if !odd {
        return Ok(Some(end));
    }
    for at in [end + 1, end] {
        if known_id_at(source, at)? {
            return Ok(Some(at));
        }
    }
    for at in [end + 1, end] {
        if id_at(source, at)?.is_some() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn format(bytes: &[u8]) -> Result<Format, WavError> {
    if bytes.len() < 16 {
        return Err(WavError::BadFormat { field: "the size of its fmt chunk", value: bytes.len() as u64 });
    }
    let (tag, channels, sample_rate_hz) = (u16_at(bytes, 0), u16_at(bytes, 2), u32_at(bytes, 4));
    let (block, bits) = (u16_at(bytes, 12), u16_at(bytes, 14));
    // Extensible: the real tag is the first field of the GUID.
    let tag = if tag == 0xFFFE && bytes.len() >= 26 { u16_at(bytes, 24) } else { tag };
    if !(1..=64).contains(&channels) {
        return Err(WavError::BadFormat { field: "the number of channels", value: u64::from(channels) });
    }
    if !(1..=3_072_000).contains(&sample_rate_hz) {
        return Err(WavError::BadFormat { field: "the sample rate", value: u64::from(sample_rate_hz) });
    }
    // The block says how wide the containers are (24 bits may lie in 32); some files have 0 there.
    let from_block = usize::from(block / channels);
    let container = if from_block > 0 && block % channels == 0 { from_block } else { usize::from(bits).div_ceil(8) };
    if usize::from(bits) > container * 8 {
        return Err(WavError::BadFormat { field: "the number of bits", value: u64::from(bits) });
    }
    let encoding =
        Encoding::from_tag(tag, container).ok_or(WavError::Unsupported { tag, bits: container as u32 * 8 })?;
    Ok(Format { sample_rate_hz, channels: usize::from(channels), encoding })
}

fn smpl(bytes: &[u8]) -> Option<Smpl> {
    if bytes.len() < 20 {
        return None;
    }
    let root = u8::try_from(u32_at(bytes, 12)).ok().filter(|r| *r < 128)?;
    let fine_cents = (f64::from(u32_at(bytes, 16)) / 4_294_967_296.0 * 100.0) as f32;
    let has_loop = bytes.len() >= 60 && u32_at(bytes, 28) > 0;
    let first_loop = has_loop.then(|| SmplLoop {
        kind: match u32_at(bytes, 40) {
            0 => LoopKind::Forward,
            1 => LoopKind::PingPong,
            2 => LoopKind::Backward,
            _ => LoopKind::Unknown,
        },
        start: u64::from(u32_at(bytes, 44)),
        end: u64::from(u32_at(bytes, 48)) + 1,
    });
    Some(Smpl { root, fine_cents, first_loop })
}

fn inst(bytes: &[u8]) -> Option<Inst> {
    let b = bytes.get(..7)?;
    (b[0] < 128).then(|| Inst {
        root: b[0],
        fine_cents: b[1] as i8,
        gain_db: b[2] as i8,
        keys: (b[3].min(127), b[4].min(127)),
        velocities: (b[5].min(127), b[6].min(127)),
    })
}
