//! A MIDI file as a timeline: notes in the CLAP dialect with ids of their own, everything else raw.

use crate::timeline::{Play, Timeline};
use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};
use std::path::Path;

/// Notes that are drawn and counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipNote {
    /// When the key goes down.
    pub begin_seconds: f64,
    /// When it goes up.
    pub end_seconds: f64,
    /// MIDI channel, 0–15.
    pub channel: u8,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, 1–127.
    pub velocity: u8,
}

/// A clip: events with their times in seconds.
#[derive(Debug, Clone, Default)]
pub struct Clip {
    events: Vec<(f64, [u8; 3])>,
    /// Its notes, by begin.
    pub notes: Vec<ClipNote>,
    /// Its first tempo, in beats a minute.
    pub tempo_bpm: f64,
}

/// Why a file is no clip.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// It can't be read.
    #[error("the clip {path} can't be read: {reason}")]
    Unreadable {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// It is not a MIDI file.
    #[error("this is no MIDI file: {0}")]
    NotMidi(String),
}

impl Clip {
    /// Reads a MIDI file.
    ///
    /// # Errors
    /// When it can't be read or is none.
    pub fn read(path: &Path) -> Result<Clip, ClipError> {
        let bytes =
            std::fs::read(path).map_err(|e| ClipError::Unreadable { path: path.to_owned(), reason: e.to_string() })?;
        Clip::parse(&bytes)
    }

    /// Parses a MIDI file's bytes. All tracks are played together.
    ///
    /// # Errors
    /// When they are none.
    pub fn parse(bytes: &[u8]) -> Result<Clip, ClipError> {
        let smf = Smf::parse(bytes).map_err(|e| ClipError::NotMidi(e.to_string()))?;
        let mut tempi = vec![(0u64, 500_000.0)];
        let mut events = Vec::new();
        for track in &smf.tracks {
            let mut tick = 0u64;
            for event in track {
                tick += u64::from(event.delta.as_int());
                match event.kind {
                    TrackEventKind::Meta(MetaMessage::Tempo(t)) => tempi.push((tick, f64::from(t.as_int()))),
                    TrackEventKind::Midi { channel, message } => {
                        events.push((tick, bytes_of(channel.as_int(), message)));
                    }
                    _ => {}
                }
            }
        }
        tempi.sort_by_key(|(tick, _)| *tick);
        events.sort_by_key(|(tick, _)| *tick);
        let seconds = |tick: u64| match smf.header.timing {
            Timing::Metrical(per_beat) => metrical_seconds(&tempi, f64::from(per_beat.as_int()), tick),
            Timing::Timecode(fps, sub) => tick as f64 / (f64::from(fps.as_f32()) * f64::from(sub)),
        };
        let events: Vec<(f64, [u8; 3])> = events.into_iter().map(|(tick, b)| (seconds(tick), b)).collect();
        let tempo = tempi.iter().rev().find(|(tick, _)| *tick == 0).map_or(500_000.0, |t| t.1);
        Ok(Clip { notes: notes_of(&events), events, tempo_bpm: 60e6 / tempo })
    }

    /// The time of the last event.
    pub fn end_seconds(&self) -> f64 {
        self.events.last().map_or(0.0, |e| e.0)
    }

    /// The clip as a host plays it at this rate.
    pub fn timeline(&self, sample_rate_hz: f64) -> Timeline {
        let mut timeline = Timeline::new();
        let mut sounding: Vec<(u8, u8, i32)> = Vec::new();
        let mut next_id = 1;
        for (seconds, bytes) in &self.events {
            let frame = (seconds * sample_rate_hz).round() as u64;
            let (channel, key) = (bytes[0] & 15, bytes[1]);
            timeline.push(
                frame,
                match (bytes[0] & 0xf0, bytes[2]) {
                    (0x90, velocity @ 1..) => {
                        let id = next_id;
                        next_id += 1;
                        sounding.push((channel, key, id));
                        Play::On { id, channel, key, velocity: f64::from(velocity) / 127.0 }
                    }
                    (0x80 | 0x90, _) => {
                        let place = sounding.iter().position(|s| (s.0, s.1) == (channel, key));
                        let id = place.map_or(-1, |i| sounding.remove(i).2);
                        Play::Off { id, channel: i16::from(channel), key: i16::from(key) }
                    }
                    _ => Play::Midi(*bytes),
                },
            );
        }
        timeline
    }

