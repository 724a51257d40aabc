//! Text as outlines of the editor's fonts (SIL Open Font License, beside them).

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face as Ttf, OutlineBuilder};

/// Which typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Labels.
    Sans,
    /// Numbers: digits of one width.
    Medium,
    /// Titles.
    SemiBold,
    /// Proper names.
    Name,
    /// The wordmark.
    Wordmark,
}

/// Which point of the text is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Its beginning.
    Left,
    /// Its middle.
    Centre,
    /// Its end.
    Right,
}

pub(super) struct Fonts {
    faces: [Ttf<'static>; 5],
}

macro_rules! font {
    ($file:literal) => {
        Ttf::parse(include_bytes!(concat!("../../../editor/fonts/", $file)), 0).expect($file)
    };
}

impl Fonts {
    pub(super) fn new() -> Fonts {
        Fonts {
            faces: [
                font!("Inter-Regular.ttf"),
                font!("Inter-Medium.ttf"),
                font!("Inter-SemiBold.ttf"),
                font!("Newsreader-Medium.ttf"),
                font!("Newsreader-MediumItalic.ttf"),
            ],
        }
    }

    fn face(&self, face: Face) -> &Ttf<'static> {
        &self.faces[face as usize]
    }

    pub(super) fn width(&self, text: &str, face: Face, size: f32) -> f32 {
        let ttf = self.face(face);
        let advance = |c| ttf.glyph_index(c).and_then(|g| ttf.glyph_hor_advance(g)).unwrap_or(0);
        text.chars().map(|c| f32::from(advance(c))).sum::<f32>() * size / f32::from(ttf.units_per_em())
    }

    pub(super) fn outline(&self, text: &str, face: Face, size: f32, x: f32, y: f32) -> Option<Path> {
        let ttf = self.face(face);
        let scale = size / f32::from(ttf.units_per_em());
        let mut pen = Pen { builder: PathBuilder::new(), x, y, scale };
        for c in text.chars() {
            let Some(glyph) = ttf.glyph_index(c) else { continue };
            // No outline is a space.
            let _ = ttf.outline_glyph(glyph, &mut pen);
            pen.x += f32::from(ttf.glyph_hor_advance(glyph).unwrap_or(0)) * scale;
        }
        pen.builder.finish()
    }
}

struct Pen {
    builder: PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Pen {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.builder.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.builder.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.builder.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.builder.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.builder.close();
    }
}
