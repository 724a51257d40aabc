//! Is a corner's note its source? The best gain, delay and speed of the source is taken from the note,
//! and what is left is weighed.

use super::{Note, RATE_HZ, pitch};

/// Taps of the interpolating sinc, its Kaiser window, and how many kernels lie between two taps.
const TAPS: usize = 128;
const BETA: f64 = 12.0;
const KERNELS: usize = 2_048;
/// What is compared, in seconds after the onset.
const SPAN_SECONDS: (f64, f64) = (0.005, 1.5);
/// How far from agreeing onsets a delay is looked for, the length of sound round the onset that is
/// compared for it, and how many delays are tried: a tone repeats, so the best may be a period off.
const DELAY_SECONDS: f64 = 0.010;
const SEARCH_SECONDS: (f64, f64) = (-0.010, 0.080);
const CANDIDATES: usize = 8;
/// Lengths over which the fit is made better, and how often each.
const STAGES: [(f64, usize); 4] = [(0.1, 4), (0.3, 4), (0.75, 3), (1.5, 8)];
/// Deeper needs no better fit.
const SURELY_DB: f64 = 140.0;
/// A note that is the same to the bit.
const SAME_DB: f64 = 300.0;
/// The fade at the loop's end is not compared: so much before it.
const LOOP_FADE_SECONDS: f64 = 0.81;
/// A source that falls by more than this over a loop is no sustained one.
const LOOP_FALL_DB: f64 = 3.0;

/// What of a source a note is: `note[n] ≈ gain · source(speed · n + delay)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Amplitude.
    pub gain: f64,
    /// In frames of the source at frame 0 of the note.
    pub delay: f64,
    /// Frames of the source for each of the note.
    pub speed: f64,
}

/// How well a source fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Null {
    /// Energy of the note over that of note − fit, from 5 ms to 1.5 s after the onset; 300 for the same samples.
    pub depth_db: f64,
    /// The same from the loop's start to its fade, where there is a loop and the source is sustained.
    pub loop_db: Option<f64>,
    /// The fit.
    pub fit: Fit,
}

impl Null {
    /// The source was retuned.
    pub fn is_retuned(&self) -> bool {
        (self.fit.speed - 1.0).abs() > 1e-7
    }
}

/// Fits `source` to `note`. `None` where either is silent.
pub fn null(note: &Note, source: &Note, f0_hz: f64) -> Option<Null> {
    let span = frames_after(note, SPAN_SECONDS.0, SPAN_SECONDS.1);
    let ratio = match (pitch::cents(note, f0_hz), pitch::cents(source, f0_hz)) {
        (Some(n), Some(s)) => 2f64.powf((n - s) / 1200.0),
        _ => 1.0,
    };
    let sinc = Sinc::new();
    let mut best: Option<(f64, Fit)> = None;
    for speed in [1.0, ratio] {
        let start = likeliest(note, source, coarse_delays(note, source, speed), speed, &sinc);
        let Some(start) = start else { continue };
        let whole = with_gain(note, source, Fit { delay: start.0, gain: 1.0, speed }, span.clone());
        let mut depth = depth_db(note, source, whole, span.clone(), &sinc);
        let mut found = whole;
        // A delay by whole frames at the same speed may be all there is.
        if depth < SURELY_DB {
            let mut fit = start.1;
            for (seconds, times) in &STAGES[1..] {
                fit = refined(note, source, fit, frames_after(note, SPAN_SECONDS.0, *seconds), *times, &sinc);
            }
            let fine = depth_db(note, source, fit, span.clone(), &sinc);
            if fine > depth {
                (depth, found) = (fine, fit);
            }
        }
        if best.is_none_or(|(d, _)| depth > d) {
            best = Some((depth, found));
        }
        if depth > SURELY_DB || ratio == 1.0 {
            break;
        }
    }
    let (depth, fit) = best?;
    let loop_db = loop_span(note, source, fit).map(|span| depth_db(note, source, fit, span, &sinc));
    Some(Null { depth_db: depth, loop_db, fit })
}

fn frames_after(note: &Note, from_seconds: f64, to_seconds: f64) -> std::ops::Range<usize> {
    let at = |seconds: f64| (note.onset + (seconds * RATE_HZ) as usize).min(note.frames.len());
    at(from_seconds)..at(to_seconds)
}

