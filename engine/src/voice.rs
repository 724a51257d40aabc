//! One sounding note: a position that moves through the mixed stream of its layers.
//!
//! A voice works tick by tick (16 frames of the engine's clock). At a tick's first frame it computes
//! the whole tick: new targets, the source frames that it needs mixed ahead, the output frames, and
//! a gain for each. Blocks then take what they need, so the output is the same however the host
//! cuts them. What happens inside a tick (a key let go, a choke) only changes the gains from there.

mod glide;
mod layers;
mod moving;
mod run;
mod source;
mod stream;
mod tick;
mod way;

pub(crate) use run::Scratch;
pub(crate) use source::{Late, PROBES};
pub(crate) use way::{SPAN_FRAMES, Way};

use crate::demand::VoiceDemand;
use crate::engine::controls::{Controls, Shared, Sound};
use crate::engine::packs::Slot;
use crate::envelope::Envelope;
use crate::event::{Expression, NoteRef};
use crate::filter::Filter;
use crate::kernel::{self, Simd, Tables, TickFrames};
use crate::limits::TICK_FRAMES;
use crate::midi::{CHANNELS, Channel};
use crate::params::{self, Param};
use crate::resident::{PlayNote, PlayPack, Reading};
use crate::telemetry::EnvelopePlace;
use glide::Glide;
use moving::{Calm, Moving};
use source::Source;
use way::{Ahead, Point, Stretch};

/// A stolen or choked voice is silent after this time.
const FADE_SECONDS: f64 = 0.0025;
/// Levels, pitch and cutoff follow controllers with this time constant: fast enough to be at once,
/// slow enough not to zip.
const FOLLOW_SECONDS: f64 = 0.003;
/// A layer whose frames are late fades out and in within this time.
const LATE_FADE_SECONDS: f64 = 0.002;
/// "Not in this tick".
const NEVER: usize = usize::MAX;

/// What every voice needs to know in a span of frames.
pub(crate) struct Context<'a> {
    pub(crate) simd: Simd,
    pub(crate) tables: &'static Tables,
    pub(crate) controls: &'a Controls,
    pub(crate) channels: &'a [Channel; CHANNELS],
    pub(crate) clock: &'a ClockRates,
}

impl Context<'_> {
    fn shared(&self) -> &Shared {
        self.controls.shared()
    }
}

/// A place on the pad.
fn heard(place: [f64; 2]) -> [f32; 2] {
    place.map(|at| at.clamp(0.0, 1.0) as f32)
}

/// Frames that all voices add to the outputs before the first goes on.
pub(crate) struct Span<'a> {
    /// Place of the first frame in its tick.
    pub(crate) index: usize,
    pub(crate) way: &'a Way,
    pub(crate) left: &'a mut [f32],
    pub(crate) right: &'a mut [f32],
    pub(crate) scratch: &'a mut Scratch,
    pub(crate) reading: &'a Reading,
}

/// What a voice plays from.
#[derive(Clone, Copy)]
struct Played<'a> {
    pack: &'a PlayPack,
    note: &'a PlayNote,
    /// The note's place in the pack.
    index: usize,
    /// The right to read its frames.
    reading: &'a Reading,
}

/// What follows from the output rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockRates {
    pub(crate) sample_rate_hz: f64,
    /// Part of its way that a followed value goes in a tick.
    follow: f64,
    /// What a fade loses per frame.
    fade: f32,
    /// Ticks in which a layer whose frames are late fades.
    late_ticks: usize,
    /// What it loses in each.
    late_fade: f32,
}

impl ClockRates {
    pub(crate) fn new(sample_rate_hz: f64) -> ClockRates {
        let tick = TICK_FRAMES as f64 / sample_rate_hz;
        let late_ticks = (LATE_FADE_SECONDS / tick).ceil().max(1.0);
        ClockRates {
            sample_rate_hz,
            late_ticks: late_ticks as usize,
            late_fade: (1.0 / late_ticks) as f32,
            follow: 1.0 - (-tick / FOLLOW_SECONDS).exp(),
            fade: (1.0 / (FADE_SECONDS * sample_rate_hz)) as f32,
        }
    }
}

