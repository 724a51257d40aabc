//! Look and size of the editor, kept for the machine.

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
}

impl Default for Settings {
    fn default() -> Self {
        Self { theme: Theme::Dark, scale: 1.0, reduce_motion: false, fixed_accent: false }
    }
}
