//! Segments: a choice of few words, all in sight. The chosen one is raised, and has a line under it.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::tooltip;
use crate::frame::Frame;
use crate::paint;
use crate::theme::{Tokens, Type};

/// Height.
pub(crate) const HEIGHT: f32 = 22.0;
const PAD: f32 = 8.0;

/// What segments are to show.
pub(crate) struct Segments<'a> {
    /// What is chosen, for those who do not see it.
    pub(crate) name: &'a str,
    /// The words of the segments.
    pub(crate) words: &'a [&'a str],
    /// The chosen one.
    pub(crate) now: usize,
    /// Over the whole width, instead of flush right.
    pub(crate) fill: bool,
    /// The focus shows.
    pub(crate) keyboard: bool,
}

/// Draws segments in `rect`; returns the one that was clicked.
pub(crate) fn segments(ui: &mut Ui, t: &Tokens, rect: Rect, of: &Segments<'_>) -> Option<usize> {
    let &Segments { name, words, now, fill, keyboard } = of;
    let widths: Vec<f32> =
        words.iter().map(|w| paint::galley(ui.painter(), w, Type::Value, t.text2).size().x + 2.0 * PAD).collect();
    let total: f32 = widths.iter().sum::<f32>() + 4.0;
    let stretch = if fill { ((rect.width() - total) / words.len() as f32).max(0.0) } else { 0.0 };
    let width = if fill { total.max(rect.width()) } else { total };
    let ground = Rect::from_min_size(pos2(rect.right() - width, rect.center().y - HEIGHT / 2.0), vec2(width, HEIGHT));
    ui.painter().rect_filled(ground, CornerRadius::same(4), t.bg2);
    let mut chosen = None;
    let mut x = ground.left() + 2.0;
    for (i, (word, width)) in words.iter().zip(widths).enumerate() {
        let segment = Rect::from_min_size(pos2(x, ground.top() + 2.0), vec2(width + stretch, HEIGHT - 4.0));
        x = segment.right();
        // The hit height is the row's, so that a low control is easy to hit.
        let response = ui.interact(segment.expand2(vec2(0.0, 3.0)), ui.scope_id().with((name, i)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, i == now, format!("{name}: {word}")));
        let color = if i == now || response.hovered() { t.text1 } else { t.text2 };
        if i == now {
            ui.painter().rect_filled(segment, CornerRadius::same(3), t.bg3);
            let line = Rect::from_min_max(pos2(segment.left(), segment.bottom() - 1.5), segment.right_bottom());
            ui.painter().rect_filled(line, CornerRadius { nw: 0, ne: 0, sw: 2, se: 2 }, t.accent);
        }
        paint::text(ui.painter(), segment.center(), Align2::CENTER_CENTER, word, Type::Value, color);
        if keyboard && response.has_focus() {
            paint::focus(ui.painter(), segment, t.focus());
        }
        if response.clicked() {
            chosen = Some(i);
        }
    }
    chosen
}

/// A choice parameter as segments.
pub(crate) fn choice(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, id: &'static str, fill: bool) {
    let Some(p) = frame.parameter(id) else { return };
    let words: Vec<&str> = p.words.iter().map(String::as_str).collect();
    let name = p.name.clone();
    let t = frame.t;
    let now = frame.step(id);
    let hover = ui.interact(rect, ui.scope_id().with(("segments", id)), Sense::hover());
    tooltip::of_parameter(frame, &hover, id);
    let of = Segments { name: &name, words: &words, now, fill, keyboard: frame.view.keyboard_used };
    if let Some(i) = segments(ui, &t, rect, &of) {
        let value = frame.parameter(id).map_or(0.0, |p| p.value_of_step(i));
        frame.jump(&[(id, value)]);
    }
}
