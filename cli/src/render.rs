//! `betwixt render`: a MIDI file and curves of the point become audio, with the engine alone.
//!
//! Frame 0 is MIDI time 0. The point moves in steps of the engine's tick, so the result does not
//! depend on `--block`. Nothing is normalised or trimmed.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`clip`] | a MIDI file as events in frames |
//! | [`curve`] | a value over time |

pub mod clip;
pub mod curve;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use betwixt_engine::atomic_file;
use betwixt_engine::engine::{Engine, EngineConfig, EngineHandle};
use betwixt_engine::event::{Event, EventKind};
use betwixt_engine::limits::TICK_FRAMES;
use betwixt_engine::loader::{LoadHandle, Loader, PackSource};
use betwixt_engine::params::Param;
use betwixt_engine::settings;
use betwixt_engine::wav::{Encoding, WavError, WavSpec, WavStream};
use clap::Args;

use crate::Outcome;
use crate::interrupt::interruptions;
use crate::number::between;
use clip::Clip;
use curve::Curve;

/// How long a pack may take to load.
const PATIENCE: Duration = Duration::from_secs(600);
/// Without `--tail`: the longest wait for silence.
const LONGEST_TAIL_SECONDS: f64 = 10.0;
/// How often is looked for Ctrl-C while the pack loads.
const LOOK: Duration = Duration::from_millis(100);
/// How long a loader may take to tell why it has failed.
const MOMENT: Duration = Duration::from_secs(2);
const INTERRUPTED: &str = "interrupted; nothing was written";

/// Play a MIDI file with a pack into a WAV file
#[derive(Debug, Args)]
pub struct Render {
    /// The pack
    pack: PathBuf,
    /// What to play: a standard MIDI file
    #[arg(long)]
    midi: PathBuf,
    /// The result: stereo, 32-bit float; beyond 4 GiB as RF64
    #[arg(short, long)]
    output: PathBuf,
    /// X: a value, or a JSON file of [[seconds, value], …], linear between its points
    #[arg(long, allow_hyphen_values = true)]
    x: Option<String>,
    /// Y: a value, or a JSON file
    #[arg(long, allow_hyphen_values = true)]
    y: Option<String>,
    /// Set a parameter: attack=0, filter=LP, gain=-inf (may be repeated)
    #[arg(long, value_name = "ID=VALUE", allow_hyphen_values = true, value_parser = setting)]
    set: Vec<(Param, f64)>,
    /// Output rate, in Hz
    #[arg(long, default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(8000..=384_000))]
    rate: u32,
    /// Frames of a block (the result does not depend on it)
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    block: u32,
    /// Quality of pitch shifting: eco, normal or best
    #[arg(long, value_parser = quality)]
    quality: Option<f64>,
    /// Seconds after the last event; without it until silence, at most 10
    #[arg(long, value_parser = between(0.0, 3600.0))]
    tail: Option<f64>,
}

/// `id=value`, the value in the parameter's unit or as the parameter prints it.
fn setting(text: &str) -> Result<(Param, f64), String> {
    let (id, value) = text.split_once('=').ok_or("expected ID=VALUE, such as attack=0")?;
    let param = Param::from_id(id.trim()).ok_or_else(|| {
        let ids: Vec<&str> = Param::all().map(Param::id).collect();
        format!("there is no parameter \"{id}\"; there are {}", ids.join(", "))
    })?;
    Ok((param, param.parse(value).map_err(|e| e.to_string())?))
}

fn quality(text: &str) -> Result<f64, String> {
    Param::Quality.parse(text).map_err(|e| e.to_string())
}

impl Render {
    /// Runs the command.
    ///
    /// # Errors
    /// When the pack, the clip or a curve can't be read, or the result not written.
    pub fn run(self) -> Outcome {
        let rate = f64::from(self.rate);
        let clip = Clip::read(&self.midi, rate)?;
        let curves = [(Param::X, &self.x), (Param::Y, &self.y)];
        let mut paths = Vec::new();
        for (param, text) in curves {
            if let Some(text) = text {
                paths.push((param, Curve::read(param, text)?));
            }
        }
        let last = clip.frames;
        let longest = self.tail.unwrap_or(LONGEST_TAIL_SECONDS);
        let end = last + (longest * rate).round() as usize;
        let interrupted = interruptions();
        let unwritten = |error: WavError| match error {
            WavError::Io(why) => format!("can't write {}: {why}", self.output.display()),
            other => format!("can't write {}: {other}", self.output.display()),
        };
        // Before the pack: a place that can't be written is told at once.
        let curves = [&self.x, &self.y].into_iter().flatten().map(Path::new);
        atomic_file::place_apart(&self.output, curves.chain([self.pack.as_path(), self.midi.as_path()]))
            .map_err(|why| unwritten(why.into()))?;
        let spec = WavSpec::stereo(self.rate, Encoding::Float32);
        let wav = WavStream::create(&self.output, spec, end as u64).map_err(unwritten)?;
        let Ready { mut engine, mut handle, loading } = self.ready(rate, &paths, interrupted)?;

        let mut take = Take::new(wav);
        let (mut ended_at, mut kept) = (last, end);
        while take.frames() < end {
            let at = take.frames();
            let count = (self.block as usize).min(end - at);
            let events = block_events(&clip, &paths, at, count, rate);
            take.block(&mut engine, count, &events).map_err(unwritten)?;
            if let Some(ended) = engine.ended().last() {
                ended_at = ended_at.max(at + ended.frame as usize);
            }
            if self.tail.is_none() && take.frames() >= last && engine.sounding() == 0 {
                // What is behind the last sound was written, and is cut off.
                kept = ended_at.max(last);
                break;
            }
            if interrupted.load(Ordering::Relaxed) {
                return Err(INTERRUPTED.into());
            }
        }
        if handle.telemetry().missing_chunks > 0 {
            // Better no file than one with a hole.
            // What could not be read is told a moment after the engine has gone on without it.
            let why = match loading.wait_complete(MOMENT) {
                Err(error) => error.to_string(),
                Ok(_) => "its disk did not answer in time".into(),
            };
            return Err(format!("{}: {why}", self.pack.display()).into());
        }
        take.wav.finish(kept as u64).map_err(unwritten)?;
        // What is small has been read to its end by now, or soon.
        if let Err(error) = loading.wait_complete(LOOK) {
            // Damage that was not needed, or that does no more than sound wrong: WAV has one checksum for all.
            eprintln!("warning: {}: {error}", self.pack.display());
        }
        Ok(())
    }

