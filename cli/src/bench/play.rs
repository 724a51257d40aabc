//! `betwixt-bench bench`: what one output frame of one note of four stereo layers costs.

use std::sync::Arc;
use std::time::Instant;

use betwixt_engine::engine::Engine;
use betwixt_engine::event::{Event, EventKind, Expression, NoteAddress, NoteRef};
use betwixt_engine::params::Param;
use betwixt_engine::resident::{CellAudio, LoopFrames, PlayNote, PlayPack};
use clap::Args;
use serde_json::json;

use super::{Path, Quality, RATE_HZ, clock, cursor, engine};
use crate::number::between;
use crate::{Outcome, output};

/// Length of a layer: 2 s.
const FRAMES: usize = 96_000;
const LAYERS: usize = 4;
/// Roots at every 6th key from 36 to 96, each for root-3 to root+2.
const ROOTS: std::ops::RangeInclusive<u8> = 36..=96;
const ZONE: usize = 6;
/// All layers are tuned up by this, so that every note is interpolated.
const TUNED_CENTS: f64 = 35.0;

/// Time a chord of held notes, four stereo layers each
#[derive(Debug, Args)]
pub struct Bench {
    /// Notes that sound
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=128))]
    notes: u64,
    /// Frames of a block
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u64).range(1..=65536))]
    block: u64,
    /// Quality of pitch shifting
    #[arg(long, value_enum, default_value_t = Quality::Normal)]
    quality: Quality,
    /// Length of what is timed, in seconds
    #[arg(long, default_value_t = 4.0, value_parser = between(0.001, 3600.0))]
    seconds: f64,
    /// Rendered before that, in seconds
    #[arg(long, default_value_t = 0.5, value_parser = between(0.0, 3600.0))]
    warm: f64,
    /// Path of the inner loops
    #[arg(long, value_enum, default_value_t = Path::Auto)]
    simd: Path,
    /// The cursor rests
    #[arg(long)]
    still: bool,
    /// Play every note this far from its root, in semitones
    #[arg(long, allow_negative_numbers = true, value_parser = between(-72.0, 72.0))]
    shift: Option<f64>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Bench {
    /// Runs the command.
    ///
    /// # Errors
    /// When the processor lacks the path, or memory for the instrument.
    pub fn run(self) -> Outcome {
        let simd = self.simd.find()?;
        let block = self.block as usize;
        let notes = self.notes as usize;
        let pack = Arc::new(instrument()?);
        let (mut engine, mut handle) = engine(self.quality, simd, block);
        handle.send_pack(pack.clone()).map_err(|_| "the engine takes no pack")?;
        if self.shift.is_none() {
            engine.set_param(Param::Fine, TUNED_CENTS);
        }
        let start = self.chord(&pack, notes);
        let mut run = Run { engine, still: self.still, block, at: 0, left: vec![0.0; block], right: vec![0.0; block] };
        run.block(&start);
        for _ in 1..blocks(self.warm, block) {
            run.block(&[]);
        }

        let count = blocks(self.seconds, block).max(1);
        let mut each_us = Vec::with_capacity(count);
        let (mut squares, begun, cpu) = (0.0, Instant::now(), clock::thread_ns());
        for _ in 0..count {
            let block_begun = Instant::now();
            run.block(&[]);
            each_us.push(block_begun.elapsed().as_secs_f64() * 1e6);
            squares += f64::from(run.left[0]).powi(2) + f64::from(run.right[0]).powi(2);
        }
        let wall_ns = begun.elapsed().as_secs_f64() * 1e9;
        let cpu_ns = clock::thread_ns().zip(cpu).map_or(wall_ns, |(end, begin)| end - begin);
        each_us.sort_by(f64::total_cmp);

        let note_frames = (notes * count * block) as f64;
        let report = json!({
            "job": "bench",
            "version": env!("CARGO_PKG_VERSION"),
            "quality": self.quality.name(),
            "notes": notes,
            "block": block,
            "rate": RATE_HZ as u32,
            "layers": LAYERS,
            "seconds": self.seconds,
            "simd": simd.name(),
            "taps": run.engine.mean_taps(),
            "moving": !self.still,
            "ns_per_note_frame": cpu_ns / note_frames,
            "wall_ns_per_note_frame": wall_ns / note_frames,
            "block_us_median": each_us[count / 2],
            "block_us_p99": each_us[(count * 99 / 100).min(count - 1)],
            "block_us_max": each_us[count - 1],
            "level": (squares / (2 * count) as f64).sqrt(),
            "notes_sounding": run.engine.sounding(),
        });
        if self.json {
            output::json_line(&report)?;
        } else {
            output::text(&format!(
                "{} notes of {LAYERS} layers, {}, {}: {:.2} ns per note-frame, blocks of {block}: median {:.1} µs, worst {:.1} µs\n",
                notes,
                self.quality.name(),
                simd.name(),
                cpu_ns / note_frames,
                each_us[count / 2],
                each_us[count - 1],
            ))?;
        }
        Ok(())
    }

    /// The events that start all notes: keys 36, 38 … or 36, 37 …, each panned somewhere else.
    fn chord(&self, pack: &PlayPack, notes: usize) -> Vec<Event> {
        let apart = if notes <= 32 { 2 } else { 1 };
        let now = |kind| Event { frame: 0, kind };
        let mut events = Vec::new();
        for n in 0..notes {
            // Beyond the top key the same keys again.
            let key = (36 + n * apart % 92) as u8;
            let id = n as i32;
            let to = NoteAddress { id: Some(id), ..NoteAddress::default() };
            events.push(now(EventKind::NoteOn { note: NoteRef { id, channel: 0, key }, velocity: 100.0 / 127.0 }));
            let pan = 0.5 + 0.15 * ((n as f32 * 0.618_034).fract() * 2.0 - 1.0);
            events.push(now(EventKind::NoteExpression { to, expression: Expression::Pan, value: pan }));
            if let (Some(shift), Some(index)) = (self.shift, pack.choose(key, 100)) {
                let value = (shift - (f64::from(key) - f64::from(pack.notes[index].root))) as f32;
                events.push(now(EventKind::NoteExpression { to, expression: Expression::Tuning, value }));
            }
        }
        events
    }
}

