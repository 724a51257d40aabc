//! The engine: events and a pack in, audio out. Runs without any framework.
//!
//! | thread | owns |
//! | --- | --- |
//! | audio | [`Engine`]: [`Engine::process`] never allocates, frees, locks, waits or panics |
//! | any other | [`EngineHandle`]: sends packs, frees old ones, reads telemetry |
//!
//! Time: notes and pedals split a block at their very frame. Everything else (parameters, bends,
//! controllers, modulation) is taken up at the next tick, every 16 frames of the engine's own
//! clock, and ramped inside it. So the output never depends on the host's block size.

mod bank;
pub(crate) mod controls;
mod denormals;
mod handle;
mod held;
pub(crate) mod packs;
mod sanitise;

pub use handle::EngineHandle;

use std::sync::Arc;

use crate::demand::Beginning;
use crate::event::{Event, EventKind, Expression, NoteAddress, NoteRef};
use crate::kernel::{Simd, Tables};
use crate::limits::{TICK_FRAMES, VOICES};
use crate::midi::{CHANNELS, Channel, controller};
use crate::params::Param;
use crate::resident::{PlayPack, Reader, Reading};
use crate::telemetry::{Telemetry, VoiceView};
use crate::voice::{ClockRates, Context, Late, PROBES, SPAN_FRAMES, Scratch, Span, Way};
use bank::Bank;
use controls::{Controls, WheelTarget};
use packs::Packs;

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
/// Frames between two pictures for the editor, at least.
const PUBLISH_FRAMES: u64 = 64;
/// Frames between two lists for the loader, at least.
const DEMAND_FRAMES: u64 = 128;
/// Fall of the peak meters.
const PEAK_FALL_DB_PER_SECOND: f64 = 26.0;

/// What voices read.
struct State {
    simd: Simd,
    tables: &'static Tables,
    controls: Controls,
    channels: [Channel; CHANNELS],
    clock: ClockRates,
}

impl State {
    fn context(&self) -> Context<'_> {
        Context {
            simd: self.simd,
            tables: self.tables,
            controls: &self.controls,
            channels: &self.channels,
            clock: &self.clock,
        }
    }
}

/// The realtime engine. Its drop frees packs: drop it off the audio thread.
pub struct Engine {
    state: State,
    packs: Packs,
    bank: Bank,
    late: Late,
    /// What the voices follow in the span that is rendered.
    way: Box<Way>,
    scratch: Box<Scratch>,
    telemetry: triple_buffer::Input<Telemetry>,
    reader: Reader,
    /// Frames since the start or the reset: the clock of the ticks.
    now: u64,
    published: u64,
    /// When the loader was told what is played, and whether anything sounded then.
    demanded: u64,
    demanded_sound: bool,
    peaks: [f32; 2],
    /// Channel of the newest note, whose wheel the shown point follows.
    last_channel: usize,
}

impl Engine {
    /// An engine and its other end. Allocates; the first engine of a process also builds the filter
    /// tables, which takes some milliseconds.
    pub fn new(config: EngineConfig) -> (Engine, EngineHandle) {
        let (packs_in, packs_out) = rtrb::RingBuffer::<Arc<PlayPack>>::new(PACK_RING);
        let (garbage_in, garbage_out) = rtrb::RingBuffer::<Arc<PlayPack>>::new(GARBAGE_RING);
        let (input, output) = triple_buffer::triple_buffer(&Telemetry::default());
        let rate = if config.sample_rate_hz.is_finite() { config.sample_rate_hz.clamp(1000.0, 1e6) } else { 48_000.0 };
        let engine = Engine {
            state: State {
                simd: Simd::detect(),
                tables: Tables::shared(),
                controls: Controls::new(rate),
                channels: [Channel::NEUTRAL; CHANNELS],
                clock: ClockRates::new(rate),
            },
            packs: Packs::new(packs_out, garbage_in),
            bank: Bank::new(),
            late: Late::default(),
            way: Box::new(Way::NONE),
            scratch: Box::new(Scratch::EMPTY),
            telemetry: input,
            reader: Reader::new(),
            now: 0,
            published: 0,
            demanded: 0,
            demanded_sound: false,
            peaks: [0.0; 2],
            last_channel: 0,
        };
        (engine, EngineHandle { packs: packs_in, garbage: garbage_out, telemetry: output })
    }

