//! Events as they may be acted on: numbers inside their ranges, and no NaN anywhere.

use crate::event::{EventKind, NoteRef};
use crate::midi::controller;

/// Must it happen at its very frame? Everything else waits for the next tick.
pub(super) fn is_exact(kind: &EventKind) -> bool {
    match kind {
        EventKind::NoteOn { .. } | EventKind::NoteOff { .. } | EventKind::Choke { .. } => true,
        EventKind::ControlChange { controller: number, .. } => matches!(
            *number,
            controller::SUSTAIN
                | controller::SOSTENUTO
                | controller::SOFT
                | controller::ALL_SOUND_OFF
                | controller::RESET_CONTROLLERS
                | controller::ALL_NOTES_OFF
        ),
        _ => false,
    }
}

/// Is it only about what voices follow from tick to tick, so that it need not end a span?
pub(super) fn flows(kind: &EventKind) -> bool {
    match kind {
        EventKind::Param { param, .. } | EventKind::ParamMod { param, .. } | EventKind::NoteMod { param, .. } => {
            param.is_point()
        }
        EventKind::PitchBend { .. } | EventKind::ChannelPressure { .. } => true,
        EventKind::ControlChange { .. } => !is_exact(kind),
        _ => false,
    }
}

/// The event with its numbers clamped; `None` if one of them is NaN.
pub(super) fn event(kind: EventKind) -> Option<EventKind> {
    Some(match kind {
        EventKind::NoteOn { note, velocity } => {
            EventKind::NoteOn { note: self::note(note), velocity: number(velocity, 0.0, 1.0)? }
        }
        EventKind::ParamMod { param, offset } => EventKind::ParamMod { param, offset: number(offset, -1.0, 1.0)? },
        EventKind::NoteMod { to, param, offset } => {
            EventKind::NoteMod { to, param, offset: number(offset, -1.0, 1.0)? }
        }
        EventKind::NoteExpression { to, expression, value } => {
            EventKind::NoteExpression { to, expression, value: number(value, -120.0, 120.0)? }
        }
        EventKind::PitchBend { channel, value } => {
            EventKind::PitchBend { channel: channel.min(15), value: number(value, -1.0, 1.0)? }
        }
        EventKind::ControlChange { channel, controller, value } => {
            EventKind::ControlChange { channel: channel.min(15), controller, value: number(value, 0.0, 1.0)? }
        }
        EventKind::ChannelPressure { channel, value } => {
            EventKind::ChannelPressure { channel: channel.min(15), value: number(value, 0.0, 1.0)? }
        }
        EventKind::PolyPressure { to, value } => EventKind::PolyPressure { to, value: number(value, 0.0, 1.0)? },
        EventKind::Param { value, .. } if value.is_nan() => return None,
        EventKind::NoteOff { .. } | EventKind::Choke { .. } | EventKind::Param { .. } => kind,
    })
}

fn note(note: NoteRef) -> NoteRef {
    NoteRef { id: note.id, channel: note.channel.min(15), key: note.key.min(127) }
}

fn number(value: f32, min: f32, max: f32) -> Option<f32> {
    (!value.is_nan()).then(|| value.clamp(min, max))
}
