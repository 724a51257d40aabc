//! The rules of `pack.json`.

use super::archive::check_name;
use super::error::ManifestError;
use super::manifest::{FORMAT, Manifest, Note, VERSION};
use crate::limits;

impl Manifest {
    /// Checks every rule that can be checked without the archive.
    ///
    /// # Errors
    /// The first rule that is broken, with the field.
    pub fn validate(&self) -> Result<(), ManifestError> {
        if self.format != FORMAT {
            return Err(ManifestError::Format { found: self.format.clone() });
        }
        if self.version != VERSION {
            return Err(ManifestError::Version { found: self.version });
        }
        if self.channels != 2 {
            return Err(ManifestError::Channels { found: self.channels });
        }
        let (lowest, highest) = limits::SAMPLE_RATE_HZ;
        if !(lowest..=highest).contains(&self.sample_rate) {
            return Err(value("sample_rate", self.sample_rate, "rates go from 1000 to 768000 Hz"));
        }
        for (field, count) in [("grid.columns", self.grid.columns), ("grid.rows", self.grid.rows)] {
            if count == 0 {
                return Err(value(field, count, "a grid has at least one cell"));
            }
            limit(field, count as u64, limits::GRID_SIDE as u64)?;
        }
        self.check_pad()?;
        self.check_notes()
    }

    fn check_pad(&self) -> Result<(), ManifestError> {
        limit("the number of anchors", self.anchors.len() as u64, (limits::GRID_SIDE * limits::GRID_SIDE) as u64)?;
        for (i, anchor) in self.anchors.iter().enumerate() {
            let field = || format!("anchors[{i}].at");
            if anchor.at.iter().any(|v| !v.is_finite()) {
                return Err(ManifestError::NotFinite { field: field() });
            }
            if anchor.at.iter().any(|v| !(0.0..=1.0).contains(v)) {
                return Err(value(&field(), format!("{:?}", anchor.at), "places go from 0 to 1"));
            }
        }
        let Some(map) = &self.map else { return Ok(()) };
        if map.cells.len() != self.grid.cells() && !map.cells.is_empty() {
            return Err(value("the number of map.cells", map.cells.len(), "the map covers the grid"));
        }
        for (i, cell) in map.cells.iter().enumerate() {
            if !(cell.brightness_hz.is_finite() && cell.level_db.is_finite()) {
                return Err(ManifestError::NotFinite { field: format!("map.cells[{i}]") });
            }
        }
        Ok(())
    }

    fn check_notes(&self) -> Result<(), ManifestError> {
        if self.notes.is_empty() {
            return Err(value("the number of notes", 0, "a pack has at least one"));
        }
        limit("the number of notes", self.notes.len() as u64, (limits::ROOTS * limits::VELOCITY_LAYERS) as u64)?;
        let mut layers = [0usize; 128];
        // Which note answers to each key and velocity: marks overlaps in one pass.
        let mut answers = vec![u16::MAX; 128 * 128];
        for (i, note) in self.notes.iter().enumerate() {
            check_note(i, note, self.grid.cells())?;
            let count = &mut layers[usize::from(note.root)];
            *count += 1;
            limit(&format!("velocity layers of root {}", note.root), *count as u64, limits::VELOCITY_LAYERS as u64)?;
            for key in note.low..=note.high {
                for velocity in note.velocity[0]..=note.velocity[1] {
                    let answer = &mut answers[usize::from(key) * 128 + usize::from(velocity)];
                    if *answer != u16::MAX {
                        let first = usize::from(*answer);
                        return Err(ManifestError::Overlap { first, second: i, key, velocity });
                    }
                    *answer = i as u16;
                }
            }
        }
        Ok(())
    }
}

fn check_note(i: usize, note: &Note, cells: usize) -> Result<(), ManifestError> {
    let field = |name: &str| format!("notes[{i}].{name}");
    for (name, key) in [("root", note.root), ("low", note.low), ("high", note.high)] {
        if key > 127 {
            return Err(value(&field(name), key, "MIDI keys go from 0 to 127"));
        }
    }
    if note.low > note.high {
        return Err(value(&field("low"), note.low, "it must not be above high"));
    }
    let [soft, loud] = note.velocity;
    if soft < 1 || loud > 127 || soft > loud {
        return Err(value(&field("velocity"), format!("{soft}..{loud}"), "velocities rise from 1 to 127"));
    }
    if !note.tune_cents.is_finite() {
        return Err(ManifestError::NotFinite { field: field("tune_cents") });
    }
    if note.tune_cents.abs() > 12_800.0 {
        return Err(value(&field("tune_cents"), note.tune_cents, "128 semitones is the most"));
    }
    if note.frames == 0 {
        return Err(value(&field("frames"), 0, "a cell has at least one frame"));
    }
    limit(&field("frames"), note.frames, limits::CELL_FRAMES)?;
    if note.release_frames > note.frames {
        return Err(value(&field("release_frames"), note.release_frames, "it must not be more than frames"));
    }
    if let Some(l) = &note.loop_points
        && (l.start >= l.end || l.end > note.frames)
    {
        return Err(ManifestError::Loop { note: i, start: l.start, end: l.end, frames: note.frames });
    }
    if note.cells.len() != cells {
        return Err(ManifestError::CellCount { note: i, found: note.cells.len(), expected: cells });
    }
    for entry in &note.cells {
        let lower = entry.to_ascii_lowercase();
        let reason = match check_name(entry) {
            Err(reason) => reason,
            Ok(()) if !entry.starts_with("audio/") => "audio lies under audio/",
            Ok(()) if !(lower.ends_with(".wav") || lower.ends_with(".flac")) => "audio is .wav or .flac",
            Ok(()) => continue,
        };
        let entry = entry.chars().take(200).collect();
        return Err(ManifestError::CellName { note: i, entry, reason });
    }
    Ok(())
}

fn value(field: &str, found: impl std::fmt::Display, rule: &'static str) -> ManifestError {
    ManifestError::Value { field: field.into(), value: found.to_string(), rule }
}

fn limit(field: &str, found: u64, limit: u64) -> Result<(), ManifestError> {
    if found > limit {
        return Err(ManifestError::Limit { field: field.into(), value: found, limit });
    }
    Ok(())
}
