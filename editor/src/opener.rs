//! Where packs are opened: the factory pack, those in the packs folder, the system's dialog where the shell has one,
//! and a path that is typed or pasted, which works everywhere.

use egui::{
    Align2, CornerRadius, Key, Margin, Popup, PopupCloseBehavior, Rect, RectAlign, Response, Sense, Stroke, StrokeKind,
    TextEdit, Ui, vec2,
};

use crate::Action;
use crate::frame::Frame;
use crate::paint;
use crate::theme::Type;
use crate::widget::menu;

/// Most packs in the list.
const LISTED: usize = 10;
const WIDTH: f32 = 296.0;

/// The open list: what was typed.
#[derive(Debug, Default)]
pub(crate) struct Opener {
    path: String,
    /// It has been there for a frame: the click that opened it is over.
    settled: bool,
}

/// Draws the list under `button` while it is open.
pub(crate) fn show(frame: &mut Frame<'_>, button: &Response) {
    let Some(mut opener) = frame.view.opener.take() else { return };
    let t = frame.t;
    let mut done = false;
    let shown = Popup::from_response(button)
        .id(button.id.with("packs"))
        .open(true)
        .close_behavior(PopupCloseBehavior::IgnoreClicks)
        .align(RectAlign::BOTTOM_END)
        .accessible_name("Packs")
        .show(|ui| {
            ui.set_width(WIDTH);
            if menu::row(ui, &t, "Factory pack", "", false) {
                frame.actions.push(Action::UseFactoryPack);
                done = true;
            }
            for pack in frame.model.packs.iter().take(LISTED) {
                let now = frame.model.pack.name == pack.name;
                if menu::row(ui, &t, &pack.name, &pack.detail, now) {
                    frame.actions.push(Action::PlayPack(pack.key()));
                    done = true;
                }
            }
            if frame.model.file_dialog && menu::row(ui, &t, "Choose a file…", "", false) {
                frame.actions.push(Action::OpenPack);
                done = true;
            }
            menu::rule(ui, &t);
            done |= path(frame, ui, &mut opener.path, !opener.settled);
        });
    let escape = button.ctx.input(|i| i.key_pressed(Key::Escape));
    let outside = shown.is_some_and(|shown| {
        button.ctx.input(|i| {
            i.pointer.any_pressed() && i.pointer.interact_pos().is_some_and(|p| !shown.response.rect.contains(p))
        })
    });
    if !(done || escape || (outside && opener.settled)) {
        opener.settled = true;
        frame.view.opener = Some(opener);
    }
}

/// The field for a path; true when it was entered.
fn path(frame: &mut Frame<'_>, ui: &mut Ui, path: &mut String, fresh: bool) -> bool {
    let t = frame.t;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 54.0), Sense::hover());
    let field = Rect::from_min_size(rect.min + vec2(8.0, 2.0), vec2(rect.width() - 16.0, 26.0));
    ui.painter().rect(field, CornerRadius::same(4), t.bg0, Stroke::new(1.0, t.edge), StrokeKind::Inside);
    let edit = TextEdit::singleline(path)
        .id(ui.scope_id().with("pack path"))
        .font(Type::Body.font())
        .text_color(t.text1)
        .hint_text(egui::RichText::new("Paste the path of a .btx file").color(t.text3))
        .frame(egui::Frame::NONE)
        .margin(Margin::ZERO)
        .desired_width(field.width() - 16.0);
    let response = ui.put(field.shrink2(vec2(8.0, 5.0)), edit).accessible_name("Path of a pack");
    if fresh {
        response.request_focus();
    }
    let at = rect.left_bottom() + vec2(8.0, -12.0);
    let hint = "Enter opens it. Files can also be dropped on the window.";
    paint::text(ui.painter(), at, Align2::LEFT_CENTER, hint, Type::Label, t.text2);
    // Quotes come along when a path is copied from some file managers.
    let typed = path.trim().trim_matches(['"', '\'']);
    if ui.input(|i| i.key_pressed(Key::Enter)) && !typed.is_empty() {
        let typed = typed.strip_prefix("file://").unwrap_or(typed);
        frame.actions.push(Action::DropFiles(vec![typed.into()]));
        return true;
    }
    false
}
