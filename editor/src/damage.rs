//! What of the window has to be painted again.
//!
//! Egui describes the whole window anew in each frame. Painting all of it is what a frame costs, most of all where the
//! processor paints, and in most frames hardly anything has changed. So each frame's shapes are compared with those of
//! the frame that was painted last, and what is painted is the few areas in which they differ, over a picture that is
//! kept from frame to frame.

use std::collections::BTreeSet;

use egui::emath::TSTransform;
use egui::epaint::ClippedShape;
use egui::{Color32, CornerRadius, ImageData, Pos2, Rect, Shape, TextureId, TexturesDelta, Vec2, vec2};

/// Shapes paint up to so many pixels beyond what they say: soft edges, and places that are rounded to pixels.
const MARGIN_PIXELS: f32 = 2.0;
/// Areas are painted as one if that costs no more pixels than this. With 4096 the small ticks at the map's two sides were
/// one band across it, and with it the needle was painted three times: a drag took 33 % of a core instead of 25 %.
const SLACK_PIXELS: f32 = 1024.0;
/// Areas of one frame: each takes a few calls of the graphics driver.
const MOST_AREAS: usize = 16;
/// Beyond this share of the window all of it is painted.
const WHOLE: f32 = 0.6;
/// Shapes that may come or go in one place before the rest of the frame counts as another.
const REACH: usize = 96;

/// Compares the frames of one window.
#[derive(Default)]
pub struct Damage {
    /// The frame that the kept picture shows.
    painted: Option<Described>,
    /// The one that was handed out to be painted.
    offered: Option<Described>,
    /// Textures that have other content than in the kept picture.
    touched: BTreeSet<TextureId>,
    /// Textures that nothing shows through.
    opaque: BTreeSet<TextureId>,
}

/// A frame as egui describes it.
struct Described {
    shapes: Vec<ClippedShape>,
    /// All that each can paint, in whole pixels.
    extents: Vec<Rect>,
    screen: Rect,
    pixels_per_point: f32,
}

impl Damage {
    /// For the window's context: egui would leave out shapes of which no more than the soft edge lies in an area.
    pub fn set_up(context: &egui::Context) {
        context.tessellation_options_mut(|options| options.coarse_tessellation_culling = false);
    }

    /// What [`Damage::reduce`] gave last has been painted.
    pub fn painted(&mut self) {
        if let Some(offered) = self.offered.take() {
            self.painted = Some(offered);
            self.touched.clear();
        }
    }

    /// The kept picture is lost: the next frame is painted whole.
    pub fn lose(&mut self) {
        (self.painted, self.offered) = (None, None);
    }

    /// Of a frame's shapes those that have to be painted over the picture of the frame before, each clipped to where
    /// that is needed, and the areas in points. The shapes have to cover the whole window by themselves.
    ///
    /// A frame that is not said to be [painted](Damage::painted) counts as one that never was.
    pub fn reduce(
        &mut self,
        shapes: Vec<ClippedShape>,
        textures: &TexturesDelta,
        screen: Rect,
        pixels_per_point: f32,
    ) -> (Vec<ClippedShape>, Vec<Rect>) {
        // New letters come into the font's texture all the time; those that are there stay as they look.
        self.touched.extend(textures.set.keys().filter(|id| **id != TextureId::default()));
        self.watch_opacity(textures);
        let extents = shapes.iter().map(|shape| extent(shape, screen, pixels_per_point)).collect();
        let frame = Described { shapes, extents, screen, pixels_per_point };
        let areas = match &self.painted {
            Some(before) if before.screen == screen && before.pixels_per_point == pixels_per_point => {
                frame.areas(before, &self.touched)
            }
            _ => vec![screen],
        };
        let reduced = match *areas {
            [area] if area == screen => frame.shapes.clone(),
            _ => areas.iter().flat_map(|area| frame.within(*area, &self.opaque)).collect(),
        };
        self.offered = Some(frame);
        (reduced, areas)
    }

