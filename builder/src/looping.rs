//! One loop for all sources of a note.
//!
//! All cells of a note share a length and a loop, but each source has a loop of its own length, or
//! none. So sources are unrolled on one timeline and a common loop is searched there:
//!
//! 1. Every source says what it can do, by the whole of it ([`level`]), not by what of it there is room
//!    for: *go on* (endless or steady; with an exact cycle or without), *ring* (it decays, and is there
//!    for seconds: a piano, a bell) or *end* (it has died before a loop would begin: a pluck, a marimba).
//! 2. If no source can sustain, the note stays as recorded, without a loop: the morph of a piano and
//!    a guitar dies away. If one can, every cell loops. Start and length are chosen where the sources
//!    resemble themselves one loop earlier ([`search`]); where a source rings, the loop begins late,
//!    so that its own decay is heard for as long as there is room.
//! 3. A source whose cycles fit the loop is left alone. Every other one is cross-faded, at the
//!    loop's end, into itself one loop earlier ([`fade`]); up to the fade it is the recording. One
//!    that falls by more than 3 dB over the loop is held, partial by partial, at the level that it
//!    has before the loop ([`hold`]), so that a pad between a piano and a flute sustains on all of
//!    its places. One that ends is silent in the loop: its corner dies away as it did.
//! 4. The loop's ends are moved later, together, to where no sound happens to change ([`seam_shift`]):
//!    the seam is then no more than what the sounds do all the time.
//! 5. After the loop's end the sound goes on for a moment (what would come next) and fades out, for
//!    playing with loops off.

mod fade;
mod features;
mod hold;
mod level;
mod place;
pub mod seam;
mod search;
mod stft;

use betwixt_engine::resident::LoopFrames;

use crate::prepare::{Cycle, Prepared, Timeline};
use features::Features;
use level::Level;
pub(crate) use level::level_db;
pub use place::{seam_shift, seam_slack};

/// Fade at the end of a cell.
const END_FADE_SECONDS: f64 = 0.05;
/// The shortest loop that is made.
const SHORTEST_SECONDS: f64 = 0.25;
/// What a loop repeats, and what is faded to, lies at the earliest this long after the attack.
const SETTLE_SECONDS: f64 = 0.1;
/// An attack that takes more than this share of the room is looped before it is over.
const ATTACK_SHARE: f64 = 0.25;
/// What rings is left as it is for so long, if it can be.
const RING_SECONDS: f64 = 2.0;
/// A late start is not wished for where it leaves less than this; but this share of the room may go.
const ROOM_SECONDS: f64 = 1.5;
const ROOM_SHARE: f64 = 0.3;
/// It is held where it lives for so long, or through this share of the room; else it may end.
const ALIVE_SECONDS: f64 = 3.0;
const ALIVE_SHARE: f64 = 0.83;
/// A source that falls by more over a loop is held; less is its own life.
const FALL_DB: f64 = 3.2;

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

/// What is asked of a loop, in frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// Sources repeat for so long before the loop's start.
    pub settle: usize,
    /// They do not repeat before this frame.
    pub earliest: usize,
}

/// What a source can do about going on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ability {
    /// Goes on, up to a frame (endless: the timeline's end).
    GoOn,
    /// Decays.
    Ring,
    /// Ends before a loop can.
    End,
}

struct Source<'a> {
    prepared: &'a Prepared,
    ability: Ability,
    /// The frame from which on it can be faded to.
    ready: usize,
    /// The frame from which on it may well be looped: where what rings has been heard, and what ends is
    /// over.
    wanted: usize,
    /// The frame up to which it can be looped.
    to: usize,
    /// What it repeats exactly.
    cycle: Option<Cycle>,
}

/// Brings the sources of a note to one length and one loop.
pub fn share(prepared: &[Prepared], timeline: Timeline) -> Shared {
    let mut shared = repeat(prepared, timeline, Wish::default());
    let Some(points) = shared.loop_frames else { return shared };
    let shift = seam_shift(&shared.sources, points, timeline.rate_hz);
    let tail = (END_FADE_SECONDS * timeline.rate_hz) as usize;
    let points = LoopFrames { start: points.start + shift, end: points.end + shift };
    shared.frames = points.end + tail;
    shared.loop_frames = Some(points);
    for sound in &mut shared.sources {
        sound.truncate(shared.frames);
        fade::out(sound, tail);
    }
    shared
}

