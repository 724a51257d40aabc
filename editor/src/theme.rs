//! Type and colours.

/// Prepares a new context: fonts and style. Call it once, before the first frame.
pub fn set_up(_context: &egui::Context) {}
