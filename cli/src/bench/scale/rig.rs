//! An engine that plays a held chord while the point goes round, whatever the block size.

use std::sync::Arc;

use betwixt_engine::engine::{Engine, EngineHandle};
use betwixt_engine::event::{Event, EventKind, Expression, NoteAddress, NoteRef};
use betwixt_engine::params::Param;
use betwixt_engine::resident::PlayPack;

use crate::bench::{Path, Quality, clock, cursor, engine};

/// Frames between two places of the point: as in the job `bench`, where it moves in every block of 128.
const MOVE_FRAMES: usize = 128;
/// Every note is off its root by this, in cents.
const TUNED_CENTS: f64 = 35.0;

/// One instance.
pub(super) struct Rig {
    engine: Engine,
    pub(super) handle: EngineHandle,
    notes: usize,
    block: usize,
    at: usize,
    left: Vec<f32>,
    right: Vec<f32>,
    events: Vec<Event>,
}

impl Rig {
    /// Nothing sounds yet.
    pub(super) fn new(
        pack: &Arc<PlayPack>,
        quality: Quality,
        notes: usize,
        block: usize,
    ) -> Result<Rig, Box<dyn std::error::Error>> {
        let (mut engine, mut handle) = engine(quality, Path::Auto.find()?, block);
        engine.set_param(Param::Fine, TUNED_CENTS);
        // A key that goes up is silent soon.
        engine.set_param(Param::Release, 0.005);
        handle.send_pack(pack.clone()).map_err(|_| "the engine takes no pack")?;
        let (left, right) = (vec![0.0; block], vec![0.0; block]);
        let events = Vec::with_capacity(2 * notes + 2 * block.div_ceil(MOVE_FRAMES) + 4);
        Ok(Rig { engine, handle, notes, block, at: 0, left, right, events })
    }

    /// Renders a block in which the chord starts: keys 36, 38 … or 36, 37 …, each panned somewhere else.
    pub(super) fn start(&mut self) {
        self.events.clear();
        let apart = if self.notes <= 32 { 2 } else { 1 };
        for n in 0..self.notes {
            // Beyond the top key the same keys again.
            let key = (36 + n * apart % 92) as u8;
            let id = n as i32;
            let to = NoteAddress { id: Some(id), ..NoteAddress::default() };
            let pan = 0.5 + 0.15 * ((n as f32 * 0.618_034).fract() * 2.0 - 1.0);
            for kind in [
                EventKind::NoteOn { note: NoteRef { id, channel: 0, key }, velocity: 100.0 / 127.0 },
                EventKind::NoteExpression { to, expression: Expression::Pan, value: pan },
            ] {
                self.events.push(Event { frame: 0, kind });
            }
        }
        self.process();
    }

    /// Renders a block in which all keys go up.
    pub(super) fn stop(&mut self) {
        self.events.clear();
        self.events.push(Event { frame: 0, kind: EventKind::NoteOff { to: NoteAddress::default() } });
        self.process();
    }

    /// Renders a block.
    pub(super) fn block(&mut self) {
        self.events.clear();
        self.process();
    }

    /// Renders at least so many frames; returns how many.
    pub(super) fn play(&mut self, frames: usize) -> usize {
        let blocks = frames.div_ceil(self.block);
        for _ in 0..blocks {
            self.block();
        }
        blocks * self.block
    }

    /// CPU time of one frame of one note, in ns, over so many frames; of one frame where no note sounds.
    pub(super) fn note_frame_ns(&mut self, frames: usize) -> f64 {
        let begin = now_ns();
        let played = self.play(frames);
        (now_ns() - begin) / (played * self.notes.max(1)) as f64
    }

    /// How many notes sound.
    pub(super) fn sounding(&self) -> usize {
        self.engine.sounding()
    }

    /// Whether all notes of the chord do.
    pub(super) fn sounds(&self) -> bool {
        self.sounding() == self.notes && self.left.iter().any(|v| *v != 0.0)
    }

    fn process(&mut self) {
        for frame in (self.at.next_multiple_of(MOVE_FRAMES)..self.at + self.block).step_by(MOVE_FRAMES) {
            for event in cursor(frame, false) {
                self.events.push(Event { frame: (frame - self.at) as u32, ..event });
            }
        }
        self.at += self.block;
        self.engine.process(&mut self.left, &mut self.right, &self.events);
    }
}

/// CPU time of this thread, in ns; where the system has no such clock, time by the clock.
pub(super) fn now_ns() -> f64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    clock::thread_ns().unwrap_or_else(|| BEGUN.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e9)
}
