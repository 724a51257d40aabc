//! What is needed next, and what can go: looked at some hundred times a second while something
//! sounds that is not wholly in memory.
//!
//! For each sounding voice, with times counted from now:
//!
//! - the corners of the square that its point lies in, as far as it will have read in 0.4 s, and the
//!   cells that sound in their stead;
//! - the corners of the squares that the point comes to if it goes on as it moves;
//! - the neighbours of its square at the place in time where it plays: a jump lands there;
//! - for notes that are still to come, the heads round the point.
//!
//! The key of a [`Wish`] is the time until it is needed, and more for what may not be.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::eviction::Eviction;
use super::job::{CellJob, Part};
use super::load::Load;
use super::plan::REST_BYTES;
use super::pool::{Core, Rank};
use super::route::chunks_ahead;
use super::wishes::{Target, Wish};
use crate::demand::{Beginning, Demand, VoiceDemand};
use crate::pad::Pad;
use crate::resident::{Desk, PlayNote, PlayPack, desks};

/// While something sounds that is not wholly in memory.
const PLAYING: Duration = Duration::from_millis(3);
/// A look takes longer where many notes sound: for so many times as long it then looks at nothing.
const RESTS: u32 = 20;
/// While something may begin to sound, and the longest rest.
const WAITING: Duration = Duration::from_millis(10);
/// How often is looked for what is near and what is far.
const SURVEY_EVERY: Duration = Duration::from_secs(1);
/// After so long without a sound, memory is filled.
const QUIET: Duration = Duration::from_secs(2);

/// How far ahead the cells that sound are loaded.
const AHEAD_MS: usize = 400;
/// The same where memory is over the budget.
const TIGHT_AHEAD_MS: usize = 150;
/// How far ahead one of them comes before all else.
const HOLD_MS: usize = 120;
/// What counts as later than that: the corners of the square round the point.
const CORNER_KEY: u32 = HOLD_MS as u32;
/// Where the point will be after these times.
const PATH_MS: [usize; 5] = [30, 60, 100, 160, 250];
/// A cell on the point's path.
const PATH_KEY: u32 = CORNER_KEY + 20;
/// The squares next to the point's.
const NEIGHBOUR_KEY: u32 = CORNER_KEY + 250;
/// Heads round the point, for notes to come.
const HEAD_KEY: u32 = CORNER_KEY + 400;
/// Weight of the newest movement in the mean.
const NEWEST: f32 = 0.5;

/// How a point moves.
#[derive(Clone, Copy)]
struct Movement {
    point: [f32; 2],
    at: Instant,
    /// Per second.
    speed: [f32; 2],
}

impl Movement {
    /// A point that was seen again.
    fn seen(before: Option<&Movement>, point: [f32; 2], at: Instant) -> Movement {
        let Some(before) = before else { return Movement { point, at, speed: [0.0; 2] } };
        let seconds = (at - before.at).as_secs_f32();
        if seconds < 1e-3 {
            return *before;
        }
        let speed = [0, 1].map(|axis| {
            let now = (point[axis] - before.point[axis]) / seconds;
            before.speed[axis] + NEWEST * (now - before.speed[axis])
        });
        Movement { point, at, speed }
    }

    fn after(&self, ms: usize) -> [f32; 2] {
        [0, 1].map(|axis| (self.point[axis] + self.speed[axis] * ms as f32 * 1e-3).clamp(0.0, 1.0))
    }
}

/// Whose movement: an engine and a voice of it, or [`POINT`].
type Mover = (usize, u16);
/// The engine's own point.
const POINT: u16 = u16::MAX;

/// What is remembered between two looks.
pub(super) struct Feeder {
    movements: HashMap<Mover, Movement>,
    sounded: Option<Instant>,
    eviction: Eviction,
    refilled: Instant,
    surveyed: Option<Instant>,
}

impl Feeder {
    pub(super) fn new() -> Feeder {
        Feeder {
            movements: HashMap::new(),
            sounded: None,
            eviction: Eviction::default(),
            refilled: Instant::now(),
            surveyed: None,
        }
    }

