//! The figures, and what is wrong with them.

use super::{DANGER, LINE, Scene, TEXT1, TEXT2, TEXT3};
use crate::draw::{Align, Area, Canvas, Face, Style};

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let s = scene.summary;
    canvas.text("Measured", (area.x, area.y), Style::new(Face::SemiBold, 12.0, TEXT1));
    let rows = [
        ("Length, with tail", format!("{:.2} s", s.seconds), false),
        ("Loudness", format!("{:.1} LUFS", s.loudness_lufs), false),
        ("RMS", format!("{:.1} dBFS", s.rms_dbfs), false),
        ("Peak", format!("{:.1} dBFS", s.peak_dbfs), s.clipped_samples > 0),
        ("Clicks", s.clicks_seconds.len().to_string(), !s.clicks_seconds.is_empty()),
        ("Longest silence", format!("{:.2} s", s.longest_silence_seconds), s.longest_silence_seconds > 1.0),
        ("Notes, at once", format!("{}, {}", s.notes, s.most_notes), s.notes != s.notes_ended),
        ("Live load of one core", format!("{:.1} %", s.live_cpu_percent), false),
        ("Bounce", format!("{:.0} × real time", s.bounce_speed), false),
    ];
    let mut y = area.y + 22.0;
    for (name, value, bad) in rows {
        let value = value.replace('-', "−");
        let colour = if bad { DANGER } else { TEXT1 };
        canvas.line(&[(area.x, y - 12.5), (area.right(), y - 12.5)], 0.75, LINE);
        canvas.text(name, (area.x, y + 2.0), Style::new(Face::Sans, 12.0, TEXT2));
        canvas.text(&value, (area.right(), y + 2.0), Style::new(Face::Medium, 12.0, colour).align(Align::Right));
        y += 23.0;
    }
    canvas.line(&[(area.x, y - 12.5), (area.right(), y - 12.5)], 0.75, LINE);
    match s.faults.first() {
        Some(fault) => {
            let style = Style::new(Face::SemiBold, 12.0, DANGER);
            canvas.text(&format!("Fault: {fault}"), (area.x, y + 6.0), style);
        }
        None => {
            let words = "No clipping, clicks, holes or NaN found.";
            canvas.text(words, (area.x, y + 6.0), Style::new(Face::Sans, 11.0, TEXT3));
        }
    }
}
