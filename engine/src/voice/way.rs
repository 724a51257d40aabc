//! What voices follow over a span of frames, tick by tick: the pad's point and the channels' controllers.
//!
//! The engine finds it ahead, from the events that lie in the span. So such events do not cut a span, and
//! voices compute many ticks at once however many of them there are.

use super::{Context, heard};
use crate::limits::TICK_FRAMES;
use crate::midi::{CHANNELS, Channel};

/// Frames that all voices render before the first goes on: their memory stays in the cache.
pub(crate) const SPAN_FRAMES: usize = 256;
/// Ticks that a span touches at most.
const SPAN_TICKS: usize = SPAN_FRAMES / TICK_FRAMES + 2;

/// The pad's point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    /// Before a note's own offsets.
    pub(crate) place: [f64; 2],
    /// Where it is heard by a note without offsets.
    pub(crate) heard: [f32; 2],
}

impl Point {
    pub(crate) fn new(place: [f64; 2]) -> Point {
        Point { place, heard: heard(place) }
    }
}

/// A value that changes at some ticks of a span.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead<T> {
    /// A bit for each tick from which on there is another value; that of the first too, if there is any.
    changes: u32,
    values: [T; SPAN_TICKS],
}

const _: () = assert!(SPAN_TICKS < 32, "a bit for each tick");

impl<T: Copy> Ahead<T> {
    /// Nothing changes; `any` value is never seen.
    pub(super) const fn none(any: T) -> Ahead<T> {
        Ahead { changes: 0, values: [any; SPAN_TICKS] }
    }

    /// Does nothing change?
    pub(super) fn is_none(&self) -> bool {
        self.changes == 0
    }

    /// Changes the value from a tick on, which lies at or behind all that were named before; `before` is
    /// the one that it has in the first.
    pub(super) fn change(&mut self, tick: usize, before: T, change: impl FnOnce(&mut T)) {
        let mut value = self.at(tick).unwrap_or(before);
        change(&mut value);
        if self.is_none() {
            (self.changes, self.values[0]) = (1, before);
        }
        let tick = tick.min(SPAN_TICKS - 1);
        self.changes |= 1 << tick;
        self.values[tick] = value;
    }

    /// The value at a tick; `None` if it stays what it was.
    pub(super) fn at(&self, tick: usize) -> Option<T> {
        let until = self.changes & ((2 << tick.min(SPAN_TICKS - 1)) - 1);
        (until != 0).then(|| self.values[until.ilog2() as usize])
    }

    /// The value behind the span; nothing changes any more.
    pub(super) fn take(&mut self) -> Option<T> {
        let last = self.at(SPAN_TICKS);
        self.changes = 0;
        last
    }
}

/// See the module.
pub(crate) struct Way {
    points: [Point; SPAN_TICKS],
    ticks: usize,
    /// Where a note begins at the span's first frame, if that is not where the point is.
    landing: Option<Point>,
    channels: [Ahead<Channel>; CHANNELS],
    /// A bit for each channel that changes.
    changing: u16,
}

impl Way {
    pub(crate) const NONE: Way = Way {
        points: [Point { place: [0.0; 2], heard: [0.0; 2] }; SPAN_TICKS],
        ticks: 0,
        landing: None,
        channels: [Ahead::none(Channel::NEUTRAL); CHANNELS],
        changing: 0,
    };

    /// A span begins.
    pub(crate) fn begin(&mut self, landing: Option<[f64; 2]>) {
        self.ticks = 0;
        self.landing = landing.map(Point::new);
        while self.changing != 0 {
            self.channels[self.changing.trailing_zeros() as usize].changes = 0;
            self.changing &= self.changing - 1;
        }
    }

    /// The point at the end of one tick more, a part of which lies in the span.
    pub(crate) fn push(&mut self, place: [f64; 2]) {
        if let Some(point) = self.points.get_mut(self.ticks) {
            *point = Point::new(place);
            self.ticks += 1;
        }
    }

    /// How many ticks there are, and so which comes next.
    pub(crate) fn ticks(&self) -> usize {
        self.ticks
    }

    /// A channel's controllers change with the tick that comes next.
    pub(crate) fn change(&mut self, channel: u8, before: Channel, after: Channel) {
        let channel = usize::from(channel) % CHANNELS;
        self.changing |= 1 << channel;
        self.channels[channel].change(self.ticks, before, |channel| *channel = after);
    }

    /// See the field.
    pub(super) fn landing(&self) -> Option<Point> {
        self.landing
    }
}

/// Some ticks of a way, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Stretch<'a> {
    pub(super) way: &'a Way,
    /// The first of them in the way.
    pub(super) first: usize,
    /// How many there are at most.
    pub(super) ticks: usize,
}

impl<'a> Stretch<'a> {
    /// The pad's point at the end of each.
    pub(super) fn points(&self) -> &'a [Point] {
        let points = &self.way.points[self.first.min(self.way.ticks)..self.way.ticks];
        &points[..self.ticks.min(points.len())]
    }

    /// That of the first.
    pub(super) fn point(&self) -> Point {
        self.way.points[self.first.min(SPAN_TICKS - 1)]
    }

    /// The controllers of a channel in one of them.
    pub(super) fn channel(&self, context: &Context<'_>, channel: u8, tick: usize) -> Channel {
        let channel = usize::from(channel) % CHANNELS;
        let ahead = if self.rests(channel as u8) { None } else { self.way.channels[channel].at(self.first + tick) };
        ahead.unwrap_or(context.channels[channel])
    }

    /// Do the controllers of a channel stay the same throughout the way?
    pub(super) fn rests(&self, channel: u8) -> bool {
        self.way.changing & (1 << (usize::from(channel) % CHANNELS)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_it_was_changed_to_at_or_before_a_tick() {
        let mut ahead = Ahead::none([0; 2]);
        assert_eq!((ahead.at(0), ahead.take()), (None, None));
        ahead.change(3, [1, 1], |v| v[0] = 5);
        ahead.change(3, [1, 1], |v| v[1] = 6);
        ahead.change(7, [1, 1], |v| v[1] = 9);
        let seen = [0, 2, 3, 6, 7, SPAN_TICKS - 1].map(|tick| ahead.at(tick).unwrap());
        assert_eq!(seen, [[1, 1], [1, 1], [5, 6], [5, 6], [5, 9], [5, 9]]);
        assert_eq!((ahead.take(), ahead.is_none()), (Some([5, 9]), true));
    }
}
