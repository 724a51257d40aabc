//! What is drawn on the map: trail, weights, voices, needle, heard point, coordinates. Always mark with casing.

use egui::{Align2, Painter, Pos2, Rect, Stroke, Ui, Vec2, pos2, vec2};

use super::{INSET, NEEDLE, Space};
use crate::frame::Frame;
use crate::model::{Pack, PackState, Voice};
use crate::paint;
use crate::theme::Tokens;
use crate::theme::color::fade;

/// A voice nearer than this to the heard point is not drawn apart from it.
const TOGETHER: f32 = 6.0;
/// Room of a plate with a share.
const PLATE: Vec2 = vec2(38.0, 16.0);
/// Up to so many voices show their note's name.
const NAMED: usize = 8;

pub(super) fn show(frame: &mut Frame<'_>, ui: &Ui, map: Rect, space: Space, focused: bool) {
    if matches!(frame.model.pack.state, PackState::Empty) {
        return;
    }
    let t = frame.t;
    let set = [frame.value("x"), frame.value("y")];
    let heard = frame.model.heard.unwrap_or([frame.modulated("x"), frame.modulated("y")]);
    let heard = heard.map(|v| if v.is_finite() { v.clamp(0.0, 1.0) } else { 0.5 });
    // While the hand moves the point and nothing sounds, the heard point may be stale: the needle is the truth.
    let needle = space.to_screen(set);
    let sounding = !frame.model.voices.is_empty();
    let heard = if sounding { heard } else { set };
    let dot = space.to_screen(heard);
    let painter = ui.painter_at(map);

    if frame.model.settings.reduce_motion {
        frame.view.pad.trail.clear();
    } else if frame.view.pad.trail.follow(heard, frame.now) {
        ui.ctx().request_repaint_after_secs(1.0 / 60.0);
    }
    frame.view.pad.trail.paint(&painter, &t, space, frame.now);

    if frame.view.pad.shows_weights(frame.now) {
        weights(&painter, frame, space, set);
    }
    if frame.view.pad.drag.is_some() || focused {
        coordinates(&painter, &t, map, needle, &frame.text("x"), &frame.text("y"));
    }
    let mut together = 0.0_f32;
    let named = frame.model.voices.len() <= NAMED;
    for voice in &frame.model.voices {
        let at = space.to_screen([voice.x.clamp(0.0, 1.0), voice.y.clamp(0.0, 1.0)]);
        if at.distance(dot) > TOGETHER && at.distance(needle) > TOGETHER {
            let name = named.then(|| frame.note_name(voice.key));
            voice_mark(&painter, &t, at, voice, name.as_deref());
        } else {
            together = together.max(voice.level);
        }
    }
    if dot.distance(needle) > 2.0 {
        let stroke = |width: f32, color| Stroke::new(width + t.stroke, color);
        let ends = [needle + (dot - needle).normalized() * 10.0_f32.min(dot.distance(needle)), dot];
        painter.line_segment(ends, stroke(3.5, fade(t.case, 0.55)));
        painter.line_segment(ends, stroke(1.0, t.mark));
        painter.circle_filled(dot, 5.25, fade(t.case, 0.6));
        painter.circle_filled(dot, 4.0, t.mark);
    }
    let hot = ui.input(|i| i.pointer.hover_pos()).is_some_and(|p| p.distance(needle) < 22.0 && map.contains(p));
    if hot || frame.view.pad.drag.is_some() {
        painter.circle_stroke(needle, 18.0, Stroke::new(1.0, fade(t.mark, 0.5)));
    }
    // The map's edge does not cut it: the sounds themselves are there.
    let painter = ui.painter_at(map.expand(NEEDLE - INSET));
    needle_mark(&painter, &t, needle, together);
}

