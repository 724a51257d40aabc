//! Rows of menus, and the small menu fields in the titles of groups.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Popup, Rect, Sense, Ui, WidgetInfo, vec2};

use crate::frame::Frame;
use crate::paint;
use crate::theme::{Icon, Tokens, Type};

/// Height of a row.
const ROW: f32 = 26.0;

/// One row: a check where it is on, its words, its shortcut. True when chosen, which closes the menu.
pub(crate) fn row(ui: &mut Ui, t: &Tokens, label: &str, shortcut: &str, on: bool) -> bool {
    let chosen = staying(ui, t, label, shortcut, on);
    if chosen {
        // By itself it closes for the pointer only.
        ui.close();
    }
    chosen
}

/// A row of a menu that stays open.
pub(crate) fn staying(ui: &mut Ui, t: &Tokens, label: &str, shortcut: &str, on: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::MenuItem, true, on, label));
    let painter = ui.painter();
    if response.hovered() || response.has_focus() {
        painter.rect_filled(rect, CornerRadius::same(4), t.bg3);
    }
    if on {
        paint::icon(painter, rect.left_center() + vec2(13.0, 0.0), Icon::Check, 13.0, t.text1);
    }
    let at = rect.right_center() - vec2(8.0, 0.0);
    let shortcut = paint::text(painter, at, Align2::RIGHT_CENTER, shortcut, Type::Label, t.text2);
    let at = rect.left_center() + vec2(26.0, 0.0);
    let room = shortcut.left() - at.x - 4.0;
    paint::text_within(painter, at, Align2::LEFT_CENTER, label, Type::Body, t.text1, room);
    response.clicked()
}

/// A hairline between rows.
pub(crate) fn rule(ui: &mut Ui, t: &Tokens) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 9.0), Sense::hover());
    paint::hairline(ui.painter(), rect.left() + 8.0..=rect.right() - 8.0, rect.center().y, t.line);
}

/// A row of a menu with a choice of its own: its words, and what is chosen; a click goes on to the next. Returns which
/// was chosen.
pub(crate) fn picker(frame: &Frame<'_>, ui: &mut Ui, label: &str, now: &str, words: &[String]) -> Option<usize> {
    let t = frame.t;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW + 2.0), Sense::click());
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(now.to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, true, label)
    });
    let painter = ui.painter();
    if response.hovered() || response.has_focus() {
        painter.rect_filled(rect, CornerRadius::same(4), t.bg3);
    }
    paint::text(painter, rect.left_center() + vec2(8.0, 0.0), Align2::LEFT_CENTER, label, Type::Body, t.text2);
    paint::text(painter, rect.right_center() - vec2(24.0, 0.0), Align2::RIGHT_CENTER, now, Type::Value, t.text1);
    paint::icon(painter, rect.right_center() - vec2(13.0, 0.0), Icon::CaretDown, 10.0, t.text2);
    let mut chosen = None;
    Popup::menu(&response).align(egui::RectAlign::BOTTOM_END).show(|ui| {
        // The list that it belongs to comes to the front when it is clicked.
        ui.ctx().move_to_top(ui.layer_id());
        ui.set_width(132.0);
        for (i, word) in words.iter().enumerate() {
            if row(ui, &t, word, "", word == now) {
                chosen = Some(i);
            }
        }
    });
    chosen
}

/// A choice as words with a caret, flush right in `rect`; `words` are what the menu says for each step.
pub(crate) fn choice(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, id: &'static str, words: &[&str]) {
    let Some(name) = frame.parameter(id).map(|p| p.name.clone()) else { return };
    let t = frame.t;
    let now = frame.step(id);
    let word = words.get(now).copied().unwrap_or_default();
    let galley = paint::galley(ui.painter(), word, Type::Value, t.text2);
    let width = galley.size().x + 16.0;
    let rect = Rect::from_min_max(rect.right_top() - vec2(width, 0.0), rect.right_bottom());
    let response = ui.interact(rect, ui.scope_id().with(("choice", id)), Sense::click());
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(word.to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, true, &name)
    });
    let color = if response.hovered() || Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response)) {
        t.text1
    } else {
        t.text2
    };
    let at = rect.left_center();
    paint::text(ui.painter(), at, Align2::LEFT_CENTER, word, Type::Value, color);
    paint::icon(ui.painter(), rect.right_center() - vec2(5.0, 0.0), Icon::CaretDown, 10.0, color);
    frame.focus_ring(ui, &response, rect);
    Popup::menu(&response).align(egui::RectAlign::BOTTOM_END).show(|ui| {
        ui.set_width(152.0);
        for (i, word) in words.iter().enumerate() {
            if row(ui, &t, word, "", i == now) {
                let value = frame.parameter(id).map_or(0.0, |p| p.value_of_step(i));
                frame.jump(&[(id, value)]);
            }
        }
    });
    super::tooltip::of_parameter(frame, &response, id);
}
