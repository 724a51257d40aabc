//! Look and size of the editor, kept for the machine.

use std::path::PathBuf;

/// Smallest scale.
pub const MIN_SCALE: f32 = 0.75;
/// Largest scale.
pub const MAX_SCALE: f32 = 3.0;
/// Distance of two scales.
pub const SCALE_STEP: f32 = 0.25;
/// Smallest logical window that is laid out without a cut, in points at scale 1.
pub const MIN_SIZE: [f32; 2] = [640.0, 420.0];

/// Colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// Ink.
    #[default]
    Dark,
    /// Paper.
    Light,
    /// Black, white and one yellow.
    Contrast,
}

/// What the strip below the map shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strip {
    /// Bands over time, with the present spectrum at its right.
    #[default]
    Rainbowgram,
    /// The present spectrum.
    Spectrum,
    /// The wave.
    Scope,
    /// Nothing; the map takes its room.
    Off,
}

/// When notes are heard as MPE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mpe {
    /// Once a controller says so by a zone message.
    #[default]
    Auto,
    /// Always: a lower zone of 15 channels, and a bend of 48 semitones unless a message says another one.
    On,
    /// Never.
    Off,
}

/// A folder that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// Packs and presets.
    Data,
    /// What builds keep.
    Cache,
}

/// Folders, and what lies in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    /// Packs and presets of the player; `None` where the system has no place for them.
    pub data: Option<PathBuf>,
    /// An environment variable says where they are: nothing else can be chosen.
    pub is_data_fixed: bool,
    /// What builds have kept.
    pub cache: Option<PathBuf>,
    /// As `is_data_fixed`.
    pub is_cache_fixed: bool,
    /// How much that is; `None` while unknown.
    pub cache_bytes: Option<u64>,
    /// Settings.
    pub settings: Option<PathBuf>,
}

/// What the player chose for all windows. The editor reads it and asks for changes by
/// [`Action::Settings`](super::Action::Settings).
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Colours.
    pub theme: Theme,
    /// Scale of everything, 0.75…3 in steps of 0.25. The shell applies it with
    /// [`egui::Context::set_zoom_factor`] and asks the host for the window size that follows.
    pub scale: f32,
    /// No easing, no trail, fixed accent.
    pub reduce_motion: bool,
    /// The accent stays brass instead of following the map.
    pub fixed_accent: bool,
    /// What the strip shows.
    pub strip: Strip,
    /// Audio that packs may take in memory beyond what is played, in MiB, 64…65536.
    pub budget_mib: u32,
    /// When notes are heard as MPE.
    pub mpe: Mpe,
    /// Middle C is called C3 instead of C4.
    pub middle_c3: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::Dark,
            scale: 1.0,
            reduce_motion: false,
            fixed_accent: false,
            strip: Strip::default(),
            budget_mib: 1024,
            mpe: Mpe::default(),
            middle_c3: false,
        }
    }
}
