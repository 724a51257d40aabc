//! The browser: presets and packs in a sheet beside the map, which stays in sight and plays on.

mod filter;
mod packs;
mod presets;
mod save;

use std::sync::Arc;

use egui::{CornerRadius, Key, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use crate::Action;
use crate::frame::Frame;
use crate::layout::Layout;
use crate::model::{Filed, PackMap, PresetKey};
use crate::paint;
use crate::theme::Icon;
use crate::widget::button::{Tool, tool};
use crate::widget::field::{Field, Lead, ended, field, select};
use crate::widget::segmented::{Segments, segments};

use filter::{Listing, Question};
use presets::Rename;
pub(crate) use presets::step;
use save::Form;

/// Height of a row.
const ROW: f32 = 46.0;

/// What the browser lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tab {
    #[default]
    Presets,
    Packs,
}

/// What the browser remembers, also while it is closed.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    pub(crate) open: bool,
    pub(crate) tab: Tab,
    question: Question,
    listing: Listing,
    /// A preset's new name is being typed.
    rename: Option<Rename>,
    form: Option<Form>,
    /// Path of a pack, being typed.
    path: String,
    /// It has just been opened.
    fresh: bool,
    /// The search field has the keyboard.
    pub(crate) searching: bool,
    /// The search begins anew, with what was typed before its field was there.
    begun: Option<String>,
    /// This row is to be brought into sight.
    sight: Option<Sight>,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
enum Sight {
    /// What plays.
    Playing,
    /// A preset that was saved or renamed, whatever is searched for.
    Preset(PresetKey),
}

impl Browser {
    /// Opens it on a tab.
    pub(crate) fn show_tab(&mut self, tab: Tab) {
        if tab != self.tab {
            self.question.search.clear();
        }
        (self.open, self.tab, self.fresh, self.sight) = (true, tab, true, Some(Sight::Playing));
        self.rename = None;
    }

    /// The keyboard is in the search field, and nothing stands in it.
    pub(crate) fn is_search_empty(&self) -> bool {
        self.searching && self.question.search.is_empty()
    }

    /// Opens it to search for a preset; `begun` was typed already.
    pub(crate) fn search(&mut self, begun: &str) {
        self.show_tab(Tab::Presets);
        self.begun = Some(begun.to_owned());
    }

    /// A preset was saved or renamed, or it failed: then the form is as it was.
    pub(crate) fn filed(&mut self, filed: Filed) {
        match filed {
            Filed::Done(key) => {
                self.form.take_if(|form| form.is_sent());
                self.sight = Some(Sight::Preset(key));
            }
            Filed::Failed => self.form.iter_mut().for_each(Form::send_again),
            Filed::Deleted(_) => {}
        }
    }

    /// Opens it with the form for saving; what has been typed for the same preset stays.
    pub(crate) fn show_form(&mut self, form: Form) {
        self.show_tab(Tab::Presets);
        match &mut self.form {
            Some(open) if open.is_for_the_same(&form) => open.focus(),
            other => *other = Some(form),
        }
    }
}

/// Opens the form that saves what plays.
pub(crate) fn save(frame: &mut Frame<'_>) {
    let form = Form::of(frame.document());
    frame.view.browser.show_form(form);
}

