//! MPE: one note a channel, so that each has its own bend, pressure and brightness. Off until a zone message (RPN 6 on
//! channel 1 or 16) turns it on, unless the player has chosen otherwise. Source: MIDI Polyphonic Expression 1.0, MMA 2018.
//!
//! A zone has a master channel, whose messages count for all of the zone, and member channels, one for each note. The
//! engine keeps pressure, brightness and pedals a channel already; what is done here is to spread the master's messages
//! over the members, and to bend a member's note by the zone's own range (± 48 semitones unless RPN 0 says otherwise),
//! also when the bend came before the note.

use std::ops::RangeInclusive;

use betwixt_editor::model::Mpe as Mode;
use betwixt_engine::event::{EventKind, Expression, NoteAddress};

/// Bend range of member channels, in semitones, until RPN 0 sets another.
const MEMBER_BEND: f32 = 48.0;
/// Master channels of the lower and the upper zone.
const MASTERS: [u8; 2] = [0, 15];
/// No registered parameter is chosen.
const NULL_RPN: [u8; 2] = [127, 127];
const BEND_RPN: [u8; 2] = [0, 0];
const ZONE_RPN: [u8; 2] = [0, 6];

/// The zones, and what their channels stand at. Real-time safe throughout.
#[derive(Debug, Clone)]
pub struct Mpe {
    mode: Mode,
    /// Member channels of the lower and the upper zone; 0 while a zone is off.
    members: [u8; 2],
    /// Bend range of each zone's members, in semitones.
    range: [f32; 2],
    /// Registered parameter that each channel has chosen, most significant byte first.
    rpn: [[u8; 2]; 16],
    /// Bend of each channel, −1…1.
    bend: [f32; 16],
}

impl Default for Mpe {
    fn default() -> Mpe {
        Mpe { mode: Mode::Auto, members: [0; 2], range: [MEMBER_BEND; 2], rpn: [NULL_RPN; 16], bend: [0.0; 16] }
    }
}

impl Mpe {
    /// Follows the player's choice. When it changes, what sounds ends.
    pub fn set_mode(&mut self, mode: Mode, mut emit: impl FnMut(EventKind)) {
        if mode == self.mode {
            return;
        }
        self.mode = mode;
        self.set_zone(1, 0, &mut emit);
        self.set_zone(0, if mode == Mode::On { 15 } else { 0 }, &mut emit);
    }

    /// Forgets bends; zones stay.
    pub fn reset(&mut self) {
        self.bend = [0.0; 16];
        self.rpn = [NULL_RPN; 16];
    }

    /// Passes an event on, as what it means to the engine: none, itself, or one for each channel of the zone.
    pub fn take(&mut self, kind: EventKind, mut emit: impl FnMut(EventKind)) {
        match kind {
            EventKind::ControlChange { channel, controller: cc @ (6 | 38 | 100 | 101), value } => {
                self.registered(channel, cc, (value * 127.0).round() as u8, &mut emit);
            }
            EventKind::ControlChange { channel, controller, value } => {
                if controller == 121 {
                    self.channels(channel).for_each(|c| self.bend[usize::from(c)] = 0.0);
                }
                self.channels(channel)
                    .for_each(|channel| emit(EventKind::ControlChange { channel, controller, value }));
            }
            EventKind::ChannelPressure { channel, value } => {
                self.channels(channel).for_each(|channel| emit(EventKind::ChannelPressure { channel, value }));
            }
            EventKind::PitchBend { channel, value } => match self.zone_of_member(channel) {
                Some(zone) => {
                    self.bend[usize::from(channel & 15)] = value;
                    let to = NoteAddress { id: None, channel: Some(channel), key: None };
                    emit(tuning(to, value * self.range[zone]));
                }
                None => self.channels(channel).for_each(|channel| emit(EventKind::PitchBend { channel, value })),
            },
            EventKind::NoteOn { note, .. } => {
                emit(kind);
                let bend = self.bend[usize::from(note.channel & 15)];
                if let Some(zone) = self.zone_of_member(note.channel).filter(|_| bend != 0.0) {
                    let id = (note.id >= 0).then_some(note.id);
                    let to = NoteAddress { id, channel: Some(note.channel), key: Some(note.key) };
                    emit(tuning(to, bend * self.range[zone]));
                }
            }
            other => emit(other),
        }
    }

