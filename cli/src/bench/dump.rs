//! `betwixt-bench dump`: one note plays a recording, shifted, to be measured by others.

use std::path::PathBuf;
use std::sync::Arc;

use betwixt_engine::atomic_file;
use betwixt_engine::event::{Event, EventKind, NoteRef};
use betwixt_engine::params::Param;
use betwixt_engine::resident::{CellAudio, PlayNote, PlayPack};
use betwixt_engine::wav::{self, Encoding, Samples, Wav, WavSpec};
use clap::Args;
use serde_json::json;

use super::{Path, Quality, RATE_HZ, cursor, engine};
use crate::number::between;
use crate::{Outcome, output};

const ROOT: u8 = 60;

/// Play a WAV file at a pitch of your choice into another WAV file
#[derive(Debug, Args)]
pub struct Dump {
    /// The recording: the sample of root 60 at all grid points
    #[arg(long)]
    source: PathBuf,
    /// How far it is shifted, from -61 to 68
    #[arg(long, allow_negative_numbers = true, value_parser = between(-61.0, 68.0))]
    semitones: f64,
    /// Quality of pitch shifting
    #[arg(long, value_enum, default_value_t = Quality::Best)]
    quality: Quality,
    /// Length of the result, in seconds
    #[arg(long, default_value_t = 2.0, value_parser = between(0.001, 3600.0))]
    seconds: f64,
    /// Frames of a block
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u64).range(1..=65536))]
    block: u64,
    /// Path of the inner loops
    #[arg(long, value_enum, default_value_t = Path::Auto)]
    simd: Path,
    /// The result: 48 kHz, stereo, 32-bit float
    #[arg(short, long)]
    output: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Dump {
    /// Runs the command.
    ///
    /// # Errors
    /// When the recording can't be read or the result not written.
    pub fn run(self) -> Outcome {
        let simd = self.simd.find()?;
        let (key, cents) = pitch(self.semitones);
        atomic_file::place_apart(&self.output, [self.source.as_path()])
            .map_err(|e| format!("can't write {}: {e}", self.output.display()))?;
        let source = wav::read(&self.source).map_err(|e| format!("{}: {e}", self.source.display()))?;
        let pack = Arc::new(pack(&source)?);
        let block = self.block as usize;
        let (mut engine, mut handle) = engine(self.quality, simd, block);
        engine.set_param(Param::Fine, cents);
        handle.send_pack(pack).map_err(|_| "the engine takes no pack")?;

        let frames = (self.seconds * RATE_HZ).round() as usize;
        let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
        for at in (0..frames).step_by(block) {
            let end = frames.min(at + block);
            let [x, y] = cursor(at, false);
            let start = EventKind::NoteOn { note: NoteRef { id: 0, channel: 0, key }, velocity: 1.0 };
            let events = [x, y, Event { frame: 0, kind: start }];
            let count = if at == 0 { 3 } else { 2 };
            engine.process(&mut left[at..end], &mut right[at..end], &events[..count]);
        }
        let interleaved: Vec<f32> = left.iter().zip(&right).flat_map(|(l, r)| [*l, *r]).collect();
        WavSpec::stereo(RATE_HZ as u32, Encoding::Float32).write_file(&self.output, &interleaved)?;

        let peak = interleaved.iter().fold(0f32, |a, v| a.max(v.abs()));
        if self.json {
            output::json_line(&json!({
                "job": "dump",
                "quality": self.quality.name(),
                "semitones": self.semitones,
                "frames": frames,
                "simd": simd.name(),
                "peak": peak,
            }))?;
        } else {
            let name = self.output.display();
            output::text(&format!("{name}: {frames} frames, {} semitones, peak {peak}\n", self.semitones))?;
        }
        Ok(())
    }
}

/// A key and cents beside it, at most 100 up or down, so that the shift is exact.
fn pitch(semitones: f64) -> (u8, f64) {
    let whole = semitones.round().clamp(-f64::from(ROOT), f64::from(127 - ROOT));
    ((f64::from(ROOT) + whole) as u8, (semitones - whole) * 100.0)
}

/// The recording at all points of a 2 x 2 grid, in its own precision.
fn pack(wav: &Wav) -> Result<PlayPack, Box<dyn std::error::Error>> {
    if wav.frames == 0 {
        return Err("the recording is empty".into());
    }
    let cell = Arc::new(match &wav.samples {
        Samples::I16(samples) => {
            let right = usize::from(wav.channels > 1);
            let frames: Vec<[i16; 2]> = samples.chunks_exact(wav.channels).map(|f| [f[0], f[right]]).collect();
            CellAudio::from_i16(&frames)?
        }
        Samples::F32(_) => CellAudio::from_f32(&wav.stereo())?,
    });
    let note = PlayNote {
        root: ROOT,
        keys: (0, 127),
        velocities: (1, 127),
        tune_cents: 0.0,
        frames: wav.frames,
        loop_frames: None,
        coherent: true,
        cells: Box::new([(); 4].map(|()| cell.clone())),
    };
    Ok(PlayPack::new(2, 2, f64::from(wav.sample_rate_hz), vec![note]))
}

#[cfg(test)]
mod tests {
    use super::pitch;

    #[test]
    fn a_shift_is_a_key_and_cents() {
        let (key, cents) = pitch(7.35);
        assert_eq!(key, 67);
        assert!((cents - 35.0).abs() < 1e-9);
        assert_eq!(pitch(0.0), (60, 0.0));
        assert_eq!(pitch(-60.5), (0, -50.0));
        // The ends of what is taken.
        assert_eq!((pitch(-61.0), pitch(68.0)), ((0, -100.0), (127, 100.0)));
    }
}
