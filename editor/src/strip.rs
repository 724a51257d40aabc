//! What the output looks like: bands over time in ink, the present spectrum, or the wave.

use std::collections::VecDeque;

use egui::accesskit::Role;
use egui::epaint::RectShape;
use egui::{
    Align2, Color32, ColorImage, CornerRadius, Painter, Popup, Pos2, Rect, Sense, Shape, Stroke, StrokeKind,
    TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};

use crate::Action;
use crate::frame::Frame;
use crate::graph;
use crate::layout::Layout;
use crate::model::{Analysis, BANDS, Column, HIGHEST_HZ, LOWEST_HZ, Settings, Strip as Kind};
use crate::paint;
use crate::theme::{Icon, Tokens, Type};
use crate::widget::{menu, tooltip};

/// Columns that are kept: what the widest strip shows.
const KEPT: usize = 2600;
/// Columns that come into the picture together: with 60 a second it moves 30 times.
const AT_ONCE: usize = 2;
/// Width of the spectrum beside the bands.
const BARS: f32 = 52.0;
/// Width of the frequencies at the right.
const LABELS: f32 = 44.0;
/// Bars of that spectrum.
const BAR_COUNT: usize = 32;
/// Frequencies that are named.
const NAMED: [(f32, &str); 3] = [(4000.0, "4 k"), (400.0, "400"), (40.0, "40")];
/// Least distance of two of them.
const LINE: f32 = 13.0;
const KINDS: [(Kind, &str); 4] =
    [(Kind::Rainbowgram, "Rainbowgram"), (Kind::Spectrum, "Spectrum"), (Kind::Scope, "Scope"), (Kind::Off, "Off")];

/// What the strip remembers.
#[derive(Default)]
pub(crate) struct Strip {
    history: VecDeque<Column>,
    /// The picture of the newest columns: a ring, so that each column is painted once.
    ring: Option<Ring>,
    wave: Vec<f32>,
    /// It stands still for a look.
    frozen: bool,
}

struct Ring {
    texture: TextureHandle,
    width: usize,
    /// Where the next column goes: the oldest one.
    next: usize,
}

impl std::fmt::Debug for Strip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Strip").field("columns", &self.history.len()).finish_non_exhaustive()
    }
}

impl Strip {
    /// Takes what the shell has added.
    pub(crate) fn follow(&mut self, analysis: &mut Analysis) {
        // Each time the whole picture moves, so some come at once.
        let enough = analysis.columns.len() >= AT_ONCE;
        let columns = if enough { std::mem::take(&mut analysis.columns) } else { Vec::new() };
        let wave = std::mem::take(&mut analysis.wave);
        if self.frozen {
            return;
        }
        if !wave.is_empty() {
            self.wave = wave;
        }
        if let Some(ring) = &mut self.ring {
            // What is older than the ring would be painted over.
            for column in columns.iter().skip(columns.len().saturating_sub(ring.width)) {
                ring.push(column);
            }
        }
        self.history.extend(columns);
        let surplus = self.history.len().saturating_sub(KEPT);
        self.history.drain(..surplus);
    }

    fn newest(&self) -> Column {
        self.history.back().copied().unwrap_or([0; BANDS])
    }

    fn ring(&mut self, ui: &Ui, width: usize) -> &Ring {
        let width = width.clamp(1, KEPT);
        if self.ring.as_ref().is_none_or(|ring| ring.width != width) {
            let mut image = ColorImage::filled([width, BANDS], Color32::TRANSPARENT);
            let shown = self.history.len().min(width);
            for (i, column) in self.history.iter().skip(self.history.len() - shown).enumerate() {
                let x = width - shown + i;
                for (band, value) in column.iter().enumerate() {
                    image.pixels[(BANDS - 1 - band) * width + x] = ink(*value);
                }
            }
            let texture = ui.ctx().load_texture("rainbowgram", image, TextureOptions::LINEAR);
            self.ring = Some(Ring { texture, width, next: 0 });
        }
        self.ring.as_ref().expect("it was just made")
    }
}

impl Ring {
    fn push(&mut self, column: &Column) {
        let pixels = column.iter().rev().map(|value| ink(*value)).collect();
        let image = ColorImage::new([1, BANDS], pixels);
        self.texture.set_partial([self.next, 0], image, TextureOptions::LINEAR);
        self.next = (self.next + 1) % self.width;
    }