/// Draws the browser; it is open, or docked.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &mut Ui, layout: &Layout) {
    let t = frame.t;
    let sheet = layout.browser;
    // What lies below is not reached through the sheet.
    ui.interact(sheet, ui.scope_id().with("browser"), egui::Sense::click_and_drag());
    ui.painter().rect_filled(sheet, CornerRadius::ZERO, t.bg0);
    paint::hairline_down(ui.painter(), sheet.left(), sheet.top()..=sheet.bottom(), t.line);
    let margin = layout.map.left();
    let left = if layout.docked { margin / 2.0 } else { 16.0 };
    let inside = Rect::from_min_max(sheet.min + vec2(left, 8.0), sheet.max - vec2(margin, 8.0));

    // An open menu or name takes it first.
    let free = !frame.view.menu_open && frame.view.browser.rename.is_none();
    let escape = free && ui.input(|i| i.key_pressed(Key::Escape));
    let head = Rect::from_min_size(inside.min, vec2(inside.width(), 32.0));
    let mut tabs = head;
    if !layout.docked {
        let close = Rect::from_min_size(pos2(head.right() - 26.0, head.top() + 2.0), vec2(28.0, 28.0));
        let leaves = tool(frame, ui, close, &Tool::new(Icon::Close, "Close the browser", "")).clicked();
        let browser = &mut frame.view.browser;
        let is_form_shown = browser.form.is_some() && browser.tab == Tab::Presets;
        if leaves || (escape && !is_form_shown) {
            (browser.open, browser.form) = (false, None);
            return;
        }
        tabs.max.x = close.left() - 10.0;
    }
    let now = usize::from(frame.view.browser.tab == Tab::Packs);
    let keyboard = frame.view.keyboard_used;
    let of = Segments { name: "Browser", words: &["Presets", "Packs"], now, fill: false, keyboard };
    let chosen = segments(ui, &t, tabs, &of);
    if let Some(i) = chosen {
        frame.view.browser.show_tab([Tab::Presets, Tab::Packs][i]);
    }
    let place = Rect::from_min_max(head.min, pos2(tabs.right() - 128.0, head.bottom()));
    let (name, hint) = match frame.view.browser.tab {
        Tab::Presets => ("Search presets", format!("Search {} presets", frame.model.presets.len())),
        Tab::Packs => ("Search packs", format!("Search {} packs", frame.model.packs.len())),
    };
    let mut search = std::mem::take(&mut frame.view.browser.question.search);
    let of = Field { name, hint: &hint, lead: Lead::Icon(Icon::Search), limit: 80 };
    let fresh = std::mem::take(&mut frame.view.browser.fresh);
    let begun = frame.view.browser.begun.take();
    let letters = begun.as_deref().unwrap_or_default();
    if !letters.is_empty() {
        search = letters.chars().take(of.limit).collect();
    }
    let response = field(frame, ui, place, &of, &mut search);
    if fresh {
        select(ui, response.id, &search, letters.is_empty());
    }
    frame.view.browser.question.search = search;
    frame.view.browser.searching = response.has_focus();
    if ended(ui, &response).0 {
        if frame.view.browser.tab == Tab::Presets {
            presets::first(frame);
        }
        // Arrows go on through what was found.
        response.request_focus();
        frame.view.typing = true;
    }
    if fresh {
        frame.actions.push(Action::List);
    }
    // Without a dialog of the system a path is what is wanted.
    let asks_path = frame.view.browser.tab == Tab::Packs && !frame.model.file_dialog;
    if fresh && (frame.view.browser.form.is_none() || begun.is_some()) && !asks_path {
        response.request_focus();
        frame.view.typing = true;
    }
    let rest = Rect::from_min_max(pos2(inside.left(), head.bottom() + 8.0), inside.max);
    match frame.view.browser.tab {
        Tab::Presets => presets::show(frame, ui, rest, response.has_focus(), escape),
        Tab::Packs => packs::show(frame, ui, rest, fresh && asks_path),
    }
}

/// The ground of a row: its place, whether it is what plays, and the room for buttons at its right.
struct Row {
    rect: Rect,
    now: bool,
    tools: f32,
}

impl Row {
    fn target(&self) -> Rect {
        self.rect.with_max_x(self.rect.right() - self.tools)
    }

    /// Draws the ground and, where there is one, the pack's map. Returns the map's place.
    fn ground(&self, frame: &mut Frame<'_>, ui: &Ui, hovered: bool, map: Option<&Arc<PackMap>>) -> Rect {
        let (t, painter, rect) = (frame.t, ui.painter(), self.rect);
        if self.now || hovered {
            painter.rect_filled(rect, CornerRadius::same(4), if self.now { t.bg2 } else { t.bg1 });
        }
        if self.now {
            painter.rect_filled(Rect::from_min_size(rect.min, vec2(2.0, ROW)), CornerRadius::ZERO, t.accent);
        } else {
            paint::hairline(painter, rect.left()..=rect.right(), rect.bottom() - 1.0, t.line);
        }
        let thumb = Rect::from_min_size(rect.min + vec2(10.0, 7.0), vec2(40.0, 32.0));
        painter.rect_filled(thumb, CornerRadius::same(3), t.bg2);
        if let Some(map) = map {
            frame.view.thumbs.map(ui, painter, thumb, map, t.theme);
        }
        thumb
    }
}

/// A list of rows that scrolls in `rect`; `first` is to be in its middle.
fn scroll(ui: &mut Ui, rect: Rect, name: &str, first: Option<usize>) -> (Ui, ScrollArea) {
    let mut inner = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(name));
    inner.set_clip_rect(rect.intersect(ui.clip_rect()));
    let area = ScrollArea::vertical().auto_shrink([false, false]);
    let offset = |row: usize| (row as f32 * ROW - (rect.height() - ROW) / 2.0).max(0.0);
    (
        inner,
        match first {
            Some(row) => area.vertical_scroll_offset(offset(row)),
            None => area,
        },
    )
}

/// Does every word of the search stand somewhere in these texts?
fn matches(search: &str, texts: &[&str]) -> bool {
    let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    search.to_lowercase().split_whitespace().all(|word| texts.iter().any(|text| text.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn every_word_has_to_be_found_anywhere() {
        let texts = ["Glass Choir", "pad, airy", "First Light"];
        for search in ["", "glass", "CHOIR light", "  airy  "] {
            assert!(matches(search, &texts), "{search}");
        }
        assert!(!matches("glass bass", &texts));
    }
}
