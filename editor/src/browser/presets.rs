//! The list of presets, the words of the one that plays, and what can be done with the player's own.

use egui::accesskit::Role;
use egui::text::LayoutJob;
use egui::{
    Align2, Key, Modifiers, Popup, PopupCloseBehavior, Pos2, Rect, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};

use super::filter::{Filter, Listing, Question};
use super::{ROW, Row, Sight, save, scroll};
use crate::Action;
use crate::frame::Frame;
use crate::model::{PresetKey, PresetRow};
use crate::paint;
use crate::theme::color::fade;
use crate::theme::{Icon, Type};
use crate::widget::button::{Tool, button, button_width, heart, tool};
use crate::widget::field::{Field, Lead, ended, field, select};
use crate::widget::{chip, menu, tooltip};

/// Height of what stands below the list.
const FOOT: f32 = 64.0;

/// So many letters of a description are told.
const TOLD: usize = 400;

/// A new name that is being typed.
#[derive(Debug)]
pub(super) struct Rename {
    key: PresetKey,
    name: String,
    /// The field has just come.
    fresh: bool,
}

/// The listing, up to date; put it back.
fn take_listing(frame: &mut Frame<'_>) -> Listing {
    let browser = &mut frame.view.browser;
    browser.listing.follow(&frame.model.presets, &mut browser.question);
    std::mem::take(&mut browser.listing)
}

/// Loads the preset before or after the one that plays, as they are listed.
pub(crate) fn step(frame: &mut Frame<'_>, by: isize) {
    frame.view.browser.sight = Some(Sight::Playing);
    let listing = take_listing(frame);
    let rows = &listing.rows;
    let whole = |i: &usize| rows[*i].broken.is_none();
    let mut places: Vec<usize> = listing.places.iter().copied().filter(whole).collect();
    if places.is_empty() {
        // A list that shows nothing is no list to walk through.
        places = (0..rows.len()).filter(whole).collect();
    }
    let count = places.len();
    if count > 0 {
        let now = frame.document().key.as_ref();
        let next = match now.and_then(|key| places.iter().position(|i| rows[*i].key == *key)) {
            Some(at) => (at as isize + by).rem_euclid(count as isize) as usize,
            None if by < 0 => count - 1,
            None => 0,
        };
        frame.load_preset(rows[places[next]].key.clone());
    }
    frame.view.browser.listing = listing;
}

/// Loads the first preset that is listed, unless what plays is among them.
pub(super) fn first(frame: &mut Frame<'_>) {
    let listing = take_listing(frame);
    let now = frame.document().key.as_ref();
    let is_listed = listing.places.iter().any(|i| Some(&listing.rows[*i].key) == now);
    let has_any = listing.places.iter().any(|i| listing.rows[*i].broken.is_none());
    frame.view.browser.listing = listing;
    if has_any && !is_listed {
        step(frame, 1);
    }
}

/// Draws chips, list and foot in `rect`; `searching` while the search field has the keyboard, `escape` when it is for
/// nothing above.
pub(super) fn show(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, searching: bool, escape: bool) {
    let mut listing = take_listing(frame);
    if let Some(Sight::Preset(key)) = &frame.view.browser.sight
        && listing.rows.iter().any(|row| row.key == *key)
        && !listing.places.iter().any(|i| listing.rows[*i].key == *key)
    {
        // What was saved just now is seen, whatever was searched for.
        frame.view.browser.question = Question::default();
        frame.view.browser.listing = listing;
        listing = take_listing(frame);
    }
    let chips = chips(frame, ui, rect, &listing.tags);
    let form = frame.view.browser.form.is_some();
    let foot_height = if form { save::HEIGHT } else { FOOT };
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - foot_height), rect.max);
    let list = Rect::from_min_max(pos2(rect.left(), chips + 8.0), pos2(rect.right(), foot.top() - 8.0));
    if listing.places.is_empty() {
        nothing(frame, ui, list, listing.rows.is_empty());
    } else {
        rows_of(frame, ui, list, &listing);
    }
    paint::hairline(ui.painter(), rect.left()..=rect.right(), foot.top() - 4.0, frame.t.line);
    if form {
        save::show(frame, ui, foot, escape);
    } else {
        words(frame, ui, foot, &listing.rows);
    }
    frame.view.browser.listing = listing;
    if searching {
        // Walking through the list goes on while a word stands in the search.
        let pressed = |key| ui.input_mut(|i| i.count_and_consume_key(Modifiers::NONE, key)) as isize;
        let by = pressed(Key::ArrowDown) - pressed(Key::ArrowUp);
        if by != 0 {
            step(frame, by);
        }
    }
}