/// Per-note expressions, neutral at first.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Expressions {
    volume: f32,
    pan: f32,
    tuning: f64,
    brightness: f32,
    pressure: f32,
}

impl Expressions {
    const NEUTRAL: Expressions = Expressions { volume: 1.0, pan: 0.0, tuning: 0.0, brightness: 0.0, pressure: 0.0 };
}

/// How a voice begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begin {
    pub(crate) note: NoteRef,
    pub(crate) slot: Slot,
    /// Index into the pack's notes.
    pub(crate) index: usize,
    /// Amplitude that the velocity makes.
    pub(crate) level: f32,
    /// The soft pedal is down.
    pub(crate) soft: bool,
    /// Key from which the pitch glides, and the frames that it takes.
    pub(crate) glide: Option<(f64, f64)>,
}

/// What holds a voice when its key is up, and whether the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holds {
    pub(crate) key: bool,
    pub(crate) sustain: bool,
    pub(crate) sostenuto: bool,
}

impl Holds {
    pub(crate) fn any(self) -> bool {
        self.key || self.sustain || self.sostenuto
    }
}

/// A voice. Large: lives in a slot that is used again and again.
#[repr(align(64))]
pub(crate) struct Voice {
    pub(crate) note: NoteRef,
    pub(crate) slot: Slot,
    pub(crate) holds: Holds,
    index: usize,
    velocity_level: f32,
    soft: bool,
    /// Not a frame of it is rendered yet: the first ones take every value as it then stands.
    fresh: bool,

    mods: [f32; params::COUNT],
    /// Of anything but X and Y.
    has_mods: bool,
    /// Modulation of X and Y in the span that is rendered.
    ahead: Ahead<[f32; 2]>,
    expressions: Expressions,
    /// Its own values if it has modulation, valid for this revision of the controls.
    sound: Option<(u32, Sound)>,

    now: Moving,
    /// Nothing that follows controllers has anything to follow.
    calm: Option<Calm>,
    /// Only the point moved in the newest run, and all layers go on: true for as long as that calm holds.
    is_steady: bool,
    /// Falls from 1 to 0 in a voice that is stolen or choked.
    fade: Option<f32>,
    latched: [f64; 2],
    heard: [f32; 2],
    filter: Filter,

    /// Envelope of the tick.
    shape: [f32; TICK_FRAMES],
    /// Output before the gains, of the tick.
    frames: TickFrames,
    /// Gains of the tick.
    gains: TickFrames,
    /// First frame of the tick that does not sound any more.
    end: usize,

    source: Source,
}

impl Voice {
    /// A slot without a note.
    pub(crate) fn idle() -> Voice {
        Voice {
            note: NoteRef { id: -1, channel: 0, key: 0 },
            slot: 0,
            holds: Holds { key: false, sustain: false, sostenuto: false },
            index: 0,
            velocity_level: 0.0,
            soft: false,
            fresh: true,
            mods: [0.0; params::COUNT],
            has_mods: false,
            ahead: Ahead::none([0.0; 2]),
            expressions: Expressions::NEUTRAL,
            sound: None,
            now: Moving::START,
            calm: None,
            is_steady: false,
            fade: None,
            latched: [0.0; 2],
            heard: [0.0; 2],
            filter: Filter::OFF,
            shape: [0.0; TICK_FRAMES],
            frames: TickFrames::SILENCE,
            gains: TickFrames::SILENCE,
            end: NEVER,
            source: Source::new(),
        }
    }

    /// Takes a note. It sounds from the next frame that is rendered.
    pub(crate) fn begin(&mut self, begin: &Begin) {
        self.note = begin.note;
        self.slot = begin.slot;
        self.index = begin.index;
        self.holds = Holds { key: true, sustain: false, sostenuto: false };
        self.velocity_level = begin.level;
        self.soft = begin.soft;
        self.fresh = true;
        self.mods = [0.0; params::COUNT];
        self.has_mods = false;
        self.ahead.take();
        self.expressions = Expressions::NEUTRAL;
        self.sound = None;
        (self.calm, self.is_steady) = (None, false);
        self.now.envelope = Envelope::START;
        self.fade = None;
        let key = f64::from(begin.note.key);
        self.now.glide = Glide::at(begin.glide.map_or(key, |(from, _)| from));
        if let Some((_, frames)) = begin.glide {
            self.now.glide.go(key, frames);
        }
        self.filter = Filter::OFF;
        self.end = NEVER;
    }

