//! Writing 16-bit stereo FLAC.

use flacenc::component::BitRepr;
use flacenc::error::Verify;

use super::dither::Dither;
use super::{FlacError, index};

/// Frames of a FLAC block; those of a chunk of [`crate::resident`], so that the loader decodes one
/// block for one chunk.
const BLOCK_FRAMES: usize = crate::resident::CHUNK_FRAMES;

/// Longer streams have a seek table. Shorter ones are read as a whole soon enough.
const TABLE_FRAMES: usize = 32 * BLOCK_FRAMES;
/// Offset of STREAMINFO's header, which takes 38 bytes with its content.
const STREAM_INFO: usize = 4;

/// Rounds stereo frames to 16 bit with triangular dither; the same `seed` gives the same result.
/// Frames that 16 bits hold exactly (a 16-bit recording passed through) are kept exactly, without
/// dither. Values beyond full scale are clipped.
///
/// # Errors
/// When a sample is not finite.
pub fn quantise(frames: &[[f32; 2]], seed: u64) -> Result<Vec<[i16; 2]>, FlacError> {
    if let Some(frame) = frames.iter().position(|f| !(f[0].is_finite() && f[1].is_finite())) {
        return Err(FlacError::Encode { reason: format!("frame {frame} is infinite or not a number") });
    }
    let exact = |v: f32| (v * 32768.0).fract() == 0.0 && (-1.0..1.0).contains(&v);
    if frames.iter().flatten().all(|&v| exact(v)) {
        return Ok(frames.iter().map(|f| f.map(|v| (v * 32768.0) as i16)).collect());
    }
    let mut dither = Dither::new(seed);
    let mut round = |v: f32| (f64::from(v) * 32768.0 + dither.next_steps()).round().clamp(-32768.0, 32767.0) as i16;
    Ok(frames.iter().map(|f| [round(f[0]), round(f[1])]).collect())
}

/// Encodes stereo frames as 16-bit FLAC, dithered as by [`quantise`].
///
/// # Errors
/// When a sample is not finite, there is none at all, or the rate is not one that FLAC knows.
pub fn encode_f32(frames: &[[f32; 2]], sample_rate_hz: u32, seed: u64) -> Result<Vec<u8>, FlacError> {
    encode_i16(&quantise(frames, seed)?, sample_rate_hz)
}

/// Encodes 16-bit stereo frames exactly.
///
/// # Errors
/// When there are none, or the rate is not one that FLAC knows.
pub fn encode_i16(frames: &[[i16; 2]], sample_rate_hz: u32) -> Result<Vec<u8>, FlacError> {
    if frames.is_empty() {
        return Err(FlacError::Encode { reason: "it has no frames".into() });
    }
    // flacenc's own range; a pack's rates lie inside it.
    if !(1..=96_000).contains(&sample_rate_hz) {
        return Err(FlacError::Encode {
            reason: format!("its rate is {sample_rate_hz} Hz; FLAC entries go up to 96000 Hz, use a PCM storage"),
        });
    }
    let failed = |e: &dyn std::fmt::Display| FlacError::Encode { reason: e.to_string() };
    // Callers encode many cells at once; threads inside one would only get in their way.
    let mut config = flacenc::config::Encoder::default();
    config.multithread = false;
    config.block_size = BLOCK_FRAMES;
    let config = config.into_verified().map_err(|(_, e)| failed(&e))?;
    let samples: Vec<i32> = frames.iter().flatten().map(|&v| i32::from(v)).collect();
    let source = flacenc::source::MemSource::from_samples(&samples, 2, 16, sample_rate_hz as usize);
    let mut stream = flacenc::encode_with_fixed_block_size(&config, source, BLOCK_FRAMES).map_err(|e| failed(&e))?;
    // All blocks but the last have this length: the stream is one of fixed blocks, and says so.
    stream.stream_info_mut().set_block_sizes(BLOCK_FRAMES, BLOCK_FRAMES).map_err(|e| failed(&e))?;
    let mut sink = flacenc::bitsink::ByteSink::new();
    stream.write(&mut sink).map_err(|e| failed(&e))?;
    let mut bytes = sink.into_inner();
    if frames.len() > TABLE_FRAMES {
        let lengths = (0..stream.frame_count()).filter_map(|i| stream.frame(i)).zip(frames.chunks(BLOCK_FRAMES));
        let lengths = lengths.map(|(block, frames)| (block.count_bits() as u64 / 8, frames.len() as u16));
        // STREAMINFO, the only block so far, is then not the last.
        bytes[STREAM_INFO] &= 0x7F;
        bytes.splice(STREAM_INFO + 38..STREAM_INFO + 38, index::table(BLOCK_FRAMES as u64, lengths));
    }
    Ok(bytes)
}
