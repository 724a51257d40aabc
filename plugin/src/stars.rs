//! Stars on the audio thread: a program change or a key sends the point to one of them.
//!
//! The table is a handful of atomics: the session writes it, the audio thread reads it, nobody waits.
//!
//! A recalled place is in force on each axis until the host or the window sets X or Y anew; until then it stands in for
//! the parameter: the engine plays it, the project saves it, and it outlasts a reset. An open window sets the parameters
//! to where the point goes, so that hosts can record it; it says so first, and these echoes end nothing.
//! Places on the way are told to the engine on a clock of their own that begins with the recall, so the sound does not
//! depend on the host's blocks.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use betwixt_engine::limits::STARS;
use betwixt_engine::params::Param;
use betwixt_engine::preset::Preset;

/// Frames between two places on the way to a star.
const STEP_FRAMES: u64 = 32;
/// Values of a parameter that are still expected from the host: a second of a window's frames.
const ECHOES: usize = 64;
/// Hosts give back what they were given through a rounding or two.
const SAME: f32 = 1e-5;
/// No key recalls a star.
const NO_KEYS: u64 = 255;
/// The point's parameters, in the order of all pairs here.
pub(crate) const AXES: [Param; 2] = [Param::X, Param::Y];

/// A place on the pad; an axis without a number is the parameter's.
type Pair = [Option<f32>; 2];

/// What the audio thread and the others tell each other about stars.
#[derive(Debug)]
pub struct StarTable {
    places: [AtomicU64; STARS],
    /// Number of stars, first key, and the bits of the glide in seconds.
    rules: AtomicU64,
    /// Where the point is by a recall, and where it goes.
    now: AtomicU64,
    goal: AtomicU64,
    /// Counts recalls.
    recalls: AtomicU32,
    /// Counts for each axis how often it was taken back.
    freed: [AtomicU32; 2],
    /// What the window has set lately to follow, and how much it was.
    echoes: [[AtomicU32; ECHOES]; 2],
    set: [AtomicU32; 2],
}

impl Default for StarTable {
    fn default() -> StarTable {
        StarTable {
            places: std::array::from_fn(|_| AtomicU64::new(0)),
            rules: AtomicU64::new(NO_KEYS << 8),
            now: AtomicU64::new(pack([None; 2])),
            goal: AtomicU64::new(pack([None; 2])),
            recalls: AtomicU32::new(0),
            freed: Default::default(),
            echoes: std::array::from_fn(|_| std::array::from_fn(|_| AtomicU32::new(f32::NAN.to_bits()))),
            set: Default::default(),
        }
    }
}

/// A recall as others see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Seen {
    /// Its number.
    pub(crate) number: u32,
    /// Where the point is.
    pub(crate) now: Pair,
    /// Where it goes.
    pub(crate) goal: Pair,
}

impl StarTable {
    /// Takes the stars of a project.
    pub(crate) fn set(&self, preset: &Preset) {
        let stars = preset.stars();
        for (place, star) in self.places.iter().zip(&stars) {
            place.store(pack([Some(star.x as f32), Some(star.y as f32)]), Ordering::Relaxed);
        }
        let keys = preset.star_keys().map_or(NO_KEYS, u64::from);
        let glide = (preset.star_glide_seconds() as f32).to_bits();
        self.rules.store(stars.len() as u64 | keys << 8 | u64::from(glide) << 32, Ordering::Release);
    }

    /// The recall that is in force. Real-time safe.
    pub(crate) fn seen(&self) -> Seen {
        let number = self.recalls.load(Ordering::Acquire);
        let (now, goal) = (self.now.load(Ordering::Relaxed), self.goal.load(Ordering::Relaxed));
        Seen { number, now: unpack(now), goal: unpack(goal) }
    }