/// Chips of owners and tags, as many as two rows take, and one for the other tags; returns where they end.
fn chips(frame: &mut Frame<'_>, ui: &Ui, rect: Rect, tags: &[String]) -> f32 {
    // A low list keeps its room.
    let rows = if rect.height() > 320.0 { 2 } else { 1 };
    let mut pen = Pen { rect, at: rect.min, rows_left: rows };
    for (filter, word) in Filter::ALL {
        let question = &frame.view.browser.question;
        let on = question.filter == filter && (filter != Filter::All || question.tags.is_empty());
        let Some(at) = pen.place(chip::width(frame, ui, word)) else { break };
        if chip::chip(frame, ui, at, word, on).clicked() {
            let question = &mut frame.view.browser.question;
            question.filter = filter;
            if filter == Filter::All {
                question.tags.clear();
            }
        }
    }
    let more = format!("All {} tags", tags.len());
    let places = |words: &[&String]| {
        let mut pen = pen;
        words.iter().take_while(|word| pen.place(chip::width(frame, ui, word)).is_some()).count()
    };
    // How many are seen: all, or as many as leave room for the chip of all.
    let seen = |tags: &[&String]| match places(tags) {
        all if all == tags.len() => all,
        most => (0..=most).rev().find(|n| places(&[&tags[..*n], &[&more]].concat()) > *n).unwrap_or(0),
    };
    let mut shown: Vec<&String> = tags.iter().collect();
    let chosen = &frame.view.browser.question.tags;
    if shown[seen(&shown)..].iter().any(|tag| chosen.contains(*tag)) {
        // What is chosen is seen, before those that are not.
        shown.sort_by_key(|tag| !chosen.contains(*tag));
    }
    shown.truncate(seen(&shown));
    for tag in &shown {
        let Some(at) = pen.place(chip::width(frame, ui, tag)) else { break };
        let on = frame.view.browser.question.tags.contains(*tag);
        if chip::chip(frame, ui, at, tag, on).clicked() {
            frame.view.browser.question.toggle(tag);
        }
    }
    if shown.len() < tags.len()
        && let Some(at) = pen.place(chip::width(frame, ui, &more))
    {
        let chosen = &frame.view.browser.question.tags;
        let hidden = chosen.iter().filter(|tag| !shown.contains(tag)).count();
        let more = if hidden > 0 { format!("{hidden} of {} tags", tags.len()) } else { more };
        let response = chip::called(frame, ui, at, "all tags", &more, hidden > 0);
        let stays = PopupCloseBehavior::CloseOnClickOutside;
        Popup::menu(&response).close_behavior(stays).show(|ui| all_tags(frame, ui, tags));
    }
    pen.at.y + chip::HEIGHT
}

/// Where the next chip goes.
#[derive(Clone, Copy)]
struct Pen {
    rect: Rect,
    at: Pos2,
    rows_left: u32,
}

impl Pen {
    /// A place for a chip of this width; `None` where the rows are full.
    fn place(&mut self, width: f32) -> Option<Pos2> {
        if self.at.x + width > self.rect.right() {
            if self.rows_left < 2 {
                return None;
            }
            self.rows_left -= 1;
            self.at = pos2(self.rect.left(), self.at.y + chip::HEIGHT + 4.0);
        }
        let at = self.at;
        self.at.x += width + 6.0;
        Some(at)
    }
}