    fn watch_opacity(&mut self, textures: &TexturesDelta) {
        for (id, delta) in textures.set.iter().flat_map(|(id, deltas)| deltas.iter().map(move |delta| (id, delta))) {
            let ImageData::Color(image) = &delta.image;
            if !image.pixels.iter().all(Color32::is_opaque) {
                self.opaque.remove(id);
            } else if delta.pos.is_none() {
                self.opaque.insert(*id);
            }
        }
        self.opaque.retain(|id| !textures.free.contains(id));
    }
}

impl Described {
    /// Where it differs from the one before; the screen if that is nearly everywhere.
    fn areas(&self, before: &Described, touched: &BTreeSet<TextureId>) -> Vec<Rect> {
        let mut areas = Areas { rects: Vec::new(), slack: SLACK_PIXELS / self.pixels_per_point.powi(2) };
        let (old, new) = (&before.shapes, &self.shapes);
        let same = |i: usize, j: usize| old[i] == new[j] && !uses(&new[j].shape, touched);
        let (mut i, mut j) = (0, 0);
        while i < old.len() || j < new.len() {
            if i < old.len() && j < new.len() && same(i, j) {
                (i, j) = (i + 1, j + 1);
                continue;
            }
            let (next_i, next_j) = meet((i, old.len()), (j, new.len()), same);
            before.extents[i..next_i].iter().chain(&self.extents[j..next_j]).for_each(|extent| areas.add(*extent));
            (i, j) = (next_i, next_j);
        }
        let total: f32 = areas.rects.iter().map(Rect::area).sum();
        if total > WHOLE * self.screen.area() { vec![self.screen] } else { areas.rects }
    }

    /// The shapes that are seen in an area, clipped to it.
    fn within(&self, area: Rect, opaque: &BTreeSet<TextureId>) -> impl Iterator<Item = ClippedShape> {
        let pixel = 1.0 / self.pixels_per_point;
        let lowest = self.shapes.iter().rposition(|shape| covers(shape, area, pixel, opaque)).unwrap_or(0);
        let seen = self.shapes.iter().zip(&self.extents).skip(lowest);
        seen.filter(move |(_, extent)| extent.intersect(area).is_positive())
            .map(move |(shape, _)| ClippedShape { clip_rect: shape.clip_rect.intersect(area), ..shape.clone() })
    }
}

/// All that a shape can paint, in whole pixels.
fn extent(shape: &ClippedShape, screen: Rect, scale: f32) -> Rect {
    let bounds = shape.transform_after_tessellation * bounds(&shape.shape);
    let clip = shape.clip_rect.intersect(screen);
    if bounds.is_negative() || clip.is_negative() {
        return Rect::NOTHING;
    }
    let bounds = if bounds.is_finite() { bounds.expand(MARGIN_PIXELS / scale).intersect(clip) } else { clip };
    let pixels = |at: Pos2, round: fn(f32) -> f32| Pos2::new(round(at.x * scale), round(at.y * scale)) / scale;
    Rect::from_min_max(pixels(bounds.min, f32::floor), pixels(bounds.max, f32::ceil)).intersect(screen)
}

/// Where a shape paints, but for its soft edges. Egui counts half of a line's width; that of a circle lies outside.
fn bounds(shape: &Shape) -> Rect {
    match shape {
        Shape::Vec(shapes) => shapes.iter().fold(Rect::NOTHING, |all, shape| all | bounds(shape)),
        Shape::Circle(circle) => circle.visual_bounding_rect().expand(circle.stroke.width / 2.0),
        Shape::Ellipse(ellipse) => ellipse.visual_bounding_rect().expand(ellipse.stroke.width / 2.0),
        Shape::Path(path) => path.visual_bounding_rect().expand(path.stroke.width / 2.0),
        _ => shape.visual_bounding_rect(),
    }
}

