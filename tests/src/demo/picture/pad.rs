//! The pad with the path that the point took.

use super::{EDGE, Scene, TEXT1, TEXT2, TEXT3, WELL};
use crate::demo::PadMap;
use crate::draw::{Align, Area, Canvas, Colour, Face, Style};

const MARK: Colour = Colour::hex(0xff_ff_ff);
const CASE: Colour = Colour::hex(0x0b_0c_0e);
/// The grid's outermost points lie so far inside the map's edge.
const INSET: f32 = 10.0;

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area) {
    match scene.map {
        Some(map) => {
            let (w, h) = (canvas.device(area.w), canvas.device(area.h));
            canvas.pixels(area, w, h, 6.0, |column, row| {
                let (x, y) = ((column as f32 + 0.5) / w as f32 * area.w, (row as f32 + 0.5) / h as f32 * area.h);
                let (inner_w, inner_h) = (area.w - 2.0 * INSET, area.h - 2.0 * INSET);
                let (x, y) = ((x - INSET) / inner_w, 1.0 - (y - INSET) / inner_h);
                let line = map.line(x, y, area.w / w as f32 / inner_w);
                map.colour(x, y).over(MARK.alpha(0.35 * line))
            });
        }
        None => canvas.area(area, 6.0, WELL),
    }
    let inner = Area::new(area.x + INSET, area.y + INSET, area.w - 2.0 * INSET, area.h - 2.0 * INSET);
    grid(canvas, scene, inner);
    corners(canvas, scene, area);
    let taken = path(canvas, scene, inner);
    let parts = parts(canvas, scene, inner);
    if let Some(map) = scene.map {
        contours(canvas, map, inner, &[taken, parts].concat());
    }
}

/// Frequencies of the lines of equal brightness, where nothing else stands.
fn contours(canvas: &mut Canvas, map: &PadMap, inner: Area, taken: &[(f32, f32)]) {
    let free = |x: f32, y: f32| {
        let at = inner.at(x, y);
        taken.iter().all(|p| (p.0 - at.0).abs() > 27.0 || (p.1 - at.1).abs() > 11.0)
    };
    for (at, text) in map.labels(free) {
        let (x, y) = inner.at(at[0], at[1]);
        let width = 5.6 * text.len() as f32 + 4.0;
        canvas.area(
            Area::new(x - width / 2.0, y - 6.5, width, 13.0),
            6.0,
            map.colour(at[0], at[1]).over(CASE.alpha(0.45)),
        );
        canvas.text(&text, (x, y + 3.2), Style::new(Face::Sans, 9.0, MARK.alpha(0.92)).align(Align::Centre));
    }
}

/// The parts that stay at a place of their own. Returns where something is drawn.
fn parts(canvas: &mut Canvas, scene: &Scene, inner: Area) -> Vec<(f32, f32)> {
    let mut drawn = Vec::new();
    for part in &scene.score.parts.0 {
        let (x, y) = inner.at(part.at[0] as f32, part.at[1] as f32);
        let diamond = |r: f32| [(x, y - r), (x + r, y), (x, y + r), (x - r, y), (x, y - r)];
        canvas.line(&diamond(5.0), 3.5, CASE.alpha(0.8));
        canvas.line(&diamond(5.0), 1.75, MARK);
        let width = 5.8 * part.name.len() as f32 + 8.0;
        let plate = Area::new(x - width / 2.0, y + 9.0, width, 15.0);
        canvas.area(plate, 3.0, CASE.alpha(0.82));
        canvas.text(&part.name, (x, y + 20.0), Style::new(Face::Medium, 10.0, MARK).align(Align::Centre));
        drawn.extend([(x, y), (x, y + 16.0)]);
    }
    drawn
}

fn grid(canvas: &mut Canvas, scene: &Scene, inner: Area) {
    let (columns, rows) = scene.map.map_or((5, 5), PadMap::grid);
    for row in 0..rows {
        for column in 0..columns {
            let at = |i: usize, n: usize| if n > 1 { i as f32 / (n - 1) as f32 } else { 0.5 };
            canvas.disc(inner.at(at(column, columns), at(row, rows)), 1.1, MARK.alpha(0.42));
        }
    }
}

