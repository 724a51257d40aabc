//! The filter's response, by the formula of the engine's filter; the handle is cutoff and resonance.

use std::f32::consts::SQRT_2;

use egui::{Pos2, Rect, Shape, Stroke, Ui, pos2};

use super::{HANDLE, curve, grip, handle, well};
use crate::frame::Frame;
use crate::paint;

/// The frequency axis: 20 Hz to 20 kHz, equal ratios, as the cutoff's travel.
const DECADES: f32 = 3.0;
/// The level axis in dB.
const TOP_DB: f32 = 30.0;
const BOTTOM_DB: f32 = -30.0;

/// The kinds in the parameter's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Off,
    Low,
    Band,
    High,
}

impl Kind {
    fn of(step: usize) -> Self {
        [Kind::Off, Kind::Low, Kind::Band, Kind::High].get(step).copied().unwrap_or(Kind::Off)
    }
}

/// Damping `1/Q` of a resonance of 0…1: Q from 0.707 to 20, in equal ratios.
fn damping(resonance: f32) -> f32 {
    SQRT_2 * (20.0 * SQRT_2).powf(-resonance.clamp(0.0, 1.0))
}

/// Level in dB of the second-order section at `ratio` of the cutoff (its analogue form, before the bend at Nyquist).
fn level_db(kind: Kind, ratio: f32, damping: f32) -> f32 {
    let square = ratio * ratio;
    let below = ((1.0 - square).powi(2) + square * damping * damping).max(1e-12);
    let above = match kind {
        Kind::Off => return 0.0,
        Kind::Low => 1.0,
        Kind::Band => square * damping * damping,
        Kind::High => square * square,
    };
    10.0 * (above.max(1e-12) / below).log10()
}

fn points(rect: Rect, kind: Kind, cutoff: f32, resonance: f32) -> Vec<Pos2> {
    let damping = damping(resonance);
    let count = (rect.width() / 1.5) as usize;
    (0..=count)
        .map(|i| {
            let share = i as f32 / count as f32;
            let ratio = 10_f32.powf((share - cutoff) * DECADES);
            pos2(rect.left() + rect.width() * share, height(rect, level_db(kind, ratio, damping)))
        })
        .collect()
}

fn height(rect: Rect, db: f32) -> f32 {
    rect.top() + rect.height() * (TOP_DB - db.clamp(BOTTOM_DB - 3.0, TOP_DB)) / (TOP_DB - BOTTOM_DB)
}

fn place(frame: &Frame<'_>, rect: Rect, kind: Kind) -> Pos2 {
    let (cutoff, resonance) = (frame.value("cutoff"), frame.value("resonance"));
    let db = level_db(if kind == Kind::Off { Kind::Low } else { kind }, 1.0, damping(resonance));
    // At the ends of the axes the whole handle stays in sight.
    let room = rect.shrink(HANDLE + 2.0);
    pos2(rect.left() + rect.width() * cutoff, height(rect, db)).clamp(room.min, room.max)
}

/// Draws the response in `rect`.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &Ui, rect: Rect) {
    let t = frame.t;
    let kind = Kind::of(frame.step("filter"));
    let state = if kind == Kind::Off {
        (false, false)
    } else {
        let at = place(frame, rect, kind);
        // The whole travel of the resonance moves the peak 29 dB.
        let rise = rect.height() * 29.0 / (TOP_DB - BOTTOM_DB);
        grip(frame, ui, "filter", at, [Some("cutoff"), Some("resonance")], [rect.width(), rise.max(20.0)])
    };
    let painter = ui.painter();
    well(painter, &t, rect);
    for hz in [100.0_f32, 1000.0, 10_000.0] {
        let x = rect.left() + rect.width() * (hz / 20.0).log10() / DECADES;
        paint::hairline_down(painter, x, rect.top()..=rect.bottom(), t.line);
    }
    let inside = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let (cutoff, resonance) = (frame.value("cutoff"), frame.value("resonance"));
    if kind == Kind::Off {
        let y = height(rect, 0.0);
        inside.add(Shape::line(
            vec![pos2(rect.left(), y), pos2(rect.right(), y)],
            Stroke::new(2.0 + t.stroke, crate::theme::color::fade(t.text2, 0.5)),
        ));
        return;
    }
    curve(&inside, &t, rect, points(rect, kind, cutoff, resonance), 1.0);
    let (live_cutoff, live_resonance) = (frame.modulated("cutoff"), frame.modulated("resonance"));
    if (live_cutoff - cutoff).abs() > 0.002 || (live_resonance - resonance).abs() > 0.002 {
        let live = points(rect, kind, live_cutoff, live_resonance);
        inside.add(Shape::line(live, Stroke::new(1.0 + t.stroke, t.text2)));
    }
    handle(&inside, &t, place(frame, rect, kind), state.0, state.1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_resonance_the_cutoff_is_three_db_down() {
        for kind in [Kind::Low, Kind::High] {
            assert!((level_db(kind, 1.0, damping(0.0)) + 3.01).abs() < 0.02);
        }
        assert!(level_db(Kind::Band, 1.0, damping(0.5)).abs() < 1e-3);
    }

    #[test]
    fn slopes_are_twelve_db_an_octave() {
        let low = level_db(Kind::Low, 16.0, 1.0) - level_db(Kind::Low, 32.0, 1.0);
        assert!((low - 12.04).abs() < 0.1, "{low}");
    }
}
