//! The chip: a word in a pill, chosen or not. The chosen one is inverse.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use crate::frame::Frame;
use crate::paint;
use crate::theme::Type;

/// Height.
pub(crate) const HEIGHT: f32 = 24.0;

/// Width that [`chip`] will take.
pub(crate) fn width(frame: &Frame<'_>, ui: &Ui, word: &str) -> f32 {
    paint::galley(ui.painter(), word, Type::Value, frame.t.text1).size().x + 22.0
}

/// Draws a chip at `at`.
pub(crate) fn chip(frame: &Frame<'_>, ui: &Ui, at: Pos2, word: &str, on: bool) -> Response {
    called(frame, ui, at, word, word, on)
}

/// As [`chip`], for one whose words change: `id` stays, and with it what hangs on the chip.
pub(crate) fn called(frame: &Frame<'_>, ui: &Ui, at: Pos2, id: &str, word: &str, on: bool) -> Response {
    let t = frame.t;
    let rect = Rect::from_min_size(at, vec2(width(frame, ui, word), HEIGHT));
    let response = ui.interact(rect, ui.scope_id().with(("chip", id)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, word));
    let (fill, text) = match (on, response.hovered()) {
        (true, _) => (t.text1, t.bg0),
        (false, true) => (t.bg2, t.text1),
        (false, false) => (t.bg0, t.text2),
    };
    let stroke = if on { Stroke::NONE } else { Stroke::new(1.0, if t.is_contrast() { t.edge } else { t.track }) };
    ui.painter().rect(rect, CornerRadius::same(12), fill, stroke, StrokeKind::Inside);
    paint::text(ui.painter(), rect.center(), Align2::CENTER_CENTER, word, Type::Value, text);
    frame.focus_ring(ui, &response, rect);
    response
}
