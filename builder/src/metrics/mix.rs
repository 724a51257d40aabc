//! The plain mix: what a morph is measured beside.

use super::Note;
use super::line::Line;

/// A line of `count` notes by a power-preserving crossfade of two sounds as they are, the second one
/// moved so that both onsets agree. `None` for fewer than three notes.
pub fn line(a: &Note, b: &Note, count: usize) -> Option<Line> {
    let notes = (0..count).map(|n| {
        let w = n as f64 / (count.max(2) - 1) as f64;
        let (sin, cos) = (w * std::f64::consts::FRAC_PI_2).sin_cos();
        (w, Note::new(sum(&[(a, cos), (b, sin)], a.onset), None))
    });
    Line::new(notes.collect())
}

/// Sounds mixed with these weights by power, onsets moved to that of the first.
pub fn by_power(parts: &[(&Note, f64)]) -> Vec<[f32; 2]> {
    let gains: Vec<(&Note, f64)> = parts.iter().map(|(note, w)| (*note, w.max(0.0).sqrt())).collect();
    sum(&gains, parts.first().map_or(0, |p| p.0.onset))
}

fn sum(parts: &[(&Note, f64)], onset: usize) -> Vec<[f32; 2]> {
    let end = |note: &Note| (note.frames.len() + onset).saturating_sub(note.onset);
    let length = parts.iter().map(|(note, _)| end(note)).max().unwrap_or(0);
    let mut out = vec![[0.0f32; 2]; length];
    for (note, gain) in parts.iter().filter(|p| p.1 > 1e-9) {
        let skip = note.onset.saturating_sub(onset);
        let to = onset.saturating_sub(note.onset);
        for (sum, frame) in out[to..].iter_mut().zip(&note.frames[skip..]) {
            for (s, f) in sum.iter_mut().zip(frame) {
                *s += (f64::from(*f) * gain) as f32;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::signal::{delayed, sine};
    use super::*;

    #[test]
    fn the_ends_are_the_sounds_and_the_power_stays() {
        let a = Note::new(delayed(&sine(440.0, 0.5, 1.0), 480), None);
        let b = Note::new(delayed(&sine(700.0, 0.5, 1.0), 960), None);
        let line = line(&a, &b, 5).unwrap();
        assert_eq!(line.notes()[0].frames[..48_480], a.frames[..]);
        assert_eq!(line.notes()[4].frames[..40_000], b.frames[b.onset - a.onset..][..40_000]);
        let power = |n: &Note| n.frames[480..40_480].iter().map(|f| f64::from(f[0]).powi(2)).sum::<f64>() / 40_000.0;
        for note in line.notes() {
            assert!((power(note) - 0.125).abs() < 1e-3, "{}", power(note));
        }
    }
}
