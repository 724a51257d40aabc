//! The order in which a voice reads the frames of its note: from a start, forwards or backwards,
//! round the loop or to the end. All that is irregular about reading ends here; what follows sees
//! one unbroken stream.

use crate::demand::{Beginning, VoiceDemand};
use crate::resident::{CHUNK_FRAMES, LoopFrames};

/// A loop shorter than this is not read in runs: they would be short, and each has its price.
pub(super) const SHORT_FRAMES: usize = 64;

/// Where reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stream {
    /// Forwards the next frame; backwards one past it.
    cursor: usize,
    frames: usize,
    looped: Option<LoopFrames>,
    reverse: bool,
}

/// Frames `start..start + len` of the note, all in one chunk; backwards they are to be played from
/// the last to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) len: usize,
}

impl Stream {
    /// A note of `frames`, begun at a fraction of 0…1 of its length (from its end if backwards).
    pub(super) fn new(frames: usize, start: f64, reverse: bool) -> Stream {
        Stream { cursor: Beginning { start, reverse }.cursor(frames), frames, looped: None, reverse }
    }

    /// The loop from here on; one that makes no sense is none.
    pub(super) fn set_loop(&mut self, looped: Option<LoopFrames>) {
        self.looped = looped.filter(|l| l.start < l.end && l.end <= self.frames);
    }

    /// What is read next, for the loader.
    #[inline]
    pub(super) fn demand(&self) -> VoiceDemand {
        VoiceDemand { cursor: self.cursor, reverse: self.reverse, looped: self.looped, ..VoiceDemand::NONE }
    }

    /// Is it read backwards?
    pub(super) fn reverse(&self) -> bool {
        self.reverse
    }

    /// Forwards: the next frames that lie in one piece. Backwards, and at the end, none.
    pub(super) fn contiguous(&self) -> Run {
        let mut ahead = *self;
        match ahead.reverse {
            false => ahead.next_forwards(usize::MAX).unwrap_or(Run { start: self.cursor, len: 0 }),
            true => Run { start: self.cursor, len: 0 },
        }
    }

    /// Is it inside of a loop shorter than [`SHORT_FRAMES`]? Then the frames of it.
    #[inline]
    pub(super) fn short_loop(&self) -> Option<LoopFrames> {
        let looped = self.looped.filter(|l| l.end - l.start < SHORT_FRAMES)?;
        // Backwards the cursor is one past the next frame.
        let next = self.cursor.checked_sub(usize::from(self.reverse))?;
        (looped.start..looped.end).contains(&next).then_some(looped)
    }

    /// Goes on by `count` frames of its [short loop](Stream::short_loop), and says at which frames of the loop the
    /// first of them are, in the order of playing.
    pub(super) fn go_round(&mut self, looped: LoopFrames, places: &mut [usize], count: usize) {
        let len = looped.end - looped.start;
        let first = self.cursor - usize::from(self.reverse) - looped.start;
        let reverse = self.reverse;
        let place = |i: usize| if reverse { (first + len - i % len) % len } else { (first + i) % len };
        places.iter_mut().enumerate().for_each(|(i, out)| *out = place(i));
        self.cursor = looped.start + place(count) + usize::from(reverse);
    }

    /// The next frames in one piece, at most `most` (1 or more). `None` at the end.
    pub(super) fn next(&mut self, most: usize) -> Option<Run> {
        if self.reverse { self.next_backwards(most) } else { self.next_forwards(most) }
    }

    /// The next frame; backwards one past it.
    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// Goes on behind `count` frames of the [`Stream::contiguous`] ones, but not behind the last of them.
    pub(super) fn advance(&mut self, count: usize) {
        debug_assert!(count < self.contiguous().len, "{count} frames: not contiguous");
        self.cursor += count;
    }

    /// Goes on behind `count` frames of the [`Stream::contiguous`] ones.
    pub(super) fn skip(&mut self, count: usize) {
        let run = self.next_forwards(count);
        debug_assert!(count == 0 || run.is_some_and(|run| run.len == count), "{run:?}: not contiguous");
    }

    fn next_forwards(&mut self, most: usize) -> Option<Run> {
        let looped = self.looped.filter(|l| self.cursor < l.end);
        let border = looped.map_or(self.frames, |l| l.end);
        let in_chunk = CHUNK_FRAMES - self.cursor % CHUNK_FRAMES;
        let len = most.min(border.checked_sub(self.cursor)?).min(in_chunk);
        let run = Run { start: self.cursor, len };
        self.cursor += len;
        if let Some(l) = looped
            && self.cursor == l.end
        {
            self.cursor = l.start;
        }
        (len > 0).then_some(run)
    }

