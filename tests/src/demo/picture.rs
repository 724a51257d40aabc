//! The demo as a picture: notes, wave, spectrum and the path over the pad, on one axis of time.
//!
//! Colour means place: the wave has the colour of the map where the point was when it sounded.

mod figures;
mod pad;
mod rows;

use super::judge::Summary;
use super::map::PadMap;
use super::play::{Performance, Score};
use crate::draw::palette::{DANGER, EDGE, GROUND, LINE, TEXT1, TEXT2, TEXT3, WELL};
use crate::draw::{Align, Area, Canvas, Colour, Face, Style, oklch};

const WIDTH: f32 = 1120.0;
const HEIGHT: f32 = 720.0;
const SCALE: f32 = 2.0;

/// What all parts of the picture draw from.
struct Scene<'a> {
    score: &'a Score,
    performance: &'a Performance,
    summary: &'a Summary,
    map: Option<&'a PadMap>,
}

impl Scene<'_> {
    fn seconds(&self) -> f64 {
        self.performance.take.seconds()
    }

    /// The point at a time.
    fn point(&self, seconds: f64) -> (f32, f32) {
        (self.score.x.at(seconds) as f32, self.score.y.at(seconds) as f32)
    }

    /// The accent where the point was at a time.
    fn accent(&self, seconds: f64) -> Colour {
        let (x, y) = self.point(seconds);
        self.map.map_or_else(|| oklch(0.80, 0.115, 85.0), |m| m.accent(x, y))
    }
}

/// Draws it.
pub(super) fn draw(score: &Score, performance: &Performance, summary: &Summary, map: Option<&PadMap>) -> Canvas {
    let scene = Scene { score, performance, summary, map };
    let mut canvas = Canvas::new(WIDTH, HEIGHT, SCALE, GROUND);
    header(&mut canvas, &scene);

    let column = |y, h| Area::new(64.0, y, 712.0, h);
    rows::notes(&mut canvas, &scene, column(84.0, 104.0));
    rows::wave(&mut canvas, &scene, column(216.0, 96.0));
    rows::spectrum(&mut canvas, &scene, column(340.0, 216.0));
    rows::curves(&mut canvas, &scene, column(584.0, 72.0));
    rows::time_axis(&mut canvas, &scene, column(656.0, 0.0));

    pad::draw(&mut canvas, &scene, Area::new(824.0, 108.0, 264.0, 232.0));
    figures::draw(&mut canvas, &scene, Area::new(824.0, 392.0, 264.0, 288.0));
    canvas
}

fn header(canvas: &mut Canvas, scene: &Scene) {
    canvas.text("Betwixt", (24.0, 43.0), Style::new(Face::Wordmark, 26.0, TEXT1));
    let pack = &scene.summary.pack;
    let line = if pack.is_empty() { "The bundled plugin plays a MIDI clip".to_owned() } else { pack.clone() };
    canvas.text(&line, (120.0, 42.0), Style::new(Face::Name, 18.0, TEXT2));
    let right = format!(
        "{:.1} s   {:.1} LUFS   peak {:.1} dBFS",
        scene.summary.seconds, scene.summary.loudness_lufs, scene.summary.peak_dbfs
    );
    let right = right.replace('-', "−");
    canvas.text(&right, (WIDTH - 32.0, 42.0), Style::new(Face::Medium, 12.0, TEXT2).align(Align::Right));
    canvas.line(&[(24.0, 59.5), (WIDTH - 32.0, 59.5)], 1.0, LINE);
}

/// A row's title over its upper left corner, and what it shows at the right.
fn title(canvas: &mut Canvas, area: Area, name: &str, note: &str) {
    canvas.text(name, (area.x, area.y - 8.0), Style::new(Face::SemiBold, 12.0, TEXT1));
    let style = Style::new(Face::Sans, 11.0, TEXT3).align(Align::Right);
    canvas.text(note, (area.right(), area.y - 8.0), style);
}

/// A label of a vertical axis.
fn label(canvas: &mut Canvas, area: Area, y: f32, text: &str) {
    let style = Style::new(Face::Medium, 10.0, TEXT3).align(Align::Right);
    canvas.text(text, (area.x - 8.0, y + 3.5), style);
}
