//! Squares of the grid: which cells a point is mixed of, and how loud each is.

use std::sync::Arc;

use crate::kernel::LAYERS;
use crate::resident::{PlayNote, PlayPack};

/// Is it the same sound?
pub(super) fn same(note: &PlayNote, a: u16, b: u16) -> bool {
    let cell = |i: u16| note.cells.get(usize::from(i));
    a == b || matches!((cell(a), cell(b)), (Some(a), Some(b)) if Arc::ptr_eq(a, b))
}

/// Four neighbouring grid points, and how near the point is to each: lower left, lower right, upper
/// left, upper right.
pub(super) struct Square {
    pub(super) first: usize,
    parts: [f32; 4],
}

impl Square {
    pub(super) fn at(pack: &PlayPack, point: [f32; 2]) -> Square {
        let (column, right) = place(point[0], pack.columns);
        let (row, up) = place(point[1], pack.rows);
        Square { first: row * pack.columns + column, parts: parts(right, up) }
    }

    pub(super) fn corners(&self, pack: &PlayPack) -> [u16; 4] {
        [0, 1, pack.columns, pack.columns + 1].map(|offset| (self.first + offset) as u16)
    }

    /// The cells and their weights; none is zero, and no audio stands twice. Coherent notes are
    /// weighted by amplitude, others by power.
    pub(super) fn weights(&self, pack: &PlayPack, note: &PlayNote) -> ([(u16, f32); 4], usize) {
        let mut wanted = [(0u16, 0f32); 4];
        let mut used = 0;
        for (cell, part) in self.corners(pack).into_iter().zip(self.parts) {
            if part <= 0.0 || usize::from(cell) >= note.cells.len() {
                continue;
            }
            // The parts of a repeated cell add up before the law: it is one sound.
            match wanted[..used].iter().position(|(c, _)| same(note, *c, cell)) {
                Some(i) => wanted[i].1 += part,
                None => {
                    wanted[used] = (cell, part);
                    used += 1;
                }
            }
        }
        if used == 1 {
            // One sound is played as it is, whatever the sum of its parts was rounded to.
            wanted[0].1 = 1.0;
        } else if !note.coherent {
            for (_, weight) in &mut wanted[..used] {
                *weight = weight.sqrt();
            }
        }
        (wanted, used)
    }
}

/// What is inside a square of the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Inside {
    /// Which of the layers each corner is. All four, in order, where no cell stands twice and none is silent.
    pub(super) slots: [u8; 4],
    /// Distances of the outermost lines, in lines.
    spans: [f32; 2],
    /// The line at its beginning, and the one from which on the next square begins.
    from: [f32; 2],
    to: [f32; 2],
}

/// The slots of a square whose corners all sound, each by itself.
const IN_ORDER: [u8; 4] = [0, 1, 2, 3];
/// The slot of a corner that does not sound.
pub(super) const SILENT: u8 = u8::MAX;

impl Inside {
    pub(super) fn new(pack: &PlayPack, first: usize, slots: [u8; 4]) -> Inside {
        let lines = [pack.columns, pack.rows];
        let at = [first % pack.columns.max(1), first / pack.columns.max(1)];
        let to = |axis: usize| if at[axis] + 2 < lines[axis] { (at[axis] + 1) as f32 } else { f32::INFINITY };
        Inside {
            slots,
            spans: lines.map(|l| l.saturating_sub(1) as f32),
            from: at.map(|line| line as f32),
            to: [to(0), to(1)],
        }
    }

    /// How near a point of 0…1 is to each corner, if it lies inside: as [`Square::at`] says.
    #[inline]
    fn parts(&self, point: [f32; 2]) -> Option<[f32; 4]> {
        let at = [point[0] * self.spans[0], point[1] * self.spans[1]];
        let is_inside = |axis: usize| at[axis] >= self.from[axis] && at[axis] < self.to[axis];
        (is_inside(0) && is_inside(1)).then(|| parts(at[0] - self.from[0], at[1] - self.from[1]))
    }

    /// The weights of the layers for a point of 0…1, as [`Square::weights`] has them, to the very bit; 1 where
    /// there is no layer. `None` if the point lies outside, or a corner sounds there that does not yet.
    #[inline]
    pub(super) fn weights(&self, note: &PlayNote, point: [f32; 2]) -> Option<[f32; LAYERS]> {
        let parts = self.parts(point)?;
        if self.slots == IN_ORDER {
            return Some(if note.coherent { parts } else { parts.map(f32::sqrt) });
        }
        self.gather(note, parts)
    }

