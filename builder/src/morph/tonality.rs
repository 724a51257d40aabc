//! Has a sound a pitch at all?

use std::f64::consts::TAU;

use realfft::RealFftPlanner;

use super::spectrum::LongSpectrum;

/// A sound whose harmonics stand this far over what lies between them has a pitch.
const HARMONIC_DB: f64 = 6.0;
/// Lines that are weaker than this, against the strongest, do not count.
const LINES_DB: f64 = 30.0;

/// Has this steady sound a pitch (or at least partials)?
pub(super) fn is_pitched(frames: &[[f32; 2]], spectrum: &LongSpectrum, f0_hz: f64, rate_hz: f64) -> bool {
    harmonic_db(frames, f0_hz, rate_hz) >= HARMONIC_DB || has_line(spectrum)
}

/// How far harmonics stand over what lies half-way between them: the median over windows of eight
/// periods.
pub fn harmonic_db(frames: &[[f32; 2]], f0_hz: f64, rate_hz: f64) -> f64 {
    let length = ((8.0 * rate_hz / f0_hz).max(0.03 * rate_hz) as usize).min(frames.len());
    if length < 64 {
        return 0.0;
    }
    let size = (4 * length).next_power_of_two();
    let forward = RealFftPlanner::<f32>::new().plan_fft_forward(size);
    let step_hz = rate_hz / size as f64;
    let top = (40.0 * f0_hz).min(16_000.0).min(0.48 * rate_hz);
    let count = ((frames.len() / length) * 2).clamp(1, 24);
    let mut values: Vec<f64> = (0..count)
        .map(|i| {
            let begin = (frames.len() - length) * i / count.max(2).saturating_sub(1).max(1);
            let begin = begin.min(frames.len() - length);
            let mut power = vec![0.0f64; size / 2 + 1];
            for read in [(|f| f[0]) as fn(&[f32; 2]) -> f32, |f| f[1]] {
                let mut input = forward.make_input_vec();
                for (n, v) in input.iter_mut().enumerate().take(length) {
                    let w = 0.5 - 0.5 * (TAU * (n as f64 + 0.5) / length as f64).cos();
                    *v = read(&frames[begin + n]) * w as f32;
                }
                let mut bins = forward.make_output_vec();
                if forward.process(&mut input, &mut bins).is_ok() {
                    power.iter_mut().zip(&bins).for_each(|(p, b)| *p += f64::from(b.norm_sqr()));
                }
            }
            let sum = |k: f64| -> f64 {
                let at = |k: f64| ((k * f0_hz / step_hz).round() as usize).min(power.len());
                power[at(k - 0.125)..at(k + 0.125)].iter().sum()
            };
            let (mut on, mut off) = (1e-20, 1e-20);
            let mut k = 1.0;
            while (k + 0.5) * f0_hz < top {
                on += sum(k);
                off += sum(k + 0.5);
                k += 1.0;
            }
            10.0 * (on / off).log10()
        })
        .collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Does one of the stronger lines stand out of its ERB?
pub(super) fn has_line(spectrum: &LongSpectrum) -> bool {
    spectrum.peaks(25.0, 12_000.0, LINES_DB).into_iter().any(|(hz, amplitude)| spectrum.stands_out(hz, amplitude))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize) -> Vec<[f32; 2]> {
        let mut state = 3u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..n).map(|_| [next(), next()]).collect()
    }

    #[test]
    fn noise_has_no_pitch_and_a_bell_has() {
        let frames = noise(60_000);
        let s = LongSpectrum::of(&frames, 48_000.0);
        assert!(!is_pitched(&frames, &s, 261.6, 48_000.0));
        let bell: Vec<[f32; 2]> = (0..60_000)
            .map(|n| {
                let t = TAU * f64::from(n) / 48_000.0;
                [((711.0 * t).sin() + (1_703.0 * t).sin()) as f32 * 0.1; 2]
            })
            .collect();
        let s = LongSpectrum::of(&bell, 48_000.0);
        assert!(is_pitched(&bell, &s, 261.6, 48_000.0));
    }
}
