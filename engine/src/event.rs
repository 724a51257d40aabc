//! What reaches the engine inside a block. All of it is plain data: real-time safe to copy.

use crate::params::Param;

/// Names one note when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteRef {
    /// The host's note id, or −1 where it gives none.
    pub id: i32,
    /// MIDI channel, 0–15.
    pub channel: u8,
    /// MIDI key, 0–127; 60 is middle C.
    pub key: u8,
}

/// Which sounding notes an event is for; `None` matches any. Where `id` is given it decides alone,
/// since hosts are known to send stale keys beside a right id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoteAddress {
    /// The host's note id.
    pub id: Option<i32>,
    /// MIDI channel, 0–15.
    pub channel: Option<u8>,
    /// MIDI key, 0–127.
    pub key: Option<u8>,
}

impl NoteAddress {
    /// Does `note` answer to this address?
    pub fn matches(&self, note: NoteRef) -> bool {
        if let Some(id) = self.id {
            return id == note.id;
        }
        self.channel.is_none_or(|c| c == note.channel) && self.key.is_none_or(|k| k == note.key)
    }
}

/// Per-note expressions (CLAP and VST3 names).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expression {
    /// Gain as amplitude, 0…4; 1 is neutral.
    Volume,
    /// 0…1; 0.5 is the centre.
    Pan,
    /// Semitones, −120…120.
    Tuning,
    /// 0…1.
    Brightness,
    /// 0…1.
    Pressure,
}

/// One event and the frame of the block at which it happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// Frames from the start of the block that is being processed.
    pub frame: u32,
    /// What happens.
    pub kind: EventKind,
}

/// What happens at a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EventKind {
    /// A key goes down. `velocity` is 0…1 (MIDI value / 127).
    NoteOn {
        /// The note that starts.
        note: NoteRef,
        /// 0…1.
        velocity: f32,
    },
    /// A key goes up (the note may sound on: pedals, release).
    NoteOff {
        /// The notes meant.
        to: NoteAddress,
    },
    /// The host wants these notes gone at once (faded in at most 3 ms).
    Choke {
        /// The notes meant.
        to: NoteAddress,
    },
    /// A parameter's base value changes.
    Param {
        /// Which.
        param: Param,
        /// Plain value, in the table's unit ([`crate::params`]).
        value: f64,
    },
    /// Modulation of a parameter for all notes, in normalised units, absolute (not a step).
    ParamMod {
        /// Which.
        param: Param,
        /// −1…1, added to the normalised base value.
        offset: f32,
    },
    /// Modulation of a parameter for some notes, in normalised units, absolute (not a step).
    NoteMod {
        /// The notes meant.
        to: NoteAddress,
        /// Which.
        param: Param,
        /// −1…1, added to the normalised base value and the mono modulation.
        offset: f32,
    },
    /// A per-note expression.
    NoteExpression {
        /// The notes meant.
        to: NoteAddress,
        /// Which.
        expression: Expression,
        /// In the expression's own unit.
        value: f32,
    },
    /// Pitch bend of a channel, −1…1; scaled by the bend range.
    PitchBend {
        /// MIDI channel, 0–15.
        channel: u8,
        /// −1…1.
        value: f32,
    },
    /// A MIDI controller, 0…1 (MIDI value / 127).
    ControlChange {
        /// MIDI channel, 0–15.
        channel: u8,
        /// Controller number, 0–127.
        controller: u8,
        /// 0…1.
        value: f32,
    },
    /// Channel pressure, 0…1.
    ChannelPressure {
        /// MIDI channel, 0–15.
        channel: u8,
        /// 0…1.
        value: f32,
    },
    /// Polyphonic key pressure, 0…1.
    PolyPressure {
        /// The notes meant.
        to: NoteAddress,
        /// 0…1.
        value: f32,
    },
}