    /// Draws it so that the newest column is at the right.
    fn draw(&self, painter: &Painter, rect: Rect, tint: Color32) {
        let split = self.next as f32 / self.width as f32;
        let at = rect.left() + rect.width() * (1.0 - split);
        let parts = [(split, 1.0, rect.left(), at), (0.0, split, at, rect.right())];
        for (from, to, left, right) in parts {
            if right - left > 0.01 {
                let uv = Rect::from_min_max(pos2(from, 0.0), pos2(to, 1.0));
                let part = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
                painter.add(RectShape::filled(part, CornerRadius::ZERO, tint).with_texture(self.texture.id(), uv));
            }
        }
    }
}

/// Loudness as ink: nothing below some −70 dB.
fn ink(value: u8) -> Color32 {
    let share = ((f32::from(value) - 56.0) / 190.0).clamp(0.0, 1.0);
    Color32::from_white_alpha((share.powf(1.4) * 255.0) as u8)
}

/// How far up the axis a frequency is, 0…1.
fn height_of(hz: f32) -> f32 {
    (hz / LOWEST_HZ).ln() / (HIGHEST_HZ / LOWEST_HZ).ln()
}

/// Draws the strip.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &mut Ui, layout: &Layout) {
    let Some(rect) = layout.strip else { return };
    let t = frame.t;
    let kind = frame.model.settings.strip;
    graph::well(ui.painter(), &t, rect);
    let inside = Rect::from_min_max(rect.min + vec2(8.0, 5.0), rect.max - vec2(8.0, 5.0));
    let painter = ui.painter_at(rect);
    match kind {
        Kind::Rainbowgram => rainbowgram(frame, ui, &painter, inside),
        Kind::Spectrum => spectrum(frame, &painter, &t, inside),
        Kind::Scope => scope(frame, &painter, &t, inside),
        Kind::Off => {}
    }
    let response = ui.interact(rect, ui.scope_id().with("strip"), Sense::click());
    let frozen = frame.view.strip.frozen;
    let name = KINDS.iter().find(|(of, _)| *of == kind).map_or("", |(_, name)| *name);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, frozen, format!("{name} of the output, hold")));
    if response.clicked() {
        frame.view.strip.frozen = !frozen;
    }
    if frozen {
        let at = rect.left_bottom() + vec2(8.0, -6.0);
        paint::plate(&painter, at, Align2::LEFT_BOTTOM, "Held", t.text1, t.bg3);
    }
    frame.focus_ring(ui, &response, rect);
    tooltip::show(&t, &response, name, "What the output looks like. Click to hold it.", "");
    choice(frame, ui, rect, kind, name);
}

/// The menu of kinds, at the upper left.
fn choice(frame: &mut Frame<'_>, ui: &Ui, strip: Rect, now: Kind, name: &str) {
    let t = frame.t;
    let galley = paint::galley(ui.painter(), name, Type::Label, t.text2);
    let rect = Rect::from_min_size(strip.min + vec2(6.0, 3.0), vec2(galley.size().x + 26.0, 22.0));
    let response = ui.interact(rect, ui.scope_id().with("strip kind"), Sense::click());
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(name.to_owned()),
        ..WidgetInfo::labeled(Role::ComboBox, true, "Picture of the output")
    });
    let color = if response.hovered() { t.text1 } else { t.text2 };
    ui.painter().rect_filled(rect, CornerRadius::same(3), t.bg1);
    paint::text(ui.painter(), rect.left_center() + vec2(6.0, 0.0), Align2::LEFT_CENTER, name, Type::Label, color);
    paint::icon(ui.painter(), rect.right_center() - vec2(10.0, 0.0), Icon::CaretDown, 10.0, color);
    frame.focus_ring(ui, &response, rect.shrink(1.0));
    Popup::menu(&response).show(|ui| {
        ui.set_width(152.0);
        for (kind, word) in KINDS {
            if menu::row(ui, &t, word, "", kind == now) {
                let settings = Settings { strip: kind, ..frame.model.settings.clone() };
                frame.actions.push(Action::Settings(settings));
            }
        }
    });
}

