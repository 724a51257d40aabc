//! Decoding, block by block.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use symphonia::core::audio::{Audio, GenericAudioBufferRef};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::default::codecs::FlacDecoder;
use symphonia::default::formats::FlacReader;

use super::{FlacError, FlacInfo};
use crate::bytes::ByteSource;

/// One decoded block. Samples are left-justified in 32 bits whatever the stream's width: full scale
/// is 2^31, and a stream of 16 bits or less is exact in the upper 16.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// Its first frame.
    pub start: u64,
    /// The first channel.
    pub left: &'a [i32],
    /// The second channel, or the first again.
    pub right: &'a [i32],
}

/// Decodes a stream from its start, or a part of it.
pub struct Decoder<'a> {
    info: FlacInfo,
    reader: FlacReader<'a>,
    decoder: FlacDecoder,
    read_error: Arc<Mutex<Option<io::Error>>>,
    next: u64,
}

impl<'a> Decoder<'a> {
    /// Opens the stream.
    ///
    /// # Errors
    /// When the source can't be read or is no FLAC stream, or does not say its length.
    pub fn new(source: &'a dyn ByteSource) -> Result<Decoder<'a>, FlacError> {
        let info = FlacInfo::read(source)?;
        if info.frames == 0 {
            return Err(FlacError::BadInfo { field: "the length", value: 0 });
        }
        Decoder::of(Trimmed::new(source, &info, info.audio_offset..source.len())?, info, 0)
    }

    /// Opens some blocks of a stream, which lie in `blocks` and nothing else does; `first` is the first frame
    /// of the first. [`super::FlacIndex::find`] says where they are.
    ///
    /// # Errors
    /// When the source can't be read, or no block begins there.
    pub fn part(blocks: &'a dyn ByteSource, info: &FlacInfo, first: u64) -> Result<Decoder<'a>, FlacError> {
        Decoder::of(Trimmed::new(blocks, info, 0..blocks.len())?, *info, first)
    }

    fn of(trimmed: Trimmed<'a>, info: FlacInfo, first: u64) -> Result<Decoder<'a>, FlacError> {
        let read_error = trimmed.read_error.clone();
        let opened = guarded(|| {
            let stream =
                MediaSourceStream::new(Box::new(trimmed), symphonia::core::io::MediaSourceStreamOptions::default());
            let reader = FlacReader::try_new(stream, FormatOptions::default())?;
            let params = match reader.tracks().first().and_then(|t| t.codec_params.as_ref()) {
                Some(CodecParameters::Audio(params)) => params.clone(),
                _ => return Err(Error::DecodeError("no audio track")),
            };
            Ok((reader, FlacDecoder::try_new(&params, &AudioDecoderOptions::default())?))
        });
        let (reader, decoder) = opened.map_err(|reason| damage(&read_error, &info, first, reason))?;
        Ok(Decoder { info, reader, decoder, read_error, next: first })
    }

    /// What STREAMINFO says.
    pub fn info(&self) -> &FlacInfo {
        &self.info
    }

    /// The next block, or `None` after the last. The blocks follow each other without a hole and
    /// end where STREAMINFO says.
    ///
    /// # Errors
    /// When a frame's checksum is wrong, a frame is missing, or the source can't be read. What came
    /// before is good; nothing more can be had.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>, FlacError> {
        let (start, info) = (self.next, self.info);
        if start >= info.frames {
            return Ok(None);
        }
        let (reader, decoder) = (&mut self.reader, &mut self.decoder);
        let decoded = guarded(|| {
            let packet = reader.next_packet()?.ok_or(Error::DecodeError("the stream ends here"))?;
            if u64::try_from(packet.pts.get()).ok() != Some(start) {
                return Err(Error::DecodeError("a frame is missing or its checksum is wrong"));
            }
            decoder.decode_ref(&packet.as_packet_ref())?;
            Ok(())
        });
        decoded.map_err(|reason| damage(&self.read_error, &info, start, reason))?;
        let GenericAudioBufferRef::S32(buffer) = self.decoder.last_decoded() else {
            return Err(damage(&self.read_error, &info, start, "an unexpected sample format".into()));
        };
        let left = buffer.plane(0).unwrap_or_default();
        let right = buffer.plane(1).unwrap_or(left);
        if left.is_empty() || left.len() != right.len() || left.len() as u64 > info.frames - start {
            return Err(damage(&self.read_error, &info, start, "a block of the wrong length".into()));
        }
        self.next = start + left.len() as u64;
        Ok(Some(Block { start, left, right }))
    }
}

/// Runs foreign code on hostile input: its errors and its panics both become text.
fn guarded<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|e| e.to_string()),
        Err(_) => Err("the decoder gave up".into()),
    }
}

/// An error of the disk is reported as such, all else as damage.
fn damage(read_error: &Mutex<Option<io::Error>>, info: &FlacInfo, frame: u64, reason: String) -> FlacError {
    match read_error.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => FlacError::Io(error),
        None => FlacError::Damaged { frame, frames: info.frames, reason },
    }
}

/// The stream without its optional metadata: `fLaC`, STREAMINFO, audio frames.
struct Trimmed<'a> {
    source: &'a dyn ByteSource,
    head: [u8; 42],
    audio_offset: u64,
    audio_len: u64,
    at: u64,
    /// Symphonia takes any failed read for the end; here is what it really was.
    read_error: Arc<Mutex<Option<io::Error>>>,
}

impl<'a> Trimmed<'a> {
    fn new(source: &'a dyn ByteSource, info: &FlacInfo, audio: Range<u64>) -> Result<Trimmed<'a>, FlacError> {
        let audio_len = audio.end.saturating_sub(audio.start);
        let mut head = [0; 42];
        head[..8].copy_from_slice(b"fLaC\x80\0\0\x22");
        head[8..].copy_from_slice(&info.stream_info);
        if audio_len >= 2 {
            // Some encoders count the last, short block into the smallest, and symphonia then takes
            // a stream of fixed blocks for one of variable blocks. The frames themselves say which.
            let mut sync = [0; 2];
            source.read_exact_at(audio.start, &mut sync)?;
            if sync[1] & 1 == 0 {
                head[8..10].copy_from_slice(&info.stream_info[2..4]);
            } else if info.stream_info[..2] == info.stream_info[2..4] && info.max_block_frames > 16 {
                head[8..10].copy_from_slice(&16u16.to_be_bytes());
            }
        }
        Ok(Trimmed { source, head, audio_offset: audio.start, audio_len, at: 0, read_error: Arc::default() })
    }

    fn len(&self) -> u64 {
        self.head.len() as u64 + self.audio_len
    }
}

impl Read for Trimmed<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let head_len = self.head.len() as u64;
        let count = if self.at < head_len {
            let rest = &self.head[self.at as usize..];
            let count = rest.len().min(out.len());
            out[..count].copy_from_slice(&rest[..count]);
            count
        } else {
            let count = (self.len().saturating_sub(self.at)).min(out.len() as u64) as usize;
            let offset = self.audio_offset + (self.at - head_len);
            if let Err(error) = self.source.read_exact_at(offset, &mut out[..count]) {
                let kind = error.kind();
                *self.read_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return Err(kind.into());
            }
            count
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Trimmed<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl MediaSource for Trimmed<'_> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len())
    }
}
