//! FLAC: encoded by `flacenc`, decoded by `symphonia`, both behind our own checks.
//!
//! [`FlacInfo::read`] looks at STREAMINFO alone. [`Decoder`] gives blocks in order, so that the head
//! of a note can be had without decoding the rest. Symphonia passes over frames whose checksum is
//! wrong; here every such hole is an error that names the frame.
//!
//! [`FlacIndex`] says where the blocks lie: the chunk of a long note in the middle of a large pack costs
//! one read.
//!
//! What symphonia is shown is a trimmed stream: STREAMINFO and the audio frames. Pictures, tags and
//! seek tables are stepped over and never read, so none of their sizes can cost memory.

mod decode;
mod dither;
mod encode;
mod index;

use std::io;

pub use decode::{Block, Decoder};
pub use encode::{encode_f32, encode_i16, quantise};
pub use index::FlacIndex;

use crate::bytes::ByteSource;

/// Why a FLAC stream could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlacError {
    /// The system could not read.
    #[error("the FLAC stream could not be read: {0}")]
    Io(#[from] io::Error),
    /// The first bytes are not those of a FLAC stream.
    #[error("not a FLAC stream: it does not begin with fLaC and a STREAMINFO block")]
    NotFlac,
    /// STREAMINFO makes no sense.
    #[error("the FLAC stream's STREAMINFO is bad: {field} is {value}")]
    BadInfo {
        /// Which field.
        field: &'static str,
        /// What it says.
        value: u64,
    },
    /// More than 128 metadata blocks.
    #[error("the FLAC stream has more than 128 metadata blocks")]
    TooManyBlocks,
    /// A frame is missing, or its checksum is wrong.
    #[error("the FLAC stream is damaged at frame {frame} of {frames}: {reason}")]
    Damaged {
        /// First frame that is not there.
        frame: u64,
        /// Length of the stream.
        frames: u64,
        /// What the decoder said.
        reason: String,
    },
    /// Input that can't be encoded.
    #[error("the audio can't be written as FLAC: {reason}")]
    Encode {
        /// Why.
        reason: String,
    },
}

/// What STREAMINFO says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlacInfo {
    /// Frames per second.
    pub sample_rate_hz: u32,
    /// Channels, 1–8.
    pub channels: usize,
    /// Bits of a sample, 4–32.
    pub bits: u32,
    /// Length in frames; 0 when the encoder did not know.
    pub frames: u64,
    /// Longest block, in frames.
    pub max_block_frames: u32,
    /// Offset of the first audio frame.
    pub audio_offset: u64,
    /// Offset and bytes of its seek table, if it has one.
    seek_table: Option<(u64, u64)>,
    /// The block itself.
    stream_info: [u8; 34],
}

/// The type of a seek table's metadata block.
const SEEK_TABLE: u8 = 3;

impl FlacInfo {
    /// Reads the metadata blocks' headers and STREAMINFO.
    ///
    /// # Errors
    /// When the source can't be read or is no FLAC stream.
    pub fn read(source: &dyn ByteSource) -> Result<FlacInfo, FlacError> {
        const MAX_BLOCKS: usize = 128;
        let mut head = [0u8; 42];
        source.read_exact_at(0, &mut head).map_err(short_is_not_flac)?;
        let block_len = u32::from_be_bytes([0, head[5], head[6], head[7]]);
        if &head[..4] != b"fLaC" || head[4] & 0x7F != 0 || block_len != 34 {
            return Err(FlacError::NotFlac);
        }
        let mut last = head[4] & 0x80 != 0;
        let mut at = 42u64;
        let mut blocks = 1;
        let mut seek_table = None;
        while !last {
            let mut header = [0u8; 4];
            source.read_exact_at(at, &mut header).map_err(short_is_not_flac)?;
            last = header[0] & 0x80 != 0;
            let bytes = u64::from(u32::from_be_bytes([0, header[1], header[2], header[3]]));
            if header[0] & 0x7F == SEEK_TABLE {
                seek_table = Some((at + 4, bytes));
            }
            at += 4 + bytes;
            blocks += 1;
            if blocks > MAX_BLOCKS {
                return Err(FlacError::TooManyBlocks);
            }
        }
        let mut stream_info = [0; 34];
        stream_info.copy_from_slice(&head[8..]);
        Ok(FlacInfo { seek_table, ..FlacInfo::parse(stream_info, at)? })
    }

    fn parse(b: [u8; 34], audio_offset: u64) -> Result<FlacInfo, FlacError> {
        let rate = u32::from_be_bytes([0, b[10], b[11], b[12]]) >> 4;
        let info = FlacInfo {
            sample_rate_hz: rate,
            channels: usize::from(b[12] >> 1 & 7) + 1,
            bits: (u32::from(b[12] & 1) << 4 | u32::from(b[13] >> 4)) + 1,
            frames: u64::from(b[13] & 15) << 32 | u64::from(u32::from_be_bytes([b[14], b[15], b[16], b[17]])),
            max_block_frames: u32::from(u16::from_be_bytes([b[2], b[3]])),
            audio_offset,
            seek_table: None,
            stream_info: b,
        };
        let bad = |field, value: u32| Err(FlacError::BadInfo { field, value: u64::from(value) });
        if rate == 0 || rate > 655_350 {
            return bad("the sample rate", rate);
        }
        if info.bits < 4 {
            return bad("the number of bits", info.bits);
        }
        if info.max_block_frames < 16 {
            return bad("the largest block", info.max_block_frames);
        }
        Ok(info)
    }
}

fn short_is_not_flac(error: io::Error) -> FlacError {
    if error.kind() == io::ErrorKind::UnexpectedEof { FlacError::NotFlac } else { FlacError::Io(error) }
}

#[cfg(test)]
mod tests;
