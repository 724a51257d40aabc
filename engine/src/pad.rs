//! Places on the grid of a pack.

/// A grid of cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pad {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

impl Pad {
    /// The first line of the square that a place lies in.
    fn line(at: f32, lines: usize) -> usize {
        ((at.clamp(0.0, 1.0) * lines.saturating_sub(1) as f32) as usize).min(lines.saturating_sub(2))
    }

    /// The cell nearest to a point.
    pub(crate) fn nearest(self, point: [f32; 2]) -> usize {
        let line = |at: f32, lines: usize| (at.clamp(0.0, 1.0) * lines.saturating_sub(1) as f32).round() as usize;
        line(point[1], self.rows) * self.columns + line(point[0], self.columns)
    }

    /// The cells at `distance` lines from the square round a point: its corners at 0.
    pub(crate) fn ring(self, point: [f32; 2], distance: usize, mut each: impl FnMut(usize)) {
        let (column, row) = (Pad::line(point[0], self.columns), Pad::line(point[1], self.rows));
        let span = |first: usize, lines: usize| {
            first.saturating_sub(distance)..=(first + 1 + distance).min(lines.saturating_sub(1))
        };
        let outside = |at: usize, first: usize| first.saturating_sub(at).max(at.saturating_sub(first + 1));
        for y in span(row, self.rows) {
            for x in span(column, self.columns) {
                if outside(x, column).max(outside(y, row)) == distance {
                    each(y * self.columns + x);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_go_round_the_square_of_a_point() {
        let ring = |pad: Pad, point, distance| {
            let mut all = Vec::new();
            pad.ring(point, distance, |cell| all.push(cell));
            all
        };
        let pad = Pad { columns: 5, rows: 5 };
        assert_eq!(ring(pad, [0.4, 0.4], 0), [6, 7, 11, 12]);
        assert_eq!(ring(pad, [0.4, 0.4], 1), [0, 1, 2, 3, 5, 8, 10, 13, 15, 16, 17, 18]);
        assert_eq!(ring(pad, [1.0, 1.0], 0), [18, 19, 23, 24]);
        assert_eq!(ring(Pad { columns: 1, rows: 1 }, [0.5, 0.5], 0), [0]);
        assert_eq!(ring(Pad { columns: 2, rows: 1 }, [0.5, 0.5], 0), [0, 1]);
    }
}
