//! WAV files: our own walker, because the files musicians have are bent in ways that no kept crate
//! reads (RF64, sizes of 0 or 0xFFFFFFFF, odd chunks without their pad byte, metadata after the
//! audio), and because `smpl` and `inst` carry the root key and the loop.
//!
//! [`read`] and [`read_bytes`] give the whole file; [`Layout::find`] only says where the audio lies,
//! which is how the pack loader copies chunks. [`WavSpec`] writes, [`WavStream`] piece by piece.
//!
//! Positions are frames, 0-based, and loops are [`LoopFrames`] with an *exclusive* end; on disk
//! `smpl` has an inclusive one, which is turned here and nowhere else.
//!
//! Nothing is ever allocated from a size that stands in a header: only from bytes that are there.

mod chunks;
mod sample;
mod stream;
mod write;

use std::io;
use std::path::Path;

pub use chunks::{Inst, Layout, LoopKind, Smpl, SmplLoop};
pub use sample::{Encoding, Samples};
pub use stream::WavStream;
pub use write::WavSpec;

use crate::bytes::{ByteSource, FileBytes};
use crate::resident::LoopFrames;

/// Why a WAV file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WavError {
    /// The system could not read or write.
    #[error("the WAV file could not be read or written: {0}")]
    Io(#[from] io::Error),
    /// The first bytes are not those of a WAV file.
    #[error("not a WAV file: {}", chunks::kind(found))]
    NotWav {
        /// The first bytes.
        found: Vec<u8>,
    },
    /// A chunk that must be there is not.
    #[error("the WAV file has no {chunk:?} chunk")]
    Missing {
        /// Its id.
        chunk: &'static str,
    },
    /// The format chunk makes no sense.
    #[error("the WAV file's format is bad: {field} is {value}")]
    BadFormat {
        /// Which field.
        field: &'static str,
        /// What it says.
        value: u64,
    },
    /// An encoding that is not PCM, float, A-law or µ-law.
    #[error("the WAV file's encoding 0x{tag:04X} with {bits} bits is not supported; convert it to PCM or float")]
    Unsupported {
        /// The format tag.
        tag: u16,
        /// Bits of a sample's container.
        bits: u32,
    },
    /// More chunks than any real file has.
    #[error("the WAV file has more than {limit} chunks")]
    TooManyChunks {
        /// The most that are read.
        limit: usize,
    },
    /// More audio than the limits allow.
    #[error("the WAV file is too long: {frames} frames, the limit is {limit}")]
    TooLong {
        /// Its length.
        frames: u64,
        /// The limit.
        limit: u64,
    },
    /// A sample that is not a number.
    #[error("the WAV file has an infinite sample, or one that is not a number, at frame {frame}")]
    NotFinite {
        /// Where.
        frame: usize,
    },
}

/// A WAV file in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Wav {
    /// Frames per second.
    pub sample_rate_hz: u32,
    /// Channels, 1 or more.
    pub channels: usize,
    /// Length in frames.
    pub frames: usize,
    /// How the file stores its samples.
    pub encoding: Encoding,
    /// `frames * channels` samples, interleaved. 16-bit files keep their integers.
    pub samples: Samples,
    /// The sampler chunk.
    pub smpl: Option<Smpl>,
    /// The instrument chunk.
    pub inst: Option<Inst>,
}

impl Wav {
    /// The MIDI key that the file says it was recorded at: `inst` before `smpl`. A `smpl` root of 0
    /// without a loop is unset. (60 in every file of a folder is unset too: only the caller can see
    /// that.)
    pub fn root(&self) -> Option<u8> {
        match (self.inst, self.smpl) {
            (Some(inst), _) => Some(inst.root),
            (None, Some(smpl)) if smpl.root != 0 || smpl.first_loop.is_some() => Some(smpl.root),
            _ => None,
        }
    }

    /// How far the recording sounds above [`Wav::root`], in cents. `inst` stores the correction
    /// (the opposite sign), `smpl` a fraction upwards from its root. Programs disagree on the
    /// latter's sign (FORMATS in the wild): where pitch detection is sure, let it decide.
    pub fn fine_cents(&self) -> f32 {
        match (self.inst, self.smpl) {
            (Some(inst), Some(smpl)) if inst.fine_cents == 0 && inst.root == smpl.root => smpl.fine_cents,
            (Some(inst), _) => -f32::from(inst.fine_cents),
            (None, Some(smpl)) => smpl.fine_cents,
            (None, None) => 0.0,
        }
    }

