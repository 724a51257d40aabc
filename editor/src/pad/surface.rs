//! The map's picture: baked once for each pack, theme and size, with dots, labels and the states of the pack over it.

use std::sync::Arc;

use egui::epaint::RectShape;
use egui::{Align2, Color32, CornerRadius, Pos2, Rect, Shape, Stroke, TextureHandle, TextureOptions, Ui, pos2, vec2};

use super::bake::{self, Label};
use super::field::Field;
use super::{NEEDLE, Pad, Space, marks};
use crate::Action;
use crate::browser::Tab;
use crate::frame::Frame;
use crate::model::{Cell, Pack, PackState, Theme};
use crate::paint;
use crate::theme::color::{Oklab, fade};
use crate::theme::{Icon, Tokens, Type};
use crate::widget::button;

/// A new size is baked when it has been still for so long; until then the old picture is stretched.
const STILL_SECONDS: f64 = 0.15;
/// Radius of the map's corners.
const RADIUS: u8 = 6;

#[derive(Debug, Clone, PartialEq)]
struct Key {
    size: [usize; 2],
    theme: Theme,
}

/// The picture and what it was made from.
#[derive(Default)]
pub(crate) struct Surface {
    cells: Option<Arc<[Cell]>>,
    grid: [usize; 2],
    field: Option<Field>,
    picture: Option<(Key, TextureHandle)>,
    labels: Vec<Label>,
    /// The size that is wanted, since when.
    wanted: Option<(Key, f64)>,
}

impl std::fmt::Debug for Surface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surface").field("grid", &self.grid).finish_non_exhaustive()
    }
}

impl Surface {
    /// Takes over the pack's map when it is another one.
    pub(crate) fn follow(&mut self, pack: &Pack) {
        let same = self.cells.as_ref().is_some_and(|c| Arc::ptr_eq(c, &pack.cells));
        if !same || self.grid != [pack.columns, pack.rows] {
            self.cells = Some(Arc::clone(&pack.cells));
            self.grid = [pack.columns, pack.rows];
            self.field = Field::new(pack);
            self.picture = None;
            self.wanted = None;
        }
    }

    /// Hue of the map at a place.
    pub(crate) fn hue(&self, at: [f32; 2]) -> Option<f32> {
        self.field.as_ref()?.hue(at)
    }

    /// Bakes what is missing; asks to be called again while a size has to rest.
    fn prepare(&mut self, ui: &Ui, map: Rect, theme: Theme, now: f64) {
        let Some(field) = &self.field else { return };
        // A map wider than the largest texture is painted smaller and stretched.
        let largest = ui.input(|i| i.max_texture_side) as f32;
        let scale = ui.ctx().pixels_per_point().min(largest / map.width().max(map.height()).max(1.0));
        let size = [map.width(), map.height()].map(|s| ((s * scale).round() as usize).max(1));
        let key = Key { size, theme };
        if self.picture.as_ref().is_some_and(|(made, _)| *made == key) {
            self.wanted = None;
            return;
        }
        let since = match &self.wanted {
            Some((wanted, since)) if *wanted == key => *since,
            _ => now,
        };
        let resizing = self.picture.as_ref().is_some_and(|(made, _)| made.theme == theme);
        if resizing && now - since < STILL_SECONDS {
            self.wanted = Some((key, since));
            ui.ctx().request_repaint_after_secs((STILL_SECONDS - (now - since)) as f32);
            return;
        }
        let image = bake::bake(field, size, scale, theme);
        let texture = ui.ctx().load_texture("map", image, TextureOptions::LINEAR);
        self.labels = bake::labels(field, [map.width(), map.height()]);
        self.picture = Some((key, texture));
        self.wanted = None;
    }
}

