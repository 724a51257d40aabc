//! Each step of a chunk's way out.

use std::ops::Deref;
use std::time::Duration;

use super::*;
use crate::loader::stage::{self, CHUNK_BYTES};

const CHUNKS: usize = 4;

/// Two cells of four chunks, all in memory, and what takes them out.
struct Stage {
    stage: stage::Stage,
    eviction: Eviction,
}

impl Deref for Stage {
    type Target = stage::Stage;

    fn deref(&self) -> &stage::Stage {
        &self.stage
    }
}

impl Stage {
    fn new() -> Stage {
        let stage = stage::Stage::new(2, CHUNKS, 1000);
        stage.fill_all();
        assert_eq!(stage.core.meter().bytes(), 2 * CHUNKS as u64 * CHUNK_BYTES);
        // Wanted in this order; more than a turn of the clock may lie between.
        for (cell, chunk) in (0..2).flat_map(|cell| (0..CHUNKS).map(move |chunk| (cell, chunk))) {
            stage.wanted(cell, chunk, 10_000 - (cell * CHUNKS + chunk) as u32 * 100);
        }
        Stage { stage, eviction: Eviction::default() }
    }

    /// The budget has room for all but so many chunks.
    fn lacks(&self, chunks: u64) {
        self.core.set_budget_bytes((2 * CHUNKS as u64 - chunks) * CHUNK_BYTES);
    }

    fn step(&mut self) {
        self.eviction.step(&self.stage.core, std::slice::from_ref(&self.stage.load), 0);
    }