    /// Slurs to another key without a new attack; the sample stays.
    pub(crate) fn slur(&mut self, note: NoteRef, frames: f64) {
        self.note = note;
        self.holds.key = true;
        self.holds.sustain = false;
        self.now.glide.go(f64::from(note.key), frames);
        self.calm = None;
    }

    /// Where its pitch is, as a key with fractions.
    pub(crate) fn key(&self) -> f64 {
        self.now.glide.key()
    }

    /// Does it fade because it was stolen or choked?
    pub(crate) fn is_fading(&self) -> bool {
        self.fade.is_some()
    }

    /// Does its release run?
    pub(crate) fn is_released(&self) -> bool {
        self.now.envelope.is_released()
    }

    /// Where its envelope is.
    pub(crate) fn envelope_place(&self, context: &Context<'_>) -> EnvelopePlace {
        // Its own values are those of its last tick.
        let own = self.sound.filter(|_| self.has_mods).map(|(_, sound)| sound);
        self.now.envelope.place(&own.unwrap_or(context.shared().sound).rates)
    }

    /// The note's own pressure, 0…1.
    pub(crate) fn pressure(&self) -> f32 {
        self.expressions.pressure
    }

    /// Loudness now, as amplitude.
    pub(crate) fn level(&self) -> f32 {
        let level = self.now.levels[0].max(self.now.levels[1]) * self.now.envelope.level() as f32;
        if self.fresh { self.velocity_level } else { level * self.fade.unwrap_or(1.0) }
    }

    /// Where on the pad it is heard.
    pub(crate) fn heard(&self) -> [f32; 2] {
        self.heard
    }

    /// Length of its kernel.
    pub(crate) fn taps(&self, tables: &Tables) -> usize {
        self.source.taps(tables)
    }

    /// Modulation of this note alone.
    pub(crate) fn modulate(&mut self, param: Param, offset: f32) {
        self.mods[param as usize] = offset;
        self.is_steady = false;
        // Where the note is heard is looked at in every run.
        if !param.is_point() {
            self.has_mods = Param::all().any(|param| !param.is_point() && self.mods[param as usize] != 0.0);
            self.sound = None;
            self.calm = None;
        }
    }

    /// Modulation of X or Y of this note alone, from a tick of the next span on.
    pub(crate) fn modulate_ahead(&mut self, param: Param, offset: f32, tick: usize) {
        let axis = usize::from(param == Param::Y);
        self.is_steady = false;
        self.ahead.change(tick, self.point_mods(), |offsets| offsets[axis] = offset);
    }

    /// Modulation of X and Y.
    fn point_mods(&self) -> [f32; 2] {
        [Param::X, Param::Y].map(|param| self.mods[param as usize])
    }

    /// An expression of this note alone; the value is finite.
    pub(crate) fn express(&mut self, expression: Expression, value: f32) {
        self.calm = None;
        let e = &mut self.expressions;
        match expression {
            Expression::Volume => e.volume = value.clamp(0.0, 4.0),
            Expression::Pan => e.pan = value.clamp(0.0, 1.0) * 2.0 - 1.0,
            Expression::Tuning => e.tuning = f64::from(value.clamp(-120.0, 120.0)),
            Expression::Brightness => e.brightness = value.clamp(0.0, 1.0) * 2.0 - 1.0,
            Expression::Pressure => e.pressure = value.clamp(0.0, 1.0),
        }
    }

    /// What it plays, for the loader.
    pub(crate) fn demand(&self, pack: u64, place: u16) -> VoiceDemand {
        VoiceDemand { pack, note: self.index as u16, place, ..self.source.demand(self.heard) }
    }

