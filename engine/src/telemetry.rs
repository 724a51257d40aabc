//! What the engine shows of itself: published by the audio thread through a triple buffer, read by
//! the editor whenever it draws. Nothing waits; the reader sees the newest complete picture.

use crate::event::NoteRef;
use crate::limits::VOICES;

/// Where the loudness envelope of a voice is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EnvelopePlace {
    /// In the attack: share of the way to full level, 0…1.
    Attack(f32),
    /// In the decay or the sustain that it ends in: what is left of the way to the sustain level, 1…0.
    Decay(f32),
    /// In the release: what is left of the level at which it began, 1…0.
    Release(f32),
}

/// One sounding voice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VoiceView {
    /// The note that it plays.
    pub note: NoteRef,
    /// Where on the pad it is heard, 0…1.
    pub x: f32,
    /// Where on the pad it is heard, 0…1.
    pub y: f32,
    /// Gain of the voice (envelope, velocity, volume) as amplitude.
    pub level: f32,
    /// Where its loudness envelope is.
    pub envelope: EnvelopePlace,
    /// The key is up and the release runs.
    pub released: bool,
    /// Pressure of the note or of its channel, the larger of both, 0…1.
    pub pressure: f32,
}

impl VoiceView {
    const NONE: VoiceView = VoiceView {
        note: NoteRef { id: -1, channel: 0, key: 0 },
        x: 0.0,
        y: 0.0,
        level: 0.0,
        envelope: EnvelopePlace::Release(0.0),
        released: true,
        pressure: 0.0,
    };
}

/// Where what was played came from, in frames of one note: a note that sounds from all the cells that
/// its point wants counts as one each frame.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Origins {
    /// From the cells that the point wants.
    pub wanted: f64,
    /// From the nearest that were in memory, in place of late ones.
    pub nearby: f64,
    /// Silence, because nothing near was in memory.
    pub silent: f64,
}

impl Origins {
    pub(crate) fn add(&mut self, (wanted, nearby): (f32, f32), frames: usize) {
        let (wanted, nearby, frames) = (f64::from(wanted), f64::from(nearby), frames as f64);
        self.wanted += wanted * frames;
        self.nearby += nearby * frames;
        self.silent += (1.0 - wanted - nearby).max(0.0) * frames;
    }

    /// Frames of which all comes from the wanted cells.
    pub(crate) fn add_wanted(&mut self, frames: usize) {
        self.wanted += frames as f64;
    }
}

/// A picture of the engine, a few milliseconds old.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// The point as it is heard (after modulation, the wheel and the pad glide), 0…1.
    pub x: f32,
    /// As `x`, bottom to top.
    pub y: f32,
    /// Sounding voices in the order in which they began: the first `count` count.
    pub voices: [VoiceView; VOICES],
    /// How many of `voices` sound.
    pub count: usize,
    /// Peak of the left output as amplitude, held and falling by 26 dB a second.
    pub peak_left: f32,
    /// As `peak_left`, of the right output.
    pub peak_right: f32,
    /// Times that a voice came to frames which the loader had not brought yet, since the start.
    pub missing_chunks: u64,
    /// Where the sound came from, since the start.
    pub origins: Origins,
    /// Frames that the engine has rendered since the start or its reset.
    pub frames: u64,
}

impl Telemetry {
    /// The voices that sound.
    pub fn sounding(&self) -> &[VoiceView] {
        &self.voices[..self.count.min(VOICES)]
    }
}

impl Default for Telemetry {
    fn default() -> Telemetry {
        Telemetry {
            x: 0.5,
            y: 0.5,
            voices: [VoiceView::NONE; VOICES],
            count: 0,
            peak_left: 0.0,
            peak_right: 0.0,
            missing_chunks: 0,
            origins: Origins { wanted: 0.0, nearby: 0.0, silent: 0.0 },
            frames: 0,
        }
    }
}
