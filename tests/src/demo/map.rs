//! The pack's map: what the editor draws the pad from, for the picture.

use crate::draw::{Colour, oklch};
use serde::Deserialize;
use std::path::Path;

/// Brightness from one line to the next.
const LINE: f32 = 0.2;

/// A pack's map and its corners.
#[derive(Debug, Clone)]
pub struct PadMap {
    columns: usize,
    rows: usize,
    /// OKLab a and b, and brightness 0…1, of each cell, row-major from y = 0.
    cells: Vec<[f32; 3]>,
    /// Octaves (log2 of Hz) where brightness is 0, and from there to 1.
    octaves: (f32, f32),
    /// Anchors: where, and what they are called.
    pub anchors: Vec<([f32; 2], String)>,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    name: String,
    grid: Grid,
    #[serde(default)]
    anchors: Vec<Anchor>,
    #[serde(default)]
    map: Option<Map>,
}

#[derive(Deserialize)]
struct Grid {
    columns: usize,
    rows: usize,
}

#[derive(Deserialize)]
struct Anchor {
    at: [f32; 2],
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Map {
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    rgb: [f32; 3],
    #[serde(default)]
    brightness_hz: f32,
}

impl PadMap {
    /// The map of the pack with this name in a folder of packs; of any pack there, if none has it.
    pub fn find(folder: &Path, name: &str) -> Option<PadMap> {
        let mut packs: Vec<Manifest> = std::fs::read_dir(folder)
            .ok()?
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "btx"))
            .filter_map(|path| manifest(&path))
            .collect();
        packs.sort_by_key(|m| m.name != name);
        PadMap::from_manifest(packs.into_iter().next()?)
    }

    /// The map of a pack file.
    pub fn read(pack: &Path) -> Option<PadMap> {
        PadMap::from_manifest(manifest(pack)?)
    }

    fn from_manifest(manifest: Manifest) -> Option<PadMap> {
        let cells = manifest.map?.cells;
        let Grid { columns, rows } = manifest.grid;
        if columns == 0 || rows == 0 || cells.len() != columns * rows {
            return None;
        }
        // Brightness on a scale of octaves from the 5th to the 95th percentile, at least 1.5 wide,
        // as the editor's map has it.
        let octaves: Vec<f32> = cells.iter().map(|c| c.brightness_hz.max(20.0).log2()).collect();
        let mut sorted = octaves.clone();
        sorted.sort_by(f32::total_cmp);
        let percentile = |p: f32| sorted[((sorted.len() - 1) as f32 * p).round() as usize];
        let (low, high) = (percentile(0.05), percentile(0.95));
        let span = (high - low).max(1.5);
        let low = (low + high) / 2.0 - span / 2.0;
        let cells = cells
            .iter()
            .zip(octaves)
            .map(|(cell, octave)| {
                let byte = |v: f32| (if v > 1.0 { v } else { v * 255.0 }).clamp(0.0, 255.0) as u8;
                let [_, a, b] = Colour([byte(cell.rgb[0]), byte(cell.rgb[1]), byte(cell.rgb[2]), 255]).oklab();
                [a, b, ((octave - low) / span).clamp(0.0, 1.0)]
            })
            .collect();
        let anchors = manifest.anchors.into_iter().map(|a| (a.at, a.name)).collect();
        Some(PadMap { columns, rows, cells, octaves: (low, span), anchors })
    }

    /// OKLab a, b and brightness at a point, smooth between cells.
    fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let place = |v: f32, n: usize| {
            let p = v.clamp(0.0, 1.0) * (n - 1) as f32;
            let i = (p as usize).min(n.saturating_sub(2));
            (i as isize, p - i as f32)
        };
        let ((i, fx), (j, fy)) = (place(x, self.columns), place(y, self.rows));
        let cell = |di: isize, dj: isize| {
            let column = (i + di).clamp(0, self.columns as isize - 1) as usize;
            let row = (j + dj).clamp(0, self.rows as isize - 1) as usize;
            self.cells[row * self.columns + column]
        };
        std::array::from_fn(|k| {
            let row = |dj| catmull_rom([-1, 0, 1, 2].map(|di| cell(di, dj)[k]), fx);
            catmull_rom([-1, 0, 1, 2].map(row), fy)
        })
    }

    fn hue(a: f32, b: f32) -> f32 {
        b.atan2(a).to_degrees().rem_euclid(360.0).clamp(55.0, 300.0)
    }

    /// The colour of the map at a point, each 0…1.
    pub fn colour(&self, x: f32, y: f32) -> Colour {
        let [a, b, bright] = self.sample(x, y);
        let bright = bright.clamp(0.0, 1.0);
        let step = |v: f32| {
            let banded = 0.05 * (v / 0.05).floor() + 0.025;
            v + (banded - v) * 0.55
        };
        let d = 0.01;
        let slope_x = (self.sample(x + d, y)[2] - self.sample(x - d, y)[2]) / (2.0 * d);
        let slope_y = (self.sample(x, y + d)[2] - self.sample(x, y - d)[2]) / (2.0 * d);
        let shade = (0.55 * slope_x + 0.83 * slope_y).clamp(-2.0, 2.0);
        oklch(0.262 + 0.455 * step(bright) + 0.04 * shade, 0.07 + 0.022 * bright, Self::hue(a, b))
    }

    /// How much of a pixel a line of equal brightness covers, 0…1. `pixel` is its size on the pad.
    pub fn line(&self, x: f32, y: f32, pixel: f32) -> f32 {
        let at = |x: f32, y: f32| self.sample(x, y)[2];
        let here = at(x, y);
        let slope = (at(x + pixel, y) - at(x - pixel, y)).hypot(at(x, y + pixel) - at(x, y - pixel)) / 2.0;
        let level = (here / LINE).round() * LINE;
        if !(LINE / 2.0..1.0 - LINE / 2.0).contains(&level) || slope < 1e-6 {
            return 0.0;
        }
        (1.0 - (here - level).abs() / slope).clamp(0.0, 1.0)
    }

    /// A place and a frequency for each line of equal brightness, apart from one another and from
    /// what `free` refuses.
    pub fn labels(&self, free: impl Fn(f32, f32) -> bool) -> Vec<([f32; 2], String)> {
        const STEPS: usize = 120;
        const ALONG: [f32; 11] = [0.2, 0.8, 0.5, 0.35, 0.65, 0.1, 0.9, 0.28, 0.72, 0.42, 0.58];
        let mut found: Vec<([f32; 2], String)> = Vec::new();
        for line in 1..(1.0 / LINE).round() as usize {
            let level = line as f32 * LINE;
            let places = ALONG.into_iter().flat_map(|along| {
                (STEPS / 12..STEPS * 11 / 12).flat_map(move |i| {
                    let at = |i: usize| i as f32 / STEPS as f32;
                    [([along, at(i)], [along, at(i + 1)]), ([at(i), along], [at(i + 1), along])]
                })
            });
            let place = places.into_iter().find(|(a, b)| {
                let bright = |p: &[f32; 2]| self.sample(p[0], p[1])[2];
                let apart = |(at, _): &([f32; 2], String)| (at[0] - a[0]).hypot(at[1] - a[1]) > 0.22;
                (bright(a) < level) != (bright(b) < level) && free(a[0], a[1]) && found.iter().all(apart)
            });
            let hz = (self.octaves.0 + self.octaves.1 * level).exp2();
            found.extend(place.map(|(at, _)| (at, frequency(hz))));
        }
        found
    }

    /// The accent at a point: the map's hue, at a lightness that is readable on dark ground.
    pub fn accent(&self, x: f32, y: f32) -> Colour {
        let [a, b, _] = self.sample(x, y);
        oklch(0.80, 0.115, Self::hue(a, b))
    }

    /// Columns and rows of the grid.
    pub fn grid(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }
}

/// *870 Hz*, *1.6 kHz*.
fn frequency(hz: f32) -> String {
    if hz < 995.0 { format!("{:.0} Hz", (hz / 10.0).round() * 10.0) } else { format!("{:.1} kHz", hz / 1000.0) }
}

fn catmull_rom([p, q, r, s]: [f32; 4], t: f32) -> f32 {
    q + 0.5 * t * (r - p + t * (2.0 * p - 5.0 * q + 4.0 * r - s + t * (3.0 * (q - r) + s - p)))
}

fn manifest(path: &Path) -> Option<Manifest> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).ok()?).ok()?;
    let entry = archive.by_name("pack.json").ok()?;
    serde_json::from_reader(entry).ok()
}
