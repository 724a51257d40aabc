//! Round the map: the names of its corners, the pad's tools, and the point's coordinates.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Popup, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::frame::Frame;
use crate::layout::Layout;
use crate::pad;
use crate::paint;
use crate::surprise;
use crate::theme::{Icon, Type};
use crate::widget::button::{Tool, tool, tool_row};
use crate::widget::tooltip;

/// The letters and where they are on the pad.
const CORNERS: [(char, [f32; 2]); 4] = [('A', [0.0, 1.0]), ('B', [1.0, 1.0]), ('C', [0.0, 0.0]), ('D', [1.0, 0.0])];

/// A name that has less room than this is left out.
const LEAST_NAME: f32 = 40.0;

/// Names of the corners.
pub(crate) fn names(frame: &mut Frame<'_>, ui: &Ui, layout: &Layout) {
    for (i, ((letter, at), rect)) in CORNERS.into_iter().zip(layout.corners).enumerate() {
        tag(frame, ui, rect, letter, at, i % 2 == 1, layout.narrow);
    }
}

fn tag(frame: &mut Frame<'_>, ui: &Ui, rect: Rect, letter: char, at: [f32; 2], right: bool, small: bool) {
    let (t, painter, model) = (frame.t, ui.painter(), frame.model);
    let anchor = model.pack.corner(at);
    // A pack may have sounds in other places than the corners.
    let empty = if model.pack.anchors.is_empty() { "–" } else { "In between" };
    let name = anchor.map_or(empty, |a| a.name.as_str());
    let detail = anchor.map_or("", |a| a.detail.as_str());
    let side = if right { -1.0 } else { 1.0 };
    let edge = if right { rect.right() } else { rect.left() };
    let x = |offset: f32| edge + side * offset;
    let (first, second) =
        if right { (Align2::RIGHT_CENTER, Align2::RIGHT_CENTER) } else { (Align2::LEFT_CENTER, Align2::LEFT_CENTER) };

    let mut start = 0.0;
    if let Some(anchor) = anchor.filter(|_| !small) {
        let size = vec2(40.0, 32.0);
        let thumb = Rect::from_center_size(pos2(x(size.x / 2.0), rect.center().y), size);
        painter.rect_filled(thumb, CornerRadius::same(3), t.bg2);
        if let Some(picture) = &anchor.thumb {
            frame.view.thumbs.sound(ui, painter, thumb, picture, t.text1);
        }
        start = 48.0;
    }
    let disc = pos2(x(start + 8.0), rect.center().y);
    painter.circle_stroke(disc, 7.4, Stroke::new(1.25 + t.stroke, t.text2));
    paint::text(painter, disc, Align2::CENTER_CENTER, &letter.to_string(), Type::Tick, t.text2);

    let two_lines = !detail.is_empty() && !small;
    let name_y = rect.center().y + if two_lines { -7.0 } else { 0.0 };
    let color = if anchor.is_some() { t.text1 } else { t.text2 };
    let step = if small { Type::NameSmall } else { Type::Name };
    let width = rect.width() - start - 24.0;
    // The letter alone says more than a letter of the name.
    if width >= LEAST_NAME {
        paint::text_within(painter, pos2(x(start + 24.0), name_y + 1.0), first, name, step, color, width);
    }
    if two_lines {
        let at = pos2(x(start + 24.0), rect.center().y + 10.0);
        paint::text_within(painter, at, second, detail, Type::Label, t.text2, width);
    }
    let response = ui.interact(rect, ui.scope_id().with(("corner", letter)), Sense::hover());
    if anchor.is_some() {
        tooltip::show(&t, &response, name, detail, "");
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Corner {letter}: {name}")));
}

/// The pad's tools: weights, snap, note position, chance, more.
pub(crate) fn tools(frame: &mut Frame<'_>, ui: &mut Ui, layout: &Layout) {
    let small = layout.narrow;
    let latch = frame.has("xy_mode");
    let mut places = tool_row(layout.tools, if small { 1 } else { 5 + usize::from(latch) });
    let mut place = || places.next().unwrap_or(layout.tools);
    if !small {
        let weights = Tool {
            hint: "W",
            on: Some(frame.view.pad.weights),
            ..Tool::new(Icon::Polygon, "Show weights", "How much each of the four nearest sounds adds.")
        };
        if tool(frame, ui, place(), &weights).clicked() {
            frame.view.pad.weights = !frame.view.pad.weights;
        }
        let snap = Tool {
            hint: "Ctrl while dragging",
            on: Some(frame.view.pad.snap),
            ..Tool::new(Icon::Magnet, "Snap to points", "The point stays on the dots of the map.")
        };
        if tool(frame, ui, place(), &snap).clicked() {
            frame.view.pad.snap = !frame.view.pad.snap;
        }
        if latch {
            let on = frame.step("xy_mode") == 1;
            let pin = Tool {
                on: Some(on),
                ..Tool::new(Icon::Pin, "Pin held notes", "A held note keeps the place where it began.")
            };
            if tool(frame, ui, place(), &pin).clicked() {
                frame.jump(&[("xy_mode", if on { 0.0 } else { 1.0 })]);
            }
        }
    }
    if !small {
        let dice = Tool::new(Icon::Dice, "Random point", "The point goes somewhere else.");
        if tool(frame, ui, place(), &dice).clicked() {
            surprise::point(frame);
        }
        let sound = Tool::new(Icon::Surprise, "Surprise me", "A random point, envelope and filter, within limits.");
        if tool(frame, ui, place(), &sound).clicked() {
            surprise::surprise(frame);
        }
    }
    let more = Tool::new(Icon::More, "More for the pad", "");
    let response = tool(frame, ui, place(), &more);
    Popup::menu(&response).show(|ui| pad::rows(frame, ui));
}
