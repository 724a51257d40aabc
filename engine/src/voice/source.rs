//! The sound of a voice before its gains: layers are mixed at the pack's rate into one stream, and
//! the output frames are interpolated out of it.

mod course;
mod steady;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::layers::{Active, Layers, MOST};
use super::stream::{SHORT_FRAMES, Stream};
use super::{Context, Played};
use crate::demand::VoiceDemand;
use crate::kernel::{self, KernelId, Layer, MAX_TAPS, Motion, Table, Tables, TickFrames};
use crate::limits::{RATIO, TICK_FRAMES};
use crate::resident::{CHUNK_FRAMES, CellAudio, Frames, Kept, LoopFrames, PlayNote};
use crate::telemetry::Origins;
pub(super) use course::{Course, Plan, TICKS};

/// Frames that are kept before the position: half of the longest kernel and some.
const HISTORY: usize = 32;
/// Frames that are needed behind the last position.
const LOOKAHEAD: usize = MAX_TAPS / 2 + 1;
/// The position may come this far before the stream is moved to the front again.
const ROAM: usize = 192;
const CAPACITY: usize = HISTORY + ROAM + TICK_FRAMES * RATIO as usize + LOOKAHEAD + 16;

/// How long a bounce waits for frames before it gives up and goes on with silence.
const PATIENCE: Duration = Duration::from_secs(20);

/// Chunks that one tick may touch.
const CHUNKS: usize = 8;

/// Where a source is at the end of a tick.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goal {
    /// The point on the pad.
    pub(super) point: [f32; 2],
    /// 32.32 source frames per output frame.
    pub(super) step: u64,
}

/// Cells that are looked at in a block, of all voices, in place of late ones: a bound on the time that
/// a cold pack costs.
pub(crate) const PROBES: usize = 512;

/// What is known about frames that are not there.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Late {
    /// Times that a layer had to fade because its frames were not resident.
    pub(crate) missing: u64,
    /// Where what was played came from.
    pub(crate) origins: Origins,
    /// Cells that may still be looked at in this block in place of late ones.
    pub(crate) probes: usize,
    /// Wait for frames instead.
    pub(crate) offline: bool,
    /// Waiting was in vain once: do not try again.
    pub(crate) gave_up: bool,
}

