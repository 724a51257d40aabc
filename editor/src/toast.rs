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

/// The message that shows, and since when.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    toast: Toast,
    since: f64,
}

impl Shown {
    pub(crate) fn new(toast: Toast, now: f64) -> Self {
        Self { toast, since: now }
    }
}

/// Draws the message, if there is one.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &mut Ui, layout: &Layout) {
    let Some(shown) = frame.view.toast.clone() else { return };
    let t = frame.t;
    let error = shown.toast.kind == ToastKind::Error;
    let age = frame.now - shown.since;
    if !error && age > STAYS + FADES {
        frame.view.toast = None;
        return;
    }
    let mut opacity = 1.0;
    if !error {
        opacity = (1.0 - (age - STAYS) / FADES).clamp(0.0, 1.0) as f32;
        let wait = if age < STAYS { STAYS - age } else { 1.0 / 60.0 };
        ui.ctx().request_repaint_after_secs(wait as f32);
    }
    let area = layout.toast;
    let painter = ui.painter().clone();
    let galley = painter.layout(shown.toast.text.clone(), Type::Body.font(), t.text1, area.width() - 84.0);
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
    let (icon, color) = match shown.toast.kind {
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
    let text = shown.toast.text.clone();
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &text));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(Live::Polite));
    let close = Rect::from_center_size(pos2(rect.right() - 20.0, rect.center().y), vec2(28.0, 28.0));
    if error && tool(frame, ui, close, &Tool::new(Icon::Close, "Close message", "")).clicked() {
        frame.view.toast = None;
    }
}