    /// Uses this path of the inner loops instead of the fastest.
    pub fn set_simd(&mut self, simd: Simd) {
        self.state.simd = simd;
    }

    /// The path of the inner loops.
    pub fn simd(&self) -> Simd {
        self.state.simd
    }

    /// Renders a block: overwrites `left` and `right` (the shorter length counts). `events` are in
    /// order of their frames; those behind the block's end act at its end. Real-time safe (while
    /// offline it may wait, see [`Engine::set_offline`]).
    pub fn process(&mut self, left: &mut [f32], right: &mut [f32], events: &[Event]) {
        let _flush = denormals::Flush::new();
        let frames = left.len().min(right.len());
        left.fill(0.0);
        right.fill(0.0);
        self.bank.clear_ended();
        self.exchange_packs();
        let reading = self.reader.enter();
        self.late.probes = PROBES;
        let (mut at, mut next) = (0, 0);
        while at < frames {
            while let Some(event) = events.get(next).filter(|e| e.frame as usize <= at) {
                self.apply(event.kind, at as u32);
                next += 1;
            }
            let ahead = &events[next..];
            let end = self.span_end(at, frames, ahead);
            next += self.look_ahead(at, end, ahead);
            self.render_span(&reading, at as u32, &mut left[at..end], &mut right[at..end]);
            at = end;
        }
        for event in &events[next..] {
            self.apply(event.kind, frames.saturating_sub(1) as u32);
        }
        self.bank.sort_ended();
        self.reader.tell(self.now, self.bank.sounding() > 0);
        drop(reading);
        self.publish(&left[..frames], &right[..frames]);
        self.publish_demand();
    }

    /// Stops all sound, sets controllers and modulation to neutral and starts the clock and the
    /// random generator again; parameters and packs stay. Real-time safe.
    pub fn reset(&mut self) {
        self.bank.reset();
        self.state.channels = [Channel::NEUTRAL; CHANNELS];
        self.state.controls.reset();
        self.late.gave_up = false;
        self.now = 0;
        self.published = 0;
        self.demanded = 0;
        self.peaks = [0.0; 2];
    }

    /// How many voices sound, releases included. Real-time safe.
    pub fn sounding(&self) -> usize {
        self.bank.sounding()
    }

    /// The notes that ended in the last block, in order of their frames. Real-time safe.
    pub fn ended(&self) -> &[EndedNote] {
        self.bank.ended()
    }

    /// Sets a parameter at once, without glide or ramp: for set-up. Plain value; out of range is
    /// clamped, NaN changes nothing. Real-time safe.
    pub fn set_param(&mut self, param: Param, plain: f64) {
        self.state.controls.set_base(param, plain);
        self.state.controls.refresh();
        if matches!(param, Param::X | Param::Y) {
            self.state.controls.jump();
        }
    }

    /// For bounces, never for playing: while true, frames that are not yet resident are waited for
    /// (the thread sleeps and looks again) instead of being played as silence. After 20 seconds in
    /// vain it goes on with silence and does not wait again until this is called once more: a
    /// failed load cannot hang a host.
    pub fn set_offline(&mut self, offline: bool) {
        self.late.offline = offline;
        self.late.gave_up = false;
    }

    /// While true the quality is Best whatever the parameter says: what a host's bounce wants.
    pub fn set_force_best(&mut self, force: bool) {
        self.state.controls.set_force_best(force);
    }

    /// Mean number of taps with which the sounding voices are interpolated now.
    pub fn mean_taps(&self) -> f64 {
        let taps = self.bank.iter().map(|v| v.taps(self.state.tables) as f64);
        taps.sum::<f64>() / self.bank.sounding().max(1) as f64
    }

    /// Takes in the packs that were sent, and sends back those that nothing plays, without rendering:
    /// [`Engine::process`] does the same first. Real-time safe.
    pub fn exchange_packs(&mut self) {
        let index = self.index();
        let was_empty = self.packs.current().is_none();
        if let Some(slot) = self.packs.exchange(|slot| self.bank.plays(slot)) {
            self.bank.choke_pack(slot, index, &self.state.context());
        }
        if was_empty && self.packs.current().is_some() {
            self.state.controls.refresh();
            self.state.controls.begin_from_silence();
            self.bank.start_waiting(&self.state.context(), &self.packs, index, 0);
        }
    }

    /// Place of the next frame in its tick.
    fn index(&self) -> usize {
        (self.now % TICK_FRAMES as u64) as usize
    }