fn blocks(seconds: f64, block: usize) -> usize {
    (seconds * RATE_HZ / block as f64).ceil() as usize
}

struct Run {
    engine: Engine,
    still: bool,
    block: usize,
    at: usize,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Run {
    fn block(&mut self, start: &[Event]) {
        let cursor = cursor(self.at, self.still);
        self.at += self.block;
        if start.is_empty() {
            self.engine.process(&mut self.left, &mut self.right, &cursor);
        } else {
            let events: Vec<Event> = cursor.iter().chain(start).copied().collect();
            self.engine.process(&mut self.left, &mut self.right, &events);
        }
    }
}

/// The instrument of the job: 11 roots, 2 x 2 cells of noise, 16 bit, looped over the whole length.
fn instrument() -> Result<PlayPack, Box<dyn std::error::Error>> {
    let mut state = 1u32;
    let mut sample = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 18) as i16 - (1 << 13)
    };
    let mut notes = Vec::new();
    for root in ROOTS.step_by(ZONE) {
        let mut cells = Vec::with_capacity(LAYERS);
        for _ in 0..LAYERS {
            let frames: Vec<[i16; 2]> = (0..FRAMES).map(|_| [sample(), sample()]).collect();
            cells.push(Arc::new(CellAudio::from_i16(&frames)?));
        }
        notes.push(PlayNote {
            root,
            keys: (root - 3, root + 2),
            velocities: (1, 127),
            tune_cents: 0.0,
            frames: FRAMES,
            loop_frames: Some(LoopFrames { start: 0, end: FRAMES }),
            coherent: true,
            cells: cells.into(),
        });
    }
    Ok(PlayPack::new(2, 2, RATE_HZ, notes))
}
