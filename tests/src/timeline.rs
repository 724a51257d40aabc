//! What a host plays: events, each at its frame. Events of one frame keep the order in which they
//! were put in, as a host's own queue does.

use crate::clap_host::ParamRow;
use betwixt_engine::params::Param;
use clack_host::events::Pckn;
use clack_host::events::event_types::{
    MidiEvent, NoteChokeEvent, NoteExpressionEvent, NoteExpressionType, NoteOffEvent, NoteOnEvent, ParamModEvent,
    ParamValueEvent,
};
use clack_host::prelude::EventBuffer;

/// One event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Play {
    /// A note begins (CLAP dialect).
    On {
        /// Note id, −1 for none.
        id: i32,
        /// Channel, 0–15.
        channel: u8,
        /// Key, 0–127.
        key: u8,
        /// 0…1.
        velocity: f64,
    },
    /// A note ends; −1 matches any.
    Off {
        /// Note id.
        id: i32,
        /// Channel.
        channel: i16,
        /// Key.
        key: i16,
    },
    /// A note is cut; −1 matches any.
    Choke {
        /// Note id.
        id: i32,
        /// Channel.
        channel: i16,
        /// Key.
        key: i16,
    },
    /// A note expression for a note id.
    Expression {
        /// Note id.
        id: i32,
        /// Which.
        kind: NoteExpressionType,
        /// In its unit.
        value: f64,
    },
    /// Three raw MIDI bytes.
    Midi([u8; 3]),
    /// A parameter's value, plain (in the table's unit).
    Set(Param, f64),
    /// A parameter's value exactly as the host sends it, checked by no one.
    SetRaw(Param, f64),
    /// Modulation for all notes, normalised.
    Modulate(Param, f64),
    /// Modulation for one note id, normalised.
    ModulateNote {
        /// Note id.
        id: i32,
        /// Which parameter.
        param: Param,
        /// −1…1.
        amount: f64,
    },
}

/// Events in time.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// Sorted by frame.
    events: Vec<(u64, Play)>,
}

impl Timeline {
    /// An empty one.
    pub fn new() -> Timeline {
        Timeline::default()
    }

    /// Puts an event at a frame, behind those that are there already.
    pub fn at(mut self, frame: u64, play: Play) -> Timeline {
        self.push(frame, play);
        self
    }

    /// As [`Timeline::at`], in place.
    pub fn push(&mut self, frame: u64, play: Play) {
        let place = self.events.partition_point(|(f, _)| *f <= frame);
        self.events.insert(place, (frame, play));
    }

    /// A CLAP note with an id: on, and off `length` frames later. Velocity 0…1.
    pub fn note(mut self, frame: u64, length: u64, id: i32, key: u8, velocity: f64) -> Timeline {
        self.push(frame, Play::On { id, channel: 0, key, velocity });
        self.push(frame + length, Play::Off { id, channel: 0, key: i16::from(key) });
        self
    }

    /// A note that is held for ever, id = key, full velocity.
    pub fn hold(self, frame: u64, key: u8) -> Timeline {
        self.at(frame, Play::On { id: i32::from(key), channel: 0, key, velocity: 1.0 })
    }

    /// Sets a parameter (plain value) at a frame.
    pub fn set(self, frame: u64, param: Param, plain: f64) -> Timeline {
        self.at(frame, Play::Set(param, plain))
    }

    /// Raw MIDI at a frame.
    pub fn midi(self, frame: u64, bytes: [u8; 3]) -> Timeline {
        self.at(frame, Play::Midi(bytes))
    }

    /// All events, by frame.
    pub fn events(&self) -> &[(u64, Play)] {
        &self.events
    }

    /// The frame of the last event.
    pub fn end(&self) -> u64 {
        self.events.last().map_or(0, |(f, _)| *f)
    }

    /// Takes in all events of another.
    pub fn merge(&mut self, other: &Timeline) {
        self.events.extend_from_slice(&other.events);
        self.events.sort_by_key(|(f, _)| *f);
    }

    /// The events of a block, as the plugin gets them.
    pub fn window(&self, start: u64, frames: u64, params: &[ParamRow]) -> EventBuffer {
        let first = self.events.partition_point(|(f, _)| *f < start);
        let mut buffer = EventBuffer::with_capacity(16);
        for (frame, play) in self.events[first..].iter().take_while(|(f, _)| *f < start + frames) {
            push(&mut buffer, (frame - start) as u32, *play, params);
        }
        buffer
    }
}

fn push(buffer: &mut EventBuffer, time: u32, play: Play, params: &[ParamRow]) {
    let row = |param: Param| {
        params
            .iter()
            .find(|r| r.param == Some(param))
            .unwrap_or_else(|| panic!("the plugin lists no parameter {:?}", param.spec().name))
    };
    match play {
        Play::On { id, channel, key, velocity } => {
            let to = Pckn::from_raw(0, i16::from(channel), i16::from(key), id);
            buffer.push(&NoteOnEvent::new(time, to, velocity));
        }
        Play::Off { id, channel, key } => {
            buffer.push(&NoteOffEvent::new(time, Pckn::from_raw(0, channel, key, id), 0.0));
        }
        Play::Choke { id, channel, key } => {
            buffer.push(&NoteChokeEvent::new(time, Pckn::from_raw(0, channel, key, id)));
        }
        Play::Expression { id, kind, value } => {
            buffer.push(&NoteExpressionEvent::new(time, Pckn::from_raw(-1, -1, -1, id), kind, value));
        }
        Play::Midi(bytes) => buffer.push(&MidiEvent::new(time, 0, bytes)),
        Play::Set(param, plain) => {
            let row = row(param);
            buffer.push(&ParamValueEvent::new(time, row.id, Pckn::match_all(), row.from_plain(plain)));
        }
        Play::SetRaw(param, value) => {
            buffer.push(&ParamValueEvent::new(time, row(param).id, Pckn::match_all(), value));
        }
        Play::Modulate(param, amount) => {
            buffer.push(&ParamModEvent::new(time, row(param).id, Pckn::match_all(), amount));
        }
        Play::ModulateNote { id, param, amount } => {
            let to = Pckn::from_raw(-1, -1, -1, id);
            buffer.push(&ParamModEvent::new(time, row(param).id, to, amount));
        }
    }
}