    /// Looks at what plays, and says what is to be loaded and what goes. Returns after which time to
    /// look again, if at all before something new is opened.
    pub(super) fn feed(&mut self, core: &Arc<Core>) -> Option<Duration> {
        let loads = core.living_loads();
        let is_over = core.meter().bytes() > core.budget_bytes();
        if loads.iter().all(|load| load.is_whole()) && !is_over && self.eviction.is_done() {
            self.movements.clear();
            return None;
        }
        let (now, desks) = (Instant::now(), desks());
        let sounds = desks.iter().any(|desk| desk.is_sounding());
        if sounds {
            self.sounded = Some(now);
        }
        let playing: Vec<Playing> = loads.iter().filter_map(Playing::new).collect();
        let mut wanted = Wanted { found: HashMap::new(), wishes: Vec::new(), now_ms: core.now_ms(), is_tight: is_over };
        let mut movements = HashMap::new();
        for desk in &desks {
            let mover = Arc::as_ptr(desk).addr();
            desk.with_demand(|demand| {
                let mut moved = |voice, point| {
                    let movement = Movement::seen(self.movements.get(&(mover, voice)), point, now);
                    movements.insert((mover, voice), movement);
                    movement
                };
                wanted.engine(demand, &playing, &mut moved);
            });
        }
        self.movements = movements;
        let wishes = wanted.wishes;
        let needed = wishes.len() as u64 * CHUNK_BYTES;
        core.wish(wishes);
        // After the wishes, and seldom: of a large pack it takes as long as some looks.
        if self.surveyed.is_none_or(|before| now - before > SURVEY_EVERY) {
            self.surveyed = Some(now);
            for playing in playing.iter().filter(|playing| !playing.is_whole) {
                let of = |desk: &Arc<Desk>| {
                    desk.with_demand(|d| (d.pack == playing.play.id).then_some((d.point, d.beginning)))
                };
                let (points, mut beginnings): (Vec<_>, Vec<_>) = desks.iter().filter_map(of).unzip();
                beginnings.dedup();
                playing.load.look_from(&points);
                playing.load.begin_at(beginnings);
            }
        }
        self.eviction.step(core, &loads, needed);
        let busy = loads.iter().map(|load| load.opened).chain(self.sounded).max();
        let quiet = busy.is_none_or(|busy| now - busy >= QUIET);
        self.fill(core, &loads, quiet, now);
        let is_playing = sounds || !self.eviction.is_done();
        Some(if is_playing { (now.elapsed() * RESTS).clamp(PLAYING, WAITING) } else { WAITING })
    }

    /// Loads whole cells while there is room.
    fn fill(&mut self, core: &Arc<Core>, loads: &[Arc<Load>], quiet: bool, now: Instant) {
        let budget = core.budget_bytes();
        let room = if quiet { budget - budget / 8 } else { REST_BYTES.min(budget) };
        let mut waiting = core.waiting();
        let mut jobs = Vec::new();
        // With what is planned already, or it would be planned again at each look.
        let mut used = core.promised_bytes();
        for load in loads.iter().filter(|load| !load.is_whole()) {
            let mut lazy = load.lazy.lock();
            if lazy.is_empty() && quiet && now - self.refilled > Duration::from_secs(1) {
                // What was taken away while others played.
                self.refilled = now;
                let is_missing = |i: &usize| {
                    let audio = load.cells[*i].audio.upgrade();
                    audio.is_some_and(|audio| !audio.is_given_up() && !audio.is_resident(0..audio.frames()))
                };
                lazy.extend((0..load.cells.len()).filter(is_missing).map(|i| i as u32));
                load.sort_lazy(&mut lazy);
            }
            while waiting < MOST_WAITING
                && let Some(cell) = lazy.last().map(|cell| *cell as usize)
                && let bytes = load.cells[cell].missing_bytes()
                && used + bytes <= room
            {
                lazy.pop();
                used += bytes;
                waiting += 1;
                let job = CellJob::new(load, cell, Part::Whole);
                jobs.push((Rank::body(0), load.promise(bytes).until(move || job.run())));
            }
        }
        if !jobs.is_empty() {
            core.submit(jobs);
        }
    }
}

/// Whole cells that wait for a thread at most: what begins to sound must not wait for more.
const MOST_WAITING: usize = 8;
/// About what a chunk takes.
const CHUNK_BYTES: u64 = 4 * crate::resident::CHUNK_FRAMES as u64;

/// A pack that may be played, and what the loader knows about it.
struct Playing {
    load: Arc<Load>,
    play: Arc<PlayPack>,
    /// Is nothing missing, so that there is nothing to wish?
    is_whole: bool,
}

impl Playing {
    fn new(load: &Arc<Load>) -> Option<Playing> {
        Some(Playing { play: load.play()?, is_whole: load.is_whole(), load: load.clone() })
    }

    fn pad(&self) -> Pad {
        Pad { columns: self.play.columns, rows: self.play.rows }
    }
}

/// The wishes as they are found.
struct Wanted {
    /// Where what has been found stands among the wishes.
    found: HashMap<Target, usize>,
    wishes: Vec<Wish>,
    now_ms: u32,
    /// Memory is over the budget: only what is sure to be played is wanted.
    is_tight: bool,
}

impl Wanted {
    fn engine(&mut self, demand: &Demand, playing: &[Playing], moved: &mut impl FnMut(u16, [f32; 2]) -> Movement) {
        let rate = demand.sample_rate_hz as f32;
        for voice in demand.voices() {
            let movement = moved(voice.place, voice.point);
            if let Some(playing) = playing.iter().find(|p| p.play.id == voice.pack) {
                self.voice(playing, voice, &movement, rate);
            }
        }
        let movement = moved(POINT, demand.point);
        if let Some(playing) = playing.iter().find(|p| p.play.id == demand.pack && !p.is_whole && !self.is_tight) {
            self.heads(playing, &movement, demand.beginning);
        }
    }

