//! Typing a value in place.

use egui::{CornerRadius, Id, Margin, Rect, Response, Stroke, StrokeKind, TextEdit, Ui};

use crate::frame::Frame;
use crate::theme::Type;
use crate::widget::field;

/// A double click on the value resets it, as elsewhere on the control.
const DOUBLE_CLICK_SECONDS: f64 = 0.6;

/// A field that is open: for which parameter, and what was typed.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    id: &'static str,
    text: String,
    before: String,
    fresh: bool,
    /// When it was opened, in seconds.
    since: f64,
    /// The control, if it had the keyboard: it has it again after Enter or Escape.
    back: Option<Id>,
    /// It was drawn in the last frame; a field whose control has gone is dropped.
    pub(crate) seen: bool,
}

/// Is the field of this parameter open?
pub(crate) fn is_open(frame: &Frame<'_>, id: &str) -> bool {
    frame.view.entry.as_ref().is_some_and(|e| e.id == id)
}

/// Opens the field of a control with the present value selected.
pub(crate) fn open(frame: &mut Frame<'_>, id: &'static str, control: &Response) {
    let text = frame.text(id);
    let back = control.has_focus().then_some(control.id);
    frame.view.entry = Some(Entry { id, before: text.clone(), text, fresh: true, since: frame.now, back, seen: true });
}

/// Draws the field over `rect` if it is open. Enter sets, and so does going elsewhere; Escape leaves.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, id: &'static str) -> bool {
    let Some(mut entry) = frame.view.entry.take_if(|e| e.id == id) else { return false };
    let name = frame.parameter(id).map_or_else(String::new, |p| p.name.clone());
    let t = frame.t;
    let rect = rect.expand2(egui::vec2(5.0, 2.0));
    ui.painter().rect(rect, CornerRadius::same(4), t.bg1, Stroke::new(1.0, t.accent), StrokeKind::Inside);
    let edit_id = ui.scope_id().with(("entry", id));
    let edit = TextEdit::singleline(&mut entry.text)
        .id(edit_id)
        .font(Type::Value.font())
        .text_color(t.text1)
        .frame(egui::Frame::NONE)
        .margin(Margin::ZERO)
        .align(egui::Align2::CENTER_CENTER)
        .clip_text(true)
        .desired_width(rect.width() - 8.0);
    let response = ui.put(rect.shrink2(egui::vec2(4.0, 1.0)), edit).accessible_name(format!("{name}, type a value"));
    if entry.fresh {
        entry.fresh = false;
        response.request_focus();
        field::select(ui, edit_id, &entry.text, true);
        entry.seen = true;
        frame.view.entry = Some(entry);
        return true;
    }
    // The first click of a double click has opened it.
    if response.double_clicked() && frame.now - entry.since < DOUBLE_CLICK_SECONDS {
        frame.reset(id);
        return true;
    }
    let (enter, escape) = field::ended(ui, &response);
    if let Some(back) = entry.back.filter(|_| enter || escape) {
        ui.memory_mut(|m| m.request_focus(back));
    }
    // Also where the hand goes on to drag something else, which leaves the keyboard here.
    let elsewhere = ui.input(|i| i.pointer.primary_pressed()) && !response.contains_pointer();
    if elsewhere {
        response.surrender_focus();
    }
    if enter || elsewhere || (response.lost_focus() && !escape) {
        // What was not touched is no wish.
        if entry.text != entry.before {
            frame.set_text(id, entry.text);
        }
    } else if !escape {
        entry.seen = true;
        frame.view.entry = Some(entry);
    }
    true
}