/// Is it a rectangle through which nothing of the area shows?
fn covers(shape: &ClippedShape, area: Rect, pixel: f32, opaque: &BTreeSet<TextureId>) -> bool {
    let Shape::Rect(rect) = &shape.shape else { return false };
    let solid = rect.fill.is_opaque()
        && rect.brush.as_ref().is_none_or(|brush| opaque.contains(&brush.fill_texture_id))
        && rect.blur_width == 0.0
        && rect.angle == 0.0
        && shape.transform_after_tessellation == TSTransform::IDENTITY;
    let CornerRadius { nw, ne, sw, se } = rect.corner_radius;
    let corner = f32::from(nw.max(ne).max(sw).max(se));
    // Without the soft edge, and clear of the corners either way.
    let inner = rect.rect.shrink(2.0 * pixel);
    let within = |inset: Vec2| inner.shrink2(inset).contains_rect(area);
    solid && shape.clip_rect.contains_rect(area) && (within(vec2(corner, 0.0)) || within(vec2(0.0, corner)))
}

/// The nearest places at which both frames go on alike, or both ends. Each is from…end of a frame.
fn meet(old: (usize, usize), new: (usize, usize), same: impl Fn(usize, usize) -> bool) -> (usize, usize) {
    let (reach_old, reach_new) = (REACH.min(old.1 - old.0), REACH.min(new.1 - new.0));
    let common = reach_old.min(reach_new);
    // Mostly as many shapes as before, only otherwise.
    let in_step = (1..common).map(|step| (step, step));
    // Or some came, or went.
    let out_of_step = (1..reach_old + reach_new).flat_map(|sum| {
        (sum.saturating_sub(reach_new.max(1) - 1)..=sum.min(reach_old.max(1) - 1)).map(move |i| (i, sum - i))
    });
    in_step
        .chain(out_of_step)
        .map(|(i, j)| (old.0 + i, new.0 + j))
        .find(|(i, j)| *i < old.1 && *j < new.1 && same(*i, *j))
        .unwrap_or_else(|| {
            let left = (old.1 - old.0).min(new.1 - new.0);
            let alike = (0..left).take_while(|back| same(old.1 - 1 - back, new.1 - 1 - back)).count();
            (old.1 - alike, new.1 - alike)
        })
}

/// Does it show one of these textures?
fn uses(shape: &Shape, textures: &BTreeSet<TextureId>) -> bool {
    match shape {
        Shape::Vec(shapes) => shapes.iter().any(|shape| uses(shape, textures)),
        Shape::Mesh(mesh) => textures.contains(&mesh.texture_id),
        Shape::Rect(rect) => rect.brush.as_ref().is_some_and(|brush| textures.contains(&brush.fill_texture_id)),
        _ => false,
    }
}

/// Areas to paint, joined where that is cheaper.
struct Areas {
    rects: Vec<Rect>,
    /// So much may be painted in vain to have one area less, in square points.
    slack: f32,
}

impl Areas {
    fn add(&mut self, mut rect: Rect) {
        if !rect.is_positive() {
            return;
        }
        while let Some((at, growth)) = self.nearest(rect) {
            if growth > self.slack && self.rects.len() < MOST_AREAS {
                break;
            }
            rect = rect.union(self.rects.swap_remove(at));
        }
        self.rects.push(rect);
    }

