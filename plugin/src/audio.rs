//! What the audio thread owns: the engine, and the events on their way into it.
//!
//! The framework cuts the host's block into slices where a parameter changes, and calls [`Audio::slice`] once for each.
//! Everything here is real-time safe but [`Audio::new`].

use betwixt_engine::engine::{EndedNote, Engine};
use betwixt_engine::event::{Event, EventKind};
use betwixt_engine::params::{COUNT, Param};
use nice_plug::prelude::NoteEvent;

use crate::mpe::Mpe;
use crate::parameters::{Parameters, plain_of};
use crate::translate::translate;

/// Events that one call of the engine takes; with more, a slice is rendered in several calls.
const EVENTS: usize = 1024;
/// Events that one slice may leave for the next.
const CARRIED: usize = 1024;
/// Keys and wheels of the window that wait for a slice.
const PLAYED: usize = 256;

/// What the window plays goes in here.
pub type Player = rtrb::Producer<EventKind>;

/// The engine and what is on its way into it.
pub struct Audio {
    feed: Feed,
    mpe: Mpe,
    /// Events that stood at the end of the last slice, for frame 0 of the next.
    carried: Vec<Event>,
    /// Base value and modulation of each parameter as the engine has them; NaN where it must be told.
    told: [(f32, f32); COUNT],
    /// The host renders a file: best quality, and wait for the loader.
    offline: bool,
}

/// Makes the ring from the window to the audio thread. Allocates.
pub fn player() -> (Player, rtrb::Consumer<EventKind>) {
    rtrb::RingBuffer::new(PLAYED)
}

impl Audio {
    /// Around an engine that stands at `parameters`. Allocates.
    pub fn new(mut engine: Engine, parameters: &Parameters, offline: bool) -> Audio {
        engine.set_offline(offline);
        let mut audio = Audio {
            feed: Feed { engine, events: Vec::with_capacity(EVENTS) },
            mpe: Mpe::default(),
            carried: Vec::with_capacity(CARRIED),
            told: [(f32::NAN, f32::NAN); COUNT],
            offline,
        };
        audio.reset(parameters);
        audio
    }

    /// Silence at once; parameters jump to where they stand. Nothing of what was on its way arrives.
    pub fn reset(&mut self, parameters: &Parameters) {
        self.feed.engine.reset();
        self.feed.events.clear();
        self.mpe.reset();
        self.carried.clear();
        for param in Param::all() {
            let base = self.base(parameters, param);
            self.feed.engine.set_param(param, plain_of(param, base));
            self.told[param as usize] = (base, f32::NAN);
        }
    }

    /// Does the host render a file?
    pub fn is_offline(&self) -> bool {
        self.offline
    }

    /// Takes in packs that were sent.
    pub fn exchange_packs(&mut self) {
        self.feed.engine.exchange_packs();
    }

    /// Does anything sound, or is about to?
    pub fn sounds(&self) -> bool {
        self.feed.engine.sounding() > 0 || !self.carried.is_empty()
    }

    /// Renders one slice. `played` comes from the window, `input` from the host in the order of its frames; `ended` gets
    /// each note that falls silent, its frame counted from the slice's start.
    pub fn slice(
        &mut self,
        [left, right]: [&mut [f32]; 2],
        parameters: &Parameters,
        played: &mut rtrb::Consumer<EventKind>,
        input: impl Iterator<Item = NoteEvent<()>>,
        mut ended: impl FnMut(EndedNote),
    ) {
        let frames = left.len();
        let mut slice = Slice { left, right, done: 0, ended: &mut ended };
        self.feed.events.clear();
        self.tell(parameters, &mut slice);
        let Audio { feed, mpe, carried, .. } = self;
        for event in carried.drain(..) {
            mpe.take(event.kind, |kind| feed.push(kind, 0, &mut slice));
        }
        while let Ok(kind) = played.pop() {
            feed.push(kind, 0, &mut slice);
        }
        let mut last = 0;
        for event in input {
            let frame = (event.timing() as usize).max(last);
            let Some(kind) = translate(event) else { continue };
            if frame >= frames && frames > 0 && carried.len() < CARRIED {
                // The framework hands out events that stand right before a parameter change one slice too early.
                carried.push(Event { frame: 0, kind });
                continue;
            }
            last = frame.min(frames.saturating_sub(1));
            mpe.take(kind, |kind| feed.push(kind, last, &mut slice));
        }
        feed.render(frames, &mut slice);
    }

    fn base(&self, parameters: &Parameters, param: Param) -> f32 {
        if param == Param::Quality && self.offline { 1.0 } else { parameters.base(param) }
    }

    /// Tells the engine what has changed since the last slice: by the host, the window or a restored state.
    fn tell(&mut self, parameters: &Parameters, slice: &mut Slice) {
        for param in Param::all() {
            let base = self.base(parameters, param);
            let offset = parameters.modulated(param) - parameters.base(param);
            let (told_base, told_offset) = self.told[param as usize];
            if base != told_base {
                self.feed.push(EventKind::Param { param, value: plain_of(param, base) }, 0, slice);
            }
            if offset != told_offset && param.automatable() {
                self.feed.push(EventKind::ParamMod { param, offset }, 0, slice);
            }
            self.told[param as usize] = (base, offset);
        }
    }
}

/// The engine and the events that wait for it.
struct Feed {
    engine: Engine,
    /// In order of frames, counted from what is rendered.
    events: Vec<Event>,
}

impl Feed {
    /// Queues an event at a frame of the slice, rendering up to it when the queue is full.
    fn push(&mut self, kind: EventKind, frame: usize, slice: &mut Slice) {
        if self.events.len() == EVENTS {
            self.render(frame, slice);
        }
        self.events.push(Event { frame: (frame - slice.done) as u32, kind });
    }

    /// Renders up to `frame` of the slice with the events queued so far.
    fn render(&mut self, frame: usize, slice: &mut Slice) {
        let range = slice.done..frame;
        self.engine.process(&mut slice.left[range.clone()], &mut slice.right[range], &self.events);
        for note in self.engine.ended() {
            (slice.ended)(EndedNote { frame: note.frame + slice.done as u32, ..*note });
        }
        self.events.clear();
        slice.done = frame;
    }
}

/// The slice that is being rendered.
struct Slice<'a> {
    left: &'a mut [f32],
    right: &'a mut [f32],
    /// Frames that are rendered.
    done: usize,
    ended: &'a mut dyn FnMut(EndedNote),
}

#[cfg(test)]
mod tests;
