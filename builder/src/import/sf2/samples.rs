//! Reading the audio of SoundFont samples.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Mutex;

use betwixt_engine::limits;
use betwixt_engine::resident::LoopFrames;
use soundfont::raw::{RawSoundFontData, SampleChunk};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::zones::Zone;
use crate::import::ImportError;
use crate::recording::Recording;

/// Reads samples out of the font's file as they are asked for.
pub(super) struct SampleReader {
    file: Mutex<File>,
    path: PathBuf,
    smpl: Option<SampleChunk>,
    /// The low bytes of 24-bit samples, where the specification lets us believe in them.
    sm24: Option<SampleChunk>,
}

impl SampleReader {
    pub(super) fn new(file: File, path: PathBuf, tables: &RawSoundFontData) -> SampleReader {
        let smpl = tables.sample_data.smpl;
        let version = (tables.info.version.major, tables.info.version.minor);
        let half = smpl.map_or(0, |s| (s.len / 2).next_multiple_of(2));
        // The size may or may not count the pad byte.
        let fits = |s: &SampleChunk| s.len.next_multiple_of(2) == half;
        let sm24 = tables.sample_data.sm24.filter(|s| version >= (2, 4) && fits(s));
        SampleReader { file: Mutex::new(file), path, smpl, sm24 }
    }

    /// What `zone` plays for `key`.
    pub(super) fn recording(&self, zone: &Zone, key: u8) -> Result<Recording, ImportError> {
        let bad = |why: String| ImportError::SoundFont {
            path: self.path.clone(),
            why: format!("sample \"{}\": {why}", zone.sample.name),
        };
        let sample = &zone.sample;
        let [start_offset, end_offset, loop_start_offset, loop_end_offset] = zone.offsets();
        let (mono, rate_hz, origin) = if sample.sample_type.is_vorbis() {
            // Start and end are bytes of an Ogg stream; loop points count from the sample's start.
            let bytes = self.bytes(u64::from(sample.start), u64::from(sample.end)).map_err(bad)?;
            let (decoded, rate) = decode(bytes).map_err(bad)?;
            let keep = trimmed(0, decoded.len() as i64, start_offset, end_offset, decoded.len() as i64).map_err(bad)?;
            (decoded[keep.0..keep.1].to_vec(), rate, keep.0 as i64)
        } else {
            let all = i64::from(self.smpl.map_or(0, |s| s.len / 2));
            let (start, end) = (i64::from(sample.start), i64::from(sample.end));
            let keep = trimmed(start, end, start_offset, end_offset, all).map_err(bad)?;
            let frames = self.frames(keep.0 as u64, keep.1 as u64).map_err(bad)?;
            (frames, sample.sample_rate, keep.0 as i64)
        };
        if !(1_000..=768_000).contains(&rate_hz) {
            return Err(bad(format!("its rate is {rate_hz} Hz")));
        }
        let loop_start = i64::from(sample.loop_start) + loop_start_offset - origin;
        let loop_end = (i64::from(sample.loop_end) + loop_end_offset - origin).min(mono.len() as i64);
        let usable = zone.loops() && loop_start >= 0 && loop_end - loop_start >= 2;
        let loop_frames = usable.then_some(LoopFrames { start: loop_start as usize, end: loop_end as usize });
        Ok(Recording {
            frames: mono.iter().map(|&s| [s, s]).collect(),
            rate_hz: f64::from(rate_hz),
            loop_frames,
            endless: loop_frames.is_some(),
            raise_cents: zone.raise_cents(key),
            gain: zone.gain(),
            envelope: zone.envelope(key),
        })
    }

    /// Frames of `smpl`, with the low bytes of `sm24` where there are any.
    fn frames(&self, start: u64, end: u64) -> Result<Vec<f32>, String> {
        let high = self.bytes(start * 2, end * 2)?;
        let value = |c: &[u8]| i16::from_le_bytes([c[0], c[1]]);
        let Some(sm24) = self.sm24 else {
            return Ok(high.chunks_exact(2).map(|c| f32::from(value(c)) / 32_768.0).collect());
        };
        let low = self.read(sm24, start, end)?;
        let joined = high.chunks_exact(2).zip(&low).map(|(c, &l)| (i32::from(value(c)) << 8) | i32::from(l));
        Ok(joined.map(|v| v as f32 / 8_388_608.0).collect())
    }

    /// Bytes of `smpl`.
    fn bytes(&self, start: u64, end: u64) -> Result<Vec<u8>, String> {
        self.read(self.smpl.ok_or("the file has no sample data")?, start, end)
    }

    fn read(&self, chunk: SampleChunk, start: u64, end: u64) -> Result<Vec<u8>, String> {
        if start > end || end > u64::from(chunk.len) {
            return Err("it lies outside the sample data".into());
        }
        // The guard has seen that the chunk lies inside the file, so this is not more than the file.
        let mut bytes = vec![0u8; (end - start) as usize];
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let read = file.seek(SeekFrom::Start(chunk.offset + start)).and_then(|_| file.read_exact(&mut bytes));
        read.map(|()| bytes).map_err(|e: io::Error| e.to_string())
    }
}

/// First and last-plus-one frame with the zone's offsets, inside 0…`all`.
fn trimmed(start: i64, end: i64, start_offset: i64, end_offset: i64, all: i64) -> Result<(usize, usize), String> {
    let (start, end) = (start + start_offset, (end + end_offset).min(all));
    if start < 0 || end - start < 2 {
        return Err("it lies outside the sample data".into());
    }
    Ok((start as usize, end as usize))
}

/// Decodes an Ogg Vorbis stream; of several channels the first.
fn decode(bytes: Vec<u8>) -> Result<(Vec<f32>, u32), String> {
    let say = |e: symphonia::core::errors::Error| format!("Vorbis: {e}");
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let mut hint = Hint::new();
    hint.with_extension("ogg");
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(say)?;
    let track = format.default_track(TrackType::Audio).ok_or("Vorbis: no audio track")?;
    let parameters = track.codec_params.as_ref().and_then(|p| p.audio()).ok_or("Vorbis: no audio parameters")?;
    let rate = parameters.sample_rate.ok_or("Vorbis: no sample rate")?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(say)?;
    let mut out = Vec::new();
    let mut block: Vec<f32> = Vec::new();
    while let Some(packet) = format.next_packet().map_err(say)? {
        let decoded = decoder.decode(&packet).map_err(say)?;
        let channels = decoded.num_planes().max(1);
        decoded.copy_to_vec_interleaved(&mut block);
        out.extend(block.iter().step_by(channels));
        if out.len() as u64 > limits::CELL_FRAMES {
            return Err(format!("Vorbis: longer than {} frames", limits::CELL_FRAMES));
        }
    }
    Ok((out, rate))
}
