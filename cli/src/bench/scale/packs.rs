//! Packs from 10 MB to 4 GB: how soon they sound, and what playing them costs.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use betwixt_engine::loader::{Loader, PackSource};
use betwixt_engine::pack::CellStorage;
use serde_json::Value;

use super::rig::{Rig, now_ns};
use super::table::Table;
use super::{PATIENCE, Scale, memory};
use crate::bench::RATE_HZ;
use crate::bench::spread::median;
use crate::bench::synthetic::Synthetic;

type Failure = Box<dyn std::error::Error>;

/// Of the audio, in MB.
const SIZES: [u64; 5] = [10, 100, 317, 1_074, 4_000];
/// Sizes whose first sounds are compared, and what may lie between medians that are the same.
const COMPARED: [u64; 2] = [317, 1_074];
const NOISE: f64 = 1.1;
/// What a pack may take before it is played or idle time fills the budget.
const MOST_MIB: f64 = 150.0;
/// How often a program is started for each figure.
const STARTS: usize = 7;
const NOTES: usize = 32;
const BLOCK: usize = 128;
/// How long each pack is played, in seconds.
const PLAYED: f64 = 3.0;

/// The table, up to the largest size that is asked for and that the disk has room for.
pub(super) fn table(scale: &Scale) -> Result<Table, Failure> {
    let title = format!(
        "Size of the pack (5 × 5 cells, 11 roots, 16 bit): a program's first sound in ms, time by the clock; {NOTES} notes \
         played from its first heads on, each block when it is due, {}, CPU time",
        scale.quality.name()
    );
    let columns = [
        "MB",
        "first sound cold, median",
        "warm, median",
        "told complete, warm",
        "most memory, MiB",
        "ns per note-frame",
        "frames missing, times",
    ];
    let mut table = Table::new("packs", title, &columns);
    let (mut starts, mut most_mib) = (Vec::new(), 0f64);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("noise.btx");
    for megabytes in SIZES.into_iter().filter(|size| *size <= scale.largest_mb) {
        // Being written, it is there twice.
        if memory::free_bytes(folder.path()).is_some_and(|free| free < 2_200_000 * megabytes) {
            eprintln!("betwixt-bench: no room for {megabytes} MB in {}: left out", folder.path().display());
            break;
        }
        let frames = (megabytes * 1_000_000 / (25 * 11 * 4)) as usize;
        Synthetic { columns: 5, rows: 5, roots: 11, frames }.write(&path, CellStorage::Pcm16)?;
        let (mut cold, mut warm, mut full, mut peak) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..STARTS {
            if memory::drop_cache(&path)? {
                cold.push(load(&path)?.first);
            }
            let loaded = load(&path)?;
            warm.push(loaded.first);
            full.push(loaded.full);
            peak.push(loaded.peak);
        }
        let (ns, missing) = play(scale, &path)?;
        let values = vec![median(&cold), median(&warm), median(&full), median(&peak), ns, missing as f64];
        if values[0].is_finite() {
            starts.push((megabytes, values[0], values[1]));
        }
        most_mib = values[3].max(most_mib);
        table.row(megabytes.to_string(), values);
    }
    let of = |size: u64| starts.iter().find(|start| start.0 == size);
    if let (Some((_, cold_317, warm_317)), Some((_, cold, warm))) = (of(COMPARED[0]), of(COMPARED[1])) {
        let [cold, warm] = [cold / cold_317, warm / warm_317];
        let what = format!(
            "{} MB no slower than {} MB, but for {:.0} % of noise (cold {cold:.2} ×, warm {warm:.2} ×)",
            COMPARED[1],
            COMPARED[0],
            100.0 * (NOISE - 1.0)
        );
        table.bar(what, cold.max(warm) <= NOISE);
    }
    table.bar(
        format!(
            "Memory of the whole program when the pack is told complete, at most {MOST_MIB} MiB (most: {most_mib:.0})"
        ),
        most_mib <= MOST_MIB,
    );
    Ok(table)
}

struct Loaded {
    first: f64,
    full: f64,
    peak: f64,
}

/// The job `load`, in a program of its own.
fn load(path: &Path) -> Result<Loaded, Failure> {
    let output = Command::new(std::env::current_exe()?).args(["load", "--json"]).arg(path).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
    }
    let value: Value = serde_json::from_slice(&output.stdout)?;
    let number = |field: &str| value[field].as_f64().unwrap_or(f64::NAN);
    Ok(Loaded { first: number("first_sound_ms"), full: number("full_ms"), peak: number("peak_rss_mib") })
}

/// Plays a chord as soon as notes can start: ns per note-frame, and how often frames were missing.
fn play(scale: &Scale, path: &Path) -> Result<(f64, u64), Failure> {
    let loading = Loader::shared().open(PackSource::File(path.into()), (0.5, 0.5), Box::new(|_| {}));
    let pack = loading.wait_playable(PATIENCE)?.ok_or("the pack takes too long to load")?;
    let mut rig = Rig::new(&pack.play, scale.quality, NOTES, BLOCK)?;
    let begun = Instant::now();
    rig.start();
    let (mut ns, blocks) = (0.0, (PLAYED * RATE_HZ) as usize / BLOCK);
    for at in 1..=blocks {
        let due = Duration::from_secs_f64(at as f64 * BLOCK as f64 / RATE_HZ);
        if let Some(wait) = due.checked_sub(begun.elapsed()) {
            std::thread::sleep(wait);
        }
        let begin = now_ns();
        rig.block();
        ns += now_ns() - begin;
    }
    let missing = rig.handle.telemetry().missing_chunks;
    Ok((ns / (blocks * BLOCK * NOTES) as f64, missing))
}