/// Every tag, to be chosen or not.
fn all_tags(frame: &mut Frame<'_>, ui: &mut Ui, tags: &[String]) {
    let t = frame.t;
    let mut tags: Vec<&String> = tags.iter().collect();
    tags.sort();
    ui.set_width(168.0);
    ScrollArea::vertical().max_height(312.0).show(ui, |ui| {
        for tag in tags {
            let on = frame.view.browser.question.tags.contains(tag);
            if menu::staying(ui, &t, tag, "", on) {
                frame.view.browser.question.toggle(tag);
            }
        }
    });
}

fn nothing(frame: &mut Frame<'_>, ui: &mut Ui, list: Rect, none_at_all: bool) {
    let t = frame.t;
    let question = &frame.view.browser.question;
    let text = match (question.search.trim(), question.filter) {
        _ if none_at_all => "No presets yet.".to_owned(),
        ("", Filter::Mine) if question.tags.is_empty() => "No presets of your own yet: save one.".to_owned(),
        ("", Filter::Favourites) if question.tags.is_empty() => "No favourites yet: a heart makes one.".to_owned(),
        ("", _) => "No preset has all of these tags.".to_owned(),
        (search, _) => format!("Nothing found for “{search}”."),
    };
    let at = pos2(list.center().x, list.top() + 48.0);
    paint::text_within(ui.painter(), at, Align2::CENTER_CENTER, &text, Type::Body, t.text2, list.width());
    if none_at_all {
        return;
    }
    let label = "Clear filters";
    let width = button_width(ui, label, frame);
    if button(frame, ui, pos2((at.x - width / 2.0).round(), at.y + 16.0), label, false).1 {
        frame.view.browser.question = Question::default();
    }
}

fn rows_of(frame: &mut Frame<'_>, ui: &mut Ui, list: Rect, listing: &Listing) {
    let Listing { rows, places, .. } = listing;
    let first = frame.view.browser.sight.take().and_then(|sight| {
        let key = match &sight {
            Sight::Playing => frame.document().key.as_ref()?,
            Sight::Preset(key) => key,
        };
        places.iter().position(|i| rows[*i].key == *key)
    });
    let (mut inner, area) = scroll(ui, list, "presets", first);
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
    let place = Row { rect, now, tools: 64.0 };
    let target = place.target();
    let response = ui.interact(target, ui.scope_id().with(("preset", &row.key)), Sense::click());
    let name = row.words.name.clone();
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, now, &name));
    let thumb = place.ground(frame, ui, response.hovered(), row.map.as_ref());
    let painter = ui.painter().clone();
    if row.map.is_some() {
        let at = pos2(thumb.left() + thumb.width() * row.at[0], thumb.bottom() - thumb.height() * row.at[1]);
        let at = at.clamp(thumb.min + vec2(4.0, 4.0), thumb.max - vec2(4.0, 4.0));
        painter.circle(at, 3.0, t.mark, egui::Stroke::new(1.5, fade(t.case, 0.7)));
    }
    let left = thumb.right() + 14.0;
    if !renaming(frame, ui, row, Rect::from_min_max(pos2(left, rect.top() + 8.0), target.max - vec2(8.0, 8.0))) {
        let color = if row.missing || row.broken.is_some() { t.text3 } else { t.text1 };
        let width = target.right() - left - 8.0;
        let at = pos2(left, rect.top() + 16.0);
        paint::text_within(&painter, at, Align2::LEFT_CENTER, &row.words.name, Type::Name, color, width);
        let mut second: Vec<String> = Vec::new();
        if matches!(row.key, PresetKey::User(_)) {
            second.push("Mine".to_owned());
        }
        if let Some(why) = &row.broken {
            second.push(format!("Can’t be read: {why}"));
        } else if row.missing {
            second.push(format!("Pack “{}” not found", row.pack));
        } else if !row.pack.is_empty() {
            second.push(row.pack.clone());
        }
        second.extend(row.words.tags.iter().take(4).cloned());
        let at = pos2(left, rect.top() + 34.0);
        paint::text_within(&painter, at, Align2::LEFT_CENTER, &second.join(" · "), Type::Label, t.text2, width);
    }
    if response.clicked() && !now && row.broken.is_none() {
        frame.load_preset(row.key.clone());
    }
    frame.focus_ring(ui, &response, target.shrink(2.0));
    let says: String = row.broken.as_deref().unwrap_or(&row.words.description).chars().take(TOLD).collect();
    tooltip::show(&t, &response, &row.words.name, &says, "");
    Popup::context_menu(&response).show(|ui| more(frame, ui, row));
    let place = Rect::from_center_size(pos2(rect.right() - 17.0, rect.center().y), vec2(28.0, 28.0));
    if row.broken.is_none() && heart(frame, ui, place, &name, row.favourite) {
        frame.actions.push(Action::Favourite(row.key.clone(), !row.favourite));
    }
    let place = place.translate(vec2(-30.0, 0.0));
    let label = format!("More for {name}");
    let response = tool(frame, ui, place, &Tool::new(Icon::MoreDown, &label, ""));
    Popup::menu(&response).show(|ui| more(frame, ui, row));
}

