//! What the editor draws behind the pad: a colour, the brightness and the level of each cell.
//!
//! Brightness and level are measured. Colours are chosen: each anchor gets a hue by how rich its
//! sound is in harmonics, dark sounds warm and bright ones cool, spread out so that four similar
//! sounds still differ. A cell's hue is the mean of its anchors', as a number on an open scale from
//! ochre to violet, never round the circle: a mix of colours would go through grey, where a hue
//! means nothing and turns from cell to cell.

use realfft::RealFftPlanner;
use serde::{Deserialize, Serialize};

use crate::looping::level_db;

/// How a sound is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Centre of gravity of the power spectrum.
    pub centroid_hz: f64,
    /// RMS of both channels, dB under full scale.
    pub level_db: f64,
}

/// Length of the spectra.
const WINDOW: usize = 4096;
/// How much of a sound is looked at.
const SECONDS: f64 = 1.5;
/// Hues used, in degrees of OKLCH: from ochre over green and blue to violet. Red means danger.
const HUES: (f64, f64) = (60.0, 295.0);
/// Lightness and chroma of the colours.
const LIGHTNESS: f64 = 0.72;
const CHROMA: f64 = 0.115;

/// Measures the first 1.5 s of a sound.
pub fn measure(sound: &[[f32; 2]], rate_hz: f64) -> Measure {
    let sound = &sound[..sound.len().min((SECONDS * rate_hz) as usize)];
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let (mut input, mut spectrum) = (fft.make_input_vec(), fft.make_output_vec());
    let hann = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / WINDOW as f32).cos();
    let (mut moment, mut power) = (0.0, 0.0);
    for block in sound.chunks(WINDOW) {
        for channel in 0..2 {
            input.fill(0.0);
            for (n, (value, frame)) in input.iter_mut().zip(block).enumerate() {
                *value = frame[channel] * hann(n);
            }
            fft.process(&mut input, &mut spectrum).expect("the buffers are the plan's own");
            for (bin, value) in spectrum.iter().enumerate() {
                let p = f64::from(value.norm_sqr());
                power += p;
                moment += p * bin as f64;
            }
        }
    }
    let centroid_hz = if power > 1e-12 { moment / power * rate_hz / WINDOW as f64 } else { 0.0 };
    Measure { centroid_hz, level_db: level_db(sound) }
}

/// One measure for several notes: geometric mean of the brightness, mean power of the level.
pub fn mean(measures: &[Measure]) -> Measure {
    let heard: Vec<f64> = measures.iter().map(|m| m.centroid_hz).filter(|c| *c > 0.0).collect();
    let log: f64 = heard.iter().map(|c| c.log2()).sum();
    let power: f64 = measures.iter().map(|m| 10f64.powf(m.level_db / 10.0)).sum();
    Measure {
        centroid_hz: if heard.is_empty() { 0.0 } else { 2f64.powf(log / heard.len() as f64) },
        level_db: 10.0 * (power / measures.len().max(1) as f64).max(1e-20).log10(),
    }
}

/// Hues of anchors in degrees of OKLCH, by their brightness above the fundamental in octaves.
pub fn anchor_hues(octaves: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..octaves.len()).collect();
    order.sort_by(|a, b| octaves[*a].total_cmp(&octaves[*b]).then(a.cmp(b)));
    let mut hues = vec![0.0; octaves.len()];
    for (rank, anchor) in order.into_iter().enumerate() {
        let spread = if octaves.len() > 1 { rank as f64 / (octaves.len() - 1) as f64 } else { 0.5 };
        // A pure tone lies at its fundamental; five octaves above it is a hiss.
        let own = (octaves[anchor] / 5.0).clamp(0.0, 1.0);
        hues[anchor] = HUES.0 + (HUES.1 - HUES.0) * (0.75 * spread + 0.25 * own);
    }
    hues
}

/// The colour of a place with these weights of the anchors (sum 1), as sRGB.
pub fn mixed_rgb(hues: &[f64], weights: &[f64]) -> [u8; 3] {
    let hue: f64 = hues.iter().zip(weights).map(|(hue, weight)| hue * weight).sum();
    let (sin, cos) = hue.to_radians().sin_cos();
    to_srgb([LIGHTNESS, CHROMA * cos, CHROMA * sin])
}

/// OKLab to sRGB (Ottosson 2020, "A perceptual color space for image processing").
fn to_srgb([lightness, a, b]: [f64; 3]) -> [u8; 3] {
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let linear = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ];
    linear.map(|v| {
        let v = v.clamp(0.0, 1.0);
        let encoded = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (encoded * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_is_where_the_sound_is() {
        let sine = |hz: f64| {
            (0..48_000).map(|n| [(std::f64::consts::TAU * hz * f64::from(n) / 48_000.0).sin() as f32; 2]).collect()
        };
        let tone: Vec<[f32; 2]> = sine(1_500.0);
        let m = measure(&tone, 48_000.0);
        assert!((m.centroid_hz - 1_500.0).abs() < 5.0, "{m:?}");
        assert!((m.level_db + 3.01).abs() < 0.01, "{m:?}");
        assert_eq!(measure(&[[0.0; 2]; 1_000], 48_000.0).centroid_hz, 0.0);
    }

    #[test]
    fn known_colours_convert() {
        assert_eq!(to_srgb([1.0, 0.0, 0.0]), [255, 255, 255]);
        assert_eq!(to_srgb([0.0, 0.0, 0.0]), [0, 0, 0]);
        // Pure sRGB red.
        assert_eq!(to_srgb([0.627_955, 0.224_863, 0.125_846]), [255, 0, 0]);
    }

    fn distance(a: [u8; 3], b: [u8; 3]) -> i32 {
        a.iter().zip(b).map(|(a, b)| i32::from(a.abs_diff(b))).sum()
    }

    #[test]
    fn similar_sounds_still_get_different_colours() {
        let hues = anchor_hues(&[1.0, 1.01, 1.02, 1.03]);
        for pair in hues.windows(2) {
            let (a, b) = (mixed_rgb(&pair[..1], &[1.0]), mixed_rgb(&pair[1..], &[1.0]));
            assert!(distance(a, b) > 40, "{a:?} {b:?}");
        }
    }

    #[test]
    fn colours_are_smooth_all_over_the_pad_and_none_is_grey() {
        // In every order: the brightest may lie beside or across from the darkest.
        for octaves in [[0.5, 1.0, 2.0, 4.0], [0.5, 4.0, 2.0, 1.0], [4.0, 0.5, 1.0, 2.0]] {
            let hues = anchor_hues(&octaves);
            let colour = |i: usize, j: usize| {
                let (x, y) = (i as f64 / 64.0, j as f64 / 64.0);
                mixed_rgb(&hues, &[(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y])
            };
            for (i, j) in (0..64).flat_map(|i| (0..64).map(move |j| (i, j))) {
                let here = colour(i, j);
                let step = distance(here, colour(i + 1, j)).max(distance(here, colour(i, j + 1)));
                assert!(step < 24, "a step of {step} at {i}, {j}");
                assert!(here.iter().max().unwrap() - here.iter().min().unwrap() > 40, "{here:?} is grey");
            }
        }
    }
}
