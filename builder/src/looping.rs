//! One loop for all sources of a note.
//!
//! All cells of a note share a length and a loop, but each source has a loop of its own length, or
//! none. So sources are unrolled on one timeline and a common loop is searched there:
//!
//! 1. Every source says what it can do: *cycle* (its own loop repeats exactly), *go on* (endless or
//!    steady, but without an exact cycle), *ring* (it decays: a piano, a bell) or *end* (it is over
//!    before any loop could begin).
//! 2. If no source can sustain, the note stays as recorded, without a loop. Else start and length
//!    are chosen where the sources resemble themselves one loop earlier ([`search`]).
//! 3. A source whose cycles fit the loop is left alone. Every other one is cross-faded, at the
//!    loop's end, into itself one loop earlier ([`fade`]); up to the fade it is the recording. One
//!    that rings is held from the loop's start on at the level that it has there, so that a pad
//!    between a piano and a flute sustains on all of its places.
//! 4. After the loop's end the sound goes on for a moment (what would come next) and fades out, for
//!    playing with loops off.

mod fade;
mod level;
pub mod seam;
mod search;

use betwixt_engine::resident::LoopFrames;

use crate::prepare::{Prepared, Timeline};
use level::Level;
pub(crate) use level::level_db;

/// Fade at the end of a cell.
const END_FADE_SECONDS: f64 = 0.05;
/// The shortest loop that is made.
const SHORTEST_SECONDS: f64 = 0.25;
/// A loop of a recording begins at the earliest this long after its loudest moment.
const SETTLE_SECONDS: f64 = 0.15;

/// All sources of a note, of one length and with one loop.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Length of each source, in frames.
    pub frames: usize,
    /// The loop that all share.
    pub loop_frames: Option<LoopFrames>,
    /// The sources, in the order of the anchors.
    pub sources: Vec<Vec<[f32; 2]>>,
}

/// What a source can do about going on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ability {
    /// Repeats exactly.
    Cycle,
    /// Goes on without an exact cycle, up to a frame (endless: the timeline's end).
    GoOn,
    /// Decays.
    Ring,
    /// Ends before a loop can begin.
    End,
}

struct Source<'a> {
    prepared: &'a Prepared,
    ability: Ability,
    /// The earliest frame at which a loop may begin.
    from: usize,
    /// The frame up to which it can be looped.
    to: usize,
}

/// Brings the sources of a note to one length and one loop.
pub fn share(prepared: &[Prepared], timeline: Timeline) -> Shared {
    if timeline.looping
        && let Some(shared) = looped(prepared, timeline)
    {
        return shared;
    }
    let frames = prepared.iter().map(|p| p.length).max().unwrap_or(0).clamp(1, timeline.frames);
    let fade = (END_FADE_SECONDS * timeline.rate_hz) as usize;
    let sources = prepared.iter().map(|p| {
        let mut sound = p.render(None);
        // A recording that is cut by the limit ends in a fade; one that ends by itself is left.
        if p.endless || p.cut {
            fade::out(&mut sound, fade);
        }
        sound.resize(frames, [0.0; 2]);
        sound
    });
    Shared { frames, loop_frames: None, sources: sources.collect() }
}

fn looped(prepared: &[Prepared], timeline: Timeline) -> Option<Shared> {
    let tail = (END_FADE_SECONDS * timeline.rate_hz) as usize;
    let shortest = (SHORTEST_SECONDS * timeline.rate_hz) as usize;
    let limit = timeline.frames.checked_sub(tail)?;
    let mut sources: Vec<Source> = prepared.iter().map(|p| Source::of(p, timeline, limit)).collect();
    if !sources.iter().any(|s| matches!(s.ability, Ability::Cycle | Ability::GoOn)) {
        return None;
    }
    let (from, to) = span(&mut sources, shortest)?;
    // Envelopes hold from the earliest start on while the loop is being looked for.
    let sounds: Vec<_> = sources.iter().map(|s| s.prepared.render(Some(from))).collect();
    let candidates: Vec<search::Candidate> = sources
        .iter()
        .zip(&sounds)
        .filter(|(s, _)| s.ability != Ability::End)
        .map(|(s, sound)| search::Candidate { sound, cycle: s.prepared.cycle.filter(|_| s.ability == Ability::Cycle) })
        .collect();
    let points = search::best(&candidates, from, to, shortest, timeline.rate_hz)?;
    let frames = points.end + tail;
    let sources = sources.iter().map(|s| s.finish(points, frames, timeline)).collect();
    Some(Shared { frames, loop_frames: Some(points), sources })
}

/// The frames between which a loop can lie. A source that stands in the way of any loop is taken
/// to end: a pluck beside a flute dies away.
fn span(sources: &mut [Source], shortest: usize) -> Option<(usize, usize)> {
    loop {
        let live = || sources.iter().filter(|s| s.ability != Ability::End);
        let from = live().map(|s| s.from).max()?;
        let to = live().map(|s| s.to).min()?;
        if to >= from + shortest {
            return Some((from, to));
        }
        // The one that ends first goes; if that is one which should sustain, there is no loop.
        let first = sources.iter_mut().filter(|s| s.ability != Ability::End).min_by_key(|s| s.to)?;
        first.ability = Ability::End;
        if !sources.iter().any(|s| matches!(s.ability, Ability::Cycle | Ability::GoOn)) {
            return None;
        }
    }
}

impl<'a> Source<'a> {
    fn of(prepared: &'a Prepared, timeline: Timeline, limit: usize) -> Source<'a> {
        let settle = (SETTLE_SECONDS * timeline.rate_hz) as usize;
        let attack = prepared.attack_frames();
        if let Some(cycle) = prepared.cycle {
            let from = (cycle.start.ceil() as usize).max(attack);
            if from + settle < limit {
                return Source { prepared, ability: Ability::Cycle, from, to: limit };
            }
        }
        let level = Level::of(&prepared.render(Some(attack)), timeline.rate_hz);
        let from = (level.peak_frame + settle).max(attack);
        let to = level.lasts_until.min(limit);
        let ability = if prepared.endless || !level.decays() { Ability::GoOn } else { Ability::Ring };
        Source { prepared, ability, from, to }
    }

    /// The source with the loop in it.
    fn finish(&self, points: LoopFrames, frames: usize, timeline: Timeline) -> Vec<[f32; 2]> {
        let mut sound = self.prepared.render(Some(points.start));
        sound.resize(sound.len().max(frames), [0.0; 2]);
        let fits =
            self.ability == Ability::Cycle && self.prepared.cycle.is_some_and(|c| c.divides(points.end - points.start));
        if !fits {
            if self.ability == Ability::Ring {
                level::hold(&mut sound, points, timeline.rate_hz);
            }
            fade::into_earlier(&mut sound, points, timeline.rate_hz);
        }
        sound.truncate(frames);
        for n in points.end..frames {
            sound[n] = sound[n - (points.end - points.start)];
        }
        fade::out(&mut sound, frames - points.end);
        sound
    }
}

#[cfg(test)]
mod tests;
