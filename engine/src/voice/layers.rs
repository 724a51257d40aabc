//! Which cells sound, and how loud: the four round the point by bilinear weights, and what still
//! fades of the ones before. Every change of a weight is a ramp from what was last heard, so
//! nothing that the point or the loader does can click.

use std::sync::Arc;

use crate::kernel::LAYERS;
use crate::resident::{PlayNote, PlayPack};

/// Four cells round the point and four that fade.
pub(super) const MOST: usize = crate::demand::CELLS;

/// A cell that sounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Active {
    /// Index into the note's cells.
    pub(super) cell: u16,
    /// Weight that the point asks for.
    pub(super) wanted: f32,
    /// 0…1: how much of it is there; falls before frames are missing.
    pub(super) presence: f32,
    /// It plays what none of the wanted cells has.
    pub(super) stands_in: bool,
    /// Nothing of it has sounded: its presence is what it is, without a fade.
    pub(super) is_new: bool,
    /// Weight at the beginning of the next frames.
    pub(super) from: f32,
    /// Weight at their end.
    pub(super) to: f32,
}

impl Active {
    const NONE: Active =
        Active { cell: 0, wanted: 0.0, presence: 1.0, stands_in: false, is_new: true, from: 0.0, to: 0.0 };
}

/// The cells that sound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layers {
    active: [Active; MOST],
    count: usize,
    at: [f32; 2],
    /// All of every layer is there.
    is_whole: bool,
    /// The square that `active` was made for, if its first entries are just that square's corners.
    square: Option<Inside>,
}

/// What is inside a square of the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Inside {
    first: usize,
    /// Distances of the outermost lines, in lines.
    spans: [f32; 2],
    /// The line at its beginning, and the one from which on the next square begins.
    from: [f32; 2],
    to: [f32; 2],
}

