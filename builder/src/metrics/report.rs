//! All that is measured of one folder of notes and its sources, with the plain mix beside it.

use super::folder::{Folder, FolderError};
use super::null::{Null, null};
use super::square::Centre;
use super::{Measures, Note, Quantity, Root, mix};

/// A line between two sources.
#[derive(Debug, Clone, PartialEq)]
pub struct LineReport {
    /// Of the notes.
    pub morph: Measures,
    /// How each corner is its source; `None` where one of them is silent.
    pub corners: [Option<Null>; 2],
    /// Of as many plain mixes of the sources.
    pub mix: Measures,
}

impl LineReport {
    /// Measures a folder against its two sources.
    ///
    /// # Errors
    /// When the folder holds no line.
    pub fn new(folder: &Folder, sources: [&Note; 2], root: Root) -> Result<LineReport, FolderError> {
        let mut report = LineReport::without_mix(folder, sources, root)?;
        let count = folder.line()?.notes().len();
        report.mix = mix::line(sources[0], sources[1], count).map(|line| line.measure(root)).unwrap_or_default();
        Ok(report)
    }

    /// The same without the plain mix.
    ///
    /// # Errors
    /// When the folder holds no line.
    pub fn without_mix(folder: &Folder, sources: [&Note; 2], root: Root) -> Result<LineReport, FolderError> {
        let line = folder.line()?;
        let mut morph = line.measure(root);
        let (a, b) = line.corners();
        let corners = [null(a, sources[0], root.f0_hz), null(b, sources[1], root.f0_hz)];
        for null in corners.iter().flatten() {
            let row = if null.is_retuned() { Quantity::CornerNullRetuned } else { Quantity::CornerNull };
            set_worse(&mut morph, row, null.depth_db);
            if let Some(db) = null.loop_db {
                set_worse(&mut morph, Quantity::CornerNullLoop, db);
            }
        }
        if !folder.insane.is_empty() {
            let others = morph.get(Quantity::Insane).unwrap_or(0.0);
            morph.set(Quantity::Insane, others + folder.insane.len() as f64);
        }
        Ok(LineReport { morph, corners, mix: Measures::default() })
    }
}

fn set_worse(measures: &mut Measures, quantity: Quantity, value: f64) {
    let before = measures.get(quantity);
    measures.set(quantity, before.map_or(value, |before| quantity.row().direction().worse(before, value)));
}

/// The centre of four sources.
#[derive(Debug, Clone, PartialEq)]
pub struct CentreReport {
    /// Of the notes.
    pub morph: Centre,
    /// Of the plain mix of the sources.
    pub mix: Centre,
}

impl CentreReport {
    /// Measures a folder that has at least the corners, the centre, and neighbours of the centre in
    /// its row and column.
    ///
    /// # Errors
    /// When one of these is missing.
    pub fn new(folder: &Folder, sources: [&Note; 4], root: Root) -> Result<CentreReport, FolderError> {
        let note = |x: f64, y: f64, what| {
            folder.at(x, y).ok_or_else(|| FolderError::Missing { path: folder.path.clone(), what })
        };
        const CORNER: &str = "note in one of its corners";
        let corners =
            [note(0.0, 0.0, CORNER)?, note(1.0, 0.0, CORNER)?, note(0.0, 1.0, CORNER)?, note(1.0, 1.0, CORNER)?];
        let centre = note(0.5, 0.5, "note in its centre (0.5, 0.5)")?;
        let places = neighbours(folder);
        let found: Vec<&Note> = places.iter().filter_map(|[x, y]| folder.at(*x, *y)).collect();
        let mixed = |[x, y]: [f64; 2]| {
            let weights = [(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y];
            let parts: Vec<(&Note, f64)> = sources.into_iter().zip(weights).collect();
            Note::new(mix::by_power(&parts), None)
        };
        let mixes: Vec<Note> = places.iter().map(|p| mixed(*p)).collect();
        Ok(CentreReport {
            morph: Centre::measure(corners, centre, &found, root),
            mix: Centre::measure(sources, &mixed([0.5, 0.5]), &mixes.iter().collect::<Vec<_>>(), root),
        })
    }
}

/// The nearest places to the centre, left, right, below and above.
fn neighbours(folder: &Folder) -> Vec<[f64; 2]> {
    let on = |v: f64| (v - 0.5).abs() < 1e-6;
    let mut found = Vec::new();
    for (axis, side) in [(0, -1.0), (0, 1.0), (1, -1.0), (1, 1.0)] {
        let off = |at: &[f64; 2]| (at[axis] - 0.5) * side;
        let line = folder.notes.iter().map(|n| n.at).filter(|at| on(at[1 - axis]) && off(at) > 1e-6);
        found.extend(line.min_by(|a, b| off(a).total_cmp(&off(b))));
    }
    found
}
