//! `betwixt-bench offline`: how much faster than real time `betwixt render` is.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use betwixt_engine::pack::CellStorage;
use clap::Args;
use midly::num::{u4, u7, u15, u28};
use midly::{Format, Header, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};
use serde_json::json;

use super::synthetic::Synthetic;
use super::{Quality, clock, spread};
use crate::number::between;
use crate::{Outcome, output};

/// The pack that is played: 5 × 5 cells of 1 s, looped; 53 MB as 16 bit.
const PACK: Synthetic = Synthetic { columns: 5, rows: 5, roots: 11, frames: 48_000 };
/// Ticks of a quarter note, which lasts half a second.
const TICKS_PER_BEAT: u16 = 480;
const TICKS_PER_SECOND: f64 = 960.0;
/// Points of the curves of X and Y in a second.
const CURVE_POINTS: usize = 20;

/// Time `betwixt render`: held notes while X and Y move along curves
#[derive(Debug, Args)]
pub struct Offline {
    /// Length of the clip, in seconds
    #[arg(long, default_value_t = 60.0, value_parser = between(1.0, 3600.0))]
    seconds: f64,
    /// Numbers of voices
    #[arg(long, value_delimiter = ',', default_values_t = [1, 64], value_parser = clap::value_parser!(u16).range(1..=64))]
    voices: Vec<u16>,
    /// Qualities of pitch shifting
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Quality::Normal, Quality::Best])]
    quality: Vec<Quality>,
    /// How often each is rendered, in turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    passes: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One thing that is rendered.
struct Case {
    voices: u16,
    quality: Quality,
    wall_s: Vec<f64>,
    cpu_s: Vec<f64>,
}

impl Offline {
    /// Runs the command.
    ///
    /// # Errors
    /// When the files can't be written, or `betwixt render` fails.
    pub fn run(self) -> Outcome {
        let betwixt = std::env::current_exe()?.with_file_name(format!("betwixt{}", std::env::consts::EXE_SUFFIX));
        let folder = tempfile::tempdir()?;
        PACK.write(&folder.path().join("noise.btx"), CellStorage::Pcm16)?;
        for (name, phase) in [("x.json", 0.0), ("y.json", 0.25)] {
            fs::write(folder.path().join(name), self.curve(phase).to_string())?;
        }
        let mut cases = Vec::new();
        for &voices in &self.voices {
            self.clip(&folder.path().join(format!("{voices}.mid")), voices)?;
            let case = |quality| Case { voices, quality, wall_s: Vec::new(), cpu_s: Vec::new() };
            cases.extend(self.quality.iter().copied().map(case));
        }
        for _ in 0..self.passes {
            for case in &mut cases {
                case.render(&betwixt, folder.path())?;
            }
        }
        self.report(&cases)
    }

    /// A clip in which so many notes are held from its begin to its end.
    fn clip(&self, path: &Path, voices: u16) -> Outcome {
        let apart = if voices <= 32 { 2 } else { 1 };
        let keys: Vec<u7> = (0..voices).map(|n| u7::from((36 + n * apart) as u8)).collect();
        let event = |delta: u32, message| TrackEvent {
            delta: u28::from(delta),
            kind: TrackEventKind::Midi { channel: u4::from(0), message },
        };
        let mut track: Vec<TrackEvent> = Vec::new();
        track.extend(keys.iter().map(|&key| event(0, MidiMessage::NoteOn { key, vel: u7::from(100) })));
        for (at, &key) in keys.iter().enumerate() {
            let delta = if at == 0 { (self.seconds * TICKS_PER_SECOND) as u32 } else { 0 };
            track.push(event(delta, MidiMessage::NoteOff { key, vel: u7::from(0) }));
        }
        track.push(TrackEvent { delta: u28::from(0), kind: TrackEventKind::Meta(midly::MetaMessage::EndOfTrack) });
        let mut clip = Smf::new(Header::new(Format::SingleTrack, Timing::Metrical(u15::from(TICKS_PER_BEAT))));
        clip.tracks.push(track);
        clip.save(path)?;
        Ok(())
    }

    /// Once round the pad in a second.
    fn curve(&self, phase: f64) -> serde_json::Value {
        let points = (self.seconds * CURVE_POINTS as f64) as usize;
        let point = |n: usize| {
            let seconds = n as f64 / CURVE_POINTS as f64;
            json!([seconds, 0.5 + 0.4 * (std::f64::consts::TAU * (seconds + phase)).cos()])
        };
        (0..=points).map(point).collect()
    }

    fn report(&self, cases: &[Case]) -> Outcome {
        let mut rows = Vec::new();
        let mut text = format!(
            "`betwixt render` of {:.0} s, the whole program from its start to the written file:\n\n\
             | voices | quality | × real time, median | best | by CPU time, median |\n|---|---|---:|---:|---:|\n",
            self.seconds
        );
        for case in cases {
            let speed = |seconds: f64| self.seconds / seconds;
            let median = speed(spread::median(&case.wall_s));
            let best = speed(spread::least(&case.wall_s));
            let cpu = speed(spread::median(&case.cpu_s));
            let (voices, quality) = (case.voices, case.quality.name());
            let cpu_text = if cpu.is_nan() { String::new() } else { format!("{cpu:.0}") };
            text += &format!("| {voices} | {quality} | {median:.0} | {best:.0} | {cpu_text} |\n");
            rows.push(json!({
                "voices": voices, "quality": quality,
                "times_realtime": median, "times_realtime_best": best, "times_realtime_cpu": cpu,
            }));
        }
        if self.json {
            let version = env!("CARGO_PKG_VERSION");
            output::json_line(&json!({ "job": "offline", "version": version, "seconds": self.seconds, "rows": rows }))?;
        } else {
            output::text(&text)?;
        }
        Ok(())
    }
}

impl Case {
    fn render(&mut self, betwixt: &Path, folder: &Path) -> Outcome {
        let (begun, cpu) = (Instant::now(), clock::children_s());
        let output = Command::new(betwixt)
            .current_dir(folder)
            .args(["render", "noise.btx", "-o", "out.wav", "--x", "x.json", "--y", "y.json", "--tail", "0"])
            .args(["--quality", self.quality.name(), "--midi"])
            .arg(format!("{}.mid", self.voices))
            .output()
            .map_err(|e| format!("{} can't be started: {e}", betwixt.display()))?;
        self.wall_s.push(begun.elapsed().as_secs_f64());
        if let (Some(end), Some(begin)) = (clock::children_s(), cpu) {
            self.cpu_s.push(end - begin);
        }
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
        }
        Ok(())
    }
}