/// The part of the loop before its fade, if the source goes on through it.
fn loop_span(note: &Note, source: &Note, fit: Fit) -> Option<std::ops::Range<usize>> {
    let points = note.loop_frames?;
    let end = points.end.checked_sub((LOOP_FADE_SECONDS * RATE_HZ) as usize)?;
    let at = |n: usize| (fit.speed * n as f64 + fit.delay).max(0.0) as usize;
    if end < points.start + 4_800 || at(points.end) > source.frames.len() {
        return None;
    }
    let level = |n: usize| {
        let part = source.frames.get(at(n)..at(n) + 9_600)?;
        Some(super::stats::power_db(part.iter().flatten().map(|v| f64::from(*v).powi(2)).sum()))
    };
    let fall = level(points.start)? - level(points.end.saturating_sub(12_000))?;
    (fall <= LOOP_FALL_DB).then_some(points.start..end)
}

/// The delay, and the fit begun from it, that comes nearest over the first stage.
fn likeliest(note: &Note, source: &Note, delays: Vec<f64>, speed: f64, sinc: &Sinc) -> Option<(f64, Fit)> {
    let (seconds, times) = STAGES[0];
    let span = frames_after(note, SPAN_SECONDS.0, seconds);
    let tried = delays.into_iter().map(|delay| {
        let fit = refined(note, source, Fit { gain: 1.0, delay, speed }, span.clone(), times, sinc);
        (depth_db(note, source, fit, span.clone(), sinc), delay, fit)
    });
    tried.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, delay, fit)| (delay, fit))
}

fn refined(note: &Note, source: &Note, mut fit: Fit, span: std::ops::Range<usize>, times: usize, sinc: &Sinc) -> Fit {
    for _ in 0..times {
        let Some(next) = improved(note, source, fit, span.clone(), sinc) else { break };
        fit = next;
    }
    fit
}

/// The delays, by whole frames, at which the source is most like the note at a speed: peaks of their
/// correlation round the onset.
fn coarse_delays(note: &Note, source: &Note, speed: f64) -> Vec<f64> {
    let at = |seconds: f64| note.onset.saturating_add_signed((seconds * RATE_HZ) as isize).min(note.frames.len());
    let span = at(SEARCH_SECONDS.0)..at(SEARCH_SECONDS.1);
    let reach = (DELAY_SECONDS * RATE_HZ) as isize;
    let onsets = source.onset as f64 - speed * note.onset as f64;
    let scores: Vec<f64> = (-reach..=reach)
        .map(|lag| {
            let (mut cross, mut energy) = (0.0, 1e-12);
            for n in span.clone() {
                let value = linear(&source.frames, speed * n as f64 + onsets.round() + lag as f64);
                for (s, v) in value.iter().zip(note.frames[n]) {
                    cross += s * f64::from(v);
                    energy += s * s;
                }
            }
            cross * cross.abs() / energy
        })
        .collect();
    let mut peaks: Vec<usize> = (0..scores.len())
        .filter(|&n| scores[n] > 0.0)
        .filter(|&n| (n == 0 || scores[n - 1] <= scores[n]) && scores.get(n + 1).is_none_or(|s| *s < scores[n]))
        .collect();
    peaks.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    peaks.into_iter().take(CANDIDATES).map(|n| onsets.round() + (n as isize - reach) as f64).collect()
}

/// The fit with the best gain for its delay and speed; both are whole.
fn with_gain(note: &Note, source: &Note, fit: Fit, span: std::ops::Range<usize>) -> Fit {
    let (mut cross, mut energy) = (0.0, 0.0);
    for n in span {
        let at = n as isize + fit.delay as isize;
        let Some(frame) = usize::try_from(at).ok().and_then(|at| source.frames.get(at)) else { continue };
        for (s, v) in frame.iter().zip(note.frames[n]) {
            cross += f64::from(*s) * f64::from(v);
            energy += f64::from(*s).powi(2);
        }
    }
    let gain = if energy > 0.0 { cross / energy } else { 1.0 };
    // Samples that were copied have a gain of exactly 1.
    Fit { gain: if (gain - 1.0).abs() < 1e-9 { 1.0 } else { gain }, ..fit }
}

