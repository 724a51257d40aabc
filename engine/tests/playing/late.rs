//! Frames that the loader has not brought yet.

use std::sync::Arc;
use std::time::Duration;

use betwixt_engine::params::Param;
use betwixt_engine::resident::{CHUNK_FRAMES, CellAudio, Storage};

use crate::measure::{bend, peak, rms};
use crate::stage::{Stage, note, on, pack, set};

const FRAMES: usize = 8 * CHUNK_FRAMES;

fn fill(cell: &CellAudio, chunk: usize) {
    let start = cell.chunk_range(chunk).start;
    cell.fill_f32(chunk, |out| {
        for (i, frame) in out.iter_mut().enumerate() {
            *frame = [(0.5 * (std::f64::consts::TAU * 200.0 * (start + i) as f64 / 48_000.0).sin()) as f32; 2];
        }
    });
}

fn cell(resident: impl Fn(usize) -> bool) -> Arc<CellAudio> {
    let cell = CellAudio::reserve(Storage::F32, FRAMES).unwrap();
    (0..8).filter(|c| resident(*c)).for_each(|c| fill(&cell, c));
    Arc::new(cell)
}

/// The kink at the ends of a straight fade of 2 ms, and some.
const KINK: f64 = 1.3 * 0.5 / 96.0;

/// The steepest bend of the tone itself.
fn still() -> f64 {
    0.5 * (std::f64::consts::TAU * 200.0 / 48_000.0).powi(2)
}

#[test]
fn a_missing_chunk_is_silence_with_soft_edges_and_is_counted() {
    let pack = pack(1, 1, vec![note(60, vec![cell(|c| c != 3)])]);
    let mut stage = Stage::new(&pack);
    stage.play(FRAMES - 100, &[(0, on(60, 1.0))]);
    let hole = 3 * CHUNK_FRAMES..4 * CHUNK_FRAMES;
    assert!(peak(&stage.left[hole.clone()]) < 1e-6, "{}", peak(&stage.left[hole]));
    assert!(bend(&stage.left) < KINK, "no click: {} against {KINK}", bend(&stage.left));
    assert!(rms(&stage.left[2 * CHUNK_FRAMES..3 * CHUNK_FRAMES - 300]) > 0.3, "it plays up to 3 ms before");
    assert!(rms(&stage.left[4 * CHUNK_FRAMES + 300..5 * CHUNK_FRAMES]) > 0.3, "and from 3 ms after");
    assert_eq!(stage.handle.telemetry().missing_chunks, 1);
}

#[test]
fn a_jump_to_a_cell_that_is_late_waits_in_silence_and_then_fades_in() {
    let late = cell(|_| false);
    let pack = pack(2, 1, vec![note(60, vec![cell(|_| true), late.clone()])]);
    let mut stage = Stage::new(&pack).with(Param::X, 0.0);
    stage.play(6000, &[(0, on(60, 1.0)), (2000, set(Param::X, 1.0))]);
    (0..8).for_each(|c| fill(&late, c));
    stage.play(6000, &[]);
    assert!(rms(&stage.left[10_000..]) > 0.3);
    assert!(bend(&stage.left) < KINK, "{} against {KINK}", bend(&stage.left));
    assert!(stage.handle.telemetry().missing_chunks > 0);
}

#[test]
fn a_bounce_waits_for_the_loader() {
    let late = cell(|c| c == 0);
    let pack = pack(1, 1, vec![note(60, vec![late.clone()])]);
    let mut stage = Stage::new(&pack);
    stage.engine.set_offline(true);
    let loader = std::thread::spawn(move || {
        for chunk in 1..8 {
            std::thread::sleep(Duration::from_millis(10));
            fill(&late, chunk);
        }
    });
    stage.play(FRAMES - 100, &[(0, on(60, 1.0))]);
    loader.join().unwrap();
    assert!(bend(&stage.left) < 1.5 * still());
    assert_eq!(stage.handle.telemetry().missing_chunks, 0);
}

#[test]
fn a_bounce_does_not_wait_for_what_will_never_come() {
    let lost = cell(|c| c == 0);
    assert!(lost.give_up());
    let pack = pack(1, 1, vec![note(60, vec![lost])]);
    let mut stage = Stage::new(&pack);
    stage.engine.set_offline(true);
    let begun = std::time::Instant::now();
    stage.play(FRAMES - 100, &[(0, on(60, 1.0))]);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(peak(&stage.left[CHUNK_FRAMES..]) < 1e-6);
}
