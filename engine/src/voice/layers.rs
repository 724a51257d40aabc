//! Which cells sound, and how loud: the four round the point by bilinear weights, and what still
//! fades of the ones before. Every change of a weight is a ramp from what was last heard, so
//! nothing that the point or the loader does can click.

mod square;

use crate::kernel::LAYERS;
use crate::resident::{PlayNote, PlayPack};
use square::{Inside, SILENT, Square, same};

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
    /// The square that `active` was made for, if all that sounded then are cells of its corners.
    square: Option<Inside>,
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
        if let Some((inside, weights)) = self.square.and_then(|inside| Some((inside, inside.weights(note, point)?))) {
            for slot in inside.slots.into_iter().map(usize::from).filter(|slot| *slot < LAYERS) {
                let active = &mut self.active[slot];
                active.wanted = weights[slot];
                active.stands_in &= weights[slot] == 0.0;
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
        let slots = self.stand_as(note, square.corners(pack));
        self.square = slots.map(|slots| Inside::new(pack, square.first, slots));
    }

    /// Puts the layers into the order of a square's corners: behind a line of the grid, what was its
    /// right side is its left. Returns which of them each corner is; `None` if there are others.
    fn stand_as(&mut self, note: &PlayNote, corners: [u16; 4]) -> Option<[u8; 4]> {
        let mut slots = [SILENT; 4];
        let mut placed = 0;
        for (slot, corner) in slots.iter_mut().zip(corners) {
            let found = (0..self.count).find(|&i| same(note, self.active[i].cell, corner));
            if let Some(i) = found {
                // One that is placed already is the sound of an earlier corner, too.
                let place = i.min(placed);
                self.active.swap(place, i);
                placed += usize::from(place == placed);
                *slot = place as u8;
            }
        }
        (placed == self.count).then_some(slots)
    }

    /// As [`Layers::aim`] where the same cells stay in their places, for weights that are kept
    /// elsewhere until they [`arrive`](Layers::arrive); else false, and nothing is done.
    #[inline]
    pub(super) fn aim_inside(&mut self, note: &PlayNote, point: [f32; 2], wanted: &mut [f32; LAYERS]) -> bool {
        if point == self.at {
            return true;
        }
        let weights = self.square.as_ref().and_then(|inside| inside.weights(note, point));
        let Some(weights) = weights else { return false };
        (self.at, *wanted) = (point, weights);
        true
    }

    /// The weights that the layers have reached, if all of them are there and stand in a square; where there is no
    /// layer, any.
    #[inline]
    pub(super) fn going_on(&self) -> Option<[f32; LAYERS]> {
        (self.is_whole && self.square.is_some()).then(|| std::array::from_fn(|k| self.active[k].from))
    }

    /// The weights for a point, if it lies inside the square and all layers sound there.
    #[inline]
    pub(super) fn weights_on(&self, note: &PlayNote, point: [f32; 2]) -> Option<[f32; LAYERS]> {
        self.square.as_ref()?.weights(note, point).filter(|weights| !weights.contains(&0.0))
    }

    /// Goes to these [weights](Layers::weights_on) for a point, as [`Layers::aim_inside`] and [`Layers::arrive`] would
    /// have it.
    #[inline]
    pub(super) fn go_on(&mut self, point: [f32; 2], weights: [f32; LAYERS]) {
        self.at = point;
        // Places where there is no layer are as good as any other.
        for (active, weight) in self.active.iter_mut().zip(weights) {
            (active.from, active.to, active.wanted) = (weight, weight, weight);
        }
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
        let mut places = [SILENT; MOST];
        let mut kept = 0;
        for (i, place) in places.iter_mut().enumerate().take(self.count) {
            let active = self.active[i];
            if active.wanted > 0.0 || active.to > 0.0 {
                self.active[kept] = active;
                *place = kept as u8;
                kept += 1;
            }
        }
        self.count = kept;
        if let Some(square) = &mut self.square {
            square.renumber(|slot| places.get(usize::from(slot)).copied().unwrap_or(SILENT));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use square::tests::pack;

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
    fn going_on_is_aiming_and_arriving_as_long_as_all_layers_sound() {
        let pack = pack(3, 3, false);
        let note = &pack.notes[0];
        let mut layers = Layers::NONE;
        layers.aim(&pack, note, [0.2, 0.3], true);
        layers.watch(1.0, |_| true);
        layers.balance(note.coherent);
        layers.settle();
        let (mut wanted, mut plain) = ([0.0; LAYERS], layers);
        assert!(plain.aim_inside(note, [0.3, 0.1], &mut wanted));
        plain.arrive(&wanted, &wanted);
        let before = layers.active.map(|a| a.from);
        assert_eq!(layers.going_on(), Some([before[0], before[1], before[2], before[3]]));
        assert_eq!(layers.weights_on(note, [0.3, 0.1]), Some(wanted));
        layers.go_on([0.3, 0.1], wanted);
        let weights = |layers: &Layers| layers.active.map(|a| [a.from, a.to, a.wanted]);
        assert_eq!((layers.at, weights(&layers)), (plain.at, weights(&plain)));
        // On an edge two go, in another square two come.
        assert_eq!([[0.3, 0.0], [0.7, 0.1]].map(|point| layers.weights_on(note, point)), [None; 2]);
        layers.is_whole = false;
        assert_eq!(layers.going_on(), None);
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

    #[test]
    fn on_an_edge_in_a_single_line_and_among_repeated_cells_the_layers_stay_in_their_places() {
        let repeated = |mut pack: PlayPack| {
            let cells = &mut pack.notes[0].cells;
            for i in (1..cells.len()).step_by(2) {
                cells[i] = cells[i - 1].clone();
            }
            pack
        };
        let mut packs = Vec::new();
        for coherent in [true, false] {
            packs.extend([(3, 1), (1, 3), (1, 1), (2, 2), (3, 3)].map(|(c, r)| pack(c, r, coherent)));
            packs.extend([(2, 2), (4, 3)].map(|(c, r)| repeated(pack(c, r, coherent))));
        }
        // Along each edge and through the middle.
        let ways = [[[0.1, 0.0], [0.2, 0.0]], [[0.1, 1.0], [0.2, 1.0]], [[0.0, 0.1], [0.0, 0.2]]];
        let more = [[[1.0, 0.9], [1.0, 0.8]], [[0.1, 0.2], [0.3, 0.1]]];
        for pack in &packs {
            let note = &pack.notes[0];
            for [from, to] in ways.into_iter().chain(more) {
                let mut layers = Layers::NONE;
                // From where all corners sound.
                for point in [from.map(|v: f32| 0.9 * v + 0.05), from] {
                    layers.aim(pack, note, point, layers.count == 0);
                    layers.active().iter_mut().for_each(|a| a.to = a.wanted);
                    layers.settle();
                }
                let mut wanted = [f32::NAN; LAYERS];
                let what = format!("{} x {}, from {from:?} to {to:?}", pack.columns, pack.rows);
                assert!(layers.aim_inside(note, to, &mut wanted), "{what}");
                let (cells, used) = Square::at(pack, to).weights(pack, note);
                assert_eq!(layers.count, used, "{what}");
                for (active, wanted) in layers.active[..used].iter().zip(wanted) {
                    let expected = cells[..used].iter().find(|(cell, _)| same(note, *cell, active.cell));
                    assert_eq!(expected.map(|(_, weight)| *weight), Some(wanted), "{what}");
                }
                assert!(wanted[used..].iter().all(|weight| *weight == 1.0), "no layer becomes silent: {what}");
            }
        }
    }
}