    /// Where the span that begins at frame `at` must end: at the next note event, at the tick in
    /// which other events are taken up that change more than what voices follow, or at the block's end.
    fn span_end(&self, at: usize, frames: usize, events: &[Event]) -> usize {
        let mut end = frames.min(at + SPAN_FRAMES);
        for event in events {
            let frame = (event.frame as usize).max(at);
            if frame >= end {
                break;
            }
            if sanitise::flows(&event.kind) {
                continue;
            }
            let ahead = if sanitise::is_exact(&event.kind) {
                frame - at
            } else {
                (self.index() + frame - at).next_multiple_of(TICK_FRAMES) - self.index()
            };
            end = end.min(at + ahead.max(1));
        }
        end
    }

    /// Finds what the voices follow in the frames `at..end`. Returns how many of the events are taken up in
    /// that: those up to the beginning of the last tick.
    fn look_ahead(&mut self, at: usize, end: usize, events: &[Event]) -> usize {
        self.state.controls.refresh();
        self.way.begin(self.state.controls.landing());
        let (mut tick, mut taken) = (at, 0);
        let index = self.index();
        if index > 0 {
            self.way.push(self.state.controls.point());
            tick += TICK_FRAMES - index;
        }
        while tick < end {
            while let Some(event) = events.get(taken).filter(|e| e.frame as usize <= tick) {
                self.apply_ahead(event.kind);
                taken += 1;
            }
            self.way.push(self.state.controls.advance_point());
            tick += TICK_FRAMES;
        }
        taken
    }

    /// Has an event of those that [flow](sanitise::flows) act from the tick on that comes next in the way.
    fn apply_ahead(&mut self, kind: EventKind) {
        match sanitise::event(kind) {
            Some(EventKind::NoteMod { to, param, offset }) => {
                self.bank.modulate_ahead(to, param, offset, self.way.ticks());
            }
            Some(
                kind @ (EventKind::PitchBend { channel, .. }
                | EventKind::ChannelPressure { channel, .. }
                | EventKind::ControlChange { channel, .. }),
            ) => {
                let before = self.state.channels[usize::from(channel)];
                self.apply(kind, 0);
                self.way.change(channel, before, self.state.channels[usize::from(channel)]);
            }
            Some(kind) => self.apply(kind, 0),
            None => {}
        }
    }

    /// Renders a span, whose way has been found.
    fn render_span(&mut self, reading: &Reading, frame: u32, left: &mut [f32], right: &mut [f32]) {
        let frames = left.len() as u64;
        let span = Span { index: self.index(), way: &self.way, left, right, scratch: &mut self.scratch, reading };
        self.bank.render(&self.state.context(), &mut self.late, &self.packs, frame, span);
        self.now += frames;
    }

    fn apply(&mut self, kind: EventKind, frame: u32) {
        let Some(kind) = sanitise::event(kind) else { return };
        self.state.controls.refresh();
        let index = self.index();
        match kind {
            EventKind::NoteOn { note, velocity } => {
                if self.bank.sounding() == 0 {
                    self.state.controls.begin_from_silence();
                }
                self.last_channel = usize::from(note.channel);
                self.bank.note_on(&self.state.context(), &self.packs, note, velocity, index, frame);
            }
            EventKind::NoteOff { to } => {
                self.bank.note_off(&self.state.context(), &self.packs, to, index, frame);
            }
            EventKind::Choke { to } => self.bank.choke(&self.state.context(), to, index, frame),
            EventKind::Param { param, value } => self.state.controls.set_base(param, value),
            EventKind::ParamMod { param, offset } => self.state.controls.set_offset(param, offset),
            EventKind::NoteMod { to, param, offset } => self.bank.modulate(to, param, offset),
            EventKind::NoteExpression { to, expression, value } => self.bank.express(to, expression, value),
            EventKind::PolyPressure { to, value } => self.bank.express(to, Expression::Pressure, value),
            EventKind::PitchBend { channel, value } => {
                self.state.controls.touch();
                self.state.channels[usize::from(channel)].bend = value;
            }
            EventKind::ChannelPressure { channel, value } => {
                self.state.controls.touch();
                self.state.channels[usize::from(channel)].pressure = value;
            }
            EventKind::ControlChange { channel, controller, value } => {
                self.state.controls.touch();
                self.control_change(channel, controller, value, index, frame);
            }
        }
    }

