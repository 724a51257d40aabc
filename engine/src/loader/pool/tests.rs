//! The queue, with its threads' work done by hand or by one thread.

use super::*;
use crate::loader::stage::{CHUNK_BYTES, Stage};

impl Core {
    /// Does all jobs that wait.
    pub(in crate::loader) fn run_jobs(&self) {
        while self.run_job() {}
    }

    /// Does the next job. False if none waits.
    pub(in crate::loader) fn run_job(&self) -> bool {
        let next = if self.waiting() > 0 { self.next(Pace::Steady) } else { None };
        let Some(Next::Job(work)) = next else { return false };
        work();
        true
    }

    /// Frees what waits for that.
    fn clear_graves(&self) {
        let graves = std::mem::take(&mut self.queue.lock().graves);
        drop(graves);
    }

    /// Cell, chunk and key of all wishes.
    pub(in crate::loader) fn wished(&self) -> Vec<(u32, u32, u32)> {
        self.queue.lock().wishes.all().iter().map(|wish| (wish.cell, wish.chunk, wish.key)).collect()
    }
}

#[test]
fn packs_that_are_opened_together_share_what_is_loaded_at_once() {
    let first = Stage::new(4, 8, 48);
    let second = Stage::on(&first.core, 4, 8);
    assert!(first.load.lazy.lock().is_empty() && !second.load.lazy.lock().is_empty());
    let planned = first.core.promised_bytes() / CHUNK_BYTES;
    assert!((32..=48).contains(&planned), "{planned}");
    // The jobs of one that nobody holds do nothing.
    let (core, load) = (first.core.clone(), first.load.clone());
    drop(first);
    core.clear_graves();
    assert!(load.play().is_none() && core.promised_bytes() < 32 * CHUNK_BYTES);
    let third = Stage::on(&core, 4, 8);
    assert!(third.load.lazy.lock().is_empty());
    core.run_jobs();
    assert_eq!(third.resident().len(), 32);
    assert_eq!(core.promised_bytes(), core.meter().bytes());
}

#[test]
fn what_a_bounce_waits_for_wakes_a_thread() {
    let stage = Stage::new(2, 4, 0);
    let core = stage.core.clone();
    let thread = std::thread::spawn(move || core.work(Pace::Live));
    // Time for it to fall asleep.
    std::thread::sleep(Duration::from_millis(100));
    stage.core.fetch(&stage.play, 1, 2);
    let begun = Instant::now();
    while stage.resident() != [(1, 2)] && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let is_there = stage.resident() == [(1, 2)];
    stage.core.queue.lock().stop = true;
    stage.core.wake.notify_all();
    thread.join().unwrap();
    assert!(is_there);
}

#[test]
fn memory_goes_back_after_the_budget_was_lowered_though_nothing_else_happens() {
    let stage = Stage::new(2, 4, 1000);
    stage.core.run_jobs();
    let core = stage.core.clone();
    let thread = std::thread::spawn(move || core.keep());
    std::thread::sleep(Duration::from_millis(100));
    let all = stage.core.meter().bytes();
    stage.core.set_budget_bytes(all / 2);
    let begun = Instant::now();
    while stage.core.meter().bytes() > all / 2 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let left = stage.core.meter().bytes();
    stage.core.queue.lock().stop = true;
    stage.core.wake_keeper.notify_all();
    thread.join().unwrap();
    assert!(left <= all / 2, "{left} bytes of {all}");
}

#[test]
fn a_pack_that_has_failed_and_is_opened_again_still_brings_what_is_played_of_it() {
    let stage = Stage::new(2, 4, 1000);
    stage.load.fail(crate::pack::PackError::Abandoned);
    let again = crate::loader::PackSource::File(stage.load.reader.path().unwrap().into());
    let listener = crate::loader::load::Listener::new(Box::new(|_| {}));
    crate::loader::plan::open(&Arc::downgrade(&stage.core), &again, (0.0, 0.0).into(), &Arc::downgrade(&listener));
    let loads = stage.core.living_loads();
    assert!(loads.len() == 2 && loads.iter().any(|load| Arc::ptr_eq(load, &stage.load)));
    stage.core.fetch(&stage.play, 1, 3);
    assert_eq!(stage.core.wished(), [(1, 3, 0)]);
    // One that has not failed is shared.
    let third = crate::loader::load::Listener::new(Box::new(|_| {}));
    crate::loader::plan::open(&Arc::downgrade(&stage.core), &again, (0.0, 0.0).into(), &Arc::downgrade(&third));
    assert_eq!(stage.core.living_loads().len(), 2);
}

#[test]
fn a_pack_opens_before_what_sounds_but_for_the_threads_that_do_nothing_else() {
    let stage = Stage::new(2, 4, 0);
    stage.core.run_jobs();
    let stop = |stage: &Stage| stage.core.queue.lock().stop = true;
    for (pace, jobs_first) in [(Pace::Live, false), (Pace::Swift, true), (Pace::Steady, true)] {
        for rank in [Rank::OPEN, Rank::NEAR_HEAD, Rank::head(0), Rank::body(0)] {
            stage.core.submit(vec![(rank, Box::new(|| {}))]);
            stage.core.fetch(&stage.play, 1, 3);
            let is_job = |next: &Option<Next>| matches!(next, Some(Next::Job(_)));
            let first = stage.core.next(pace);
            assert_eq!(is_job(&first), jobs_first && rank.is_first(), "{pace:?} {rank:?}");
            if let Some(Next::Wishes(wishes)) = &first {
                stage.core.queue.lock().wishes.done(wishes);
            }
            // What is left.
            let mut queue = stage.core.queue.lock();
            assert!(queue.jobs.len() + queue.wishes.all().len() == 1);
            queue.jobs.clear();
            queue.wishes = Wishes::default();
        }
    }
    stop(&stage);
}
