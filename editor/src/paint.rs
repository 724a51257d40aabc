//! Small painting helpers on egui's painter: text by type step, arcs, hairlines, plates.

use std::f32::consts::TAU;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Color32, CornerRadius, Galley, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

use crate::theme::{Icon, Type};

/// Lays out one line; cached by egui while text, type and colour repeat.
pub(crate) fn galley(painter: &Painter, text: &str, step: Type, color: Color32) -> Arc<Galley> {
    painter.layout_no_wrap(text.to_owned(), step.font(), color)
}

/// Draws one line with `anchor` of its box at `at`; returns the box.
pub(crate) fn text(painter: &Painter, at: Pos2, anchor: Align2, text: &str, step: Type, color: Color32) -> Rect {
    let galley = galley(painter, text, step, color);
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, color);
    rect
}

/// Draws one line that ends in … when it is wider than `width`.
pub(crate) fn text_within(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    step: Type,
    color: Color32,
    width: f32,
) -> Rect {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(step.font(), color));
    job.wrap = TextWrapping { overflow_character: Some('…'), ..TextWrapping::truncate_at_width(width.max(8.0)) };
    let galley = painter.layout_job(job);
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, color);
    rect
}

/// Draws one line from `at`, the middle of its left edge. What is too long loses folders from its first one on.
pub(crate) fn path_within(painter: &Painter, at: Pos2, text: &str, step: Type, color: Color32, width: f32) -> Rect {
    let is_separator = |c: char| matches!(c, '/' | '\\');
    let fits = |text: &str| galley(painter, text, step, color).size().x <= width;
    let Some(root) = text.find(is_separator).filter(|_| !fits(text)) else {
        return text_within(painter, at, Align2::LEFT_CENTER, text, step, color, width);
    };
    let ends = text.char_indices().skip_while(|(i, _)| *i <= root).filter(|(_, c)| is_separator(*c)).map(|(i, _)| i);
    let shortened = |from: usize| format!("{}…{}", &text[..root], &text[from..]);
    let short = ends.map(shortened).find(|text| fits(text)).unwrap_or_else(|| text.to_owned());
    text_within(painter, at, Align2::LEFT_CENTER, &short, step, color, width)
}

/// Draws an icon centred at `at`.
pub(crate) fn icon(painter: &Painter, at: Pos2, icon: Icon, size: f32, color: Color32) {
    painter.text(at, Align2::CENTER_CENTER, icon.glyph(), Icon::font(size), color);
}

/// Points of an arc; angles in turns clockwise from 12 o'clock.
pub(crate) fn arc_points(center: Pos2, radius: f32, from: f32, to: f32) -> Vec<Pos2> {
    let count = (((to - from).abs() * 48.0).ceil() as usize).max(2);
    (0..=count).map(|i| on_circle(center, radius, from + (to - from) * i as f32 / count as f32)).collect()
}

/// The point of a circle at an angle in turns clockwise from 12 o'clock.
pub(crate) fn on_circle(center: Pos2, radius: f32, turns: f32) -> Pos2 {
    let (sin, cos) = (turns * TAU).sin_cos();
    pos2(center.x + radius * sin, center.y - radius * cos)
}

/// An arc with round ends.
pub(crate) fn arc(painter: &Painter, center: Pos2, radius: f32, from: f32, to: f32, stroke: Stroke) {
    let points = arc_points(center, radius, from, to);
    let ends = [points[0], points[points.len() - 1]];
    painter.add(Shape::line(points, stroke));
    for end in ends {
        painter.circle_filled(end, stroke.width / 2.0, stroke.color);
    }
}

/// A line with round ends.
pub(crate) fn bar(painter: &Painter, ends: [Pos2; 2], stroke: Stroke) {
    painter.line_segment(ends, stroke);
    for end in ends {
        painter.circle_filled(end, stroke.width / 2.0, stroke.color);
    }
}

/// A horizontal hairline on whole pixels: the pixel row at `y`.
pub(crate) fn hairline(painter: &Painter, x: std::ops::RangeInclusive<f32>, y: f32, color: Color32) {
    let pixel = 1.0 / painter.pixels_per_point();
    let width = pixel * painter.pixels_per_point().round().max(1.0);
    let top = (y / pixel).round() * pixel;
    let rect = Rect::from_min_max(pos2(*x.start(), top), pos2(*x.end(), top + width));
    painter.rect_filled(rect, CornerRadius::ZERO, color);
}

/// A vertical hairline on whole pixels.
pub(crate) fn hairline_down(painter: &Painter, x: f32, y: std::ops::RangeInclusive<f32>, color: Color32) {
    let pixel = 1.0 / painter.pixels_per_point();
    let width = pixel * painter.pixels_per_point().round().max(1.0);
    let left = (x / pixel).round() * pixel;
    let rect = Rect::from_min_max(pos2(left, *y.start()), pos2(left + width, *y.end()));
    painter.rect_filled(rect, CornerRadius::ZERO, color);
}

/// The outline of a focused control: 2 points, 2 points off it.
pub(crate) fn focus(painter: &Painter, rect: Rect, color: Color32) {
    painter.rect_stroke(rect.expand(2.0), CornerRadius::same(5), Stroke::new(2.0, color), StrokeKind::Outside);
}

/// Text on a plate, for the map; `anchor` of the plate is at `at`.
pub(crate) fn plate(painter: &Painter, at: Pos2, anchor: Align2, text: &str, mark: Color32, ground: Color32) -> Rect {
    let galley = galley(painter, text, Type::Tick, mark);
    let rect = anchor.anchor_size(at, vec2(galley.size().x + 9.0, 15.0));
    painter.rect_filled(rect, CornerRadius::same(3), ground);
    painter.galley(rect.center() - galley.size() / 2.0, galley, mark);
    rect
}

/// As [`plate`], beside a mark on the map: right of it by `gap`, or left where the map ends.
pub(crate) fn plate_beside(painter: &Painter, at: Pos2, gap: f32, text: &str, mark: Color32, ground: Color32) {
    let width = galley(painter, text, Type::Tick, mark).size().x + 9.0;
    let (side, anchor) = if at.x + gap + width > painter.clip_rect().right() {
        (-gap, Align2::RIGHT_CENTER)
    } else {
        (gap, Align2::LEFT_CENTER)
    };
    plate(painter, at + vec2(side, 0.0), anchor, text, mark, ground);
}

/// A value as the editor prints it: a real minus and ∞.
pub(crate) fn pretty(text: &str) -> String {
    text.replace('-', "−").replace("inf", "∞")
}

/// An amount of memory or disk: in MB of 2^20 bytes, or GB of 2^30.
pub(crate) fn bytes(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    match mib {
        0.0..10.0 => format!("{mib:.1} MB"),
        10.0..1000.0 => format!("{mib:.0} MB"),
        _ => format!("{:.1} GB", mib / 1024.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_get_a_real_minus() {
        assert_eq!(pretty("-3.0 dB"), "−3.0 dB");
        assert_eq!(pretty("-inf dB"), "−∞ dB");
    }

    #[test]
    fn twelve_o_clock_is_up_and_turns_are_clockwise() {
        let p = on_circle(pos2(0.0, 0.0), 1.0, 0.25);
        assert!((p - pos2(1.0, 0.0)).length() < 1e-6);
    }
}
