//! Measuring.

use std::f64::consts::TAU;

pub(crate) fn rms(x: &[f32]) -> f64 {
    (x.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>() / x.len() as f64).sqrt()
}

pub(crate) fn peak(x: &[f32]) -> f64 {
    x.iter().fold(0.0, |a: f64, v| a.max(f64::from(v.abs())))
}

pub(crate) fn db(ratio: f64) -> f64 {
    20.0 * ratio.max(1e-12).log10()
}

/// Largest second difference: a click is a bend that the sound itself does not have.
pub(crate) fn bend(x: &[f32]) -> f64 {
    x.windows(3).fold(0.0, |a: f64, w| a.max(f64::from(w[2] - 2.0 * w[1] + w[0]).abs()))
}

/// Amplitude of a sine of about `hz` by least squares, and the rms of all that is left. A constant
/// and a small error of the frequency are fitted too: neither is noise.
pub(crate) fn fit(x: &[f32], hz: f64, rate: f64) -> (f64, f64) {
    const TERMS: usize = 5;
    let w = TAU * hz / rate;
    let middle = x.len() as f64 / 2.0;
    let terms = |i: usize| {
        let (s, c) = (w * i as f64).sin_cos();
        let t = (i as f64 - middle) / middle;
        [s, c, 1.0, t * s, t * c]
    };
    let mut m = [[0.0f64; TERMS + 1]; TERMS];
    for (i, v) in x.iter().enumerate() {
        let row = terms(i);
        for a in 0..TERMS {
            for b in 0..TERMS {
                m[a][b] += row[a] * row[b];
            }
            m[a][TERMS] += row[a] * f64::from(*v);
        }
    }
    for a in 0..TERMS {
        let pivot = m[a][a];
        m[a].iter_mut().for_each(|v| *v /= pivot);
        for other in (0..TERMS).filter(|o| *o != a) {
            let k = m[other][a];
            let row = m[a];
            for (value, above) in m[other].iter_mut().zip(row).skip(a) {
                *value -= k * above;
            }
        }
    }
    let found: [f64; TERMS] = std::array::from_fn(|a| m[a][TERMS]);
    let rest: f64 = x
        .iter()
        .enumerate()
        .map(|(i, v)| (f64::from(*v) - terms(i).iter().zip(found).map(|(t, k)| t * k).sum::<f64>()).powi(2))
        .sum();
    (found[0].hypot(found[1]), (rest / x.len() as f64).sqrt())
}

/// Frequency of a lone sine near `hz`, in Hz: by its phase in two windows, the error shrinking with
/// each round.
pub(crate) fn frequency(x: &[f32], hz: f64, rate: f64) -> f64 {
    let mut at = hz;
    let mut window = (x.len() / 64).clamp(400.min(x.len() / 2), x.len() / 2);
    loop {
        for _ in 0..4 {
            let gap = x.len().min(window * 2) - window;
            let turn = phase(&x[gap..gap + window], at, rate, gap) - phase(&x[..window], at, rate, 0);
            let turn = turn - (turn / TAU).round() * TAU;
            at += turn / TAU * rate / gap as f64;
        }
        if window == x.len() / 2 {
            return at;
        }
        window = (window * 2).min(x.len() / 2);
    }
}

/// Phase of a sine of `hz` at frame 0, seen in a window that begins at `from`.
fn phase(x: &[f32], hz: f64, rate: f64, from: usize) -> f64 {
    let w = TAU * hz / rate;
    let (mut re, mut im) = (0.0, 0.0);
    for (i, v) in x.iter().enumerate() {
        let hann = 0.5 - 0.5 * (TAU * (i as f64 + 0.5) / x.len() as f64).cos();
        let (s, c) = (w * (from + i) as f64).sin_cos();
        re += hann * c * f64::from(*v);
        im -= hann * s * f64::from(*v);
    }
    im.atan2(re)
}
