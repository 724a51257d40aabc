//! Parts that stay where they are while X and Y move: each of their notes is modulated by what is
//! missing to its place, as a host does it that automates notes one by one.

use super::DemoError;
use crate::curve::Curve;
use crate::timeline::{Play, Timeline};
use betwixt_engine::params::Param;
use serde::Deserialize;
use std::path::Path;

/// A part and its place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// MIDI channel, 1–16.
    pub channel: u8,
    /// X and Y, 0…1.
    pub at: [f64; 2],
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Parts(pub Vec<Part>);

impl Parts {
    /// Reads a JSON file.
    ///
    /// # Errors
    /// When it can't be read or is no list of parts.
    pub fn read(path: &Path) -> Result<Parts, DemoError> {
        let fail = |reason: String| DemoError::Parts { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
        serde_json::from_str(&text).map(Parts).map_err(|e| fail(e.to_string()))
    }

    /// Modulation of X and Y for the notes of these parts, from their beginning to the end of all,
    /// every so many frames. A note's release is held too.
    pub fn hold(&self, notes: &Timeline, x: &Curve, y: &Curve, rate_hz: f64, every_frames: u64) -> Timeline {
        let last = notes.events().last().map_or(0, |e| e.0);
        let mut held = Timeline::new();
        for &(frame, play) in notes.events() {
            let Play::On { id, channel, .. } = play else { continue };
            let Some(part) = self.0.iter().find(|p| p.channel == channel + 1) else { continue };
            // The end of the note, and its release.
            let end = notes.events().iter().find(|(_, p)| matches!(p, Play::Off { id: off, .. } if *off == id));
            let end = end.map_or(last, |e| e.0) + rate_hz as u64;
            let mut own = Timeline::new();
            for now in (frame..end).step_by(every_frames as usize) {
                let seconds = now as f64 / rate_hz;
                let amounts = [part.at[0] - x.at(seconds), part.at[1] - y.at(seconds)];
                for (param, amount) in [Param::X, Param::Y].into_iter().zip(amounts) {
                    own.push(now, Play::ModulateNote { id, param, amount });
                }
            }
            held.merge(&own);
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_note_is_brought_to_its_place_from_wherever_the_point_is() {
        let parts = Parts(vec![Part { name: "Chords".into(), channel: 1, at: [0.5, 0.25] }]);
        let (x, y) = (Curve::new(vec![(0.0, 0.0), (1.0, 1.0)]).unwrap(), Curve::new(vec![(0.0, 1.0)]).unwrap());
        let notes = Timeline::new().note(12_000, 24_000, 7, 60, 1.0);
        let held = parts.hold(&notes, &x, &y, 48_000.0, 6_000);
        let at = |frame: u64, param: Param| {
            held.events().iter().find_map(|(f, p)| match *p {
                Play::ModulateNote { id: 7, param: q, amount } if *f == frame && q == param => Some(amount),
                _ => None,
            })
        };
        assert_eq!(at(12_000, Param::X), Some(0.25));
        assert_eq!(at(36_000, Param::X), Some(-0.25));
        assert_eq!(at(36_000, Param::Y), Some(-0.75));
        assert_eq!(at(6_000, Param::X), None, "before the note");
        let others = Timeline::new().at(0, Play::On { id: 1, channel: 3, key: 60, velocity: 1.0 });
        assert!(parts.hold(&others, &x, &y, 48_000.0, 6_000).events().is_empty());
    }
}