    /// Gives an axis back to its parameter.
    pub(crate) fn free(&self, axis: usize) {
        self.freed[axis].fetch_add(1, Ordering::AcqRel);
        // What is saved before the next block must not have it any more.
        for pair in [&self.now, &self.goal] {
            let _ = pair.fetch_update(Ordering::AcqRel, Ordering::Acquire, |bits| {
                let mut places = unpack(bits);
                places[axis] = None;
                Some(pack(places))
            });
        }
    }

    /// The window is about to set an axis' parameter to where the point is.
    pub(crate) fn expect(&self, axis: usize, value: f32) {
        let at = self.set[axis].fetch_add(1, Ordering::Relaxed) as usize % ECHOES;
        self.echoes[axis][at].store(value.to_bits(), Ordering::Release);
    }

    fn expects(&self, axis: usize, value: f32) -> bool {
        let is_it = |echo: &AtomicU32| (f32::from_bits(echo.load(Ordering::Acquire)) - value).abs() < SAME;
        self.echoes[axis].iter().any(is_it)
    }

    /// The star that a key recalls, if keys do.
    fn of_key(&self, key: u8) -> Option<u8> {
        let rules = self.rules.load(Ordering::Acquire);
        let (count, first) = (rules as u8, (rules >> 8) as u8);
        let number = key.checked_sub(first)?;
        (u64::from(first) != NO_KEYS && number < count).then_some(number)
    }

    /// Place of a star, and how long the way takes, in seconds.
    fn star(&self, number: u8) -> Option<([f32; 2], f32)> {
        let rules = self.rules.load(Ordering::Acquire);
        if number >= rules as u8 {
            return None;
        }
        let [x, y] = unpack(self.places.get(usize::from(number))?.load(Ordering::Relaxed));
        Some(([x?, y?], f32::from_bits((rules >> 32) as u32)))
    }
}

fn pack(place: Pair) -> u64 {
    let bits = |at: Option<f32>| u64::from(at.unwrap_or(f32::NAN).to_bits());
    bits(place[0]) | bits(place[1]) << 32
}

fn unpack(bits: u64) -> Pair {
    [bits as u32, (bits >> 32) as u32].map(|bits| Some(f32::from_bits(bits)).filter(|at| !at.is_nan()))
}

/// The audio thread's half. Real-time safe throughout.
#[derive(Debug)]
pub(crate) struct Recall {
    sample_rate_hz: f64,
    ways: [Way; 2],
    freed: [u32; 2],
    /// Keys that are down and recalled a star: their ends sound no more than their beginnings.
    keys: u128,
}

/// The way of one axis.
#[derive(Debug, Clone, Copy)]
struct Way {
    from: f32,
    to: f32,
    /// Frames of the whole way, and those that are behind.
    frames: u64,
    done: u64,
    /// What the engine was told last.
    at: f32,
    /// The parameter's value when it was last looked at.
    base: f32,
    in_force: bool,
}

impl Way {
    const NONE: Way = Way { from: 0.0, to: 0.0, frames: 0, done: 0, at: 0.0, base: 0.0, in_force: false };

    fn moves(&self) -> bool {
        self.in_force && self.done < self.frames
    }
}

impl Recall {
    /// Goes on where the last one stood.
    pub(crate) fn new(table: &StarTable, sample_rate_hz: f64) -> Recall {
        let mut recall = Recall {
            sample_rate_hz,
            ways: [Way::NONE; 2],
            freed: std::array::from_fn(|axis| table.freed[axis].load(Ordering::Acquire)),
            keys: 0,
        };
        let goal = table.seen().goal;
        for (way, goal) in recall.ways.iter_mut().zip(goal) {
            if let Some(to) = goal {
                *way = Way { from: to, to, at: to, base: f32::NAN, in_force: true, ..Way::NONE };
            }
        }
        recall
    }

    /// Playback begins anew: who was on the way is there.
    pub(crate) fn reset(&mut self, table: &StarTable) {
        self.keys = 0;
        for way in self.ways.iter_mut().filter(|way| way.in_force) {
            (way.done, way.at) = (way.frames, way.to);
        }
        self.publish(table);
    }

