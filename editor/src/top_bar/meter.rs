//! Voices, load and level.

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Popup, Rect, RectAlign, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::Action;
use crate::frame::Frame;
use crate::layout::{Class, Layout};
use crate::paint;
use crate::theme::Type;
use crate::widget::{menu, tooltip};

/// Between two numbers.
const GAP: f32 = 14.0;
/// Lowest level shown.
const FLOOR_DB: f32 = -60.0;
/// How fast the bars fall.
const FALL_DB_PER_SECOND: f32 = 26.0;
/// How long the peak stays.
const HOLD_SECONDS: f64 = 1.5;

/// What the meter remembers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    /// Bars in dB.
    level: [f32; 2],
    /// Held peaks in dB, and when they were reached.
    peak: [(f32, f64); 2],
    /// Highest level over 0 dB since the last click.
    over: Option<f32>,
    last: f64,
}

impl Default for Meter {
    fn default() -> Self {
        Self { level: [FLOOR_DB; 2], peak: [(FLOOR_DB, 0.0); 2], over: None, last: 0.0 }
    }
}

impl Meter {
    /// Forgets the highest level, and what was over the limit.
    fn reset(&mut self) {
        (self.over, self.peak) = (None, [(FLOOR_DB, 0.0); 2]);
    }

    /// Takes new peaks; true while anything still moves.
    fn follow(&mut self, peak: [f32; 2], now: f64) -> bool {
        let fall = FALL_DB_PER_SECOND * ((now - self.last).clamp(0.0, 0.2) as f32);
        self.last = now;
        for (i, peak) in peak.into_iter().enumerate() {
            let db = if peak.is_finite() && peak > 1e-3 { 20.0 * peak.log10() } else { FLOOR_DB };
            self.level[i] = db.max(self.level[i] - fall).max(FLOOR_DB);
            if db >= self.peak[i].0 {
                self.peak[i] = (db, now);
            } else if now - self.peak[i].1 > HOLD_SECONDS {
                self.peak[i].0 = (self.peak[i].0 - fall).max(db).max(FLOOR_DB);
            }
            // A sample at full scale is no clip.
            if db > 0.01 {
                self.over = Some(self.over.map_or(db, |over| over.max(db)));
            }
        }
        self.level.iter().chain(self.peak.iter().map(|(db, _)| db)).any(|db| *db > FLOOR_DB)
    }

    fn highest(&self) -> f32 {
        self.peak[0].0.max(self.peak[1].0)
    }
}

pub(super) fn show(frame: &mut Frame<'_>, ui: &Ui, layout: &Layout) {
    let (peak, now) = (frame.model.status.peak, frame.now);
    if frame.view.meter.follow(peak, now) {
        ui.ctx().request_repaint_after_secs(1.0 / 30.0);
    }
    let meter = frame.view.meter;
    let (t, painter) = (frame.t, ui.painter());
    let status = &frame.model.status;
    let area = layout.status;
    let small = layout.class == Class::S;
    let middle = area.center().y;

    let number = match (meter.over, meter.highest()) {
        (Some(over), _) => format!("+{over:.1} dB"),
        (None, high) if high <= FLOOR_DB => "−∞ dB".to_owned(),
        (None, high) => paint::pretty(&format!("{high:.1} dB")).replace("−0.0", "0.0"),
    };
    // Each has the room of its longest text, so that nothing moves while they change.
    let length = |text: &str, step| paint::galley(painter, text, step, t.text1).size().x;
    let pair_width = |label, value| length(label, Type::Label) + length(value, Type::Value) + 4.0;
    let mut right = area.right();
    if !small {
        let color = if meter.over.is_some() { t.danger } else { t.text1 };
        paint::text(painter, pos2(right, middle), Align2::RIGHT_CENTER, &number, Type::Value, color);
        right -= length("−60.0 dB", Type::Value) + 8.0;
    }
    let word = if status.voices == 1 { "voice" } else { "voices" };
    let count = status.voices.to_string();
    // Whole percents: the text repeats, so its layout is cached.
    let load = status.cpu.map(|cpu| format!("{:.0} %", (cpu * 100.0).clamp(0.0, 999.0)));
    let load_width = pair_width("CPU", "99 %") + GAP;
    let width = if small {
        area.width().min(44.0)
    } else {
        (right - area.left() - load_width - pair_width("voices", "64") - GAP).clamp(24.0, 84.0)
    };
    let bars = Rect::from_min_max(pos2(right - width, middle - 5.0), pos2(right, middle + 5.0));
    for (i, (level, peak)) in meter.level.iter().zip(meter.peak).enumerate() {
        let y = bars.top() + 6.0 * i as f32;
        let bar = Rect::from_min_size(pos2(bars.left(), y), vec2(bars.width(), 4.0));
        // Half points: a level that moves less is not seen to move.
        let x = |db: f32| bar.left() + (bar.width() * (1.0 - db / FLOOR_DB).clamp(0.0, 1.0) * 2.0).round() / 2.0;
        painter.rect_filled(bar, CornerRadius::same(1), t.track);
        painter.rect_filled(bar.with_max_x(x(*level)), CornerRadius::same(1), t.text1);
        if peak.0 > FLOOR_DB {
            let at = x(peak.0.min(0.0)).min(bar.right() - 1.5).max(bar.left());
            painter.rect_filled(bar.with_min_x(at).with_max_x(at + 1.5), CornerRadius::ZERO, t.text1);
        }
        if meter.over.is_some() {
            painter.rect_filled(bar.with_min_x(bar.right() - 4.0), CornerRadius::same(1), t.danger);
        }
    }
    let target = Rect::from_min_max(pos2(bars.left(), area.top()), pos2(area.right(), area.bottom()));
    let over = if meter.over.is_some() { ", over the limit" } else { "" };
    let does = if small { "voices and load" } else { "reset" };
    let response = ui.interact(target, ui.scope_id().with("meter"), Sense::click());
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(number.clone()),
        ..WidgetInfo::labeled(Role::Button, true, format!("Level {number}{over}, {does}"))
    });
    frame.focus_ring(ui, &response, target.shrink2(vec2(-2.0, 4.0)));
    if small {
        // What larger windows say in the bar.
        tooltip::show(&t, &response, "Level", &format!("{number}{over}. Click for voices and load."), "");
        Popup::menu(&response).align(RectAlign::BOTTOM_END).show(|ui| details(frame, ui, Some(number)));
        return;
    }
    tooltip::show(&t, &response, "Level", "Highest of the last moments. Click to reset.", "");
    if response.clicked() {
        frame.view.meter.reset();
    }
    right = bars.left() - GAP;
    if let Some(load) = load {
        pair(ui, &t, right, middle, "CPU", &load);
    }
    right -= load_width;
    let label = paint::text(painter, pos2(right, middle), Align2::RIGHT_CENTER, word, Type::Label, t.text2);
    let at = pos2(label.left() - 4.0, middle);
    let count = paint::text(painter, at, Align2::RIGHT_CENTER, &count, Type::Value, t.text1);
    if status.missing_chunks > 0 && layout.class.is_large() {
        let text = status.missing_chunks.to_string();
        pair(ui, &t, count.left() - GAP, middle, "Late", &text);
    }
    let target = Rect::from_min_max(pos2(count.left(), area.top()), pos2(bars.left() - 8.0, area.bottom()));
    let response = ui.interact(target, ui.scope_id().with("load"), Sense::click());
    let (voices, missing) = (status.voices, status.missing_chunks);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{voices} {word}, {missing} parts late")));
    tooltip::show(&t, &response, "Voices and load", "Share of the time that each block of sound may take.", "");
    Popup::menu(&response).align(RectAlign::BOTTOM_END).show(|ui| details(frame, ui, None));
    frame.focus_ring(ui, &response, target.shrink2(vec2(0.0, 4.0)));
}

