//! Paints the map: colour is the timbre, light is the brightness, lines join points of equal brightness.

use egui::{Color32, ColorImage};

use super::INSET;
use super::field::{Field, Taps, direction};
use crate::model::Theme;
use crate::theme::color::{Encoder, Oklab};

/// Bands of brightness, with a contour line between two.
const BANDS: f32 = 20.0;
/// Brightness from line to line.
const BAND: f32 = 1.0 / BANDS;
/// Points from line to line that make a plateau.
const PLATEAU: f32 = 500.0;
/// Every so many lines is an index line.
const INDEX: i32 = 4;

/// How a theme paints.
struct Palette {
    lightness: [f32; 2],
    chroma: [f32; 2],
    shade: f32,
    /// Linear light of the contour lines, and their opacities: ordinary and index.
    ink: [f32; 3],
    line: [f32; 2],
}

impl Palette {
    fn of(theme: Theme) -> Self {
        match theme {
            Theme::Dark => Self {
                lightness: [0.262, 0.455],
                chroma: [0.070, 0.022],
                shade: 0.040,
                ink: [1.0; 3],
                line: [0.10, 0.26],
            },
            Theme::Light => Self {
                lightness: [0.665, 0.275],
                chroma: [0.074, -0.022],
                shade: 0.030,
                ink: [0.007, 0.008, 0.010],
                line: [0.11, 0.30],
            },
            Theme::Contrast => {
                Self { lightness: [0.16, 0.26], chroma: [0.0, 0.0], shade: 0.0, ink: [1.0; 3], line: [0.38, 0.85] }
            }
        }
    }
}

/// Pixels between two places where the hue is worked out; between them it is a straight line.
const HUE_STEP: usize = 8;

/// Paints `size` physical pixels at `scale` pixels per point.
pub(crate) fn bake(field: &Field, size: [usize; 2], scale: f32, theme: Theme) -> ColorImage {
    let [width, height] = size;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let rows = height.div_ceil(threads).max(1);
    let painter = Painter {
        field,
        size,
        scale,
        palette: Palette::of(theme),
        encoder: Encoder::new(),
        taps: horizontal(field, width, scale),
    };
    let mut brightness = vec![0.0; width * height];
    let mut pixels = vec![Color32::BLACK; width * height];
    std::thread::scope(|scope| {
        for (i, part) in brightness.chunks_mut(rows * width).enumerate() {
            let painter = &painter;
            scope.spawn(move || painter.brightness(i * rows, part));
        }
    });
    std::thread::scope(|scope| {
        for (i, part) in pixels.chunks_mut(rows * width).enumerate() {
            let (painter, brightness) = (&painter, &brightness);
            scope.spawn(move || painter.paint(brightness, i * rows, part));
        }
    });
    ColorImage::new(size, pixels)
}

/// Taps of every pixel column.
fn horizontal(field: &Field, width: usize, scale: f32) -> Vec<Taps> {
    let span = width as f32 - 2.0 * INSET * scale;
    (0..width).map(|x| Taps::new((x as f32 + 0.5 - INSET * scale) / span, field.columns)).collect()
}

/// What all rows share.
struct Painter<'a> {
    field: &'a Field,
    size: [usize; 2],
    scale: f32,
    palette: Palette,
    encoder: Encoder,
    taps: Vec<Taps>,
}