/// What can be done with a preset.
fn more(frame: &mut Frame<'_>, ui: &mut Ui, row: &PresetRow) {
    let t = frame.t;
    ui.set_width(176.0);
    let whole = row.broken.is_none();
    let now = frame.document().key.as_ref() == Some(&row.key);
    // The one that plays is loaded again, without what was changed.
    if whole && menu::row(ui, &t, if now { "Load it again" } else { "Load" }, "", false) {
        frame.load_preset(row.key.clone());
    }
    if whole && menu::row(ui, &t, "Favourite", "", row.favourite) {
        frame.actions.push(Action::Favourite(row.key.clone(), !row.favourite));
    }
    if now && menu::row(ui, &t, "Save as…", "", false) {
        super::save(frame);
    }
    let PresetKey::User(path) = &row.key else { return };
    if whole {
        menu::rule(ui, &t);
    }
    if whole && menu::row(ui, &t, "Rename…", "", false) {
        let (key, name) = (row.key.clone(), row.words.name.clone());
        frame.view.browser.rename = Some(Rename { key, name, fresh: true });
    }
    if whole && menu::row(ui, &t, "Save what plays here", "", false) {
        let words = row.words.clone();
        frame.actions.push(Action::SavePreset { words, over: Some(row.key.clone()) });
    }
    if menu::row(ui, &t, "Show the file", "", false) {
        frame.actions.push(Action::Reveal(path.clone()));
    }
    if menu::row(ui, &t, "Delete", "", false) {
        frame.actions.push(Action::DeletePreset(row.key.clone()));
    }
}

/// The field for a new name, in the row; true while it is open.
fn renaming(frame: &mut Frame<'_>, ui: &mut Ui, row: &PresetRow, rect: Rect) -> bool {
    let Some(mut rename) = frame.view.browser.rename.take_if(|rename| rename.key == row.key) else { return false };
    let of = Field { name: "New name", hint: "Name", lead: Lead::None, limit: 80 };
    let rect = Rect::from_center_size(rect.center(), vec2(rect.width(), 28.0));
    let response = field(frame, ui, rect, &of, &mut rename.name);
    let fresh = std::mem::take(&mut rename.fresh);
    if fresh {
        select(ui, response.id, &rename.name, true);
        response.request_focus();
    }
    let (enter, escape) = ended(ui, &response);
    let name = rename.name.trim();
    if fresh || (!enter && !escape && response.has_focus()) {
        frame.view.browser.rename = Some(rename);
    } else if !escape && !name.is_empty() && name != row.words.name {
        // Also where the hand has gone elsewhere: what was typed is meant.
        frame.actions.push(Action::RenamePreset(rename.key, name.to_owned()));
    }
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
    let mut job = LayoutJob::simple(second, Type::Label.font(), t.text2, left);
    job.wrap.max_rows = 2;
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(foot.min + vec2(0.0, 26.0), galley, t.text2);
}