    fn control_change(&mut self, channel: u8, number: u8, value: f32, index: usize, frame: u32) {
        let down = value >= 0.5;
        let all = NoteAddress { channel: Some(channel), ..NoteAddress::default() };
        let state = &mut self.state.channels[usize::from(channel)];
        match number {
            controller::SUSTAIN => {
                state.sustain = down;
                if !down {
                    self.bank.sustain_up(&self.state.context(), &self.packs, channel, index, frame);
                }
            }
            controller::SOSTENUTO => {
                let was = std::mem::replace(&mut state.sostenuto, down);
                if down && !was {
                    self.bank.sostenuto_down(channel);
                } else if !down {
                    self.bank.sostenuto_up(&self.state.context(), &self.packs, channel, index, frame);
                }
            }
            controller::SOFT => state.soft = down,
            controller::ALL_SOUND_OFF => self.bank.choke(&self.state.context(), all, index, frame),
            controller::ALL_NOTES_OFF => {
                self.bank.note_off(&self.state.context(), &self.packs, all, index, frame);
            }
            controller::RESET_CONTROLLERS => {
                state.reset_controllers();
                let context = self.state.context();
                self.bank.sustain_up(&context, &self.packs, channel, index, frame);
                self.bank.sostenuto_up(&context, &self.packs, channel, index, frame);
            }
            _ => state.set(number, value),
        }
    }

    fn publish(&mut self, left: &[f32], right: &[f32]) {
        let fall_db = PEAK_FALL_DB_PER_SECOND * left.len() as f64 / self.state.clock.sample_rate_hz;
        let fall = 10f64.powf(-fall_db / 20.0) as f32;
        for (peak, side) in self.peaks.iter_mut().zip([left, right]) {
            // What is not finite would stay for ever.
            *peak = side.iter().map(|v| v.abs()).filter(|v| v.is_finite()).fold(*peak * fall, f32::max);
        }
        if self.now < self.published + PUBLISH_FRAMES && self.published > 0 {
            return;
        }
        self.published = self.now;
        let shared = self.state.controls.shared();
        let wheel = f64::from(self.state.channels[self.last_channel].wheel);
        let [x, y] = self.state.controls.point();
        let x = x + if shared.wheel == WheelTarget::X { wheel } else { 0.0 };
        let y = y + if shared.wheel == WheelTarget::Y { wheel } else { 0.0 };
        let view = self.telemetry.input_buffer_mut();
        (view.x, view.y) = (x.clamp(0.0, 1.0) as f32, y.clamp(0.0, 1.0) as f32);
        (view.peak_left, view.peak_right) = (self.peaks[0], self.peaks[1]);
        view.missing_chunks = self.late.missing;
        view.origins = self.late.origins;
        view.frames = self.now;
        view.count = 0;
        let context = self.state.context();
        for (place, voice) in view.voices.iter_mut().zip(self.bank.iter().filter(|v| !v.is_fading()).take(VOICES)) {
            let [x, y] = voice.heard();
            let channel = self.state.channels[usize::from(voice.note.channel) % CHANNELS].pressure;
            let pressure = voice.pressure().max(channel);
            let (level, released) = (voice.level(), voice.is_released());
            let envelope = voice.envelope_place(&context);
            *place = VoiceView { note: voice.note, x, y, level, envelope, released, pressure };
            view.count += 1;
        }
        self.telemetry.publish();
    }

    /// Tells the loader what is played.
    fn publish_demand(&mut self) {
        let sounds = self.bank.sounding() > 0;
        if self.now < self.demanded + DEMAND_FRAMES && sounds == self.demanded_sound {
            return;
        }
        (self.demanded, self.demanded_sound) = (self.now, sounds);
        let (packs, bank, controls) = (&self.packs, &self.bank, &self.state.controls);
        self.reader.publish(|demand| {
            demand.sample_rate_hz = self.state.clock.sample_rate_hz;
            demand.pack = packs.current().map_or(0, |(_, pack)| pack.id);
            demand.point = controls.point().map(|at| at as f32);
            let shared = controls.shared();
            demand.beginning = Beginning { start: shared.sound.start, reverse: shared.reverse };
            demand.set_voices(bank.demands(packs));
        });
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("sounding", &self.sounding()).field("now", &self.now).finish_non_exhaustive()
    }
}
