//! Paints egui's triangles on the processor: the same picture on every machine, without a driver.
//!
//! As egui's own painters do: colours are mixed as they are (in gamma space), premultiplied; a pixel belongs to a
//! triangle if its middle lies in it, on the edge by the top-left rule.

use std::collections::HashMap;

use egui::epaint::{ClippedPrimitive, ImageDelta, Mesh, Primitive, Vertex};
use egui::{ImageData, TextureFilter, TextureId, TexturesDelta};
use egui_kittest::TestRenderer;
use image::{Rgba, RgbaImage};

/// The painter: what it has of textures.
#[derive(Default)]
pub(crate) struct Painter {
    textures: HashMap<TextureId, Texture>,
}

struct Texture {
    size: [usize; 2],
    /// Premultiplied, 0…255.
    pixels: Vec<[f32; 4]>,
    linear: bool,
}

impl Painter {
    /// Takes new textures and forgets old ones.
    pub(crate) fn update(&mut self, delta: &mut TexturesDelta) {
        for (id, deltas) in delta.set.drain() {
            deltas.iter().for_each(|delta| self.set(id, delta));
        }
        delta.free.drain().for_each(|id| drop(self.textures.remove(&id)));
    }

    fn set(&mut self, id: TextureId, delta: &ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        let pixels = image.pixels.iter().map(|c| c.to_array().map(f32::from));
        match (delta.pos, self.textures.get_mut(&id)) {
            (Some([x, y]), Some(texture)) => {
                let [width, _] = image.size;
                for (i, pixel) in pixels.enumerate() {
                    texture.pixels[(y + i / width) * texture.size[0] + x + i % width] = pixel;
                }
            }
            _ => {
                let linear = delta.options.magnification == TextureFilter::Linear;
                self.textures.insert(id, Texture { size: image.size, pixels: pixels.collect(), linear });
            }
        }
    }

    /// Paints over what is there.
    pub(crate) fn paint(&self, over: &mut RgbaImage, primitives: &[ClippedPrimitive], pixels_per_point: f32) {
        let (width, height) = over.dimensions();
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            let Primitive::Mesh(mesh) = primitive else { unreachable!("the editor has no callbacks") };
            let bound = |at: f32, end: u32| (at * pixels_per_point).round().clamp(0.0, end as f32) as u32;
            let clip = Area {
                x: [bound(clip_rect.min.x, width), bound(clip_rect.max.x, width)],
                y: [bound(clip_rect.min.y, height), bound(clip_rect.max.y, height)],
            };
            self.mesh(over, mesh, clip, pixels_per_point);
        }
    }

    fn mesh(&self, over: &mut RgbaImage, mesh: &Mesh, clip: Area, pixels_per_point: f32) {
        let Some(texture) = self.textures.get(&mesh.texture_id) else { return };
        for corners in mesh.indices.chunks_exact(3) {
            let corners = [0, 1, 2].map(|i| mesh.vertices[corners[i] as usize]);
            triangle(over, texture, corners, clip, pixels_per_point);
        }
    }
}

impl TestRenderer for Painter {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        self.update(delta);
    }

    fn render(&mut self, context: &egui::Context, output: &egui::FullOutput) -> Result<RgbaImage, String> {
        let size = (context.viewport_rect().size() * output.pixels_per_point).round();
        let mut image = RgbaImage::from_pixel(size.x as u32, size.y as u32, Rgba([0, 0, 0, 255]));
        let primitives = context.tessellate(output.shapes.clone(), output.pixels_per_point);
        self.paint(&mut image, &primitives, output.pixels_per_point);
        Ok(image)
    }
}

/// Pixels from…to.
#[derive(Clone, Copy)]
struct Area {
    x: [u32; 2],
    y: [u32; 2],
}

fn triangle(over: &mut RgbaImage, texture: &Texture, mut corners: [Vertex; 3], clip: Area, scale: f32) {
    let place = |v: &Vertex| [f64::from(v.pos.x * scale), f64::from(v.pos.y * scale)];
    let turn = |[a, b, c]: [[f64; 2]; 3]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let mut at = [place(&corners[0]), place(&corners[1]), place(&corners[2])];
    if turn(at) < 0.0 {
        corners.swap(1, 2);
        at.swap(1, 2);
    }
    let double_area = turn(at);
    if double_area == 0.0 {
        return;
    }
    let bounds = |axis: usize, [from, to]: [u32; 2]| {
        let (low, high) = at.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p[axis]), h.max(p[axis])));
        (low.floor().max(f64::from(from)) as u32)..(high.ceil().min(f64::from(to)) as u32)
    };
    // The edge against each corner; on it lie the pixels of the triangle below or right of it.
    let edges = [(1, 2), (2, 0), (0, 1)].map(|(from, to)| {
        let (a, b) = (at[from], at[to]);
        let own = (b[1] == a[1] && b[0] > a[0]) || b[1] < a[1];
        (a, b, own)
    });
    for y in bounds(1, clip.y) {
        for x in bounds(0, clip.x) {
            let middle = [f64::from(x) + 0.5, f64::from(y) + 0.5];
            let sides = edges.map(|(a, b, own)| (turn([a, b, middle]), own));
            if sides.iter().any(|&(side, own)| side < 0.0 || (side == 0.0 && !own)) {
                continue;
            }
            let weights = sides.map(|(side, _)| (side / double_area) as f32);
            let mix = |of: fn(&Vertex) -> f32| (0..3).map(|i| weights[i] * of(&corners[i])).sum::<f32>();
            let color = [mix(|v| v.color[0].into()), mix(|v| v.color[1].into()), mix(|v| v.color[2].into())];
            let alpha = mix(|v| v.color[3].into());
            let ink = texture.at([mix(|v| v.uv.x), mix(|v| v.uv.y)]);
            let pixel = over.get_pixel_mut(x, y);
            let through = 1.0 - alpha * ink[3] / (255.0 * 255.0);
            // What is opaque is so whatever the weights add up to.
            let through = if through < 1e-4 { 0.0 } else { through };
            for channel in 0..3 {
                let value = color[channel] * ink[channel] / 255.0 + f32::from(pixel[channel]) * through;
                pixel[channel] = value.round() as u8;
            }
        }
    }
}

impl Texture {
    /// The colour at a place of 0…1.
    fn at(&self, uv: [f32; 2]) -> [f32; 4] {
        let pixel = |x: i64, y: i64| {
            let inside = |at: i64, size: usize| at.clamp(0, size as i64 - 1) as usize;
            self.pixels[inside(y, self.size[1]) * self.size[0] + inside(x, self.size[0])]
        };
        let [x, y] = [uv[0] * self.size[0] as f32, uv[1] * self.size[1] as f32];
        if !self.linear {
            return pixel(x.floor() as i64, y.floor() as i64);
        }
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (right, down) = (x - left, y - top);
        let (left, top) = (left as i64, top as i64);
        let corners = [pixel(left, top), pixel(left + 1, top), pixel(left, top + 1), pixel(left + 1, top + 1)];
        let shares = [(1.0 - right) * (1.0 - down), right * (1.0 - down), (1.0 - right) * down, right * down];
        [0, 1, 2, 3].map(|channel| (0..4).map(|i| corners[i][channel] * shares[i]).sum())
    }
}
