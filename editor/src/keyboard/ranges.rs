//! The pack's key ranges, above the keys: a line for the keys that one recording serves, a dot where it was recorded.

use egui::accesskit::Role;
use egui::{CornerRadius, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::frame::Frame;
use crate::layout::{Class, FLAGS, KeyRow};
use crate::widget::tooltip;

/// How far the lines lie above the keys.
const RISE: f32 = 7.0;

pub(super) fn show(frame: &Frame<'_>, ui: &Ui, row: &KeyRow, class: Class) {
    if class == Class::S {
        return;
    }
    for (n, range) in frame.model.pack.ranges.iter().enumerate() {
        let Some((left, right)) = row.span(range.low, range.high) else { continue };
        let top = row.rect.top();
        let band = Rect::from_min_max(pos2(left, top - FLAGS), pos2(right, top));
        let response = ui.interact(band, ui.scope_id().with(("key range", n)), Sense::hover());
        let words = || {
            let [low, high, root] = [range.low, range.high, range.root].map(|key| frame.note_name(key));
            [format!("Recorded at {root}"), format!("It plays from {low} to {high}.")]
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words().join(". ")));
        if response.hovered() {
            let [name, sentence] = words();
            tooltip::show(&frame.t, &response, &name, &sentence, "");
        }

        let sounds = (range.low..=range.high).any(|key| frame.model.keys.is_held(key));
        let (color, thickness) = if sounds { (frame.t.accent, 2.0) } else { (frame.t.edge, 1.0) };
        let line = Rect::from_min_size(pos2(left + 1.0, top - RISE), vec2(right - left - 2.0, thickness));
        ui.painter().rect_filled(line, CornerRadius::ZERO, color);
        let ends = [(range.low >= row.first, line.left()), (range.high <= row.last(), line.right() - 1.0)];
        for (_, left) in ends.into_iter().filter(|(is_drawn, _)| *is_drawn) {
            let end = Rect::from_min_size(pos2(left, line.top()), vec2(1.0, 4.0));
            ui.painter().rect_filled(end, CornerRadius::ZERO, color);
        }
        if let Some(key) = row.key_rect(range.root) {
            let color = if sounds { frame.t.accent } else { frame.t.text2 };
            ui.painter().circle_filled(pos2(key.center().x, top - RISE + thickness / 2.0), 2.5, color);
        }
    }
}
