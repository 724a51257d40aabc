//! The list of presets, the words of the one that plays, and what can be done with the player's own.

use egui::accesskit::Role;
use egui::{
    Align2, CornerRadius, Key, Modifiers, Popup, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::filter::{Filter, listed, tags};
use super::{ROW, save};
use crate::Action;
use crate::frame::Frame;
use crate::model::{PresetKey, PresetRow};
use crate::paint;
use crate::theme::color::fade;
use crate::theme::{Icon, Type};
use crate::widget::button::{Tool, button, button_width, heart, tool};
use crate::widget::field::{Field, field};
use crate::widget::{chip, menu, tooltip};

/// Height of what stands below the list.
const FOOT: f32 = 64.0;

/// Loads the preset before or after the one that plays, as they are listed.
pub(crate) fn step(frame: &mut Frame<'_>, by: isize) {
    let rows = frame.model.presets.clone();
    let browser = &mut frame.view.browser;
    browser.follow = true;
    let places = listed(&rows, browser.filter, &browser.tags, &browser.search);
    // A list that shows nothing is no list to walk through.
    let places = if places.is_empty() { (0..rows.len()).collect() } else { places };
    let now = frame.document().key.as_ref();
    let at = now.and_then(|key| places.iter().position(|i| rows[*i].key == *key));
    let count = places.len() as isize;
    if count == 0 {
        return;
    }
    let next = match at {
        Some(at) => (at as isize + by).rem_euclid(count),
        None if by < 0 => count - 1,
        None => 0,
    };
    let key = rows[places[next as usize]].key.clone();
    frame.load_preset(key);
}

/// Draws chips, list and foot in `rect`; `searching` while the search field has the keyboard.
pub(super) fn show(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, searching: bool) {
    let chips = chips(frame, ui, rect);
    let rows = frame.model.presets.clone();
    let browser = &frame.view.browser;
    let places = listed(&rows, browser.filter, &browser.tags, &browser.search);
    let form = browser.form.is_some();
    let foot_height = if form { save::HEIGHT } else { FOOT };
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - foot_height), rect.max);
    let list = Rect::from_min_max(pos2(rect.left(), chips + 8.0), pos2(rect.right(), foot.top() - 8.0));
    if places.is_empty() {
        nothing(frame, ui, list, rows.is_empty());
    } else {
        rows_of(frame, ui, list, &rows, &places);
    }
    paint::hairline(ui.painter(), rect.left()..=rect.right(), foot.top() - 4.0, frame.t.line);
    if form {
        save::show(frame, ui, foot);
    } else {
        words(frame, ui, foot, &rows);
    }
    if searching {
        // Walking through the list goes on while a word stands in the search.
        let pressed = |key| ui.input_mut(|i| i.count_and_consume_key(Modifiers::NONE, key)) as isize;
        let by = pressed(Key::ArrowDown) - pressed(Key::ArrowUp);
        if by != 0 {
            step(frame, by);
        }
    }
}

/// Chips of owners and tags, as many as two rows take; returns where they end.
fn chips(frame: &mut Frame<'_>, ui: &Ui, rect: Rect) -> f32 {
    let (mut x, mut y) = (rect.left(), rect.top());
    // A low list keeps its room.
    let mut rows_left = if rect.height() > 320.0 { 2 } else { 1 };
    for (filter, word) in Filter::ALL {
        let on = frame.view.browser.filter == filter;
        let width = chip::width(frame, ui, word);
        if chip::chip(frame, ui, pos2(x, y), word, on) {
            frame.view.browser.filter = filter;
        }
        x += width + 6.0;
    }
    for tag in tags(&frame.model.presets) {
        let width = chip::width(frame, ui, &tag);
        if x + width > rect.right() {
            rows_left -= 1;
            if rows_left <= 0 {
                break;
            }
            (x, y) = (rect.left(), y + chip::HEIGHT + 4.0);
        }
        let on = frame.view.browser.tags.contains(&tag);
        if chip::chip(frame, ui, pos2(x, y), &tag, on) && !frame.view.browser.tags.remove(&tag) {
            frame.view.browser.tags.insert(tag);
        }
        x += width + 6.0;
    }
    y + chip::HEIGHT
}

