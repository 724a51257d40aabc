//! Writes the music of `cargo xtask demo`: `clip.mid`, the curves of X and Y, and the parts that do
//! not follow them, into the folder given. `cargo run -p betwixt-builder --example demo_clip assets/demo`.
//!
//! Nine bars in D at 80 beats a minute: a pedalled chord part with voice-leading by step, a melody
//! that climbs to bar six and comes down again, a bass, and from bar five on a quiet figure above
//! it all. Channels 1 to 4 are chords, melody (with pitch bend), bass, figure.

use std::path::PathBuf;

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, PitchBend, Smf, Timing, TrackEvent, TrackEventKind};

const TICKS_PER_BEAT: u16 = 480;
const BEATS_PER_MINUTE: f64 = 80.0;
const BEATS_PER_BAR: f64 = 4.0;

/// Bass note, and four voices from tenor to alto, for each chord with its first beat.
const CHORDS: &[(f64, u8, [u8; 4])] = &[
    (0.0, 38, [54, 57, 61, 64]),  // D major 9
    (4.0, 35, [54, 57, 61, 62]),  // B minor 9
    (8.0, 43, [54, 57, 59, 62]),  // G major 9
    (12.0, 45, [52, 55, 59, 62]), // A 9 sus 4 …
    (14.0, 45, [52, 55, 59, 61]), // … resolved
    (16.0, 42, [52, 57, 61, 64]), // F sharp minor 7
    (18.0, 42, [54, 57, 61, 64]),
    (20.0, 35, [54, 57, 62, 64]), // B minor 11
    (22.0, 43, [55, 59, 62, 66]), // G major 7
    (24.0, 40, [54, 55, 59, 62]), // E minor 9
    (26.0, 40, [55, 59, 62, 64]),
    (28.0, 45, [55, 59, 62, 66]), // A 13 sus 4 …
    (30.0, 45, [52, 55, 61, 66]), // … resolved
    (32.0, 38, [54, 57, 62, 64]), // D add 9
];
const END: f64 = 36.0;

/// Beat, length in beats, key.
const MELODY: &[(f64, f64, u8)] = &[
    (1.0, 1.5, 69),
    (2.5, 0.5, 71),
    (3.0, 1.0, 73),
    (4.0, 1.5, 74),
    (5.5, 0.5, 73),
    (6.0, 1.9, 66),
    (8.5, 0.5, 71),
    (9.0, 0.5, 74),
    (9.5, 1.5, 78),
    (11.0, 1.0, 76),
    (12.0, 1.0, 76),
    (13.0, 1.0, 74),
    (14.0, 0.5, 71),
    (14.5, 1.4, 73),
    (16.0, 1.5, 81),
    (17.5, 0.5, 78),
    (18.0, 1.0, 76),
    (19.0, 1.0, 73),
    (20.0, 0.5, 74),
    (20.5, 0.5, 76),
    (21.0, 0.5, 78),
    (21.5, 0.5, 81),
    (22.0, 2.0, 83),
    (24.0, 1.0, 81),
    (25.0, 0.5, 79),
    (25.5, 0.5, 78),
    (26.0, 1.5, 76),
    (27.5, 0.5, 74),
    (28.0, 1.0, 76),
    (29.0, 1.5, 78),
    (30.5, 0.5, 76),
    (31.0, 1.0, 73),
    (32.0, 3.6, 74),
];

/// How loud the piece is at a beat, as a velocity: up to the climax in bar six, then down.
fn dynamics(beat: f64) -> f64 {
    const ARC: &[(f64, f64)] =
        &[(0.0, 66.0), (12.0, 80.0), (16.0, 88.0), (22.0, 108.0), (26.0, 98.0), (32.0, 74.0), (36.0, 56.0)];
    along(ARC, beat)
}

/// Linear between points.
fn along(points: &[(f64, f64)], at: f64) -> f64 {
    let after = points.iter().position(|p| p.0 > at).unwrap_or(points.len());
    match (after.checked_sub(1).map(|i| points[i]), points.get(after)) {
        (Some((a, u)), Some((b, v))) => u + (v - u) * (at - a) / (b - a),
        (Some((_, u)), None) => u,
        (None, first) => first.map_or(0.0, |p| p.1),
    }
}

/// Events of one channel with their beats.
struct Part {
    channel: u8,
    events: Vec<(f64, MidiMessage)>,
}

impl Part {
    fn new(channel: u8) -> Part {
        Part { channel, events: Vec::new() }
    }

    fn note(&mut self, beat: f64, length: f64, key: u8, velocity: f64) {
        let (key, vel) = (u7::new(key), u7::new(velocity.round().clamp(1.0, 127.0) as u8));
        self.events.push((beat.max(0.0), MidiMessage::NoteOn { key, vel }));
        self.events.push((beat + length, MidiMessage::NoteOff { key, vel: u7::new(64) }));
    }

    fn controller(&mut self, beat: f64, controller: u8, value: u8) {
        self.events.push((beat, MidiMessage::Controller { controller: u7::new(controller), value: u7::new(value) }));
    }

