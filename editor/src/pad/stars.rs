//! Stars: places that the player keeps. They are drawn on the map, moved and copied there, and gone to.

use egui::accesskit::Role;
use egui::epaint::PathShape;
use egui::{Painter, PointerButton, Pos2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, vec2};

use super::{NEEDLE, Space};
use crate::frame::Frame;
use crate::model::{Document, MAX_STARS, Star};
use crate::paint;
use crate::theme::Tokens;
use crate::theme::color::fade;
use crate::widget::menu;

/// The point is on a star when it is this near, in pad units.
const ON: f32 = 0.006;
/// Points of movement that make a click a drag.
const STILL: f32 = 3.0;

/// Letters of a name that show while the pointer is elsewhere.
const SHORT: usize = 12;

/// A star in the hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    star: usize,
    at: [f32; 2],
    pressed: Pos2,
    moved: bool,
    /// A copy of it.
    copy: bool,
}

/// The point on its way to a star.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Travel {
    from: [f32; 2],
    to: [f32; 2],
    began: f64,
    seconds: f64,
}

/// Lets the point go to a place, as slowly as stars are gone to.
pub(crate) fn go(frame: &mut Frame<'_>, to: [f32; 2]) {
    let seconds = f64::from(frame.document().star_glide_seconds);
    let to = to.map(|v| v.clamp(0.0, 1.0));
    if seconds <= 0.0 || !seconds.is_finite() {
        frame.view.pad.travel = None;
        frame.jump(&[("x", to[0]), ("y", to[1])]);
        return;
    }
    frame.begin("x");
    frame.begin("y");
    let from = [frame.value("x"), frame.value("y")];
    frame.view.pad.travel = Some(Travel { from, to, began: frame.now, seconds });
}

/// Goes to the star of this number, from 0 on.
pub(crate) fn recall(frame: &mut Frame<'_>, star: usize) {
    if let Some(at) = frame.document().stars.get(star).map(|s| s.at) {
        go(frame, at);
    }
}

/// Moves the point on along its way, one gesture from beginning to end.
pub(super) fn travel(frame: &mut Frame<'_>, ui: &Ui) {
    let Some(travel) = frame.view.pad.travel else { return };
    let share = ((frame.now - travel.began) / travel.seconds).clamp(0.0, 1.0) as f32;
    for (i, id) in ["x", "y"].into_iter().enumerate() {
        frame.set(id, travel.from[i] + (travel.to[i] - travel.from[i]) * share);
        frame.hold(id);
    }
    if share < 1.0 {
        ui.ctx().request_repaint();
    } else {
        stop(frame);
    }
}

/// The hand takes the point, or it has arrived.
pub(super) fn stop(frame: &mut Frame<'_>) {
    if frame.view.pad.travel.take().is_some() {
        frame.end("x");
        frame.end("y");
    }
}

/// Keeps a place as a new star, or as the star of this number; false when there is no room.
pub(crate) fn store(frame: &mut Frame<'_>, number: Option<usize>, at: [f32; 2]) -> bool {
    let mut document = frame.document().clone();
    let room = document.stars.len() < MAX_STARS;
    match number.and_then(|n| document.stars.get_mut(n)) {
        Some(star) => star.at = at,
        None if room => document.stars.push(Star { name: String::new(), at }),
        None => return false,
    }
    frame.set_document(document);
    true
}

/// Removes a star; those behind it move up.
pub(crate) fn remove(frame: &mut Frame<'_>, star: usize) {
    change(frame, |document| {
        if star < document.stars.len() {
            document.stars.remove(star);
        }
    });
}

/// Changes preset, stars or pack, as one step of undo.
pub(crate) fn change(frame: &mut Frame<'_>, act: impl FnOnce(&mut Document)) {
    let mut document = frame.document().clone();
    act(&mut document);
    frame.set_document(document);
}

/// What a star is called.
pub(crate) fn name(stars: &[Star], star: usize) -> String {
    let name = stars.get(star).map_or("", |s| s.name.as_str());
    if name.is_empty() { format!("Star {}", star + 1) } else { name.to_owned() }
}

/// The star that the point is on.
pub(crate) fn here(frame: &Frame<'_>) -> Option<usize> {
    let (x, y) = (frame.value("x"), frame.value("y"));
    frame.document().stars.iter().position(|s| (s.at[0] - x).hypot(s.at[1] - y) < ON)
}

