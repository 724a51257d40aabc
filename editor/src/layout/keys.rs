//! The drawn keys: which octaves fit, and where each key is.

use egui::{Pos2, Rect, pos2, vec2};

/// Widest white key.
const WIDEST: f32 = 30.0;
/// Semitones of the white keys of an octave.
const WHITE: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];

/// A row of whole octaves and the C above them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct KeyRow {
    /// The keys' rectangle.
    pub(crate) rect: Rect,
    /// MIDI number of the first key, a C.
    pub(crate) first: u8,
    /// White keys.
    pub(crate) whites: usize,
}

impl KeyRow {
    pub(crate) fn new(rect: Rect) -> Self {
        let octaves = (((rect.width() / WIDEST - 1.0) / 7.0).ceil() as usize).clamp(1, 10);
        // Round C4 = 60, and C0 = 12.
        let octave: i32 = match octaves {
            1 => 4,
            2 | 3 => 3,
            4 => 2,
            5..=7 => 1,
            8 | 9 => 0,
            _ => -1,
        };
        Self { rect, first: (12 * (octave + 1)) as u8, whites: octaves * 7 + 1 }
    }

    /// Width of a white key.
    pub(crate) fn pitch(&self) -> f32 {
        self.rect.width() / self.whites as f32
    }

    /// MIDI number of the nth white key.
    pub(crate) fn white(&self, n: usize) -> u8 {
        self.first + 12 * (n / 7) as u8 + WHITE[n % 7]
    }

    /// Rectangle of the nth white key.
    pub(crate) fn white_rect(&self, n: usize) -> Rect {
        let pitch = self.pitch();
        Rect::from_min_size(
            pos2(self.rect.left() + n as f32 * pitch + 0.5, self.rect.top()),
            vec2(pitch - 1.0, self.rect.height()),
        )
    }

    /// The black key after the nth white one, with its rectangle.
    pub(crate) fn black(&self, n: usize) -> Option<(u8, Rect)> {
        if n + 1 >= self.whites || !matches!(n % 7, 0 | 1 | 3 | 4 | 5) {
            return None;
        }
        let pitch = self.pitch();
        let x = self.rect.left() + (n + 1) as f32 * pitch - pitch * 0.31;
        let size = vec2(pitch * 0.62, (self.rect.height() * 0.6).round());
        Some((self.white(n) + 1, Rect::from_min_size(pos2(x, self.rect.top()), size)))
    }

    /// Highest key that is drawn, a C.
    pub(crate) fn last(&self) -> u8 {
        self.white(self.whites - 1)
    }

    /// Rectangle of a key; `None` when it is not drawn.
    pub(crate) fn key_rect(&self, key: u8) -> Option<Rect> {
        let above = key.checked_sub(self.first).filter(|_| key <= self.last())?;
        let octave = usize::from(above / 12) * 7;
        match WHITE.binary_search(&(above % 12)) {
            Ok(n) => Some(self.white_rect(octave + n)),
            Err(n) => self.black(octave + n - 1).map(|(_, rect)| rect),
        }
    }

    /// What no other key lies on: of a white key the part below the black ones.
    pub(crate) fn free_rect(&self, key: u8) -> Option<Rect> {
        let rect = self.key_rect(key)?;
        let is_white = WHITE.contains(&(key % 12));
        Some(if is_white { rect.with_min_y(rect.top() + (self.rect.height() * 0.6).round() + 1.0) } else { rect })
    }

    /// Left and right end of the keys from `low` to `high`, as far as they are drawn. Both are measured at the upper
    /// edge, where white keys end at black ones.
    pub(crate) fn span(&self, low: u8, high: u8) -> Option<(f32, f32)> {
        if low > self.last() || high < self.first {
            return None;
        }
        let (low, high) = (low.max(self.first), high.min(self.last()));
        let is_black = |key: u8| !WHITE.contains(&(key % 12));
        let black = |key: Option<u8>| key.filter(|key| is_black(*key)).and_then(|key| self.key_rect(key));
        let left = black(low.checked_sub(1)).map_or(self.key_rect(low)?.left(), |rect| rect.right());
        let right = black(Some(high + 1)).map_or(self.key_rect(high)?.right(), |rect| rect.left());
        Some((left, right))
    }

    /// The key under a point, and how far down it the point is, 0…1.
    pub(crate) fn key_at(&self, point: Pos2) -> Option<(u8, f32)> {
        if !self.rect.contains(point) {
            return None;
        }
        let depth = |r: Rect| ((point.y - r.top()) / r.height()).clamp(0.0, 1.0);
        let n = (((point.x - self.rect.left()) / self.pitch()) as usize).min(self.whites - 1);
        for n in [n.wrapping_sub(1), n] {
            if let Some((key, rect)) = (n < self.whites).then(|| self.black(n)).flatten()
                && rect.contains(point)
            {
                return Some((key, depth(rect)));
            }
        }
        Some((self.white(n), depth(self.white_rect(n))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(width: f32) -> KeyRow {
        KeyRow::new(Rect::from_min_size(pos2(80.0, 622.0), vec2(width, 50.0)))
    }

    #[test]
    fn the_three_common_widths_show_the_octaves_of_the_pictures() {
        assert_eq!((row(904.0).first, row(904.0).whites), (24, 36));
        assert_eq!((row(552.0).first, row(552.0).whites), (48, 22));
        assert_eq!((row(1488.0).first, row(1488.0).whites), (24, 50));
    }

    #[test]
    fn every_key_is_found_where_it_is_drawn() {
        for width in [300.0, 552.0, 904.0, 1488.0, 2448.0] {
            let row = row(width);
            for n in 0..row.whites {
                let point = row.white_rect(n).center_bottom() - vec2(0.0, 2.0);
                assert_eq!(row.key_at(point).map(|k| k.0), Some(row.white(n)));
                if let Some((key, rect)) = row.black(n) {
                    assert_eq!(row.key_at(rect.center()).map(|k| k.0), Some(key));
                }
            }
            assert!(row.last() <= 127);
            for key in row.first..=row.last() {
                let rect = row.key_rect(key).unwrap();
                assert_eq!(row.key_at(rect.center_bottom() - vec2(0.0, 2.0)).map(|k| k.0), Some(key));
            }
            assert_eq!((row.key_rect(row.last() + 1), row.key_rect(row.first.wrapping_sub(1))), (None, None));
        }
    }

    #[test]
    fn spans_of_neighbours_meet_and_end_with_the_row() {
        let row = row(904.0);
        for border in row.first + 1..=row.last() {
            let (below, above) = (row.span(0, border - 1).unwrap(), row.span(border, 127).unwrap());
            assert!((above.0 - below.1).abs() < 1.01, "{border}: {below:?} {above:?}");
            assert_eq!((below.0, above.1), (row.white_rect(0).left(), row.white_rect(row.whites - 1).right()));
        }
        assert_eq!((row.span(0, row.first - 1), row.span(row.last() + 1, 127)), (None, None));
    }
}
