//! The bar: wordmark, what plays, undo, and how the machine is doing.

mod meter;

use egui::{Align2, CornerRadius, Key, KeyboardShortcut, Modifiers, Rect, Ui, pos2, vec2};

pub(crate) use meter::Meter;

use crate::frame::Frame;
use crate::layout::{Class, Layout};
use crate::model::PackState;
use crate::opener::{self, Opener};
use crate::paint;
use crate::theme::{Icon, Type};
use crate::widget::button::{Tool, tool};

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
    what_plays(frame, ui, layout.preset);
    history(frame, ui, layout);
    meter::show(frame, ui, layout);

    let on = frame.view.sheet;
    let gear = Tool { on: Some(on), ..Tool::new(Icon::Gear, "Settings", "") };
    if tool(frame, ui, layout.settings, &gear).clicked() {
        frame.view.sheet = !on;
    }
}

/// The name of preset or pack, and how far it is loaded.
fn what_plays(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect) {
    let t = frame.t;
    let pack = &frame.model.pack;
    ui.painter().rect_filled(rect, CornerRadius::same(4), t.bg1);
    if t.is_contrast() {
        let stroke = egui::Stroke::new(1.0, t.line);
        ui.painter().rect_stroke(rect, CornerRadius::same(4), stroke, egui::StrokeKind::Inside);
    }
    let name = match (frame.model.document.words.name.is_empty(), pack.name.is_empty()) {
        (false, _) => frame.model.document.words.name.as_str(),
        (true, false) => pack.name.as_str(),
        (true, true) => "No pack",
    };
    let small = rect.height() < 30.0;
    let button = Rect::from_center_size(pos2(rect.right() - 16.0, rect.center().y), vec2(28.0, 28.0));
    let mut right = button.left() - 4.0;
    let note = match &pack.state {
        PackState::Loading(l) if l.total > COUNTABLE => format!("{} %", u64::from(l.done) * 100 / u64::from(l.total)),
        PackState::Loading(l) if l.total > 0 => format!("{} of {}", l.done.min(l.total), l.total),
        PackState::Loading(_) => "Loading…".to_owned(),
        PackState::Ready if frame.model.document.words.name.is_empty() && !small => pack.author.clone(),
        _ => String::new(),
    };
    if !note.is_empty() {
        let at = pos2(right, rect.center().y);
        let width = rect.width() * 0.38;
        let place = paint::text_within(ui.painter(), at, Align2::RIGHT_CENTER, &note, Type::Value, t.text2, width);
        right = place.left() - 8.0;
    }
    let step = if small { Type::Name } else { Type::Preset };
    let at = rect.left_center() + vec2(10.0, 1.0);
    let color = if name == "No pack" { t.text3 } else { t.text1 };
    paint::text_within(ui.painter(), at, Align2::LEFT_CENTER, name, step, color, right - rect.left() - 10.0);
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
    let on = frame.view.opener.is_some();
    let open = Tool { on: Some(on), ..Tool::new(Icon::Open, "Open a pack", "Choose another pack of sounds.") };
    let response = tool(frame, ui, button, &open);
    if response.clicked() && !on {
        frame.view.opener = Some(Opener::default());
    }
    opener::show(frame, &response);
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
    if frame.view.entry.is_some() || frame.view.opener.is_some() {
        return;
    }
    let pressed = |modifiers, key| ui.input_mut(|i| i.consume_shortcut(&KeyboardShortcut::new(modifiers, key)));
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y) {
        frame.redo();
    } else if pressed(Modifiers::COMMAND, Key::Z) {
        frame.undo();
    }
}
