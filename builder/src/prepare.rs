//! A source's note on the pack's timeline: at the pack's rate, in tune, at its level, its own loop
//! unrolled. Frame 0 of the recording is frame 0 here; nothing is moved, trimmed or normalised.

mod course;

use crate::recording::{Envelope, Recording};
use crate::resample::resample;
pub use course::Course;

/// Source frames kept past what is needed, so that the resampler's kernel never runs dry.
const MARGIN: usize = 1024;
/// A loop's length counts as whole frames within this.
const WHOLE: f64 = 1e-6;

/// What all notes of a build have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeline {
    /// Rate of the pack.
    pub rate_hz: f64,
    /// The longest that a cell may be, in frames.
    pub frames: usize,
    /// Notes are to loop.
    pub looping: bool,
}

/// The cycle of a looped recording, in frames of the timeline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cycle {
    /// Where the loop begins.
    pub start: f64,
    /// Its length.
    pub length: f64,
}

impl Cycle {
    /// Is `frames` a whole number of cycles, to the sample?
    pub fn divides(&self, frames: usize) -> bool {
        let count = frames as f64 / self.length;
        (count - count.round()).abs() * self.length < WHOLE && count.round() >= 1.0
    }
}

/// One stream of a source's note: all of it, or one zone of a preset.
#[derive(Debug, Clone)]
struct Stream {
    frames: Vec<[f32; 2]>,
    envelope: Envelope,
}

/// A source's note, prepared.
#[derive(Debug, Clone)]
pub struct Prepared {
    streams: Vec<Stream>,
    rate_hz: f64,
    /// The recording's frame 0 lies at this frame of the timeline.
    offset: i64,
    /// Frames that hold sound: less than the timeline where the recording ends before.
    pub length: usize,
    /// The recording goes on behind the timeline's end.
    pub cut: bool,
    /// The sound goes on for ever (all of it was unrolled from a loop).
    pub endless: bool,
    /// The cycle, where all that sounds repeats with one.
    pub cycle: Option<Cycle>,
    course: Course,
}

impl Prepared {
    /// Prepares the recordings that sound together. `raise_cents` and `gain_db` are the anchor's.
    pub fn new(recordings: &[Recording], timeline: Timeline, raise_cents: f64, gain_db: f64) -> Prepared {
        let anchor_gain = 10f64.powf(gain_db / 20.0) as f32;
        let mut prepared = Prepared {
            streams: Vec::new(),
            rate_hz: timeline.rate_hz,
            offset: 0,
            length: 0,
            cut: false,
            endless: true,
            cycle: None,
            course: Course::default(),
        };
        for (i, recording) in recordings.iter().enumerate() {
            let raise = 2f64.powf((recording.raise_cents + raise_cents) / 1200.0);
            let ratio = timeline.rate_hz / (recording.rate_hz * raise);
            let unroll = recording.loop_frames.filter(|_| timeline.looping || recording.endless);
            prepared.course.add(recording, raise, unroll.is_some());
            let wanted = ((timeline.frames as f64 / ratio).ceil() as usize).saturating_add(MARGIN);
            let (frames, length) = match unroll {
                Some(points) => {
                    let cycle = Cycle {
                        start: points.start as f64 * ratio,
                        length: (points.end - points.start) as f64 * ratio,
                    };
                    prepared.cycle = if i == 0 { Some(cycle) } else { prepared.cycle.filter(|c| same(*c, cycle)) };
                    let span = points.end - points.start;
                    let at = |n: usize| if n < points.end { n } else { points.start + (n - points.start) % span };
                    let long: Vec<[f32; 2]> = (0..wanted).map(|n| recording.frames[at(n)]).collect();
                    (resample(&long, ratio, timeline.frames), timeline.frames)
                }
                None => {
                    prepared.endless = false;
                    prepared.cycle = None;
                    let whole = (recording.frames.len() as f64 * ratio).ceil() as usize;
                    prepared.cut |= whole > timeline.frames;
                    let length = whole.min(timeline.frames);
                    (resample(&recording.frames, ratio, length), length)
                }
            };
            prepared.length = prepared.length.max(length);
            let gain = recording.gain.map(|g| g * anchor_gain);
            let frames = frames.into_iter().map(|f| [f[0] * gain[0], f[1] * gain[1]]).collect();
            prepared.streams.push(Stream { frames, envelope: recording.envelope });
        }
        prepared.cycle = prepared.cycle.filter(|_| prepared.endless);
        prepared
    }

