//! The editor's window.

use std::sync::Arc;

use betwixt_engine::params::Param;
use nice_plug::editor::dpi::LogicalSize;
use nice_plug::prelude::ResizeHint;
use nice_plug_egui::{EguiEditor, EguiEditorState, EguiNiceSettings, Frame, NiceEguiApp, RepaintNotifier};

use crate::audio::Player;
use crate::session::Session;

/// Makes the editor of one instance; its window opens when the host asks.
pub fn editor(session: Arc<Session>, player: Player) -> Option<EguiEditor<EditorApp>> {
    let size = EguiEditorState::from_size(LogicalSize::new(900.0_f32, 620.0), 1.0);
    let settings = EguiNiceSettings::new()
        .with_tile("Betwixt")
        .with_resize_hint(ResizeHint::RESIZABLE.with_min_logical_size(LogicalSize::new(480.0_f32, 360.0)));
    nice_plug_egui::create_egui_editor(size, RepaintNotifier::new(), settings, EditorApp { session, _player: player })
}

/// What draws in the window. Runs on the window's own thread on Linux.
pub struct EditorApp {
    session: Arc<Session>,
    _player: Player,
}

impl NiceEguiApp for EditorApp {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut Frame) {
        ui.label("Betwixt");
        for param in Param::all() {
            ui.label(format!("{}: {}", param.spec().name, param.format(self.session.parameters.plain(param))));
        }
    }
}
