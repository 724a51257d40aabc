//! The audio thread of the worst case: nothing is on it but what a host's would do.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use betwixt_engine::engine::Engine;

use super::score::Score;
use crate::bench::usage::Usage;
use crate::bench::{RATE_HZ, allocations, clock};

/// Its name, as `strace` and debuggers show it.
pub(super) const THREAD: &str = "betwixt-audio";
/// Additions of the yardstick: some 0.1 ms, about as long as a block of 64 voices.
const YARDSTICK: u64 = 200_000;
/// Played before anything is counted, in seconds: memory is touched for the first time.
const WARM_SECONDS: f64 = 1.0;

/// How it is played.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Frames of a block.
    pub(super) block: usize,
    /// Blocks that are measured.
    pub(super) blocks: usize,
    /// Waits until a block is due, as a sound card makes a host do; else one follows the other.
    pub(super) paced: bool,
    /// Marks the measured part by a system call at its begin and at its end, and makes no other.
    pub(super) markers: bool,
}

/// What was seen.
#[derive(Debug)]
pub(super) struct Seen {
    /// Time by the clock of each block, in µs.
    pub(super) wall_us: Vec<f32>,
    /// CPU time of each block, in µs; empty where the system has no such clock, and with markers.
    pub(super) cpu_us: Vec<f32>,
    /// Time by the clock of the yardstick after each block, in µs: always the same additions, without memory or
    /// the system. What makes these longer makes blocks longer too.
    pub(super) yardstick_us: Vec<f32>,
    pub(super) allocations: u64,
    pub(super) usage: Option<Usage>,
    /// Of the output.
    pub(super) peak: f32,
    /// Samples that are no number.
    pub(super) not_finite: usize,
    pub(super) mean_sounding: f64,
    /// Blocks for which the thread slept.
    pub(super) sleeps: usize,
}

/// Plays on this thread. `done` counts blocks, for those who look on.
pub(super) fn play(engine: &mut Engine, score: &mut Score, pace: Pace, done: &AtomicU64) -> Seen {
    let (mut left, mut right) = (vec![0.0; pace.block], vec![0.0; pace.block]);
    let warm = (WARM_SECONDS * RATE_HZ / pace.block as f64).ceil() as usize;
    let has_clock = clock::thread_ns().is_some() && !pace.markers;
    let mut seen = Seen {
        wall_us: touched(pace.blocks),
        cpu_us: touched(if has_clock { pace.blocks } else { 0 }),
        yardstick_us: touched(pace.blocks),
        allocations: 0,
        usage: None,
        peak: 0.0,
        not_finite: 0,
        mean_sounding: 0.0,
        sleeps: 0,
    };
    let mut before = None;
    seen.allocations = allocations::watched(|| {
        let mut begun = Instant::now();
        // The same loop from the start: its own code is in memory, too, when the counting begins.
        for block in 0..warm + pace.blocks {
            if block == warm {
                seen.peak = 0.0;
                before = Usage::of_this_thread();
                if pace.markers {
                    mark();
                }
                begun = Instant::now();
            }
            let at = block.checked_sub(warm);
            if let Some(at) = at.filter(|_| pace.paced) {
                let due = Duration::from_secs_f64(at as f64 * pace.block as f64 / RATE_HZ);
                if let Some(wait) = due.checked_sub(begun.elapsed()) {
                    seen.sleeps += 1;
                    std::thread::sleep(wait);
                }
            }
            let events = score.block(pace.block);
            let cpu = if has_clock { clock::thread_ns() } else { None };
            let block_begun = Instant::now();
            engine.process(&mut left, &mut right, events);
            let wall_us = block_begun.elapsed().as_secs_f64() as f32 * 1e6;
            let cpu_us = cpu.and_then(|begin| Some(((clock::thread_ns()? - begin) / 1e3) as f32));
            let yardstick_begun = Instant::now();
            let added = (0..YARDSTICK).fold(0, |sum, _| std::hint::black_box(sum + 1u64));
            let yardstick_us = yardstick_begun.elapsed().as_secs_f64() as f32 * 1e6;
            std::hint::black_box(added);
            for sample in left.iter().chain(&right) {
                seen.not_finite += usize::from(!sample.is_finite());
                seen.peak = seen.peak.max(sample.abs());
            }
            if let Some(at) = at {
                seen.wall_us[at] = wall_us;
                seen.yardstick_us[at] = yardstick_us;
                if let Some(us) = cpu_us {
                    seen.cpu_us[at] = us;
                }
                seen.mean_sounding += engine.sounding() as f64 / pace.blocks as f64;
                done.store(at as u64 + 1, Ordering::Relaxed);
            }
        }
    });
    if pace.markers {
        mark();
    }
    seen.usage = Usage::of_this_thread().zip(before).map(|(after, before)| after.since(before));
    seen
}

/// Numbers to be written over, whose memory is there already: no page of it is touched first later.
fn touched(count: usize) -> Vec<f32> {
    let mut numbers = vec![f32::NAN; count];
    std::hint::black_box(&mut numbers);
    numbers
}

/// A system call that does nothing and that nothing else here makes.
fn mark() {
    #[cfg(unix)]
    // SAFETY: takes nothing and can't fail.
    unsafe {
        libc::getppid();
    }
}
