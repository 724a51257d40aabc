//! `betwixt-bench sweep`: what sounds while the point sweeps over a cold pack that is larger than the
//! memory it may take, on a slow disk.

mod disk;

use std::sync::Arc;
use std::time::{Duration, Instant};

use betwixt_engine::engine::{Engine, EngineHandle};
use betwixt_engine::event::{Event, EventKind, NoteRef};
use betwixt_engine::loader::{Loader, PackSource};
use betwixt_engine::pack::CellStorage;
use betwixt_engine::params::Param;
use betwixt_engine::telemetry::Origins;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::synthetic::Synthetic;
use super::usage::Usage;
use super::{Path as SimdPath, Quality, RATE_HZ, engine};
use crate::number::between;
use crate::{Outcome, output};
use disk::SlowDisk;

const BLOCK: usize = 128;
const PATIENCE: Duration = Duration::from_secs(60);
/// What the first notes may need until something of them is there.
const BEGIN_SECONDS: f64 = 0.1;
/// The pack: 684 MB as 16 bit, 4 s a cell.
const PACK: Synthetic = Synthetic { columns: 9, rows: 9, roots: 11, frames: 192_000 };

/// How the pack is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Storage {
    /// FLAC, 16 bit
    Flac,
    /// WAV, 16 bit
    Pcm16,
    /// WAV, float
    Float,
}

/// Sweep the point over a cold pack, larger than the budget, and tell where the sound came from
#[derive(Debug, Args)]
pub struct Sweep {
    /// Notes that sound
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=128))]
    notes: u64,
    /// Length, in seconds: half of it sweeps from corner to corner in a second, half jumps twice a second
    #[arg(long, default_value_t = 12.0, value_parser = between(0.001, 3600.0))]
    seconds: f64,
    /// What the disk reads, in MB a second
    #[arg(long, default_value_t = 200.0, value_parser = between(0.1, 1e6))]
    disk: f64,
    /// What it waits before each read, in milliseconds
    #[arg(long, default_value_t = 0.1, value_parser = between(0.0, 1000.0))]
    latency: f64,
    /// Memory for audio, in MiB
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(0..=1_048_576))]
    budget: u64,
    /// How the pack is stored
    #[arg(long, value_enum, default_value_t = Storage::Pcm16)]
    storage: Storage,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Sweep {
    /// Runs the command.
    ///
    /// # Errors
    /// When the pack can't be made or loaded.
    pub fn run(self) -> Outcome {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("sweep.btx");
        let storage = match self.storage {
            Storage::Flac => CellStorage::Flac,
            Storage::Pcm16 => CellStorage::Pcm16,
            Storage::Float => CellStorage::Float,
        };
        PACK.write(&path, storage)?;
        let loader = Loader::shared();
        loader.set_budget_bytes(self.budget << 20);
        let disk = SlowDisk::open(&path, self.disk * 1e6, Duration::from_secs_f64(self.latency * 1e-3))?;
        let begun = Instant::now();
        let loading = loader.open(PackSource::Bytes(Arc::new(disk)), (0.0, 0.0), Box::new(|_| {}));
        let (mut engine, mut handle) = engine(Quality::Normal, SimdPath::Auto.find()?, BLOCK);
        engine.set_param(Param::GlideXy, 0.0);
        let pack = loading.wait_playable(PATIENCE)?.ok_or("the pack takes too long to load")?;
        let playable_ms = begun.elapsed().as_secs_f64() * 1e3;
        handle.send_pack(pack.play.clone()).map_err(|_| "the engine takes no pack")?;

        let mut player = Player { engine, handle, begun: Instant::now(), frame: 0, usage: [0; 3], loader };
        let half = self.seconds / 2.0;
        let begin = player.play(BEGIN_SECONDS, |_, first| {
            let mut events = point(0.0, 0.0);
            if first {
                events.extend(chord(self.notes));
            }
            events
        });
        let sweep = player.play(half, |seconds, _| {
            let at = 1.0 - (seconds % 2.0 - 1.0).abs();
            point(at, at)
        });
        let mut place = 1u32;
        let mut jump = || {
            place = place.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(place >> 8) / f64::from(1u32 << 24)
        };
        let mut next = 0.0;
        let jumps = player.play(half, |seconds, _| {
            if seconds < next {
                return Vec::new();
            }
            next += 0.5;
            point(jump(), jump())
        });
        let parts = [("begin", begin), ("sweep", sweep), ("jumps", jumps)];
        let bytes = std::fs::metadata(&path)?.len();
        if self.json {
            let mut report = json!({
                "job": "sweep", "notes": self.notes, "disk_mb_per_second": self.disk, "latency_ms": self.latency, "budget_mib": self.budget,
                "pack_bytes": bytes, "playable_ms": playable_ms,
                "major_faults": player.usage[0], "minor_faults": player.usage[1], "waits": player.usage[2],
            });
            for (name, part) in parts {
                report[name] = part.report();
            }
            return Ok(output::json_line(&report)?);
        }
        let mut text = format!(
            "{} notes, a pack of {:.0} MB ({:?}) on a disk of {} MB/s and {} ms before each read, {} MiB of memory; playable after {playable_ms:.1} ms\n\n\
             | | wanted cells | nearest in memory | silent | most in memory, MiB |\n|---|---:|---:|---:|---:|\n",
            self.notes,
            bytes as f64 * 1e-6,
            self.storage,
            self.disk,
            self.latency,
            self.budget
        );
        let names = ["first 100 ms", "corner to corner in 1 s", "jumps, 2 a second"];
        for (name, (_, part)) in names.iter().zip(parts) {
            let [wanted, nearby, silent] = part.shares().map(|share| 100.0 * share);
            text += &format!(
                "| {name} | {wanted:.3} % | {nearby:.3} % | {silent:.3} % | {:.0} |\n",
                part.most_bytes as f64 / f64::from(1 << 20)
            );
        }
        let [major, minor, waits] = player.usage;
        text += &format!(
            "\nof the audio thread in all blocks: {major} major faults, {minor} minor faults, {waits} waits\n"
        );
        output::text(&text)?;
        Ok(())
    }
}

