//! Sounds beside one another: their spectrograms over 3 s, and a close look at how they begin.

use std::path::PathBuf;

use crate::draw::palette::{EDGE, GROUND, LINE, TEXT1, TEXT3};
use crate::draw::{Align, Area, Canvas, Face, Range, Style, constant_q, heat, ramp};
use crate::take::Take;
use crate::wav;

const LOW_HZ: f64 = 60.0;
const HIGH_HZ: f64 = 20_000.0;
const FLOOR_DB: f64 = -108.0;
const TOP_DB: f64 = -24.0;

/// Width of a panel, gap to the next, left and top margin.
const PANEL: f32 = 250.0;
const GAP: f32 = 16.0;
const LEFT: f32 = 56.0;
const TOP: f32 = 64.0;
/// Seconds, height, how many times shorter windows, and marks of the two rows.
const ROWS: [(f64, f32, usize, f64); 2] = [(3.0, 280.0, 1, 1.0), (0.2, 180.0, 8, 0.05)];
const BETWEEN: f32 = 44.0;

/// Draws sounds by their names.
///
/// # Errors
/// When a file can't be read.
pub fn draw(sounds: &[(String, PathBuf)]) -> Result<Canvas, String> {
    let width = LEFT + sounds.len() as f32 * (PANEL + GAP) + 8.0;
    let height = TOP + ROWS.iter().map(|r| r.1 + BETWEEN).sum::<f32>();
    let mut canvas = Canvas::new(width, height, 1.25, GROUND);
    legend(&mut canvas, width);
    for (column, (name, path)) in sounds.iter().enumerate() {
        let take = wav::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let x = LEFT + column as f32 * (PANEL + GAP);
        canvas.text(name, (x, TOP - 12.0), Style::new(Face::SemiBold, 13.0, TEXT1));
        let mut y = TOP;
        for (seconds, height, shorter, mark) in ROWS {
            let area = Area::new(x, y, PANEL, height);
            panel(&mut canvas, area, &take, seconds, shorter);
            time_axis(&mut canvas, area, seconds, mark);
            if column == 0 {
                frequency_axis(&mut canvas, area);
            }
            y += height + BETWEEN;
        }
    }
    Ok(canvas)
}

fn panel(canvas: &mut Canvas, area: Area, take: &Take, seconds: f64, shorter: usize) {
    let rate = take.sample_rate_hz;
    let (columns, rows) = (canvas.device(area.w), canvas.device(area.h));
    let frames = (seconds * rate) as usize;
    let range = Range { low_hz: LOW_HZ, high_hz: HIGH_HZ, floor_db: FLOOR_DB, frames, shorter };
    let image = constant_q(&take.mono(), rate, columns as usize, rows as usize, range);
    let stops = heat();
    canvas.pixels(area, columns, rows, 4.0, |column, row| {
        let value = image[column as usize * rows as usize + row as usize];
        ramp(&stops, ((value - FLOOR_DB) / (TOP_DB - FLOOR_DB)) as f32)
    });
}

fn time_axis(canvas: &mut Canvas, area: Area, seconds: f64, mark: f64) {
    let count = (seconds / mark).round() as usize;
    for n in 0..=count {
        let at = n as f64 * mark;
        let x = area.x + (at / seconds) as f32 * area.w;
        canvas.line(&[(x, area.bottom()), (x, area.bottom() + 4.0)], 1.0, EDGE);
        let text = match (n, mark < 1.0) {
            (0, _) => "0".to_owned(),
            (_, true) => format!("{:.0} ms", at * 1000.0),
            (_, false) => format!("{at:.0} s"),
        };
        let align = match n {
            0 => Align::Left,
            n if n == count => Align::Right,
            _ => Align::Centre,
        };
        canvas.text(&text, (x, area.bottom() + 17.0), Style::new(Face::Medium, 10.0, TEXT3).align(align));
    }
}

fn frequency_axis(canvas: &mut Canvas, area: Area) {
    for (hz, text) in
        [(100.0, "100"), (200.0, "200"), (500.0, "500"), (1e3, "1 k"), (2e3, "2 k"), (5e3, "5 k"), (1e4, "10 k")]
    {
        let y = area.bottom() - ((hz / LOW_HZ).ln() / (HIGH_HZ / LOW_HZ).ln()) as f32 * area.h;
        canvas.line(&[(area.x - 4.0, y), (area.x, y)], 1.0, EDGE);
        canvas.text(text, (area.x - 8.0, y + 3.5), Style::new(Face::Medium, 10.0, TEXT3).align(Align::Right));
    }
    canvas.text("Hz", (area.x - 8.0, area.y + 10.0), Style::new(Face::Medium, 10.0, TEXT3).align(Align::Right));
}

fn legend(canvas: &mut Canvas, width: f32) {
    let stops = heat();
    let bar = Area::new(width - 24.0 - 60.0 - 160.0, 18.0, 160.0, 7.0);
    canvas.pixels(bar, 160, 1, 3.0, |x, _| ramp(&stops, x as f32 / 159.0));
    let style = Style::new(Face::Medium, 10.0, TEXT3);
    let text = |v: f64| format!("{v:.0}").replace('-', "−");
    canvas.text(&text(FLOOR_DB), (bar.x - 6.0, bar.bottom() + 1.0), style.align(Align::Right));
    canvas.text(&format!("{} dBFS", text(TOP_DB)), (bar.right() + 6.0, bar.bottom() + 1.0), style);
    canvas.line(&[(16.0, 38.0), (width - 16.0, 38.0)], 1.0, LINE);
    canvas.text("3 s, and the first 0.2 s", (LEFT, bar.bottom() + 1.0), style);
}