/// The survey mark: ring, four ticks, dot. It fills with the level of what sounds at it.
fn needle_mark(painter: &Painter, t: &Tokens, at: Pos2, level: f32) {
    let casing = fade(t.case, 0.6);
    let ticks = [vec2(0.0, -1.0), vec2(0.0, 1.0), vec2(-1.0, 0.0), vec2(1.0, 0.0)];
    painter.circle_stroke(at, 10.0, Stroke::new(4.75 + t.stroke, casing));
    for way in ticks {
        painter.line_segment([at + way * 10.5, at + way * 15.75], Stroke::new(4.5 + t.stroke, casing));
    }
    painter.circle_filled(at, 9.0, fade(t.mark, 0.10 + 0.42 * level.clamp(0.0, 1.0)));
    painter.circle_stroke(at, 10.0, Stroke::new(2.25 + t.stroke, t.mark));
    for way in ticks {
        painter.line_segment([at + way * 10.5, at + way * 15.0], Stroke::new(2.0 + t.stroke, t.mark));
    }
    painter.circle_filled(at, 3.75, casing);
    painter.circle_filled(at, 3.0, t.mark);
}

fn voice_mark(painter: &Painter, t: &Tokens, at: Pos2, voice: &Voice, name: Option<&str>) {
    let level = voice.level.clamp(0.0, 1.0);
    let opacity = if voice.released { 0.25 + 0.5 * level } else { 1.0 };
    let ring = 1.75 + 1.75 * voice.pressure.clamp(0.0, 1.0) + t.stroke;
    painter.circle_filled(at, 6.75, fade(t.case, 0.45 * opacity));
    painter.circle_filled(at, 5.0, fade(t.case, 0.85 * opacity));
    // The dot inside is the voice's level.
    painter.circle_filled(at, 3.6 * level.sqrt(), fade(t.mark, 0.8 * opacity));
    painter.circle_stroke(at, 5.0, Stroke::new(ring, fade(t.mark, opacity)));
    if let Some(name) = name {
        let ground = fade(t.case, 0.55 * opacity);
        paint::plate_beside(painter, at, 8.0, name, fade(t.mark, opacity), ground);
    }
}

/// A grid point next to the point.
pub(super) struct Neighbour {
    /// Its place on the pad.
    pub(super) at: [f32; 2],
    /// Its share of the sound, 0…1.
    weight: f32,
    /// Its place in the pack's cells.
    cell: usize,
}

/// The grid points that a place sounds of, up to four.
pub(super) fn neighbours(pack: &Pack, at: [f32; 2]) -> Vec<Neighbour> {
    if pack.columns == 0 || pack.rows == 0 {
        return Vec::new();
    }
    // The two along an axis: index, place, share.
    let split = |v: f32, count: usize| {
        let last = count - 1;
        let position = v.clamp(0.0, 1.0) * last as f32;
        let lower = (position as usize).min(last.saturating_sub(1));
        let share = position - lower as f32;
        let place = |i: usize| if last > 0 { i as f32 / last as f32 } else { 0.5 };
        [(lower, place(lower), 1.0 - share), (lower + 1, place(lower + 1), share)]
    };
    let (columns, rows) = (split(at[0], pack.columns), split(at[1], pack.rows));
    let all = rows.into_iter().flat_map(|(j, y, of_y)| {
        columns.map(|(i, x, of_x)| Neighbour { at: [x, y], weight: of_x * of_y, cell: j * pack.columns + i })
    });
    all.filter(|near| near.weight >= 0.005).collect()
}

