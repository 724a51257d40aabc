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
    })
    .unwrap();
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
fn the_edges_of_a_hole_are_soft_at_any_pitch() {
    for key in 40..=80 {
        let pack = pack(1, 1, vec![note(60, vec![cell(|c| c != 3)])]);
        let mut stage = Stage::new(&pack);
        let ratio = ((f64::from(key) - 60.0) / 12.0).exp2();
        stage.play(((FRAMES - 100) as f64 / ratio) as usize, &[(0, on(key, 1.0))]);
        // The stream is mixed in eights: a step of the fade may be half as long as the others.
        let most = (2.0 * KINK).max(1.3 * still() * ratio * ratio);
        assert!(bend(&stage.left[100..]) < most, "key {key}: {} against {most}", bend(&stage.left[100..]));
    }
}

#[test]
fn the_nearest_cell_that_is_there_carries_the_note_until_the_wanted_one_comes() {
    // Three in a row; the point jumps to the last, which is late, and the middle one is missing too.
    let late = [cell(|_| false), cell(|_| false)];
    let pack = pack(3, 1, vec![note(60, vec![cell(|_| true), late[0].clone(), late[1].clone()])]);
    let mut stage = Stage::new(&pack).with(Param::X, 0.0);
    stage.play(6000, &[(0, on(60, 1.0)), (2000, set(Param::X, 1.0))]);
    assert!(rms(&stage.left[2500..]) > 0.3, "the first cell goes on");
    (0..8).for_each(|c| fill(&late[1], c));
    stage.play(6000, &[]);
    assert!(rms(&stage.left[10_000..]) > 0.3);
    // All sound the same tone: nothing is to be heard of the change.
    assert!(bend(&stage.left[100..]) < 1.01 * still(), "{} against {}", bend(&stage.left[100..]), still());
    let origins = stage.handle.telemetry().origins;
    assert!(origins.silent < 0.01, "{origins:?}");
    assert!(origins.nearby > 3900.0 && origins.wanted > 7000.0, "{origins:?}");
}

#[test]
fn corners_that_are_there_make_up_for_one_that_is_late() {
    for coherent in [true, false] {
        let mut played = note(60, vec![cell(|_| true), cell(|c| c < 2), cell(|_| true), cell(|_| true)]);
        played.coherent = coherent;
        let pack = pack(2, 2, vec![played]);
        let mut stage = Stage::new(&pack).with(Param::X, 0.5).with(Param::Y, 0.5);
        stage.play(FRAMES - 100, &[(0, on(60, 1.0))]);
        let level = |chunk: usize| rms(&stage.left[chunk * CHUNK_FRAMES..(chunk + 1) * CHUNK_FRAMES]);
        // Of tones that are alike the power law makes 3/√3 for 4/√4.
        let expected = if coherent { 1.0 } else { 3f64.sqrt() / 2.0 };
        assert!((level(4) / level(0) - expected).abs() < 0.01, "{} for {expected}", level(4) / level(0));
        let most = if coherent { 1.1 * still() } else { KINK };
        assert!(bend(&stage.left[100..]) < most, "{} against {most}", bend(&stage.left[100..]));
    }
}

#[test]
fn where_nothing_is_there_it_is_silent_and_comes_with_the_first_that_is() {
    let late = [cell(|_| false), cell(|_| false)];
    let pack = pack(2, 1, vec![note(60, late.to_vec())]);
    let mut stage = Stage::new(&pack).with(Param::X, 0.0);
    stage.play(2000, &[(0, on(60, 1.0))]);
    assert_eq!(peak(&stage.left), 0.0);
    (0..8).for_each(|c| fill(&late[1], c));
    stage.play(4000, &[]);
    assert!(rms(&stage.left[3000..]) > 0.3, "another cell than the wanted one");
    assert!(bend(&stage.left) < KINK, "{} against {KINK}", bend(&stage.left));
    let origins = stage.handle.telemetry().origins;
    assert!((1900.0..2200.0).contains(&origins.silent) && origins.wanted == 0.0, "{origins:?}");
}

#[test]
fn what_is_farther_than_512_cells_is_not_looked_for() {
    // All cells are late but one; the point is in a corner, and 22 × 22 cells round it are 484.
    let heard = |column: usize| {
        let (here, late) = (cell(|_| true), cell(|_| false));
        let mut cells = vec![late; 33 * 33];
        cells[33 * column + column] = here;
        let pack = pack(33, 33, vec![note(60, cells)]);
        let mut stage = Stage::new(&pack).with(Param::X, 0.0).with(Param::Y, 0.0);
        stage.play(2000, &[(0, on(60, 1.0))]);
        peak(&stage.left) > 0.1
    };
    assert!(heard(21) && !heard(23), "a bound on what a cold pack costs a block");
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