/// Draws the stars and lets them be clicked, dragged, and copied with Alt.
pub(super) fn show(frame: &mut Frame<'_>, ui: &mut Ui, map: Rect, space: Space) {
    let t = frame.t;
    let painter = ui.painter_at(map);
    let on = here(frame);
    let stars = frame.document().stars.clone();
    for (i, star) in stars.iter().enumerate() {
        let held = frame.view.pad.star.filter(|held| held.star == i);
        let place = held.filter(|held| held.moved && !held.copy).map_or(star.at, |held| held.at);
        let at = space.to_screen(place);
        let id = ui.scope_id().with(("star", i));
        // The hand that takes the needle off a star means the needle.
        let sense = if on == Some(i) && held.is_none() { Sense::empty() } else { Sense::CLICK | Sense::DRAG };
        let response = ui.interact(Rect::from_center_size(at, vec2(24.0, 24.0)), id, sense);
        let label = format!("{}, {} of {}", name(&stars, i), i + 1, stars.len());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        hand(frame, ui, &response, i, place, space);
        let shows = response.hovered() || held.is_some();
        let text = match (star.name.as_str(), shows) {
            ("", _) => (i + 1).to_string(),
            (name, true) => format!("{} {name}", i + 1),
            (name, false) => format!("{} {}", i + 1, shortened(name)),
        };
        mark(&painter, &t, at, &text, on == Some(i), response.hovered());
        if let Some(copy) = held.filter(|held| held.moved && held.copy) {
            mark(&painter, &t, space.to_screen(copy.at), "", false, true);
        }
        response.context_menu(|ui| {
            ui.set_width(168.0);
            if menu::row(ui, &t, "Go here", &(i + 1).to_string(), on == Some(i)) {
                recall(frame, i);
            }
            if menu::row(ui, &t, "Move to the point", "", false) {
                let at = [frame.value("x"), frame.value("y")];
                store(frame, Some(i), at);
            }
            if menu::row(ui, &t, "Names and order…", "", false) {
                frame.view.star_list = true;
            }
            if menu::row(ui, &t, "Delete", "", false) {
                remove(frame, i);
            }
        });
    }
}

/// A name that leaves others room on the map.
fn shortened(name: &str) -> String {
    if name.chars().count() <= SHORT {
        return name.to_owned();
    }
    let begin: String = name.chars().take(SHORT - 1).collect();
    format!("{}…", begin.trim_end())
}

fn hand(frame: &mut Frame<'_>, ui: &Ui, response: &egui::Response, star: usize, place: [f32; 2], space: Space) {
    let pointer = response.interact_pointer_pos();
    if response.drag_started_by(PointerButton::Primary)
        && let Some(pressed) = pointer
    {
        frame.view.pad.star = Some(Held { star, at: place, pressed, moved: false, copy: false });
    }
    if response.dragged_by(PointerButton::Primary)
        && let (Some(mut held), Some(at)) = (frame.view.pad.star.filter(|h| h.star == star), pointer)
    {
        held.moved |= (at - held.pressed).length() >= STILL;
        held.copy = ui.input(|i| i.modifiers.alt);
        held.at = space.to_pad(at).map(|v| v.clamp(0.0, 1.0));
        frame.view.pad.star = Some(held);
    }
    if response.drag_stopped()
        && let Some(held) = frame.view.pad.star.take_if(|h| h.star == star)
        && held.moved
    {
        if held.copy {
            store(frame, None, held.at);
        } else {
            store(frame, Some(star), held.at);
        }
    }
    if response.clicked_by(PointerButton::Primary) {
        recall(frame, star);
    }
}

/// A four-pointed star with its number or name; in a ring when the point is on it.
fn mark(painter: &Painter, t: &Tokens, at: Pos2, text: &str, on: bool, hot: bool) {
    if on {
        painter.circle(at, 16.5, fade(t.mark, 0.12), Stroke::new(1.0 + t.stroke, fade(t.mark, 0.7)));
    }
    paint_star(painter, at, 8.6, fade(t.case, 0.7));
    paint_star(painter, at, if hot { 7.8 } else { 7.0 }, t.mark);
    if !text.is_empty() {
        let ground = fade(t.case, if text.chars().count() > 1 { 0.7 } else { 0.45 });
        // Clear of the needle that stands on it.
        let gap = if on { NEEDLE + 1.5 } else { 8.5 };
        paint::plate_beside(painter, at, gap, text, t.mark, ground);
    }
}

/// Four kites about a centre: a star has no convex outline.
pub(crate) fn paint_star(painter: &Painter, at: Pos2, radius: f32, color: egui::Color32) {
    let waist = radius * 0.24;
    for (way, side) in [
        (vec2(0.0, -1.0), vec2(1.0, 0.0)),
        (vec2(1.0, 0.0), vec2(0.0, 1.0)),
        (vec2(0.0, 1.0), vec2(-1.0, 0.0)),
        (vec2(-1.0, 0.0), vec2(0.0, -1.0)),
    ] {
        let points = vec![at, at + (way - side) * waist, at + way * radius, at + (way + side) * waist];
        painter.add(Shape::Path(PathShape::convex_polygon(points, color, Stroke::NONE)));
    }
}