impl Inside {
    fn new(pack: &PlayPack, first: usize) -> Inside {
        let lines = [pack.columns, pack.rows];
        let at = [first % pack.columns.max(1), first / pack.columns.max(1)];
        let to = |axis: usize| if at[axis] + 2 < lines[axis] { (at[axis] + 1) as f32 } else { f32::INFINITY };
        Inside {
            first,
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
}

/// The weights of a square's corners: coherent notes are weighted by amplitude, others by power.
fn weights(parts: [f32; 4], note: &PlayNote) -> [f32; 4] {
    if note.coherent { parts } else { parts.map(f32::sqrt) }
}

/// Shares of lower left, lower right, upper left, upper right.
fn parts(right: f32, up: f32) -> [f32; 4] {
    let (left, down) = (1.0 - right, 1.0 - up);
    [left * down, right * down, left * up, right * up]
}

impl Layers {
    pub(super) const NONE: Layers =
        Layers { active: [Active::NONE; MOST], count: 0, at: [f32::NAN; 2], is_whole: false, square: None };

    /// The cells, to be ramped.
    pub(super) fn active(&mut self) -> &mut [Active] {
        &mut self.active[..self.count]
    }

    /// The cells, if all of every one is there.
    pub(super) fn whole(&self) -> Option<&[Active]> {
        self.is_whole.then(|| &self.active[..self.count])
    }

    /// The cells that sound: the first so many.
    pub(super) fn cells(&self) -> ([u16; MOST], usize) {
        (self.active.map(|active| active.cell), self.count)
    }

    /// The weights for a point, 0…1. Cells that are not yet there begin at 0; `fresh`: at their
    /// weight.
    pub(super) fn aim(&mut self, pack: &PlayPack, note: &PlayNote, point: [f32; 2], fresh: bool) {
        if point == self.at && !fresh {
            return;
        }
        self.at = point;
        if let Some(parts) = self.square.and_then(|inside| inside.parts(point)) {
            // The four corners stand in their places.
            for (active, weight) in self.active.iter_mut().zip(weights(parts, note)) {
                active.wanted = weight;
            }
            return;
        }
        let square = Square::at(pack, point);
        for active in &mut self.active[..self.count] {
            active.wanted = 0.0;
        }
        let (wanted, used) = square.weights(pack, note);
        for &(cell, weight) in &wanted[..used] {
            let known = self.active[..self.count].iter().position(|a| same(note, a.cell, cell));
            match known {
                Some(i) => (self.active[i].wanted, self.active[i].stands_in) = (weight, false),
                // There is always room: `settle` leaves the four wanted ones only.
                None if self.count < MOST => {
                    let from = if fresh { weight } else { 0.0 };
                    self.active[self.count] = Active { cell, wanted: weight, from, ..Active::NONE };
                    self.count += 1;
                }
                None => {}
            }
        }
        let plain = self.stand_as(square.corners(pack));
        self.square = plain.then(|| Inside::new(pack, square.first));
    }

    /// Puts the layers into the order of a square's corners: behind a line of the grid, what was its
    /// right side is its left. False if they are not just these.
    fn stand_as(&mut self, corners: [u16; 4]) -> bool {
        self.count == 4
            && (0..4).all(|place| {
                let found = (place..4).find(|&i| self.active[i].cell == corners[place]);
                found.inspect(|&i| self.active.swap(place, i)).is_some()
            })
    }

    /// As [`Layers::aim`] where the same cells stay in their places, for weights that are kept
    /// elsewhere until they [`arrive`](Layers::arrive); else false, and nothing is done.
    #[inline]
    pub(super) fn aim_inside(&mut self, note: &PlayNote, point: [f32; 2], wanted: &mut [f32; LAYERS]) -> bool {
        if point == self.at {
            return true;
        }
        let Some(parts) = self.square.as_ref().and_then(|inside| inside.parts(point)) else { return false };
        self.at = point;
        *wanted = weights(parts, note);
        true
    }

    /// Follows what is there of each layer: a layer that is late goes and comes in steps of `fade`.
    /// Returns how many have become late.
    pub(super) fn watch(&mut self, fade: f32, mut is_there: impl FnMut(u16) -> bool) -> u64 {
        let active = &mut self.active[..self.count];
        let mut there = [false; MOST];
        for (there, active) in there.iter_mut().zip(&*active) {
            *there = is_there(active.cell);
        }
        let mut late = 0;
        let any_wanted = active.iter().zip(there).any(|(active, there)| there && active.wanted > 0.0);
        for (active, there) in active.iter_mut().zip(there) {
            // What stands in goes when one of the wanted cells is back.
            let there = there && !(active.stands_in && any_wanted);
            let was = active.presence;
            active.presence = if std::mem::take(&mut active.is_new) {
                if there { 1.0 } else { 0.0 }
            } else {
                (was + if there { fade } else { -fade }).clamp(0.0, 1.0)
            };
            late += u64::from(!there && was == 1.0 && !active.stands_in);
        }
        late
    }

    /// Is anything that the point wants not there?
    pub(super) fn is_late(&self) -> bool {
        self.active[..self.count].iter().any(|active| active.presence < 1.0 && active.wanted > 0.0)
    }

    /// Sets where each weight goes: to what the point wants, as far as it is there. What is missing is
    /// made up for by the wanted cells that are there, or by the one that stands in for them. Returns
    /// the parts of the sound that come from the wanted cells and from others.
    pub(super) fn balance(&mut self, coherent: bool) -> (f32, f32) {
        let active = &mut self.active[..self.count];
        if active.iter().all(|a| a.presence == 1.0 && !a.stands_in) {
            active.iter_mut().for_each(|a| a.to = a.wanted);
            return (1.0, 0.0);
        }
        let sum = |part: &dyn Fn(&Active) -> f32| {
            let parts = active.iter().map(part);
            if coherent { parts.sum::<f32>() } else { parts.map(|p| p * p).sum::<f32>().sqrt() }
        };
        let all = sum(&|a| a.wanted);
        let there = sum(&|a| a.wanted * a.presence);
        let deputy = active.iter().find(|a| a.stands_in).map_or(0.0, |a| a.presence);
        let most = active.iter().filter(|a| a.wanted > 0.0).fold(0.0, |most: f32, a| most.max(a.presence));
        let share = most.min(1.0 - deputy);
        let factor = if there > 0.0 { share * all / there } else { 0.0 };
        for a in active {
            a.to = if a.stands_in { deputy } else { a.wanted * a.presence * factor };
        }
        let wanted = if all > 0.0 { (there / all).min(share) } else { share };
        (wanted, share + deputy - wanted)
    }

    /// If nothing of what the point wants is there, the nearest cell that is takes its place, if one of
    /// those that sound or of at most `probes` others is. One that does not sound yet begins at
    /// `presence`.
    pub(super) fn stand_in(
        &mut self,
        pack: &PlayPack,
        presence: f32,
        probes: &mut usize,
        is_there: impl Fn(u16) -> bool,
    ) {
        let active = &self.active[..self.count];
        if active.iter().any(|a| a.stands_in || (a.wanted > 0.0 && (a.presence > 0.0 || is_there(a.cell)))) {
            return;
        }
        let columns = pack.columns.max(1);
        let place = |axis: usize, lines: usize| self.at[axis].clamp(0.0, 1.0) * lines.saturating_sub(1) as f32;
        let (x, y) = (place(0, pack.columns), place(1, pack.rows));
        let away = |cell: u16| {
            let (column, row) = (usize::from(cell) % columns, usize::from(cell) / columns);
            (column as f32 - x).hypot(row as f32 - y)
        };
        let sounding = active.iter().enumerate().filter(|(_, a)| a.wanted == 0.0 && a.to > 0.0 && is_there(a.cell));
        let nearest = sounding.min_by(|(_, a), (_, b)| away(a.cell).total_cmp(&away(b.cell))).map(|(i, _)| i);
        if let Some(i) = nearest {
            (self.active[i].stands_in, self.active[i].presence) = (true, 1.0);
            return;
        }
        if self.count == MOST {
            return;
        }
        let pad = crate::pad::Pad { columns: pack.columns, rows: pack.rows };
        let mut found: Option<u16> = None;
        for distance in 0..pack.columns.max(pack.rows) {
            pad.ring(self.at, distance, |cell| {
                if *probes == 0 {
                    return;
                }
                *probes -= 1;
                let cell = cell as u16;
                if is_there(cell) && found.is_none_or(|best| away(cell) < away(best)) {
                    found = Some(cell);
                }
            });
            if found.is_some() || *probes == 0 {
                break;
            }
        }
        if let Some(cell) = found {
            self.active[self.count] = Active { cell, stands_in: true, presence, is_new: false, ..Active::NONE };
            self.count += 1;
        }
    }

    /// The frames are mixed with these weights at their end.
    pub(super) fn arrive(&mut self, weights: &[f32; LAYERS], wanted: &[f32; LAYERS]) {
        let mut silent = false;
        for ((active, to), wanted) in self.active[..self.count].iter_mut().zip(weights).zip(wanted) {
            (active.from, active.to, active.wanted) = (*to, *to, *wanted);
            silent |= *wanted <= 0.0 && *to <= 0.0;
        }
        if silent {
            self.drop_silent();
        }
    }

    /// The frames are mixed: ramps have arrived, silent layers go.
    pub(super) fn settle(&mut self) {
        let mut silent = false;
        self.is_whole = true;
        for active in &mut self.active[..self.count] {
            active.from = active.to;
            self.is_whole &= !active.is_new && active.presence == 1.0 && !active.stands_in;
            silent |= active.wanted <= 0.0 && active.to <= 0.0;
        }
        if silent {
            self.drop_silent();
        }
    }

    #[cold]
    fn drop_silent(&mut self) {
        let mut kept = 0;
        for i in 0..self.count {
            let active = self.active[i];
            if active.wanted > 0.0 || active.to > 0.0 {
                self.active[kept] = active;
                kept += 1;
            }
        }
        (self.count, self.square) = (kept, None);
    }
}

fn same(note: &PlayNote, a: u16, b: u16) -> bool {
    let cell = |i: u16| note.cells.get(usize::from(i));
    a == b || matches!((cell(a), cell(b)), (Some(a), Some(b)) if Arc::ptr_eq(a, b))
}

/// Four neighbouring grid points, and how near the point is to each: lower left, lower right, upper
/// left, upper right.
struct Square {
    first: usize,
    parts: [f32; 4],
}

impl Square {
    fn at(pack: &PlayPack, point: [f32; 2]) -> Square {
        let (column, right) = place(point[0], pack.columns);
        let (row, up) = place(point[1], pack.rows);
        Square { first: row * pack.columns + column, parts: parts(right, up) }
    }

    fn corners(&self, pack: &PlayPack) -> [u16; 4] {
        [0, 1, pack.columns, pack.columns + 1].map(|offset| (self.first + offset) as u16)
    }

    /// The cells and their weights; none is zero, and no audio stands twice. Coherent notes are
    /// weighted by amplitude, others by power.
    fn weights(&self, pack: &PlayPack, note: &PlayNote) -> ([(u16, f32); 4], usize) {
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
mod tests {
    use super::*;
    use crate::resident::CellAudio;

    fn pack(columns: usize, rows: usize, coherent: bool) -> PlayPack {
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

    #[test]
    fn a_jump_fades_the_old_cells_while_the_new_ones_come() {
        let pack = pack(5, 5, true);
        let mut layers = Layers::NONE;
        layers.aim(&pack, &pack.notes[0], [0.1, 0.1], true);
        for a in layers.active() {
            a.to = a.wanted;
        }
        layers.settle();
        layers.aim(&pack, &pack.notes[0], [0.9, 0.9], false);
        assert_eq!(layers.active().len(), 8);
        for a in layers.active() {
            a.to = a.wanted;
        }
        layers.settle();
        assert_eq!(layers.active().len(), 4);
    }

    #[test]
    fn behind_a_line_of_the_grid_the_layers_stand_as_a_square_again() {
        let pack = pack(3, 3, true);
        let note = &pack.notes[0];
        let mut layers = Layers::NONE;
        // All four squares, round, back and across.
        let way = [[0.2, 0.3], [0.7, 0.3], [0.7, 0.8], [0.2, 0.8], [0.3, 0.2], [0.8, 0.9], [0.1, 0.1]];
        for (turn, point) in way.into_iter().enumerate() {
            // The tick in which the line is crossed and the old ones go, and the next.
            for nearer in [0.0, 0.01] {
                layers.aim(&pack, note, point.map(|v: f32| v + nearer), turn == 0 && nearer == 0.0);
                layers.active().iter_mut().for_each(|a| a.to = a.wanted);
                layers.settle();
            }
            let mut wanted = [0.0; LAYERS];
            assert!(layers.aim_inside(note, point.map(|v: f32| v + 0.02), &mut wanted), "at {point:?}");
            let expected = Square::at(&pack, layers.at).weights(&pack, note).0.map(|(_, weight)| weight);
            assert_eq!(wanted, expected);
            assert_eq!(
                layers.active().iter().map(|a| a.cell).collect::<Vec<_>>(),
                Square::at(&pack, point).corners(&pack)
            );
        }
    }
}
