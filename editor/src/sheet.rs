//! The sheet of settings, over the right column only: the map stays in sight and plays on.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Key, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::Action;
use crate::frame::Frame;
use crate::layout::Layout;
use crate::model::{MAX_SCALE, MIN_SCALE, SCALE_STEP, Settings, Theme};
use crate::paint;
use crate::theme::{Icon, Type};
use crate::widget::button::{Tool, tool};
use crate::widget::segmented::Segments;
use crate::widget::{segmented, switch};

/// Draws the sheet.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &mut Ui, layout: &Layout) {
    let t = frame.t;
    let rect = layout.sheet;
    ui.painter().rect_filled(rect, CornerRadius::ZERO, t.bg0);
    paint::hairline_down(ui.painter(), rect.left(), rect.top()..=rect.bottom(), t.line);
    let inside = Rect::from_min_max(
        pos2(layout.column.area.left(), rect.top() + 8.0),
        pos2(layout.column.area.right(), rect.bottom()),
    );
    let head = Rect::from_min_size(inside.min, vec2(inside.width(), 28.0));
    paint::text(ui.painter(), head.left_center(), Align2::LEFT_CENTER, "Settings", Type::Title, t.text1);
    let close = Rect::from_min_size(pos2(head.right() - 22.0, head.top()), vec2(28.0, 28.0));
    let escape = ui.input(|i| i.key_pressed(Key::Escape));
    if tool(frame, ui, close, &Tool::new(Icon::Close, "Close settings", "")).clicked() || escape {
        frame.view.sheet = false;
        return;
    }
    let mut rows = Rows { y: head.bottom() + 6.0, rect: inside };
    let settings = frame.model.settings.clone();
    theme(frame, ui, &mut rows, &settings);
    scale(frame, ui, &mut rows, &settings);
    flag(frame, ui, &mut rows, &settings, Flag::Accent);
    flag(frame, ui, &mut rows, &settings, Flag::Motion);
    if frame.has("quality") {
        let control = rows.row(ui, frame, "Quality", "Of pitch shifting. Bounces always use Best.");
        segmented::choice(frame, ui, control, "quality", rows.is_narrow());
    }
    let at = pos2(inside.left(), rows.y + 16.0);
    if at.y + 10.0 < inside.bottom() {
        let version = concat!("Betwixt ", env!("CARGO_PKG_VERSION"));
        paint::text(ui.painter(), at, Align2::LEFT_CENTER, version, Type::Label, t.text2);
    }
}

/// Rows from top to bottom: label left, control right, a line of why under it.
struct Rows {
    y: f32,
    rect: Rect,
}

impl Rows {
    fn is_narrow(&self) -> bool {
        self.rect.width() < 300.0
    }

    /// Draws label and reason; returns the control's place.
    fn row(&mut self, ui: &Ui, frame: &Frame<'_>, label: &str, why: &str) -> Rect {
        let (t, painter) = (frame.t, ui.painter());
        let left = self.rect.left();
        if self.is_narrow() {
            paint::text(painter, pos2(left, self.y + 8.0), Align2::LEFT_CENTER, label, Type::Row, t.text1);
            let control = Rect::from_min_size(pos2(left, self.y + 18.0), vec2(self.rect.width(), 24.0));
            self.y += 50.0;
            return control;
        }
        paint::hairline(painter, left..=self.rect.right(), self.y, t.line);
        paint::text(painter, pos2(left, self.y + 19.0), Align2::LEFT_CENTER, label, Type::Row, t.text1);
        let at = pos2(left, self.y + 38.0);
        paint::text_within(painter, at, Align2::LEFT_CENTER, why, Type::Label, t.text2, self.rect.width());
        let control = Rect::from_min_size(pos2(left, self.y + 7.0), vec2(self.rect.width(), 24.0));
        self.y += 54.0;
        control
    }
}

