//! The rows that share the axis of time.

use super::{EDGE, LINE, Scene, TEXT1, TEXT2, TEXT3, WELL, label, title};
use crate::draw::{Align, Area, Canvas, Colour, Face, Range, Style, constant_q, heat, ramp};

const FLOOR_DB: f64 = -96.0;
const TOP_DB: f64 = -18.0;
const LOW_HZ: f64 = 40.0;
const HIGH_HZ: f64 = 16_000.0;

fn x_of(area: Area, scene: &Scene, seconds: f64) -> f32 {
    area.x + (seconds / scene.seconds()) as f32 * area.w
}

/// Seconds between marks: 1, 2, 5 or 10, so that there are at most 16.
fn step(seconds: f64) -> f64 {
    [1.0, 2.0, 5.0, 10.0, 20.0, 60.0].into_iter().find(|s| seconds / s <= 16.0).unwrap_or(120.0)
}

fn well(canvas: &mut Canvas, scene: &Scene, area: Area) {
    canvas.area(area, 4.0, WELL);
    let every = step(scene.seconds());
    let mut at = every;
    while at < scene.seconds() {
        let x = x_of(area, scene, at);
        canvas.line(&[(x, area.y), (x, area.bottom())], 0.5, LINE);
        at += every;
    }
}

pub(super) fn time_axis(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let every = step(scene.seconds());
    let mut at = 0.0;
    while at < scene.seconds() {
        let x = x_of(area, scene, at);
        canvas.line(&[(x, area.y), (x, area.y + 4.0)], 1.0, EDGE);
        let text = if at == 0.0 { "0 s".to_owned() } else { format!("{at:.0}") };
        canvas.text(&text, (x, area.y + 18.0), Style::new(Face::Medium, 10.0, TEXT3).align(Align::Centre));
        at += every;
    }
}

/// Lightness tells the parts (MIDI channels) apart: colour is for places.
fn part_colour(part: usize) -> Colour {
    [Colour::hex(0xedebe5), Colour::hex(0x9a9892), Colour::hex(0x6b6d73), Colour::hex(0x52545a)][part.min(3)]
}

pub(super) fn notes(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let clip = &scene.score.clip;
    let mut parts: Vec<u8> = clip.notes.iter().map(|n| n.channel).collect();
    parts.sort_unstable();
    parts.dedup();
    // The highest part is the line: it gets the lightest tone.
    let height = |c: &u8| {
        let keys: Vec<u32> = clip.notes.iter().filter(|n| n.channel == *c).map(|n| u32::from(n.key)).collect();
        std::cmp::Reverse(keys.iter().sum::<u32>() * 100 / keys.len().max(1) as u32)
    };
    parts.sort_by_key(height);
    let words = format!("{} notes in {} parts · bars below: sustain pedal", clip.notes.len(), parts.len());
    title(canvas, area, "Notes", &words);
    well(canvas, scene, area);
    let roll = Area::new(area.x, area.y + 6.0, area.w, area.h - 20.0);
    let low = f32::from(clip.notes.iter().map(|n| n.key).min().unwrap_or(48)) - 2.0;
    let high = f32::from(clip.notes.iter().map(|n| n.key).max().unwrap_or(72)) + 2.0;
    let y_of = |key: f32| roll.bottom() - (key - low) / (high - low) * roll.h;
    for octave in 0..=9u8 {
        let key = f32::from(octave) * 12.0 + 12.0;
        if key > low && key < high {
            let y = y_of(key);
            canvas.line(&[(area.x, y), (area.right(), y)], 0.5, LINE);
            label(canvas, area, y, &format!("C{octave}"));
        }
    }
    canvas.clip(Some(area));
    let bends = clip.bend();
    for note in &clip.notes {
        let part = parts.iter().position(|p| *p == note.channel).unwrap_or(0);
        let (begin, end) = (note.begin_seconds, note.end_seconds.max(note.begin_seconds + 0.03));
        // Two semitones: the default bend range.
        let bend = |t: f64| {
            let last = bends.iter().take_while(|b| b.0 <= t).filter(|b| b.1 == note.channel).last();
            last.map_or(0.0, |b| 2.0 * b.2 as f32)
        };
        let points: Vec<(f32, f32)> = (0..=24)
            .map(|i| begin + (end - begin) * f64::from(i) / 24.0)
            .map(|t| (x_of(area, scene, t), y_of(f32::from(note.key) + bend(t))))
            .collect();
        let loud = 0.45 + 0.55 * f32::from(note.velocity) / 127.0;
        canvas.line(&points, 2.5, part_colour(part).alpha(loud));
    }
    for (begin, end) in clip.pedal() {
        let y = area.bottom() - 7.0;
        canvas.line(&[(x_of(area, scene, begin) + 1.0, y), (x_of(area, scene, end) - 1.0, y)], 2.0, EDGE);
    }
    canvas.clip(None);
}

