//! The map as a smooth field: brightness and colour between the cells by Catmull-Rom interpolation.

use crate::model::Pack;
use crate::theme::color::Oklab;

/// Hues outside 55…300° are drawn to the nearer end and lose chroma on the way, so that no seam shows where the ends
/// meet; the middle of the gap is grey.
const RANGE: [f32; 2] = [55.0, 300.0];
/// Brightness range of the drawn map in octaves, at least: a flat pack looks flat.
const LEAST_OCTAVES: f32 = 1.5;

/// The map of a pack, ready to be sampled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Field {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// For each cell: brightness 0…1, OKLab a, OKLab b.
    cells: Vec<[f32; 3]>,
    /// log2 of the frequency at brightness 0, and octaves up to brightness 1.
    octaves: [f32; 2],
}

/// Four taps of the interpolation along one axis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taps {
    pub(crate) index: [usize; 4],
    pub(crate) weight: [f32; 4],
}

impl Taps {
    /// At 0…1 along an axis of `count` cells; a little outside it goes on straight, up to half a cell.
    pub(crate) fn new(at: f32, count: usize) -> Self {
        let last = count.saturating_sub(1);
        let position = (at * last as f32).clamp(-0.5, last as f32 + 0.5);
        let cell = (position.max(0.0) as usize).min(last.saturating_sub(1));
        let t = position - cell as f32;
        if position < 0.0 || position > last as f32 {
            // The slope of the curve at the outermost cell.
            let (own, past) = if position < 0.0 { (1, -position) } else { (2, position - last as f32) };
            let mut weight = [0.0; 4];
            weight[own] = 1.0 + past / 2.0;
            weight[3 - own] = -past / 2.0;
            return Self { index: [cell, cell, (cell + 1).min(last), last], weight };
        }
        let (t2, t3) = (t * t, t * t * t);
        let weight = [
            0.5 * (-t3 + 2.0 * t2 - t),
            0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
            0.5 * (-3.0 * t3 + 4.0 * t2 + t),
            0.5 * (t3 - t2),
        ];
        let index = [cell.saturating_sub(1), cell, (cell + 1).min(last), (cell + 2).min(last)];
        Self { index, weight }
    }
}

/// Percentile of sorted values, linear between them.
fn percentile(sorted: &[f32], share: f32) -> f32 {
    let at = share * (sorted.len() - 1) as f32;
    let low = at as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * (at - low as f32)
}

impl Field {
    /// The field of a pack; `None` when it has no map.
    pub(crate) fn new(pack: &Pack) -> Option<Self> {
        if !pack.has_map() {
            return None;
        }
        // A broken map must not break the picture: what is no frequency counts as 1 kHz.
        let pitch = |hz: f32| if hz.is_finite() && hz > 1.0 { hz.log2() } else { 1000_f32.log2() };
        let pitches: Vec<f32> = pack.cells.iter().map(|c| pitch(c.brightness_hz)).collect();
        let mut sorted = pitches.clone();
        sorted.sort_by(f32::total_cmp);
        let (low, high) = (percentile(&sorted, 0.05), percentile(&sorted, 0.95));
        let span = (high - low).max(LEAST_OCTAVES);
        // A span that was widened is centred on what is there.
        let low = (low + high) / 2.0 - span / 2.0;
        let cells = pack
            .cells
            .iter()
            .zip(&pitches)
            .map(|(cell, pitch)| {
                let color = Oklab::from_srgb(cell.rgb);
                [((pitch - low) / span).clamp(0.0, 1.0), color.a, color.b]
            })
            .collect();
        Some(Self { columns: pack.columns, rows: pack.rows, cells, octaves: [low, span] })
    }

    /// One row of the grid's columns, interpolated at `v` (0…1, up).
    pub(crate) fn columns_at(&self, v: f32) -> Vec<[f32; 3]> {
        let taps = Taps::new(v, self.rows);
        (0..self.columns)
            .map(|column| {
                let mut sum = [0.0; 3];
                for (row, weight) in taps.index.into_iter().zip(taps.weight) {
                    for (s, c) in sum.iter_mut().zip(self.cells[row * self.columns + column]) {
                        *s += weight * c;
                    }
                }
                sum
            })
            .collect()
    }

    /// Brightness 0…1 and the colour axes at a place of the pad.
    pub(crate) fn sample(&self, u: f32, v: f32) -> [f32; 3] {
        let columns = self.columns_at(v);
        let taps = Taps::new(u, self.columns);
        let mut sum = [0.0; 3];
        for (column, weight) in taps.index.into_iter().zip(taps.weight) {
            for (s, c) in sum.iter_mut().zip(columns[column]) {
                *s += weight * c;
            }
        }
        sum[0] = sum[0].clamp(0.0, 1.0);
        sum
    }

    /// The accent's hue in degrees at a place, within its range; `None` where the map has no colour.
    pub(crate) fn hue(&self, at: [f32; 2]) -> Option<f32> {
        let [_, a, b] = self.sample(at[0], at[1]);
        let color = Oklab { l: 0.5, a, b };
        (color.chroma() >= 0.02).then(|| squeeze(color.hue_degrees()).0)
    }

