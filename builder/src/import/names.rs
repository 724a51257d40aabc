//! Which notes a folder's files are, from their names.
//!
//! One scheme is chosen for the whole folder, never one per file: it must give every file a note,
//! and no two files the same (note, velocity, round robin, channel). Tried in order: note names
//! (`C#4`, `Fs3`, `B_2`, German where there is an H), then MIDI numbers.

mod labels;
mod letters;
mod numbers;

use std::collections::HashSet;

pub(super) use labels::{Channel, Labels, Velocity};

/// A scheme that fits a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scheme {
    /// What the scheme is, for messages.
    pub(super) kind: Kind,
    /// A note for each file, before any octave correction.
    pub(super) notes: Vec<i32>,
    /// What else each name says.
    pub(super) labels: Vec<Labels>,
}

/// Families of schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters with octaves; which octave holds middle C is still open.
    Letters,
    /// MIDI numbers.
    Numbers,
}

/// What the names say beside the note.
pub(super) fn labels(stems: &[String]) -> Vec<Labels> {
    stems.iter().map(|stem| labels::split(stem).1).collect()
}

/// All schemes that fit these names (without their endings), best first.
pub(super) fn schemes(stems: &[String]) -> Vec<Scheme> {
    let split: Vec<(String, Labels)> = stems.iter().map(|s| labels::split(s)).collect();
    let rests: Vec<&str> = split.iter().map(|(rest, _)| rest.as_str()).collect();
    let labels: Vec<Labels> = split.iter().map(|(_, labels)| *labels).collect();
    let mut found = Vec::new();
    for notes in letters::readings(&rests) {
        found.push(Scheme { kind: Kind::Letters, notes, labels: labels.clone() });
    }
    for reading in numbers::readings(&rests) {
        let mut labels = labels.clone();
        for (label, velocity) in labels.iter_mut().zip(reading.velocities) {
            label.velocity = velocity.map(Velocity::Number).or(label.velocity);
        }
        found.push(Scheme { kind: Kind::Numbers, notes: reading.notes, labels });
    }
    found.retain(|scheme| {
        let mut seen = HashSet::new();
        scheme.notes.iter().zip(&scheme.labels).all(|(note, label)| seen.insert((*note, *label)))
    });
    found
}

#[cfg(test)]
mod tests;
