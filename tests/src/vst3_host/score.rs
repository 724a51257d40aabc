//! What a plugin is fed, each event at its frame.

use vst3::Steinberg::Vst::{
    Event, Event_::EventTypes_, Event__type0, NoteExpressionValueEvent, NoteOffEvent, NoteOnEvent, ParamID, ParamValue,
};
use vst3::Steinberg::int32;

/// The predefined note expressions (VST3's `NoteExpressionTypeIDs`).
pub mod expression {
    /// Volume; 0.25 is 0 dB.
    pub const VOLUME: u32 = 0;
    /// Pan; 0.5 is the centre.
    pub const PAN: u32 = 1;
    /// Tuning; 0.5 is none, the range is ±120 semitones.
    pub const TUNING: u32 = 2;
    /// Expression.
    pub const EXPRESSION: u32 = 4;
    /// Brightness.
    pub const BRIGHTNESS: u32 = 5;
}

/// Events in time.
#[derive(Clone, Default)]
pub struct Score {
    events: Vec<(u64, Event)>,
    changes: Vec<(u64, ParamID, ParamValue)>,
}

impl Score {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// A note begins on channel 0; the id is −1 for none.
    pub fn on(self, frame: u64, id: i32, key: i16, velocity: f32) -> Self {
        let note = NoteOnEvent { channel: 0, pitch: key, tuning: 0.0, velocity, length: 0, noteId: id };
        self.event(frame, EventTypes_::kNoteOnEvent as u16, Event__type0 { noteOn: note })
    }

    /// A note ends.
    pub fn off(self, frame: u64, id: i32, key: i16) -> Self {
        let note = NoteOffEvent { channel: 0, pitch: key, velocity: 0.0, noteId: id, tuning: 0.0 };
        self.event(frame, EventTypes_::kNoteOffEvent as u16, Event__type0 { noteOff: note })
    }

    /// An expression of a note, 0…1.
    pub fn express(self, frame: u64, id: i32, kind: u32, value: f64) -> Self {
        let event = NoteExpressionValueEvent { typeId: kind, noteId: id, value };
        let kind = EventTypes_::kNoteExpressionValueEvent as u16;
        self.event(frame, kind, Event__type0 { noteExpressionValue: event })
    }

    /// A parameter gets a normalised value.
    pub fn set(mut self, frame: u64, (id, value): (ParamID, ParamValue)) -> Self {
        self.changes.push((frame, id, value));
        self
    }

    /// Everything of both.
    pub fn merge(mut self, other: Self) -> Self {
        self.events.extend(other.events);
        self.changes.extend(other.changes);
        self
    }

    fn event(mut self, frame: u64, kind: u16, what: Event__type0) -> Self {
        // SAFETY: an event is plain data, for which zeros are a value.
        let mut event: Event = unsafe { std::mem::zeroed() };
        event.r#type = kind;
        event.__field0 = what;
        self.events.push((frame, event));
        self
    }

    /// The events of a block, at its frames.
    pub(super) fn events(&self, start: u64, frames: u64) -> Vec<Event> {
        let mut inside: Vec<Event> = self
            .events
            .iter()
            .filter(|(frame, _)| (start..start + frames).contains(frame))
            .map(|(frame, event)| Event { sampleOffset: (frame - start) as int32, ..*event })
            .collect();
        inside.sort_by_key(|event| event.sampleOffset);
        inside
    }

    /// The parameter changes of a block, a queue for each parameter in the order of first mention.
    pub(super) fn changes(&self, start: u64, frames: u64) -> Vec<(ParamID, Vec<(int32, ParamValue)>)> {
        let mut queues: Vec<(ParamID, Vec<(int32, ParamValue)>)> = Vec::new();
        for &(frame, id, value) in &self.changes {
            if !(start..start + frames).contains(&frame) {
                continue;
            }
            let point = ((frame - start) as int32, value);
            match queues.iter_mut().find(|(known, _)| *known == id) {
                Some((_, points)) => points.push(point),
                None => queues.push((id, vec![point])),
            }
        }
        for (_, points) in &mut queues {
            points.sort_by_key(|(frame, _)| *frame);
        }
        queues
    }
}
