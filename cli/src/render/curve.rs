//! A value over time: a constant, or points with straight lines between them.

use std::path::Path;

use betwixt_engine::params::Param;

/// Points `(seconds, value)` in order of time; one or more.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve(Vec<(f64, f64)>);

/// Why a text is no curve.
#[derive(Debug, thiserror::Error)]
pub enum CurveError {
    /// The file can't be read.
    #[error("can't read the curve {file}: {source}")]
    Io {
        /// Which.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no JSON array of pairs of numbers.
    #[error("the curve {file} must be [[seconds, value], …]: {source}")]
    Json {
        /// Which.
        file: String,
        /// Why.
        source: serde_json::Error,
    },
    /// It has no points, or they go back in time.
    #[error("the curve {file} {problem}")]
    Points {
        /// Which.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// The text is neither a value nor a file.
    #[error("\"{text}\" is neither a value of {id} nor a file")]
    Neither {
        /// What was given.
        text: String,
        /// The parameter.
        id: &'static str,
    },
}

impl Curve {
    /// From a value (`0.7`, `70 %`) or the name of a JSON file.
    ///
    /// # Errors
    /// When it is neither, or the file holds no curve.
    pub fn read(param: Param, text: &str) -> Result<Curve, CurveError> {
        if let Ok(value) = param.parse(text) {
            return Ok(Curve(vec![(0.0, value)]));
        }
        let path = Path::new(text);
        if !path.is_file() && path.extension().is_none_or(|e| e != "json") {
            return Err(CurveError::Neither { text: text.to_owned(), id: param.id() });
        }
        let file = text.to_owned();
        let json = std::fs::read(path).map_err(|source| CurveError::Io { file: file.clone(), source })?;
        let points: Vec<(f64, f64)> =
            serde_json::from_slice(&json).map_err(|source| CurveError::Json { file: file.clone(), source })?;
        let problem = if points.is_empty() {
            Some("has no points".to_owned())
        } else {
            let back = points.windows(2).find(|w| w[1].0 < w[0].0);
            back.map(|w| format!("goes back in time, from {} s to {} s", w[0].0, w[1].0))
        };
        match problem {
            Some(problem) => Err(CurveError::Points { file, problem }),
            None => Ok(Curve(points.into_iter().map(|(t, v)| (t, param.clamp(v))).collect())),
        }
    }

    /// Does it never move?
    pub fn is_constant(&self) -> bool {
        self.0.iter().all(|p| p.1 == self.0[0].1)
    }

    /// The value at a time: before the first and after the last point theirs.
    pub fn at(&self, seconds: f64) -> f64 {
        let next = self.0.partition_point(|p| p.0 <= seconds);
        let Some(&(t1, v1)) = self.0.get(next) else { return self.0[self.0.len() - 1].1 };
        let Some(&(t0, v0)) = next.checked_sub(1).and_then(|i| self.0.get(i)) else { return v1 };
        v0 + (v1 - v0) * (seconds - t0) / (t1 - t0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_between_points_and_rest_outside() {
        let curve = Curve(vec![(1.0, 0.0), (2.0, 1.0), (2.0, 0.5), (4.0, 0.5)]);
        for (t, v) in [(0.0, 0.0), (1.0, 0.0), (1.25, 0.25), (1.999, 0.999), (2.0, 0.5), (3.0, 0.5), (9.0, 0.5)] {
            assert!((curve.at(t) - v).abs() < 1e-9, "{t}");
        }
    }

    #[test]
    fn a_file_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        let read = |json: &str| {
            let file = folder.path().join("c.json");
            std::fs::write(&file, json).unwrap();
            Curve::read(Param::X, file.to_str().unwrap())
        };
        assert_eq!(read("[[0, 0.2], [1, 2]]").unwrap(), Curve(vec![(0.0, 0.2), (1.0, 1.0)]));
        assert!(read("[]").unwrap_err().to_string().contains("no points"));
        assert!(read("[[1, 0], [0, 1]]").unwrap_err().to_string().contains("back in time"));
        assert!(read("{}").unwrap_err().to_string().contains("[[seconds, value]"));
        assert!(matches!(Curve::read(Param::X, "loud"), Err(CurveError::Neither { .. })));
        assert_eq!(Curve::read(Param::X, "70 %").unwrap().at(5.0), 0.7);
    }
}