/// Lines to the grid points that sound, with their shares.
fn weights(painter: &Painter, frame: &Frame<'_>, space: Space, at: [f32; 2]) {
    let (t, pack) = (frame.t, &frame.model.pack);
    let needle = space.to_screen(at);
    let mut taken = vec![Rect::from_center_size(needle, vec2(NEEDLE, NEEDLE) * 2.0)];
    for near in neighbours(pack, at) {
        let cell = space.to_screen(near.at);
        let way = cell - needle;
        if way.length() > 16.0 {
            let ends = [needle + way.normalized() * 16.0, cell];
            painter.line_segment(ends, Stroke::new(3.75, fade(t.case, 0.4)));
            painter.line_segment(ends, Stroke::new(1.25 + t.stroke, fade(t.mark, 0.85)));
        }
        let resident = pack.resident.get(near.cell).copied().unwrap_or(true);
        painter.circle_filled(cell, 4.5, fade(t.case, 0.7));
        if resident {
            painter.circle_filled(cell, 3.5, t.mark);
        } else {
            painter.circle_stroke(cell, 3.5, Stroke::new(1.25, t.mark));
        }
        let (right, above) = (near.at[0] > at[0], near.at[1] > at[1]);
        let aside = vec2(if right { 22.0 } else { -22.0 }, if above { -10.0 } else { 10.0 });
        let clip = painter.clip_rect().shrink2(vec2(24.0, 10.0));
        // Outwards, unless the needle or another plate is there.
        let places =
            [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0), (0.0, 1.8), (0.0, -1.8), (2.6, 0.0), (-2.6, 0.0)];
        let plate = |(x, y): (f32, f32)| {
            let place = cell + vec2(aside.x * x, aside.y * y);
            Rect::from_center_size(place.clamp(clip.min, clip.max), PLATE)
        };
        let is_free = |rect: &Rect| !taken.iter().any(|taken| taken.intersects(*rect));
        let rect = places.map(plate).into_iter().find(is_free).unwrap_or_else(|| plate(places[0]));
        taken.push(rect);
        let text = format!("{:.0} %", near.weight * 100.0);
        paint::plate(painter, rect.center(), Align2::CENTER_CENTER, &text, t.mark, fade(t.case, 0.82));
    }
}

/// Ticks on the four edges and plates with X and Y.
fn coordinates(painter: &Painter, t: &Tokens, map: Rect, at: Pos2, x: &str, y: &str) {
    let stroke = Stroke::new(1.5 + t.stroke, t.mark);
    painter.line_segment([pos2(at.x, map.top()), pos2(at.x, map.top() + 5.0)], stroke);
    painter.line_segment([pos2(at.x, map.bottom() - 5.0), pos2(at.x, map.bottom())], stroke);
    painter.line_segment([pos2(map.left(), at.y), pos2(map.left() + 5.0, at.y)], stroke);
    painter.line_segment([pos2(map.right() - 5.0, at.y), pos2(map.right(), at.y)], stroke);
    let ground = fade(t.case, 0.82);
    // The plates move to the other edge when the needle is near theirs.
    let low = at.y < map.bottom() - 48.0;
    let place = pos2(
        at.x.clamp(map.left() + 30.0, map.right() - 30.0),
        if low { map.bottom() - 14.0 } else { map.top() + 14.0 },
    );
    paint::plate(painter, place, Align2::CENTER_CENTER, &format!("X {x}"), t.mark, ground);
    let left = at.x > map.left() + 88.0;
    let y_at = at.y.clamp(map.top() + 12.0, map.bottom() - 12.0);
    let (place, anchor) = if left {
        (pos2(map.left() + 10.0, y_at), Align2::LEFT_CENTER)
    } else {
        (pos2(map.right() - 10.0, y_at), Align2::RIGHT_CENTER)
    };
    paint::plate(painter, place, anchor, &format!("Y {y}"), t.mark, ground);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_sounds_of_its_neighbours() {
        let found = |columns, rows, at| {
            let near = neighbours(&Pack { columns, rows, ..Pack::default() }, at);
            let sum: f32 = near.iter().map(|near| near.weight).sum();
            assert!(near.is_empty() || (sum - 1.0).abs() < 0.02, "{sum}");
            near.iter().map(|near| (near.cell, near.at)).collect::<Vec<_>>()
        };
        let middle = [(0, [0.0, 0.0]), (1, [0.5, 0.0]), (3, [0.0, 0.5]), (4, [0.5, 0.5])];
        assert_eq!(found(3, 3, [0.25, 0.25]), middle);
        assert_eq!(found(3, 3, [1.0, 1.0]), [(8, [1.0, 1.0])]);
        assert_eq!(found(2, 1, [0.5, 0.9]), [(0, [0.0, 0.5]), (1, [1.0, 0.5])]);
        assert_eq!(found(1, 1, [0.3, 0.9]), [(0, [0.5, 0.5])]);
        assert_eq!(found(0, 0, [0.3, 0.9]), []);
    }
}
