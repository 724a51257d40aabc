//! What an engine plays, so that the loader can bring what it will play next.
//!
//! Published by the audio thread through a triple buffer, some hundred times a second, and read by
//! the loader whenever it looks; nothing waits.

use std::ops::Range;

use crate::limits::VOICES;
use crate::resident::{CHUNK_FRAMES, LoopFrames};

/// Cells that one voice can sound at once.
pub(crate) const CELLS: usize = 8;

/// One sounding voice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VoiceDemand {
    /// The pack's number.
    pub(crate) pack: u64,
    /// Index into its notes.
    pub(crate) note: u16,
    /// The voice's place among all of the engine: the same voice has the same as long as it sounds.
    pub(crate) place: u16,
    /// Where on the pad it is heard, 0…1.
    pub(crate) point: [f32; 2],
    /// The next frame that is read; backwards one past it.
    pub(crate) cursor: usize,
    pub(crate) reverse: bool,
    pub(crate) looped: Option<LoopFrames>,
    /// Frames of the pack per frame of output.
    pub(crate) ratio: f32,
    /// The cells that sound now: the first `used`.
    pub(crate) cells: [u16; CELLS],
    pub(crate) used: usize,
}

impl VoiceDemand {
    pub(crate) const NONE: VoiceDemand = VoiceDemand {
        pack: 0,
        note: 0,
        place: 0,
        point: [0.0; 2],
        cursor: 0,
        reverse: false,
        looped: None,
        ratio: 1.0,
        cells: [0; CELLS],
        used: 0,
    };
}

/// Where notes begin in what was recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Beginning {
    /// 0…1 of the length, backwards from its end.
    pub(crate) start: f64,
    /// Played backwards.
    pub(crate) reverse: bool,
}

impl Beginning {
    /// The first frame, forwards.
    pub(crate) const FIRST: Beginning = Beginning { start: 0.0, reverse: false };

    /// Of a note of so many frames the first that is read; backwards one past it.
    pub(crate) fn cursor(self, frames: usize) -> usize {
        let skip = ((self.start.clamp(0.0, 1.0) * frames as f64) as usize).min(frames.saturating_sub(1));
        if self.reverse { frames - skip } else { skip }
    }

    /// The chunks that its first `count` frames lie in, for a note of `frames`; one at least.
    pub(crate) fn head(self, frames: usize, count: usize) -> Range<usize> {
        let (cursor, count) = (self.cursor(frames), count.max(1));
        let (first, end) = match self.reverse {
            true => (cursor.saturating_sub(count), cursor.max(1)),
            false => (cursor, (cursor + count).min(frames).max(cursor + 1)),
        };
        first / CHUNK_FRAMES..(end - 1) / CHUNK_FRAMES + 1
    }
}

/// What one engine plays.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    /// Output frames per second.
    pub(crate) sample_rate_hz: f64,
    /// The pack that new notes play; 0 for none.
    pub(crate) pack: u64,
    /// Where on the pad new notes begin, 0…1.
    pub(crate) point: [f32; 2],
    /// Where in their cells.
    pub(crate) beginning: Beginning,
    voices: [VoiceDemand; VOICES],
    count: usize,
}

impl Demand {
    pub(crate) const NONE: Demand = Demand {
        sample_rate_hz: 48_000.0,
        pack: 0,
        point: [0.5; 2],
        beginning: Beginning::FIRST,
        voices: [VoiceDemand::NONE; VOICES],
        count: 0,
    };

    /// The voices.
    pub(crate) fn voices(&self) -> &[VoiceDemand] {
        &self.voices[..self.count.min(VOICES)]
    }

    /// Takes these voices, as many as there is room for. Real-time safe.
    pub(crate) fn set_voices(&mut self, voices: impl Iterator<Item = VoiceDemand>) {
        self.count = 0;
        for (place, voice) in self.voices.iter_mut().zip(voices) {
            *place = voice;
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_where_a_note_begins() {
        const C: usize = CHUNK_FRAMES;
        let head = |start, reverse, frames| Beginning { start, reverse }.head(frames, 4800);
        assert_eq!(head(0.0, false, 100 * C), 0..2);
        assert_eq!(head(0.5, false, 100 * C), 50..52);
        // From the last frame of a chunk on.
        assert_eq!(head(0.5, false, 100 * C - 1), 49..52);
        assert_eq!(head(1.0, false, 100 * C), 99..100);
        assert_eq!(head(0.0, true, 100 * C), 98..100);
        assert_eq!(head(0.0, true, 100 * C + 1), 98..101);
        assert_eq!(head(0.75, true, 100 * C), 23..25);
        assert_eq!(head(1.0, true, 100 * C), 0..1);
        for start in [0.0, 0.3, 1.0, f64::NAN] {
            for reverse in [true, false] {
                assert_eq!(head(start, reverse, 1), 0..1);
            }
        }
    }
}
