//! What the audio thread owns: the engine, and the events on their way into it.
//!
//! The framework cuts the host's block into slices where a parameter changes, and calls [`Audio::slice`] once for each.
//! Everything here is real-time safe but [`Audio::new`].

use std::sync::Arc;

use betwixt_engine::engine::{EndedNote, Engine};
use betwixt_engine::event::{Event, EventKind};
use betwixt_engine::params::{COUNT, Param};
use nice_plug::prelude::NoteEvent;

use crate::mpe::Mpe;
use crate::parameters::{Parameters, plain_of};
use crate::settings;
use crate::stars::{AXES, Recall, StarTable};
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
    stars: Arc<StarTable>,
    recall: Recall,
    recalled: bool,
    /// What stood at the end of the last slice, for frame 0 of the next.
    carried: Vec<Input>,
    /// Base value and modulation of each parameter as the engine has them; NaN where it must be told.
    told: [(f32, f32); COUNT],
    /// The host renders a file: best quality, and wait for the loader.
    offline: bool,
}

/// What arrives from host or window.
#[derive(Debug, Clone, Copy)]
enum Input {
    Event(EventKind),
    /// The point goes to a star.
    Program(u8),
}

/// Makes the ring from the window to the audio thread. Allocates.
pub fn player() -> (Player, rtrb::Consumer<EventKind>) {
    rtrb::RingBuffer::new(PLAYED)
}

impl Audio {
    /// Around an engine of this rate that stands at `parameters`. Allocates.
    pub fn new(
        mut engine: Engine,
        sample_rate_hz: f64,
        parameters: &Parameters,
        stars: Arc<StarTable>,
        offline: bool,
    ) -> Audio {
        engine.set_offline(offline);
        let recall = Recall::new(&stars, sample_rate_hz);
        let mut mpe = Mpe::default();
        mpe.set_mode(settings::mpe(), |_| {});
        let mut audio = Audio {
            feed: Feed { engine, events: Vec::with_capacity(EVENTS) },
            mpe,
            stars,
            recall,
            recalled: false,
            carried: Vec::with_capacity(CARRIED),
            told: [(f32::NAN, f32::NAN); COUNT],
            offline,
        };
        audio.reset(parameters);
        audio
    }

    /// Silence at once; parameters jump to where they stand, and the point to the star that it was on its way to.
    /// Nothing else of what was on its way arrives.
    pub fn reset(&mut self, parameters: &Parameters) {
        self.feed.engine.reset();
        self.feed.events.clear();
        self.mpe.reset();
        self.carried.clear();
        self.recall.reset(&self.stars);
        for param in Param::all() {
            let base = self.place(param).unwrap_or_else(|| self.base(parameters, param));
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

    /// Was a star recalled in the last slice?
    pub fn was_recalled(&self) -> bool {
        self.recalled
    }

    /// Is the point on its way to a star?
    pub fn moves(&self) -> bool {
        self.recall.moves()
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
        self.recalled = false;
        self.recall.look(&self.stars, AXES.map(|axis| parameters.base(axis)));
        self.mpe.set_mode(settings::mpe(), |kind| self.feed.push(kind, 0, &mut slice));
        self.tell(parameters, &mut slice);
        for at in 0..self.carried.len() {
            self.take(self.carried[at], 0, parameters, &mut slice);
        }
        self.carried.clear();
        while let Ok(kind) = played.pop() {
            // The window's notes come from no channel of MPE.
            self.recall_or(kind, 0, parameters, &mut slice, |audio, slice| audio.feed.push(kind, 0, slice));
        }
        let mut last = 0;
        for event in input {
            let frame = (event.timing() as usize).max(last);
            let input = match event {
                NoteEvent::MidiProgramChange { program, .. } => Input::Program(program),
                event => match translate(event) {
                    Some(kind) => Input::Event(kind),
                    None => continue,
                },
            };
            if frame >= frames && frames > 0 && self.carried.len() < CARRIED {
                // The framework hands out events that stand right before a parameter change one slice too early.
                self.carried.push(input);
                continue;
            }
            let frame = frame.min(frames.saturating_sub(1));
            self.go_on(last, frame, &mut slice);
            last = frame;
            self.take(input, last, parameters, &mut slice);
        }
        self.go_on(last, frames, &mut slice);
        self.feed.render(frames, &mut slice);
        self.recall.publish(&self.stars);
    }

    /// An event at a frame of the slice.
    fn take(&mut self, input: Input, frame: usize, parameters: &Parameters, slice: &mut Slice) {
        match input {
            Input::Program(number) => self.go_to(number, frame, parameters, slice),
            Input::Event(kind) => self.recall_or(kind, frame, parameters, slice, |audio, slice| {
                let Audio { feed, mpe, .. } = audio;
                mpe.take(kind, |kind| feed.push(kind, frame, slice));
            }),
        }
    }

    /// Has a key that recalls a star do that, and `play` anything else.
    fn recall_or(
        &mut self,
        kind: EventKind,
        frame: usize,
        parameters: &Parameters,
        slice: &mut Slice,
        play: impl FnOnce(&mut Audio, &mut Slice),
    ) {
        match kind {
            EventKind::NoteOn { note, velocity } if velocity > 0.0 => {
                match self.recall.key_down(&self.stars, note.key) {
                    Some(number) => {
                        self.go_to(number, frame, parameters, slice);
                        // For the host it is a note, which has ended now; what ended before is told before.
                        self.feed.render(frame, slice);
                        (slice.ended)(EndedNote { note, frame: frame as u32 });
                    }
                    None => play(self, slice),
                }
            }
            EventKind::NoteOff { to } if to.key.is_some_and(|key| self.recall.key_up(key)) => {}
            _ => play(self, slice),
        }
    }

    /// Sends the point to a star.
    fn go_to(&mut self, number: u8, frame: usize, parameters: &Parameters, slice: &mut Slice) {
        let Audio { feed, recall, stars, .. } = self;
        self.recalled = true;
        recall.go(stars, number, AXES.map(|axis| parameters.base(axis)), |axis, place| {
            let param = AXES[axis];
            feed.push(EventKind::Param { param, value: plain_of(param, place) }, frame, slice);
        });
    }

    /// The point goes on to its star, between two frames of the slice.
    fn go_on(&mut self, from: usize, to: usize, slice: &mut Slice) {
        let Audio { feed, recall, .. } = self;
        recall.advance(to - from, |frame, axis, place| {
            let param = AXES[axis];
            feed.push(EventKind::Param { param, value: f64::from(place) }, from + frame, slice);
        });
    }

    /// Where a recall has put this parameter, if one has.
    fn place(&self, param: Param) -> Option<f32> {
        AXES.iter().position(|axis| *axis == param).and_then(|axis| self.recall.place(axis))
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
            // A recall tells the engine itself, and the parameter when it is over.
            let base = if self.place(param).is_some() { f32::NAN } else { base };
            if base != told_base && !base.is_nan() {
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