    /// Begins the release at frame `index` of the tick.
    pub(crate) fn release(&mut self, index: usize, context: &Context<'_>) {
        if self.is_released() {
            return;
        }
        self.calm = None;
        let running = index > 0 && !self.fresh;
        let level = if running { f64::from(self.shape[index.min(TICK_FRAMES - 1)]) } else { self.now.envelope.level() };
        self.now.envelope.release(level);
        if running && self.end == NEVER {
            let rates = self.sound(context).rates;
            if let Some(end) = self.now.envelope.run(&rates, index, &mut self.shape) {
                self.end = end;
            }
            if self.fade.is_none() {
                self.set_gains();
            }
        }
    }

    /// Fades it out from frame `index` of the tick, in a few milliseconds.
    pub(crate) fn choke(&mut self, index: usize, clock: &ClockRates) {
        if self.fade.is_some() {
            return;
        }
        self.fade = Some(1.0);
        self.is_steady = false;
        if index > 0 && !self.fresh {
            self.fade_gains(index, clock);
        }
    }

    /// Adds a span of frames to the outputs. Returns the frame of the span at which the voice ended.
    /// Real-time safe.
    pub(crate) fn render(
        &mut self,
        context: &Context<'_>,
        late: &mut Late,
        pack: Option<&PlayPack>,
        span: &mut Span<'_>,
    ) -> Option<usize> {
        let reading = span.reading;
        let played =
            pack.and_then(|pack| Some(Played { pack, note: pack.notes.get(self.index)?, index: self.index, reading }));
        let Some(played) = played else { return Some(0) };
        let frames = span.left.len().min(span.right.len());
        let begun = self.go_on(context, played, span);
        late.origins.add_wanted(begun * TICK_FRAMES);
        if begun * TICK_FRAMES == frames { None } else { self.render_from(begun, context, late, played, span) }
    }

    /// As [`Voice::render`] where some ticks, or none, are rendered.
    #[inline(never)]
    fn render_from(
        &mut self,
        begun: usize,
        context: &Context<'_>,
        late: &mut Late,
        played: Played<'_>,
        span: &mut Span<'_>,
    ) -> Option<usize> {
        let frames = span.left.len().min(span.right.len());
        let (mut at, mut index) = (begun * TICK_FRAMES, span.index);
        let mut ahead = Stretch { way: span.way, first: begun, ticks: 0 };
        while at < frames {
            ahead.ticks = (frames - at) / TICK_FRAMES;
            if index == 0 {
                let (left, right) = (&mut span.left[at..frames], &mut span.right[at..frames]);
                let done = self.run(context, played, ahead, span.scratch, left, right);
                if done > 0 {
                    late.origins.add_wanted(done * TICK_FRAMES);
                    ahead.first += done;
                    at += done * TICK_FRAMES;
                    continue;
                }
            }
            if index == 0 || self.fresh {
                self.compute_tick(context, late, played, ahead, index);
            }
            ahead.first += 1;
            let count = (TICK_FRAMES - index).min(frames - at);
            let live = self.end.saturating_sub(index).min(count);
            self.hand_out(context.simd, index, &mut span.left[at..at + live], &mut span.right[at..at + live]);
            if self.end <= index + count {
                return Some(at + self.end.saturating_sub(index));
            }
            at += count;
            index = (index + count) % TICK_FRAMES;
        }
        if let Some(offsets) = self.ahead.take() {
            [self.mods[Param::X as usize], self.mods[Param::Y as usize]] = offsets;
        }
        None
    }

    /// Adds the computed frames from `index` of the tick on.
    fn hand_out(&self, simd: Simd, index: usize, left: &mut [f32], right: &mut [f32]) {
        if left.len() == TICK_FRAMES && right.len() == TICK_FRAMES {
            let gains = kernel::Loudness::Moving(std::slice::from_ref(&self.gains));
            kernel::add(simd, left, right, std::slice::from_ref(&self.frames), gains);
            return;
        }
        let add = |out: &mut [f32], frames: &[f32], gains: &[f32]| {
            for ((out, frame), gain) in out.iter_mut().zip(frames).zip(gains) {
                *out += frame * gain;
            }
        };
        add(left, &self.frames.left[index..], &self.gains.left[index..]);
        add(right, &self.frames.right[index..], &self.gains.right[index..]);
    }
}