impl Painter<'_> {
    /// The grid's columns at a pixel row.
    fn columns(&self, y: usize) -> Vec<[f32; 3]> {
        let inset = INSET * self.scale;
        let share = (y as f32 + 0.5 - inset) / (self.size[1] as f32 - 2.0 * inset);
        self.field.columns_at(1.0 - share)
    }

    /// Brightness of the rows from `first` on.
    fn brightness(&self, first: usize, part: &mut [f32]) {
        for (row, line) in part.chunks_mut(self.size[0]).enumerate() {
            let columns = self.columns(first + row);
            for (value, taps) in line.iter_mut().zip(&self.taps) {
                let sum: f32 = taps.index.iter().zip(taps.weight).map(|(&i, w)| columns[i][0] * w).sum();
                *value = sum.clamp(0.0, 1.0);
            }
        }
    }

    /// Hue of a row as unit vectors times the chroma kept, at every so many pixels.
    fn hues(&self, y: usize) -> Vec<[f32; 2]> {
        let columns = self.columns(y);
        let last = self.size[0] - 1;
        (0..=last / HUE_STEP + 1)
            .map(|i| {
                let taps = &self.taps[(i * HUE_STEP).min(last)];
                let (mut a, mut b) = (0.0, 0.0);
                for (&column, weight) in taps.index.iter().zip(taps.weight) {
                    a += columns[column][1] * weight;
                    b += columns[column][2] * weight;
                }
                let (unit, kept) = direction(a, b);
                unit.map(|u| u * kept)
            })
            .collect()
    }

    /// Paints the rows from `first` on into `part`.
    fn paint(&self, brightness: &[f32], first: usize, part: &mut [Color32]) {
        let [width, height] = self.size;
        let palette = &self.palette;
        let contours = self.field.has_contours();
        let inset = 2.0 * INSET * self.scale;
        // Light from the upper left, per unit of the pad.
        let shade = [0.55, 0.83].map(|s| s * palette.shade);
        let shade = [shade[0] * (width as f32 - inset), shade[1] * (height as f32 - inset)];
        for (row, line) in part.chunks_mut(width).enumerate() {
            let y = first + row;
            let hues = self.hues(y);
            let own = &brightness[y * width..][..width];
            let above = &brightness[y.saturating_sub(1) * width..][..width];
            let below = &brightness[(y + 1).min(height - 1) * width..][..width];
            let between = if y == 0 || y + 1 == height { 1.0 } else { 0.5 };
            for (x, pixel) in line.iter_mut().enumerate() {
                let b = own[x];
                let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
                let dx = (own[right] - own[left]) / (right - left).max(1) as f32;
                let dy = (below[x] - above[x]) * between;

                // Printed tint bands, gently. (Truncated, not floored: it is never negative.)
                let band = ((b * BANDS) as i32 as f32 + 0.5) / BANDS;
                let tint = b + (band - b) * 0.55;
                let relief = (shade[0] * dx + shade[1] * dy).clamp(-0.08, 0.08);
                let part = (x % HUE_STEP) as f32 / HUE_STEP as f32;
                let (from, to) = (hues[x / HUE_STEP], hues[x / HUE_STEP + 1]);
                let chroma = palette.chroma[0] + palette.chroma[1] * tint;
                let l = palette.lightness[0] + palette.lightness[1] * tint + relief;
                let mut linear = Oklab {
                    l: l.clamp(0.0, 1.0),
                    a: (from[0] + (to[0] - from[0]) * part) * chroma,
                    b: (from[1] + (to[1] - from[1]) * part) * chroma,
                }
                .to_linear();

                if contours {
                    let coverage = contour(b, (dx * dx + dy * dy).sqrt(), self.scale);
                    if coverage > 0.0 {
                        let index = (b * BANDS + 0.5) as i32 % INDEX == 0;
                        let opacity = coverage * palette.line[usize::from(index)];
                        for (channel, ink) in linear.iter_mut().zip(palette.ink) {
                            // In encoded values, as lines over a picture are usually mixed.
                            let mixed = channel.max(0.0).sqrt() * (1.0 - opacity) + ink.sqrt() * opacity;
                            *channel = mixed * mixed;
                        }
                    }
                }
                let [r, g, b] = linear.map(|c| self.encoder.encode(c));
                *pixel = Color32::from_rgb(r, g, b);
            }
        }
    }
}

/// Coverage 0…1 of a pixel by the nearest contour line, one point wide, from the distance to it.
fn contour(b: f32, gradient: f32, scale: f32) -> f32 {
    let line = (b * BANDS + 0.5) as i32 as f32 / BANDS;
    // Neither the floor nor the ceiling of the range is a line, and a plateau has none: there lines fade out.
    let faint = gradient * scale * PLATEAU / BAND;
    if !(BAND * 0.5..=1.0 - BAND * 0.5).contains(&line) || faint <= 0.5 {
        return 0.0;
    }
    let distance = (b - line).abs() / gradient;
    (scale / 2.0 + 0.5 - distance).clamp(0.0, 1.0) * (2.0 * faint - 1.0).min(1.0)
}

/// Where an index line gets its number: a place of the pad and the words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    pub(super) at: [f32; 2],
    pub(super) text: String,
}

/// Finds a place for the number of each index line, away from the edges and from each other. `size` in points.
pub(super) fn labels(field: &Field, size: [f32; 2]) -> Vec<Label> {
    let mut found: Vec<Label> = Vec::new();
    if !field.has_contours() {
        return found;
    }
    let steps = 200;
    for line in [4, 8, 12, 16] {
        let level = line as f32 * BAND;
        'lines: for along in [0.16, 0.82, 0.5, 0.3, 0.68] {
            for upright in [true, false] {
                let at = |i: i32| {
                    let t = i as f32 / steps as f32;
                    if upright { [along, t] } else { [t, along] }
                };
                let value = |i: i32| field.sample(at(i)[0], at(i)[1])[0];
                for i in steps * 12 / 100..steps * 88 / 100 {
                    if (value(i) < level) == (value(i + 1) < level) {
                        continue;
                    }
                    let place = at(i);
                    let far = found
                        .iter()
                        .all(|l| ((l.at[0] - place[0]) * size[0]).hypot((l.at[1] - place[1]) * size[1]) > 90.0);
                    if far {
                        found.push(Label { at: place, text: frequency(field.hz(level)) });
                        break 'lines;
                    }
                }
            }
        }
    }
    found
}

/// *580 Hz*, *1.6 kHz*.
fn frequency(hz: f32) -> String {
    if hz < 995.0 { format!("{:.0} Hz", (hz / 10.0).round() * 10.0) } else { format!("{:.1} kHz", hz / 1000.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_are_short() {
        assert_eq!(frequency(583.0), "580 Hz");
        assert_eq!(frequency(1580.0), "1.6 kHz");
    }

    #[test]
    fn a_contour_is_one_point_wide() {
        // A ramp of one band in 20 pixels.
        let gradient = BAND / 20.0;
        for scale in [1.0, 2.0] {
            let covered: f32 = (0..20).map(|i| contour(0.5 + (i as f32 - 10.0) * gradient, gradient, scale)).sum();
            assert!((covered - scale).abs() < 0.3, "{covered} at {scale}");
        }
    }
}
