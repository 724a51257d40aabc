//! What the worst case plays: all voices, new notes all the time, the point moved at audio rate, bends.

use betwixt_engine::event::{Event, EventKind, NoteAddress, NoteRef};
use betwixt_engine::params::Param;

use crate::bench::RATE_HZ;
use crate::bench::synthetic::Noise;

/// Notes that begin in a second, each in the place of another.
const NOTES_PER_SECOND: f64 = 50.0;
/// Frames between two chords that begin in one block, and how many notes they have.
const CHORD_FRAMES: u64 = 96_000;
const CHORD: usize = 32;
/// Frames between two modulations of the point.
const MOD_FRAMES: usize = 4;
/// What modulates X and Y, in Hz.
const MOD_HZ: [f64; 2] = [443.0, 571.0];
/// Frames between two pitch bends.
const BEND_FRAMES: usize = 16;
const CHANNELS: u8 = 16;
const KEYS: std::ops::Range<u8> = 36..100;

/// The events, block after block. Repeatable; allocates nothing after it was made.
pub(super) struct Score {
    random: Noise,
    /// The note of each voice, from the oldest place on.
    held: Vec<Option<NoteRef>>,
    oldest: usize,
    next_id: i32,
    at: u64,
    events: Vec<Event>,
}

impl Score {
    /// For so many voices and blocks of `block` frames.
    pub(super) fn new(voices: usize, block: usize) -> Score {
        // Two notes a frame can never be reached; all else is counted.
        let most = 2 * (block / MOD_FRAMES + block / BEND_FRAMES) + 4 * (voices + CHORD) + block / 16 + 16;
        Score {
            random: Noise::new(7),
            held: vec![None; voices],
            oldest: 0,
            next_id: 0,
            at: 0,
            events: Vec::with_capacity(most),
        }
    }

    /// The events of the next block.
    pub(super) fn block(&mut self, frames: usize) -> &[Event] {
        self.events.clear();
        if self.at == 0 {
            for _ in 0..self.held.len() {
                self.renew(0);
            }
        } else if self.at / CHORD_FRAMES != (self.at + frames as u64) / CHORD_FRAMES {
            let frame = self.pick(frames);
            for _ in 0..CHORD.min(self.held.len()) {
                self.renew(frame);
            }
        }
        let mut due = NOTES_PER_SECOND * frames as f64 / RATE_HZ;
        while due > 0.0 {
            if f64::from(self.unit()) < due {
                let frame = self.pick(frames);
                self.renew(frame);
            }
            due -= 1.0;
        }
        self.modulate(frames);
        self.bend(frames);
        self.at += frames as u64;
        // Of one frame, any order will do. Sorts in place.
        self.events.sort_unstable_by_key(|event| event.frame);
        &self.events
    }

    /// Lets go of the note that was begun first, and begins another.
    fn renew(&mut self, frame: usize) {
        let key = KEYS.start + self.pick(KEYS.len()) as u8;
        let note = NoteRef { id: self.next_id, channel: self.pick(usize::from(CHANNELS)) as u8, key };
        self.next_id = (self.next_id + 1) & 0x00FF_FFFF;
        let velocity = 0.3 + 0.7 * self.unit();
        if let Some(old) = self.held[self.oldest].replace(note) {
            let to = NoteAddress { id: Some(old.id), ..NoteAddress::default() };
            self.push(frame, EventKind::NoteOff { to });
        }
        self.oldest = (self.oldest + 1) % self.held.len();
        self.push(frame, EventKind::NoteOn { note, velocity });
    }

    /// X and Y swing at audio rate about a point that goes round slowly.
    fn modulate(&mut self, frames: usize) {
        let turns = |frame: u64, hz: f64| std::f64::consts::TAU * (frame as f64 / RATE_HZ * hz).fract();
        let round = turns(self.at, 0.2);
        for (param, value) in [(Param::X, 0.5 + 0.3 * round.cos()), (Param::Y, 0.5 + 0.3 * round.sin())] {
            self.push(0, EventKind::Param { param, value });
        }
        for frame in (0..frames).step_by(MOD_FRAMES) {
            for (param, hz) in [Param::X, Param::Y].into_iter().zip(MOD_HZ) {
                let offset = 0.4 * turns(self.at + frame as u64, hz).sin();
                self.push(frame, EventKind::ParamMod { param, offset: offset as f32 });
            }
        }
    }

    /// Each channel is bent in its turn.
    fn bend(&mut self, frames: usize) {
        for frame in (0..frames).step_by(BEND_FRAMES) {
            let turn = (self.at as usize + frame) / BEND_FRAMES;
            let channel = (turn % usize::from(CHANNELS)) as u8;
            let value = (turn as f64 * 0.01).sin() as f32;
            self.push(frame, EventKind::PitchBend { channel, value });
        }
    }

    fn push(&mut self, frame: usize, kind: EventKind) {
        // An event more than was reckoned with is left out: better than an allocation.
        if self.events.len() < self.events.capacity() {
            self.events.push(Event { frame: frame as u32, kind });
        }
    }

    /// 0 to 1.
    fn unit(&mut self) -> f32 {
        (self.random.next() + 1.0) / 2.0
    }

    fn pick(&mut self, of: usize) -> usize {
        ((self.unit() * of as f32) as usize).min(of - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_is_left_out_and_all_are_in_order() {
        for (voices, block) in [(1, 1), (64, 128), (128, 4096), (64, 16)] {
            let mut score = Score::new(voices, block);
            let room = score.events.capacity();
            let mut started = 0;
            for _ in 0..200_000 / block {
                let events = score.block(block);
                assert!(events.len() < room, "{voices} voices, blocks of {block}");
                assert!(events.is_sorted_by_key(|e| e.frame) && events.iter().all(|e| (e.frame as usize) < block));
                started += events.iter().filter(|e| matches!(e.kind, EventKind::NoteOn { .. })).count();
            }
            let seconds = 200_000.0 / RATE_HZ;
            assert!(started as f64 > 0.7 * NOTES_PER_SECOND * seconds, "{started} notes");
        }
    }
}
