//! The value field: *Attack 38 ms*. Drag up and down, click to type.

use egui::{Align2, Rect, Sense, Ui, vec2};

use super::control::{self, Axis};
use super::{announce, entry, tooltip};
use crate::frame::Frame;
use crate::paint;
use crate::theme::Type;

const GAP: f32 = 6.0;

/// How a value field stands in its rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Label and value together at the left.
    Left,
    /// Together at the right.
    Right,
    /// Label at the left edge, value at the right edge.
    Apart,
}

/// Draws a value field in `rect` and returns the place that its words took.
pub(crate) fn value(
    frame: &mut Frame<'_>,
    ui: &mut Ui,
    rect: Rect,
    id: &'static str,
    label: &str,
    stand: Stand,
) -> Rect {
    if !frame.has(id) {
        return Rect::from_min_size(rect.min, vec2(0.0, rect.height()));
    }
    let t = frame.t;
    let text = frame.text(id);
    let label_galley = paint::galley(ui.painter(), label, Type::Label, t.text2);
    let value_galley = paint::galley(ui.painter(), &text, Type::Value, t.text1);
    let label_width = if label.is_empty() { 0.0 } else { label_galley.size().x + GAP };
    let width = label_width + value_galley.size().x;
    let left = match stand {
        Stand::Left | Stand::Apart => rect.left(),
        Stand::Right => rect.right() - width,
    };
    let words = match stand {
        Stand::Apart => rect,
        _ => Rect::from_min_size(egui::pos2(left, rect.top()), vec2(width, rect.height())),
    };
    let value_rect = Rect::from_min_max(
        egui::pos2(words.right() - value_galley.size().x, rect.center().y - 7.0),
        egui::pos2(words.right(), rect.center().y + 7.0),
    );
    // The row is low: the field reaches over it, so that it can be hit.
    let target = words.expand2(vec2(3.0, ((24.0 - words.height()) / 2.0).max(0.0)));
    let response = ui.interact(target, ui.scope_id().with(("value", id)), Sense::click_and_drag());
    announce(frame, &response, id);
    control::drive(frame, ui, &response, id, Axis::Up(control::TRAVEL));
    if response.clicked() && !response.double_clicked() {
        entry::open(frame, id, &response);
    }
    let active = response.hovered() || frame.is_open(id);
    let color = if active { t.text1 } else { t.text2 };
    paint::text(ui.painter(), words.left_center(), Align2::LEFT_CENTER, label, Type::Label, color);
    let field = Rect::from_center_size(value_rect.center(), vec2(value_rect.width().max(38.0), 14.0));
    if !entry::show(frame, ui, field, id) {
        let color = if frame.is_open(id) { t.accent } else { t.text1 };
        paint::text(ui.painter(), value_rect.right_center(), Align2::RIGHT_CENTER, &text, Type::Value, color);
        if response.hovered() {
            paint::hairline(ui.painter(), value_rect.left()..=value_rect.right(), value_rect.bottom(), t.text1);
        }
    }
    frame.focus_ring(ui, &response, words);
    tooltip::of_parameter(frame, &response, id);
    words
}
