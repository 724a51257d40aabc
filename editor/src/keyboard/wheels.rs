//! The pitch wheel, which springs back, and the modulation wheel, which stays.

use egui::{Align2, CornerRadius, Rect, Response, Sense, Ui, pos2, vec2};

use crate::Action;
use crate::frame::Frame;
use crate::layout::{Class, FLAGS};
use crate::paint;
use crate::theme::Type;
use crate::theme::color::fade;
use crate::widget;

pub(super) fn show(frame: &mut Frame<'_>, ui: &Ui, [bend, modulation]: [Rect; 2], class: Class) {
    let words = class != Class::S;
    let (low, high) = (pitch_wheel(frame, ui, slot(bend, words)), mod_wheel(frame, ui, slot(modulation, words)));
    if words {
        for (rect, word) in [(bend, "Bend"), (modulation, "Mod")] {
            let at = pos2(rect.center().x, rect.top() + 5.0);
            paint::text(ui.painter(), at, Align2::CENTER_CENTER, word, Type::Tick, frame.t.text2);
        }
    }
    frame.focus_ring(ui, &low, slot(bend, words));
    frame.focus_ring(ui, &high, slot(modulation, words));
}

fn slot(rect: Rect, words: bool) -> Rect {
    rect.with_min_y(rect.top() + if words { FLAGS } else { 0.0 })
}

/// Where along the slot the pointer is, 0…1 from below.
fn at(response: &Response, slot: Rect) -> Option<f32> {
    let p = response.interact_pointer_pos()?;
    Some(((slot.bottom() - 5.0 - p.y) / (slot.height() - 10.0)).clamp(0.0, 1.0))
}

fn pitch_wheel(frame: &mut Frame<'_>, ui: &Ui, slot: Rect) -> Response {
    let response = ui.interact(slot, ui.scope_id().with("pitch wheel"), Sense::click_and_drag());
    let held = response.is_pointer_button_down_on();
    let asked = if held { at(&response, slot).map(|v| v * 2.0 - 1.0) } else { None };
    if asked != frame.view.keyboard.bend {
        frame.actions.push(Action::PitchWheel(asked.unwrap_or(0.0)));
        frame.view.keyboard.bend = asked;
    }
    let value = asked.unwrap_or(frame.model.keys.bend).clamp(-1.0, 1.0);
    let text = format!("{:+.0} %", value * 100.0);
    widget::announce_as(&response, "Pitch wheel", f64::from(value * 0.5 + 0.5), &text, 0.01);
    face(frame, ui, slot, value * 0.5 + 0.5, true);
    response
}

fn mod_wheel(frame: &mut Frame<'_>, ui: &Ui, slot: Rect) -> Response {
    let response = ui.interact(slot, ui.scope_id().with("mod wheel"), Sense::click_and_drag());
    let asked = if response.is_pointer_button_down_on() { at(&response, slot) } else { None };
    if asked.is_some() && asked != frame.view.keyboard.modulation {
        frame.actions.push(Action::ModWheel(asked.unwrap_or(0.0)));
    }
    frame.view.keyboard.modulation = asked;
    let value = asked.unwrap_or(frame.model.keys.modulation).clamp(0.0, 1.0);
    let text = format!("{:.0} %", value * 100.0);
    widget::announce_as(&response, "Modulation wheel", f64::from(value), &text, 0.01);
    face(frame, ui, slot, value, false);
    response
}

fn face(frame: &Frame<'_>, ui: &Ui, slot: Rect, value: f32, centre: bool) {
    let (t, painter) = (frame.t, ui.painter());
    painter.rect_filled(slot, CornerRadius::same(3), t.bg2);
    if t.is_contrast() {
        let stroke = egui::Stroke::new(1.0, t.edge);
        painter.rect_stroke(slot, CornerRadius::same(3), stroke, egui::StrokeKind::Inside);
    }
    if centre {
        let mark = slot.left() + 3.0..=slot.right() - 3.0;
        paint::hairline(painter, mark, slot.center().y - 0.5, fade(t.edge, 0.6));
    }
    let y = slot.bottom() - 5.0 - value * (slot.height() - 10.0);
    let thumb = Rect::from_center_size(pos2(slot.center().x, y), vec2(16.0, 4.0));
    painter.rect_filled(thumb, CornerRadius::same(2), t.text1);
}
