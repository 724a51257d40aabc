//! A MIDI file as engine events, in frames.

use std::path::Path;

use betwixt_engine::bytes::{ByteSource, FileBytes};
use betwixt_engine::event::{EventKind, NoteAddress, NoteRef};
use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

/// Tempo until the file says another: 120 beats a minute, in microseconds.
const DEFAULT_TEMPO_US: f64 = 500_000.0;

/// The longest file that is read: days of music.
const MOST_BYTES: u64 = 256 << 20;

/// What is played.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Events by frame; those of one frame in the file's order.
    pub events: Vec<(usize, EventKind)>,
    /// Frame of the last event of any kind, the ends of tracks included.
    pub frames: usize,
}

/// Why a file is no clip.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The file can't be read.
    #[error("can't read the MIDI file {file}: {source}")]
    Io {
        /// Which.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no MIDI file.
    #[error("{file} is no standard MIDI file: {source}")]
    Midi {
        /// Which.
        file: String,
        /// Why.
        source: midly::Error,
    },
    /// It would play for longer than a day.
    #[error("the MIDI file {file} lasts longer than a day")]
    TooLong {
        /// Which.
        file: String,
    },
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = FileBytes::open(path)?;
    if file.len() > MOST_BYTES {
        return Err(std::io::Error::other(format!("it has {} bytes; clips have {MOST_BYTES} at most", file.len())));
    }
    let mut bytes = vec![0; file.len() as usize];
    file.read_exact_at(0, &mut bytes)?;
    Ok(bytes)
}

/// A tick's event, before there are frames.
enum Raw {
    Play(EventKind),
    Tempo(f64),
    Other,
}

impl Clip {
    /// Reads a standard MIDI file of any format; all tracks play together.
    ///
    /// # Errors
    /// When it can't be read or is none.
    pub fn read(path: &Path, rate: f64) -> Result<Clip, ClipError> {
        let file = path.display().to_string();
        let bytes = read(path).map_err(|source| ClipError::Io { file: file.clone(), source })?;
        let smf = Smf::parse(&bytes).map_err(|source| ClipError::Midi { file: file.clone(), source })?;
        Clip::new(&smf, rate).ok_or(ClipError::TooLong { file })
    }

    fn new(smf: &Smf<'_>, rate: f64) -> Option<Clip> {
        let mut raw: Vec<(u64, Raw)> = Vec::new();
        for track in &smf.tracks {
            let mut tick = 0u64;
            for event in track {
                tick += u64::from(event.delta.as_int());
                raw.push((tick, self::raw(&event.kind)));
            }
        }
        raw.sort_by_key(|(tick, _)| *tick);

        let (mut seconds, mut before, mut tempo_us) = (0.0, 0, DEFAULT_TEMPO_US);
        let mut clip = Clip { events: Vec::new(), frames: 0 };
        for (tick, event) in raw {
            seconds += (tick - before) as f64 * tick_seconds(smf.header.timing, tempo_us);
            before = tick;
            if seconds > 86_400.0 {
                return None;
            }
            let frame = (seconds * rate).round() as usize;
            clip.frames = frame;
            match event {
                Raw::Play(kind) => clip.events.push((frame, kind)),
                Raw::Tempo(us) => tempo_us = us,
                Raw::Other => {}
            }
        }
        Some(clip)
    }
}

fn tick_seconds(timing: Timing, tempo_us: f64) -> f64 {
    match timing {
        Timing::Metrical(per_beat) => tempo_us * 1e-6 / f64::from(per_beat.as_int().max(1)),
        Timing::Timecode(fps, per_frame) => 1.0 / f64::from(fps.as_f32()) / f64::from(per_frame.max(1)),
    }
}

fn raw(kind: &TrackEventKind<'_>) -> Raw {
    match kind {
        TrackEventKind::Midi { channel, message } => midi(channel.as_int(), message).map_or(Raw::Other, Raw::Play),
        TrackEventKind::Meta(MetaMessage::Tempo(us)) => Raw::Tempo(f64::from(us.as_int())),
        _ => Raw::Other,
    }
}

fn midi(channel: u8, message: &MidiMessage) -> Option<EventKind> {
    let unit = |v: midly::num::u7| f32::from(v.as_int()) / 127.0;
    let note = |key: midly::num::u7| NoteRef { id: -1, channel, key: key.as_int() };
    let to = |key: midly::num::u7| NoteAddress { id: None, channel: Some(channel), key: Some(key.as_int()) };
    Some(match *message {
        MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
            EventKind::NoteOn { note: note(key), velocity: unit(vel) }
        }
        MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => EventKind::NoteOff { to: to(key) },
        MidiMessage::Aftertouch { key, vel } => EventKind::PolyPressure { to: to(key), value: unit(vel) },
        MidiMessage::Controller { controller, value } => {
            EventKind::ControlChange { channel, controller: controller.as_int(), value: unit(value) }
        }
        MidiMessage::ChannelAftertouch { vel } => EventKind::ChannelPressure { channel, value: unit(vel) },
        // Exactly 0 in the middle, and the wheel's both ends.
        MidiMessage::PitchBend { bend } => {
            let steps = f32::from(bend.as_int());
            EventKind::PitchBend { channel, value: if steps < 0.0 { steps / 8192.0 } else { steps / 8191.0 } }
        }
        MidiMessage::ProgramChange { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use midly::{Format, Header, TrackEvent};

    fn event(delta: u32, kind: TrackEventKind<'_>) -> TrackEvent<'_> {
        TrackEvent { delta: delta.into(), kind }
    }

    fn on(key: u8, vel: u8) -> TrackEventKind<'static> {
        TrackEventKind::Midi { channel: 0.into(), message: MidiMessage::NoteOn { key: key.into(), vel: vel.into() } }
    }

    #[test]
    fn tempo_changes_move_what_follows_in_all_tracks() {
        let header = Header { format: Format::Parallel, timing: Timing::Metrical(480.into()) };
        let tempo = |us: u32| TrackEventKind::Meta(MetaMessage::Tempo(us.into()));
        let tracks = vec![
            vec![event(480, tempo(1_000_000)), event(960, TrackEventKind::Meta(MetaMessage::EndOfTrack))],
            vec![event(0, on(60, 100)), event(480, on(60, 0)), event(480, on(62, 1))],
        ];
        let clip = Clip::new(&Smf { header, tracks }, 1000.0).unwrap();
        let frames: Vec<usize> = clip.events.iter().map(|e| e.0).collect();
        assert_eq!(frames, [0, 500, 1500]);
        assert_eq!(clip.frames, 2500, "the end of the first track");
        assert!(matches!(clip.events[1].1, EventKind::NoteOff { .. }), "velocity 0 lets go");
    }

    #[test]
    fn the_wheel_rests_at_exactly_nothing() {
        let bend = |steps: i16| midi(0, &MidiMessage::PitchBend { bend: midly::PitchBend::from_int(steps) });
        for (steps, value) in [(0, 0.0), (-8192, -1.0), (8191, 1.0)] {
            assert_eq!(bend(steps), Some(EventKind::PitchBend { channel: 0, value }));
        }
    }
}