    /// Where an axis is by a recall, if it is; call [`Recall::look`] first.
    pub(crate) fn place(&self, axis: usize) -> Option<f32> {
        Some(self.ways[axis]).filter(|way| way.in_force).map(|way| way.at)
    }

    /// Is the point on its way?
    pub(crate) fn moves(&self) -> bool {
        self.ways.iter().any(Way::moves)
    }

    /// Looks at the parameters before a slice: one that was set anew has its axis back.
    pub(crate) fn look(&mut self, table: &StarTable, base: [f32; 2]) {
        for (axis, way) in self.ways.iter_mut().enumerate() {
            let freed = table.freed[axis].load(Ordering::Acquire);
            if freed != self.freed[axis] {
                self.freed[axis] = freed;
                way.in_force = false;
            }
            let value = base[axis];
            if way.in_force && !way.base.is_nan() && value != way.base && !table.expects(axis, value) {
                way.in_force = false;
            }
            // The parameter has followed all the way.
            if way.in_force && !way.moves() && value == way.to {
                way.in_force = false;
            }
            way.base = value;
        }
    }

    /// The star that this key recalls, if it does. Its end will be known.
    pub(crate) fn key_down(&mut self, table: &StarTable, key: u8) -> Option<u8> {
        let star = table.of_key(key)?;
        self.keys |= 1 << (key & 127);
        Some(star)
    }

    /// Is this the end of a key that recalled a star?
    pub(crate) fn key_up(&mut self, key: u8) -> bool {
        let bit = 1u128 << (key & 127);
        let was = self.keys & bit != 0;
        self.keys &= !bit;
        was
    }

    /// Sets off for a star from where the point is.
    pub(crate) fn go(&mut self, table: &StarTable, number: u8, base: [f32; 2], mut tell: impl FnMut(usize, f32)) {
        let Some((to, seconds)) = table.star(number) else { return };
        let frames = (f64::from(seconds) * self.sample_rate_hz).round() as u64;
        for (axis, way) in self.ways.iter_mut().enumerate() {
            let from = if way.in_force { way.at } else { base[axis] };
            let at = if frames == 0 { to[axis] } else { from };
            *way = Way { from, to: to[axis], frames, done: 0, at, base: base[axis], in_force: true };
            if frames == 0 {
                tell(axis, at);
            }
        }
        table.recalls.fetch_add(1, Ordering::AcqRel);
    }

    /// Goes on by some frames; `tell` gets each step: frames from here, axis, place.
    pub(crate) fn advance(&mut self, frames: usize, mut tell: impl FnMut(usize, usize, f32)) {
        let frames = frames as u64;
        let mut passed = 0;
        while passed < frames {
            // Both axes set off together, so their steps fall together as long as both move.
            let next = |way: &Way| {
                let step = (way.done / STEP_FRAMES + 1) * STEP_FRAMES;
                if way.moves() { step.min(way.frames) - way.done } else { u64::MAX }
            };
            let step = next(&self.ways[0]).min(next(&self.ways[1])).min(frames - passed);
            passed += step;
            for (axis, way) in self.ways.iter_mut().enumerate().filter(|(_, way)| way.moves()) {
                way.done += step;
                if way.done == way.frames || way.done.is_multiple_of(STEP_FRAMES) {
                    let part = way.done as f32 / way.frames as f32;
                    way.at = if way.done == way.frames { way.to } else { way.from + (way.to - way.from) * part };
                    tell(passed as usize, axis, way.at);
                }
            }
        }
    }

