//! The pitch wheel, which springs back, and the modulation wheel, which stays.

use egui::accesskit::Action as Request;
use egui::{Align2, CornerRadius, EventFilter, Key, Modifiers, Rect, Response, Sense, Ui, pos2, vec2};

use crate::Action;
use crate::frame::{Frame, wheel};
use crate::layout::{Class, FLAGS};
use crate::paint;
use crate::theme::Type;
use crate::theme::color::fade;
use crate::widget;

/// Share of the modulation wheel's way for an arrow key.
const STEP: f32 = 0.01;

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

/// With the focus, the pitch wheel is at an end as long as an arrow is down.
fn leaning(ui: &Ui, response: &Response) -> Option<f32> {
    if !response.has_focus() {
        return None;
    }
    keep_arrows(ui, response);
    ui.input(|i| match (i.key_down(Key::ArrowUp), i.key_down(Key::ArrowDown)) {
        (true, false) => Some(1.0),
        (false, true) => Some(-1.0),
        _ => None,
    })
}

/// What arrows, mouse wheel and a screen reader ask of the modulation wheel.
fn steps(ui: &Ui, response: &Response) -> f32 {
    let mut steps = ui.input(|i| {
        i.num_accesskit_action_requests(response.id, Request::Increment) as f32
            - i.num_accesskit_action_requests(response.id, Request::Decrement) as f32
    });
    if response.hovered() {
        steps += wheel(ui).iter().map(|(notches, _)| notches).sum::<f32>();
    }
    if response.has_focus() {
        keep_arrows(ui, response);
        let pressed = |key| ui.input_mut(|i| i.count_and_consume_key(Modifiers::NONE, key)) as f32;
        steps += pressed(Key::ArrowUp) - pressed(Key::ArrowDown);
        steps += (pressed(Key::PageUp) - pressed(Key::PageDown)) * 10.0;
    }
    steps
}

/// Up and down are for the wheel, not for the way to the next control.
fn keep_arrows(ui: &Ui, response: &Response) {
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
}

fn pitch_wheel(frame: &mut Frame<'_>, ui: &Ui, slot: Rect) -> Response {
    let response = ui.interact(slot, ui.scope_id().with("pitch wheel"), Sense::click_and_drag());
    let held = response.is_pointer_button_down_on();
    let by_hand = if held { at(&response, slot).map(|v| v * 2.0 - 1.0) } else { None };
    let asked = by_hand.or(leaning(ui, &response));
    if asked != frame.view.keyboard.bend {
        frame.actions.push(Action::PitchWheel(asked.unwrap_or(0.0)));
        frame.view.keyboard.bend = asked;
    }
    let value = asked.unwrap_or(frame.model.keys.bend).clamp(-1.0, 1.0);
    let text = format!("{:+.0} %", value * 100.0);
    widget::announce_as(&response, "Pitch wheel", f64::from(value * 0.5 + 0.5), &text, None);
    face(frame, ui, slot, value * 0.5 + 0.5, true);
    response
}

fn mod_wheel(frame: &mut Frame<'_>, ui: &Ui, slot: Rect) -> Response {
    let response = ui.interact(slot, ui.scope_id().with("mod wheel"), Sense::click_and_drag());
    let by_hand = if response.is_pointer_button_down_on() { at(&response, slot) } else { None };
    let steps = steps(ui, &response);
    let stepped = (steps != 0.0).then(|| (frame.model.keys.modulation + steps * STEP).clamp(0.0, 1.0));
    let asked = by_hand.or(stepped);
    if let Some(value) = asked.filter(|_| asked != frame.view.keyboard.modulation) {
        frame.actions.push(Action::ModWheel(value));
    }
    frame.view.keyboard.modulation = asked;
    let value = asked.unwrap_or(frame.model.keys.modulation).clamp(0.0, 1.0);
    let text = format!("{:.0} %", value * 100.0);
    widget::announce_as(&response, "Modulation wheel", f64::from(value), &text, Some(0.01));
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
