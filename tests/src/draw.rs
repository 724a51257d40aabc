//! A canvas for pictures of sound: lines, areas, text in the editor's fonts, at any scale.
//!
//! Coordinates are logical pixels; the scale turns them into the pixels of the file.

mod colour;
mod heat;
pub mod palette;
mod text;

pub use colour::{Colour, oklch, ramp};
pub use heat::{Range, constant_q, heat};
pub use text::{Align, Face};

use std::path::Path;
use text::Fonts;
use tiny_skia::{
    FillRule, FilterQuality, LineCap, LineJoin, Mask, Paint, PathBuilder, Pixmap, PixmapPaint, Rect, Stroke,
    StrokeDash, Transform,
};

/// A picture in the making.
pub struct Canvas {
    pixmap: Pixmap,
    scale: f32,
    fonts: Fonts,
    clip: Option<Mask>,
}

/// A rectangle: x, y of the upper left corner, width, height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left.
    pub x: f32,
    /// Top.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Area {
    /// A rectangle.
    pub fn new(x: f32, y: f32, w: f32, h: f32) -> Area {
        Area { x, y, w, h }
    }

    /// Right edge.
    pub fn right(&self) -> f32 {
        self.x + self.w
    }

    /// Bottom edge.
    pub fn bottom(&self) -> f32 {
        self.y + self.h
    }

    /// The point at fractions of width (from the left) and height (from the bottom).
    pub fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.w, self.bottom() - y * self.h)
    }
}

impl Canvas {
    /// An empty canvas in one colour.
    ///
    /// # Panics
    /// When it has no pixels.
    pub fn new(width: f32, height: f32, scale: f32, ground: Colour) -> Canvas {
        let mut pixmap = Pixmap::new((width * scale) as u32, (height * scale) as u32).expect("a canvas with pixels");
        pixmap.fill(ground.skia());
        Canvas { pixmap, scale, fonts: Fonts::new(), clip: None }
    }

    fn transform(&self) -> Transform {
        Transform::from_scale(self.scale, self.scale)
    }

    /// What is drawn from here on stays inside an area; `None` ends that.
    pub fn clip(&mut self, area: Option<Area>) {
        self.clip = area.and_then(|a| {
            let mut mask = Mask::new(self.pixmap.width(), self.pixmap.height())?;
            mask.fill_path(&rounded(a, 0.0)?, FillRule::Winding, true, self.transform());
            Some(mask)
        });
    }

    /// Fills an area with round corners.
    pub fn area(&mut self, area: Area, radius: f32, colour: Colour) {
        if let Some(path) = rounded(area, radius) {
            self.fill(&path, colour);
        }
    }

    fn fill(&mut self, path: &tiny_skia::Path, colour: Colour) {
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(colour.skia());
        let transform = self.transform();
        self.pixmap.fill_path(path, &paint, FillRule::Winding, transform, self.clip.as_ref());
    }

    /// Fills the polygon through these points.
    pub fn polygon(&mut self, points: &[(f32, f32)], colour: Colour) {
        if let Some(path) = through(points, true) {
            self.fill(&path, colour);
        }
    }

    /// A line through points, `width` wide.
    pub fn line(&mut self, points: &[(f32, f32)], width: f32, colour: Colour) {
        self.stroke(points, width, colour, None);
    }

    /// A dashed line: `dash` on, `dash` off.
    pub fn dashed(&mut self, points: &[(f32, f32)], width: f32, colour: Colour, dash: f32) {
        self.stroke(points, width, colour, StrokeDash::new(vec![dash, dash], 0.0));
    }

