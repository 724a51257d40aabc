//! A pack as the audio thread sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cell::CellAudio;

/// Loop points in frames; `end` is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopFrames {
    /// First frame of the loop.
    pub start: usize,
    /// First frame after the loop.
    pub end: usize,
}

/// One recorded note: a root and velocity layer with a cell for each grid point.
#[derive(Debug, Clone)]
pub struct PlayNote {
    /// MIDI key at which the cells sound untransposed.
    pub root: u8,
    /// Keys that choose this note, inclusive.
    pub keys: (u8, u8),
    /// MIDI velocities that choose this note, inclusive.
    pub velocities: (u8, u8),
    /// How far the cells sound above their root, in cents.
    pub tune_cents: f32,
    /// Length of every cell, in frames.
    pub frames: usize,
    /// The loop that all cells share.
    pub loop_frames: Option<LoopFrames>,
    /// Phases agree between cells: mix by amplitude, else by power.
    pub coherent: bool,
    /// Row-major from y = 0: `columns * rows` cells. A cell may stand more than once.
    pub cells: Box<[Arc<CellAudio>]>,
}

/// Brings frames that are waited for: what feeds a pack. Not for playing, only for bounces.
pub(crate) trait Fetch: Send + Sync {
    /// Loads a chunk before all else. May lock; returns at once.
    fn fetch(&self, note: usize, cell: usize, chunk: usize);
}

/// A pack as the audio thread sees it. Built and dropped off the audio thread.
pub struct PlayPack {
    /// Its number in this process: no other pack has or had it.
    pub(crate) id: u64,
    feeder: Option<Arc<dyn Fetch>>,
    /// Grid columns, 1–33.
    pub columns: usize,
    /// Grid rows, 1–33.
    pub rows: usize,
    /// Rate of every cell, in Hz.
    pub sample_rate_hz: f64,
    /// The notes, in the pack's order.
    pub notes: Box<[PlayNote]>,
    /// By key, then by velocity: the index of a note.
    lookup: Box<[[u16; 128]]>,
}

impl PlayPack {
    /// Puts a pack together. Allocates. Keys and velocities outside every note's ranges choose the
    /// nearest note, so each key sounds when there is any note at all.
    pub fn new(columns: usize, rows: usize, sample_rate_hz: f64, notes: Vec<PlayNote>) -> PlayPack {
        assert!(notes.iter().all(|n| n.cells.len() == columns * rows), "a note lacks cells");
        let lookup = (0..128).map(|key| by_velocity(&notes, key)).collect();
        static PACKS: AtomicU64 = AtomicU64::new(1);
        let id = PACKS.fetch_add(1, Ordering::Relaxed);
        PlayPack { id, feeder: None, columns, rows, sample_rate_hz, notes: notes.into_boxed_slice(), lookup }
    }

    /// Has `feeder` bring the frames that are waited for.
    pub(crate) fn fed_by(self, feeder: Arc<dyn Fetch>) -> PlayPack {
        PlayPack { feeder: Some(feeder), ..self }
    }

    /// Asks for a chunk that is waited for. May lock: for bounces.
    pub(crate) fn fetch(&self, note: usize, cell: usize, chunk: usize) {
        if let Some(feeder) = &self.feeder {
            feeder.fetch(note, cell, chunk);
        }
    }

    /// The index of the note that `key` and `velocity` choose, `None` in an empty pack.
    /// Real-time safe.
    pub fn choose(&self, key: u8, velocity: u8) -> Option<usize> {
        if self.notes.is_empty() {
            return None;
        }
        Some(usize::from(self.lookup[usize::from(key & 127)][usize::from(velocity & 127)]))
    }
}

/// The note that each velocity of a key chooses: the nearest by key, then by velocity, then by root.
fn by_velocity(notes: &[PlayNote], key: u8) -> [u16; 128] {
    let key_off = |note: &PlayNote| outside(key, note.keys);
    let Some(least) = notes.iter().map(key_off).min() else { return [0; 128] };
    let near: Vec<(usize, &PlayNote)> = notes.iter().enumerate().filter(|(_, n)| key_off(n) == least).collect();
    std::array::from_fn(|velocity| {
        let off = |n: &PlayNote| (outside((velocity as u8).max(1), n.velocities), n.root.abs_diff(key));
        near.iter().min_by_key(|(_, n)| off(n)).map_or(0, |(i, _)| *i as u16)
    })
}

/// How far a value is from a range.
fn outside(value: u8, (low, high): (u8, u8)) -> u8 {
    if value < low { low - value } else { value.saturating_sub(high) }
}

impl std::fmt::Debug for PlayPack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlayPack")
            .field("grid", &(self.columns, self.rows))
            .field("notes", &self.notes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_outside_every_range_choose_the_nearest_note() {
        let cell = Arc::new(CellAudio::from_f32(&[[0.0; 2]]).unwrap());
        let note = |root, keys| PlayNote {
            root,
            keys,
            velocities: (1, 127),
            tune_cents: 0.0,
            frames: 1,
            loop_frames: None,
            coherent: false,
            cells: vec![cell.clone()].into(),
        };
        let pack = PlayPack::new(1, 1, 48_000.0, vec![note(48, (40, 52)), note(60, (53, 66))]);
        assert_eq!(pack.choose(0, 100), Some(0));
        assert_eq!(pack.choose(53, 1), Some(1));
        assert_eq!(pack.choose(127, 127), Some(1));
    }
}
