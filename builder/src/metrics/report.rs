//! All that is measured of one folder of notes and its sources, with the plain mix beside it.

use super::folder::{Folder, FolderError};
use super::null::null;
use super::square::Centre;
use super::{Line, Measures, Note, Quantity, Root, mix};

/// A line between two sources.
#[derive(Debug, Clone, PartialEq)]
pub struct LineReport {
    /// Of the notes.
    pub morph: Measures,
    /// Of as many plain mixes of the sources.
    pub mix: Measures,
}

impl LineReport {
    /// Measures a folder against its two sources.
    ///
    /// # Errors
    /// When the folder holds no line.
    pub fn new(folder: &Folder, sources: [&Note; 2], root: Root) -> Result<LineReport, FolderError> {
        let line = folder.line()?;
        let mix = mix::line(sources[0], sources[1], line.notes().len());
        let (morph, mix) = rayon::join(
            || measure(&line, sources, root, folder.insane.len()),
            || mix.map(|line| line.measure(root)).unwrap_or_default(),
        );
        Ok(LineReport { morph, mix })
    }
}

/// The quantities of a line whose ends are to be the sources; `insane` files could not be read at all.
pub fn measure(line: &Line, sources: [&Note; 2], root: Root, insane: usize) -> Measures {
    let mut out = line.measure(root);
    let (a, b) = line.corners();
    for (corner, source) in [(a, sources[0]), (b, sources[1])] {
        let Some(null) = null(corner, source, root.f0_hz) else { continue };
        let row = if null.is_retuned() { Quantity::CornerNullRetuned } else { Quantity::CornerNull };
        let worse = |row: Quantity, value: f64, out: &mut Measures| {
            out.set(row, out.get(row).map_or(value, |before| before.min(value)));
        };
        worse(row, null.depth_db, &mut out);
        if let Some(db) = null.loop_db {
            worse(Quantity::CornerNullLoop, db, &mut out);
        }
    }
    if insane > 0 {
        out.set(Quantity::Insane, out.get(Quantity::Insane).unwrap_or(0.0) + insane as f64);
    }
    out
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