    fn stroke(&mut self, points: &[(f32, f32)], width: f32, colour: Colour, dash: Option<StrokeDash>) {
        let Some(path) = through(points, false) else { return };
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(colour.skia());
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, dash, ..Stroke::default() };
        let transform = self.transform();
        self.pixmap.stroke_path(&path, &paint, &stroke, transform, self.clip.as_ref());
    }

    /// A filled circle.
    pub fn disc(&mut self, (x, y): (f32, f32), radius: f32, colour: Colour) {
        if let Some(path) = PathBuilder::from_circle(x, y, radius) {
            self.fill(&path, colour);
        }
    }

    /// Text with its baseline at `y`. Returns its width.
    pub fn text(&mut self, text: &str, (x, y): (f32, f32), style: Style) -> f32 {
        let width = self.fonts.width(text, style.face, style.size);
        let x = match style.align {
            Align::Left => x,
            Align::Centre => x - width / 2.0,
            Align::Right => x - width,
        };
        if let Some(path) = self.fonts.outline(text, style.face, style.size, x, y) {
            self.fill(&path, style.colour);
        }
        width
    }

    /// Pixels over an area, smoothly scaled: `pixel(column, row)`, row 0 on top.
    pub fn pixels(
        &mut self,
        area: Area,
        columns: u32,
        rows: u32,
        radius: f32,
        mut pixel: impl FnMut(u32, u32) -> Colour,
    ) {
        let Some(mut image) = Pixmap::new(columns, rows) else { return };
        for (i, to) in image.data_mut().chunks_exact_mut(4).enumerate() {
            let i = i as u32;
            let Colour([r, g, b, _]) = pixel(i % columns, i / columns);
            to.copy_from_slice(&[r, g, b, 255]);
        }
        let transform =
            self.transform().pre_translate(area.x, area.y).pre_scale(area.w / columns as f32, area.h / rows as f32);
        let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
        let mask = Mask::new(self.pixmap.width(), self.pixmap.height()).zip(rounded(area, radius)).map(|(mut m, p)| {
            m.fill_path(&p, FillRule::Winding, true, self.transform());
            m
        });
        self.pixmap.draw_pixmap(0, 0, image.as_ref(), &paint, transform, mask.as_ref());
    }

    /// How many file pixels a logical length has.
    pub fn device(&self, length: f32) -> u32 {
        (length * self.scale).round().max(1.0) as u32
    }

    /// Writes the PNG.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn save(&self, path: &Path) -> Result<(), String> {
        self.pixmap.save_png(path).map_err(|e| format!("{}: {e}", path.display()))
    }
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Typeface.
    pub face: Face,
    /// Size in logical pixels.
    pub size: f32,
    /// Colour.
    pub colour: Colour,
    /// Which point of the text `x` is.
    pub align: Align,
}

impl Style {
    /// A style, aligned to the left.
    pub const fn new(face: Face, size: f32, colour: Colour) -> Style {
        Style { face, size, colour, align: Align::Left }
    }

    /// The same, aligned otherwise.
    pub const fn align(self, align: Align) -> Style {
        Style { align, ..self }
    }
}

fn through(points: &[(f32, f32)], close: bool) -> Option<tiny_skia::Path> {
    let (first, rest) = points.split_first()?;
    let mut builder = PathBuilder::new();
    builder.move_to(first.0, first.1);
    for (x, y) in rest {
        builder.line_to(*x, *y);
    }
    if close {
        builder.close();
    }
    builder.finish()
}

fn rounded(area: Area, radius: f32) -> Option<tiny_skia::Path> {
    let Area { x, y, w, h } = area;
    let r = radius.min(w / 2.0).min(h / 2.0);
    if r <= 0.0 {
        return Some(PathBuilder::from_rect(Rect::from_xywh(x, y, w, h)?));
    }
    // A quarter circle by one cubic.
    let k = r * 0.5523;
    let mut b = PathBuilder::new();
    b.move_to(x + r, y);
    b.line_to(x + w - r, y);
    b.cubic_to(x + w - r + k, y, x + w, y + r - k, x + w, y + r);
    b.line_to(x + w, y + h - r);
    b.cubic_to(x + w, y + h - r + k, x + w - r + k, y + h, x + w - r, y + h);
    b.line_to(x + r, y + h);
    b.cubic_to(x + r - k, y + h, x, y + h - r + k, x, y + h - r);
    b.line_to(x, y + r);
    b.cubic_to(x, y + r - k, x + r - k, y, x + r, y);
    b.close();
    b.finish()
}
