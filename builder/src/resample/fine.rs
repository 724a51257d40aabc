//! Retuning by less than a semitone: a source in its own rate, but for some cents. A band limit
//! would cost the highest half octave of treble for nothing, so there is none: the sinc passes all
//! up to half the rate, and what a pitch raised by cents folds there lies above hearing.

use std::f64::consts::PI;

/// Ratios this near to 1 are retuned.
pub(super) const NEAR: f64 = 0.06;
/// Taps to one side.
const REACH: usize = 64;
/// Shape of the Kaiser window: −98 dB.
const BETA: f64 = 10.0;
/// Points of the window's table for one tap.
const POINTS: usize = 256;

/// `frames` at `ratio` output frames for each input frame; frame 0 stays frame 0.
pub(super) fn retune(frames: &[[f32; 2]], ratio: f64, wanted: usize) -> Vec<[f32; 2]> {
    let window = window();
    let mut out = Vec::with_capacity(wanted);
    let mut kernel = [0.0f32; 2 * REACH];
    for n in 0..wanted {
        let at = n as f64 / ratio;
        let whole = at.floor();
        if whole as usize >= frames.len() + REACH {
            break;
        }
        weigh(at - whole, &window, &mut kernel);
        // The kernel's first tap lies on this frame of the input.
        let first = whole as isize - (REACH as isize - 1);
        let skip = (-first).max(0) as usize;
        let begin = (first.max(0) as usize).min(frames.len());
        let taps = kernel.get(skip..).unwrap_or_default();
        let mut sum = [0.0f64; 2];
        for (k, f) in taps.iter().zip(&frames[begin..]) {
            sum[0] += f64::from(k * f[0]);
            sum[1] += f64::from(k * f[1]);
        }
        out.push(sum.map(|s| s as f32));
    }
    out.resize(wanted, [0.0; 2]);
    out
}

/// The kernel for a place `way` (0…1) after its middle tap.
fn weigh(way: f64, window: &[f64], kernel: &mut [f32; 2 * REACH]) {
    let sine = (PI * way).sin() / PI;
    for (i, k) in kernel.iter_mut().enumerate() {
        // How far this tap lies after the place.
        let x = i as f64 - (REACH as f64 - 1.0) - way;
        let sinc = if x.abs() < 1e-9 {
            1.0
        } else {
            // sin(πx) is ± sin(π·way): one sine for all taps.
            let sign = if (i + REACH).is_multiple_of(2) { 1.0 } else { -1.0 };
            sign * sine / x
        };
        let place = x.abs() * POINTS as f64;
        let j = (place as usize).min(window.len() - 2);
        *k = (sinc * (window[j] + (place - j as f64) * (window[j + 1] - window[j]))) as f32;
    }
}

/// Half a Kaiser window.
fn window() -> Vec<f64> {
    let count = REACH * POINTS;
    let mut w: Vec<f64> = (0..=count)
        .map(|i| {
            let x = i as f64 / count as f64;
            bessel(BETA * (1.0 - x * x).sqrt()) / bessel(BETA)
        })
        .collect();
    w.push(0.0);
    w
}

/// The modified Bessel function of the first kind and order 0.
fn bessel(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..60 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn treble_keeps_level_and_phase() {
        for hz in [100.0, 10_000.0, 22_000.0] {
            let step = 2.0 * PI * hz / 48_000.0;
            let frames: Vec<[f32; 2]> = (0..4_000).map(|n| [(step * f64::from(n)).sin() as f32; 2]).collect();
            let ratio = 1.003;
            let out = retune(&frames, ratio, 4_000);
            for (n, f) in out.iter().enumerate().skip(200).take(3_500) {
                let exact = (step * n as f64 / ratio).sin();
                assert!((f64::from(f[0]) - exact).abs() < 3e-4, "{hz} Hz, frame {n}");
            }
        }
    }
}
