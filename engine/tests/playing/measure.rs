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

/// Amplitude of a sine of `hz` by least squares, and the rms of all that is left.
pub(crate) fn fit(x: &[f32], hz: f64, rate: f64) -> (f64, f64) {
    let w = TAU * hz / rate;
    let mut m = [[0.0f64; 4]; 3];
    for (i, v) in x.iter().enumerate() {
        let (s, c) = (w * i as f64).sin_cos();
        let row = [s, c, 1.0];
        for a in 0..3 {
            for b in 0..3 {
                m[a][b] += row[a] * row[b];
            }
            m[a][3] += row[a] * f64::from(*v);
        }
    }
    for a in 0..3 {
        let p = m[a][a];
        for b in a..4 {
            m[a][b] /= p;
        }
        for other in 0..3 {
            if other != a {
                let k = m[other][a];
                for b in a..4 {
                    m[other][b] -= k * m[a][b];
                }
            }
        }
    }
    let (s, c, d) = (m[0][3], m[1][3], m[2][3]);
    let rest: f64 = x
        .iter()
        .enumerate()
        .map(|(i, v)| {
            let (sin, cos) = (w * i as f64).sin_cos();
            (f64::from(*v) - s * sin - c * cos - d).powi(2)
        })
        .sum();
    (s.hypot(c), (rest / x.len() as f64).sqrt())
}

/// Frequency of a lone sine near `hz`, in Hz: where the least is left by [`fit`].
pub(crate) fn frequency(x: &[f32], hz: f64, rate: f64) -> f64 {
    let (mut low, mut high) = (hz * 0.995, hz * 1.005);
    let span = rate / x.len() as f64;
    if high - low > span {
        // The coarse place first: a fit has one valley only within the resolution.
        let steps = ((high - low) / (span / 4.0)).ceil() as usize;
        let best = (0..=steps)
            .map(|i| low + (high - low) * i as f64 / steps as f64)
            .max_by(|a, b| fit(x, *a, rate).0.total_cmp(&fit(x, *b, rate).0))
            .unwrap();
        (low, high) = (best - span / 4.0, best + span / 4.0);
    }
    for _ in 0..60 {
        let (a, b) = (low + (high - low) * 0.382, low + (high - low) * 0.618);
        if fit(x, a, rate).1 < fit(x, b, rate).1 { high = b } else { low = a }
    }
    (low + high) / 2.0
}
