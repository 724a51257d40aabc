//! The sheet of settings, over the right column only: the map stays in sight and plays on.

use std::path::{Path, PathBuf};

use egui::accesskit::Role;
use egui::{
    Align2, CornerRadius, Key, Popup, Rect, RectAlign, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::Action;
use crate::fit;
use crate::frame::Frame;
use crate::layout::Layout;
use crate::model::{Folder, MAX_SCALE, MIN_SCALE, Mpe, SCALE_STEP, Settings, Theme};
use crate::paint;
use crate::theme::{Icon, Type};
use crate::widget::button::{Tool, tool};
use crate::widget::field::{Field, Lead, ended, field, select};
use crate::widget::segmented::Segments;
use crate::widget::{menu, segmented, switch};

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
    // An open menu or field takes it first.
    let free = frame.view.path_entry.is_none() && !frame.view.menu_open;
    let escape = free && ui.input(|i| i.key_pressed(Key::Escape));
    if tool(frame, ui, close, &Tool::new(Icon::Close, "Close settings", "")).clicked() || escape {
        frame.view.sheet = false;
        return;
    }
    let list =
        Rect::from_min_max(pos2(inside.left(), head.bottom() + 4.0), pos2(inside.right() + 6.0, inside.bottom()));
    let mut inner = ui.new_child(UiBuilder::new().max_rect(list).id_salt("settings"));
    inner.set_clip_rect(list.expand2(vec2(4.0, 0.0)).intersect(ui.clip_rect()));
    ScrollArea::vertical().auto_shrink([false, false]).show(&mut inner, |ui| {
        let top = ui.min_rect().top();
        let rect = Rect::from_min_max(pos2(inside.left(), top), pos2(inside.right(), f32::INFINITY));
        let mut rows = Rows { y: top + 2.0, rect };
        settings(frame, ui, &mut rows);
        ui.allocate_rect(Rect::from_min_max(rect.min, pos2(inside.right(), rows.y)), Sense::hover());
    });
}

