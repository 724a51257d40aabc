//! Which notes a pack gets, and where its cells lie.

use crate::recipe::Roots;

/// A note of the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedNote {
    /// MIDI key at which its cells sound as they are.
    pub root: u8,
    /// Lowest key that it is for.
    pub low: u8,
    /// Highest key that it is for.
    pub high: u8,
}

/// The notes, ascending, each for the keys nearest to it; the outermost reach to the ends of the
/// keyboard. `recorded` are the keys that the anchors were recorded at.
pub fn notes(roots: &Roots, recorded: impl IntoIterator<Item = u8>) -> Vec<PlannedNote> {
    let mut recorded: Vec<u8> = recorded.into_iter().collect();
    recorded.sort_unstable();
    recorded.dedup();
    let keys: Vec<u8> = match roots {
        Roots::Recorded => recorded,
        Roots::Listed(keys) => keys.clone(),
        Roots::Every { step, from, to } => {
            let from = from.or(recorded.first().copied()).unwrap_or(60);
            let to = to.or(recorded.last().copied()).unwrap_or(60).max(from);
            (from..=to).step_by(usize::from(*step)).collect()
        }
    };
    let between = |a: u8, b: u8| ((u16::from(a) + u16::from(b)) / 2) as u8;
    let note = |i: usize| PlannedNote {
        root: keys[i],
        low: if i == 0 { 0 } else { between(keys[i - 1], keys[i]) + 1 },
        high: if i + 1 == keys.len() { 127 } else { between(keys[i], keys[i + 1]) },
    };
    (0..keys.len()).map(note).collect()
}

/// The place of a cell on the pad, 0…1 on both axes; a single column or row lies at 0.
pub fn place(column: usize, row: usize, columns: usize, rows: usize) -> [f64; 2] {
    let at = |i: usize, count: usize| if count > 1 { i as f64 / (count - 1) as f64 } else { 0.0 };
    [at(column, columns), at(row, rows)]
}

/// The cell that lies on this place, if one does.
pub fn cell_at(place: [f64; 2], columns: usize, rows: usize) -> Option<(usize, usize)> {
    let index = |v: f64, count: usize| {
        let i = v * (count - 1) as f64;
        ((i - i.round()).abs() < 1e-9 && (count > 1 || v == 0.0)).then_some(i.round() as usize)
    };
    Some((index(place[0], columns)?, index(place[1], rows)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_exactly_one_note() {
        let notes = notes(&Roots::Listed(vec![36, 43, 60]), []);
        assert_eq!(notes[0], PlannedNote { root: 36, low: 0, high: 39 });
        assert_eq!(notes[1], PlannedNote { root: 43, low: 40, high: 51 });
        assert_eq!(notes[2], PlannedNote { root: 60, low: 52, high: 127 });
    }

    #[test]
    fn a_step_fills_the_recorded_range() {
        let roots = |r: Roots| notes(&r, [48, 40, 72]).iter().map(|n| n.root).collect::<Vec<_>>();
        assert_eq!(roots(Roots::Every { step: 12, from: None, to: None }), [40, 52, 64]);
        assert_eq!(roots(Roots::Every { step: 7, from: Some(60), to: Some(70) }), [60, 67]);
        assert_eq!(roots(Roots::Recorded), [40, 48, 72]);
    }

    #[test]
    fn anchors_lie_on_cells_or_between_them() {
        assert_eq!(cell_at([0.5, 1.0], 5, 3), Some((2, 2)));
        assert_eq!(cell_at([0.3, 1.0], 5, 3), None);
        assert_eq!(cell_at([0.0, 0.0], 1, 1), Some((0, 0)));
        assert_eq!(cell_at([1.0, 0.0], 1, 1), None);
    }
}
