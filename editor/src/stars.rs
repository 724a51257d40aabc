//! The row of stars below the map, and the list behind it: names, order, how slowly they are gone to, and the keys
//! that recall them.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Popup, PopupCloseBehavior, Rect, RectAlign, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::frame::Frame;
use crate::layout::{Layout, STAR};
use crate::model::{MAX_STARS, PackState};
use crate::pad::stars::{change, here, name, paint_star, recall, remove, store};
use crate::paint;
use crate::theme::color::fade;
use crate::theme::{Icon, Type};
use crate::widget::button::{Tool, tool};
use crate::widget::field::{Field, Lead, ended, field};
use crate::widget::menu;
use crate::widget::tooltip;

/// Width of the list.
const LIST: f32 = 264.0;
/// Longest way to a star that the list offers, in seconds.
const GLIDES: [(f32, &str); 7] =
    [(0.0, "At once"), (0.1, "100 ms"), (0.5, "500 ms"), (1.0, "1 s"), (2.0, "2 s"), (4.0, "4 s"), (8.0, "8 s")];
/// Lowest keys that the list offers.
const KEYS: [Option<u8>; 5] = [None, Some(0), Some(12), Some(24), Some(96)];

/// Draws the row.
pub(crate) fn row(frame: &mut Frame<'_>, ui: &mut Ui, layout: &Layout) {
    if matches!(frame.model.pack.state, PackState::Empty) {
        return;
    }
    let t = frame.t;
    let count = frame.document().stars.len();
    let room = ((layout.stars.width() / STAR) as usize).saturating_sub(2).min(MAX_STARS);
    let shown = count.min(room);
    let width = STAR * (shown as f32 + 2.0) + 4.0;
    let rect = Rect::from_center_size(layout.stars.center(), vec2(width, 28.0));
    let place = |i: usize| Rect::from_min_size(pos2(rect.left() + STAR * i as f32, rect.top()), vec2(STAR, 28.0));

    let full = count >= MAX_STARS;
    let add = ui.interact(place(0), ui.scope_id().with("add star"), Sense::click());
    add.widget_info(|| WidgetInfo::labeled(Role::Button, !full, "Star here"));
    let color = match (full, add.hovered()) {
        (true, _) => fade(t.text2, 0.42),
        (false, true) => t.text1,
        (false, false) => t.text2,
    };
    paint_star(ui.painter(), place(0).center(), 7.0, color);
    paint_star(ui.painter(), place(0).center(), 4.2, t.bg0);
    if add.clicked() {
        let at = [frame.value("x"), frame.value("y")];
        store(frame, None, at);
    }
    frame.focus_ring(ui, &add, place(0).shrink2(vec2(0.0, 3.0)));
    let help = if full { "All nine are taken." } else { "Keeps this place of the point." };
    tooltip::show(&t, &add, "Star here", help, "S");

    let on = here(frame);
    for i in 0..shown {
        number(frame, ui, place(i + 1), i, on == Some(i));
    }
    let more = Rect::from_center_size(place(shown + 1).center(), vec2(STAR, 28.0));
    let list = Tool {
        size: 11.0,
        on: Some(frame.view.star_list),
        ..Tool::new(Icon::CaretDown, "List of stars", "Names, order, how slowly the point goes, and keys.")
    };
    let response = tool(frame, ui, more, &list);
    if response.clicked() {
        frame.view.star_list = !frame.view.star_list;
    }
    self::list(frame, &response);
}

fn number(frame: &mut Frame<'_>, ui: &Ui, rect: Rect, star: usize, on: bool) {
    let t = frame.t;
    let response = ui.interact(rect, ui.scope_id().with(("star number", star)), Sense::click());
    let label = name(&frame.document().stars, star);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, format!("Go to {label}")));
    if on {
        ui.painter().rect_filled(rect.shrink2(vec2(1.0, 2.0)), CornerRadius::same(4), t.bg2);
    }
    let color = if on || response.hovered() { t.text1 } else { t.text2 };
    let text = (star + 1).to_string();
    paint::text(ui.painter(), rect.center(), Align2::CENTER_CENTER, &text, Type::Value, color);
    if on {
        let line = rect.left() + 6.0..=rect.right() - 6.0;
        paint::hairline(ui.painter(), line, rect.bottom() - 5.0, t.accent);
    }
    if response.clicked() {
        recall(frame, star);
    }
    frame.focus_ring(ui, &response, rect.shrink2(vec2(1.0, 4.0)));
    tooltip::show(&t, &response, &label, "", &text);
}

fn list(frame: &mut Frame<'_>, button: &egui::Response) {
    if !frame.view.star_list {
        return;
    }
    let t = frame.t;
    let mut open = true;
    Popup::from_response(button)
        .id(button.id.with("stars"))
        .open_bool(&mut open)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .align(RectAlign::TOP)
        .accessible_name("Stars")
        .show(|ui| {
            ui.set_width(LIST);
            rows(frame, ui);
            menu::rule(ui, &t);
            glide(frame, ui);
            keys(frame, ui);
        });
    frame.view.star_list = open;
}

