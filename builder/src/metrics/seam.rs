//! What a loop does to a note: clicks and steps at its seam, and a level that goes round with it.

use realfft::RealFftPlanner;

use super::erb::{self, BANDS};
use super::stats::{amplitude_db, percentile, power_db};
use super::{Note, RATE_HZ};
use crate::lpc::residual;

/// Order of the linear prediction whose residual shows clicks.
const ORDER: usize = 24;
/// A click lies so near to the seam: 3 ms.
const NEAR: usize = 144;
/// How often the loop is played for it.
const TURNS: usize = 4;
/// A residual under −120 dBFS is the noise of the numbers.
const LEAST_RESIDUAL: f64 = 1e-6;
/// The Hann windows before and after a step: 60 ms, padded to a spectrum of 4096.
const WINDOW: usize = 2_880;
const SPECTRUM: usize = 4_096;
/// Steps are looked for so often inside the loop: 10 ms.
const STEP_HOP: usize = 480;
/// Bands so far under the loudest count: 40 dB.
const STEP_RANGE: f64 = 1e-4;
/// Values of the level over one turn.
const LEVELS: usize = 64;

/// A loop's quantities, in dB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seam {
    /// Peak of the LPC residual within 3 ms of a seam over its 99.9 % point elsewhere, worse channel.
    pub click_db: f64,
    /// Largest band-level change across the seam, less the 95 % point of the same inside the loop.
    pub step_db: f64,
    /// First harmonic of the loop rate in the loop's level, peak to peak.
    pub rate_db: f64,
}

/// Measures a note's loop; `None` without one, or with one too short for a step (120 ms).
pub fn measure(note: &Note) -> Option<Seam> {
    let points = note.loop_frames?;
    let turn = &note.frames[points.start..points.end];
    if turn.len() < 2 * WINDOW {
        return None;
    }
    Some(Seam { click_db: click_db(turn), step_db: step_db(turn)?, rate_db: rate_db(turn) })
}

fn click_db(turn: &[[f32; 2]]) -> f64 {
    let span = turn.len();
    let near_seam = |n: usize| {
        let place = (n + NEAR) % span;
        place < 2 * NEAR && n > span / 2 && n < TURNS * span - span / 2
    };
    let mut worst = f64::NEG_INFINITY;
    let signal = |channel: usize| (0..TURNS * span).map(move |n| f64::from(turn[n % span][channel])).collect();
    let signals: [Vec<f64>; 2] = [signal(0), signal(1)];
    for signal in signals {
        let residual = residual::<ORDER>(&signal);
        let mut at_seam: f64 = 0.0;
        let mut elsewhere = Vec::with_capacity(signal.len());
        for (n, value) in residual.iter().enumerate().skip(ORDER) {
            if near_seam(n) {
                at_seam = at_seam.max(value.abs());
            } else {
                elsewhere.push(value.abs());
            }
        }
        let at = elsewhere.len() * 999 / 1000;
        let usual = *elsewhere.select_nth_unstable_by(at, f64::total_cmp).1;
        worst = worst.max(amplitude_db(at_seam.max(LEAST_RESIDUAL)) - amplitude_db(usual.max(LEAST_RESIDUAL)));
    }
    worst
}

