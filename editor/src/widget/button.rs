//! Tools and buttons.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Pos2, Rect, Response, Sense, Ui, WidgetInfo, pos2, vec2};

use super::tooltip;
use crate::frame::Frame;
use crate::paint;
use crate::theme::color::fade;
use crate::theme::{Icon, Type};

/// Side of a tool.
pub(crate) const TOOL: f32 = 28.0;

/// What a tool says of itself.
pub(crate) struct Tool<'a> {
    pub(crate) icon: Icon,
    pub(crate) size: f32,
    pub(crate) name: &'a str,
    pub(crate) help: &'a str,
    pub(crate) hint: &'a str,
    /// `None` for a tool that acts at once.
    pub(crate) on: Option<bool>,
    pub(crate) enabled: bool,
}

impl<'a> Tool<'a> {
    pub(crate) fn new(icon: Icon, name: &'a str, help: &'a str) -> Self {
        Self { icon, size: 16.0, name, help, hint: "", on: None, enabled: true }
    }
}

/// An icon in a square of 28 points.
pub(crate) fn tool(frame: &Frame<'_>, ui: &mut Ui, rect: Rect, tool: &Tool<'_>) -> Response {
    let t = frame.t;
    // Drags too: a press on a tool that lies on the pad must not reach it.
    let sense = if tool.enabled { Sense::click_and_drag() } else { Sense::hover() };
    let response = ui.interact(rect, ui.scope_id().with(("tool", tool.name)), sense);
    response.widget_info(|| match tool.on {
        Some(on) => WidgetInfo::selected(Role::Button, tool.enabled, on, tool.name),
        None => WidgetInfo::labeled(Role::Button, tool.enabled, tool.name),
    });
    let on = tool.on == Some(true);
    let painter = ui.painter();
    if on || (response.is_pointer_button_down_on() && tool.enabled) {
        painter.rect_filled(rect, CornerRadius::same(4), t.bg2);
    }
    let color = match (tool.enabled, on, response.hovered()) {
        (false, ..) => fade(t.text2, 0.42),
        (_, true, _) => t.accent,
        (_, _, true) => t.text1,
        _ => t.text2,
    };
    paint::icon(painter, rect.center(), tool.icon, tool.size, color);
    if on && t.is_contrast() {
        paint::hairline(painter, rect.left() + 6.0..=rect.right() - 6.0, rect.bottom() - 3.0, color);
    }
    frame.focus_ring(ui, &response, rect.shrink(2.0));
    let name = if on { format!("{}, on", tool.name) } else { tool.name.to_owned() };
    tooltip::show(&t, &response, &name, tool.help, tool.hint);
    response
}

/// A heart: filled for a favourite. True when it was clicked.
pub(crate) fn heart(frame: &Frame<'_>, ui: &mut Ui, rect: Rect, of: &str, on: bool) -> bool {
    let t = frame.t;
    let response = ui.interact(rect, ui.scope_id().with(("heart", of)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, format!("{of} is a favourite")));
    let color = match (on, response.hovered()) {
        (true, _) => t.accent,
        (false, true) => t.text1,
        (false, false) => t.text2,
    };
    let font = if on { Icon::filled_font(16.0) } else { Icon::font(16.0) };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, Icon::Heart.glyph(), font, color);
    frame.focus_ring(ui, &response, rect.shrink(2.0));
    let name = if on { "Favourite" } else { "Make it a favourite" };
    tooltip::show(&t, &response, name, "", "");
    response.clicked()
}

/// A button with words; `primary` stands on the accent. It takes drags too, or a press would reach the pad under it.
/// Returns its width and whether it was clicked.
pub(crate) fn button(frame: &Frame<'_>, ui: &mut Ui, at: Pos2, label: &str, primary: bool) -> (f32, bool) {
    let t = frame.t;
    let galley = paint::galley(ui.painter(), label, Type::Row, t.text1);
    let rect = Rect::from_min_size(at, vec2(galley.size().x + 20.0, 28.0));
    let response = ui.interact(rect, ui.scope_id().with(("button", label)), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let (ground, text) = if primary { (t.accent, t.on_accent) } else { (t.bg2, t.text1) };
    let ground = if response.hovered() && !primary { t.bg3 } else { ground };
    ui.painter().rect_filled(rect, CornerRadius::same(4), ground);
    if t.is_contrast() && !primary {
        let stroke = egui::Stroke::new(1.0, t.edge);
        ui.painter().rect_stroke(rect, CornerRadius::same(4), stroke, egui::StrokeKind::Inside);
    }
    paint::text(ui.painter(), rect.center(), Align2::CENTER_CENTER, label, Type::Row, text);
    frame.focus_ring(ui, &response, rect);
    (rect.width(), response.clicked())
}

/// Width that [`button`] will take.
pub(crate) fn button_width(ui: &Ui, label: &str, frame: &Frame<'_>) -> f32 {
    paint::galley(ui.painter(), label, Type::Row, frame.t.text1).size().x + 20.0
}

/// Places `count` tools of 28 points with gaps of 2, centred in `rect`.
pub(crate) fn tool_row(rect: Rect, count: usize) -> impl Iterator<Item = Rect> {
    let width = count as f32 * (TOOL + 2.0) - 2.0;
    let left = (rect.center().x - width / 2.0).round();
    (0..count).map(move |i| {
        Rect::from_min_size(
            pos2(left + i as f32 * (TOOL + 2.0), (rect.center().y - TOOL / 2.0).round()),
            vec2(TOOL, TOOL),
        )
    })
}
