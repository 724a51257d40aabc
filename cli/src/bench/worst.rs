//! `betwixt-bench worst`: how long the longest blocks take when everything happens at once.
//!
//! An audio thread of its own plays [`score`], while this thread does what a plugin does beside it:
//! opens other packs, hands them over, frees old ones. Packs swap at a third and at two thirds: from
//! 16-bit WAV to FLAC, and to float.

mod audio;
mod score;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use betwixt_engine::engine::EngineHandle;
use betwixt_engine::loader::{LoadHandle, LoadedPack, Loader, PackSource};
use betwixt_engine::pack::CellStorage;
use betwixt_engine::params::Param;
use clap::Args;
use serde_json::json;

use super::spread::Shares;
use super::synthetic::Synthetic;
use super::{Path as SimdPath, Quality, RATE_HZ, allocations, engine};
use crate::number::between;
use crate::{Outcome, output};
use audio::{Pace, Seen};
use score::Score;

/// p99.9 of the block times at 64 voices, as a share of the deadline: at most.
const BAR: f64 = 0.25;
/// The packs, in the order in which they are played: 26 MB each as 16 bit.
const PACK: Synthetic = Synthetic { columns: 5, rows: 5, roots: 11, frames: 24_000 };
const STORAGES: [CellStorage; 3] = [CellStorage::Pcm16, CellStorage::Flac, CellStorage::Float];
const PATIENCE: Duration = Duration::from_secs(60);
/// How often this thread looks at what the audio thread has done.
const LOOK: Duration = Duration::from_millis(5);