fn step_db(turn: &[[f32; 2]]) -> Option<f64> {
    let span = turn.len();
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(SPECTRUM);
    let (mut input, mut output) = (fft.make_input_vec(), fft.make_output_vec());
    let window: Vec<f64> =
        (0..WINDOW).map(|n| (std::f64::consts::PI * (n as f64 + 0.5) / WINDOW as f64).sin().powi(2)).collect();
    let band_of: Vec<Option<usize>> =
        (0..=SPECTRUM / 2).map(|bin| erb::band(bin as f64 * RATE_HZ / SPECTRUM as f64)).collect();
    let mut bands = |start: usize| {
        let mut bands = [0.0; BANDS];
        for side in [|f: &[f32; 2]| f[0], |f: &[f32; 2]| f[1]] {
            input.fill(0.0);
            for (n, (value, w)) in input.iter_mut().zip(&window).enumerate() {
                *value = f64::from(side(&turn[(start + n) % span])) * w;
            }
            fft.process(&mut input, &mut output).expect("the buffers are the plan's own");
            for (bin, value) in output.iter().enumerate() {
                if let Some(band) = band_of[bin] {
                    bands[band] += value.norm_sqr();
                }
            }
        }
        bands
    };
    let change = |before: &[f64; BANDS], after: &[f64; BANDS]| {
        let loudest = before.iter().chain(after).copied().fold(0.0, f64::max);
        let heard = before.iter().zip(after).filter(|(p, q)| p.max(**q) > STEP_RANGE * loudest);
        heard.map(|(p, q)| (power_db(*p) - power_db(*q)).abs().min(60.0)).fold(0.0, f64::max)
    };
    let inside: Vec<f64> =
        (0..=span - 2 * WINDOW).step_by(STEP_HOP).map(|start| change(&bands(start), &bands(start + WINDOW))).collect();
    Some(change(&bands(span - WINDOW), &bands(0)) - percentile(&inside, 0.95)?)
}

fn rate_db(turn: &[[f32; 2]]) -> f64 {
    let edge = |n: usize| n * turn.len() / LEVELS;
    let (mut re, mut im) = (0.0, 0.0);
    for n in 0..LEVELS {
        let part = &turn[edge(n)..edge(n + 1)];
        let power = part.iter().flatten().map(|v| f64::from(*v).powi(2)).sum::<f64>() / part.len() as f64;
        let (sin, cos) = (std::f64::consts::TAU * n as f64 / LEVELS as f64).sin_cos();
        let level = power_db(power.max(1e-12));
        re += level * cos;
        im += level * sin;
    }
    2.0 * 2.0 * re.hypot(im) / LEVELS as f64
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use betwixt_engine::resident::LoopFrames;

    use super::super::signal::from_fn;
    use super::*;

    /// A tone with a little noise, so that there is a usual residual.
    fn tone(periods: f64, level: impl Fn(f64) -> f64) -> Note {
        let mut hiss = super::super::signal::noise(1e-3, 1.0, 5).into_iter();
        let mut frames = from_fn(1.0, |t| [level(t) * (TAU * periods * t).sin(); 2]);
        for frame in &mut frames {
            let h = hiss.next().unwrap_or_default();
            *frame = [frame[0] + h[0], frame[1] + h[1]];
        }
        let points = LoopFrames { start: 0, end: frames.len() };
        Note::new(frames, Some(points))
    }

    #[test]
    fn whole_periods_have_no_seam_and_a_cut_period_clicks() {
        let whole = measure(&tone(440.0, |_| 0.3)).unwrap();
        assert!(whole.click_db < 1.0 && whole.step_db < 0.5 && whole.rate_db < 0.05, "{whole:?}");
        let cut = measure(&tone(440.25, |_| 0.3)).unwrap();
        assert!(cut.click_db > 15.0, "{cut:?}");
    }

    #[test]
    fn a_level_that_falls_by_six_decibels_steps_back_up_by_six_at_the_seam() {
        let falling = measure(&tone(440.0, |t| 0.3 * 10f64.powf(-0.3 * t))).unwrap();
        // Windows before and after sit 30 ms inside, and the change inside is 0.36 dB.
        assert!((falling.step_db - (6.0 - 0.36 - 0.36)).abs() < 0.3, "{falling:?}");
    }

    #[test]
    fn a_level_that_goes_up_and_down_once_reads_peak_to_peak() {
        let swelling = measure(&tone(440.0, |t| 0.3 * 10f64.powf(0.1 * (TAU * t).sin()))).unwrap();
        assert!((swelling.rate_db - 4.0).abs() < 0.05, "{swelling:?}");
    }
}
