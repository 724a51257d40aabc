//! The knob: an arc, a needle bar, a name and a value. No cap, no body.

use egui::{Align2, Color32, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};

use super::control::{self, Axis};
use super::{announce, entry, tooltip};
use crate::frame::Frame;
use crate::paint;
use crate::theme::Type;
use crate::theme::color::fade;

/// Arc's ends in turns from 12 o'clock.
const SWEEP: f32 = 0.375;
const RADIUS: f32 = 15.0;
/// Height with label and value.
pub(crate) const HEIGHT: f32 = 64.0;

fn turns(value: f32) -> f32 {
    (value * 2.0 - 1.0) * SWEEP
}

/// Draws a knob of `width` with its upper left corner at `at`.
pub(crate) fn knob(frame: &mut Frame<'_>, ui: &mut Ui, at: Pos2, width: f32, id: &'static str, label: &str) {
    if !frame.has(id) {
        return;
    }
    let rect = Rect::from_min_size(at, vec2(width, HEIGHT));
    let dial = Rect::from_min_size(pos2(rect.center().x - 20.0, at.y), vec2(40.0, 35.0));
    let value_rect = Rect::from_center_size(pos2(rect.center().x, at.y + 57.5), vec2(width.min(64.0), 14.0));

    let response = ui.interact(rect, ui.scope_id().with(("knob", id)), Sense::click_and_drag());
    announce(frame, &response, id);
    control::drive(frame, ui, &response, id, Axis::Up(control::TRAVEL));
    let on_value = response.interact_pointer_pos().is_some_and(|p| value_rect.expand(2.0).contains(p));
    if response.clicked() && on_value && !response.double_clicked() {
        entry::open(frame, id, &response);
    }
    dial_face(frame, ui, dial, id);

    let t = frame.t;
    let active = response.hovered() || frame.is_open(id);
    let label_color = if active { t.text1 } else { t.text2 };
    paint::text(
        ui.painter(),
        pos2(rect.center().x, at.y + 44.5),
        Align2::CENTER_CENTER,
        label,
        Type::Label,
        label_color,
    );
    if !entry::show(frame, ui, value_rect, id) {
        let text = frame.text(id);
        paint::text(ui.painter(), value_rect.center(), Align2::CENTER_CENTER, &text, Type::Value, t.text1);
    }
    frame.focus_ring(ui, &response, rect.shrink2(vec2(((width - 66.0) / 2.0).max(0.0), -1.0)));
    tooltip::of_parameter(frame, &response, id);
}

fn dial_face(frame: &Frame<'_>, ui: &Ui, dial: Rect, id: &str) {
    let Some(p) = frame.parameter(id) else { return };
    let (t, painter) = (frame.t, ui.painter());
    let center = pos2(dial.center().x, dial.top() + 20.0);
    let value = frame.value(id);
    let modulated = frame.modulated(id);
    let dragging = frame.is_open(id);

    paint::arc(painter, center, RADIUS, -SWEEP, SWEEP, Stroke::new(3.0 + t.stroke, t.track));
    let zero = if p.bipolar { 0.0 } else { -SWEEP };
    let angle = turns(value);
    if (angle - zero).abs() > 0.004 {
        paint::arc(painter, center, RADIUS, zero.min(angle), zero.max(angle), Stroke::new(3.0 + t.stroke, t.accent));
    }
    if (modulated - value).abs() > 0.002 {
        let live = turns(modulated);
        let outer = Stroke::new(1.25 + t.stroke, t.text2);
        paint::arc(painter, center, RADIUS + 5.0, angle.min(live), angle.max(live), outer);
        painter.circle_filled(paint::on_circle(center, RADIUS + 5.0, live), 2.25, t.text1);
    }
    let ends = [paint::on_circle(center, 10.5, angle), paint::on_circle(center, 18.0, angle)];
    let gap = [paint::on_circle(center, 10.0, angle), paint::on_circle(center, 18.5, angle)];
    painter.line_segment(gap, Stroke::new(6.0, t.bg0));
    let needle: (f32, Color32) = if dragging { (3.0, t.accent) } else { (2.5, t.text1) };
    paint::bar(painter, ends, Stroke::new(needle.0 + t.stroke, needle.1));
    if p.automated {
        painter.circle_filled(pos2(center.x, center.y + 13.0), 1.5, fade(t.text1, 0.95));
    }
}