fn rainbowgram(frame: &mut Frame<'_>, ui: &Ui, painter: &Painter, rect: Rect) {
    let t = frame.t;
    let plot = rect.with_max_x(rect.right() - LABELS - BARS - 4.0);
    frame.view.strip.ring(ui, plot.width() as usize).draw(painter, plot, t.text1);
    paint::hairline_down(painter, plot.right() + 1.0, rect.top()..=rect.bottom(), t.text2);
    let newest = frame.view.strip.newest();
    let bars = Rect::from_min_max(pos2(plot.right() + 5.0, rect.top()), pos2(rect.right() - LABELS, rect.bottom()));
    let step = bars.height() / BAR_COUNT as f32;
    for i in 0..BAR_COUNT {
        let bands = &newest[i * BANDS / BAR_COUNT..(i + 1) * BANDS / BAR_COUNT];
        let level = bands.iter().copied().max().map_or(0.0, |v| ((f32::from(v) - 56.0) / 199.0).clamp(0.0, 1.0));
        let y = bars.bottom() - (i as f32 + 0.5) * step;
        // Half points, so that what hardly moves is not seen to move.
        let width = (level * bars.width() * 2.0).round() / 2.0;
        let bar = Rect::from_min_size(pos2(bars.left(), y - 0.75), vec2(width, 1.5));
        painter.rect_filled(bar, CornerRadius::ZERO, t.accent);
    }
    let mut below = f32::INFINITY;
    for (hz, name) in NAMED.iter().rev() {
        let y = rect.bottom() - height_of(*hz) * rect.height();
        let at = pos2(rect.right(), y.clamp(rect.top() + 5.0, rect.bottom() - 5.0));
        if at.y <= below - LINE {
            paint::text(painter, at, Align2::RIGHT_CENTER, name, Type::Tick, t.text2);
            below = at.y;
        }
    }
}

fn spectrum(frame: &Frame<'_>, painter: &Painter, t: &Tokens, rect: Rect) {
    for hz in [100.0, 1000.0] {
        let x = rect.left() + height_of(hz) * rect.width();
        paint::hairline_down(painter, x, rect.top()..=rect.bottom(), t.line);
    }
    let newest = frame.view.strip.newest();
    let place = |(band, value): (usize, &u8)| {
        let x = rect.left() + rect.width() * band as f32 / (BANDS - 1) as f32;
        pos2(x, rect.bottom() - rect.height() * f32::from(*value) / 255.0)
    };
    let points: Vec<Pos2> = newest.iter().enumerate().map(place).collect();
    graph::curve(painter, t, rect, points, 1.0);
    for (hz, name) in [(100.0, "100"), (1000.0, "1 k"), (8000.0, "8 k")] {
        let at = pos2(rect.left() + height_of(hz) * rect.width() - 3.0, rect.top() + 1.0);
        paint::text(painter, at, Align2::RIGHT_TOP, name, Type::Tick, t.text2);
    }
}

fn scope(frame: &Frame<'_>, painter: &Painter, t: &Tokens, rect: Rect) {
    paint::hairline(painter, rect.left()..=rect.right(), rect.center().y, t.line);
    let wave = &frame.view.strip.wave;
    if wave.len() > 1 {
        let last = (wave.len() - 1) as f32;
        let place = |(i, value): (usize, &f32)| {
            let value = if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 };
            pos2(rect.left() + rect.width() * i as f32 / last, rect.center().y - value * rect.height() / 2.0)
        };
        let points = wave.iter().enumerate().map(place).collect();
        painter.add(Shape::line(points, Stroke::new(1.5 + t.stroke, t.accent)));
    }
    let over = wave.iter().any(|v| v.abs() > 1.0);
    if over {
        let stroke = Stroke::new(1.0, t.danger);
        painter.rect_stroke(rect.expand(3.0), CornerRadius::same(3), stroke, StrokeKind::Inside);
        paint::text(painter, rect.right_top(), Align2::RIGHT_TOP, "Over 0 dB", Type::Tick, t.danger);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_frequencies_lie_on_the_axis() {
        assert!(height_of(LOWEST_HZ).abs() < 1e-6 && (height_of(HIGHEST_HZ) - 1.0).abs() < 1e-6);
        assert!(NAMED.iter().all(|(hz, _)| (0.0..=1.0).contains(&height_of(*hz))));
    }

    #[test]
    fn what_is_held_stays_and_old_columns_go() {
        let mut strip = Strip::default();
        let add = |strip: &mut Strip, value, count| {
            strip.follow(&mut Analysis { columns: vec![[value; BANDS]; count], wave: vec![0.0] });
        };
        add(&mut strip, 1, KEPT + 5);
        assert_eq!(strip.history.len(), KEPT);
        strip.frozen = true;
        add(&mut strip, 2, 3);
        assert_eq!(strip.newest(), [1; BANDS]);
        strip.frozen = false;
        add(&mut strip, 3, 2);
        assert_eq!(strip.newest(), [3; BANDS]);
    }

    #[test]
    fn columns_come_in_pairs_and_none_is_lost() {
        let mut strip = Strip::default();
        let mut analysis = Analysis { columns: vec![[1; BANDS]], wave: Vec::new() };
        strip.follow(&mut analysis);
        assert_eq!((strip.history.len(), analysis.columns.len()), (0, 1));
        analysis.columns.push([2; BANDS]);
        strip.follow(&mut analysis);
        assert_eq!((strip.history.len(), strip.newest()), (2, [2; BANDS]));
    }
}
