//! One audio entry: what it holds, and its frames.

use std::io;
use std::ops::Range;
use std::sync::OnceLock;

use crate::bytes::{ByteSource, Window};
use crate::flac::{Decoder, FlacIndex, FlacInfo};
use crate::resident::{CHUNK_FRAMES, CellAudio, Frames, Storage};
use crate::wav::{Encoding, Layout};

use super::archive::{Archive, Entry};
use super::error::{CellError, PackError};
use super::manifest::Note;

/// No sound is louder, 120 dB over full scale: its sums and products are finite, whatever is done to it.
const LOUDEST: f32 = 1e6;
/// Frames that are read from a WAV entry at once.
const READ_FRAMES: u64 = 16 * CHUNK_FRAMES as u64;

/// Where a cell's audio lies and how it is stored. Plain data: the loader keeps one for each cell.
#[derive(Debug, Clone, Copy)]
pub struct CellFormat {
    offset: u64,
    len: u64,
    crc32: u32,
    kind: Kind,
}

/// What is found out about an entry when a part of it is read for the first time, and kept.
#[derive(Debug, Default)]
pub struct CellIndex(OnceLock<FlacIndex>);

#[derive(Debug, Clone, Copy)]
enum Kind {
    Wav(Layout),
    Flac(FlacInfo),
}

impl CellFormat {
    /// Reads the headers of an entry.
    ///
    /// # Errors
    /// When it can't be read, is neither WAV nor FLAC, or not in a form that packs have.
    pub fn find(source: &dyn ByteSource, archive: &Archive, entry: &Entry) -> Result<CellFormat, PackError> {
        let offset = archive.data_offset(source, entry)?;
        let fail = |problem: CellError| PackError::cell(&entry.name, problem);
        let window = Window::new(source, offset, entry.size).map_err(|e| fail(e.into()))?;
        let is_flac = entry.name.to_ascii_lowercase().ends_with(".flac");
        let kind = if is_flac {
            Kind::Flac(FlacInfo::read(&window).map_err(|e| fail(e.into()))?)
        } else {
            Kind::Wav(Layout::find(&window).map_err(|e| fail(e.into()))?)
        };
        let format = CellFormat { offset, len: entry.size, crc32: entry.crc32, kind };
        if let Kind::Wav(layout) = kind
            && !matches!(layout.encoding, Encoding::Pcm16 | Encoding::Pcm24 | Encoding::Float32)
        {
            return Err(fail(CellError::Encoding { found: format!("{:?}", layout.encoding) }));
        }
        Ok(format)
    }

    /// How it lies in memory: 16 bits stay 16 bits, all else becomes float.
    pub fn storage(&self) -> Storage {
        match self.kind {
            Kind::Wav(Layout { encoding: Encoding::Pcm16, .. }) => Storage::I16,
            Kind::Flac(info) if info.bits <= 16 => Storage::I16,
            _ => Storage::F32,
        }
    }

    /// How it lies in the archive, for people: `flac 16`, `wav pcm16`, `wav pcm24`, `wav float`.
    pub fn describe(&self) -> String {
        match self.kind {
            Kind::Flac(info) => format!("flac {}", info.bits),
            Kind::Wav(layout) => match layout.encoding {
                Encoding::Pcm16 => "wav pcm16".into(),
                Encoding::Pcm24 => "wav pcm24".into(),
                _ => "wav float".into(),
            },
        }
    }

    /// Length in frames, as its header has it (for WAV: as much as is really there).
    pub fn frames(&self) -> u64 {
        match self.kind {
            Kind::Wav(layout) => layout.frames,
            Kind::Flac(info) => info.frames,
        }
    }

    /// Does it keep what the manifest promises?
    ///
    /// # Errors
    /// When channels, rate or length differ.
    pub fn check(&self, note: &Note, sample_rate: u32) -> Result<(), CellError> {
        let (channels, rate) = match self.kind {
            Kind::Wav(layout) => (layout.channels, layout.sample_rate_hz),
            Kind::Flac(info) => (info.channels, info.sample_rate_hz),
        };
        if channels != 2 {
            return Err(CellError::Channels { found: channels });
        }
        if rate != sample_rate {
            return Err(CellError::Rate { found: rate, expected: sample_rate });
        }
        if self.frames() != note.frames {
            return Err(CellError::Frames { found: self.frames(), expected: note.frames });
        }
        Ok(())
    }

