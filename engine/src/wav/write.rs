//! Writing WAV files: PCM 16, PCM 24 and float 32, with the sampler chunk before the audio.

use std::io::{self, Write};
use std::path::Path;

use super::{Encoding, WavError};
use crate::resident::LoopFrames;

/// How a file tells its sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In 32 bits: up to 4 GiB.
    Riff,
    /// In 64 bits, by a `ds64` chunk.
    Rf64,
}

/// What to write in front of the audio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WavSpec {
    /// Frames per second.
    pub sample_rate_hz: u32,
    /// Channels, 1 or 2.
    pub channels: usize,
    /// [`Encoding::Pcm16`], [`Encoding::Pcm24`] or [`Encoding::Float32`].
    pub encoding: Encoding,
    /// The MIDI key for a `smpl` chunk; without it (and without a loop) none is written.
    pub root: Option<u8>,
    /// A forward loop for the `smpl` chunk.
    pub loop_frames: Option<LoopFrames>,
    /// Pads the header (by a `JUNK` chunk) so that the first sample's offset in the file is a
    /// multiple of this; 1 for none.
    pub align: usize,
}

impl WavSpec {
    /// Stereo without loop or padding.
    pub fn stereo(sample_rate_hz: u32, encoding: Encoding) -> WavSpec {
        WavSpec { sample_rate_hz, channels: 2, encoding, root: None, loop_frames: None, align: 1 }
    }

    /// All that stands before the first sample.
    ///
    /// # Errors
    /// When the encoding can't be written, or the file would pass 4 GiB.
    pub fn header(&self, frames: usize) -> Result<Vec<u8>, WavError> {
        self.header_of(frames as u64, Form::Riff)
    }

    /// As [`WavSpec::header`]. Its length depends on the form, not on the number of frames.
    pub(super) fn header_of(&self, frames: u64, form: Form) -> Result<Vec<u8>, WavError> {
        if !matches!(self.encoding, Encoding::Pcm16 | Encoding::Pcm24 | Encoding::Float32) {
            return Err(WavError::Unsupported { tag: self.encoding.tag(), bits: self.encoding.bytes() as u32 * 8 });
        }
        if !(1..=2).contains(&self.channels) {
            return Err(WavError::BadFormat { field: "the number of channels", value: self.channels as u64 });
        }
        let frame_bytes = self.encoding.bytes() * self.channels;
        let mut chunks = Vec::with_capacity(256);
        if form == Form::Rf64 {
            // Sizes, which are known when the other chunks are; an empty table.
            chunk(&mut chunks, *b"ds64", &[0; 28]);
        }
        chunk(&mut chunks, *b"fmt ", &self.format(frame_bytes));
        if self.root.is_some() || self.loop_frames.is_some() {
            chunk(&mut chunks, *b"smpl", &self.sampler());
        }
        // Before the samples stand 12 bytes of RIFF and 8 of the data chunk's header.
        let align = self.align.max(1);
        if !(12 + chunks.len() + 8).is_multiple_of(align) {
            let used = 12 + chunks.len() + 8 + 8;
            chunk(&mut chunks, *b"JUNK", &vec![0; used.next_multiple_of(align) - used]);
        }
        let data = frames * frame_bytes as u64;
        let riff = 4 + chunks.len() as u64 + 8 + data + data % 2;
        let (id, riff_size, data_size) = match form {
            Form::Riff => {
                let limit = u64::from(u32::MAX - 4096) / frame_bytes as u64;
                let size = u32::try_from(riff).map_err(|_| WavError::TooLong { frames, limit })?;
                (b"RIFF", size, data as u32)
            }
            Form::Rf64 => {
                for (at, value) in [(8, riff), (16, data), (24, frames)] {
                    chunks[at..at + 8].copy_from_slice(&value.to_le_bytes());
                }
                (b"RF64", u32::MAX, u32::MAX)
            }
        };
        let mut header = Vec::with_capacity(12 + chunks.len() + 8);
        header.extend_from_slice(id);
        header.extend_from_slice(&riff_size.to_le_bytes());
        header.extend_from_slice(b"WAVE");
        header.extend_from_slice(&chunks);
        header.extend_from_slice(b"data");
        header.extend_from_slice(&data_size.to_le_bytes());
        Ok(header)
    }