    /// The first forward loop, clamped to the file; `None` if there is none of two frames or more.
    pub fn loop_frames(&self) -> Option<LoopFrames> {
        let found = self.smpl?.first_loop?;
        let end = found.end.min(self.frames as u64) as usize;
        let start = found.start.min(end as u64) as usize;
        (found.kind == LoopKind::Forward && end - start >= 2).then_some(LoopFrames { start, end })
    }

    /// The samples of one channel, full scale 1.0.
    ///
    /// # Panics
    /// If there is no such channel.
    pub fn channel(&self, channel: usize) -> Vec<f32> {
        assert!(channel < self.channels, "channel {channel} of {}", self.channels);
        match &self.samples {
            Samples::I16(s) => s[channel..].iter().step_by(self.channels).map(|&v| f32::from(v) / 32768.0).collect(),
            Samples::F32(s) => s[channel..].iter().step_by(self.channels).copied().collect(),
        }
    }

    /// Stereo frames, full scale 1.0: mono is doubled, of more channels the first two are taken.
    pub fn stereo(&self) -> Vec<[f32; 2]> {
        let right = usize::from(self.channels > 1);
        match &self.samples {
            Samples::I16(s) => {
                let value = |v: i16| f32::from(v) / 32768.0;
                s.chunks_exact(self.channels).map(|f| [value(f[0]), value(f[right])]).collect()
            }
            Samples::F32(s) => s.chunks_exact(self.channels).map(|f| [f[0], f[right]]).collect(),
        }
    }
}

/// Reads a WAV file.
///
/// # Errors
/// When it can't be read, is no WAV file, or holds samples that are not finite.
pub fn read(path: &Path) -> Result<Wav, WavError> {
    read_source(&FileBytes::open(path)?)
}

/// Reads a WAV file that lies in memory.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8]) -> Result<Wav, WavError> {
    read_source(&bytes)
}

/// Reads the first seconds of a WAV file, and more where its loop ends later.
///
/// # Errors
/// As [`read`].
pub fn read_first(path: &Path, seconds: f64) -> Result<Wav, WavError> {
    let file = FileBytes::open(path)?;
    let mut layout = Layout::find(&file)?;
    let looped = layout.smpl.and_then(|s| s.first_loop).map_or(0, |l| l.end);
    let wanted = (seconds * f64::from(layout.sample_rate_hz)) as u64;
    layout.frames = layout.frames.min(wanted.max(looped));
    read_layout(&file, layout)
}

/// Reads a WAV file through positioned reads.
///
/// # Errors
/// As [`read`].
pub fn read_source(source: &dyn ByteSource) -> Result<Wav, WavError> {
    read_layout(source, Layout::find(source)?)
}

fn read_layout(source: &dyn ByteSource, layout: Layout) -> Result<Wav, WavError> {
    const BLOCK_FRAMES: u64 = 16 << 10;
    if layout.frames > crate::limits::CELL_FRAMES {
        return Err(WavError::TooLong { frames: layout.frames, limit: crate::limits::CELL_FRAMES });
    }
    // `frames` was counted from bytes that are there, so this is at most four times the file.
    let count = layout.frames as usize * layout.channels;
    let mut samples = Samples::with_capacity(layout.encoding, count);
    let mut block = Vec::new();
    let mut done = 0;
    while done < layout.frames {
        let now = BLOCK_FRAMES.min(layout.frames - done);
        block.resize(now as usize * layout.frame_bytes(), 0);
        source.read_exact_at(layout.data_offset + done * layout.frame_bytes() as u64, &mut block)?;
        samples.push(layout.encoding, &block);
        done += now;
    }
    if let Some(bad) = samples.first_not_finite() {
        return Err(WavError::NotFinite { frame: bad / layout.channels });
    }
    Ok(Wav {
        sample_rate_hz: layout.sample_rate_hz,
        channels: layout.channels,
        frames: layout.frames as usize,
        encoding: layout.encoding,
        samples,
        smpl: layout.smpl,
        inst: layout.inst,
    })
}

#[cfg(test)]
mod tests;
