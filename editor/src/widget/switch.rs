//! The switch: a knob left or right, and the word.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::{knob, tooltip};
use crate::frame::Frame;
use crate::paint;
use crate::theme::color::fade;
use crate::theme::{Tokens, Type};

/// Size of the switch itself.
const SIZE: egui::Vec2 = vec2(30.0, 16.0);

/// Paints the switch centred at `at`.
pub(crate) fn face(ui: &Ui, t: &Tokens, at: Pos2, on: bool) {
    let rect = Rect::from_center_size(at, SIZE);
    let painter = ui.painter();
    let (fill, stroke) = if on { (t.accent, t.accent) } else { (fade(t.bg0, 0.0), t.edge) };
    painter.rect(rect, CornerRadius::same(8), fill, Stroke::new(1.5, stroke), StrokeKind::Inside);
    let x = if on { rect.right() - 8.0 } else { rect.left() + 8.0 };
    painter.circle_filled(pos2(x, at.y), 4.5, if on { t.on_accent } else { t.text1 });
}

/// A switch parameter in the place of a knob.
pub(crate) fn switch(frame: &mut Frame<'_>, ui: &mut Ui, at: Pos2, width: f32, id: &'static str, label: &str) {
    let Some(name) = frame.parameter(id).map(|p| p.name.clone()) else { return };
    let rect = Rect::from_min_size(at, vec2(width, knob::HEIGHT));
    let on = frame.value(id) >= 0.5;
    let response = ui.interact(rect, ui.scope_id().with(("switch", id)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, &name));
    if response.clicked() {
        frame.jump(&[(id, if on { 0.0 } else { 1.0 })]);
    }
    let t = frame.t;
    let on = frame.value(id) >= 0.5;
    face(ui, &t, pos2(rect.center().x, at.y + 17.5), on);
    let color = if response.hovered() { t.text1 } else { t.text2 };
    paint::text(ui.painter(), pos2(rect.center().x, at.y + 44.5), Align2::CENTER_CENTER, label, Type::Label, color);
    let word = if on { "On" } else { "Off" };
    paint::text(ui.painter(), pos2(rect.center().x, at.y + 57.5), Align2::CENTER_CENTER, word, Type::Value, t.text1);
    frame.focus_ring(ui, &response, rect.shrink2(vec2(((width - 66.0) / 2.0).max(0.0), -1.0)));
    tooltip::of_parameter(frame, &response, id);
}
