//! What an engine plays, so that the loader can bring what it will play next.
//!
//! Published by the audio thread through a triple buffer, some hundred times a second, and read by
//! the loader whenever it looks; nothing waits.

use crate::limits::VOICES;
use crate::resident::LoopFrames;

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

/// What one engine plays.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    /// Output frames per second.
    pub(crate) sample_rate_hz: f64,
    /// The pack that new notes play; 0 for none.
    pub(crate) pack: u64,
    /// Where new notes begin, 0…1.
    pub(crate) point: [f32; 2],
    voices: [VoiceDemand; VOICES],
    count: usize,
}

impl Demand {
    pub(crate) const NONE: Demand =
        Demand { sample_rate_hz: 48_000.0, pack: 0, point: [0.5; 2], voices: [VoiceDemand::NONE; VOICES], count: 0 };

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