/// Play all voices with everything in motion, and tell how block times lie
#[derive(Debug, Args)]
pub struct Worst {
    /// Length of what is played, in seconds of music
    #[arg(long, default_value_t = 600.0, value_parser = between(0.001, 36_000.0))]
    seconds: f64,
    /// Voices
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=128))]
    voices: u64,
    /// Frames of a block
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u64).range(1..=65536))]
    block: u64,
    /// Quality of pitch shifting
    #[arg(long, value_enum, default_value_t = Quality::Normal)]
    quality: Quality,
    /// A low-pass filter on every voice
    #[arg(long)]
    filter: bool,
    /// Beside as many threads as there are cores that never rest, at normal priority
    #[arg(long)]
    busy: bool,
    /// Wait until each block is due, as in a host, instead of playing as fast as possible
    #[arg(long)]
    paced: bool,
    /// Ask the system for the priority that hosts give their audio threads
    #[arg(long)]
    realtime: bool,
    /// Make no system call but two getppid, before the first and after the last block: for strace
    #[arg(long, conflicts_with = "paced")]
    markers: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Worst {
    /// Runs the command.
    ///
    /// # Errors
    /// When the packs can't be made or loaded, or a thread can't be started.
    pub fn run(self) -> Outcome {
        let folder = tempfile::tempdir().map_err(|e| format!("no folder for packs could be made: {e}"))?;
        let mut paths = Vec::new();
        for (at, storage) in STORAGES.into_iter().enumerate() {
            let path = folder.path().join(format!("{at}.btx"));
            PACK.write(&path, storage)?;
            paths.push(path);
        }
        let block = self.block as usize;
        let pace = Pace {
            block,
            blocks: ((self.seconds * RATE_HZ / block as f64).ceil() as usize).max(1),
            paced: self.paced,
            markers: self.markers,
        };
        let (seen, swaps, missing) = self.play(&paths, pace)?;
        self.report(seen, pace, swaps, missing)
    }

    /// Plays, and returns what was seen, how many packs were handed back, and how often frames were missing.
    fn play(&self, paths: &[PathBuf], pace: Pace) -> Result<(Seen, usize, u64), Box<dyn std::error::Error>> {
        let (mut engine, mut handle) = engine(self.quality, SimdPath::Auto.find()?, pace.block);
        for (param, value) in [(Param::Voices, self.voices as f64), (Param::Release, 0.2), (Param::Attack, 0.005)] {
            engine.set_param(param, value);
        }
        if self.filter {
            for (param, value) in [(Param::Filter, 1.0), (Param::Cutoff, 4000.0), (Param::Resonance, 30.0)] {
                engine.set_param(param, value);
            }
        }
        let mut swap = Swap::begin(paths);
        swap.open();
        swap.hand_over(&mut handle, true, PATIENCE)?;

        let mut score = Score::new(self.voices as usize, pace.block);
        let (done, over) = (AtomicU64::new(0), AtomicBool::new(false));
        let (realtime, busy) = (self.realtime, self.busy);
        let (seen, garbage) = std::thread::scope(|scope| -> Result<_, Box<dyn std::error::Error>> {
            if busy {
                for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                    scope.spawn(|| {
                        while !over.load(Ordering::Relaxed) {
                            std::hint::spin_loop();
                        }
                    });
                }
            }
            // Whatever happens, those threads come to rest.
            let _rest = Finally(&over);
            let audio = std::thread::Builder::new().name(audio::THREAD.into());
            let (engine, score, progress) = (&mut engine, &mut score, &done);
            let audio = audio.spawn_scoped(scope, move || {
                let granted = !realtime || ask_for_realtime();
                (audio::play(engine, score, pace, progress), granted)
            })?;
            let mut garbage = 0;
            while !audio.is_finished() {
                let at = done.load(Ordering::Relaxed) as usize;
                if swap.opened < paths.len() && at >= pace.blocks * swap.opened / paths.len() {
                    swap.open();
                }
                // Music that runs faster than time would outrun the loader.
                swap.hand_over(&mut handle, !pace.paced, Duration::ZERO)?;
                garbage += handle.collect_garbage();
                std::thread::sleep(LOOK);
            }
            let (seen, granted) = audio.join().map_err(|_| "the audio thread panicked")?;
            if !granted {
                eprintln!("betwixt-bench: the system grants no realtime priority; played at the usual one");
            }
            Ok((seen, garbage))
        })?;
        let garbage = garbage + handle.collect_garbage();
        let missing = handle.telemetry().missing_chunks;
        Ok((seen, garbage, missing))
    }

    fn report(&self, mut seen: Seen, pace: Pace, swaps: usize, missing: u64) -> Outcome {
        let deadline_us = pace.block as f64 / RATE_HZ * 1e6;
        let wall = Shares::of(&mut seen.wall_us, deadline_us);
        let cpu = (!seen.cpu_us.is_empty()).then(|| Shares::of(&mut seen.cpu_us, deadline_us));
        let yardstick = Shares::of(&mut seen.yardstick_us, deadline_us);
        let counted = allocations::is_counting().then_some(seen.allocations);
        if seen.not_finite > 0 || seen.peak == 0.0 {
            return Err(format!("the output is no sound: {} samples are no number", seen.not_finite).into());
        }
        let report = json!({
            "job": "worst",
            "version": env!("CARGO_PKG_VERSION"),
            "quality": self.quality.name(),
            "voices": self.voices,
            "mean_sounding": seen.mean_sounding,
            "block": pace.block,
            "seconds": self.seconds,
            "filter": self.filter,
            "busy": self.busy,
            "paced": self.paced,
            "realtime": self.realtime,
            "deadline_us": deadline_us,
            "wall": wall.json(),
            "cpu": cpu.map(Shares::json),
            "yardstick": yardstick.json(),
            "bar_p99.9": BAR,
            "swaps": swaps,
            "missing_chunks": missing,
            "allocations": counted,
            "usage": seen.usage.map(super::usage::Usage::json),
            "sleeps": seen.sleeps,
            "peak": seen.peak,
        });
        if self.json {
            output::json_line(&report)?;
            return Ok(());
        }
        output::text(&self.text(&seen, (wall, cpu, yardstick), swaps, missing, counted))?;
        Ok(())
    }

    fn text(
        &self,
        seen: &Seen,
        (wall, cpu, yardstick): (Shares, Option<Shares>, Shares),
        swaps: usize,
        missing: u64,
        allocations: Option<u64>,
    ) -> String {
        let mut how =
            vec![format!("{} voices ({:.1} sounding), {}", self.voices, seen.mean_sounding, self.quality.name())];
        how.extend(self.filter.then(|| "filtered".to_owned()));
        how.push(format!("{:.0} s of music in blocks of {}", self.seconds, self.block));
        how.push(if self.paced { "each block when it is due" } else { "block after block" }.to_owned());
        how.extend(self.realtime.then(|| "realtime priority".to_owned()));
        how.push(if self.busy { "beside busy threads" } else { "alone" }.to_owned());
        let mut text = format!(
            "{}.\n\n| share of the deadline | p50 | p99 | p99.9 | max |\n|---|---:|---:|---:|---:|\n",
            how.join(", ")
        );
        text += &format!("| by the clock | {} |\n", wall.cells());
        if let Some(cpu) = cpu {
            text += &format!("| CPU time of the thread | {} |\n", cpu.cells());
        }
        text += &format!("| always the same additions, between blocks | {} |\n", yardstick.cells());
        let verdict = if wall.p999 <= BAR { "holds" } else { "FAILS" };
        text += &format!("\np99.9 by the clock at most {:.0} %: {verdict}.\n", 100.0 * BAR);
        let allocations = allocations.map_or_else(|| "not counted".to_owned(), |count| count.to_string());
        text += &format!("\nOn the audio thread: {allocations} allocations");
        if let Some(usage) = seen.usage {
            text += &format!(
                ", {} minor and {} major page faults, {} voluntary switches ({} sleeps until the next block), {} involuntary",
                usage.minor_faults,
                usage.major_faults,
                usage.voluntary_switches,
                seen.sleeps,
                usage.involuntary_switches
            );
        }
        text += &format!(". {swaps} packs were swapped and came back; frames were missing {missing} times.\n");
        text
    }
}

