//! Packs come and go while notes sound.

use std::sync::Arc;

use betwixt_engine::engine::{Engine, EngineConfig};
use betwixt_engine::params::Param;

use crate::measure::{bend, peak};
use crate::stage::{RATE, Stage, cell_f32, key, off, on, ones, sine, single};

#[test]
fn sounding_notes_keep_their_pack_and_new_notes_play_the_new_one() {
    let (first, second) = (ones(0.1), ones(0.5));
    let mut stage = Stage::new(&first).with(Param::Release, 0.01);
    stage.play(1000, &[(0, on(60, 1.0))]);
    stage.handle.send_pack(second.clone()).unwrap();
    stage.play(1000, &[(500, on(62, 1.0))]);
    assert_eq!(stage.left[1400], 0.1);
    assert!((stage.left[1999] - 0.6).abs() < 1e-4);
    assert_eq!(stage.handle.collect_garbage(), 0, "the old one still sounds");
    stage.play(2000, &[(0, off(60))]);
    assert_eq!(stage.handle.collect_garbage(), 1);
    assert_eq!(Arc::strong_count(&first), 1);
    assert_eq!(Arc::strong_count(&second), 2);
}

#[test]
fn more_packs_than_places_fade_the_oldest_softly() {
    let pack = || single(cell_f32(96_000, sine(100.0, 0.1)), true);
    let mut stage = Stage::new(&pack()).with(Param::Attack, 0.01);
    stage.play(1000, &[(0, on(60, 1.0))]);
    for _ in 0..10 {
        stage.handle.send_pack(pack()).unwrap();
        stage.play(1000, &[(300, on(60, 1.0))]);
    }
    assert!(bend(&stage.left) < 0.003, "{}", bend(&stage.left));
    assert!(stage.handle.collect_garbage() >= 7);
    assert!(stage.engine.sounding() <= 5);
}

#[test]
fn a_full_garbage_ring_loses_nothing() {
    let mut stage = Stage::new(&ones(0.1));
    let mut packs = Vec::new();
    for _ in 0..200 {
        let pack = ones(0.1);
        if stage.handle.send_pack(pack.clone()).is_ok() {
            packs.push(pack);
        }
        stage.play(64, &[]);
    }
    while stage.handle.collect_garbage() > 0 {
        stage.play(64, &[]);
    }
    let held = packs.iter().filter(|p| Arc::strong_count(p) > 1).count();
    assert_eq!(held, 1, "all came back but the current one");
}

#[test]
fn keys_that_are_down_before_the_pack_begin_when_it_comes() {
    let (engine, handle) = Engine::new(EngineConfig { sample_rate_hz: RATE, max_block_frames: 128, seed: 0 });
    let mut stage = Stage::of(engine, handle);
    stage.play(1000, &[(5, on(60, 1.0)), (6, on(64, 1.0)), (7, on(67, 1.0)), (500, off(64))]);
    assert_eq!((peak(&stage.left), stage.engine.sounding()), (0.0, 0));
    assert_eq!(stage.ended, [(500, key(64))], "a key that was let go has had its note");
    stage.handle.send_pack(ones(0.1)).unwrap();
    stage.play(1000, &[]);
    assert!(stage.left[1000] > 0.15, "both keys sound from the first frame on: {}", stage.left[1000]);
    assert_eq!(stage.engine.sounding(), 2);
    // Later packs start nothing again.
    stage.handle.send_pack(ones(0.1)).unwrap();
    stage.play(1000, &[]);
    assert_eq!(stage.engine.sounding(), 2);
}

#[test]
fn a_mono_line_begins_with_the_newest_of_the_keys_that_waited() {
    for mode in [1.0, 2.0] {
        let (engine, handle) = Engine::new(EngineConfig { sample_rate_hz: RATE, max_block_frames: 128, seed: 0 });
        let mut stage = Stage::of(engine, handle).with(Param::Mode, mode);
        stage.play(1000, &[(5, on(60, 1.0)), (6, on(64, 1.0))]);
        stage.handle.send_pack(ones(0.1)).unwrap();
        stage.play(1000, &[]);
        assert!((stage.left[1999] - 0.1).abs() < 1e-4);
        assert_eq!(stage.engine.sounding(), 1);
    }
}