fn nothing(frame: &mut Frame<'_>, ui: &mut Ui, list: Rect, none_at_all: bool) {
    let t = frame.t;
    let browser = &frame.view.browser;
    let text = match (none_at_all, browser.search.trim()) {
        (true, _) => "No presets yet.".to_owned(),
        (_, "") => "No preset has all of these tags.".to_owned(),
        (_, search) => format!("Nothing found for “{search}”."),
    };
    let at = pos2(list.center().x, list.top() + 48.0);
    paint::text_within(ui.painter(), at, Align2::CENTER_CENTER, &text, Type::Body, t.text2, list.width());
    if none_at_all {
        return;
    }
    let label = "Clear filters";
    let width = button_width(ui, label, frame);
    if button(frame, ui, pos2((at.x - width / 2.0).round(), at.y + 16.0), label, false).1 {
        let browser = &mut frame.view.browser;
        browser.search.clear();
        browser.tags.clear();
        browser.filter = Filter::All;
    }
}

fn rows_of(frame: &mut Frame<'_>, ui: &mut Ui, list: Rect, rows: &[PresetRow], places: &[usize]) {
    let mut inner = ui.new_child(UiBuilder::new().max_rect(list).id_salt("presets"));
    inner.set_clip_rect(list.intersect(ui.clip_rect()));
    let mut area = ScrollArea::vertical().auto_shrink([false, false]);
    if std::mem::take(&mut frame.view.browser.follow) {
        let now = frame.document().key.as_ref();
        if let Some(at) = now.and_then(|key| places.iter().position(|i| rows[*i].key == *key)) {
            area = area.vertical_scroll_offset((at as f32 * ROW - list.height() / 2.0 + ROW / 2.0).max(0.0));
        }
    }
    area.show_rows(&mut inner, ROW, places.len(), |ui, range| {
        for i in range {
            row(frame, ui, &rows[places[i]]);
        }
    });
}

fn row(frame: &mut Frame<'_>, ui: &mut Ui, row: &PresetRow) {
    let t = frame.t;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let now = frame.document().key.as_ref() == Some(&row.key);
    let mine = matches!(row.key, PresetKey::User(_));
    let tools = if mine { 64.0 } else { 34.0 };
    let target = rect.with_max_x(rect.right() - tools);
    let response = ui.interact(target, ui.scope_id().with(("preset", &row.key)), Sense::click());
    let name = row.words.name.clone();
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, now, &name));
    let painter = ui.painter().clone();
    if now || response.hovered() {
        painter.rect_filled(rect, CornerRadius::same(4), if now { t.bg2 } else { t.bg1 });
    }
    if now {
        let line = Rect::from_min_size(rect.min, vec2(2.0, ROW));
        painter.rect_filled(line, CornerRadius::ZERO, t.accent);
    } else {
        paint::hairline(&painter, rect.left()..=rect.right(), rect.bottom() - 1.0, t.line);
    }
    let thumb = Rect::from_min_size(rect.min + vec2(10.0, 7.0), vec2(40.0, 32.0));
    painter.rect_filled(thumb, CornerRadius::same(3), t.bg2);
    if let Some(map) = &row.map {
        frame.view.thumbs.map(ui, &painter, thumb, map, t.theme);
        let at = pos2(thumb.left() + thumb.width() * row.at[0], thumb.bottom() - thumb.height() * row.at[1]);
        let at = at.clamp(thumb.min + vec2(4.0, 4.0), thumb.max - vec2(4.0, 4.0));
        painter.circle(at, 3.0, t.mark, egui::Stroke::new(1.5, fade(t.case, 0.7)));
    }
    let left = thumb.right() + 14.0;
    if !renaming(frame, ui, row, Rect::from_min_max(pos2(left, rect.top() + 8.0), rect.max - vec2(tools + 8.0, 8.0))) {
        let color = if row.missing { t.text3 } else { t.text1 };
        let width = target.right() - left - 8.0;
        let at = pos2(left, rect.top() + 16.0);
        paint::text_within(&painter, at, Align2::LEFT_CENTER, &row.words.name, Type::Name, color, width);
        let mut second: Vec<String> = Vec::new();
        if row.missing {
            second.push(format!("Pack “{}” not found", row.pack));
        } else if !row.pack.is_empty() {
            second.push(row.pack.clone());
        }
        second.extend(row.words.tags.iter().take(4).cloned());
        let at = pos2(left, rect.top() + 34.0);
        paint::text_within(&painter, at, Align2::LEFT_CENTER, &second.join(" · "), Type::Label, t.text2, width);
    }
    if response.clicked() && !now {
        frame.load_preset(row.key.clone());
    }
    frame.focus_ring(ui, &response, target.shrink(2.0));
    tooltip::show(&t, &response, &row.words.name, &row.words.description, "");
    let place = Rect::from_center_size(pos2(rect.right() - 17.0, rect.center().y), vec2(28.0, 28.0));
    if heart(frame, ui, place, &name, row.favourite) {
        frame.actions.push(Action::Favourite(row.key.clone(), !row.favourite));
    }
    if mine {
        let place = place.translate(vec2(-30.0, 0.0));
        let label = format!("More for {name}");
        let response = tool(frame, ui, place, &Tool::new(Icon::MoreDown, &label, ""));
        Popup::menu(&response).show(|ui| own_menu(frame, ui, row));
    }
}