    /// Shows where the point is.
    pub(crate) fn publish(&self, table: &StarTable) {
        let of = |place: fn(&Way) -> f32| pack(self.ways.map(|way| way.in_force.then(|| place(&way))));
        // What was freed meanwhile is noticed in the next slice.
        if (0..2).all(|axis| table.freed[axis].load(Ordering::Acquire) == self.freed[axis]) {
            table.now.store(of(|way| way.at), Ordering::Relaxed);
            table.goal.store(of(|way| way.to), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(glide: f64) -> StarTable {
        let text = format!(
            r#"{{"format":"betwixt-preset","version":1,"star_glide":{glide},"star_keys":24,
                "stars":[{{"x":1,"y":0}},{{"x":0.25,"y":0.75}}]}}"#
        );
        let table = StarTable::default();
        table.set(&Preset::parse(&text).unwrap().0);
        table
    }

    #[test]
    fn keys_recall_as_many_stars_as_there_are() {
        let table = table(0.0);
        let mut recall = Recall::new(&table, 48_000.0);
        assert_eq!([23, 24, 25, 26].map(|key| recall.key_down(&table, key)), [None, Some(0), Some(1), None]);
        assert_eq!([23, 24, 24].map(|key| recall.key_up(key)), [false, true, false]);
        assert_eq!(Recall::new(&StarTable::default(), 48_000.0).key_down(&StarTable::default(), 0), None);
    }

    #[test]
    fn the_way_is_linear_and_ends_exactly_whatever_the_blocks() {
        let way = |block: usize| {
            let table = table(0.01);
            let mut recall = Recall::new(&table, 48_000.0);
            recall.go(&table, 0, [0.5, 0.5], |_, _| panic!("it takes its time"));
            let mut steps = Vec::new();
            for begin in (0..960).step_by(block) {
                recall.advance(block, |frame, axis, at| steps.push((begin + frame, axis, at)));
            }
            assert!(!recall.moves());
            steps
        };
        let steps = way(960);
        assert_eq!(steps.last(), Some(&(480, 1, 0.0)));
        assert_eq!(steps.iter().find(|s| s.0 == 96), Some(&(96, 0, 0.6)));
        for block in [1, 5, 64, 480] {
            assert_eq!(way(block), steps, "{block}");
        }
    }

    #[test]
    fn a_recalled_axis_is_its_own_until_the_parameter_is_set_anew() {
        let table = table(0.01);
        let mut recall = Recall::new(&table, 48_000.0);
        recall.go(&table, 0, [0.5, 0.5], |_, _| {});
        recall.advance(240, |_, _, _| {});
        table.expect(0, 0.6);
        recall.look(&table, [0.6, 0.5]);
        assert!(recall.place(0).is_some(), "an echo of the window's");
        recall.look(&table, [0.55, 0.5]);
        assert_eq!((recall.place(0), recall.place(1).is_some()), (None, true), "X was set, Y goes on");
        recall.advance(240, |_, _, _| {});
        recall.publish(&table);
        assert_eq!(table.seen().goal, [None, Some(0.0)]);
        table.free(1);
        assert_eq!(table.seen().goal, [None, None]);
        recall.look(&table, [0.55, 0.5]);
        assert_eq!(recall.place(1), None);
    }

    #[test]
    fn a_parameter_that_has_followed_rules_again() {
        let table = table(0.0);
        let mut recall = Recall::new(&table, 48_000.0);
        let mut told = Vec::new();
        recall.go(&table, 1, [0.5, 0.5], |axis, at| told.push((axis, at)));
        assert_eq!(told, [(0, 0.25), (1, 0.75)]);
        recall.look(&table, [0.25, 0.75]);
        assert_eq!((recall.place(0), recall.place(1)), (None, None));
    }

    #[test]
    fn a_new_activation_and_a_reset_stand_at_the_goal() {
        let table = table(1.0);
        let mut recall = Recall::new(&table, 48_000.0);
        recall.go(&table, 1, [0.5, 0.5], |_, _| {});
        recall.advance(100, |_, _, _| {});
        recall.publish(&table);
        let other = Recall::new(&table, 96_000.0);
        assert_eq!((other.place(0), other.place(1), other.moves()), (Some(0.25), Some(0.75), false));
        recall.reset(&table);
        assert_eq!((recall.place(0), recall.moves(), table.seen().now), (Some(0.25), false, [Some(0.25), Some(0.75)]));
    }
}