fn depth_db(note: &Note, source: &Note, fit: Fit, span: std::ops::Range<usize>, sinc: &Sinc) -> f64 {
    let (mut energy, mut rest) = (0.0, 0.0);
    for n in span {
        let value = sinc.at(&source.frames, fit.speed * n as f64 + fit.delay);
        for (s, v) in value.iter().zip(note.frames[n].map(f64::from)) {
            energy += v * v;
            rest += (v - fit.gain * s).powi(2);
        }
    }
    if rest > 0.0 { (10.0 * (energy / rest).log10()).min(SAME_DB) } else { SAME_DB }
}

/// One step of Gauss and Newton in gain, delay and speed.
fn improved(note: &Note, source: &Note, fit: Fit, span: std::ops::Range<usize>, sinc: &Sinc) -> Option<Fit> {
    // The speed turns about the middle of the span, so that it and the delay don't pull at one another.
    let middle = (span.start + span.end) as f64 / 2.0;
    let half = span.len() as f64 / 2.0;
    let (mut m, mut y) = ([[0.0; 3]; 3], [0.0; 3]);
    for n in span {
        let x = fit.speed * n as f64 + fit.delay;
        let (value, next, before) =
            (sinc.at(&source.frames, x), linear(&source.frames, x + 1.0), linear(&source.frames, x - 1.0));
        let turn = (n as f64 - middle) / half;
        for channel in 0..2 {
            let slope = 0.5 * fit.gain * (next[channel] - before[channel]);
            let row = [value[channel], slope, slope * turn];
            let off = f64::from(note.frames[n][channel]) - fit.gain * value[channel];
            for i in 0..3 {
                y[i] += row[i] * off;
                for j in 0..3 {
                    m[i][j] += row[i] * row[j];
                }
            }
        }
    }
    let [gain, delay, turn] = solve(m, y)?;
    let speed = turn / half;
    Some(Fit { gain: fit.gain + gain, delay: fit.delay + delay - speed * middle, speed: fit.speed + speed })
}

fn linear(frames: &[[f32; 2]], x: f64) -> [f64; 2] {
    let (n, part) = (x.floor(), x - x.floor());
    let at = |n: f64| if n < 0.0 { [0.0; 2] } else { frames.get(n as usize).map_or([0.0; 2], |f| f.map(f64::from)) };
    let (a, b) = (at(n), at(n + 1.0));
    [a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])]
}