    /// The area that is joined with this one at the least cost, and that in square points.
    fn nearest(&self, rect: Rect) -> Option<(usize, f32)> {
        let growth = |other: &Rect| rect.union(*other).area() - rect.area() - other.area();
        self.rects.iter().map(growth).enumerate().min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::epaint::RectShape;
    use egui::{Mesh, Stroke, pos2};
    use std::collections::BTreeMap;

    const SIDE: usize = 64;
    const SCREEN: Rect = Rect { min: Pos2::ZERO, max: pos2(SIDE as f32, SIDE as f32) };
    const PICTURE: TextureId = TextureId::User(7);

    /// Paints rectangles and pictures of one colour, a pixel for a point.
    struct Paper {
        pixels: Vec<[f32; 3]>,
        textures: BTreeMap<TextureId, Color32>,
    }

    impl Paper {
        fn new() -> Paper {
            Paper { pixels: vec![[0.5; 3]; SIDE * SIDE], textures: BTreeMap::from([(PICTURE, Color32::RED)]) }
        }

        fn paint(&mut self, shapes: &[ClippedShape]) {
            for ClippedShape { clip_rect, shape, .. } in shapes {
                let (rect, color) = match shape {
                    Shape::Rect(rect) => {
                        (rect.rect, rect.brush.as_ref().map_or(rect.fill, |b| self.textures[&b.fill_texture_id]))
                    }
                    Shape::Mesh(mesh) => (mesh.calc_bounds(), self.textures[&mesh.texture_id]),
                    Shape::Noop => continue,
                    _ => unreachable!(),
                };
                let rect = rect.intersect(*clip_rect);
                for (i, pixel) in self.pixels.iter_mut().enumerate() {
                    if rect.contains(pos2((i % SIDE) as f32 + 0.5, (i / SIDE) as f32 + 0.5)) {
                        let color = egui::Rgba::from(color);
                        let over = [color.r(), color.g(), color.b()];
                        pixel.iter_mut().zip(over).for_each(|(p, over)| *p = *p * (1.0 - color.a()) + over);
                    }
                }
            }
        }
    }

    /// Numbers that look random: xorshift (Marsaglia 2003).
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % end as u64) as usize
        }

        fn shape(&mut self) -> ClippedShape {
            let mut rect = || {
                let at = pos2(self.below(SIDE) as f32, self.below(SIDE) as f32);
                Rect::from_min_size(at, vec2(self.below(9) as f32, self.below(9) as f32))
            };
            let (place, clip) = (rect(), rect().expand(30.0));
            let shape = match self.below(8) {
                0 => Shape::Noop,
                1 => Shape::Rect(RectShape::filled(place, 2, Color32::WHITE).with_texture(PICTURE, Rect::ZERO)),
                2 => Shape::rect_filled(place.expand(8.0), 3, Color32::from_rgb(9, 200, 40)),
                3 => {
                    let mut mesh = Mesh::with_texture(PICTURE);
                    mesh.add_rect_with_uv(place, Rect::ZERO, Color32::WHITE);
                    Shape::mesh(mesh)
                }
                tone => Shape::rect_filled(place, 0.0, Color32::from_rgba_unmultiplied(tone as u8 * 30, 90, 200, 160)),
            };
            ClippedShape::new(clip, shape)
        }
    }

    fn ground() -> ClippedShape {
        ClippedShape::new(SCREEN, Shape::rect_filled(SCREEN, 0.0, Color32::BLACK))
    }

    fn touch(id: TextureId, color: Color32) -> TexturesDelta {
        let mut delta = TexturesDelta::default();
        let image = egui::ColorImage::filled([1, 1], color);
        delta.set.entry(id).or_default().push(egui::epaint::ImageDelta::full(image, Default::default()));
        delta
    }

    #[test]
    fn the_kept_picture_is_the_whole_frames() {
        let mut dice = Dice(42);
        let (mut damage, mut kept) = (Damage::default(), Paper::new());
        let mut shapes: Vec<_> = std::iter::once(ground()).chain((0..150).map(|_| dice.shape())).collect();
        let mut parts = 0;
        for turn in 0..400 {
            for _ in 0..dice.below(4) {
                let at = 1 + dice.below(shapes.len() - 1);
                match dice.below(5) {
                    0 => drop(shapes.remove(at)),
                    1 => shapes.insert(at, dice.shape()),
                    2 => shapes.swap(1, at),
                    3 => shapes.splice(at..at, (0..dice.below(6)).map(|_| dice.shape())).for_each(drop),
                    _ => shapes[at] = dice.shape(),
                }
            }
            if turn % 100 == 50 {
                // More than is looked for.
                shapes.truncate(30);
                shapes.extend((0..2 * REACH).map(|_| dice.shape()));
            }
            let delta = if dice.below(5) == 0 {
                let color = Color32::from_white_alpha([255, 255, 90][dice.below(3)]);
                kept.textures.insert(PICTURE, color);
                touch(PICTURE, color)
            } else {
                TexturesDelta::default()
            };
            let (reduced, areas) = damage.reduce(shapes.clone(), &delta, SCREEN, 16.0);
            parts += usize::from(areas != [SCREEN]);
            if dice.below(6) == 0 {
                // Handed out and not painted: what comes next has to make up for it.
                continue;
            }
            kept.paint(&reduced);
            damage.painted();
            let mut whole = Paper { textures: kept.textures.clone(), ..Paper::new() };
            whole.paint(&shapes);
            assert_eq!(kept.pixels, whole.pixels, "turn {turn}");
        }
        assert!(parts > 200, "{parts}");
    }

    #[test]
    fn what_moves_is_painted_and_nothing_else() {
        let mut damage = Damage::default();
        let dot = |x: f32| ClippedShape::new(SCREEN, Shape::circle_filled(pos2(x, 20.0), 2.0, Color32::RED));
        let line = Shape::line_segment([pos2(0.0, 60.0), pos2(64.0, 60.0)], Stroke::new(1.0, Color32::RED));
        let frame = |x| vec![ground(), dot(x), ClippedShape::new(SCREEN, line.clone())];
        let none = TexturesDelta::default();
        let (first, areas) = damage.reduce(frame(10.0), &none, SCREEN, 1.0);
        assert_eq!((first.len(), areas), (3, vec![SCREEN]));
        damage.painted();
        assert_eq!(damage.reduce(frame(10.0), &none, SCREEN, 1.0), (vec![], vec![]));
        damage.painted();
        let (moved, areas) = damage.reduce(frame(12.0), &none, SCREEN, 1.0);
        let around = Rect::from_min_max(pos2(6.0, 16.0), pos2(16.0, 24.0));
        assert_eq!((moved.len(), areas), (2, vec![around]), "ground and dot");
        assert!(moved.iter().all(|shape| shape.clip_rect == around));
        damage.painted();
        // Another scale, another size, a lost picture: all of it.
        assert_eq!(damage.reduce(frame(12.0), &none, SCREEN, 2.0).1, [SCREEN]);
        damage.painted();
        damage.lose();
        assert_eq!(damage.reduce(frame(12.0), &none, SCREEN, 2.0).1, [SCREEN]);
    }

    #[test]
    fn what_is_covered_is_not_painted() {
        let mut damage = Damage::default();
        let panel = Rect::from_min_max(pos2(10.0, 10.0), pos2(50.0, 50.0));
        let frame = |x: f32, fill| {
            let dot = Shape::circle_filled(pos2(x, 30.0), 2.0, Color32::RED);
            vec![
                ground(),
                ClippedShape::new(SCREEN, Shape::rect_filled(panel, 6, fill)),
                ClippedShape::new(SCREEN, dot),
            ]
        };
        let none = TexturesDelta::default();
        let mut count = |x, fill| {
            let count = damage.reduce(frame(x, fill), &none, SCREEN, 16.0).0.len();
            damage.painted();
            count
        };
        let (solid, clear) = (Color32::from_rgb(1, 2, 3), Color32::from_rgba_premultiplied(1, 2, 3, 200));
        assert_eq!(count(30.0, solid), 3, "all of it");
        assert_eq!(count(32.0, solid), 2, "panel and dot");
        assert_eq!(count(11.0, solid), 1 + 3, "the panel there, and here at its soft edge the ground too");
        count(30.0, clear);
        assert_eq!(count(31.0, clear), 3);
    }

    #[test]
    fn areas_far_from_each_other_stay_apart_and_there_are_never_many() {
        let mut areas = Areas { rects: Vec::new(), slack: 10.0 };
        let dot = |x: f32, y: f32| Rect::from_min_size(pos2(x, y), vec2(4.0, 4.0));
        areas.add(dot(0.0, 0.0));
        areas.add(dot(100.0, 100.0));
        areas.add(dot(2.0, 0.0));
        areas.add(Rect::NOTHING);
        assert_eq!(areas.rects.len(), 2);
        (0..100).for_each(|i| areas.add(dot(i as f32 * 37.0 % 1000.0, i as f32 * 91.0 % 700.0)));
        assert!(areas.rects.len() <= MOST_AREAS);
    }
}