fn settings(frame: &mut Frame<'_>, ui: &mut Ui, rows: &mut Rows) {
    let now = frame.model.settings.clone();
    rows.title(ui, frame, "Look");
    theme(frame, ui, rows, &now);
    scale(frame, ui, rows, &now);
    flag(frame, ui, rows, &now, Flag::Accent);
    flag(frame, ui, rows, &now, Flag::Motion);
    rows.title(ui, frame, "Sound and memory");
    if frame.has("quality") {
        let control = rows.row(ui, frame, "Quality", "Of pitch shifting. Bounces always use Best.");
        segmented::choice(frame, ui, control, "quality", rows.is_narrow());
    }
    memory(frame, ui, rows, &now);
    rows.title(ui, frame, "MIDI");
    mpe(frame, ui, rows, &now);
    flag(frame, ui, rows, &now, Flag::MiddleC);
    rows.title(ui, frame, "Files");
    files(frame, ui, rows);
    let version = concat!("Betwixt ", env!("CARGO_PKG_VERSION"), ", MIT or Apache-2.0. Fonts: SIL OFL 1.1.");
    let at = pos2(rows.rect.left(), rows.y + 16.0);
    let width = rows.rect.width();
    paint::text_within(ui.painter(), at, Align2::LEFT_CENTER, version, Type::Label, frame.t.text2, width);
    rows.y += 32.0;
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

    /// The title of the rows that follow.
    fn title(&mut self, ui: &Ui, frame: &Frame<'_>, title: &str) {
        let at = pos2(self.rect.left(), self.y + 14.0);
        paint::text(ui.painter(), at, Align2::LEFT_CENTER, title, Type::Group, frame.t.text1);
        self.y += 28.0;
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

    /// Draws the row's line when it says more than why, in narrow sheets too: a path keeps its end.
    fn fact(&mut self, ui: &Ui, frame: &Frame<'_>, fact: &str) {
        let (color, width) = (frame.t.text2, self.rect.width());
        let y = if self.is_narrow() {
            self.y += 16.0;
            self.y - 16.0
        } else {
            self.y - 16.0
        };
        let at = pos2(self.rect.left(), y);
        paint::path_within(ui.painter(), at, fact, Type::Label, color, width);
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

/// The next scale up or down. Where the window is drawn at a lower one than was chosen, down is below that.
pub(crate) fn stepped(settings: &Settings, up: bool, lowered: Option<f32>) -> Settings {
    let chosen = (settings.scale / SCALE_STEP).round();
    let steps = match (up, lowered) {
        (true, _) => chosen + 1.0,
        (false, Some(drawn)) => chosen.min((drawn / SCALE_STEP).ceil()) - 1.0,
        (false, None) => chosen - 1.0,
    };
    Settings { scale: (steps * SCALE_STEP).clamp(MIN_SCALE, MAX_SCALE), ..settings.clone() }
}

fn scale(frame: &mut Frame<'_>, ui: &mut Ui, rows: &mut Rows, settings: &Settings) {
    let percent = |scale: f32| format!("{:.0} %", scale * 100.0);
    let lowered = fit::lowered(ui.ctx());
    let (label, why) = match lowered {
        Some(drawn) if rows.is_narrow() => (format!("Scale: room for {}", percent(drawn)), String::new()),
        Some(drawn) => ("Scale".to_owned(), format!("This window has room for {}.", percent(drawn))),
        None => ("Scale".to_owned(), "Size of everything in the window. Ctrl − and Ctrl +.".to_owned()),
    };
    let control = rows.row(ui, frame, &label, &why);
    let text = percent(settings.scale);
    let names = [("Smaller", settings.scale > MIN_SCALE), ("Larger", settings.scale < MAX_SCALE)];
    if let Some(up) = less_or_more(frame, ui, rows, control, &text, names) {
        frame.actions.push(Action::Settings(stepped(settings, up, lowered)));
    }
}

/// The next budget up or down: powers of two, from 64 MiB to 64 GiB.
fn stepped_budget(settings: &Settings, up: bool) -> Settings {
    let now = settings.budget_mib.clamp(64, 65_536);
    let power = if now.is_power_of_two() { now } else { now.next_power_of_two() / 2 };
    let budget_mib = match (up, now == power) {
        (true, _) => (power * 2).min(65_536),
        (false, true) => (power / 2).max(64),
        (false, false) => power,
    };
    Settings { budget_mib, ..settings.clone() }
}

fn memory(frame: &mut Frame<'_>, ui: &mut Ui, rows: &mut Rows, settings: &Settings) {
    let used = frame.model.status.memory_bytes;
    let control = rows.row(ui, frame, "Memory", "");
    let why = "How much sound may wait in memory.";
    rows.fact(ui, frame, &if used == 0 { why.to_owned() } else { format!("{} now. {why}", paint::bytes(used)) });
    let text = paint::bytes(u64::from(settings.budget_mib) << 20);
    let names = [("Less memory", settings.budget_mib > 64), ("More memory", settings.budget_mib < 65_536)];
    if let Some(up) = less_or_more(frame, ui, rows, control, &text, names) {
        frame.actions.push(Action::Settings(stepped_budget(settings, up)));
    }
}

fn mpe(frame: &mut Frame<'_>, ui: &mut Ui, rows: &mut Rows, settings: &Settings) {
    const KINDS: [Mpe; 3] = [Mpe::Auto, Mpe::On, Mpe::Off];
    let control = rows.row(ui, frame, "MPE", "A channel for each note. Auto: when the controller says so.");
    let now = KINDS.iter().position(|kind| *kind == settings.mpe).unwrap_or(0);
    let keyboard = frame.view.keyboard_used;
    let of = Segments { name: "MPE", words: &["Auto", "On", "Off"], now, fill: rows.is_narrow(), keyboard };
    if let Some(i) = segmented::segments(ui, &frame.t, control, &of) {
        frame.actions.push(Action::Settings(Settings { mpe: KINDS[i], ..settings.clone() }));
    }
}

fn files(frame: &mut Frame<'_>, ui: &mut Ui, rows: &mut Rows) {
    let files = frame.model.files.clone();
    let cached = files.cache_bytes.filter(|bytes| *bytes > 0);
    let choice = |folder: Folder, is_fixed: bool| (!is_fixed).then_some(folder);
    for (label, path, choice, bytes) in [
        ("Packs and presets", &files.data, choice(Folder::Data, files.is_data_fixed), None),
        ("What builds keep", &files.cache, choice(Folder::Cache, files.is_cache_fixed), cached),
        ("Settings", &files.settings, None, None),
    ] {
        let Some(path) = path else { continue };
        let size = bytes.map(|bytes| format!("{}, ", paint::bytes(bytes))).unwrap_or_default();
        let control = rows.row(ui, frame, label, "");
        rows.fact(ui, frame, &format!("{size}{}", path.display()));
        if choice.is_some_and(|folder| path_entry(frame, ui, control, folder, path)) {
            continue;
        }
        let mut i = 0.0;
        let mut place = || {
            let x = if rows.is_narrow() { control.left() + 28.0 * i } else { control.right() - 22.0 - 28.0 * i };
            i += 1.0;
            Rect::from_min_size(pos2(x, control.top() - 2.0), vec2(28.0, 28.0))
        };
        if let Some(folder) = choice {
            let name = format!("Folder: {label}");
            let response = tool(frame, ui, place(), &Tool::new(Icon::MoreDown, &name, "Choose another folder."));
            Popup::menu(&response).align(RectAlign::BOTTOM_END).show(|ui| folder_menu(frame, ui, folder, path));
        }
        let name = format!("Show: {label}");
        if tool(frame, ui, place(), &Tool::new(Icon::Open, &name, "In the file manager.")).clicked() {
            frame.actions.push(Action::Reveal(path.clone()));
        }
        if bytes.is_some() {
            let clear = Tool::new(Icon::Trash, "Clear the cache", "Builds take longer the next time. Packs stay.");
            if tool(frame, ui, place(), &clear).clicked() {
                frame.actions.push(Action::ClearCache);
            }
        }
    }
}

/// How another folder is chosen.
fn folder_menu(frame: &mut Frame<'_>, ui: &mut Ui, folder: Folder, path: &Path) {
    let t = frame.t;
    ui.set_width(176.0);
    if frame.model.file_dialog && menu::row(ui, &t, "Choose…", "", false) {
        frame.actions.push(Action::AskFolder(folder));
    }
    if menu::row(ui, &t, "Type a path…", "", false) {
        let text = path.display().to_string();
        frame.view.path_entry = Some(PathEntry { folder, text, fresh: true, sent: None });
    }
    if menu::row(ui, &t, "The system’s usual one", "", false) {
        frame.actions.push(Action::SetFolder(folder, None));
    }
}

/// A folder's path that is being typed.
#[derive(Debug)]
pub(crate) struct PathEntry {
    folder: Folder,
    text: String,
    /// The field has just come, or its text was sent.
    fresh: bool,
    /// Its text was sent while this was the folder. The field stays until that changes: what is refused can be mended.
    sent: Option<PathBuf>,
}

/// The field for a folder's path in its row, while it is open. Enter takes it, Escape leaves.
fn path_entry(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, folder: Folder, now: &Path) -> bool {
    let Some(mut entry) = frame.view.path_entry.take_if(|entry| entry.folder == folder) else { return false };
    if entry.sent.as_ref().is_some_and(|before| before != now) {
        return false;
    }
    let of = Field { name: "Path of the folder", hint: "A whole path", lead: Lead::None, limit: 1000 };
    let rect = rect.translate(vec2(0.0, -4.0));
    let response = field(frame, ui, rect, &of, &mut entry.text);
    let fresh = std::mem::take(&mut entry.fresh);
    if fresh {
        select(ui, response.id, &entry.text, entry.sent.is_none());
        response.request_focus();
        frame.view.typing = true;
    }
    let (enter, escape) = ended(ui, &response);
    let text = entry.text.trim();
    let is_asked = enter && !text.is_empty();
    if is_asked {
        if Path::new(text) == now {
            return true;
        }
        frame.actions.push(Action::SetFolder(folder, Some(text.into())));
        (entry.sent, entry.fresh) = (Some(now.to_owned()), true);
    }
    if is_asked || fresh || (!escape && response.has_focus()) {
        frame.view.path_entry = Some(entry);
    }
    true
}

/// A value between a minus and a plus; says which was clicked.
fn less_or_more(
    frame: &mut Frame<'_>,
    ui: &mut Ui,
    rows: &Rows,
    control: Rect,
    text: &str,
    [less, more]: [(&str, bool); 2],
) -> Option<bool> {
    let right = if rows.is_narrow() { control.left() + 116.0 } else { control.right() };
    let place = |x: f32| Rect::from_center_size(pos2(x, control.center().y), vec2(28.0, 28.0));
    let smaller = Tool { enabled: less.1, ..Tool::new(Icon::Minus, less.0, "") };
    let larger = Tool { enabled: more.1, ..Tool::new(Icon::Plus, more.0, "") };
    let down = tool(frame, ui, place(right - 102.0), &smaller).clicked();
    let at = pos2(right - 58.0, control.center().y);
    paint::text(ui.painter(), at, Align2::CENTER_CENTER, text, Type::Value, frame.t.text1);
    let up = tool(frame, ui, place(right - 14.0), &larger).clicked();
    (down || up).then_some(up)
}

#[derive(Clone, Copy, PartialEq)]
enum Flag {
    Accent,
    Motion,
    MiddleC,
}

fn flag(frame: &mut Frame<'_>, ui: &mut Ui, rows: &mut Rows, settings: &Settings, flag: Flag) {
    let (label, why, on) = match flag {
        Flag::Accent => ("Accent follows the map", "Off: it stays brass.", !settings.fixed_accent),
        Flag::Motion => ("Reduce motion", "No trail and no easing.", settings.reduce_motion),
        Flag::MiddleC => ("Middle C is C3", "Off: it is C4.", settings.middle_c3),
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
            Flag::MiddleC => changed.middle_c3 = !changed.middle_c3,
        }
        frame.actions.push(Action::Settings(changed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_down_is_seen_where_the_window_has_no_room_for_what_was_chosen() {
        let at = |scale| Settings { scale, ..Settings::default() };
        for (chosen, up, lowered, expected) in [
            (1.0, true, None, 1.25),
            (1.0, false, None, 0.75),
            (0.75, false, None, 0.75),
            (3.0, true, Some(1.4), 3.0),
            (3.0, false, Some(1.4), 1.25),
            (2.0, false, Some(1.5), 1.25),
            (2.0, false, Some(1.99), 1.75),
            (0.75, false, Some(0.75), 0.75),
        ] {
            assert_eq!(stepped(&at(chosen), up, lowered).scale, expected, "{chosen} {up} {lowered:?}");
        }
    }
}