    /// When the attack that the source's player adds is over, in frames.
    pub fn attack_frames(&self) -> usize {
        let peak = self.streams.iter().map(|s| s.envelope.peak_seconds()).fold(0.0, f64::max);
        ((peak * self.rate_hz).ceil() as i64 + self.offset).max(0) as usize
    }

    /// Levels of the whole sound, and the frame of the timeline at which the first of them begins.
    pub fn course(&self) -> (&Course, i64) {
        (&self.course, self.offset)
    }

    /// The note moved by a constant delay (before frame 0 it is cut), at most `frames` long.
    pub fn shifted(mut self, by: i64, frames: usize) -> Prepared {
        self.offset += by;
        let length = self.length.saturating_add_signed(by as isize);
        self.cut |= length > frames;
        self.length = length.min(frames);
        self.cycle = self.cycle.map(|c| Cycle { start: (c.start + by as f64).max(0.0), ..c });
        self
    }

    /// The sound. From `hold` on, envelopes stay as they are there: the level at which a loop
    /// begins is the level at which it goes on.
    pub fn render(&self, hold: Option<usize>) -> Vec<[f32; 2]> {
        let mut out = vec![[0.0f32; 2]; self.length];
        // Both in the recording's own frames from here on.
        let hold = hold.map_or(i64::MAX, |n| n as i64 - self.offset);
        let skip = self.offset.min(0).unsigned_abs() as usize;
        let delay = self.offset.max(0) as usize;
        for stream in &self.streams {
            let flat = stream.envelope == Envelope::FLAT;
            let own = stream.frames.iter().enumerate().skip(skip);
            for (sum, (n, frame)) in out.iter_mut().skip(delay).zip(own) {
                let gain =
                    if flat { 1.0 } else { stream.envelope.gain((n as i64).min(hold) as f64 / self.rate_hz) as f32 };
                sum[0] += gain * frame[0];
                sum[1] += gain * frame[1];
            }
        }
        out
    }
}

fn same(a: Cycle, b: Cycle) -> bool {
    (a.start - b.start).abs() < WHOLE && (a.length - b.length).abs() < WHOLE
}

#[cfg(test)]
mod tests {
    use betwixt_engine::resident::LoopFrames;

    use super::*;

    fn recording(frames: usize, loop_frames: Option<LoopFrames>) -> Recording {
        let frames = (0..frames).map(|n| [n as f32 * 1e-4; 2]).collect();
        Recording { loop_frames, gain: [1.0, 0.5], ..Recording::plain(frames, 48_000.0) }
    }

    const LOOPING: Timeline = Timeline { rate_hz: 48_000.0, frames: 1_000, looping: true };

    #[test]
    fn a_loop_is_unrolled_sample_for_sample() {
        let source = recording(300, Some(LoopFrames { start: 100, end: 250 }));
        let prepared = Prepared::new(std::slice::from_ref(&source), LOOPING, 0.0, 0.0);
        let out = prepared.render(None);
        assert_eq!(out.len(), 1_000);
        assert!(prepared.endless);
        for (n, frame) in out.iter().enumerate() {
            let at = if n < 250 { n } else { 100 + (n - 100) % 150 };
            assert_eq!(*frame, [source.frames[at][0], source.frames[at][1] * 0.5]);
        }
        let cycle = prepared.cycle.unwrap();
        assert!(cycle.divides(300) && !cycle.divides(200));
    }

    #[test]
    fn a_recording_plays_through_its_loop_when_notes_are_natural() {
        let source = recording(300, Some(LoopFrames { start: 100, end: 250 }));
        let prepared = Prepared::new(&[source], Timeline { looping: false, ..LOOPING }, 0.0, 0.0);
        assert_eq!((prepared.length, prepared.endless), (300, false));
    }

    #[test]
    fn gain_is_one_number_for_the_whole_recording() {
        let prepared = Prepared::new(&[recording(300, None)], LOOPING, 0.0, -6.0);
        let out = prepared.render(None);
        assert!((out[200][0] - 0.02 * 0.501_187).abs() < 1e-6);
    }
}
