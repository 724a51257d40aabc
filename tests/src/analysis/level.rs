//! Peak, RMS, loudness, silence.

use crate::take::Take;

/// The largest absolute sample; NaN when there is one.
pub fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |top: f32, v| if v.is_nan() || top.is_nan() { f32::NAN } else { top.max(v.abs()) })
}

/// Root of the mean square.
pub fn rms(samples: &[f32]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    (samples.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

/// RMS of consecutive windows of `window` frames over both channels.
pub fn rms_track(take: &Take, window: usize) -> Vec<f64> {
    take.left
        .chunks(window)
        .zip(take.right.chunks(window))
        .map(|(l, r)| (0.5 * (rms(l).powi(2) + rms(r).powi(2))).sqrt())
        .collect()
}

/// Integrated loudness of EBU R 128, in LUFS; −∞ for silence.
///
/// # Errors
/// When the rate is outside what the measure is defined for.
pub fn loudness_lufs(take: &Take) -> Result<f64, ebur128::Error> {
    let mut meter = ebur128::EbuR128::new(2, take.sample_rate_hz as u32, ebur128::Mode::I)?;
    meter.add_frames_planar_f32(&[&take.left, &take.right])?;
    meter.loudness_global()
}

/// The longest run of 10 ms windows below `floor` (RMS), as start and length in seconds.
pub fn longest_silence(take: &Take, floor: f64) -> (f64, f64) {
    let window = (take.sample_rate_hz / 100.0) as usize;
    let (mut best, mut run) = ((0, 0), 0);
    for (i, level) in rms_track(take, window).into_iter().enumerate() {
        run = if level < floor { run + 1 } else { 0 };
        if run > best.1 {
            best = (i + 1 - run, run);
        }
    }
    let seconds = |windows: usize| windows as f64 * window as f64 / take.sample_rate_hz;
    (seconds(best.0), seconds(best.1))
}

/// Samples that are NaN or infinite.
pub fn not_finite(take: &Take) -> usize {
    take.left.iter().chain(&take.right).filter(|v| !v.is_finite()).count()
}

/// Samples at or over full scale.
pub fn clipped(take: &Take) -> usize {
    take.left.iter().chain(&take.right).filter(|v| v.abs() >= 1.0).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_found_with_its_place_and_length() {
        let mut take = Take::new(48_000.0, 48_000);
        take.left.fill(0.5);
        take.right.fill(0.5);
        for channel in [&mut take.left, &mut take.right] {
            channel[12_000..24_000].fill(0.0);
        }
        assert_eq!(longest_silence(&take, 1e-4), (0.25, 0.25));
    }

    #[test]
    fn one_nan_makes_the_peak_nan() {
        assert!(peak(&[0.1, f32::NAN, 0.9]).is_nan());
        assert_eq!(peak(&[0.1, -0.9]), 0.9);
    }

    #[test]
    fn a_full_sine_is_three_lufs_down() {
        let mut take = Take::new(48_000.0, 96_000);
        for i in 0..96_000 {
            let v = (i as f32 * std::f32::consts::TAU * 997.0 / 48_000.0).sin();
            take.left[i] = v;
            take.right[i] = 0.0;
        }
        // EBU Tech 3341: a 0 dBFS sine of 997 Hz in one channel reads −3.01 LUFS.
        assert!((loudness_lufs(&take).unwrap() + 3.01).abs() < 0.05);
    }
}
