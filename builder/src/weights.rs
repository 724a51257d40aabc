//! How much of each anchor a place on the pad has: weights of 0 or more that sum to 1, exactly 1 at
//! the anchor itself, continuous everywhere.
//!
//! - Anchors that fill a lattice (the four corners, two ends of an edge, 3×3 …): bilinear between
//!   the lattice's lines, constant outside them.
//! - Anchors on one line: linear along it.
//! - Any others: barycentric in the triangles of their Delaunay triangulation; places outside take
//!   the nearest place of its hull.

mod triangles;

use triangles::Triangulation;

/// Places closer than this are the same.
const SAME: f64 = 1e-9;

/// Weights of anchors for any place.
#[derive(Debug, Clone)]
pub struct Weights {
    anchors: Vec<[f64; 2]>,
    layout: Layout,
}

#[derive(Debug, Clone)]
enum Layout {
    /// Column and row positions, and the anchor at each crossing, row by row.
    Lattice {
        xs: Vec<f64>,
        ys: Vec<f64>,
        at: Vec<usize>,
    },
    /// Positions along the direction from the first end, ascending, with their anchors.
    Line {
        from: [f64; 2],
        along: [f64; 2],
        stops: Vec<(f64, usize)>,
    },
    Scattered(Triangulation),
}

impl Weights {
    /// For anchors at these places, all different.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(anchors: &[[f64; 2]]) -> Weights {
        assert!(!anchors.is_empty(), "weights of no anchors");
        let layout = lattice(anchors).or_else(|| line(anchors));
        let layout = layout.unwrap_or_else(|| Layout::Scattered(Triangulation::new(anchors)));
        Weights { anchors: anchors.to_vec(), layout }
    }

    /// The weights at a place, one for each anchor.
    pub fn at(&self, place: [f64; 2]) -> Vec<f64> {
        self.weigh(place, between)
    }

    /// The weights at a place; outside the anchors they go on as they do inside, under 0 and over 1
    /// (scattered anchors excepted: there the nearest place of their hull counts).
    pub fn beyond(&self, place: [f64; 2]) -> Vec<f64> {
        self.weigh(place, beyond)
    }

    fn weigh(&self, place: [f64; 2], between: impl Fn(&[f64], f64) -> (usize, f64)) -> Vec<f64> {
        let mut weights = vec![0.0; self.anchors.len()];
        if let Some(i) = self.anchors.iter().position(|a| distance(*a, place) < SAME) {
            weights[i] = 1.0;
            return weights;
        }
        match &self.layout {
            Layout::Lattice { xs, ys, at } => {
                let ((i, u), (j, v)) = (between(xs, place[0]), between(ys, place[1]));
                let corner = |i: usize, j: usize| at[j.min(ys.len() - 1) * xs.len() + i.min(xs.len() - 1)];
                weights[corner(i, j)] += (1.0 - u) * (1.0 - v);
                weights[corner(i + 1, j)] += u * (1.0 - v);
                weights[corner(i, j + 1)] += (1.0 - u) * v;
                weights[corner(i + 1, j + 1)] += u * v;
            }
            Layout::Line { from, along, stops } => {
                let t = (place[0] - from[0]) * along[0] + (place[1] - from[1]) * along[1];
                let ts: Vec<f64> = stops.iter().map(|s| s.0).collect();
                let (i, u) = between(&ts, t);
                weights[stops[i].1] += 1.0 - u;
                weights[stops[(i + 1).min(stops.len() - 1)].1] += u;
            }
            Layout::Scattered(triangles) => {
                for (i, w) in triangles.at(place) {
                    weights[i] += w;
                }
            }
        }
        weights
    }
}

/// The stop at or before `t` and the way to the next one, 0…1; clamped to the ends.
fn between(stops: &[f64], t: f64) -> (usize, f64) {
    let after = stops.iter().position(|s| *s > t).unwrap_or(stops.len());
    if after == 0 {
        return (0, 0.0);
    }
    if after == stops.len() {
        return (stops.len() - 1, 0.0);
    }
    (after - 1, (t - stops[after - 1]) / (stops[after] - stops[after - 1]))
}

/// As [`between`], but the way goes on under 0 and over 1 outside the ends.
fn beyond(stops: &[f64], t: f64) -> (usize, f64) {
    let last = stops.len() - 1;
    if last == 0 {
        return (0, 0.0);
    }
    let i = stops.iter().position(|s| *s > t).unwrap_or(last).clamp(1, last) - 1;
    (i, (t - stops[i]) / (stops[i + 1] - stops[i]))
}

