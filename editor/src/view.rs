//! The editor's own memory and its one entry.

use crate::{Action, Model};

/// What the editor remembers between frames. Opaque; [`Default`] is a window just opened.
#[derive(Debug, Default)]
pub struct View {}

pub(crate) fn draw(ui: &mut egui::Ui, _model: &mut Model) -> Vec<Action> {
    ui.label("Betwixt");
    Vec::new()
}