    /// Frequency of a brightness of 0…1.
    pub(crate) fn hz(&self, brightness: f32) -> f32 {
        (self.octaves[0] + self.octaves[1] * brightness).exp2()
    }

    /// Enough cells for contours to mean something?
    pub(crate) fn has_contours(&self) -> bool {
        self.columns >= 3 && self.rows >= 3
    }
}

/// A hue into the range, and the share of chroma that it keeps.
fn squeeze(hue: f32) -> (f32, f32) {
    if (RANGE[0]..=RANGE[1]).contains(&hue) {
        return (hue, 1.0);
    }
    let gap = (360.0 - RANGE[1] + RANGE[0]) / 2.0;
    let past = (hue - RANGE[1]).rem_euclid(360.0);
    let (end, away) = if past < gap { (RANGE[1], past) } else { (RANGE[0], 2.0 * gap - past) };
    (end, (1.0 - (away / gap).powi(2)).max(0.0))
}

/// Unit vector of the hue of (a, b) within the range, and the share of chroma that it keeps. Cheap for most pixels.
#[inline]
pub(crate) fn direction(a: f32, b: f32) -> ([f32; 2], f32) {
    let length = (a * a + b * b).sqrt().max(1e-6);
    // Colour that is nearly none is none: there the hue turns quickly.
    let presence = (length / 0.03).min(1.0);
    let presence = presence * presence * (3.0 - 2.0 * presence);
    // Within the range for sure: the upper half plane beyond 55°, and the left half plane.
    if (b > 0.0 && a < 0.573 * length) || (b <= 0.0 && a < 0.0) {
        return ([a / length, b / length], presence);
    }
    let (hue, kept) = squeeze(b.atan2(a).to_degrees().rem_euclid(360.0));
    let (sin, cos) = hue.to_radians().sin_cos();
    ([cos, sin], presence * kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cell;

    fn pack(columns: usize, rows: usize) -> Pack {
        let cells = (0..columns * rows)
            .map(|i| Cell {
                rgb: [(i * 37 % 256) as u8, (i * 91 % 256) as u8, (i * 53 % 256) as u8],
                brightness_hz: 200.0 * 1.3_f32.powi(i as i32),
                level_db: 0.0,
            })
            .collect();
        Pack { columns, rows, cells, ..Pack::default() }
    }

    #[test]
    fn a_cell_keeps_its_own_colour() {
        let pack = pack(5, 4);
        let field = Field::new(&pack).unwrap();
        for row in 0..4 {
            for column in 0..5 {
                let sample = field.sample(column as f32 / 4.0, row as f32 / 3.0);
                for (s, c) in sample.iter().zip(field.cells[row * 5 + column]) {
                    assert!((s - c).abs() < 1e-4);
                }
            }
        }
    }

    #[test]
    fn the_field_goes_on_smoothly_past_the_outermost_cells() {
        for count in [2, 5, 9] {
            for edge in [0.0, 1.0] {
                let (inside, outside) =
                    (Taps::new(edge * 0.9998 + 0.0001, count), Taps::new(edge * 1.0002 - 0.0001, count));
                let value = |t: &Taps| -> f32 { t.index.iter().zip(t.weight).map(|(&i, w)| (i * i) as f32 * w).sum() };
                assert!((value(&inside) - value(&outside)).abs() < 0.02, "{count} {edge}");
            }
        }
    }

    #[test]
    fn a_flat_pack_looks_flat() {
        let mut flat = pack(3, 3);
        flat.cells = flat.cells.iter().map(|c| Cell { brightness_hz: 800.0, ..*c }).collect();
        let field = Field::new(&flat).unwrap();
        assert!((field.sample(0.0, 0.0)[0] - field.sample(1.0, 1.0)[0]).abs() < 1e-5);
    }

    #[test]
    fn small_and_broken_maps_are_drawn_all_the_same() {
        for (columns, rows) in [(1, 1), (1, 3), (2, 1), (2, 2), (33, 33)] {
            let field = Field::new(&pack(columns, rows)).unwrap();
            for at in [-0.1, 0.3, 1.0, 1.1] {
                assert!(field.sample(at, 0.9).iter().all(|v| v.is_finite()));
            }
        }
        let mut broken = pack(2, 2);
        broken.cells = broken.cells.iter().map(|c| Cell { brightness_hz: f32::NAN, ..*c }).collect();
        assert!(Field::new(&broken).unwrap().sample(0.5, 0.5).iter().all(|v| v.is_finite()));
        broken.columns = 3;
        assert!(Field::new(&broken).is_none());
    }

    #[test]
    fn hues_never_look_like_danger() {
        for hue in 0..360 {
            let (sin, cos) = (hue as f32).to_radians().sin_cos();
            let ([a, b], _) = direction(0.1 * cos, 0.1 * sin);
            let found = b.atan2(a).to_degrees().rem_euclid(360.0);
            assert!((54.5..=300.5).contains(&found), "{hue} became {found}");
        }
    }
}