/// Draws map, dots and labels.
pub(super) fn show(frame: &mut Frame<'_>, ui: &Ui, map: Rect, space: Space) {
    let theme = frame.model.settings.theme;
    let now = frame.now;
    frame.view.pad.surface.prepare(ui, map, theme, now);
    let (t, painter, pack) = (frame.t, ui.painter(), &frame.model.pack);
    let rounding = CornerRadius::same(RADIUS);
    let pad: &Pad = &frame.view.pad;

    let failed = matches!(pack.state, PackState::Failed { .. });
    // What lies under an opaque picture is not painted.
    if failed || pad.surface.picture.is_none() {
        painter.rect_filled(map, rounding, t.bg1);
    }
    if t.is_contrast() {
        painter.rect_stroke(map, rounding, Stroke::new(1.0, t.edge), egui::StrokeKind::Inside);
    }
    if let Some((_, texture)) = &pad.surface.picture {
        let tint = if failed { Color32::WHITE.gamma_multiply(0.3) } else { Color32::WHITE };
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.add(RectShape::filled(map, rounding, tint).with_texture(texture.id(), uv));
    }
    if failed {
        return;
    }
    if !pad.no_dots {
        dots(painter, &t, pack, space);
    }
    if !pad.no_labels {
        let point = [frame.value("x"), frame.value("y")];
        let weights = if pad.shows_weights(now) { marks::neighbours(pack, point) } else { Vec::new() };
        // A number gives way to what is played.
        let busy: Vec<_> = frame
            .model
            .voices
            .iter()
            .map(|v| [v.x, v.y])
            .chain([point])
            .chain(frame.document().stars.iter().map(|star| star.at))
            .chain(weights.into_iter().map(|near| near.at))
            .map(|at| space.to_screen(at))
            .collect();
        for label in &pad.surface.labels {
            let at = space.to_screen(label.at);
            if busy.iter().any(|b| (b.x - at.x).abs() < 52.0 && (b.y - at.y).abs() < 26.0) {
                continue;
            }
            contour_label(painter, &t, space, pad.surface.hue(label.at), label);
        }
    }
    inner_anchors(painter, &t, pack, space);
}

fn dots(painter: &egui::Painter, t: &Tokens, pack: &Pack, space: Space) {
    let (columns, rows) = match pack.state {
        PackState::Empty => (9, 9),
        _ => (pack.columns.max(1), pack.rows.max(1)),
    };
    let stride = |count: usize| if count > 17 { 2 } else { 1 };
    let share = |i: usize, count: usize| if count > 1 { i as f32 / (count - 1) as f32 } else { 0.5 };
    let ink = if pack.state == PackState::Empty { fade(t.text2, 0.42) } else { fade(t.mark, 0.42) };
    for row in (0..rows).step_by(stride(rows)) {
        for column in (0..columns).step_by(stride(columns)) {
            let at = space.to_screen([share(column, columns), share(row, rows)]);
            let resident = pack.resident.get(row * columns + column).copied().unwrap_or(true);
            if resident {
                painter.circle_filled(at, 1.15, ink);
            } else {
                painter.circle_stroke(at, 1.8, Stroke::new(1.0, fade(t.mark, 0.5)));
            }
        }
    }
}

fn contour_label(painter: &egui::Painter, t: &Tokens, space: Space, hue: Option<f32>, label: &Label) {
    let ground = match (t.theme, hue) {
        (Theme::Contrast, _) => Color32::BLACK,
        (Theme::Dark, hue) => Oklab::from_lch(0.40, hue.map_or(0.0, |_| 0.05), hue.unwrap_or(0.0)).to_color(),
        (Theme::Light, hue) => Oklab::from_lch(0.90, hue.map_or(0.0, |_| 0.04), hue.unwrap_or(0.0)).to_color(),
    };
    let text = fade(t.mark, 0.92);
    let galley = paint::galley(painter, &label.text, Type::Tick, text);
    let at = space.to_screen(label.at);
    let rect = Rect::from_center_size(at, vec2(galley.size().x + 10.0, 13.0));
    painter.rect_filled(rect, CornerRadius::same(6), ground);
    painter.galley(rect.center() - galley.size() / 2.0, galley, text);
}

