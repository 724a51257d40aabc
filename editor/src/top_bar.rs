//! The bar: wordmark, what plays, undo, and how the machine is doing.

mod meter;

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

pub(crate) use meter::Meter;

use crate::Action;
use crate::browser::{self, Tab};
use crate::frame::Frame;
use crate::layout::{Class, Layout};
use crate::model::PackState;
use crate::paint;
use crate::theme::{Icon, Type};
use crate::widget::button::{Tool, heart, tool};
use crate::widget::{menu, tooltip};

/// Up to so many parts progress is counted, beyond it is told in percent.
const COUNTABLE: u32 = 200;

/// Draws the bar.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &mut Ui, layout: &Layout) {
    let t = frame.t;
    paint::hairline(ui.painter(), layout.top.left()..=layout.top.right(), layout.top.bottom() - 1.0, t.line);
    let small = layout.class == Class::S;
    let step = if small { Type::WordmarkSmall } else { Type::Wordmark };
    let at = layout.wordmark.left_center() + vec2(-1.0, 1.0);
    paint::text(ui.painter(), at, Align2::LEFT_CENTER, "Betwixt", step, t.text1);
    what_plays(frame, ui, layout);
    history(frame, ui, layout);
    compare(frame, ui, layout.compare);
    meter::show(frame, ui, layout);

    // The open browser lies over the sheet.
    let covered = frame.view.browser.open && !layout.docked;
    let on = frame.view.sheet && !covered;
    let gear = Tool { on: Some(on), ..Tool::new(Icon::Gear, "Settings", "") };
    if tool(frame, ui, layout.settings, &gear).clicked() {
        frame.view.sheet = !on;
        frame.view.browser.open &= layout.docked;
    }
}

/// The name of preset or pack, and how far it is loaded.
fn what_plays(frame: &mut Frame<'_>, ui: &mut Ui, layout: &Layout) {
    let rect = layout.preset;
    let t = frame.t;
    let pack = &frame.model.pack;
    ui.painter().rect_filled(rect, CornerRadius::same(4), t.bg1);
    if t.is_contrast() {
        let stroke = egui::Stroke::new(1.0, t.line);
        ui.painter().rect_stroke(rect, CornerRadius::same(4), stroke, egui::StrokeKind::Inside);
    }
    let words = &frame.document().words;
    let name = match (words.name.is_empty(), pack.name.is_empty()) {
        (false, _) => words.name.clone(),
        (true, false) => pack.name.clone(),
        (true, true) => "No pack".to_owned(),
    };
    let named = !words.name.is_empty();
    let small = rect.height() < 30.0;
    let middle = rect.center().y;
    let place = |x: f32| Rect::from_center_size(pos2(x, middle), vec2(24.0, 28.0));
    for (by, x, icon, name, hint) in [
        (-1, rect.left() + 15.0, Icon::CaretLeft, "Previous preset", "["),
        (1, rect.left() + 39.0, Icon::CaretRight, "Next preset", "]"),
    ] {
        let enabled = !frame.model.presets.is_empty();
        let tool_of = Tool { size: 12.0, enabled, hint, ..Tool::new(icon, name, "As they are listed in the browser.") };
        if tool(frame, ui, place(x), &tool_of).clicked() {
            browser::step(frame, by);
        }
    }
    let button = place(rect.right() - 16.0);
    let mut right = button.left() - 2.0;
    let document = frame.document();
    let favourite = document.key.as_ref().and_then(|key| frame.model.presets.iter().find(|row| row.key == *key));
    if let Some(row) = favourite.filter(|_| !small) {
        let (key, on) = (row.key.clone(), row.favourite);
        if heart(frame, ui, place(right - 14.0), &row.words.name.clone(), on) {
            frame.actions.push(Action::Favourite(key, !on));
        }
        right -= 28.0;
    }
    let note = match &pack.state {
        PackState::Loading(l) if l.total > COUNTABLE => format!("{} %", u64::from(l.done) * 100 / u64::from(l.total)),
        PackState::Loading(l) if l.total > 0 => format!("{} of {}", l.done.min(l.total), l.total),
        PackState::Loading(_) => "Loading…".to_owned(),
        PackState::Ready if !named && !small => pack.author.clone(),
        _ => String::new(),
    };
    // A narrow box has smaller words rather than fewer.
    let step = if rect.width() < 270.0 { Type::Name } else { Type::Preset };
    let mut at = rect.left_center() + vec2(58.0, 1.0);
    let name_end = at.x + paint::galley(ui.painter(), &name, step, t.text1).size().x;
    // The author only where the name has room.
    let note_width = paint::galley(ui.painter(), &note, Type::Value, t.text2).size().x;
    let has_room = name_end + 16.0 + note_width <= right || !matches!(pack.state, PackState::Ready);
    let words = Rect::from_min_max(pos2(rect.left() + 54.0, rect.top()), pos2(right, rect.bottom()));
    if !note.is_empty() && has_room {
        let at = pos2(right, rect.center().y);
        let width = rect.width() * 0.38;
        let place = paint::text_within(ui.painter(), at, Align2::RIGHT_CENTER, &note, Type::Value, t.text2, width);
        right = place.left() - 8.0;
    }
    let color = if name == "No pack" { t.text3 } else { t.text1 };
    if frame.model.changed && named {
        // Something was changed since: a dot before the name.
        ui.painter().circle_filled(at + vec2(2.0, -1.0), 2.5, t.text2);
        at.x += 10.0;
    }
    paint::text_within(ui.painter(), at, Align2::LEFT_CENTER, &name, step, color, right - at.x - 4.0);
    let over = ui.interact(words, ui.scope_id().with("what plays"), Sense::CLICK);
    if name_end > right - 4.0 {
        tooltip::show(&t, &over, &name, "", "");
    }
    if over.clicked() {
        frame.view.browser.show_tab(Tab::Presets);
    }
    if over.hovered() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::PointingHand);
    }
    if let PackState::Loading(loading) = &pack.state
        && loading.total > 0
    {
        let share = (loading.done as f32 / loading.total as f32).clamp(0.0, 1.0);
        let line =
            Rect::from_min_max(pos2(rect.left() + 4.0, rect.bottom() - 2.0), pos2(rect.right() - 4.0, rect.bottom()));
        ui.painter().rect_filled(line, CornerRadius::same(1), t.track);
        let done = line.with_max_x(line.left() + line.width() * share);
        ui.painter().rect_filled(done, CornerRadius::same(1), t.accent);
    }
    let on = frame.view.browser.open && !layout.docked;
    let browse =
        Tool { size: 13.0, on: Some(on), ..Tool::new(Icon::CaretDown, "Presets and packs", "Opens the browser.") };
    if tool(frame, ui, button, &browse).clicked() {
        if on {
            frame.view.browser.open = false;
        } else {
            frame.view.browser.show_tab(Tab::Presets);
        }
    }
}

