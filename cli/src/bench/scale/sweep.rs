//! A point that runs from corner to corner in a second over a cold pack ten times the budget, on a slow
//! disk: where what is heard comes from.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use betwixt_engine::bytes::{ByteSource, FileBytes};
use betwixt_engine::event::{Event, EventKind, NoteRef};
use betwixt_engine::loader::{DEFAULT_BUDGET_BYTES, Loader, PackSource};
use betwixt_engine::pack::CellStorage;
use betwixt_engine::params::Param;
use betwixt_engine::telemetry::Origins;

use super::table::Table;
use super::{PATIENCE, Scale, memory};
use crate::bench::synthetic::Synthetic;
use crate::bench::{Path as SimdPath, RATE_HZ, engine};

type Failure = Box<dyn std::error::Error>;

/// 4 s of each cell: 684 MB as 16 bit.
const PACK: Synthetic = Synthetic { columns: 9, rows: 9, roots: 11, frames: 192_000 };
/// Of all that is in memory.
const BUDGET_BYTES: u64 = 64 << 20;
const DISK_BYTES_PER_SECOND: f64 = 200e6;
const STORAGES: [(CellStorage, &str); 2] = [(CellStorage::Pcm16, "16 bit"), (CellStorage::Flac, "FLAC")];
const NOTES: [usize; 3] = [1, 16, 64];
/// Sweeps, there and back, of a second each.
const SWEEPS: usize = 6;
/// What may be silent: the first 100 ms.
const EARLY_SECONDS: f64 = 0.1;
const BLOCK: usize = 128;

/// A disk that reads so many bytes a second.
struct SlowDisk {
    file: FileBytes,
    free_at: Mutex<Instant>,
}

impl ByteSource for SlowDisk {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let time = Duration::from_secs_f64(out.len() as f64 / DISK_BYTES_PER_SECOND);
        let done_at = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            *free_at = (*free_at).max(Instant::now()) + time;
            *free_at
        };
        std::thread::sleep(done_at.saturating_duration_since(Instant::now()));
        self.file.read_exact_at(offset, out)
    }
}

pub(super) fn table(scale: &Scale) -> Result<Table, Failure> {
    let title = format!(
        "A point from corner to corner in 1 s, {SWEEPS} times, over a cold pack of {:.0} MB with a budget of {:.0}, on a disk of \
         {:.0} MB/s, in real time, {}: shares of the notes' frames in percent",
        PACK.bytes() as f64 / 1e6,
        BUDGET_BYTES as f64 / 1e6,
        DISK_BYTES_PER_SECOND / 1e6,
        scale.quality.name()
    );
    let columns = [
        "notes, storage",
        "from the wanted cells",
        "from the nearest there",
        "silent",
        "silent in the first 100 ms, in ms of a note",
        "after them, in ms",
        "most memory, MB",
    ];
    let mut table = Table::new("sweep", title, &columns);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("noise.btx");
    let mut late = 0.0;
    for (storage, name) in STORAGES {
        if memory::free_bytes(folder.path()).is_some_and(|free| free < 5 * PACK.bytes() / 2) {
            eprintln!("betwixt-bench: no room for {} MB in {}", PACK.bytes() / 1_000_000, folder.path().display());
            break;
        }
        PACK.write(&path, storage)?;
        for notes in NOTES {
            let swept = sweep(scale, &path, notes)?;
            let (all, early) = (swept.all, swept.early);
            let share = |part: f64| 100.0 * part / (all.wanted + all.nearby + all.silent);
            let ms = |frames: f64| 1e3 * frames / RATE_HZ / notes as f64;
            late += all.silent - early.silent;
            table.row(
                format!("{notes}, {name}"),
                vec![
                    share(all.wanted),
                    share(all.nearby),
                    share(all.silent),
                    ms(early.silent),
                    ms(all.silent - early.silent),
                    swept.most_bytes as f64 / 1e6,
                ],
            );
        }
    }
    // A frame is silent as a whole or not at all, but for sums of shares.
    table.bar(format!("No silence after the first 100 ms ({late:.1} frames of a note)"), late < 0.5);
    Ok(table)
}

struct Swept {
    early: Origins,
    all: Origins,
    most_bytes: u64,
}

fn sweep(scale: &Scale, path: &Path, notes: usize) -> Result<Swept, Failure> {
    memory::drop_cache(path)?;
    let loader = Loader::shared();
    loader.set_budget_bytes(BUDGET_BYTES);
    let disk = SlowDisk { file: FileBytes::open(path)?, free_at: Mutex::new(Instant::now()) };
    let loading = loader.open(PackSource::Bytes(Arc::new(disk)), (0.0, 0.0), Box::new(|_| {}));
    let pack = loading.wait_playable(PATIENCE)?.ok_or("the pack takes too long to load")?;
    let (mut engine, mut handle) = engine(scale.quality, SimdPath::Auto.find()?, BLOCK);
    handle.send_pack(pack.play.clone()).map_err(|_| "the engine takes no pack")?;
    for param in [Param::X, Param::Y] {
        engine.set_param(param, 0.0);
    }

    let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
    let early_frames = (EARLY_SECONDS * RATE_HZ) as usize;
    let (mut early, mut most_bytes, begun) = (Origins::default(), 0, Instant::now());
    for at in (0..early_frames + SWEEPS * RATE_HZ as usize).step_by(BLOCK) {
        let due = Duration::from_secs_f64(at as f64 / RATE_HZ);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        // There and back, in a second each, once the first 100 ms have passed.
        let turn = at.saturating_sub(early_frames) as f64 / RATE_HZ % 2.0;
        let place = if turn < 1.0 { turn } else { 2.0 - turn };
        let kinds = [Param::X, Param::Y].map(|param| EventKind::Param { param, value: place });
        let mut events: Vec<Event> = kinds.map(|kind| Event { frame: 0, kind }).into();
        if at == 0 {
            events.extend((0..notes).map(|n| {
                let note = NoteRef { id: n as i32, channel: 0, key: (36 + n * 60 / notes) as u8 };
                Event { frame: 0, kind: EventKind::NoteOn { note, velocity: 0.8 } }
            }));
        }
        engine.process(&mut left, &mut right, &events);
        if at < early_frames {
            early = handle.telemetry().origins;
        }
        most_bytes = most_bytes.max(loader.resident_bytes());
    }
    let all = handle.telemetry().origins;
    drop((engine, handle, pack, loading));
    loader.set_budget_bytes(DEFAULT_BUDGET_BYTES);
    Ok(Swept { early, all, most_bytes })
}