/// Anchors that are on no corner: a diamond with the name, unless too close to another.
fn inner_anchors(painter: &egui::Painter, t: &Tokens, pack: &Pack, space: Space) {
    let mut named: Vec<egui::Pos2> = Vec::new();
    for anchor in &pack.anchors {
        let corner = anchor.at.iter().all(|v| *v < 0.01 || *v > 0.99);
        let at = space.to_screen(anchor.at.map(|v| v.clamp(0.0, 1.0)));
        if corner || named.iter().any(|other| other.distance(at) < 72.0) {
            continue;
        }
        named.push(at);
        let r = 4.0;
        let diamond = vec![at - vec2(0.0, r), at + vec2(r, 0.0), at + vec2(0.0, r), at - vec2(r, 0.0)];
        painter.add(Shape::convex_polygon(diamond, t.mark, Stroke::new(1.0, fade(t.case, 0.6))));
        // The name goes to the side where there is room.
        let right = at.x < space.to_screen([0.75, 0.0]).x;
        let (anchor_point, offset) =
            if right { (Align2::LEFT_CENTER, vec2(8.0, 0.0)) } else { (Align2::RIGHT_CENTER, vec2(-8.0, 0.0)) };
        let galley = paint::galley(painter, &anchor.name, Type::NameSmall, t.mark);
        let rect = anchor_point.anchor_size(at + offset, galley.size());
        painter.rect_filled(rect.expand2(vec2(4.0, 0.0)), CornerRadius::same(3), fade(t.case, 0.55));
        painter.galley(rect.min, galley, t.mark);
    }
}

/// What stands on the map when there is no pack, or it failed; `needle` is where the point is.
pub(super) fn state(frame: &mut Frame<'_>, ui: &mut Ui, map: Rect, needle: Pos2) {
    let t = frame.t;
    match &frame.model.pack.state {
        PackState::Empty => {
            let at = map.center() - vec2(0.0, 22.0);
            paint::text(ui.painter(), at, Align2::CENTER_CENTER, "Open a pack to begin", Type::Name, t.text1);
            choices(
                frame,
                ui,
                map.center() + vec2(0.0, 6.0),
                &[("Open a pack…", Action::OpenPack), ("Factory pack", Action::UseFactoryPack)],
            );
        }
        PackState::Failed { reason, missing } => {
            let width = (map.width() - 48.0).min(440.0);
            let font = Type::Body.font();
            let galley = ui.painter().layout(reason.clone(), font, t.text1, width - 32.0);
            let size = vec2(galley.size().x + 28.0, galley.size().y);
            let left = map.center().x - size.x / 2.0;
            let height = size.y + 20.0 + 28.0;
            let block = Rect::from_min_size(pos2(left, map.center().y - 12.0 - size.y), vec2(size.x, height));
            let top = beside(needle, block, map);
            paint::icon(ui.painter(), pos2(left + 8.0, top + 8.0), Icon::Warning, 16.0, t.danger);
            ui.painter().galley(pos2(left + 28.0, top), galley, t.text1);
            let first = if *missing { ("Locate…", Action::LocatePack) } else { ("Open a pack…", Action::OpenPack) };
            let at = pos2(map.center().x, top + size.y + 20.0);
            choices(frame, ui, at, &[first, ("Factory pack", Action::UseFactoryPack)]);
        }
        PackState::Loading(_) | PackState::Ready => {}
    }
}

/// Top of a block of words on the map: if it would lie over the needle it goes above, or below where there is no room.
fn beside(needle: Pos2, block: Rect, map: Rect) -> f32 {
    let clear = NEEDLE + 6.0;
    let above = needle.y - clear - block.height();
    match block.expand(clear).contains(needle) {
        false => block.top(),
        true if above >= map.top() + 4.0 => above,
        true => needle.y + clear,
    }
}

/// A row of buttons centred below `at`; the first is the primary one.
fn choices(frame: &mut Frame<'_>, ui: &mut Ui, at: egui::Pos2, buttons: &[(&str, Action)]) {
    let widths: Vec<f32> = buttons.iter().map(|(label, _)| button::button_width(ui, label, frame)).collect();
    let total = widths.iter().sum::<f32>() + 8.0 * (buttons.len() - 1) as f32;
    let mut x = (at.x - total / 2.0).round();
    for (i, (label, action)) in buttons.iter().enumerate() {
        let (width, clicked) = button::button(frame, ui, pos2(x, at.y.round()), label, i == 0);
        let asks = matches!(action, Action::OpenPack | Action::LocatePack);
        if clicked && asks && !frame.model.file_dialog {
            frame.view.browser.show_tab(Tab::Packs);
        } else if clicked {
            frame.actions.push(action.clone());
        }
        x += width + 8.0;
    }
}
