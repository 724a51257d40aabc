//! Automation curves: `[[seconds, value], …]`, linear between points, held before and after.

use crate::timeline::{Play, Timeline};
use betwixt_engine::params::Param;
use std::path::Path;

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    points: Vec<(f64, f64)>,
}

/// Why a curve file is no curve.
#[derive(Debug, thiserror::Error)]
pub enum CurveError {
    /// The file can't be read.
    #[error("the curve {path} can't be read: {reason}")]
    Unreadable {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// Points must be finite and in order of time.
    #[error("point {index} of the curve is before the one ahead of it, or not finite")]
    Disorder {
        /// Which point, from 0.
        index: usize,
    },
    /// A curve needs a point.
    #[error("the curve has no points; write at least [[0, 0.5]]")]
    Empty,
}

impl Curve {
    /// A curve through points of (seconds, value).
    ///
    /// # Errors
    /// When there are none, or they are out of order.
    pub fn new(points: Vec<(f64, f64)>) -> Result<Curve, CurveError> {
        if points.is_empty() {
            return Err(CurveError::Empty);
        }
        let mut before = f64::NEG_INFINITY;
        for (index, (seconds, value)) in points.iter().enumerate() {
            if !seconds.is_finite() || !value.is_finite() || *seconds < before {
                return Err(CurveError::Disorder { index });
            }
            before = *seconds;
        }
        Ok(Curve { points })
    }

    /// Reads a JSON file.
    ///
    /// # Errors
    /// When it can't be read or is no curve.
    pub fn read(path: &Path) -> Result<Curve, CurveError> {
        let unreadable = |reason: String| CurveError::Unreadable { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
        Curve::new(serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?)
    }

    /// The value at a time.
    pub fn at(&self, seconds: f64) -> f64 {
        let next = self.points.partition_point(|(t, _)| *t <= seconds);
        let Some(&(t1, v1)) = self.points.get(next) else { return self.points[next - 1].1 };
        let Some(&(t0, v0)) = next.checked_sub(1).and_then(|i| self.points.get(i)) else { return v1 };
        v0 + (v1 - v0) * (seconds - t0) / (t1 - t0)
    }

    /// The time of the last point.
    pub fn end_seconds(&self) -> f64 {
        self.points.last().map_or(0.0, |p| p.0)
    }

    /// The curve as automation of a parameter: a value every `every_frames` while it moves, as
    /// hosts send it, each at its frame.
    pub fn automate(&self, param: Param, sample_rate_hz: f64, every_frames: u64, frames: u64) -> Timeline {
        let mut timeline = Timeline::new();
        let mut last = None;
        for frame in (0..frames).step_by(every_frames.max(1) as usize) {
            let value = self.at(frame as f64 / sample_rate_hz);
            if last != Some(value) {
                timeline.push(frame, Play::Set(param, value));
                last = Some(value);
            }
        }
        timeline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_linear_between_points_and_held_outside() {
        let curve = Curve::new(vec![(1.0, 0.0), (3.0, 1.0), (3.0, 0.5)]).unwrap();
        assert_eq!(curve.at(0.0), 0.0);
        assert_eq!(curve.at(2.0), 0.5);
        assert_eq!(curve.at(3.0), 0.5, "a jump takes the later value");
        assert_eq!(curve.at(9.0), 0.5);
    }

    #[test]
    fn points_out_of_order_are_refused() {
        assert!(matches!(Curve::new(vec![(1.0, 0.0), (0.5, 0.0)]), Err(CurveError::Disorder { index: 1 })));
        assert!(matches!(Curve::new(vec![]), Err(CurveError::Empty)));
    }

    #[test]
    fn automation_is_silent_while_the_curve_stands_still() {
        let curve = Curve::new(vec![(0.0, 0.2), (1.0, 0.2)]).unwrap();
        assert_eq!(curve.automate(Param::X, 48_000.0, 64, 48_000).events().len(), 1);
    }
}