/// What was heard in a while.
#[derive(Clone, Copy)]
struct Part {
    origins: Origins,
    most_bytes: u64,
}

impl Part {
    /// From the wanted cells, from others, silent: 0…1.
    fn shares(&self) -> [f64; 3] {
        let Origins { wanted, nearby, silent } = self.origins;
        let all = (wanted + nearby + silent).max(1.0);
        [wanted / all, nearby / all, silent / all]
    }

    fn report(&self) -> Value {
        let [wanted, nearby, silent] = self.shares();
        json!({ "wanted": wanted, "nearby": nearby, "silent": silent, "most_bytes": self.most_bytes })
    }
}

/// Plays in real time.
struct Player {
    engine: Engine,
    handle: EngineHandle,
    begun: Instant,
    frame: usize,
    /// Major faults, minor faults and waits of this thread inside of blocks.
    usage: [i64; 3],
    loader: Loader,
}

impl Player {
    fn play(&mut self, seconds: f64, mut events: impl FnMut(f64, bool) -> Vec<Event>) -> Part {
        let before = self.handle.telemetry().origins;
        let (first, mut most_bytes) = (self.frame, 0);
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        while self.frame < first + (seconds * RATE_HZ) as usize {
            let due = Duration::from_secs_f64(self.frame as f64 / RATE_HZ);
            std::thread::sleep(due.saturating_sub(self.begun.elapsed()));
            let events = events((self.frame - first) as f64 / RATE_HZ, self.frame == first);
            let usage = Usage::of_this_thread();
            self.engine.process(&mut left, &mut right, &events);
            if let (Some(before), Some(after)) = (usage, Usage::of_this_thread()) {
                let new = after.since(before);
                for (sum, count) in
                    self.usage.iter_mut().zip([new.major_faults, new.minor_faults, new.voluntary_switches])
                {
                    *sum += count;
                }
            }
            self.frame += BLOCK;
            most_bytes = most_bytes.max(self.loader.resident_bytes());
        }
        let now = self.handle.telemetry().origins;
        let origins = Origins {
            wanted: now.wanted - before.wanted,
            nearby: now.nearby - before.nearby,
            silent: now.silent - before.silent,
        };
        Part { origins, most_bytes }
    }
}

fn chord(notes: u64) -> Vec<Event> {
    let on = |n: u64| EventKind::NoteOn {
        note: NoteRef { id: n as i32, channel: 0, key: (36 + n * 61 / notes) as u8 },
        velocity: 0.8,
    };
    (0..notes).map(|n| Event { frame: 0, kind: on(n) }).collect()
}

fn point(x: f64, y: f64) -> Vec<Event> {
    let set = |param, value| Event { frame: 0, kind: EventKind::Param { param, value } };
    vec![set(Param::X, x), set(Param::Y, y)]
}
