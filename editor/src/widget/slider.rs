//! The slider: a thin track and a bar for a thumb. A press off the thumb takes it there.

use egui::{CornerRadius, Rect, Sense, Ui, pos2, vec2};

use super::control::{self, Axis};
use super::{announce, tooltip};
use crate::frame::Frame;

/// Draws a slider in `rect`; it is hit over its whole height.
pub(crate) fn slider(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, id: &'static str) {
    if !frame.has(id) {
        return;
    }
    let t = frame.t;
    let at = |value: f32| rect.left() + rect.width() * value;
    let target = Rect::from_center_size(rect.center(), vec2(rect.width() + 6.0, rect.height().max(24.0)));
    let response = ui.interact(target, ui.scope_id().with(("slider", id)), Sense::click_and_drag());
    announce(frame, &response, id);
    if response.clicked()
        && !response.double_clicked()
        && let Some(p) = response.interact_pointer_pos()
        && (p.x - at(frame.value(id))).abs() > 6.0
    {
        frame.jump(&[(id, (p.x - rect.left()) / rect.width())]);
    }
    control::drive(frame, ui, &response, id, Axis::Right(rect.width().max(60.0)));

    let painter = ui.painter();
    let value = frame.value(id);
    let bipolar = frame.parameter(id).is_some_and(|p| p.bipolar);
    let y = rect.center().y;
    let track = |from: f32, to: f32| Rect::from_min_max(pos2(from, y - 1.5), pos2(to, y + 1.5));
    painter.rect_filled(track(rect.left(), rect.right()), CornerRadius::same(1), t.track);
    let zero = if bipolar { rect.center().x } else { rect.left() };
    painter.rect_filled(track(zero.min(at(value)), zero.max(at(value))), CornerRadius::same(1), t.accent);
    if bipolar {
        painter.rect_filled(Rect::from_center_size(pos2(zero, y), vec2(1.0, 7.0)), CornerRadius::ZERO, t.edge);
    }
    let thumb = Rect::from_center_size(pos2(at(value), y), vec2(3.0, 11.0));
    let color = if frame.is_open(id) { t.accent } else { t.text1 };
    painter.rect_filled(thumb, CornerRadius::same(1), color);
    frame.focus_ring(ui, &response, rect.expand2(vec2(4.0, 0.0)));
    tooltip::of_parameter(frame, &response, id);
}
