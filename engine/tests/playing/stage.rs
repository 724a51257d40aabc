//! An engine on a stage: packs from formulas, events by time, output as vectors.

use std::sync::Arc;

use betwixt_engine::engine::{EndedNote, Engine, EngineConfig, EngineHandle};
use betwixt_engine::event::{Event, EventKind, NoteAddress, NoteRef};
use betwixt_engine::params::Param;
use betwixt_engine::resident::{CellAudio, LoopFrames, PlayNote, PlayPack};

pub(crate) const RATE: f64 = 48_000.0;

/// A cell from a formula of the frame, 16 bit.
pub(crate) fn cell_i16(frames: usize, f: impl Fn(usize) -> [f64; 2]) -> Arc<CellAudio> {
    let data: Vec<[i16; 2]> = (0..frames).map(|i| f(i).map(|v| (v * 32767.0).round() as i16)).collect();
    Arc::new(CellAudio::from_i16(&data).unwrap())
}

/// A cell from a formula of the frame, float.
pub(crate) fn cell_f32(frames: usize, f: impl Fn(usize) -> [f64; 2]) -> Arc<CellAudio> {
    let data: Vec<[f32; 2]> = (0..frames).map(|i| f(i).map(|v| v as f32)).collect();
    Arc::new(CellAudio::from_f32(&data).unwrap())
}

/// Repeatable noise, −1…1.
pub(crate) fn noise(seed: usize, i: usize) -> f64 {
    let mut x = (seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (i as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 32;
    (x >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

pub(crate) fn sine(hz: f64, amplitude: f64) -> impl Fn(usize) -> [f64; 2] {
    move |i| [amplitude * (std::f64::consts::TAU * hz * i as f64 / RATE).sin(); 2]
}

/// One note for all keys.
pub(crate) fn note(root: u8, cells: Vec<Arc<CellAudio>>) -> PlayNote {
    PlayNote {
        root,
        keys: (0, 127),
        velocities: (1, 127),
        tune_cents: 0.0,
        frames: cells[0].frames(),
        loop_frames: None,
        coherent: true,
        cells: cells.into(),
    }
}

pub(crate) fn pack(columns: usize, rows: usize, notes: Vec<PlayNote>) -> Arc<PlayPack> {
    Arc::new(PlayPack::new(columns, rows, RATE, notes))
}

/// A single cell at key 60, looped over its whole length if asked.
pub(crate) fn single(cell: Arc<CellAudio>, looped: bool) -> Arc<PlayPack> {
    let frames = cell.frames();
    let loop_frames = looped.then_some(LoopFrames { start: 0, end: frames });
    pack(1, 1, vec![PlayNote { loop_frames, ..note(60, vec![cell]) }])
}

/// A constant of this level, looped: what comes out is the gain.
pub(crate) fn ones(level: f64) -> Arc<PlayPack> {
    single(cell_f32(4800, |_| [level; 2]), true)
}

pub(crate) fn key(key: u8) -> NoteRef {
    NoteRef { id: -1, channel: 0, key }
}

pub(crate) fn on(key: u8, velocity: f32) -> EventKind {
    EventKind::NoteOn { note: self::key(key), velocity }
}

pub(crate) fn off(key: u8) -> EventKind {
    EventKind::NoteOff { to: NoteAddress { key: Some(key), ..NoteAddress::default() } }
}

pub(crate) fn set(param: Param, value: f64) -> EventKind {
    EventKind::Param { param, value }
}

pub(crate) fn cc(controller: u8, value: u8) -> EventKind {
    EventKind::ControlChange { channel: 0, controller, value: f32::from(value) / 127.0 }
}

pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) handle: EngineHandle,
    /// Block sizes, used in turn.
    pub(crate) blocks: Vec<usize>,
    pub(crate) left: Vec<f32>,
    pub(crate) right: Vec<f32>,
    /// Note ends, by frame since the start.
    pub(crate) ended: Vec<(usize, NoteRef)>,
}

impl Stage {
    /// Attack 0 and velocity without effect, so that levels are what the pack holds.
    pub(crate) fn new(pack: &Arc<PlayPack>) -> Stage {
        Stage::at_rate(pack, RATE)
    }

    pub(crate) fn at_rate(pack: &Arc<PlayPack>, sample_rate_hz: f64) -> Stage {
        let (engine, mut handle) = Engine::new(EngineConfig { sample_rate_hz, max_block_frames: 8192, seed: 1 });
        handle.send_pack(pack.clone()).unwrap();
        Stage::of(engine, handle)
    }

    pub(crate) fn of(mut engine: Engine, handle: EngineHandle) -> Stage {
        engine.set_param(Param::Attack, 0.0);
        engine.set_param(Param::Velocity, 0.0);
        Stage { engine, handle, blocks: vec![128], left: vec![], right: vec![], ended: vec![] }
    }

    pub(crate) fn with(mut self, param: Param, value: f64) -> Stage {
        self.engine.set_param(param, value);
        self
    }

    pub(crate) fn in_blocks(mut self, blocks: &[usize]) -> Stage {
        self.blocks = blocks.to_vec();
        self
    }

    /// Plays `frames` with events at frames from here on.
    pub(crate) fn play(&mut self, frames: usize, events: &[(usize, EventKind)]) -> &mut Stage {
        let begin = self.left.len();
        self.left.resize(begin + frames, f32::NAN);
        self.right.resize(begin + frames, f32::NAN);
        let (mut at, mut next, mut turn) = (0, 0, 0);
        while at < frames {
            let block = self.blocks[turn % self.blocks.len()].min(frames - at);
            turn += 1;
            let mut list = Vec::new();
            while next < events.len() && events[next].0 < at + block {
                list.push(Event { frame: (events[next].0 - at) as u32, kind: events[next].1 });
                next += 1;
            }
            let here = begin + at..begin + at + block;
            self.engine.process(&mut self.left[here.clone()], &mut self.right[here], &list);
            let ended: Vec<EndedNote> = self.engine.ended().to_vec();
            self.ended.extend(ended.iter().map(|e| (begin + at + e.frame as usize, e.note)));
            at += block;
        }
        self
    }
}
