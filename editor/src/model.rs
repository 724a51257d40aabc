//! What the editor shows ([`Model`]) and what the player asks for ([`Action`]).

mod action;
mod analysis;
mod pack;
mod parameter;
mod preset;
mod settings;
mod sound;

pub use action::Action;
pub use analysis::{Analysis, BANDS, COLUMNS_PER_SECOND, Column, HIGHEST_HZ, LOWEST_HZ, Thumb};
pub use pack::{Anchor, Cell, KeyRange, Loading, Pack, PackFile, PackState};
pub use parameter::Parameter;
pub use preset::{Deleted, Document, Filed, MAX_STARS, PackKey, PackMap, PresetKey, PresetRow, PresetWords, Star};
pub use settings::{Files, Folder, MAX_SCALE, MIN_SCALE, MIN_SIZE, Mpe, SCALE_STEP, Settings, Strip, Theme};
pub use sound::{EnvelopePlace, Keys, Status, Toast, ToastKind, Voice};

use std::sync::Arc;

use crate::View;

/// All that the editor shows. The shell writes the public fields before each frame; [`View`] is the editor's own.
#[derive(Debug, Default)]
pub struct Model {
    /// The parameters in the table's order. Those that a view looks for and does not find are left out of it, so a
    /// test may give a few only.
    pub parameters: Vec<Parameter>,
    /// The pack that plays.
    pub pack: Pack,
    /// Packs that lie in the packs folder, for the list behind the pack's name.
    pub packs: Vec<PackFile>,
    /// The shell answers [`Action::OpenPack`] and [`Action::LocatePack`] with the system's file dialog. Without one
    /// the list of packs, a typed path and dropped files remain.
    pub file_dialog: bool,
    /// Sounding voices, at most as many as the engine has. Any order.
    pub voices: Vec<Voice>,
    /// The point that is heard after pad glide and modulation, `[x, y]` in 0…1; `None` while unknown.
    pub heard: Option<[f32; 2]>,
    /// Keys and wheels as the engine sees them.
    pub keys: Keys,
    /// Levels and load.
    pub status: Status,
    /// Preset, stars and pack as the project has them. The editor changes them by
    /// [`Action::SetDocument`] and shows what the shell makes of it.
    pub document: Document,
    /// Something was changed since the preset was loaded or saved.
    pub changed: bool,
    /// All presets, factory and user's, in the order of the list. Shared: it changes only when the shell has looked anew.
    pub presets: Arc<[PresetRow]>,
    /// How saving, renaming and deleting presets ended, once they have. The editor takes it from here.
    pub filed: Vec<Filed>,
    /// What the output looks like.
    pub analysis: Analysis,
    /// Folders and how much is in them, for the settings.
    pub files: Files,
    /// Messages, the oldest first. The last one shows until it fades; errors stay until they are closed. The editor takes
    /// them from here.
    pub toasts: Vec<Toast>,
    /// Look and size, kept for the machine by the shell.
    pub settings: Settings,
    /// The editor's own memory: drags, undo, textures.
    pub view: View,
}

impl Model {
    /// The parameter with this id.
    pub fn parameter(&self, id: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.id == id)
    }

    /// The parameter with this id, to update it.
    pub fn parameter_mut(&mut self, id: &str) -> Option<&mut Parameter> {
        self.parameters.iter_mut().find(|p| p.id == id)
    }
}