/// The editor's letters: A upper left, B upper right, C lower left, D lower right.
fn corners(canvas: &mut Canvas, scene: &Scene, area: Area) {
    for (letter, at) in [("A", [0.0, 1.0]), ("B", [1.0, 1.0]), ("C", [0.0, 0.0]), ("D", [1.0, 0.0])] {
        let near = |p: &[f32; 2]| (p[0] - at[0]).abs() < 0.01 && (p[1] - at[1]).abs() < 0.01;
        let name = scene.map.and_then(|m| m.anchors.iter().find(|a| near(&a.0))).map_or("", |a| a.1.as_str());
        let y = if at[1] > 0.5 { area.y - 10.0 } else { area.bottom() + 21.0 };
        let left = at[0] < 0.5;
        let disc = (if left { area.x + 8.0 } else { area.right() - 8.0 }, y - 5.0);
        canvas.disc(disc, 8.0, EDGE);
        canvas.disc(disc, 7.0, super::GROUND);
        canvas.text(letter, (disc.0, y - 1.2), Style::new(Face::Medium, 10.0, TEXT2).align(Align::Centre));
        let align = if left { Align::Left } else { Align::Right };
        let x = if left { area.x + 23.0 } else { area.right() - 23.0 };
        canvas.text(name, (x, y), Style::new(Face::Name, 16.0, TEXT1).align(align));
    }
}

/// The point's way. Returns where something is drawn.
fn path(canvas: &mut Canvas, scene: &Scene, inner: Area) -> Vec<(f32, f32)> {
    let end = scene.score.clip.end_seconds().max(scene.score.x.end_seconds()).min(scene.seconds());
    let place = |seconds: f64| {
        let (x, y) = scene.point(seconds);
        inner.at(x, y)
    };
    let points: Vec<(f32, f32)> = (0..=800).map(|i| place(end * f64::from(i) / 800.0)).collect();
    canvas.line(&points, 4.0, CASE.alpha(0.45));
    canvas.line(&points, 1.75, MARK);
    let every = if end > 40.0 { 10.0 } else { 5.0 };
    let mut drawn = points.clone();
    let mut at = every;
    while at < end - 0.5 {
        let p = place(at);
        canvas.disc(p, 4.25, CASE.alpha(0.8));
        canvas.disc(p, 3.0, MARK);
        let text = format!("{at:.0} s");
        let width = 7.0 * text.len() as f32;
        let left = p.0 + 8.0 + width > inner.right() + INSET;
        let plate = Area::new(if left { p.0 - 7.0 - width } else { p.0 + 7.0 }, p.1 - 7.5, width, 15.0);
        canvas.area(plate, 3.0, CASE.alpha(0.82));
        drawn.push((plate.x + width / 2.0, p.1));
        let style = Style::new(Face::Medium, 10.0, MARK).align(Align::Centre);
        canvas.text(&text, (plate.x + width / 2.0, p.1 + 3.5), style);
        at += every;
    }
    let first = place(0.0);
    canvas.disc(first, 5.5, MARK);
    canvas.disc(first, 3.5, CASE);
    let (x, y) = place(end);
    for (radius, colour) in [(11.5, CASE), (10.0, MARK), (7.6, CASE)] {
        canvas.disc((x, y), radius, colour.alpha(if radius > 8.0 { 0.9 } else { 0.75 }));
    }
    canvas.disc((x, y), 3.0, MARK);
    let style = Style::new(Face::Sans, 10.0, TEXT3).align(Align::Centre);
    let middle = inner.x + inner.w / 2.0;
    canvas.text("X", (middle, inner.bottom() + INSET + 14.0), style);
    canvas.text("Y", (inner.x - INSET - 10.0, inner.y + inner.h / 2.0 + 4.0), style);
    drawn
}