    /// As [`Inside::weights`] where corners are silent, or one sound.
    #[inline(never)]
    fn gather(&self, note: &PlayNote, parts: [f32; 4]) -> Option<[f32; LAYERS]> {
        let (mut sums, mut is_layer) = ([0.0; LAYERS], [false; LAYERS]);
        for (slot, part) in self.slots.into_iter().zip(parts) {
            match sums.get_mut(usize::from(slot)) {
                Some(sum) => (*sum, is_layer[usize::from(slot)]) = (*sum + part, true),
                None if part > 0.0 => return None,
                None => {}
            }
        }
        let is_alone = sums.iter().filter(|sum| **sum > 0.0).count() == 1;
        Some(std::array::from_fn(|slot| match sums[slot] {
            _ if !is_layer[slot] => 1.0,
            sum if sum > 0.0 && is_alone => 1.0,
            sum if note.coherent => sum,
            sum => sum.sqrt(),
        }))
    }

    /// The layers have other places: `place` says which.
    pub(super) fn renumber(&mut self, place: impl Fn(u8) -> u8) {
        self.slots = self.slots.map(place);
    }
}

/// Shares of lower left, lower right, upper left, upper right.
fn parts(right: f32, up: f32) -> [f32; 4] {
    let (left, down) = (1.0 - right, 1.0 - up);
    [left * down, right * down, left * up, right * up]
}

/// The grid line at or before a place of 0…1, and how far it is to the next (0 on a single line).
fn place(at: f32, lines: usize) -> (usize, f32) {
    if lines < 2 {
        return (0, 0.0);
    }
    let at = at.clamp(0.0, 1.0) * (lines - 1) as f32;
    let line = (at as usize).min(lines - 2);
    (line, at - line as f32)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::resident::CellAudio;

    pub(in crate::voice::layers) fn pack(columns: usize, rows: usize, coherent: bool) -> PlayPack {
        let cell = || Arc::new(CellAudio::from_f32(&[[0.0; 2]]).unwrap());
        let note = PlayNote {
            root: 60,
            keys: (0, 127),
            velocities: (1, 127),
            tune_cents: 0.0,
            frames: 1,
            loop_frames: None,
            coherent,
            cells: (0..columns * rows).map(|_| cell()).collect(),
        };
        PlayPack::new(columns, rows, 48_000.0, vec![note])
    }

    fn at(pack: &PlayPack, x: f32, y: f32) -> Vec<(u16, f32)> {
        let (wanted, used) = Square::at(pack, [x, y]).weights(pack, &pack.notes[0]);
        wanted[..used].to_vec()
    }

    #[test]
    fn a_grid_point_is_one_layer_at_exactly_full_level() {
        let pack = pack(3, 3, false);
        for (x, y, cell) in [(0.0, 0.0, 0), (1.0, 0.0, 2), (0.0, 1.0, 6), (1.0, 1.0, 8), (0.5, 0.5, 4)] {
            assert_eq!(at(&pack, x, y), [(cell, 1.0)]);
        }
    }

    #[test]
    fn the_middle_is_four_layers_by_amplitude_or_power() {
        assert_eq!(at(&pack(2, 2, true), 0.5, 0.5), [(0, 0.25), (1, 0.25), (2, 0.25), (3, 0.25)]);
        assert_eq!(at(&pack(2, 2, false), 0.5, 0.5), [(0, 0.5), (1, 0.5), (2, 0.5), (3, 0.5)]);
    }

    #[test]
    fn a_repeated_cell_is_one_sound_at_its_own_level() {
        let mut pack = pack(2, 2, false);
        let first = pack.notes[0].cells[0].clone();
        pack.notes[0].cells = vec![first; 4].into();
        assert_eq!(at(&pack, 0.3, 0.8), [(0, 1.0)]);
    }

    #[test]
    fn a_single_row_or_column_works() {
        assert_eq!(at(&pack(1, 1, true), 0.7, 0.2), [(0, 1.0)]);
        assert_eq!(at(&pack(2, 1, true), 0.25, 0.9), [(0, 0.75), (1, 0.25)]);
        assert_eq!(at(&pack(1, 2, true), 0.25, 1.0), [(1, 1.0)]);
    }
}
