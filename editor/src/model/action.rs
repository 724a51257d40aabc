//! What the player did.

use std::path::PathBuf;

use super::{Deleted, Document, Folder, PackKey, PresetKey, PresetWords, Settings};

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
    /// does not parse changes nothing and is best answered with [`Model::toasts`](super::Model::toasts).
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
    /// Take over preset, stars and pack: after undo, when a star was set, and the like. A pack that is another one than
    /// what plays is to be opened.
    SetDocument(Box<Document>),
    /// Play this pack; the parameters stay.
    PlayPack(PackKey),
    /// The browser was opened: look anew for packs and presets.
    List,
    /// Load this preset: its values as one gesture for each parameter, its stars and its pack.
    LoadPreset(PresetKey),
    /// Keep what plays as a preset of the player's: over the file that is named, or as a new one.
    SavePreset {
        /// What it says of itself; the name is not empty.
        words: PresetWords,
        /// The user's preset that it replaces.
        over: Option<PresetKey>,
    },
    /// Give a user's preset another name.
    RenamePreset(PresetKey, String),
    /// Put a user's preset away (into the system's trash folder of Betwixt's own, so that it can be had back).
    DeletePreset(PresetKey),
    /// Have a deleted preset back, where it was if that place is free.
    RestorePreset(Deleted),
    /// Mark as favourite, or not.
    Favourite(PresetKey, bool),
    /// Show this file in the system's file manager.
    Reveal(PathBuf),
    /// Ask for this folder with the system's file dialog, without blocking. Only with
    /// [`Model::file_dialog`](super::Model::file_dialog).
    AskFolder(Folder),
    /// Keep packs and presets, or the cache, in this folder; `None`: where the system has them. What lies in the old one
    /// stays there.
    SetFolder(Folder, Option<PathBuf>),
    /// Throw away what builds have kept in the cache folder.
    ClearCache,
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