impl Late {
    /// Is the chunk there? A bounce waits for it; playing never does.
    fn has(&mut self, cell: &CellAudio, chunk: usize, fetch: impl Fn(usize)) -> bool {
        if chunk >= cell.chunks() {
            return true;
        }
        if cell.chunk_is_resident(chunk) {
            return true;
        }
        if !self.offline || self.gave_up {
            return false;
        }
        let begun = Instant::now();
        while !cell.chunk_is_resident(chunk) {
            // Asked for again and again: it may just be on its way out.
            fetch(chunk);
            if cell.is_given_up() {
                return cell.chunk_is_resident(chunk);
            }
            if begun.elapsed() > PATIENCE {
                self.gave_up = true;
                return false;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        true
    }
}

/// The stream and the position in it.
#[repr(align(64))]
pub(super) struct Source {
    layers: Layers,
    /// What the layers read, as it was last looked up.
    kept: Kept,
    stream: Stream,
    /// Up to here lies what can be read, together with a fade behind it, in one piece from where the newest
    /// course began.
    straight_to: usize,
    /// 32.32, in frames of `left` and `right`.
    position: u64,
    step: u64,
    /// The pitch for which the newest step was computed.
    step_pitch: f64,
    step_goal: u64,
    kernel: Option<KernelId>,
    /// Frames that are mixed.
    filled: usize,
    /// Place of the first frame after the end, once that is mixed.
    end: Option<usize>,
    left: Line,
    right: Line,
}

/// Frames are mixed in whole vectors at aligned places.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([f32; CAPACITY]);

/// What is moved to the front is moved by a multiple of this.
const ALIGNED: usize = 16;

impl Source {
    pub(super) fn new() -> Source {
        Source {
            layers: Layers::NONE,
            kept: Kept::NONE,
            stream: Stream::new(0, 0.0, false),
            straight_to: 0,
            position: 0,
            step: 0,
            step_pitch: f64::NAN,
            step_goal: 0,
            kernel: None,
            filled: 0,
            end: None,
            left: Line([0.0; CAPACITY]),
            right: Line([0.0; CAPACITY]),
        }
    }

    /// Goes to the start of a note: before it there is silence.
    pub(super) fn begin(&mut self, note: &PlayNote, start: f64, reverse: bool, step: u64) {
        self.layers = Layers::NONE;
        self.stream = Stream::new(note.frames, start, reverse);
        self.position = (HISTORY as u64) << 32;
        self.step = step;
        self.kernel = None;
        self.left.0[..HISTORY].fill(0.0);
        self.right.0[..HISTORY].fill(0.0);
        self.filled = HISTORY;
        self.end = None;
    }

    /// Length of the newest kernel.
    pub(super) fn taps(&self, tables: &Tables) -> usize {
        self.kernel.map_or(0, |id| tables.get(id).taps())
    }

    /// What is read next, for the loader.
    #[inline]
    pub(super) fn demand(&self, point: [f32; 2]) -> VoiceDemand {
        let (cells, used) = self.layers.cells();
        VoiceDemand { point, ratio: (self.step as f64 / 4_294_967_296.0) as f32, cells, used, ..self.stream.demand() }
    }

    /// The loop from here on.
    pub(super) fn set_loop(&mut self, looped: Option<LoopFrames>) {
        self.stream.set_loop(looped);
    }

    /// The step of a pitch; `compute` is asked only when the pitch has moved.
    pub(super) fn step_for(&mut self, pitch: f64, compute: impl FnOnce() -> u64) -> u64 {
        if pitch != self.step_pitch {
            self.step_pitch = pitch;
            self.step_goal = compute();
        }
        self.step_goal
    }

    /// Computes a tick of output from its frame `from` on, while step and weights go to `goal`. False if the note was already over. Real-time safe, but offline.
    pub(super) fn tick(
        &mut self,
        context: &Context<'_>,
        late: &mut Late,
        played: Played<'_>,
        goal: Goal,
        from: usize,
        out: &mut TickFrames,
    ) -> bool {
        let Goal { point, step } = goal;
        let whole = (self.position >> 32) as usize;
        if self.end.is_some_and(|end| whole >= end + LOOKAHEAD) {
            *out = TickFrames::SILENCE;
            return false;
        }
        self.move_to_front(whole);
        let motion = if from == 0 { self.motion_to(step) } else { Motion { from, ..self.motion_to(self.step) } };
        self.fill(context, late, played, point, frames_needed(&motion, self.filled));

        let id = context.tables.choose(context.controls.shared().quality, step.max(self.step));
        self.interpolate(context, context.tables.get(id), &[motion], std::slice::from_mut(out));
        match self.kernel {
            Some(before) if before != id => {
                self.blend_from(context, context.tables.get(before), &motion, out);
            }
            _ => {}
        }
        self.kernel = Some(id);
        self.position = motion.at(TICK_FRAMES);
        // What the division left over is far below hearing; at rest the step is exact.
        self.step = step;
        true
    }

    /// The step at the end of the newest tick.
    pub(super) fn step(&self) -> u64 {
        self.step
    }

    /// Is this pitch the one that it plays?
    pub(super) fn is_at(&self, pitch: f64) -> bool {
        pitch == self.step_pitch && self.step == self.step_goal
    }

    /// The motion of a whole tick from `position` on in which the step stays.
    fn motion_on(&self, position: u64) -> Motion {
        Motion { position, step: self.step, bend: 0, from: 0 }
    }

    /// The motion of a whole tick in which the step goes to `step`.
    fn motion_to(&self, step: u64) -> Motion {
        let bend = (step as i64 - self.step as i64) / TICK_FRAMES as i64;
        Motion { position: self.position, step: self.step, bend, from: 0 }
    }

    /// Computes ticks out of the stream.
    #[inline(always)]
    fn interpolate(&self, context: &Context<'_>, table: &Table, motions: &[Motion], out: &mut [TickFrames]) {
        if motions.iter().any(Motion::is_copy) {
            self.interpolate_some(context, table, motions, out);
            return;
        }
        let stream = (&self.left.0[..self.filled], &self.right.0[..self.filled]);
        kernel::interpolate(context.simd, table, stream, motions, out);
    }

    /// As [`Source::interpolate`] where whole frames are copied in some of the ticks.
    #[inline(never)]
    fn interpolate_some(&self, context: &Context<'_>, table: &Table, motions: &[Motion], out: &mut [TickFrames]) {
        for (motion, out) in motions.iter().zip(out) {
            if !motion.is_copy() {
                self.interpolate(context, table, std::slice::from_ref(motion), std::slice::from_mut(out));
                continue;
            }
            let at = (motion.position >> 32) as usize;
            let skip = motion.from;
            out.left[skip..].copy_from_slice(&self.left.0[at..at + TICK_FRAMES - skip]);
            out.right[skip..].copy_from_slice(&self.right.0[at..at + TICK_FRAMES - skip]);
        }
    }

    /// A kernel is never changed from one frame to the next: the tick goes over from the old one.
    fn blend_from(&self, context: &Context<'_>, before: &Table, motion: &Motion, out: &mut TickFrames) {
        let mut old = TickFrames::SILENCE;
        self.interpolate(context, before, std::slice::from_ref(motion), std::slice::from_mut(&mut old));
        for i in 0..TICK_FRAMES {
            let part = (i + 1) as f32 * (1.0 / TICK_FRAMES as f32);
            out.left[i] = old.left[i] + (out.left[i] - old.left[i]) * part;
            out.right[i] = old.right[i] + (out.right[i] - old.right[i]) * part;
        }
    }

    /// Makes room: what lies before the kernels' reach goes.
    #[inline]
    fn move_to_front(&mut self, whole: usize) {
        if whole > HISTORY + ROAM {
            self.move_by(whole);
        }
    }

    #[inline(never)]
    fn move_by(&mut self, whole: usize) {
        // A step longer than the look-ahead may leave the position beyond what is mixed: then all of
        // it goes, and the frames between are mixed next.
        let gone = (whole - HISTORY).min(self.filled) & !(ALIGNED - 1);
        self.left.0.copy_within(gone..self.filled, 0);
        self.right.0.copy_within(gone..self.filled, 0);
        self.filled -= gone;
        self.position -= (gone as u64) << 32;
        self.end = self.end.map(|end| end.saturating_sub(gone));
    }

    /// Mixes so many frames, if there is room.
    fn fill(&mut self, context: &Context<'_>, late: &mut Late, played: Played<'_>, point: [f32; 2], count: usize) {
        let count = count.min(CAPACITY - self.filled);
        if count == 0 {
            return;
        }
        let first = self.filled == HISTORY && self.kernel.is_none();
        let Played { pack, note, reading, .. } = played;
        self.layers.aim(pack, note, point, first);
        self.watch(context, late, played, count, first);

        let per_frame = 1.0 / count as f32;
        let mut done = 0;
        while done < count {
            let to = self.filled + done..self.filled + count;
            if let Some(looped) = self.stream.short_loop() {
                done += self.fill_from_short(context, played, looped, to, (done, per_frame));
                continue;
            }
            let Some(run) = self.stream.next(count - done) else {
                self.left.0[to.clone()].fill(0.0);
                self.right.0[to.clone()].fill(0.0);
                self.end.get_or_insert(to.start);
                break;
            };
            let to = to.start..to.start + run.len;
            let reverse = self.stream.reverse();
            let mut layers = [Layer { frames: Frames::I16(&[]), weight: 0.0, slope: 0.0 }; MOST];
            let mut used = 0;
            for active in self.layers.active() {
                let Some(cell) = note.cells.get(usize::from(active.cell)) else { continue };
                let Some(frames) = cell.read(reading, run.start..run.start + run.len) else { continue };
                let slope = (active.to - active.from) * per_frame;
                let begin = active.from + slope * done as f32;
                layers[used] = if reverse {
                    let last = begin + slope * (run.len - 1) as f32;
                    Layer { frames, weight: last, slope: -slope }
                } else {
                    kernel::prefetch(frames, PREFETCH_TICKS * count);
                    Layer { frames, weight: begin, slope }
                };
                used += 1;
            }
            let (left, right) = (&mut self.left.0[to.clone()], &mut self.right.0[to]);
            kernel::mix(context.simd, left, right, &layers[..used]);
            if reverse {
                left.reverse();
                right.reverse();
            }
            done += run.len;
        }
        self.filled += count;
        self.layers.settle();
    }

    /// Mixes the next frames of `to` out of a short loop, written down as often as it is played. Returns how many.
    /// `done` frames have been mixed of those in which the weights go to their ends, `per_frame` of the way each.
    #[inline(never)]
    fn fill_from_short(
        &mut self,
        context: &Context<'_>,
        played: Played<'_>,
        looped: LoopFrames,
        to: Range<usize>,
        (done, per_frame): (usize, f32),
    ) -> usize {
        let count = to.len().min(SHORT_FRAMES);
        let mut places = [0; SHORT_FRAMES];
        let places = &mut places[..count.min(looped.end - looped.start)];
        self.stream.go_round(looped, places, count);
        let mut small = [[[0i16; 2]; SHORT_FRAMES]; MOST];
        let mut large = [[[0f32; 2]; SHORT_FRAMES]; MOST];
        let mut layers = [Layer { frames: Frames::I16(&[]), weight: 0.0, slope: 0.0 }; MOST];
        let mut used = 0;
        let buffers = small.iter_mut().zip(&mut large);
        let Played { note, reading, .. } = played;
        for (active, (small, large)) in self.layers.active().iter().zip(buffers) {
            let Some(cell) = note.cells.get(usize::from(active.cell)) else { continue };
            let frames = match cell.read(reading, looped.start..looped.end) {
                Some(Frames::I16(frames)) => {
                    small.iter_mut().zip(&*places).for_each(|(out, place)| *out = frames[*place]);
                    repeat(&mut small[..count], places.len());
                    Frames::I16(&small[..count])
                }
                Some(Frames::F32(frames)) => {
                    large.iter_mut().zip(&*places).for_each(|(out, place)| *out = frames[*place]);
                    repeat(&mut large[..count], places.len());
                    Frames::F32(&large[..count])
                }
                None => continue,
            };
            let slope = (active.to - active.from) * per_frame;
            layers[used] = Layer { frames, weight: active.from + slope * done as f32, slope };
            used += 1;
        }
        let to = to.start..to.start + count;
        kernel::mix(context.simd, &mut self.left.0[to.clone()], &mut self.right.0[to], &layers[..used]);
        count
    }

    /// Sets where each layer's weight goes in the next `count` frames: to what the point wants as
    /// far as its frames are there, and early enough to nothing where they will not be.
    fn watch(&mut self, context: &Context<'_>, late: &mut Late, played: Played<'_>, count: usize, first: bool) {
        let Played { pack, note, index, .. } = played;
        // This tick and those of a fade, each of which may take up to 7 frames more or less than this one.
        let (chunks, used) = self.chunks_ahead((count + 8) * (context.clock.late_ticks + 1));
        let chunks = &chunks[..used];
        let missing = self.layers.watch(context.clock.late_fade, |cell| {
            let fetch = |chunk| pack.fetch(index, usize::from(cell), chunk);
            note.cells.get(usize::from(cell)).is_some_and(|cell| chunks.iter().all(|c| late.has(cell, *c, fetch)))
        });
        late.missing += missing;
        if self.layers.is_late() {
            let presence = if first { 1.0 } else { context.clock.late_fade };
            self.layers.stand_in(pack, presence, &mut late.probes, |cell| {
                let there =
                    |cell: &Arc<CellAudio>| chunks.iter().all(|c| *c >= cell.chunks() || cell.chunk_is_resident(*c));
                note.cells.get(usize::from(cell)).is_some_and(there)
            });
        }
        let parts = self.layers.balance(note.coherent);
        late.origins.add(parts, TICK_FRAMES);
        if first {
            self.layers.active().iter_mut().for_each(|active| active.from = active.to);
        }
    }

    /// The chunks that the next `count` frames lie in.
    fn chunks_ahead(&self, count: usize) -> ([usize; CHUNKS], usize) {
        let mut stream = self.stream;
        let (mut chunks, mut used, mut left) = ([0; CHUNKS], 0, count);
        // A short loop comes back to the same chunk: a few rounds show all there is.
        for _ in 0..2 * CHUNKS {
            if left == 0 || used == CHUNKS {
                break;
            }
            let Some(run) = stream.next(left) else { break };
            let chunk = run.start / CHUNK_FRAMES;
            if !chunks[..used].contains(&chunk) {
                chunks[used] = chunk;
                used += 1;
            }
            left -= run.len;
        }
        (chunks, used)
    }
}

/// Fills `out` with its first `period` frames (1 or more), again and again.
fn repeat<T: Copy>(out: &mut [T], period: usize) {
    let mut done = period;
    while done < out.len() {
        let more = done.min(out.len() - done);
        out.copy_within(..more, done);
        done += more;
    }
}

/// Frames that have to be mixed for a tick when `filled` are.
#[inline]
fn frames_needed(motion: &Motion, filled: usize) -> usize {
    // At high ratios the next tick's first frame lies farther than the last kernel reaches.
    let last = (motion.at(TICK_FRAMES - 1) >> 32) as usize;
    let need = (last + LOOKAHEAD).max((motion.at(TICK_FRAMES) >> 32) as usize);
    // A whole number of vectors. (As `next_multiple_of` it takes three times the instructions.)
    (need.saturating_sub(filled) + 7) & !7
}

/// Frames are asked for this many ticks ahead: about what the other voices take in between.
const PREFETCH_TICKS: usize = 8;
