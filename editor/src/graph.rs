//! The graphs: wells with a curve in the accent and handles on it.

pub(crate) mod amp;
pub(crate) mod filter;

use egui::epaint::{BandPoint, BandShape};
use egui::{Color32, CornerRadius, CursorIcon, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, vec2};

use crate::frame::Frame;
use crate::theme::Tokens;
use crate::theme::color::fade;

/// A handle in the hand: which one, and the values that the hand stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hand {
    handle: &'static str,
    at: [f32; 2],
}

/// Radius of a handle.
const HANDLE: f32 = 4.0;
/// Radius of the place where a handle is hit.
const HIT: f32 = 10.0;

pub(crate) fn well(painter: &Painter, t: &Tokens, rect: Rect) {
    painter.rect_filled(rect, CornerRadius::same(4), t.bg1);
    if t.is_contrast() {
        painter.rect_stroke(rect, CornerRadius::same(4), Stroke::new(1.0, t.edge), egui::StrokeKind::Inside);
    }
}

/// A curve from left to right with its fill.
pub(crate) fn curve(painter: &Painter, t: &Tokens, rect: Rect, points: Vec<Pos2>, opacity: f32) {
    let bottom = rect.bottom();
    let band = points.iter().map(|p| BandPoint::new(p.x, p.y.min(bottom)..=bottom)).collect();
    painter.add(Shape::Band(BandShape::filled(band, fade(t.accent, 0.13 * opacity))));
    painter.add(Shape::line(points, Stroke::new(2.0 + t.stroke, fade(t.accent, opacity))));
}

fn handle(painter: &Painter, t: &Tokens, at: Pos2, held: bool, hot: bool) {
    let ring: Color32 = if held || hot { t.accent } else { t.text1 };
    painter.circle_filled(at, HANDLE, if held { t.text1 } else { t.bg1 });
    painter.circle_stroke(at, HANDLE, Stroke::new(1.75 + t.stroke, ring));
}

/// One handle that moves up to two parameters: `x` by the horizontal, `y` by the vertical way. `span` is what the
/// whole travel takes in points; an upward way is more. Returns whether it is held, and whether the pointer is on it.
fn grip(
    frame: &mut Frame<'_>,
    ui: &Ui,
    name: &'static str,
    at: Pos2,
    ids: [Option<&'static str>; 2],
    span: [f32; 2],
) -> (bool, bool) {
    // Not a stop of the Tab key: the values in the row below are.
    let sense = Sense::CLICK | Sense::DRAG;
    let response =
        ui.interact(Rect::from_center_size(at, vec2(HIT, HIT) * 2.0), ui.scope_id().with(("grip", name)), sense);
    let ids: Vec<(usize, &'static str)> =
        ids.into_iter().enumerate().filter_map(|(i, id)| id.filter(|id| frame.has(id)).map(|id| (i, id))).collect();
    if response.double_clicked() {
        let defaults: Vec<_> = ids.iter().filter_map(|(_, id)| frame.parameter(id).map(|p| (*id, p.default))).collect();
        frame.jump(&defaults);
    }
    if response.drag_started_by(egui::PointerButton::Primary) {
        let mut at = [0.0; 2];
        for (i, id) in &ids {
            frame.begin(id);
            at[*i] = frame.value(id);
        }
        frame.view.hand = Some(Hand { handle: name, at });
    }
    let held = response.dragged_by(egui::PointerButton::Primary);
    if held && let Some(mut hand) = frame.view.hand.filter(|h| h.handle == name) {
        let (delta, fine) = ui.input(|i| (i.pointer.delta(), i.modifiers.shift));
        let speed = if fine { 0.1 } else { 1.0 };
        for (i, id) in &ids {
            let way = if *i == 0 { delta.x / span[0] } else { -delta.y / span[1] };
            hand.at[*i] = (hand.at[*i] + way * speed).clamp(0.0, 1.0);
            frame.set(id, hand.at[*i]);
            frame.hold(id);
        }
        frame.view.hand = Some(hand);
    }
    if response.drag_stopped() {
        for (_, id) in &ids {
            frame.end(id);
        }
        frame.view.hand = None;
    }
    if held || response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::Grab);
    }
    (held, response.hovered())
}