pub(super) fn wave(canvas: &mut Canvas, scene: &Scene, area: Area) {
    title(canvas, area, "Wave", "both channels · coloured by the place on the pad");
    well(canvas, scene, area);
    let take = &scene.performance.take;
    let peak = take.left.iter().chain(&take.right).fold(0.0f32, |m, v| m.max(v.abs()));
    // Full height is the next of these over the peak, so that a quiet demo is still to be seen.
    let full = [0.125, 0.25, 0.5, 1.0].into_iter().find(|f| *f >= peak).unwrap_or(1.0);
    let middle = area.y + area.h / 2.0;
    let half = area.h / 2.0 - 3.0;
    let y_of = |v: f32| middle - (v / full).clamp(-1.0, 1.0) * half;
    for part in [1.0, 0.5, -0.5, -1.0] {
        canvas.line(&[(area.x, y_of(part * full)), (area.right(), y_of(part * full))], 0.5, LINE);
    }
    for part in [1.0, 0.0, -1.0] {
        let text = if part == 0.0 { "0".to_owned() } else { format!("{:+}", part * full).replace('-', "−") };
        label(canvas, area, y_of(part * full), &text);
    }
    let columns = canvas.device(area.w);
    for column in 0..columns {
        let from = take.frames() * column as usize / columns as usize;
        let to = (take.frames() * (column as usize + 1) / columns as usize).max(from + 1).min(take.frames());
        let frames = take.left[from..to].iter().chain(&take.right[from..to]);
        let (low, high) = frames.fold((0.0f32, 0.0f32), |(l, h), v| (l.min(*v), h.max(*v)));
        let rms = (take.left[from..to].iter().chain(&take.right[from..to]).map(|v| v * v).sum::<f32>()
            / (2 * (to - from)) as f32)
            .sqrt();
        let x = area.x + (column as f32 + 0.5) / columns as f32 * area.w;
        let colour = scene.accent(from as f64 / take.sample_rate_hz);
        let width = area.w / columns as f32;
        canvas.line(&[(x, y_of(low) + 0.4), (x, y_of(high) - 0.4)], width, colour.alpha(0.55));
        canvas.line(&[(x, y_of(-rms) + 0.4), (x, y_of(rms) - 0.4)], width, colour);
    }
}

pub(super) fn spectrum(canvas: &mut Canvas, scene: &Scene, area: Area) {
    title(canvas, area, "Spectrum", "Hz, logarithmic");
    let take = &scene.performance.take;
    let mono = take.mono();
    let rate = take.sample_rate_hz;
    let (columns, rows) = (canvas.device(area.w) / 2, canvas.device(area.h));
    let range = Range { low_hz: LOW_HZ, high_hz: HIGH_HZ, floor_db: FLOOR_DB, frames: mono.len(), shorter: 1 };
    let image = constant_q(&mono, rate, columns as usize, rows as usize, range);
    let stops = heat();
    canvas.pixels(area, columns, rows, 4.0, |column, row| {
        let value = image[column as usize * rows as usize + row as usize];
        ramp(&stops, ((value - FLOOR_DB) / (TOP_DB - FLOOR_DB)) as f32)
    });
    for (hz, text) in [
        (50.0, "50"),
        (100.0, "100"),
        (200.0, "200"),
        (500.0, "500"),
        (1e3, "1 k"),
        (2e3, "2 k"),
        (5e3, "5 k"),
        (1e4, "10 k"),
    ] {
        let y = area.bottom() - ((hz / LOW_HZ).ln() / (HIGH_HZ / LOW_HZ).ln()) as f32 * area.h;
        canvas.line(&[(area.x - 4.0, y), (area.x, y)], 1.0, EDGE);
        label(canvas, area, y, text);
    }
    legend(canvas, area, &stops);
}

fn legend(canvas: &mut Canvas, area: Area, stops: &[Colour]) {
    let bar = Area::new(area.x + 190.0, area.y - 15.0, 120.0, 6.0);
    canvas.pixels(bar, 120, 1, 3.0, |x, _| ramp(stops, x as f32 / 119.0));
    let style = Style::new(Face::Medium, 10.0, TEXT3);
    let text = |v: f64| format!("{v:.0}").replace('-', "−");
    canvas.text(&text(FLOOR_DB), (bar.x - 6.0, bar.bottom() + 1.0), style.align(Align::Right));
    canvas.text(&format!("{} dBFS", text(TOP_DB)), (bar.right() + 6.0, bar.bottom() + 1.0), style);
}

pub(super) fn curves(canvas: &mut Canvas, scene: &Scene, area: Area) {
    title(canvas, area, "Place on the pad", "automation, sample-accurate");
    well(canvas, scene, area);
    for (at, text) in [(0.0, "0 %"), (0.5, "50"), (1.0, "100")] {
        let (_, y) = area.at(0.0, 0.06 + 0.88 * at);
        canvas.line(&[(area.x, y), (area.right(), y)], 0.5, LINE);
        label(canvas, area, y, text);
    }
    let steps = 700;
    let time = |i: i32| scene.seconds() * f64::from(i) / f64::from(steps);
    let points = |axis: fn((f32, f32)) -> f32| -> Vec<(f32, f32)> {
        (0..=steps)
            .map(|i| (x_of(area, scene, time(i)), area.at(0.0, 0.06 + 0.88 * axis(scene.point(time(i)))).1))
            .collect()
    };
    let (x, y) = (points(|p| p.0), points(|p| p.1));
    canvas.dashed(&y, 1.75, TEXT2, 4.0);
    canvas.line(&x, 2.0, TEXT1);
    let key = Style::new(Face::SemiBold, 11.0, TEXT1);
    let (kx, ky) = (area.x + 132.0, area.y - 12.0);
    canvas.line(&[(kx, ky), (kx + 18.0, ky)], 2.0, TEXT1);
    canvas.text("X", (kx + 24.0, ky + 4.0), key);
    canvas.dashed(&[(kx + 46.0, ky), (kx + 66.0, ky)], 1.75, TEXT2, 4.0);
    canvas.text("Y", (kx + 72.0, ky + 4.0), key);
}