/// Three equations by Cramer's rule.
fn solve(m: [[f64; 3]; 3], y: [f64; 3]) -> Option<[f64; 3]> {
    let det = |m: &[[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = det(&m);
    if whole.abs() < 1e-200 {
        return None;
    }
    Some(std::array::from_fn(|column| {
        let mut with = m;
        for (row, value) in y.iter().enumerate() {
            with[row][column] = *value;
        }
        det(&with) / whole
    }))
}

/// Band-limited interpolation.
struct Sinc {
    kernels: Vec<[f64; TAPS]>,
}

impl Sinc {
    fn new() -> Sinc {
        let kernel = |part: f64| -> [f64; TAPS] {
            std::array::from_fn(|tap| {
                let x = (tap as f64 - (TAPS / 2 - 1) as f64) - part;
                let edge = 1.0 - (x / (TAPS / 2) as f64).powi(2);
                let window = if edge <= 0.0 { 0.0 } else { bessel(BETA * edge.sqrt()) / bessel(BETA) };
                let angle = std::f64::consts::PI * x;
                window * if x.abs() < 1e-12 { 1.0 } else { angle.sin() / angle }
            })
        };
        Sinc { kernels: (0..=KERNELS).map(|n| kernel(n as f64 / KERNELS as f64)).collect() }
    }

    /// The sound at a fractional frame; on whole frames the very sample.
    fn at(&self, frames: &[[f32; 2]], x: f64) -> [f64; 2] {
        let whole = x.floor();
        let place = (x - whole) * KERNELS as f64;
        if place == 0.0 {
            return if whole < 0.0 {
                [0.0; 2]
            } else {
                frames.get(whole as usize).map_or([0.0; 2], |f| f.map(f64::from))
            };
        }
        let (low, part) = (place as usize, place.fract());
        let (k, l) = (&self.kernels[low], &self.kernels[low + 1]);
        let start = whole as isize - (TAPS / 2 - 1) as isize;
        let mut sum = [0.0; 2];
        let mut add = |tap: usize, frame: [f32; 2]| {
            let weight = k[tap] + part * (l[tap] - k[tap]);
            sum[0] += weight * f64::from(frame[0]);
            sum[1] += weight * f64::from(frame[1]);
        };
        if let Some(window) = usize::try_from(start).ok().and_then(|s| frames.get(s..s + TAPS)) {
            for (tap, frame) in window.iter().enumerate() {
                add(tap, *frame);
            }
        } else {
            for tap in 0..TAPS {
                if let Some(frame) = usize::try_from(start + tap as isize).ok().and_then(|n| frames.get(n)) {
                    add(tap, *frame);
                }
            }
        }
        sum
    }
}

/// The modified Bessel function of order 0.
fn bessel(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0, 1.0, 1.0);
    while term > 1e-18 * sum {
        term *= (x / (2.0 * n)).powi(2);
        sum += term;
        n += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::signal::{delayed, from_fn, harmonics, noise, scaled};
    use super::*;

    const F0: f64 = 261.6256;

    #[test]
    fn the_same_samples_moved_are_the_source() {
        let source = delayed(&harmonics(F0, 20, 0.1, 2.5), 480);
        let null = null(&Note::new(delayed(&source, 123), None), &Note::new(source, None), F0).unwrap();
        assert_eq!((null.depth_db, null.is_retuned()), (300.0, false));
        assert_eq!(null.fit, Fit { gain: 1.0, delay: -123.0, speed: 1.0 });
    }

    #[test]
    fn a_retuned_moved_and_softer_source_is_found() {
        let tone = |hz: f64, late: f64| {
            from_fn(2.5, |t| {
                let t = t - late;
                let rise = (t / 0.02).clamp(0.0, 1.0);
                let sum: f64 =
                    (1..=20).map(|k| (std::f64::consts::TAU * hz * f64::from(k) * t).sin() / f64::from(k)).sum();
                [0.1 * rise * sum; 2]
            })
        };
        let source = Note::new(tone(F0, 0.01), None);
        for cents in [-20.0, 3.0, 35.0] {
            let speed = 2f64.powf(cents / 1200.0);
            let note = Note::new(scaled(&tone_at(speed), 0.5), None);
            let null = null(&note, &source, F0).unwrap();
            assert!(null.depth_db > 100.0 && null.is_retuned(), "{cents}: {null:?}");
            assert!((null.fit.speed - speed).abs() < 1e-7 && (null.fit.gain - 0.5).abs() < 1e-5, "{null:?}");
        }
        /// The source played faster: its rise shrinks with it.
        fn tone_at(speed: f64) -> Vec<[f32; 2]> {
            from_fn(2.5, |t| {
                let t = t * speed - 0.01;
                let rise = (t / 0.02).clamp(0.0, 1.0);
                let sum: f64 =
                    (1..=20).map(|k| (std::f64::consts::TAU * F0 * f64::from(k) * t).sin() / f64::from(k)).sum();
                [0.1 * rise * sum; 2]
            })
        }
    }

    #[test]
    fn another_sound_at_minus_sixty_leaves_sixty() {
        let source = delayed(&harmonics(F0, 20, 0.1, 2.5), 480);
        let hiss = noise(1.0, 2.6, 11);
        let power = |s: &[[f32; 2]]| s.iter().flatten().map(|v| f64::from(*v).powi(2)).sum::<f64>();
        let gain = (1e-6 * power(&source[1_000..70_000]) / power(&hiss[1_000..70_000])).sqrt() as f32;
        let note = source.iter().zip(&hiss).map(|(s, h)| [s[0] + gain * h[0], s[1] + gain * h[1]]).collect();
        let null = null(&Note::new(note, None), &Note::new(source, None), F0).unwrap();
        assert!((null.depth_db - 60.0).abs() < 0.3, "{null:?}");
    }
}