/// Brings the sources of a note to one length and one loop; where there is one, they repeat with it
/// to their ends, [`seam_slack`] and a tail after it.
pub fn repeat(prepared: &[Prepared], timeline: Timeline, wish: Wish) -> Shared {
    if timeline.looping
        && let Some(shared) = looped(prepared, timeline, wish)
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

fn looped(prepared: &[Prepared], timeline: Timeline, wish: Wish) -> Option<Shared> {
    let rate_hz = timeline.rate_hz;
    let shortest = (SHORTEST_SECONDS * rate_hz) as usize;
    let after = wish.settle + seam_slack(rate_hz) + (END_FADE_SECONDS * rate_hz) as usize;
    let limit = timeline.frames.checked_sub(after)?;
    let mut sources: Vec<Source> = prepared.iter().map(|p| Source::of(p, timeline, limit)).collect();
    let (ready, to) = span(&mut sources, shortest, rate_hz)?;
    let latest = latest_wish(to, rate_hz);
    let wanted = sources.iter().map(|s| s.wanted.min(latest)).max()?;
    // Envelopes hold from the earliest start on while the loop is being looked for.
    let sounds: Vec<_> = sources.iter().map(|s| s.prepared.render(Some(ready))).collect();
    let candidates: Vec<search::Candidate> = sources
        .iter()
        .zip(&sounds)
        .filter(|(s, _)| s.ability != Ability::End)
        .map(|(s, sound)| {
            let mut features = Features::of(sound, ready..to, rate_hz);
            // What falls, falls more evenly later on.
            features.hold(ready.max(wanted.saturating_sub(fade::longest(rate_hz)))..to, FALL_DB as f32);
            search::Candidate { sound, features, cycle: s.cycle, ready: s.ready }
        })
        .collect();
    let room = search::Room { earliest: wish.earliest.min(latest), wanted, to, shortest };
    let points = search::best(&candidates, room, rate_hz)?;
    let frames = points.end + after;
    let sources = sources.iter().map(|s| s.finish(points, frames, rate_hz)).collect();
    let loop_frames = LoopFrames { start: points.start + wish.settle, end: points.end + wish.settle };
    Some(Shared { frames, loop_frames: Some(loop_frames), sources })
}

/// The latest start that is wished for where loops end by a frame.
fn latest_wish(to: usize, rate_hz: f64) -> usize {
    to.saturating_sub((ROOM_SECONDS * rate_hz) as usize).max((ROOM_SHARE * to as f64) as usize)
}

/// The frames between which a loop can lie, and what is faded to before it. Sources that stand in the
/// way of any loop are taken to end.
fn span(sources: &mut [Source], shortest: usize, rate_hz: f64) -> Option<(usize, usize)> {
    let least = shortest + fade::before(shortest, rate_hz);
    loop {
        if !sources.iter().any(|s| s.ability == Ability::GoOn) {
            return None;
        }
        let live = || sources.iter().filter(|s| s.ability != Ability::End);
        let ready = live().map(|s| s.ready).max()?;
        let to = live().map(|s| s.to).min()?;
        if to >= ready + least {
            return Some((ready, to));
        }
        // The one that ends first goes. Where none ends before the others, it is the room that is too
        // short: there is no loop, rather than one in which a sound that sustains is silent.
        let latest = live().map(|s| s.to).max()?;
        let ends = |s: &&mut Source| s.ability != Ability::End && s.to < latest;
        let first = sources.iter_mut().filter(ends).min_by_key(|s| s.to)?;
        (first.ability, first.wanted) = (Ability::End, first.to);
    }
}

impl<'a> Source<'a> {
    fn of(prepared: &'a Prepared, timeline: Timeline, limit: usize) -> Source<'a> {
        let frames = |seconds: f64| (seconds * timeline.rate_hz) as usize;
        let level = Level::of(prepared, timeline.rate_hz);
        let to = if prepared.endless { limit } else { level.lasts_until.min(limit) };
        let attack = (level.settled_frame + frames(SETTLE_SECONDS)).max(prepared.attack_frames());
        let ready = attack.min((ATTACK_SHARE * to as f64) as usize);
        let wanted = if level.falls() {
            ready.max(frames(RING_SECONDS)).min(latest_wish(limit, timeline.rate_hz))
        } else {
            ready
        };
        let source = Source { prepared, ability: Ability::GoOn, ready, wanted, to, cycle: prepared.cycle };
        if !level.decays() {
            source
        } else if level.lasts_until < frames(ALIVE_SECONDS).min((ALIVE_SHARE * limit as f64) as usize) {
            Source { ability: Ability::End, wanted: level.lasts_until, ..source }
        } else {
            Source { ability: if prepared.endless { Ability::GoOn } else { Ability::Ring }, ..source }
        }
    }

    /// The source with the loop in it.
    fn finish(&self, points: LoopFrames, frames: usize, rate_hz: f64) -> Vec<[f32; 2]> {
        let span = points.end - points.start;
        let (first, last) = fade::region(points, rate_hz);
        // What the cross-fade leads back to, and all after it, is held.
        let begins = points.start - (points.end - first);
        let mut sound = self.prepared.render(Some(begins));
        sound.resize(sound.len().max(frames), [0.0; 2]);
        let fits = self.cycle.is_some_and(|c| c.divides(span) && c.start <= points.start as f64);
        if self.ability == Ability::End {
            // What is heard of it, if there is room.
            let fade = if self.wanted < points.start { points.start - self.wanted } else { usize::MAX };
            fade::out(&mut sound[..points.start], fade.min(last - first));
            sound[points.start..].fill([0.0; 2]);
        } else if !fits {
            if level::falls_db(&sound, points, rate_hz) > FALL_DB {
                hold::hold(&mut sound, begins..points.end, rate_hz);
            }
            fade::into_earlier(&mut sound, points, rate_hz);
        }
        sound.truncate(frames);
        for n in points.end..frames {
            sound[n] = sound[n - span];
        }
        sound
    }
}

#[cfg(test)]
mod tests;