    /// The channels that a message on `channel` is for: all of its zone from a master, else itself.
    fn channels(&self, channel: u8) -> impl Iterator<Item = u8> + use<> {
        let members = match MASTERS.iter().position(|m| *m == channel).filter(|zone| self.members[*zone] > 0) {
            Some(zone) => self.member_channels(zone),
            #[expect(clippy::reversed_empty_ranges, reason = "no members")]
            None => 1..=0,
        };
        std::iter::once(channel).chain(members)
    }

    fn member_channels(&self, zone: usize) -> RangeInclusive<u8> {
        let members = self.members[zone];
        if zone == 0 { 1..=members } else { 15 - members..=14 }
    }

    fn zone_of_member(&self, channel: u8) -> Option<usize> {
        (0..2).find(|zone| self.members[*zone] > 0 && self.member_channels(*zone).contains(&channel))
    }

    /// A part of a registered parameter's message.
    fn registered(&mut self, channel: u8, controller: u8, value: u8, emit: &mut impl FnMut(EventKind)) {
        let chosen = &mut self.rpn[usize::from(channel & 15)];
        match controller {
            101 => chosen[0] = value,
            100 => chosen[1] = value,
            6 if *chosen == ZONE_RPN => {
                if self.mode == Mode::Auto
                    && let Some(zone) = MASTERS.iter().position(|m| *m == channel)
                {
                    self.set_zone(zone, value.min(15), emit);
                }
            }
            6 if *chosen == BEND_RPN => {
                if let Some(zone) = self.zone_of_member(channel) {
                    self.range[zone] = f32::from(value.min(96));
                }
            }
            _ => {}
        }
    }

    /// Gives a zone its members; the other zone keeps the channels that are left. What sounds on them ends.
    fn set_zone(&mut self, zone: usize, members: u8, emit: &mut impl FnMut(EventKind)) {
        let other = 1 - zone;
        self.members[zone] = members;
        // Fifteen members reach to the other zone's master; fewer leave it the rest.
        self.members[other] = self.members[other].min(14u8.saturating_sub(members));
        self.range[zone] = MEMBER_BEND;
        for channel in 0..16 {
            emit(EventKind::ControlChange { channel, controller: 123, value: 0.0 });
            emit(EventKind::ControlChange { channel, controller: 121, value: 0.0 });
        }
        self.bend = [0.0; 16];
    }
}

fn tuning(to: NoteAddress, semitones: f32) -> EventKind {
    EventKind::NoteExpression { to, expression: Expression::Tuning, value: semitones.clamp(-120.0, 120.0) }
}

#[cfg(test)]
mod tests {
    use betwixt_engine::event::NoteRef;

    use super::*;

    fn run(mpe: &mut Mpe, kinds: &[EventKind]) -> Vec<EventKind> {
        let mut out = Vec::new();
        for kind in kinds {
            mpe.take(*kind, |k| out.push(k));
        }
        out
    }

    fn cc(channel: u8, controller: u8, value: u8) -> EventKind {
        EventKind::ControlChange { channel, controller, value: f32::from(value) / 127.0 }
    }

    fn zone(master: u8, members: u8) -> Mpe {
        let mut mpe = Mpe::default();
        run(&mut mpe, &[cc(master, 101, 0), cc(master, 100, 6), cc(master, 6, members)]);
        mpe
    }

    fn note(channel: u8, key: u8) -> EventKind {
        EventKind::NoteOn { note: NoteRef { id: -1, channel, key }, velocity: 1.0 }
    }

    fn bend(channel: u8, value: f32) -> EventKind {
        EventKind::PitchBend { channel, value }
    }