    /// Gives the frames in order to `sink`, from the first, until there are no more or `sink`
    /// returns false. FLAC frames' checksums are checked on the way; after the last frame of a WAV
    /// entry, so is its CRC. Call [`CellFormat::check`] first: this takes two channels for granted.
    ///
    /// # Errors
    /// When the source can't be read, or what it holds is damaged. The frames given so far are good.
    pub fn stream(&self, source: &dyn ByteSource, sink: &mut dyn FnMut(Frames<'_>) -> bool) -> Result<(), CellError> {
        let window = Window::new(source, self.offset, self.len)?;
        match &self.kind {
            Kind::Wav(layout) => self.stream_wav(&window, layout, sink),
            Kind::Flac(info) => stream_flac(&window, info, sink),
        }
    }

    fn stream_wav(
        &self,
        window: &Window<'_>,
        layout: &Layout,
        sink: &mut dyn FnMut(Frames<'_>) -> bool,
    ) -> Result<(), CellError> {
        let mut crc = crc32fast::Hasher::new();
        let mut bytes = Vec::new();
        hash(window, 0..layout.data_offset, &mut crc, &mut bytes)?;
        let frame_bytes = layout.frame_bytes() as u64;
        let mut frames = FrameBuffer::default();
        let mut done = 0;
        // The first read is short, so that heads come quickly.
        let mut count = READ_FRAMES / 8;
        while done < layout.frames {
            count = count.min(layout.frames - done);
            bytes.resize((count * frame_bytes) as usize, 0);
            window.read_exact_at(layout.data_offset + done * frame_bytes, &mut bytes)?;
            crc.update(&bytes);
            if !sink(frames.wav(layout.encoding, &bytes)) {
                return Ok(());
            }
            done += count;
            count = READ_FRAMES;
        }
        hash(window, layout.data_offset + done * frame_bytes..self.len, &mut crc, &mut bytes)?;
        if crc.finalize() == self.crc32 { Ok(()) } else { Err(CellError::Checksum) }
    }

    /// Copies or decodes the first `chunks` chunks into `cell`; those that are there already are
    /// left as they are. After each chunk `on_chunk` gets the number of frames that are new (0 for a
    /// chunk that was there) and says whether to go on. Samples that are not finite become silence
    /// (`verify` names them).
    ///
    /// # Errors
    /// As [`CellFormat::stream`], [`CellError::Changed`] when the source has been written to, and
    /// [`CellError::NoMemory`]. Chunks filled before the error stay.
    pub fn fill(
        &self,
        source: &dyn ByteSource,
        cell: &CellAudio,
        chunks: usize,
        on_chunk: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), CellError> {
        self.pour(source, cell, 0..chunks, 0, on_chunk, |sink| self.stream(source, sink))
    }

    /// Copies or decodes some chunks into `cell`, from anywhere in it, else as [`CellFormat::fill`].
    /// What only the whole entry can prove (the CRC of a WAV entry) is not checked.
    ///
    /// # Errors
    /// As [`CellFormat::fill`].
    pub fn fill_chunks(
        &self,
        source: &dyn ByteSource,
        cell: &CellAudio,
        chunks: Range<usize>,
        index: &CellIndex,
        on_chunk: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), CellError> {
        if source.has_changed() {
            return Err(CellError::Changed);
        }
        let frames = (chunks.start * CHUNK_FRAMES) as u64..((chunks.end * CHUNK_FRAMES) as u64).min(self.frames());
        let window = Window::new(source, self.offset, self.len)?;
        match &self.kind {
            Kind::Wav(layout) => self.pour(source, cell, chunks, frames.start, on_chunk, |sink| {
                let frame_bytes = layout.frame_bytes() as u64;
                let mut bytes = vec![0; (frames.end.saturating_sub(frames.start) * frame_bytes) as usize];
                window.read_exact_at(layout.data_offset + frames.start * frame_bytes, &mut bytes)?;
                sink(FrameBuffer::default().wav(layout.encoding, &bytes));
                Ok(())
            }),
            Kind::Flac(info) => {
                let index = match index.0.get() {
                    Some(index) => index,
                    None => {
                        let found = FlacIndex::read(&window, info)?;
                        index.0.get_or_init(|| found)
                    }
                };
                // One read: the decoder by itself would make many small ones.
                let (place, first) = index.find(&frames);
                let mut blocks = vec![0; (place.end - place.start) as usize];
                window.read_exact_at(place.start, &mut blocks)?;
                let blocks = blocks.as_slice();
                let decoder = Decoder::part(&blocks, info, first)?;
                self.pour(source, cell, chunks, first, on_chunk, |sink| decode(decoder, info, sink))
            }
        }
    }

    /// Has `stream` give frames, the first of which is `first`, and puts them into chunks, if `source` has not
    /// been written to by then.
    fn pour(
        &self,
        source: &dyn ByteSource,
        cell: &CellAudio,
        chunks: Range<usize>,
        first: u64,
        on_chunk: &mut dyn FnMut(u64) -> bool,
        stream: impl FnOnce(&mut dyn FnMut(Frames<'_>) -> bool) -> Result<(), CellError>,
    ) -> Result<(), CellError> {
        let storage = self.storage();
        if !cell.set_storage(storage) {
            return Err(CellError::Changed);
        }
        let mut has_changed = false;
        let mut is_good = || {
            has_changed |= source.has_changed();
            !has_changed
        };
        let (result, refusal) = match storage {
            Storage::I16 => {
                let mut filler = Filler::new(cell, chunks, first, put_i16, on_chunk);
                let result = stream(&mut |frames| is_good() && matches!(frames, Frames::I16(f) if filler.push(f)));
                (result, filler.refusal)
            }
            Storage::F32 => {
                let mut filler = Filler::new(cell, chunks, first, put_f32, on_chunk);
                let result = stream(&mut |frames| is_good() && matches!(frames, Frames::F32(f) if filler.push(f)));
                (result, filler.refusal)
            }
        };
        match refusal {
            _ if has_changed => Err(CellError::Changed),
            Some(reason) => Err(CellError::NoMemory(reason)),
            None => result,
        }
    }

    /// All frames as floats, full scale 1.0.
    ///
    /// # Errors
    /// As [`CellFormat::stream`].
    pub fn decode(&self, source: &dyn ByteSource) -> Result<Vec<[f32; 2]>, CellError> {
        let mut out = Vec::new();
        self.stream(source, &mut |frames| {
            match frames {
                Frames::I16(f) => out.extend(f.iter().map(|f| f.map(|v| f32::from(v) / 32768.0))),
                Frames::F32(f) => out.extend_from_slice(f),
            }
            true
        })?;
        Ok(out)
    }
}

fn hash(
    window: &Window<'_>,
    range: std::ops::Range<u64>,
    crc: &mut crc32fast::Hasher,
    bytes: &mut Vec<u8>,
) -> Result<(), CellError> {
    let mut at = range.start;
    while at < range.end {
        bytes.resize((range.end - at).min(64 << 10) as usize, 0);
        window.read_exact_at(at, bytes)?;
        crc.update(bytes);
        at += bytes.len() as u64;
    }
    Ok(())
}

fn stream_flac(
    window: &Window<'_>,
    info: &FlacInfo,
    sink: &mut dyn FnMut(Frames<'_>) -> bool,
) -> Result<(), CellError> {
    let decoder = Decoder::new(window)?;
    if decoder.info() != info {
        return Err(CellError::Changed);
    }
    decode(decoder, info, sink)
}

fn decode(
    mut decoder: Decoder<'_>,
    info: &FlacInfo,
    sink: &mut dyn FnMut(Frames<'_>) -> bool,
) -> Result<(), CellError> {
    let mut frames = FrameBuffer::default();
    while let Some(block) = decoder.next_block()? {
        if !sink(frames.flac(info.bits, block.left, block.right)) {
            break;
        }
    }
    Ok(())
}

/// Converted frames, kept between reads.
#[derive(Default)]
struct FrameBuffer {
    i16: Vec<[i16; 2]>,
    f32: Vec<[f32; 2]>,
}

impl FrameBuffer {
    fn wav(&mut self, encoding: Encoding, bytes: &[u8]) -> Frames<'_> {
        let width = encoding.bytes();
        let frames = bytes.chunks_exact(2 * width);
        if encoding == Encoding::Pcm16 {
            self.i16.clear();
            self.i16.extend(frames.map(|b| [i16::from_le_bytes([b[0], b[1]]), i16::from_le_bytes([b[2], b[3]])]));
            return Frames::I16(&self.i16);
        }
        self.f32.clear();
        self.f32.extend(frames.map(|b| [encoding.decode(&b[..width]), encoding.decode(&b[width..])]));
        Frames::F32(&self.f32)
    }

    fn flac(&mut self, bits: u32, left: &[i32], right: &[i32]) -> Frames<'_> {
        let pairs = left.iter().zip(right);
        if bits <= 16 {
            self.i16.clear();
            self.i16.extend(pairs.map(|(l, r)| [(l >> 16) as i16, (r >> 16) as i16]));
            return Frames::I16(&self.i16);
        }
        let scale = |v: i32| v as f32 / 2_147_483_648.0;
        self.f32.clear();
        self.f32.extend(pairs.map(|(&l, &r)| [scale(l), scale(r)]));
        Frames::F32(&self.f32)
    }
}

/// Cuts a stream of frames into the chunks of a cell.
struct Filler<'a, F> {
    cell: &'a CellAudio,
    /// Frames that come before the first chunk.
    skip: u64,
    chunk: usize,
    /// One past the last.
    chunks: usize,
    held: Vec<F>,
    put: fn(&CellAudio, usize, &[F]) -> io::Result<bool>,
    on_chunk: &'a mut dyn FnMut(u64) -> bool,
    /// Why there is no memory for a chunk.
    refusal: Option<io::Error>,
}

impl<'a, F: Copy> Filler<'a, F> {
    fn new(
        cell: &'a CellAudio,
        chunks: Range<usize>,
        first: u64,
        put: fn(&CellAudio, usize, &[F]) -> io::Result<bool>,
        on_chunk: &'a mut dyn FnMut(u64) -> bool,
    ) -> Filler<'a, F> {
        let skip = ((chunks.start * CHUNK_FRAMES) as u64).saturating_sub(first);
        let last = chunks.end.min(cell.chunks());
        Filler { cell, skip, chunk: chunks.start, chunks: last, held: Vec::new(), put, on_chunk, refusal: None }
    }

    /// Takes the next frames. False when the wanted chunks are full and there are others, or there is no memory;
    /// true when the stream should go on (also at its end, where the checksum is).
    fn push(&mut self, frames: &[F]) -> bool {
        let skipped = self.skip.min(frames.len() as u64);
        self.skip -= skipped;
        let mut frames = &frames[skipped as usize..];
        while self.chunk < self.chunks {
            let want = self.cell.chunk_range(self.chunk).len();
            let is_new = if self.held.is_empty() && frames.len() >= want {
                let (full, rest) = frames.split_at(want);
                frames = rest;
                (self.put)(self.cell, self.chunk, full)
            } else {
                let (now, rest) = frames.split_at((want - self.held.len()).min(frames.len()));
                self.held.extend_from_slice(now);
                frames = rest;
                if self.held.len() < want {
                    return true;
                }
                let is_new = (self.put)(self.cell, self.chunk, &self.held);
                self.held.clear();
                is_new
            };
            let is_new = match is_new {
                Ok(is_new) => is_new,
                Err(error) => {
                    self.refusal = Some(error);
                    return false;
                }
            };
            self.chunk += 1;
            if !(self.on_chunk)(if is_new { want as u64 } else { 0 }) {
                return false;
            }
        }
        self.chunks == self.cell.chunks()
    }
}

fn put_i16(cell: &CellAudio, chunk: usize, frames: &[[i16; 2]]) -> io::Result<bool> {
    cell.fill_i16(chunk, |out| out.copy_from_slice(frames))
}

fn put_f32(cell: &CellAudio, chunk: usize, frames: &[[f32; 2]]) -> io::Result<bool> {
    let finite = |v: f32| if v.is_finite() { v.clamp(-LOUDEST, LOUDEST) } else { 0.0 };
    cell.fill_f32(chunk, |out| {
        for (out, frame) in out.iter_mut().zip(frames) {
            *out = frame.map(finite);
        }
    })
}