    fn voice(&mut self, playing: &Playing, voice: &VoiceDemand, movement: &Movement, rate: f32) {
        let (note, pad) = (usize::from(voice.note), playing.pad());
        let Some(frames) = playing.play.notes.get(note).map(|note| note.frames) else { return };
        let per_ms = (voice.ratio * rate * 1e-3).max(0.001);
        let mut ahead = Vec::new();
        let span_ms = if self.is_tight { TIGHT_AHEAD_MS } else { AHEAD_MS };
        chunks_ahead(voice, frames, (span_ms as f32 * per_ms) as usize, |chunk, until| {
            ahead.push((chunk, (until as f32 / per_ms) as usize));
        });
        // Where it is `ms` from now, and a little behind that.
        let at = |ms: usize| {
            let last = ahead.iter().rposition(|(_, until)| *until <= ms).unwrap_or(0);
            ahead.iter().skip(last).take(2)
        };
        self.hold(playing, voice, &ahead);
        let mut corner = |cell: usize| {
            for (chunk, until) in &ahead {
                self.want(playing, note, cell, *chunk, CORNER_KEY + *until as u32);
            }
        };
        pad.ring(voice.point, 0, &mut corner);
        voice.cells[..voice.used].iter().for_each(|cell| corner(usize::from(*cell)));
        if playing.is_whole {
            return;
        }
        for ms in PATH_MS.into_iter().filter(|ms| *ms <= span_ms) {
            let point = movement.after(ms);
            pad.ring(point, 0, |cell| {
                for (chunk, until) in at(ms) {
                    self.want(playing, note, cell, *chunk, PATH_KEY + ms.max(*until) as u32);
                }
            });
        }
        if self.is_tight {
            return;
        }
        pad.ring(voice.point, 1, |cell| {
            for (chunk, until) in at(0) {
                self.want(playing, note, cell, *chunk, NEIGHBOUR_KEY + *until as u32);
            }
        });
    }

    /// One cell that goes on to sound, before all that would sound better: where the disk can't bring all, a voice
    /// stays a little behind its point rather than falling silent.
    fn hold(&mut self, playing: &Playing, voice: &VoiceDemand, ahead: &[(usize, usize)]) {
        let note = usize::from(voice.note);
        let Some(cells) = playing.play.notes.get(note).map(|note| &note.cells) else { return };
        let sounding = || voice.cells[..voice.used].iter().map(|cell| usize::from(*cell));
        let nearest = playing.pad().nearest(voice.point);
        // One that is damaged goes on no further.
        let goes_on = |cell: &usize| cells.get(*cell).is_some_and(|cell| !cell.is_given_up());
        let held = sounding().find(|cell| *cell == nearest && goes_on(cell));
        let held = held.or_else(|| sounding().find(goes_on)).unwrap_or(nearest);
        for (chunk, until) in ahead.iter().take_while(|(_, until)| *until <= HOLD_MS) {
            if !sounding().any(|cell| cells.get(cell).is_some_and(|cell| cell.chunk_is_resident(*chunk))) {
                self.want(playing, note, held, *chunk, *until as u32);
            }
        }
    }

    /// The first chunks of all notes, where the next one may begin.
    fn heads(&mut self, playing: &Playing, movement: &Movement, beginning: Beginning) {
        let pad = playing.pad();
        let head = |note: &PlayNote| beginning.head(note.frames, playing.load.head_frames);
        let heads: Vec<_> = playing.play.notes.iter().map(head).collect();
        for (late, point) in [(0, movement.point), (1, movement.after(200))] {
            pad.ring(point, 0, |cell| {
                for (note, head) in heads.iter().enumerate() {
                    for chunk in head.clone() {
                        let place = if beginning.reverse { head.end - 1 - chunk } else { chunk - head.start };
                        self.want(playing, note, cell, chunk, HEAD_KEY + 100 * late + place as u32);
                    }
                }
            });
        }
    }

    fn want(&mut self, playing: &Playing, note: usize, at: usize, chunk: usize, key: u32) {
        let load = &playing.load;
        let Some(&cell) = load.grids.get(note).and_then(|grid| grid.get(at)) else { return };
        let Some(audio) = playing.play.notes[note].cells.get(at) else { return };
        let Some(wanted_ms) = load.cells[cell as usize].wanted_ms.get(chunk) else { return };
        wanted_ms.store(self.now_ms, Ordering::Relaxed);
        if audio.chunk_is_resident(chunk) || audio.let_stay(chunk) || !audio.chunk_is_absent(chunk) {
            return;
        }
        if audio.is_given_up() {
            return;
        }
        let wish = Wish { key: key + 1, load: load.clone(), cell, chunk: chunk as u32 };
        match self.found.entry(wish.target()) {
            Entry::Vacant(place) => {
                place.insert(self.wishes.len());
                self.wishes.push(wish);
            }
            Entry::Occupied(known) => {
                let known = &mut self.wishes[*known.get()];
                known.key = known.key.min(wish.key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
