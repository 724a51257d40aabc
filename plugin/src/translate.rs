//! The framework's note events as the engine's.

use betwixt_engine::event::{EventKind, Expression, NoteAddress, NoteRef};
use betwixt_engine::params::TABLE;
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::NoteEvent;

/// What the engine is to do, or `None` where it does nothing. Base values are read from the parameters themselves, so
/// the framework's notice of them (which repeats the host's number unchecked) is not used. Real-time safe.
pub fn translate(event: NoteEvent<()>) -> Option<EventKind> {
    use NoteEvent as E;
    Some(match event {
        E::NoteOn { voice_id, channel, key, velocity, .. } => EventKind::NoteOn {
            note: NoteRef { id: id(voice_id).unwrap_or(-1), channel: number(channel).unwrap_or(0), key: pitch(key)? },
            velocity: finite(velocity)?.clamp(0.0, 1.0),
        },
        E::NoteOff { voice_id, channel, key, .. } => EventKind::NoteOff { to: address(voice_id, channel, key) },
        E::Choke { voice_id, channel, key, .. } => EventKind::Choke { to: address(voice_id, channel, key) },
        E::PolyModulation { voice_id, poly_modulation_id, normalized_offset, .. } => EventKind::NoteMod {
            to: NoteAddress { id: Some(voice_id), channel: None, key: None },
            param: TABLE.get(poly_modulation_id as usize)?.param,
            offset: finite(normalized_offset)?.clamp(-1.0, 1.0),
        },
        E::PolyPressure { voice_id, channel, key, pressure, .. } => {
            EventKind::PolyPressure { to: address(voice_id, channel, key), value: finite(pressure)?.clamp(0.0, 1.0) }
        }
        E::PolyVolume { voice_id, channel, key, gain, .. } => {
            expression(voice_id, channel, key, Expression::Volume, finite(gain)?.clamp(0.0, 4.0))
        }
        E::PolyPan { voice_id, channel, key, pan, .. } => {
            expression(voice_id, channel, key, Expression::Pan, (finite(pan)?.clamp(-1.0, 1.0) + 1.0) / 2.0)
        }
        E::PolyTuning { voice_id, channel, key, tuning, .. } => {
            expression(voice_id, channel, key, Expression::Tuning, finite(tuning)?.clamp(-120.0, 120.0))
        }
        E::PolyBrightness { voice_id, channel, key, brightness, .. } => {
            expression(voice_id, channel, key, Expression::Brightness, finite(brightness)?.clamp(0.0, 1.0))
        }
        E::MidiChannelPressure { channel, pressure, .. } => {
            EventKind::ChannelPressure { channel, value: finite(pressure)?.clamp(0.0, 1.0) }
        }
        E::MidiPitchBend { channel, value, .. } => EventKind::PitchBend { channel, value: bend(finite(value)?) },
        E::MidiCC { channel, cc, value, .. } => {
            EventKind::ControlChange { channel, controller: cc, value: finite(value)?.clamp(0.0, 1.0) }
        }
        _ => return None,
    })
}

/// Pitch bend −1…1 of the framework's 0…1. MIDI's 14 bits have their centre at 8192, which is not the middle: so the
/// number of the message is restored, and a wheel at rest bends by exactly nothing.
fn bend(value: f32) -> f32 {
    let number = (value.clamp(0.0, 1.0) * 16_383.0).round() - 8192.0;
    if number < 0.0 { number / 8192.0 } else { number / 8191.0 }
}

fn expression(voice: VoiceID, channel: Channel, key: Key, expression: Expression, value: f32) -> EventKind {
    EventKind::NoteExpression { to: address(voice, channel, key), expression, value }
}

fn address(voice: VoiceID, channel: Channel, key: Key) -> NoteAddress {
    NoteAddress { id: id(voice), channel: number(channel), key: pitch(key) }
}

/// Some hosts say −1 for "no id".
fn id(voice: VoiceID) -> Option<i32> {
    voice.id().filter(|id| *id >= 0)
}

fn number(channel: Channel) -> Option<u8> {
    channel.number().filter(|n| *n < 16)
}