    /// An engine with the pack, the settings, and the point at the beginning of its way.
    fn ready(
        &self,
        rate: f64,
        paths: &[(Param, Curve)],
        interrupted: &AtomicBool,
    ) -> Result<Ready, Box<dyn std::error::Error>> {
        let at = |param| paths.iter().find(|(p, _)| *p == param).map_or(param.default(), |(_, c)| c.at(0.0));
        let loader = Loader::shared();
        loader.set_budget_bytes(settings::budget_bytes(&settings::read()));
        let point = (at(Param::X), at(Param::Y));
        let loading = loader.open(PackSource::File(self.pack.clone()), point, Box::new(|_| {}));
        let named = |e: &dyn std::fmt::Display| format!("{}: {e}", self.pack.display());
        let begun = Instant::now();
        let pack = loop {
            if let Some(pack) = loading.wait_playable(LOOK).map_err(|e| named(&e))? {
                break pack;
            }
            if interrupted.load(Ordering::Relaxed) {
                return Err(INTERRUPTED.into());
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{}: it takes too long to load", self.pack.display()).into());
            }
        };
        let config = EngineConfig { sample_rate_hz: rate, max_block_frames: self.block as usize, seed: 0 };
        let (mut engine, mut handle) = Engine::new(config);
        engine.set_offline(true);
        // A bounce sounds best unless it is told otherwise.
        engine.set_param(Param::Quality, self.quality.unwrap_or(Param::Quality.range().1));
        for (param, value) in &self.set {
            engine.set_param(*param, *value);
        }
        if let Some(quality) = self.quality {
            engine.set_param(Param::Quality, quality);
        }
        for (param, curve) in paths {
            engine.set_param(*param, curve.at(0.0));
        }
        handle.send_pack(pack.play.clone()).map_err(|_| "the engine takes no pack")?;
        Ok(Ready { engine, handle, loading })
    }
}

/// What plays.
struct Ready {
    engine: Engine,
    handle: EngineHandle,
    /// Brings what the engine waits for.
    loading: LoadHandle,
}

/// The events of a block: the clip's, and the point's at every tick.
fn block_events(clip: &Clip, paths: &[(Param, Curve)], at: usize, count: usize, rate: f64) -> Vec<Event> {
    let mut events = Vec::new();
    for frame in (at.next_multiple_of(TICK_FRAMES)..at + count).step_by(TICK_FRAMES) {
        for (param, curve) in paths.iter().filter(|(_, c)| !c.is_constant()) {
            let kind = EventKind::Param { param: *param, value: curve.at(frame as f64 / rate) };
            events.push(Event { frame: (frame - at) as u32, kind });
        }
    }
    let from = clip.events.partition_point(|(frame, _)| *frame < at);
    let to = clip.events.partition_point(|(frame, _)| *frame < at + count);
    events.extend(clip.events[from..to].iter().map(|(frame, kind)| Event { frame: (frame - at) as u32, kind: *kind }));
    // Stable: the point first, then the clip's events in their own order.
    events.sort_by_key(|e| e.frame);
    events
}

/// What has been rendered, on its way into the file.
struct Take {
    wav: WavStream,
    left: Vec<f32>,
    right: Vec<f32>,
    interleaved: Vec<f32>,
}

impl Take {
    fn new(wav: WavStream) -> Take {
        Take { wav, left: Vec::new(), right: Vec::new(), interleaved: Vec::new() }
    }

    fn frames(&self) -> usize {
        self.wav.frames() as usize
    }

    fn block(&mut self, engine: &mut Engine, count: usize, events: &[Event]) -> Result<(), WavError> {
        self.left.resize(count, 0.0);
        self.right.resize(count, 0.0);
        engine.process(&mut self.left, &mut self.right, events);
        self.interleaved.clear();
        self.interleaved.extend(self.left.iter().zip(&self.right).flat_map(|(l, r)| [*l, *r]));
        self.wav.write(&self.interleaved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_take_plain_values_and_what_the_parameter_prints() {
        assert_eq!(setting("attack=0"), Ok((Param::Attack, 0.0)));
        assert_eq!(setting("filter=LP"), Ok((Param::Filter, 1.0)));
        assert_eq!(setting("gain=-inf"), Ok((Param::Gain, f64::NEG_INFINITY)));
        assert_eq!(setting("release=250 ms"), Ok((Param::Release, 0.25)));
        assert!(setting("attack").is_err());
        assert!(setting("loudness=3").unwrap_err().contains("no parameter"));
        assert!(setting("filter=loud").unwrap_err().contains("Off, LP, BP, HP"));
    }
}