/// A and B: two states of the whole instrument, to compare.
fn compare(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect) {
    let t = frame.t;
    let second = frame.view.edits.is_second();
    let response = ui.interact(rect, ui.scope_id().with("compare"), Sense::click());
    let name = if second { "B plays, change to A" } else { "A plays, change to B" };
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, second, name));
    for (i, letter) in ["A", "B"].into_iter().enumerate() {
        let half = Rect::from_min_size(pos2(rect.left() + 18.0 * i as f32, rect.center().y - 9.0), vec2(18.0, 18.0));
        let on = second == (i == 1);
        if on {
            ui.painter().rect_filled(half, CornerRadius::same(3), t.bg2);
            let line = Rect::from_min_max(pos2(half.left(), half.bottom() - 1.5), half.max);
            ui.painter().rect_filled(line, CornerRadius { nw: 0, ne: 0, sw: 2, se: 2 }, t.accent);
        }
        let color = if on || response.hovered() { t.text1 } else { t.text2 };
        paint::text(ui.painter(), half.center(), Align2::CENTER_CENTER, letter, Type::Value, color);
    }
    if response.clicked() {
        frame.compare();
    }
    frame.focus_ring(ui, &response, rect.shrink2(vec2(0.0, 4.0)));
    let help = "Two states to compare. B begins as a copy of A. Right-click to copy.";
    tooltip::show(&t, &response, "A and B", help, "");
    response.context_menu(|ui| {
        ui.set_width(160.0);
        let words = if second { "Copy B to A" } else { "Copy A to B" };
        if menu::row(ui, &t, words, "", false) {
            let (model, edits) = (frame.model, &mut frame.view.edits);
            edits.copy_to_other(model);
        }
    });
}

/// Undo and redo: buttons, because hosts own the keys.
fn history(frame: &mut Frame<'_>, ui: &mut Ui, layout: &Layout) {
    let undo = Tool {
        size: 15.0,
        hint: "Ctrl+Z",
        enabled: frame.view.edits.can_undo(),
        ..Tool::new(Icon::Undo, "Undo", "Takes back the last change.")
    };
    let redo = Tool {
        size: 15.0,
        hint: "Shift+Ctrl+Z",
        enabled: frame.view.edits.can_redo(),
        ..Tool::new(Icon::Redo, "Redo", "Does it again.")
    };
    if tool(frame, ui, layout.undo, &undo).clicked() {
        frame.undo();
    }
    if tool(frame, ui, layout.redo, &redo).clicked() {
        frame.redo();
    }
}