fn rename(frame: &mut Frame<'_>, star: usize, name: &str) {
    let stars = &frame.document().stars;
    if stars.get(star).is_some_and(|star| star.name != name.trim()) {
        change(frame, |document| name.trim().clone_into(&mut document.stars[star].name));
    }
}

/// What the buttons of a row ask for.
enum Asked {
    Up,
    Delete,
}

fn rows(frame: &mut Frame<'_>, ui: &mut Ui) {
    let t = frame.t;
    let document = frame.document().clone();
    if document.stars.is_empty() {
        let (rect, _) = ui.allocate_exact_size(vec2(LIST, 34.0), Sense::hover());
        let text = "No stars yet. The star in the row keeps the place of the point.";
        let galley = ui.painter().layout(text.to_owned(), Type::Label.font(), t.text2, LIST - 16.0);
        ui.painter().galley(rect.min + vec2(8.0, 3.0), galley, t.text2);
        return;
    }
    // Once all rows have been drawn: a name that is being typed in another row is that row's star's.
    let mut asked = None;
    for i in 0..document.stars.len() {
        let (rect, _) = ui.allocate_exact_size(vec2(LIST, 32.0), Sense::hover());
        let number = (i + 1).to_string();
        paint::text(
            ui.painter(),
            rect.left_center() + vec2(12.0, 0.0),
            Align2::CENTER_CENTER,
            &number,
            Type::Value,
            t.text2,
        );
        let place = Rect::from_min_max(rect.min + vec2(24.0, 3.0), rect.max - vec2(64.0, 3.0));
        let label = format!("Name of star {}", i + 1);
        let of = Field { name: &label, hint: "Name", lead: Lead::None, limit: 40 };
        let typed = frame.view.star_name.take_if(|(of, _)| *of == i).map(|(_, text)| text);
        let mut text = typed.clone().unwrap_or_else(|| document.stars[i].name.clone());
        let response = field(frame, ui, place, &of, &mut text);
        let (_, escape) = ended(ui, &response);
        if escape {
            // What was typed is forgotten; the list stays.
        } else if response.lost_focus() || (typed.is_some() && !response.has_focus()) {
            // Where nothing is typed any more, the field has what another row has kept for it.
            if typed.is_some() {
                rename(frame, i, &text);
            }
        } else if response.has_focus()
            && let Some((other, left)) = frame.view.star_name.replace((i, text))
        {
            // The hand went from that row's field to this one.
            rename(frame, other, &left);
        }
        let button = |x: f32| Rect::from_center_size(pos2(rect.right() - x, rect.center().y), vec2(28.0, 28.0));
        let first = format!("Move star {} up", i + 1);
        let up = Tool { size: 12.0, enabled: i > 0, ..Tool::new(Icon::CaretUp, &first, "") };
        if tool(frame, ui, button(48.0), &up).clicked() {
            asked = Some((i, Asked::Up));
        }
        let second = format!("Delete star {}", i + 1);
        if tool(frame, ui, button(16.0), &Tool { size: 14.0, ..Tool::new(Icon::Trash, &second, "") }).clicked() {
            asked = Some((i, Asked::Delete));
        }
    }
    if let Some((i, asked)) = asked {
        frame.view.star_name = None;
        match asked {
            Asked::Up => change(frame, |document| document.stars.swap(i - 1, i)),
            Asked::Delete => remove(frame, i),
        }
    }
}

fn glide(frame: &mut Frame<'_>, ui: &mut Ui) {
    let now = frame.document().star_glide_seconds;
    let word =
        GLIDES.iter().find(|(s, _)| (s - now).abs() < 1e-3).map_or_else(|| format!("{now:.2} s"), |g| g.1.to_owned());
    let words: Vec<String> = GLIDES.iter().map(|(_, word)| (*word).to_owned()).collect();
    if let Some(i) = menu::picker(frame, ui, "Time to a star", &word, &words) {
        let mut document = frame.document().clone();
        document.star_glide_seconds = GLIDES[i].0;
        frame.set_document(document);
    }
}

fn keys(frame: &mut Frame<'_>, ui: &mut Ui) {
    let stars = frame.document().stars.len().max(1) as u8;
    let word = |key: Option<u8>| match key {
        None => "Off".to_owned(),
        Some(key) => format!("{} – {}", frame.note_name(key), frame.note_name((key + stars - 1).min(127))),
    };
    let now = frame.document().star_keys;
    let words: Vec<String> = KEYS.iter().map(|key| word(*key)).collect();
    let word = word(now);
    if let Some(i) = menu::picker(frame, ui, "Recalled by keys", &word, &words) {
        let mut document = frame.document().clone();
        document.star_keys = KEYS[i];
        frame.set_document(document);
    }
}