/// Sets a flag when it goes.
struct Finally<'a>(&'a AtomicBool);

impl Drop for Finally<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Packs on their way to the engine, one after the other. Only the newest is held.
struct Swap<'a> {
    paths: &'a [PathBuf],
    opened: usize,
    handed_over: usize,
    loading: Option<LoadHandle>,
    pack: Option<Arc<LoadedPack>>,
}

impl<'a> Swap<'a> {
    fn begin(paths: &'a [PathBuf]) -> Swap<'a> {
        Swap { paths, opened: 0, handed_over: 0, loading: None, pack: None }
    }

    /// Begins to load the next pack.
    fn open(&mut self) {
        if let Some(path) = self.paths.get(self.opened) {
            let source = PackSource::File(path.clone());
            self.loading = Some(Loader::shared().open(source, (0.5, 0.5), Box::new(|_| {})));
            self.opened += 1;
        }
    }

    /// Gives the engine the newest pack, as soon as notes can start (`whole`: all of it is there), and
    /// lets go of the one before.
    fn hand_over(&mut self, handle: &mut EngineHandle, whole: bool, patience: Duration) -> Outcome {
        let Some(loading) = self.loading.as_ref().filter(|_| self.handed_over < self.opened) else { return Ok(()) };
        if whole && !loading.wait_complete(patience)? {
            return if patience > Duration::ZERO { Err("a pack takes too long to load".into()) } else { Ok(()) };
        }
        if let Some(pack) = loading.wait_playable(patience)? {
            handle.send_pack(pack.play.clone()).map_err(|_| "the engine takes no pack")?;
            self.pack = Some(pack);
            self.handed_over += 1;
        } else if patience > Duration::ZERO {
            return Err("a pack takes too long to load".into());
        }
        Ok(())
    }
}

/// Whether this thread now runs before all that is not realtime.
fn ask_for_realtime() -> bool {
    #[cfg(target_os = "linux")]
    {
        let param = libc::sched_param { sched_priority: 50 };
        // SAFETY: the pointer is to a whole sched_param; 0 is this thread.
        unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const param) == 0 }
    }
    #[cfg(not(target_os = "linux"))]
    false
}