    #[test]
    fn without_a_zone_everything_passes_as_it_is() {
        let mut mpe = Mpe::default();
        for kind in [note(3, 60), bend(3, 0.5), cc(0, 64, 127), EventKind::ChannelPressure { channel: 0, value: 0.5 }] {
            assert_eq!(run(&mut mpe, &[kind]), [kind]);
        }
    }

    #[test]
    fn the_players_choice_stands_above_zone_messages() {
        let mut mpe = Mpe::default();
        mpe.set_mode(Mode::On, |_| {});
        assert!(matches!(run(&mut mpe, &[bend(15, 0.25)])[..], [EventKind::NoteExpression { value: 12.0, .. }]));
        run(&mut mpe, &[cc(0, 101, 0), cc(0, 100, 6), cc(0, 6, 0)]);
        assert_eq!(mpe.members, [15, 0], "on is on");
        let mut ended = 0;
        mpe.set_mode(Mode::Off, |_| ended += 1);
        assert!(ended > 0, "what sounds on old channels would bend no more");
        run(&mut mpe, &[cc(0, 6, 15)]);
        assert_eq!(run(&mut mpe, &[bend(3, 1.0)]), [bend(3, 1.0)]);
        mpe.set_mode(Mode::Auto, |_| {});
        run(&mut mpe, &[cc(0, 6, 15)]);
        assert_eq!(mpe.members, [15, 0]);
    }

    #[test]
    fn a_finger_bends_its_own_note_by_the_zones_range() {
        let mut mpe = zone(0, 15);
        let [EventKind::NoteExpression { to, expression: Expression::Tuning, value }] =
            run(&mut mpe, &[bend(4, 0.25)])[..]
        else {
            panic!("no tuning")
        };
        assert_eq!(value, 12.0);
        assert!(to.matches(NoteRef { id: 9, channel: 4, key: 77 }));
        assert!(!to.matches(NoteRef { id: 9, channel: 5, key: 77 }));
        run(&mut mpe, &[cc(2, 101, 0), cc(2, 100, 0), cc(2, 6, 24)]);
        assert!(matches!(run(&mut mpe, &[bend(4, 0.25)])[..], [EventKind::NoteExpression { value: 6.0, .. }]));
    }

    #[test]
    fn a_bend_before_the_note_counts_for_it() {
        let mut mpe = zone(0, 15);
        run(&mut mpe, &[bend(4, -0.5)]);
        let out = run(&mut mpe, &[note(4, 60), note(5, 61)]);
        assert_eq!((out[0], out[2], out.len()), (note(4, 60), note(5, 61), 3));
        assert!(matches!(out[1], EventKind::NoteExpression { value: -24.0, .. }));
    }

    #[test]
    fn the_masters_pedal_and_wheel_are_everyones() {
        let mut mpe = zone(0, 3);
        let pedals = run(&mut mpe, &[cc(0, 64, 127)]);
        assert_eq!(pedals, [0, 1, 2, 3].map(|c| cc(c, 64, 127)));
        assert_eq!(run(&mut mpe, &[bend(0, 1.0)]), [0, 1, 2, 3].map(|c| bend(c, 1.0)));
        assert_eq!(run(&mut mpe, &[cc(2, 74, 9)]), [cc(2, 74, 9)], "a member's are its own");
        assert_eq!(run(&mut mpe, &[bend(7, 1.0)]), [bend(7, 1.0)], "outside the zone nothing changes");
    }

    #[test]
    fn a_new_zone_takes_channels_from_the_other() {
        let mut mpe = zone(0, 10);
        run(&mut mpe, &[cc(15, 101, 0), cc(15, 100, 6), cc(15, 6, 7)]);
        assert_eq!(mpe.members, [7, 7]);
        assert_eq!(run(&mut mpe, &[cc(15, 64, 127)]).len(), 8);
        run(&mut mpe, &[cc(0, 6, 15)]);
        assert_eq!(mpe.members, [15, 0]);
        run(&mut mpe, &[cc(0, 6, 0)]);
        assert_eq!(run(&mut mpe, &[bend(1, 1.0)]), [bend(1, 1.0)], "off again");
    }
}