fn pitch(key: Key) -> Option<u8> {
    key.number().filter(|n| *n < 128)
}

fn finite(value: f32) -> Option<f32> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: (VoiceID, Channel, Key) = (VoiceID::Wildcard, Channel::Wildcard, Key::Wildcard);

    #[test]
    fn a_wheel_at_rest_does_not_bend() {
        for rest in [0.5, 8192.0 / 16_383.0] {
            let event = NoteEvent::MidiPitchBend { timing: 0, channel: 3, value: rest };
            assert_eq!(translate(event), Some(EventKind::PitchBend { channel: 3, value: 0.0 }));
        }
        assert_eq!((bend(0.0), bend(1.0)), (-1.0, 1.0));
    }

    #[test]
    fn a_note_without_an_id_is_known_by_channel_and_key() {
        for voice_id in [VoiceID::Wildcard, VoiceID::ID(-1)] {
            let (channel, key) = (Channel::Number(2), Key::Number(61));
            let on = translate(NoteEvent::NoteOn { timing: 0, voice_id, channel, key, velocity: 0.5 });
            let note = NoteRef { id: -1, channel: 2, key: 61 };
            assert_eq!(on, Some(EventKind::NoteOn { note, velocity: 0.5 }));
            let Some(EventKind::NoteOff { to }) =
                translate(NoteEvent::NoteOff { timing: 0, voice_id, channel, key, velocity: 0.0 })
            else {
                panic!("no note-off")
            };
            assert!(to.matches(note));
            assert!(!to.matches(NoteRef { key: 62, ..note }));
        }
    }

    #[test]
    fn an_expression_finds_its_note_by_id_whatever_key_stands_beside_it() {
        let event = NoteEvent::PolyTuning {
            timing: 0,
            voice_id: VoiceID::ID(7),
            channel: Channel::Number(0),
            key: Key::Number(40),
            tuning: 0.5,
        };
        let Some(EventKind::NoteExpression { to, .. }) = translate(event) else { panic!("no expression") };
        assert!(to.matches(NoteRef { id: 7, channel: 1, key: 50 }));
        assert!(!to.matches(NoteRef { id: 8, channel: 0, key: 40 }));
    }

    #[test]
    fn a_choke_of_everything_reaches_everything() {
        let (voice_id, channel, key) = ANY;
        let Some(EventKind::Choke { to }) = translate(NoteEvent::Choke { timing: 0, voice_id, channel, key }) else {
            panic!("no choke")
        };
        assert!(to.matches(NoteRef { id: 9, channel: 15, key: 127 }));
    }

    #[test]
    fn modulation_of_a_note_names_the_parameter_of_the_table() {
        for spec in TABLE.iter().filter(|s| s.poly) {
            let event = NoteEvent::PolyModulation {
                timing: 0,
                voice_id: 5,
                poly_modulation_id: spec.param as u32,
                normalized_offset: -0.25,
            };
            let Some(EventKind::NoteMod { param, offset, .. }) = translate(event) else { panic!("no modulation") };
            assert_eq!((param, offset), (spec.param, -0.25));
        }
    }

    #[test]
    fn nonsense_from_the_host_is_dropped() {
        let (voice_id, channel, key) = ANY;
        for event in [
            NoteEvent::NoteOn { timing: 0, voice_id, channel, key, velocity: 1.0 },
            NoteEvent::NoteOn { timing: 0, voice_id, channel, key: Key::Number(60), velocity: f32::NAN },
            NoteEvent::NoteOn { timing: 0, voice_id, channel, key: Key::Number(200), velocity: 1.0 },
            NoteEvent::PolyTuning { timing: 0, voice_id, channel, key, tuning: f32::INFINITY },
            NoteEvent::MidiCC { timing: 0, channel: 0, cc: 1, value: f32::NAN },
            NoteEvent::PolyModulation { timing: 0, voice_id: 1, poly_modulation_id: 9999, normalized_offset: 0.1 },
            NoteEvent::MonoAutomation { timing: 0, poly_modulation_id: 0, normalized_value: 7.0 },
        ] {
            assert_eq!(translate(event), None, "{event:?}");
        }
    }
}