fn own_menu(frame: &mut Frame<'_>, ui: &mut Ui, row: &PresetRow) {
    let t = frame.t;
    ui.set_width(176.0);
    if menu::row(ui, &t, "Rename…", "", false) {
        frame.view.browser.rename = Some((row.key.clone(), row.words.name.clone()));
    }
    if menu::row(ui, &t, "Save what plays here", "", false) {
        let words = row.words.clone();
        frame.actions.push(Action::SavePreset { words, over: Some(row.key.clone()) });
    }
    if let PresetKey::User(path) = &row.key
        && menu::row(ui, &t, "Show the file", "", false)
    {
        frame.actions.push(Action::Reveal(path.clone()));
    }
    menu::rule(ui, &t);
    if menu::row(ui, &t, "Delete", "", false) {
        frame.actions.push(Action::DeletePreset(row.key.clone()));
    }
}

/// The field for a new name, in the row; true while it is open.
fn renaming(frame: &mut Frame<'_>, ui: &mut Ui, row: &PresetRow, rect: Rect) -> bool {
    let Some((key, mut name)) = frame.view.browser.rename.take_if(|(key, _)| *key == row.key) else { return false };
    let of = Field { name: "New name", hint: "Name", icon: None, limit: 80 };
    let rect = Rect::from_center_size(rect.center(), vec2(rect.width(), 28.0));
    let id = ui.scope_id().with("renaming");
    let fresh = ui.data_mut(|d| !d.get_temp::<bool>(id).unwrap_or(false));
    let response = field(frame, ui, rect, &of, &mut name);
    ui.data_mut(|d| d.insert_temp(id, true));
    if fresh {
        response.request_focus();
    }
    let (enter, escape) = ui.input(|i| (i.key_pressed(Key::Enter), i.key_pressed(Key::Escape)));
    let name_is_good = !name.trim().is_empty();
    if enter && name_is_good {
        if name.trim() != row.words.name {
            frame.actions.push(Action::RenamePreset(key, name.trim().to_owned()));
        }
    } else if fresh || (!escape && response.has_focus()) {
        frame.view.browser.rename = Some((key, name));
        return true;
    }
    ui.data_mut(|d| d.remove::<bool>(id));
    true
}

/// What the preset that plays says of itself, and the button that saves.
fn words(frame: &mut Frame<'_>, ui: &mut Ui, foot: Rect, rows: &[PresetRow]) {
    let t = frame.t;
    let label = "Save as…";
    let width = button_width(ui, label, frame);
    let at = pos2(foot.right() - width, foot.top() + 6.0);
    if button(frame, ui, at, label, frame.model.changed).1 {
        super::save(frame);
    }
    let words = &frame.document().words;
    let known = rows.iter().any(|row| Some(&row.key) == frame.document().key.as_ref());
    let (first, second) = if words.name.is_empty() || !known {
        ("Not saved as a preset".to_owned(), "Save it to have it in every project.".to_owned())
    } else {
        let by = if words.author.is_empty() { String::new() } else { format!(" · {}", words.author) };
        (format!("{}{by}", words.name), words.description.clone())
    };
    let left = foot.width() - width - 24.0;
    let changed = if frame.model.changed { " · changed" } else { "" };
    let line = format!("{first}{changed}");
    let at = foot.min + vec2(0.0, 14.0);
    paint::text_within(ui.painter(), at, Align2::LEFT_CENTER, &line, Type::Row, t.text1, left);
    let galley = ui.painter().layout(second, Type::Label.font(), t.text2, left);
    let clip = Rect::from_min_max(foot.min + vec2(0.0, 24.0), foot.max + vec2(0.0, 4.0));
    ui.painter_at(clip).galley(foot.min + vec2(0.0, 26.0), galley, t.text2);
}