    fn next_backwards(&mut self, most: usize) -> Option<Run> {
        let looped = self.looped.filter(|l| self.cursor > l.start);
        let border = looped.map_or(0, |l| l.start);
        let in_chunk = (self.cursor.checked_sub(1)?) % CHUNK_FRAMES + 1;
        let len = most.min(self.cursor - border).min(in_chunk);
        self.cursor -= len;
        let run = Run { start: self.cursor, len };
        if let Some(l) = looped
            && self.cursor == l.start
        {
            self.cursor = l.end;
        }
        Some(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The frames in the order of playing, `most` at a time.
    fn played(mut stream: Stream, most: usize, count: usize) -> Vec<usize> {
        let mut all = Vec::new();
        while all.len() < count {
            let Some(run) = stream.next(most) else { break };
            let frames = run.start..run.start + run.len;
            if stream.reverse() { all.extend(frames.rev()) } else { all.extend(frames) }
        }
        all.truncate(count);
        all
    }

    #[test]
    fn a_one_shot_ends_with_its_last_frame() {
        for most in [1, 3, 100] {
            assert_eq!(played(Stream::new(7, 0.0, false), most, 50), [0, 1, 2, 3, 4, 5, 6]);
            assert_eq!(played(Stream::new(7, 0.5, false), most, 50), [3, 4, 5, 6]);
            assert_eq!(played(Stream::new(7, 1.0, false), most, 50), [6]);
            assert_eq!(played(Stream::new(4, 0.0, true), most, 50), [3, 2, 1, 0]);
            assert_eq!(played(Stream::new(4, 0.5, true), most, 50), [1, 0]);
        }
    }

    #[test]
    fn a_loop_goes_round_either_way() {
        for most in [1, 2, 100] {
            let mut stream = Stream::new(7, 0.0, false);
            stream.set_loop(Some(LoopFrames { start: 2, end: 5 }));
            assert_eq!(played(stream, most, 10), [0, 1, 2, 3, 4, 2, 3, 4, 2, 3]);
            let mut stream = Stream::new(7, 0.0, true);
            stream.set_loop(Some(LoopFrames { start: 2, end: 5 }));
            assert_eq!(played(stream, most, 10), [6, 5, 4, 3, 2, 4, 3, 2, 4, 3]);
        }
    }

    #[test]
    fn a_short_loop_goes_round_as_a_long_one_does() {
        for (start, end) in [(2, 3), (2, 5), (0, 63)] {
            for reverse in [false, true] {
                let looped = LoopFrames { start, end };
                let mut stream = Stream::new(100, 0.0, reverse);
                stream.set_loop(Some(looped));
                while stream.short_loop().is_none() {
                    stream.next(1).unwrap();
                }
                for count in [1, 2, 64, 5, 63] {
                    let mut other = stream;
                    let mut places = vec![0; count];
                    stream.go_round(looped, &mut places, count);
                    let expected: Vec<_> = (0..count).map(|_| other.next(1).unwrap().start - start).collect();
                    assert_eq!((places, stream), (expected, other), "{start}..{end} {reverse}");
                }
            }
        }
        let mut long = Stream::new(100, 0.5, false);
        long.set_loop(Some(LoopFrames { start: 0, end: SHORT_FRAMES }));
        assert_eq!(long.short_loop(), None);
    }

    #[test]
    fn begun_behind_the_loop_it_plays_to_the_end() {
        let mut stream = Stream::new(10, 0.8, false);
        stream.set_loop(Some(LoopFrames { start: 2, end: 5 }));
        assert_eq!(played(stream, 100, 10), [8, 9]);
    }

    #[test]
    fn runs_stay_inside_chunks() {
        let mut stream = Stream::new(CHUNK_FRAMES + 10, 0.0, false);
        assert_eq!(stream.next(usize::MAX), Some(Run { start: 0, len: CHUNK_FRAMES }));
        assert_eq!(stream.next(usize::MAX), Some(Run { start: CHUNK_FRAMES, len: 10 }));
        assert_eq!(stream.next(usize::MAX), None);
        let mut stream = Stream::new(CHUNK_FRAMES + 10, 0.0, true);
        assert_eq!(stream.next(usize::MAX), Some(Run { start: CHUNK_FRAMES, len: 10 }));
        assert_eq!(stream.next(usize::MAX), Some(Run { start: 0, len: CHUNK_FRAMES }));
        assert_eq!(stream.next(usize::MAX), None);
    }

    #[test]
    fn a_loop_that_makes_no_sense_is_none() {
        let mut stream = Stream::new(4, 0.0, false);
        stream.set_loop(Some(LoopFrames { start: 2, end: 9 }));
        assert_eq!(played(stream, 100, 20).len(), 4);
        stream.set_loop(Some(LoopFrames { start: 2, end: 2 }));
        assert_eq!(played(stream, 100, 20).len(), 4);
    }
}
