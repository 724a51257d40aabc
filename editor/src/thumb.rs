//! Small pictures: of sounds, in ink, and of packs' maps, in colour. Each is made once and kept.

use std::sync::Arc;

use egui::epaint::RectShape;
use egui::{Color32, ColorImage, CornerRadius, Painter, Rect, TextureHandle, TextureOptions, Ui, pos2};

use crate::model::{Pack, PackMap, Theme, Thumb};
use crate::pad::{Field, bake};

/// Pixels of a map's thumb.
const MAP: [usize; 2] = [80, 64];
/// Points of a large map that one of its pixels stands for: keeps its edge and its contours thin.
const SCALE: f32 = 0.5;
/// Most pictures that are kept.
const KEPT: usize = 256;

/// The pictures that were made.
#[derive(Default)]
pub(crate) struct Thumbs {
    sounds: Vec<(Arc<Thumb>, TextureHandle)>,
    maps: Vec<(Arc<PackMap>, Theme, TextureHandle)>,
}

impl std::fmt::Debug for Thumbs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Thumbs({}, {})", self.sounds.len(), self.maps.len())
    }
}

impl Thumbs {
    /// Draws a sound's picture.
    pub(crate) fn sound(&mut self, ui: &Ui, painter: &Painter, rect: Rect, thumb: &Arc<Thumb>, ink: Color32) {
        let known = self.sounds.iter().position(|(of, _)| Arc::ptr_eq(of, thumb));
        let at = known.unwrap_or_else(|| {
            if self.sounds.len() == KEPT {
                drop(self.sounds.remove(0));
            }
            self.sounds.push((Arc::clone(thumb), load(ui, "thumb", ink_image(thumb))));
            self.sounds.len() - 1
        });
        draw(painter, rect, &self.sounds[at].1, ink);
    }

    /// Draws a pack's map.
    pub(crate) fn map(&mut self, ui: &Ui, painter: &Painter, rect: Rect, map: &Arc<PackMap>, theme: Theme) {
        let known = self.maps.iter().position(|(of, made, _)| *made == theme && Arc::ptr_eq(of, map));
        let at = known.or_else(|| {
            let pack = Pack { columns: map.columns, rows: map.rows, cells: Arc::clone(&map.cells), ..Pack::default() };
            let image = bake::bake(&Field::new(&pack)?, MAP, SCALE, theme);
            if self.maps.len() == KEPT {
                drop(self.maps.remove(0));
            }
            self.maps.push((Arc::clone(map), theme, load(ui, "map thumb", image)));
            Some(self.maps.len() - 1)
        });
        if let Some(at) = at {
            draw(painter, rect, &self.maps[at].2, Color32::WHITE);
        }
    }
}

fn load(ui: &Ui, name: &str, image: ColorImage) -> TextureHandle {
    ui.ctx().load_texture(name, image, TextureOptions::LINEAR)
}

/// White of the ink's opacity: the colour comes when it is drawn.
fn ink_image(thumb: &Thumb) -> ColorImage {
    let size = [thumb.width.max(1), thumb.height.max(1)];
    let pixels = (0..size[0] * size[1]).map(|i| Color32::from_white_alpha(thumb.ink.get(i).copied().unwrap_or(0)));
    ColorImage::new(size, pixels.collect())
}

fn draw(painter: &Painter, rect: Rect, texture: &TextureHandle, tint: Color32) {
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    painter.add(RectShape::filled(rect, CornerRadius::same(3), tint).with_texture(texture.id(), uv));
}
