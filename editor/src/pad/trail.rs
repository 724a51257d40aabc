//! The trail of the heard point: 1.2 s, thinner and fainter with age.

use egui::{Painter, Pos2, Stroke};

use super::Space;
use crate::theme::Tokens;
use crate::theme::color::fade;

const SECONDS: f64 = 1.2;
/// Most segments.
const SEGMENTS: usize = 46;

/// Places and when they were heard, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Trail(Vec<([f32; 2], f64)>);

impl Trail {
    /// Adds the heard point when it moved; forgets what is old. True while there is something to draw.
    pub(crate) fn follow(&mut self, at: [f32; 2], now: f64) -> bool {
        self.0.retain(|(_, time)| now - time < SECONDS);
        let moved = self.0.last().is_none_or(|(last, _)| (last[0] - at[0]).hypot(last[1] - at[1]) > 0.001);
        if moved {
            let apart = SECONDS / SEGMENTS as f64;
            match self.0.as_slice() {
                // Two samples in one slot: the newer one takes it.
                [.., (_, before), (_, newest)] if newest - before < apart => {
                    if let Some(last) = self.0.last_mut() {
                        *last = (at, now);
                    }
                }
                _ => self.0.push((at, now)),
            }
        }
        self.0.len() > 1
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn paint(&self, painter: &Painter, t: &Tokens, space: Space, now: f64) {
        let points: Vec<(Pos2, f32)> = self
            .0
            .iter()
            .map(|&(at, time)| (space.to_screen(at), (1.0 - ((now - time) / SECONDS) as f32).clamp(0.0, 1.0)))
            .collect();
        for pair in points.windows(2) {
            let ((a, _), (b, age)) = (pair[0], pair[1]);
            painter.line_segment([a, b], Stroke::new(0.6 + 2.0 * age, fade(t.mark, 0.75 * age * age)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resting_point_leaves_no_trail() {
        let mut trail = Trail::default();
        for i in 0..100 {
            assert!(!trail.follow([0.5, 0.5], f64::from(i) * 0.02));
        }
    }

    #[test]
    fn a_trail_ends() {
        let mut trail = Trail::default();
        for i in 0..200 {
            trail.follow([0.005 * i as f32, 0.5], f64::from(i) * 0.005);
        }
        assert!(trail.0.len() > 10 && trail.0.len() <= SEGMENTS + 2, "{}", trail.0.len());
        assert!(!trail.follow([1.0, 0.5], 10.0));
    }
}
