//! A Delaunay triangulation of a few places, as the lower hull of their paraboloid.
//!
//! Every triple is tried against every other place: at most 560 × 13 tests for 16 anchors. Heights
//! are lifted by tiny different amounts, so that places on one circle (the corners of a square)
//! have one triangulation and not several overlapping ones.

/// Triangles that cover the hull of the places without overlap.
#[derive(Debug, Clone)]
pub(super) struct Triangulation {
    places: Vec<[f64; 2]>,
    triangles: Vec<[usize; 3]>,
}

impl Triangulation {
    /// Of three or more places that do not lie on one line.
    pub(super) fn new(places: &[[f64; 2]]) -> Triangulation {
        let lift = |i: usize| {
            let [x, y] = places[i];
            x * x + y * y + 1e-7 * ((i as f64 + 1.0) * 0.618_033_988_749_895).fract()
        };
        let count = places.len();
        let mut triangles = Vec::new();
        for a in 0..count {
            for b in a + 1..count {
                for c in b + 1..count {
                    let area = cross(places[a], places[b], places[c]);
                    if area.abs() < 1e-12 {
                        continue;
                    }
                    let above = |d: usize| {
                        let [u, v, w] = barycentric([places[a], places[b], places[c]], places[d]);
                        lift(d) >= u * lift(a) + v * lift(b) + w * lift(c)
                    };
                    if (0..count).all(|d| d == a || d == b || d == c || above(d)) {
                        triangles.push([a, b, c]);
                    }
                }
            }
        }
        Triangulation { places: places.to_vec(), triangles }
    }

    /// Places with their weights: of the triangle that holds `place`, or of the nearest place on an
    /// edge.
    pub(super) fn at(&self, place: [f64; 2]) -> Vec<(usize, f64)> {
        let mut nearest = (f64::INFINITY, Vec::new());
        for triangle in &self.triangles {
            let corners = triangle.map(|i| self.places[i]);
            let weights = barycentric(corners, place);
            if weights.iter().all(|w| *w >= -1e-12) {
                return triangle.iter().copied().zip(weights.map(|w| w.max(0.0))).collect();
            }
            for (i, j) in [(0, 1), (1, 2), (2, 0)] {
                let (a, b) = (corners[i], corners[j]);
                let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
                let t = ((place[0] - a[0]) * dx + (place[1] - a[1]) * dy) / (dx * dx + dy * dy);
                let t = t.clamp(0.0, 1.0);
                let off = (a[0] + t * dx - place[0]).hypot(a[1] + t * dy - place[1]);
                if off < nearest.0 {
                    nearest = (off, vec![(triangle[i], 1.0 - t), (triangle[j], t)]);
                }
            }
        }
        nearest.1
    }
}

fn barycentric([a, b, c]: [[f64; 2]; 3], p: [f64; 2]) -> [f64; 3] {
    let area = cross(a, b, c);
    [cross(p, b, c) / area, cross(a, p, c) / area, cross(a, b, p) / area]
}

fn cross(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}