fn lattice(anchors: &[[f64; 2]]) -> Option<Layout> {
    let lines = |axis: usize| {
        let mut values: Vec<f64> = anchors.iter().map(|a| a[axis]).collect();
        values.sort_by(f64::total_cmp);
        values.dedup_by(|a, b| (*a - *b).abs() < SAME);
        values
    };
    let (xs, ys) = (lines(0), lines(1));
    if xs.len() * ys.len() != anchors.len() {
        return None;
    }
    let places = ys.iter().flat_map(|&y| xs.iter().map(move |&x| [x, y]));
    let at: Option<Vec<usize>> = places.map(|p| anchors.iter().position(|a| distance(*a, p) < SAME)).collect();
    at.map(|at| Layout::Lattice { xs, ys, at })
}

fn line(anchors: &[[f64; 2]]) -> Option<Layout> {
    let from = anchors[0];
    let far = *anchors.iter().max_by(|a, b| distance(**a, from).total_cmp(&distance(**b, from)))?;
    let length = distance(far, from);
    let along = [(far[0] - from[0]) / length, (far[1] - from[1]) / length];
    let aside = |a: &[f64; 2]| ((a[0] - from[0]) * along[1] - (a[1] - from[1]) * along[0]).abs();
    if anchors.iter().any(|a| aside(a) > SAME) {
        return None;
    }
    let place = |a: &[f64; 2]| (a[0] - from[0]) * along[0] + (a[1] - from[1]) * along[1];
    let mut stops: Vec<(f64, usize)> = anchors.iter().map(place).zip(0..).collect();
    stops.sort_by(|a, b| a.0.total_cmp(&b.0));
    Some(Layout::Line { from, along, stops })
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CORNERS: [[f64; 2]; 4] = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]];

    fn close(a: &[f64], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
    }

    #[test]
    fn corners_mix_bilinearly() {
        let w = Weights::new(&CORNERS);
        assert!(close(&w.at([0.25, 0.5]), &[0.375, 0.125, 0.375, 0.125]));
        assert!(close(&w.at([1.0, 1.0]), &[0.0, 0.0, 0.0, 1.0]));
    }

    #[test]
    fn beyond_the_anchors_weights_go_on() {
        let w = Weights::new(&[[0.2, 0.0], [0.8, 0.0]]);
        assert!(close(&w.beyond([1.0, 0.5]), &[-1.0 / 3.0, 4.0 / 3.0]));
        assert!(close(&w.beyond([0.35, 0.0]), &[0.75, 0.25]));
        assert!(close(&w.at([1.0, 0.5]), &[0.0, 1.0]));
    }

    #[test]
    fn two_anchors_of_an_edge_do_not_change_across_it() {
        let w = Weights::new(&[[0.0, 0.0], [1.0, 0.0]]);
        assert!(close(&w.at([0.25, 0.9]), &[0.75, 0.25]));
    }

    #[test]
    fn two_anchors_on_a_diagonal_mix_along_it() {
        let w = Weights::new(&[[0.0, 0.0], [1.0, 1.0]]);
        assert!(close(&w.at([1.0, 0.0]), &[0.5, 0.5]));
        assert!(close(&w.at([0.25, 0.25]), &[0.75, 0.25]));
    }

    #[test]
    fn an_anchor_in_the_middle_divides_the_pad_into_triangles() {
        let mut anchors = CORNERS.to_vec();
        anchors.push([0.5, 0.5]);
        let w = Weights::new(&anchors);
        assert!(close(&w.at([0.5, 0.5]), &[0.0, 0.0, 0.0, 0.0, 1.0]));
        assert!(close(&w.at([0.5, 0.25]), &[0.25, 0.25, 0.0, 0.0, 0.5]));
    }

    #[test]
    fn outside_the_anchors_the_nearest_place_counts() {
        let w = Weights::new(&[[0.25, 0.25], [0.75, 0.25], [0.5, 0.75]]);
        assert!(close(&w.at([0.0, 0.0]), &[1.0, 0.0, 0.0]));
        assert!(close(&w.at([0.5, 0.0]), &[0.5, 0.5, 0.0]));
    }

    proptest! {
        #[test]
        fn weights_are_a_partition_and_exact_at_anchors(
            places in prop::collection::hash_set((0u8..9, 0u8..9), 1..16),
            x in 0.0f64..1.0,
            y in 0.0f64..1.0,
        ) {
            let anchors: Vec<[f64; 2]> = places.iter().map(|p| [f64::from(p.0) / 8.0, f64::from(p.1) / 8.0]).collect();
            let w = Weights::new(&anchors);
            let here = w.at([x, y]);
            prop_assert!((here.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(here.iter().all(|v| *v >= -1e-12));
            for (i, a) in anchors.iter().enumerate() {
                prop_assert!((w.at(*a)[i] - 1.0).abs() < 1e-12);
            }
            // Continuous: a small step moves no weight far.
            let near = w.at([x + 1e-7, y]);
            prop_assert!(here.iter().zip(&near).all(|(a, b)| (a - b).abs() < 1e-4));
        }
    }
}