fn theme(frame: &mut Frame<'_>, ui: &mut Ui, rows: &mut Rows, settings: &Settings) {
    const THEMES: [Theme; 3] = [Theme::Dark, Theme::Light, Theme::Contrast];
    let control = rows.row(ui, frame, "Theme", "Contrast is made for bad light and tired eyes.");
    let now = THEMES.iter().position(|t| *t == settings.theme).unwrap_or(0);
    let of = Segments {
        name: "Theme",
        words: &["Dark", "Light", "Contrast"],
        now,
        fill: rows.is_narrow(),
        keyboard: frame.view.keyboard_used,
    };
    let chosen = segmented::segments(ui, &frame.t, control, &of);
    if let Some(i) = chosen {
        frame.actions.push(Action::Settings(Settings { theme: THEMES[i], ..settings.clone() }));
    }
}

/// The next scale up or down.
pub(crate) fn stepped(settings: &Settings, steps: f32) -> Settings {
    let scale = ((settings.scale / SCALE_STEP).round() + steps) * SCALE_STEP;
    Settings { scale: scale.clamp(MIN_SCALE, MAX_SCALE), ..settings.clone() }
}

fn scale(frame: &mut Frame<'_>, ui: &mut Ui, rows: &mut Rows, settings: &Settings) {
    let control = rows.row(ui, frame, "Scale", "Size of everything in the window.");
    let right = if rows.is_narrow() { control.left() + 116.0 } else { control.right() };
    let place = |x: f32| Rect::from_center_size(pos2(x, control.center().y), vec2(28.0, 28.0));
    let smaller = Tool {
        hint: "Ctrl −",
        enabled: settings.scale > MIN_SCALE,
        ..Tool::new(Icon::Minus, "Smaller", "Size of everything in the window.")
    };
    let larger = Tool {
        hint: "Ctrl +",
        enabled: settings.scale < MAX_SCALE,
        ..Tool::new(Icon::Plus, "Larger", "Size of everything in the window.")
    };
    if tool(frame, ui, place(right - 102.0), &smaller).clicked() {
        frame.actions.push(Action::Settings(stepped(settings, -1.0)));
    }
    let text = format!("{:.0} %", settings.scale * 100.0);
    let at = pos2(right - 58.0, control.center().y);
    paint::text(ui.painter(), at, Align2::CENTER_CENTER, &text, Type::Value, frame.t.text1);
    if tool(frame, ui, place(right - 14.0), &larger).clicked() {
        frame.actions.push(Action::Settings(stepped(settings, 1.0)));
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Flag {
    Accent,
    Motion,
}

fn flag(frame: &mut Frame<'_>, ui: &mut Ui, rows: &mut Rows, settings: &Settings, flag: Flag) {
    let (label, why, on) = match flag {
        Flag::Accent => ("Accent follows the map", "Off: it stays brass.", !settings.fixed_accent),
        Flag::Motion => ("Reduce motion", "No trail and no easing.", settings.reduce_motion),
    };
    let control = rows.row(ui, frame, label, why);
    let at = if rows.is_narrow() { control.left() + 15.0 } else { control.right() - 15.0 };
    let at = pos2(at, control.center().y);
    let target = Rect::from_center_size(at, vec2(34.0, 24.0));
    let response = ui.interact(target, ui.scope_id().with(("setting", label)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, label));
    switch::face(ui, &frame.t, at, on);
    let word = if on { "On" } else { "Off" };
    let (x, anchor) = if rows.is_narrow() {
        (target.right() + 6.0, Align2::LEFT_CENTER)
    } else {
        (target.left() - 6.0, Align2::RIGHT_CENTER)
    };
    paint::text(ui.painter(), pos2(x, at.y), anchor, word, Type::Value, frame.t.text1);
    frame.focus_ring(ui, &response, target.shrink2(vec2(0.0, 3.0)));
    if response.clicked() {
        let mut changed = settings.clone();
        match flag {
            Flag::Accent => changed.fixed_accent = !changed.fixed_accent,
            Flag::Motion => changed.reduce_motion = !changed.reduce_motion,
        }
        frame.actions.push(Action::Settings(changed));
    }
}
