//! The list of packs, and the ways to open one that is not in it: the system's dialog, a path, a dropped file.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{ROW, Row, matches, scroll};
use crate::Action;
use crate::frame::Frame;
use crate::model::{PackFile, PackKey, PackState};
use crate::paint;
use crate::theme::{Icon, Type};
use crate::widget::button::{Tool, button, button_width, tool};
use crate::widget::field::{Field, Lead, ended, field};
use crate::widget::tooltip;

/// Height of what stands below the list.
const FOOT: f32 = 66.0;

/// Draws list and foot in `rect`; `asks_path`: the field for a path takes the keyboard.
pub(super) fn show(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, asks_path: bool) {
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - FOOT), rect.max);
    let list = Rect::from_min_max(rect.min, pos2(rect.right(), foot.top() - 8.0));
    let search = frame.view.browser.question.search.clone();
    let takes = |p: &&PackFile| matches(&search, &[&p.name, &p.author, &p.license]);
    let packs: Vec<PackFile> = frame.model.packs.iter().filter(takes).cloned().collect();
    if packs.is_empty() {
        let text = if search.trim().is_empty() {
            "No packs yet.".to_owned()
        } else {
            format!("Nothing found for “{}”.", search.trim())
        };
        let at = pos2(list.center().x, list.top() + 48.0);
        paint::text_within(ui.painter(), at, Align2::CENTER_CENTER, &text, Type::Body, frame.t.text2, list.width());
    }
    let (mut inner, area) = scroll(ui, list, "packs", None);
    area.show_rows(&mut inner, ROW, packs.len(), |ui, range| {
        for pack in &packs[range] {
            row(frame, ui, pack);
        }
    });
    paint::hairline(ui.painter(), rect.left()..=rect.right(), foot.top() - 4.0, frame.t.line);
    open(frame, ui, foot, asks_path);
}

fn row(frame: &mut Frame<'_>, ui: &mut Ui, pack: &PackFile) {
    let t = frame.t;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let now =
        pack.broken.is_none() && frame.document().pack.as_ref().is_some_and(|key| plays(key, pack, &frame.model.packs));
    let place = Row { rect, now, tools: if pack.path.is_some() { 34.0 } else { 0.0 } };
    let target = place.target();
    let id = ui.scope_id().with(("pack", &pack.sha256, &pack.path));
    let response = ui.interact(target, id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, now, &pack.name));
    let thumb = place.ground(frame, ui, response.hovered(), pack.map.as_ref());
    let painter = ui.painter().clone();
    let state = match &frame.model.pack.state {
        _ if !now => String::new(),
        PackState::Loading(_) => "Loading".to_owned(),
        PackState::Ready => "Plays".to_owned(),
        PackState::Failed { .. } => "Failed".to_owned(),
        PackState::Empty => String::new(),
    };
    let right = target.right() - 8.0;
    let at = pos2(right, rect.top() + 16.0);
    let width = paint::text(&painter, at, Align2::RIGHT_CENTER, &state, Type::Value, t.text2).width() + 12.0;
    let left = thumb.right() + 14.0;
    let at = pos2(left, rect.top() + 16.0);
    let room = right - left - width;
    let color = if pack.broken.is_some() { t.text3 } else { t.text1 };
    paint::text_within(&painter, at, Align2::LEFT_CENTER, &pack.name, Type::Name, color, room);
    let why = pack.broken.as_ref().map(|why| format!("Can’t be read: {why}")).unwrap_or_default();
    let second: Vec<&str> = [why.as_str(), pack.author.as_str(), pack.license.as_str(), pack.detail.as_str()]
        .into_iter()
        .filter(|s| !s.is_empty())
        .collect();
    let at = pos2(left, rect.top() + 34.0);
    let second = second.join(" · ");
    paint::text_within(&painter, at, Align2::LEFT_CENTER, &second, Type::Label, t.text2, right - left);
    // One that failed is tried again: it may be whole by now.
    let failed = now && matches!(frame.model.pack.state, PackState::Failed { .. });
    if response.clicked() && pack.broken.is_none() && (!now || failed) {
        frame.actions.push(Action::PlayPack(pack.key()));
    }
    frame.focus_ring(ui, &response, target.shrink(2.0));
    if pack.broken.is_some() {
        tooltip::show(&t, &response, &pack.name, &why, "");
    }
    if let Some(path) = &pack.path {
        let place = Rect::from_center_size(pos2(rect.right() - 17.0, rect.center().y), vec2(28.0, 28.0));
        let label = format!("Show the file of {}", pack.name);
        if tool(frame, ui, place, &Tool::new(Icon::Open, &label, "")).clicked() {
            frame.actions.push(Action::Reveal(path.clone()));
        }
    }
}

/// Is this the pack that the key means? The same content may lie in several places.
fn plays(key: &PackKey, pack: &PackFile, packs: &[PackFile]) -> bool {
    let same = key.sha256.as_deref() == Some(pack.sha256.as_str());
    same && (key.path == pack.path || packs.iter().all(|other| other.path != key.path))
}

fn open(frame: &mut Frame<'_>, ui: &mut Ui, foot: Rect, asks_path: bool) {
    let t = frame.t;
    let mut right = foot.right();
    let missing = matches!(frame.model.pack.state, PackState::Failed { missing: true, .. });
    if frame.model.file_dialog {
        let (label, action) =
            if missing { ("Locate…", Action::LocatePack) } else { ("Choose a file…", Action::OpenPack) };
        let width = button_width(ui, label, frame);
        right -= width + 8.0;
        if button(frame, ui, pos2(foot.right() - width, foot.top() + 8.0), label, true).1 {
            frame.actions.push(action);
        }
    }
    let place = Rect::from_min_max(pos2(foot.left(), foot.top() + 7.0), pos2(right, foot.top() + 37.0));
    let of = Field { name: "Path of a pack", hint: "Paste the path of a .btx file", lead: Lead::None, limit: 4096 };
    let mut path = std::mem::take(&mut frame.view.browser.path);
    let response = field(frame, ui, place, &of, &mut path);
    let (enter, _) = ended(ui, &response);
    // It stays: a path that is refused can be mended.
    if asks_path || enter {
        response.request_focus();
        frame.view.typing = true;
    }
    // Quotes come along when a path is copied from some file managers.
    let typed = path.trim().trim_matches(['"', '\'']);
    let typed = typed.strip_prefix("file://").unwrap_or(typed);
    if enter && !typed.is_empty() {
        frame.actions.push(Action::DropFiles(vec![typed.into()]));
    }
    frame.view.browser.path = path;
    let hint = "Enter opens it. Files can also be dropped on the window.";
    let at = pos2(foot.left(), foot.top() + 52.0);
    paint::text_within(ui.painter(), at, Align2::LEFT_CENTER, hint, Type::Label, t.text2, foot.width());
}
