//! Messages, over the strip or, without one, on the map: one sentence. A note fades, an error stays until it is closed.

use egui::accesskit::{Live, Role};
use egui::{Align2, CornerRadius, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::frame::Frame;
use crate::layout::Layout;
use crate::model::{Toast, ToastKind};
use crate::theme::{Icon, Type};
use crate::widget::button::{Tool, tool};

const STAYS: f64 = 4.0;
const FADES: f64 = 0.24;

/// Errors that wait to be read; more push the oldest out.
const MOST_ERRORS: usize = 8;

/// The messages of a window: the last one shows. Notes and refusals pass; errors come back after them until each has
/// been closed.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    errors: Vec<Toast>,
    /// The one that says why a preset was not saved.
    unsaved: Option<Toast>,
    /// A note or refusal, and since when it shows.
    passing: Option<(Toast, f64)>,
}

impl Messages {
    /// Takes a message, at a time in seconds.
    pub(crate) fn say(&mut self, toast: Toast, now: f64) {
        if toast.kind != ToastKind::Error {
            self.passing = Some((toast, now));
            return;
        }
        self.passing = None;
        self.errors.retain(|error| *error != toast);
        if self.errors.len() == MOST_ERRORS {
            self.errors.remove(0);
        }
        self.errors.push(toast);
    }

    /// A preset could not be saved or renamed: the newest error says why.
    pub(crate) fn failed(&mut self) {
        self.unsaved = self.errors.last().cloned();
    }

    /// It could: what was in the way no longer is.
    pub(crate) fn done(&mut self) {
        let unsaved = self.unsaved.take();
        self.errors.retain(|error| Some(error) != unsaved.as_ref());
    }

    /// The message to show and how old it is in seconds; for ever 0 for an error.
    fn shown(&mut self, now: f64) -> Option<(Toast, f64)> {
        self.passing.take_if(|(_, since)| now - *since > STAYS + FADES);
        match &self.passing {
            Some((toast, since)) => Some((toast.clone(), now - since)),
            None => self.errors.last().map(|error| (error.clone(), 0.0)),
        }
    }

    /// The error that shows has been read.
    fn close(&mut self) {
        self.errors.pop();
    }
}

/// Draws the message, if there is one.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &mut Ui, layout: &Layout) {
    let Some((toast, age)) = frame.view.messages.shown(frame.now) else { return };
    let t = frame.t;
    let error = toast.kind == ToastKind::Error;
    let mut opacity = 1.0;
    if !error {
        opacity = (1.0 - (age - STAYS) / FADES).clamp(0.0, 1.0) as f32;
        let wait = if age < STAYS { STAYS - age } else { 1.0 / 60.0 };
        ui.ctx().request_repaint_after_secs(wait as f32);
    }
    let area = layout.toast;
    let painter = ui.painter().clone();
    let galley = painter.layout(toast.text.clone(), Type::Body.font(), t.text1, area.width() - 84.0);
    let size = vec2((galley.size().x + 84.0).min(area.width()), galley.size().y + 20.0);
    // On the map it keeps away from the needle.
    let above = layout.strip.is_none() && frame.value("y") < 0.5;
    let top = if above { layout.map.top() + 8.0 } else { area.bottom() - size.y };
    let rect = Rect::from_min_size(pos2(area.left(), top), size);
    let mut painter = painter;
    painter.multiply_opacity(opacity);
    painter.rect_filled(rect, CornerRadius::same(6), t.bg3);
    if t.is_contrast() {
        let stroke = egui::Stroke::new(1.0, t.edge);
        painter.rect_stroke(rect, CornerRadius::same(6), stroke, egui::StrokeKind::Inside);
    }
    let (icon, color) = match toast.kind {
        ToastKind::Note => (Icon::Check, t.text1),
        ToastKind::Refusal => (Icon::Warning, t.text1),
        ToastKind::Error => (Icon::Warning, t.danger),
    };
    painter.text(
        pos2(rect.left() + 22.0, rect.center().y),
        Align2::CENTER_CENTER,
        icon.glyph(),
        Icon::font(16.0),
        color,
    );
    painter.galley(pos2(rect.left() + 42.0, rect.center().y - galley.size().y / 2.0), galley, t.text1);

    // It takes presses, or they would reach the pad under it, but not the focus.
    let response = ui.interact(rect, ui.scope_id().with("toast"), Sense::CLICK | Sense::DRAG);
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &toast.text));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(Live::Polite));
    let close = Rect::from_center_size(pos2(rect.right() - 20.0, rect.center().y), vec2(28.0, 28.0));
    if error && tool(frame, ui, close, &Tool::new(Icon::Close, "Close message", "")).clicked() {
        frame.view.messages.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toast(kind: ToastKind, text: &str) -> Toast {
        Toast { kind, text: text.to_owned() }
    }

    #[test]
    fn a_preset_that_is_saved_after_all_takes_its_error_away() {
        let mut messages = Messages::default();
        let shown = |messages: &mut Messages| messages.shown(20.0).map(|(toast, _)| toast.text);
        messages.say(toast(ToastKind::Error, "another"), 0.0);
        messages.say(toast(ToastKind::Error, "not saved"), 0.0);
        messages.failed();
        messages.say(toast(ToastKind::Note, "saved"), 1.0);
        assert_eq!(shown(&mut messages).as_deref(), Some("not saved"));
        messages.done();
        assert_eq!(shown(&mut messages).as_deref(), Some("another"));
        messages.done();
        assert_eq!(shown(&mut messages).as_deref(), Some("another"));
    }

    #[test]
    fn errors_come_back_after_notes_until_each_is_closed() {
        let mut messages = Messages::default();
        let shown = |messages: &mut Messages, now| messages.shown(now).map(|(toast, _)| toast.text);
        messages.say(toast(ToastKind::Error, "first"), 0.0);
        messages.say(toast(ToastKind::Error, "second"), 0.0);
        messages.say(toast(ToastKind::Refusal, "passing"), 1.0);
        assert_eq!(shown(&mut messages, 1.0).as_deref(), Some("passing"));
        assert_eq!(shown(&mut messages, 6.0).as_deref(), Some("second"));
        messages.say(toast(ToastKind::Error, "first"), 7.0);
        assert_eq!(shown(&mut messages, 7.0).as_deref(), Some("first"), "said again, it is the last");
        messages.close();
        assert_eq!(shown(&mut messages, 7.0).as_deref(), Some("second"));
        messages.close();
        assert_eq!(shown(&mut messages, 7.0), None);
    }
}