    /// In semitones, for a range of 2.
    fn bend(&mut self, beat: f64, semitones: f64) {
        let bend = PitchBend::from_f64((semitones / 2.0).clamp(-1.0, 1.0));
        self.events.push((beat, MidiMessage::PitchBend { bend }));
    }

    fn track(mut self, name: &'static [u8]) -> Vec<TrackEvent<'static>> {
        // At one beat: ends before starts, controllers between.
        let rank = |m: &MidiMessage| match m {
            MidiMessage::NoteOff { .. } => 0,
            MidiMessage::NoteOn { .. } => 2,
            _ => 1,
        };
        self.events.sort_by(|a, b| a.0.total_cmp(&b.0).then(rank(&a.1).cmp(&rank(&b.1))));
        let mut track = vec![meta(0, MetaMessage::TrackName(name))];
        let mut now = 0;
        for (beat, message) in self.events {
            let tick = (beat * f64::from(TICKS_PER_BEAT)).round() as u32;
            let kind = TrackEventKind::Midi { channel: u4::new(self.channel), message };
            track.push(TrackEvent { delta: u28::new(tick - now), kind });
            now = tick;
        }
        track.push(meta(0, MetaMessage::EndOfTrack));
        track
    }
}

fn meta(delta: u32, message: MetaMessage<'static>) -> TrackEvent<'static> {
    TrackEvent { delta: u28::new(delta), kind: TrackEventKind::Meta(message) }
}

fn chords() -> Part {
    let mut part = Part::new(0);
    part.controller(0.0, 64, 0);
    for (i, &(beat, _, voices)) in CHORDS.iter().enumerate() {
        let next = CHORDS.get(i + 1).map_or(END - 0.2, |c| c.0);
        // The pedal goes down after the chord and up with the next one.
        part.controller(beat, 64, 0);
        part.controller(beat + 0.15, 64, 127);
        for (voice, &key) in voices.iter().enumerate() {
            // A gently rolled chord; outer voices lead.
            let roll = 0.03 * voice as f64;
            let lead = if voice == 3 { 4.0 } else { 0.0 };
            let held = (next - beat) * if i + 1 == CHORDS.len() { 1.0 } else { 0.8 };
            part.note(beat + roll, held - roll, key, dynamics(beat) - 8.0 + lead);
        }
    }
    part.controller(END - 0.1, 64, 0);
    part
}

fn melody() -> Part {
    let mut part = Part::new(1);
    part.bend(0.0, 0.0);
    for (i, &(beat, length, key)) in MELODY.iter().enumerate() {
        // Short notes are bound to the next one, long ones breathe before it.
        let sounding = if length >= 1.0 { length - 0.08 } else { length };
        let sway = if i % 2 == 0 { 0.0 } else { 0.012 };
        part.note(beat + sway, sounding - sway, key, dynamics(beat) + 10.0);
    }
    // Scoops into three notes from below, and a slow vibrato on the climax and on the last note.
    for beat in [6.0, 14.5, 16.0] {
        for step in 0..=12 {
            let t = f64::from(step) / 12.0;
            part.bend(beat + 0.35 * t, -(1.0 - t) * (1.0 - t));
        }
    }
    for (from, to, depth) in [(22.6, 23.9, 0.22), (33.2, 35.2, 0.14)] {
        let mut beat = from;
        while beat < to {
            let t = (beat - from) / (to - from);
            let swell = (std::f64::consts::PI * t).sin();
            part.bend(
                beat,
                depth * swell * (std::f64::consts::TAU * 5.2 * (beat - from) * 60.0 / BEATS_PER_MINUTE).sin(),
            );
            beat += 0.04;
        }
        part.bend(to, 0.0);
    }
    part
}

fn bass() -> Part {
    let mut part = Part::new(2);
    for (i, &(beat, bass, _)) in CHORDS.iter().enumerate() {
        let next = CHORDS.get(i + 1).map_or(END - 0.2, |c| c.0);
        let length = next - beat;
        if i + 1 == CHORDS.len() {
            part.note(beat, length, bass, dynamics(beat));
            part.note(beat + 0.5, length - 0.5, bass + 7, dynamics(beat) - 12.0);
        } else if length > 3.0 {
            part.note(beat, 2.4, bass, dynamics(beat) + 4.0);
            part.note(beat + 2.5, 0.9, bass + 7, dynamics(beat) - 8.0);
            part.note(beat + 3.5, 0.45, bass + 12, dynamics(beat) - 10.0);
        } else {
            part.note(beat, 1.4, bass, dynamics(beat) + 4.0);
            part.note(beat + 1.5, 0.45, bass + 12, dynamics(beat) - 10.0);
        }
    }
    part
}

fn figure() -> Part {
    let mut part = Part::new(3);
    for (i, &(beat, _, voices)) in CHORDS.iter().enumerate().filter(|(_, c)| (16.0..32.0).contains(&c.0)) {
        let next = CHORDS.get(i + 1).map_or(END, |c| c.0);
        let order = [1usize, 3, 2, 3];
        for step in 0..((next - beat) * 2.0) as usize {
            let at = beat + 0.5 * step as f64;
            let key = voices[order[step % 4]] + 12;
            part.note(at, 0.42, key, dynamics(at) - 34.0 + if step % 2 == 0 { 5.0 } else { 0.0 });
        }
    }
    // The last chord opens upwards.
    for (step, key) in [62u8, 66, 69, 74, 78, 81, 86].into_iter().enumerate() {
        let at = 32.5 + 0.375 * step as f64;
        part.note(at, END - 0.3 - at, key, 52.0 - 3.0 * step as f64);
    }
    part
}

/// The melody's walk over the pad: both diagonals from corner to corner, the climax on the second,
/// and home to the middle, where the chords are. Points are beats, x, y.
const WALK: &[(f64, f64, f64)] = &[
    (0.0, 0.0, 0.0),
    (2.5, 0.0, 0.0),
    (6.0, 0.34, 0.22),
    (9.0, 0.64, 0.7),
    (12.5, 1.0, 1.0),
    (14.0, 1.0, 1.0),
    (16.5, 0.56, 0.88),
    (19.5, 0.0, 1.0),
    (21.0, 0.0, 1.0),
    (23.5, 0.22, 0.66),
    (26.5, 0.7, 0.36),
    (29.5, 1.0, 0.0),
    (31.0, 1.0, 0.0),
    (33.5, 0.62, 0.14),
    (36.0, 0.5, 0.5),
];

/// Parts that stay at a place: what they are called, their channel (1–16), x, y.
const PARTS: &[(&str, u8, f64, f64)] = &[("Chords", 1, 0.5, 0.5), ("Bass", 3, 0.12, 0.12), ("Figure", 4, 0.88, 0.88)];

/// One coordinate of the walk as `[[seconds, value], …]`: a smooth curve through its points that
/// never passes them (cubic, with the slopes of Fritsch and Butland 1984: 0 where it turns or rests).
fn curve(coordinate: impl Fn(&(f64, f64, f64)) -> f64) -> serde_json::Value {
    const STEPS: usize = 10;
    let secant = |i: usize| {
        let (a, b) = (&WALK[i], &WALK[i + 1]);
        (coordinate(b) - coordinate(a)) / (b.0 - a.0)
    };
    let slope = |i: usize| {
        if i == 0 || i + 1 == WALK.len() {
            return 0.0;
        }
        let (before, after) = (secant(i - 1), secant(i));
        if before * after > 0.0 { 2.0 * before * after / (before + after) } else { 0.0 }
    };
    let mut points = Vec::new();
    for (i, pair) in WALK.windows(2).enumerate() {
        let (a, b, length) = (coordinate(&pair[0]), coordinate(&pair[1]), pair[1].0 - pair[0].0);
        let (u, v) = (slope(i) * length, slope(i + 1) * length);
        for step in 0..STEPS {
            let t = step as f64 / STEPS as f64;
            let cubic = (u + v - 2.0 * (b - a)) * t + (3.0 * (b - a) - 2.0 * u - v);
            points.push((pair[0].0 + t * length, a + t * (u + t * cubic)));
        }
    }
    points.extend(WALK.last().map(|p| (p.0, coordinate(p))));
    let thousandth = |v: f64| (v * 1000.0).round() / 1000.0;
    points.into_iter().map(|(beat, v)| vec![thousandth(beat * 60.0 / BEATS_PER_MINUTE), thousandth(v)]).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("usage: demo_clip FOLDER")?.into();
    let tempo = u24::new((60e6 / BEATS_PER_MINUTE).round() as u32);
    let conductor = vec![
        meta(0, MetaMessage::TrackName(b"Between")),
        meta(0, MetaMessage::Tempo(tempo)),
        meta(0, MetaMessage::TimeSignature(BEATS_PER_BAR as u8, 2, 24, 8)),
        meta(0, MetaMessage::KeySignature(2, false)),
        meta((END * f64::from(TICKS_PER_BEAT)) as u32, MetaMessage::EndOfTrack),
    ];
    let mut smf = Smf::new(Header::new(Format::Parallel, Timing::Metrical(u15::new(TICKS_PER_BEAT))));
    smf.tracks = vec![
        conductor,
        chords().track(b"Chords"),
        melody().track(b"Melody"),
        bass().track(b"Bass"),
        figure().track(b"Figure"),
    ];
    smf.save(folder.join("clip.mid"))?;
    std::fs::write(folder.join("curve-x.json"), format!("{}\n", curve(|p| p.1)))?;
    std::fs::write(folder.join("curve-y.json"), format!("{}\n", curve(|p| p.2)))?;
    let parts: Vec<serde_json::Value> = PARTS
        .iter()
        .map(|(name, channel, x, y)| serde_json::json!({ "name": name, "channel": channel, "at": [x, y] }))
        .collect();
    std::fs::write(folder.join("parts.json"), serde_json::to_string_pretty(&parts)? + "\n")?;
    Ok(())
}
