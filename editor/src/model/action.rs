//! What the player did.

use std::path::PathBuf;

use super::Settings;

/// A wish of the player, for the shell to carry out.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// An edit of this parameter begins (`beginEdit`, gesture begin). The pad begins `x` and `y` together.
    BeginGesture(&'static str),
    /// The parameter's new normalised value, 0…1. Only between begin and end.
    SetNormalised(&'static str, f32),
    /// The edit ends.
    EndGesture(&'static str),
    /// The player typed a value: parse it by the parameter's rules and set it within one gesture of its own; what
    /// does not parse changes nothing and is best answered with [`Model::toast`](super::Model::toast).
    SetText(&'static str, String),
    /// A key of the drawn keyboard goes down.
    NoteOn {
        /// MIDI key.
        key: u8,
        /// 0…1, never 0.
        velocity: f32,
    },
    /// It comes up.
    NoteOff {
        /// MIDI key.
        key: u8,
    },
    /// The pitch wheel moved, −1…1.
    PitchWheel(f32),
    /// The modulation wheel moved, 0…1.
    ModWheel(f32),
    /// Ask for a pack with the system's file dialog, without blocking. Only with
    /// [`Model::file_dialog`](super::Model::file_dialog).
    OpenPack,
    /// Ask where the missing pack is, likewise.
    LocatePack,
    /// Play the factory pack.
    UseFactoryPack,
    /// Files were dropped on the window, chosen from the list, or typed: open the first that is a pack.
    DropFiles(Vec<PathBuf>),
    /// The player chose another look or scale: keep it, put it into the model, apply the scale.
    Settings(Settings),
    /// The number of missed chunks may start from 0 again.
    ClearMissing,
}