    /// The stretches during which the sustain pedal is down on any channel, in seconds.
    pub fn pedal(&self) -> Vec<(f64, f64)> {
        let mut down: [Option<f64>; 16] = [None; 16];
        let mut stretches = Vec::new();
        for (seconds, bytes) in self.events.iter().filter(|(_, b)| b[0] & 0xf0 == 0xb0 && b[1] == 64) {
            let pedal = &mut down[usize::from(bytes[0] & 15)];
            match (*pedal, bytes[2] >= 64) {
                (None, true) => *pedal = Some(*seconds),
                (Some(begin), false) => {
                    stretches.push((begin, *seconds));
                    *pedal = None;
                }
                _ => {}
            }
        }
        stretches.extend(down.into_iter().flatten().map(|begin| (begin, self.end_seconds())));
        stretches.sort_by(|a, b| a.0.total_cmp(&b.0));
        stretches
    }

    /// Pitch bend over time, −1…1, with its channel.
    pub fn bend(&self) -> Vec<(f64, u8, f64)> {
        let bends = self.events.iter().filter(|(_, b)| b[0] & 0xf0 == 0xe0);
        bends.map(|(t, b)| (*t, b[0] & 15, (f64::from(b[1]) + 128.0 * f64::from(b[2]) - 8192.0) / 8192.0)).collect()
    }
}

fn metrical_seconds(tempi: &[(u64, f64)], per_beat: f64, tick: u64) -> f64 {
    let mut seconds = 0.0;
    for (i, (from, micros)) in tempi.iter().enumerate().take_while(|(_, t)| t.0 <= tick) {
        let until = tempi.get(i + 1).map_or(tick, |t| t.0.min(tick));
        seconds += (until - from) as f64 / per_beat * micros * 1e-6;
    }
    seconds
}

fn bytes_of(channel: u8, message: MidiMessage) -> [u8; 3] {
    let (status, a, b) = match message {
        MidiMessage::NoteOff { key, vel } => (0x80, key.as_int(), vel.as_int()),
        MidiMessage::NoteOn { key, vel } => (0x90, key.as_int(), vel.as_int()),
        MidiMessage::Aftertouch { key, vel } => (0xa0, key.as_int(), vel.as_int()),
        MidiMessage::Controller { controller, value } => (0xb0, controller.as_int(), value.as_int()),
        MidiMessage::ProgramChange { program } => (0xc0, program.as_int(), 0),
        MidiMessage::ChannelAftertouch { vel } => (0xd0, vel.as_int(), 0),
        MidiMessage::PitchBend { bend } => {
            let value = bend.0.as_int();
            (0xe0, (value & 127) as u8, (value >> 7) as u8)
        }
    };
    [status | channel, a, b]
}

fn notes_of(events: &[(f64, [u8; 3])]) -> Vec<ClipNote> {
    let end = events.last().map_or(0.0, |e| e.0);
    let mut notes: Vec<ClipNote> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (seconds, bytes) in events {
        let (channel, key) = (bytes[0] & 15, bytes[1]);
        match (bytes[0] & 0xf0, bytes[2]) {
            (0x90, velocity @ 1..) => {
                open.push(notes.len());
                notes.push(ClipNote { begin_seconds: *seconds, end_seconds: end, channel, key, velocity });
            }
            (0x80 | 0x90, _) => {
                if let Some(i) = open.iter().position(|n| (notes[*n].channel, notes[*n].key) == (channel, key)) {
                    notes[open.remove(i)].end_seconds = *seconds;
                }
            }
            _ => {}
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 480 ticks a beat, 120 then 60 beats a minute from beat 1, one note from beat 0 to beat 2.
    const FILE: &[u8] = b"MThd\0\0\0\x06\0\0\0\x01\x01\xe0MTrk\0\0\0\x1c\
        \0\xff\x51\x03\x07\xa1\x20\0\x90\x3c\x64\x83\x60\xff\x51\x03\x0f\x42\x40\x83\x60\x80\x3c\0\0\xff\x2f\0";

    #[test]
    fn tempo_changes_are_followed() {
        let clip = Clip::parse(FILE).unwrap();
        assert_eq!(clip.notes.len(), 1);
        assert!((clip.notes[0].end_seconds - 1.5).abs() < 1e-9, "{:?}", clip.notes);
        assert_eq!(clip.tempo_bpm, 120.0);
        let timeline = clip.timeline(48_000.0);
        assert_eq!(timeline.events()[1], (72_000, Play::Off { id: 1, channel: 0, key: 60 }));
    }

    #[test]
    fn noise_is_no_clip() {
        assert!(matches!(Clip::parse(b"RIFF"), Err(ClipError::NotMidi(_))));
    }
}
