//! The audio thread never allocates or frees: everything is played under an allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use betwixt_engine::engine::{Engine, EngineConfig, EngineHandle};
use betwixt_engine::event::{Event, EventKind, Expression, NoteAddress, NoteRef};
use betwixt_engine::params::Param;
use betwixt_engine::resident::{CHUNK_FRAMES, CellAudio, LoopFrames, PlayNote, PlayPack, Storage};

struct Counting;

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static TOUCHED: Cell<usize> = const { Cell::new(0) };
}

fn touched() {
    if WATCHED.try_with(Cell::get).unwrap_or(false) {
        TOUCHED.with(|t| t.set(t.get() + 1));
    }
}

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        touched();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        touched();
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often the allocator was called.
fn watched(act: impl FnOnce()) -> usize {
    TOUCHED.set(0);
    WATCHED.set(true);
    act();
    WATCHED.set(false);
    TOUCHED.get()
}

fn cell(c: usize, storage: Storage) -> Arc<CellAudio> {
    let value = |i: usize| ((i * (c + 3)) % 200) as f32 / 200.0 - 0.5;
    let frames = 2 * CHUNK_FRAMES;
    Arc::new(match storage {
        Storage::F32 => CellAudio::from_f32(&(0..frames).map(|i| [value(i); 2]).collect::<Vec<_>>()).unwrap(),
        // The second chunk of these never comes.
        Storage::I16 => {
            let cell = CellAudio::reserve(Storage::I16, frames).unwrap();
            cell.fill_i16(0, |out| out.fill([1000, -1000])).unwrap();
            cell
        }
    })
}

fn pack() -> Arc<PlayPack> {
    let note = |root: u8, looped: bool| PlayNote {
        root,
        keys: (root - 12, root + 11),
        velocities: (1, 127),
        tune_cents: 3.0,
        frames: 2 * CHUNK_FRAMES,
        loop_frames: looped.then_some(LoopFrames { start: 100, end: 8000 }),
        coherent: looped,
        cells: (0..9).map(|c| cell(c, if c % 3 == 0 { Storage::I16 } else { Storage::F32 })).collect(),
    };
    Arc::new(PlayPack::new(3, 3, 44_100.0, vec![note(48, true), note(72, false)]))
}

fn block(engine: &mut Engine, events: &[Event]) -> usize {
    let (mut left, mut right) = ([0f32; 128], [0f32; 128]);
    let mut outside = false;
    let count = watched(|| {
        engine.process(&mut left, &mut right, events);
        outside = engine.ended().len() > 100_000 || engine.sounding() > 100_000;
    });
    assert!(!outside && left.iter().chain(&right).all(|v| v.is_finite()));
    count
}

fn stage() -> (Engine, EngineHandle) {
    let (engine, mut handle) = Engine::new(EngineConfig { sample_rate_hz: 48_000.0, max_block_frames: 128, seed: 0 });
    handle.send_pack(pack()).unwrap();
    (engine, handle)
}

fn now(kind: EventKind) -> Event {
    Event { frame: 17, kind }
}

fn on(id: i32, key: u8) -> Event {
    now(EventKind::NoteOn { note: NoteRef { id, channel: 0, key }, velocity: 0.8 })
}

#[test]
fn the_allocator_is_watched() {
    assert_eq!(watched(|| drop(std::hint::black_box(vec![1, 2, 3]))), 2);
}

#[test]
fn stealing_hundreds_of_notes() {
    let (mut engine, _handle) = stage();
    for n in 0..600 {
        let events = [on(n, (n % 128) as u8), on(n + 1000, ((n + 7) % 128) as u8)];
        assert_eq!(block(&mut engine, &events), 0, "note {n}");
    }
}

#[test]
fn every_parameter_at_every_end() {
    let (mut engine, _handle) = stage();
    for param in Param::all() {
        for value in [0.0, 1.0, 0.37, 2.0, -1.0] {
            let events = [
                on(1, 60),
                now(EventKind::Param { param, value: param.denormalise(value) }),
                now(EventKind::ParamMod { param, offset: value as f32 - 0.5 }),
                now(EventKind::NoteMod { to: NoteAddress::default(), param, offset: value as f32 }),
            ];
            assert_eq!(block(&mut engine, &events), 0, "{}", param.id());
            for _ in 0..5 {
                assert_eq!(block(&mut engine, &[]), 0, "{}", param.id());
            }
        }
    }
}

#[test]
fn every_controller_mode_and_expression() {
    let (mut engine, _handle) = stage();
    for mode in 0..3 {
        engine.set_param(Param::Mode, f64::from(mode));
        for controller in 0..128 {
            for value in [1.0, 0.0] {
                let to = NoteAddress { key: Some(60), ..NoteAddress::default() };
                let events = [
                    on(1, 60),
                    on(2, 64),
                    now(EventKind::ControlChange { channel: 0, controller, value }),
                    now(EventKind::PitchBend { channel: 0, value }),
                    now(EventKind::ChannelPressure { channel: 0, value }),
                    now(EventKind::PolyPressure { to, value }),
                    now(EventKind::NoteExpression { to, expression: Expression::Tuning, value }),
                    now(EventKind::NoteOff { to }),
                    now(EventKind::Choke { to: NoteAddress::default() }),
                ];
                assert_eq!(block(&mut engine, &events), 0, "CC {controller}");
            }
        }
    }
}

#[test]
fn packs_come_and_go() {
    let (mut engine, mut handle) = stage();
    for n in 0..40 {
        let _ = handle.send_pack(pack());
        assert_eq!(block(&mut engine, &[on(n, 60)]), 0, "pack {n}");
        for _ in 0..3 {
            assert_eq!(block(&mut engine, &[]), 0);
        }
        if n % 5 == 0 {
            handle.collect_garbage();
        }
        let _ = handle.telemetry();
    }
    let mut reset = 0;
    reset += watched(|| engine.reset());
    reset += watched(|| engine.set_param(Param::X, 0.3));
    assert_eq!(reset, 0);
}