    /// Steps until it is so; a minute is for machines under load.
    fn step_until(&mut self, what: &str, is_so: impl Fn(&Stage) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
            self.step();
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Enough of them that anything would have happened that is not waited for.
    fn steps(&mut self) {
        (0..50).for_each(|_| self.step());
    }
}

#[test]
fn nothing_leaves_within_the_budget_and_what_is_too_much_leaves_over_it() {
    let mut stage = Stage::new();
    stage.lacks(0);
    stage.steps();
    assert_eq!(stage.resident().len(), 2 * CHUNKS);
    stage.lacks(3);
    stage.step_until("the memory goes back", |stage| stage.core.meter().bytes() <= 5 * CHUNK_BYTES);
    assert_eq!(stage.load.progress().frames, (stage.resident().len() * CHUNK_FRAMES) as u64);
    stage.step_until("and no more", |stage| stage.eviction.is_done());
    assert!(stage.resident().len() >= 4, "{:?}", stage.resident());
}

#[test]
fn what_was_wanted_longest_ago_leaves_first_heads_last_and_what_is_wanted_now_not_at_all() {
    let stage = Stage::new();
    assert_eq!(stage.load.beginnings()[0].head(8 * CHUNK_FRAMES, stage.load.head_frames), 0..2);
    let left = |chunks: u64| {
        let under_way = HashSet::new();
        let leaving = oldest(stage.core.now_ms(), std::slice::from_ref(&stage.load), &under_way, chunks * CHUNK_BYTES);
        let cell = |leaving: &Leaving| (0..2).find(|cell| Arc::ptr_eq(&stage.audio(*cell), &leaving.audio)).unwrap();
        leaving.iter().map(|leaving| (cell(leaving), leaving.chunk)).collect::<Vec<_>>()
    };
    assert_eq!(left(1), [(0, 2)]);
    stage.wanted(1, 2, 20_000);
    stage.load.cells[1].wanted_ms[3].store(0, Ordering::Relaxed);
    stage.wanted(0, 1, 0);
    stage.wanted(1, 1, 140);
    assert_eq!(left(100), [(1, 3), (1, 2), (0, 3), (0, 0), (1, 0)]);
    assert_eq!(left(100), []);
    // A month ago is long ago.
    stage.wanted(1, 1, 30 * 86_400_000);
    assert_eq!(left(100), [(1, 1)]);
}

#[test]
fn an_engine_that_was_reset_is_not_waited_for_until_it_is_as_far_again() {
    let mut stage = Stage::new();
    stage.tell(1 << 40, true);
    stage.lacks(1);
    stage.steps();
    stage.tell(128, true);
    stage.step_until("it goes", |stage| stage.core.meter().bytes() < 8 * CHUNK_BYTES);
}

#[test]
fn voices_that_sound_have_2048_frames_to_fade_from_the_end_of_the_block_that_found_it_there() {
    let mut stage = Stage::new();
    let audio = stage.audio(0);
    stage.tell(10_000, true);
    let reading = stage.reader.enter();
    stage.lacks(1);
    stage.step_until("it is asked to leave", |stage| !stage.audio(0).chunk_is_resident(2));
    let is_readable = |stage: &Stage| audio.read(&stage.reader.enter(), 2 * CHUNK_FRAMES..3 * CHUNK_FRAMES).is_some();
    stage.steps();
    // However much the block renders, what comes behind it counts.
    stage.tell(20_000, true);
    stage.steps();
    drop(reading);
    stage.steps();
    stage.tell(20_000 + FADE_FRAMES - 1, true);
    stage.steps();
    assert!(is_readable(&stage), "it fades");
    stage.tell(20_000 + FADE_FRAMES, true);
    stage.step_until("it goes", |stage| stage.core.meter().bytes() < 8 * CHUNK_BYTES);
    assert!(!is_readable(&stage));
}

#[test]
fn memory_that_a_block_may_read_is_given_back_when_the_block_has_ended() {
    let mut stage = Stage::new();
    let audio = stage.audio(0);
    // Stopped by the host: it need not render more to be done with fading.
    stage.tell(0, false);
    stage.lacks(1);
    stage.step();
    let reading = stage.reader.enter();
    assert!(audio.read(&reading, 2 * CHUNK_FRAMES..3 * CHUNK_FRAMES).is_some());
    stage.step_until("it is hidden", |_| audio.read(&reading, 2 * CHUNK_FRAMES..3 * CHUNK_FRAMES).is_none());
    stage.steps();
    assert_eq!(stage.core.meter().bytes(), 8 * CHUNK_BYTES);
    drop(reading);
    // Always inside of one, but of another.
    let _next = stage.reader.enter();
    stage.step_until("it goes", |stage| stage.core.meter().bytes() < 8 * CHUNK_BYTES);
}

#[test]
fn a_chunk_that_has_come_back_does_not_leave_again_before_its_batch_is_done() {
    let mut stage = Stage::new();
    stage.tell(0, true);
    let reading = stage.reader.enter();
    stage.lacks(1);
    stage.step_until("it is asked to leave", |stage| !stage.audio(0).chunk_is_resident(2));
    assert!(stage.audio(0).let_stay(2));
    stage.wanted(0, 2, 20_000);
    // Two are on their way, for one that was too much.
    stage.lacks(3);
    stage.step_until("others are", |stage| stage.resident().len() < 7);
    stage.steps();
    assert!(stage.audio(0).chunk_is_resident(2), "the oldest, but it is under way");
    drop(reading);
    stage.tell(0, false);
    stage.lacks(8);
    stage.step_until("it may leave when its batch is done", |stage| !stage.audio(0).chunk_is_resident(2));
}

#[test]
fn what_is_on_its_way_out_stays_when_nobody_is_left_to_see_to_it() {
    let mut stage = Stage::new();
    stage.tell(0, true);
    let _reading = stage.reader.enter();
    stage.lacks(3);
    stage.step_until("they are asked to leave", |stage| stage.resident().len() < 8);
    stage.eviction = Eviction::default();
    assert_eq!(stage.resident().len(), 8);
}

#[test]
fn of_what_was_never_wanted_the_farthest_from_where_it_is_played_leaves_first() {
    for (point, farthest) in [(0.0, 1), (1.0, 0)] {
        let stage = Stage::new();
        (0..2).for_each(|cell| stage.load.cells[cell].wanted_ms[2].store(0, Ordering::Relaxed));
        stage.load.look_from(&[[point, 0.0]]);
        let leaving = oldest(stage.core.now_ms(), std::slice::from_ref(&stage.load), &HashSet::new(), 1);
        assert!(leaving.len() == 1 && Arc::ptr_eq(&leaving[0].audio, &stage.audio(farthest)), "{point}");
    }
}