    fn format(&self, frame_bytes: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(18);
        out.extend_from_slice(&self.encoding.tag().to_le_bytes());
        out.extend_from_slice(&(self.channels as u16).to_le_bytes());
        out.extend_from_slice(&self.sample_rate_hz.to_le_bytes());
        out.extend_from_slice(&self.sample_rate_hz.saturating_mul(frame_bytes as u32).to_le_bytes());
        out.extend_from_slice(&(frame_bytes as u16).to_le_bytes());
        out.extend_from_slice(&(self.encoding.bytes() as u16 * 8).to_le_bytes());
        out
    }

    fn sampler(&self) -> Vec<u8> {
        let loops = u32::from(self.loop_frames.is_some());
        let period_ns = 1_000_000_000 / self.sample_rate_hz.max(1);
        let root = u32::from(self.root.unwrap_or(60));
        let mut fields = vec![0, 0, period_ns, root, 0, 0, 0, loops, 0];
        if let Some(l) = self.loop_frames {
            // The end is inclusive on disk.
            fields.extend([0, 0, l.start as u32, l.end.saturating_sub(1) as u32, 0, 0]);
        }
        fields.iter().flat_map(|v: &u32| v.to_le_bytes()).collect()
    }

    /// Writes a whole file from interleaved samples. 16 and 24 bit are rounded and clipped to full
    /// scale, without dither.
    ///
    /// # Errors
    /// As [`WavSpec::header`], and whatever `out` reports.
    pub fn write(&self, out: &mut dyn Write, interleaved: &[f32]) -> Result<(), WavError> {
        let frames = interleaved.len() / self.channels.max(1);
        out.write_all(&self.header(frames)?)?;
        let samples = &interleaved[..frames * self.channels];
        for block in samples.chunks(16 << 10) {
            out.write_all(&self.encode(block))?;
        }
        self.pad(out, frames)
    }

    /// As [`WavSpec::write`], from 16-bit integers, which are kept exactly.
    ///
    /// # Errors
    /// As [`WavSpec::write`]; also when the encoding is not [`Encoding::Pcm16`].
    pub fn write_i16(&self, out: &mut dyn Write, interleaved: &[i16]) -> Result<(), WavError> {
        if self.encoding != Encoding::Pcm16 {
            return Err(WavError::Unsupported { tag: self.encoding.tag(), bits: self.encoding.bytes() as u32 * 8 });
        }
        let frames = interleaved.len() / self.channels.max(1);
        out.write_all(&self.header(frames)?)?;
        for block in interleaved[..frames * self.channels].chunks(16 << 10) {
            out.write_all(&block.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?;
        }
        self.pad(out, frames)
    }

    /// Writes a file, through a temporary one in the same folder.
    ///
    /// # Errors
    /// As [`WavSpec::write`].
    pub fn write_file(&self, path: &Path, interleaved: &[f32]) -> Result<(), WavError> {
        crate::atomic_file::write(path, |file| self.write(file, interleaved))
    }

    /// The bytes of samples in this encoding.
    pub fn encode(&self, samples: &[f32]) -> Vec<u8> {
        let scaled = |v: f32, full: f64| (f64::from(v) * full).round().clamp(-full, full - 1.0) as i32;
        match self.encoding {
            Encoding::Pcm16 => samples.iter().flat_map(|&v| (scaled(v, 32768.0) as i16).to_le_bytes()).collect(),
            Encoding::Pcm24 => samples
                .iter()
                .flat_map(|&v| {
                    let b = scaled(v, 8_388_608.0).to_le_bytes();
                    [b[0], b[1], b[2]]
                })
                .collect(),
            _ => samples.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    }

    fn pad(&self, out: &mut dyn Write, frames: usize) -> Result<(), WavError> {
        if !(frames * self.channels * self.encoding.bytes()).is_multiple_of(2) {
            out.write_all(&[0])?;
        }
        Ok(())
    }
}

fn chunk(out: &mut Vec<u8>, id: [u8; 4], body: &[u8]) {
    out.extend_from_slice(&id);
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(body);
}

impl From<WavError> for io::Error {
    fn from(error: WavError) -> io::Error {
        match error {
            WavError::Io(e) => e,
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        }
    }
}