/// What there is to know of the machine's work, and the level where the bar has no room for it.
fn details(frame: &mut Frame<'_>, ui: &mut Ui, level: Option<String>) {
    let t = frame.t;
    ui.set_width(224.0);
    let status = &frame.model.status;
    let mut rows = vec![
        ("Voices", format!("{} of {}", status.voices, frame.text("voices"))),
        ("Time of a block", status.cpu.map_or("–".to_owned(), |cpu| format!("{:.1} %", cpu * 100.0))),
        ("Quality", frame.text("quality")),
        ("Parts too late", status.missing_chunks.to_string()),
    ];
    if status.memory_bytes > 0 {
        rows.push(("Sound in memory", paint::bytes(status.memory_bytes)));
    }
    let has_level = level.is_some();
    if let Some(level) = level {
        rows.insert(0, ("Level", level));
    }
    let (rate, milliseconds) = frame.view.pace.figures();
    rows.push(("Window", format!("{rate} a second, {milliseconds:.1} ms each")));
    for (label, text) in &rows {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label}: {text}")));
        let painter = ui.painter();
        paint::text(painter, rect.left_center() + vec2(8.0, 0.0), Align2::LEFT_CENTER, label, Type::Body, t.text2);
        paint::text(painter, rect.right_center() - vec2(8.0, 0.0), Align2::RIGHT_CENTER, text, Type::Value, t.text1);
    }
    let missing = frame.model.status.missing_chunks > 0;
    if missing || has_level {
        menu::rule(ui, &t);
    }
    if has_level && menu::row(ui, &t, "Reset the level", "", false) {
        frame.view.meter.reset();
    }
    if missing && menu::row(ui, &t, "Count late parts again", "", false) {
        frame.actions.push(Action::ClearMissing);
    }
}

/// *CPU 4 %* with its right edge at `right`; returns its left edge.
fn pair(ui: &Ui, t: &crate::theme::Tokens, right: f32, y: f32, label: &str, text: &str) -> f32 {
    let painter = ui.painter();
    let value = paint::text(painter, pos2(right, y), Align2::RIGHT_CENTER, text, Type::Value, t.text1);
    let at = pos2(value.left() - 4.0, y);
    paint::text(painter, at, Align2::RIGHT_CENTER, label, Type::Label, t.text2).left()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meter_comes_to_rest_after_the_sound() {
        let mut meter = Meter::default();
        assert!(!meter.follow([0.0; 2], 0.0), "silence moves nothing");
        assert!(meter.follow([0.5; 2], 0.1));
        let mut time = 0.1;
        while meter.follow([0.0; 2], time) {
            time += 1.0 / 30.0;
            assert!(time < 10.0);
        }
        assert!(time > HOLD_SECONDS);
    }

    #[test]
    fn over_is_told_in_numbers_until_it_is_cleared() {
        let mut meter = Meter::default();
        meter.follow([1.0, 0.2], 0.0);
        assert_eq!(meter.over, None, "full scale is not over");
        meter.follow([1.1, 0.2], 0.1);
        assert!((meter.over.unwrap() - 0.83).abs() < 0.01);
    }
}
