//! Holding what rings: the trend of each part of the spectrum is taken out of the loop.

use std::ops::Range;

use super::stft::Stft;

/// Length of a spectrum.
const WINDOW_SECONDS: f64 = 0.085;
/// Bins to either side that share a trend: a partial's own.
const REACH: usize = 2;
/// No part of the spectrum is lifted by more: noise would come up.
const LIFT_DB: f64 = 30.0;

/// Holds the sound from `loop_frames.start` on: what falls there, linearly in dB, stays at the level
/// that it has at the start. Before that nothing changes.
pub(super) fn hold(sound: &mut [[f32; 2]], loop_frames: Range<usize>, rate_hz: f64) {
    let size = ((WINDOW_SECONDS * rate_hz) as usize).next_power_of_two().max(16);
    let mut stft = Stft::new(size);
    let (from, until) = (loop_frames.start as i64, loop_frames.end.min(sound.len()) as i64);
    let starts: Vec<i64> =
        (1..).map(|i| from - size as i64 + i * stft.hop as i64).take_while(|s| *s < sound.len() as i64).collect();
    let spectra: Vec<_> = starts.iter().map(|s| [0, 1].map(|channel| stft.analyse(sound, *s, channel))).collect();
    let inside: Vec<usize> =
        (0..starts.len()).filter(|i| starts[*i] >= from && starts[*i] + size as i64 <= until).collect();
    if inside.len() < 4 {
        return;
    }
    let falls = falls(&inside.iter().map(|i| &spectra[*i]).collect::<Vec<_>>());
    let mut out = vec![[0.0f32; 2]; sound.len() - loop_frames.start];
    for (start, mut spectra) in starts.iter().zip(spectra) {
        let hops = (start - from).max(0) as f64 / stft.hop as f64;
        for (channel, spectrum) in spectra.iter_mut().enumerate() {
            for (z, fall) in spectrum.iter_mut().zip(&falls) {
                *z *= 10f64.powf(-fall * hops / 20.0) as f32;
            }
            stft.add(spectrum, &mut out, start - from, channel);
        }
    }
    sound[loop_frames.start..].copy_from_slice(&out);
}

/// The slope of each bin's level, in dB per spectrum, 0 or less.
fn falls(spectra: &[&[Vec<realfft::num_complex::Complex<f32>>; 2]]) -> Vec<f64> {
    let bins = spectra[0][0].len();
    let count = spectra.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let under = count * (count * count - 1.0) / 12.0;
    let mut over = vec![0.0; bins];
    let mut power = vec![0.0f64; bins + 1];
    for (i, spectrum) in spectra.iter().enumerate() {
        for k in 0..bins {
            let own = f64::from(spectrum[0][k].norm_sqr() + spectrum[1][k].norm_sqr());
            power[k + 1] = power[k] + own;
        }
        for (k, sum) in over.iter_mut().enumerate() {
            let around = power[(k + REACH + 1).min(bins)] - power[k.saturating_sub(REACH)];
            *sum += (i as f64 - middle) * 10.0 * around.max(1e-16).log10();
        }
    }
    over.into_iter().map(|v| (v / under).clamp(-LIFT_DB / count, 0.0)).collect()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::super::level_db;
    use super::*;

    #[test]
    fn partials_that_fall_at_their_own_rates_are_all_held() {
        let rate_hz = 48_000.0;
        let partial =
            |hz: f64, db_per_second: f64, t: f64| 0.2 * 10f64.powf(-db_per_second * t / 20.0) * (TAU * hz * t).sin();
        let falling: Vec<[f32; 2]> = (0..150_000)
            .map(|n| {
                let t = f64::from(n) / rate_hz;
                [partial(220.0, 6.0, t) as f32, partial(1_760.0, 12.0, t) as f32]
            })
            .collect();
        let mut held = falling.clone();
        hold(&mut held, 60_000..140_000, rate_hz);
        assert_eq!(held[..60_000], falling[..60_000]);
        for channel in 0..2 {
            let one = |n: usize| level_db(&held[n..n + 4_800].iter().map(|f| [f[channel]; 2]).collect::<Vec<_>>());
            let before = level_db(&falling[57_600..62_400].iter().map(|f| [f[channel]; 2]).collect::<Vec<_>>());
            for n in [64_000, 100_000, 130_000] {
                assert!((one(n) - before).abs() < 0.6, "channel {channel} at {n}: {} for {before}", one(n));
            }
        }
    }
}
