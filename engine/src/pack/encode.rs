//! Cells on their way into a pack.

use serde::{Deserialize, Serialize};

use super::error::CellError;
use crate::flac;
use crate::resident::LoopFrames;
use crate::wav::{Encoding, WavSpec};

/// How cells lie in the archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellStorage {
    /// FLAC of 16 bits, dithered.
    #[default]
    Flac,
    /// WAV of 16 bits, dithered.
    Pcm16,
    /// WAV of 24 bits.
    Pcm24,
    /// WAV of 32-bit float.
    Float,
}

/// The bytes of a cell's entry.
#[derive(Debug, Clone)]
pub struct EncodedCell {
    /// `flac` or `wav`.
    pub extension: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What a cell's own header says beside the audio.
#[derive(Debug, Clone, Copy)]
pub struct CellTags {
    /// Frames per second.
    pub sample_rate_hz: u32,
    /// MIDI key at which it sounds as it is.
    pub root: u8,
    /// Its loop; only WAV entries can say it, pack.json is what counts.
    pub loop_frames: Option<LoopFrames>,
}

/// Encodes a cell. May run on any thread, for many cells at once; the same input and `seed` (of the
/// dither) give the same bytes.
///
/// # Errors
/// When the audio has no frames, is not finite, or the storage can't hold it.
pub fn encode_cell(
    frames: &[[f32; 2]],
    tags: CellTags,
    storage: CellStorage,
    seed: u64,
) -> Result<EncodedCell, CellError> {
    if let Some(frame) = frames.iter().position(|f| !(f[0].is_finite() && f[1].is_finite())) {
        return Err(CellError::NotFinite { frame: frame as u64 });
    }
    let spec = |encoding| WavSpec {
        sample_rate_hz: tags.sample_rate_hz,
        channels: 2,
        encoding,
        root: Some(tags.root),
        loop_frames: tags.loop_frames,
        align: super::AUDIO_ALIGN,
    };
    let mut bytes = Vec::new();
    match storage {
        CellStorage::Flac => {
            let bytes = flac::encode_f32(frames, tags.sample_rate_hz, seed)?;
            return Ok(EncodedCell { extension: "flac", bytes });
        }
        CellStorage::Pcm16 => {
            let exact = flac::quantise(frames, seed)?;
            spec(Encoding::Pcm16).write_i16(&mut bytes, exact.as_flattened())?;
        }
        CellStorage::Pcm24 => spec(Encoding::Pcm24).write(&mut bytes, frames.as_flattened())?,
        CellStorage::Float => spec(Encoding::Float32).write(&mut bytes, frames.as_flattened())?,
    }
    Ok(EncodedCell { extension: "wav", bytes })
}
