//! The pitch of a recording, for files that do not say it: the normalised square difference
//! function (McLeod & Wyvill, "A smarter way to find pitch", ICMC 2005) over some windows.

use realfft::RealFftPlanner;

/// Lowest and highest pitch looked for.
const RANGE_HZ: (f64, f64) = (25.0, 4_500.0);
/// A peak this high, as a share of the highest one, is the period if it comes first.
const FIRST_PEAK: f64 = 0.9;
/// Under this height the sound has no pitch worth the name.
const CLARITY: f64 = 0.8;

/// The fundamental in Hz, if at least half of the windows agree on one within a semitone.
pub(super) fn detect(frames: &[[f32; 2]], rate_hz: f64) -> Option<f64> {
    // Two periods of the lowest pitch, and a shift of one.
    let window = ((2.5 * rate_hz / RANGE_HZ.0) as usize).next_power_of_two() / 2;
    let [mid, side] = [1.0, -1.0]
        .map(|sign| -> Vec<f64> { frames.iter().map(|f| 0.5 * (f64::from(f[0]) + sign * f64::from(f[1]))).collect() });
    // Channels of opposite phase have nothing in their sum.
    let energy = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>();
    let mono = if energy(&mid) >= energy(&side) { mid } else { side };
    let length = window.min(mono.len() / 2);
    if length < (rate_hz / 400.0) as usize {
        return None;
    }
    let peak = mono.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).map_or(0, |(i, _)| i);
    let first = peak.min(mono.len() - length);
    let room = (mono.len() - length - first).min((1.5 * rate_hz) as usize);
    let mut found: Vec<f64> =
        (0..6).filter_map(|i| period(&mono[first + room * i / 6..][..length], rate_hz)).map(|p| rate_hz / p).collect();
    found.sort_by(f64::total_cmp);
    let median = *found.get(found.len() / 2)?;
    let agree = found.iter().filter(|f| (12.0 * (*f / median).log2()).abs() < 1.0).count();
    (agree >= 3).then_some(median)
}

/// The period in frames, if the window has a clear one.
fn period(window: &[f64], rate_hz: f64) -> Option<f64> {
    let n = window.len();
    let size = (2 * n).next_power_of_two();
    let mut planner = RealFftPlanner::<f64>::new();
    let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
    let mut input = forward.make_input_vec();
    input[..n].copy_from_slice(window);
    let mut spectrum = forward.make_output_vec();
    forward.process(&mut input, &mut spectrum).ok()?;
    for bin in &mut spectrum {
        *bin = realfft::num_complex::Complex::new(bin.norm_sqr(), 0.0);
    }
    let mut correlation = inverse.make_output_vec();
    inverse.process(&mut spectrum, &mut correlation).ok()?;
    // 2 r(τ) / m(τ), where m is the energy of both shifted windows.
    let mut energy = 2.0 * correlation[0] / size as f64;
    if energy < 1e-9 {
        return None;
    }
    let lags = (rate_hz / RANGE_HZ.1) as usize..((rate_hz / RANGE_HZ.0) as usize).min(n - 1);
    let mut difference = vec![0.0; lags.end + 1];
    for (lag, value) in difference.iter_mut().enumerate() {
        *value = 2.0 * correlation[lag] / size as f64 / energy.max(1e-12);
        energy -= window[n - 1 - lag].powi(2) + window[lag].powi(2);
    }
    // Key maxima: the highest point between a rise and the next fall through zero.
    let mut maxima: Vec<usize> = Vec::new();
    let mut armed = false;
    for lag in 1..lags.end {
        if difference[lag] <= 0.0 {
            armed = true;
        } else if armed && difference[lag] > difference[lag - 1] && difference[lag] >= difference[lag + 1] {
            maxima.push(lag);
        }
    }
    let best = maxima.iter().filter(|l| lags.contains(l)).map(|&l| difference[l]).fold(0.0, f64::max);
    if best < CLARITY {
        return None;
    }
    let lag = maxima.into_iter().find(|&l| lags.contains(&l) && difference[l] >= FIRST_PEAK * best)?;
    let (a, b, c) = (difference[lag - 1], difference[lag], difference[lag + 1]);
    let bend = a - 2.0 * b + c;
    Some(lag as f64 + if bend.abs() > 1e-12 { 0.5 * (a - c) / bend } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::detect;

    #[test]
    fn a_tone_with_a_weak_fundamental_is_heard_at_its_pitch() {
        for f0 in [41.2, 110.0, 261.6, 987.8] {
            let tone: Vec<[f32; 2]> = (0..48_000)
                .map(|n| {
                    let phase = std::f64::consts::TAU * f0 * f64::from(n) / 48_000.0;
                    [(0.1 * phase.sin() + 0.3 * (2.0 * phase).sin() + 0.2 * (3.0 * phase).sin()) as f32; 2]
                })
                .collect();
            let found = detect(&tone, 48_000.0).expect("no pitch found");
            assert!((1200.0 * (found / f0).log2()).abs() < 5.0, "{f0}: {found}");
        }
    }

    #[test]
    fn channels_of_opposite_phase_have_the_pitch_of_each() {
        let tone: Vec<[f32; 2]> = (0..48_000)
            .map(|n| (std::f64::consts::TAU * 220.0 * f64::from(n) / 48_000.0).sin() as f32)
            .map(|v| [0.3 * v, -0.3 * v])
            .collect();
        let found = detect(&tone, 48_000.0).expect("no pitch found");
        assert!((1200.0 * (found / 220.0).log2()).abs() < 5.0, "{found}");
    }

    #[test]
    fn noise_and_silence_have_no_pitch() {
        let mut state = 1u32;
        let noise: Vec<[f32; 2]> = (0..48_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                [(state >> 8) as f32 / 8_388_608.0 - 1.0; 2]
            })
            .collect();
        assert_eq!(detect(&noise, 48_000.0), None);
        assert_eq!(detect(&vec![[0.0; 2]; 48_000], 48_000.0), None);
    }
}
