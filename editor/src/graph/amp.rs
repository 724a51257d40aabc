//! The amplitude envelope as a curve that can be dragged.
//!
//! Times stand on the parameters' own travel (the fourth root of the time), so that 1 ms and 10 s can both be set by
//! hand. The level is linear: a sustain of 50 % is half way up.

use egui::{Pos2, Rect, Shape, Stroke, Ui, pos2};

use super::{curve, grip, handle, well};
use crate::frame::Frame;
use crate::model::EnvelopePlace;
use crate::paint;

/// Shares of the width: attack and decay at their longest, the moment the key is let go, release at its longest.
const ATTACK: f32 = 0.26;
const DECAY: f32 = 0.36;
const KEY_UP: f32 = 0.66;
const RELEASE: f32 = 0.325;
/// Points of a segment.
const POINTS: usize = 24;
/// Time within a drawn fall grows with this power of its width, so that its beginning can be seen.
const STRETCH: f32 = 2.5;
/// Decay and release go down 80 dB in the time shown.
const FALL: f32 = 9.21;
/// What is left of a decay at the end of its time, and where the sustain begins.
const FALLEN: f32 = 1e-4;
const RESTS: f32 = 1e-6;
/// Radius of a voice's dot.
const DOT: f32 = 2.5;

struct Shape4 {
    start: f32,
    peak: f32,
    decayed: f32,
    key_up: f32,
    end: f32,
    top: f32,
    base: f32,
    level: f32,
}

impl Shape4 {
    fn new(frame: &Frame<'_>, rect: Rect) -> Self {
        let (left, width) = (rect.left() + 3.0, rect.width() - 6.0);
        let (top, base) = (rect.top() + 8.0, rect.bottom() - 7.0);
        let peak = left + frame.value("attack") * ATTACK * width;
        let key_up = left + KEY_UP * width;
        Self {
            start: left,
            peak,
            decayed: peak + frame.value("decay") * DECAY * width,
            key_up,
            end: key_up + frame.value("release") * RELEASE * width,
            top,
            base,
            level: base + (top - base) * frame.value("sustain"),
        }
    }

    /// Where on the curve a voice is.
    fn place(&self, envelope: EnvelopePlace) -> Pos2 {
        match envelope {
            EnvelopePlace::Attack(way) => {
                pos2(self.start + (self.peak - self.start) * way, self.base + (self.top - self.base) * way)
            }
            EnvelopePlace::Decay(left) => {
                let y = self.level + (self.top - self.level) * left;
                // Once it can't be seen any more that it falls, it goes on along the sustain to where the key goes up.
                let on = if left > 0.0 { (FALLEN.ln() - left.ln()) / (FALLEN.ln() - RESTS.ln()) } else { 1.0 };
                let x = self.peak + (self.decayed - self.peak) * share_of(left);
                pos2(x + (self.key_up - self.decayed).max(0.0) * on.clamp(0.0, 1.0), y)
            }
            EnvelopePlace::Release(left) => pos2(
                self.key_up + (self.end - self.key_up) * share_of(left),
                self.base + (self.level - self.base) * left,
            ),
        }
    }

    fn points(&self) -> Vec<Pos2> {
        let mut points = vec![pos2(self.start, self.base)];
        let shares = (1..=POINTS).map(|i| i as f32 / POINTS as f32);
        for s in shares.clone() {
            points.push(pos2(self.start + (self.peak - self.start) * s, self.base + (self.top - self.base) * s));
        }
        for s in shares.clone() {
            let left = fall(s);
            points.push(pos2(self.peak + (self.decayed - self.peak) * s, self.level + (self.top - self.level) * left));
        }
        points.push(pos2(self.key_up.max(self.decayed), self.level));
        for s in shares {
            points
                .push(pos2(self.key_up + (self.end - self.key_up) * s, self.base + (self.level - self.base) * fall(s)));
        }
        points
    }
}

/// The share of its drawn width after which so much of a fall is left.
fn share_of(left: f32) -> f32 {
    let end = (-FALL).exp();
    (-(left.clamp(0.0, 1.0) * (1.0 - end) + end).ln() / FALL).clamp(0.0, 1.0).powf(1.0 / STRETCH)
}

/// What is left of a fall after a share of its drawn width.
fn fall(share: f32) -> f32 {
    let end = (-FALL).exp();
    ((-FALL * share.powf(STRETCH)).exp() - end) / (1.0 - end)
}

/// Draws the envelope in `rect` and lets its handles be dragged.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &Ui, rect: Rect) {
    let t = frame.t;
    let width = rect.width() - 6.0;
    let shape = Shape4::new(frame, rect);
    let height = shape.base - shape.top;
    let ids = |x, y| [Some(x), y];
    let attack = grip(frame, ui, "attack", pos2(shape.peak, shape.top), ids("attack", None), [ATTACK * width, 1.0]);
    let sustain = grip(
        frame,
        ui,
        "decay",
        pos2(shape.decayed, shape.level),
        ids("decay", Some("sustain")),
        [DECAY * width, height],
    );
    let release = grip(frame, ui, "release", pos2(shape.end, shape.base), ids("release", None), [RELEASE * width, 1.0]);

    let shape = Shape4::new(frame, rect);
    let painter = ui.painter();
    well(painter, &t, rect);
    for i in 1..8 {
        let x = rect.left() + rect.width() * i as f32 / 8.0;
        paint::hairline_down(painter, x, rect.top()..=rect.bottom(), t.line);
    }
    curve(painter, &t, rect, shape.points(), 1.0);
    let key_up = [pos2(shape.key_up, shape.level), pos2(shape.key_up, rect.bottom())];
    painter.extend(Shape::dashed_line(&key_up, Stroke::new(1.0, t.edge), 2.0, 3.0));
    for voice in &frame.model.voices {
        let at = shape.place(voice.envelope);
        painter.circle_filled(at, DOT + 1.0, t.bg1);
        painter.circle_filled(at, DOT, if voice.released { t.text2 } else { t.text1 });
    }
    for (place, (held, hot)) in [
        (pos2(shape.peak, shape.top), attack),
        (pos2(shape.decayed, shape.level), sustain),
        (pos2(shape.end, shape.base), release),
    ] {
        handle(painter, &t, place, held, hot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_is_whole() {
        assert!((fall(0.0) - 1.0).abs() < 1e-6 && fall(1.0).abs() < 1e-6);
        assert!((0..100).all(|i| fall(i as f32 / 100.0) > fall((i + 1) as f32 / 100.0)));
    }

    #[test]
    fn a_share_of_a_fall_is_found_again() {
        for i in 0..=20 {
            let share = i as f32 / 20.0;
            assert!((share_of(fall(share)) - share).abs() < 0.02, "{share}: {}", share_of(fall(share)));
        }
    }

    #[test]
    fn the_longest_times_stay_in_the_well() {
        const { assert!(ATTACK + DECAY <= KEY_UP && KEY_UP + RELEASE <= 1.0) }
    }
}
