//! Changing the rate of a recording by a constant ratio, frame 0 staying frame 0.

mod fine;

use betwixt_engine::limits;
use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction};

/// Taps of the sinc; with a squared Blackman-Harris window the stop band lies under −150 dB and the
/// pass band reaches 94.7 % of the lower Nyquist frequency.
const TAPS: usize = 256;
/// Kernels between two taps; cubic interpolation between these.
const OVERSAMPLING: usize = 1024;
/// Frames that the resampler takes at once.
const CHUNK: usize = 4096;
/// How many leading zeros are tried to bring frame 0 onto the output's raster.
const MAX_LEAD: usize = 16_384;

/// `frames` at `ratio` output frames for each input frame, `wanted` frames long (zeros where the
/// input has ended). A ratio of exactly 1 copies.
///
/// Frame 0 of the output is frame 0 of the input, within a thousandth of a frame.
///
/// # Panics
/// If the ratio is not between 1/64 and 64.
pub fn resample(frames: &[[f32; 2]], ratio: f64, wanted: usize) -> Vec<[f32; 2]> {
    assert!((limits::RATIO.recip()..=limits::RATIO).contains(&ratio), "a resampling ratio of {ratio}");
    if ratio == 1.0 {
        let mut out = frames[..frames.len().min(wanted)].to_vec();
        out.resize(wanted, [0.0; 2]);
        return out;
    }
    if (ratio - 1.0).abs() < fine::NEAR {
        return fine::retune(frames, ratio, wanted);
    }
    let needed = ((wanted as f64 / ratio).ceil() as usize + TAPS).min(frames.len());
    let mono = frames[..needed].iter().all(|f| f[0] == f[1]);
    let channels = if mono { 1 } else { 2 };
    let parameters = SincInterpolationParameters::new(TAPS, WindowFunction::BlackmanHarris2)
        .oversampling_factor(OVERSAMPLING)
        .interpolation(SincInterpolationType::Cubic);
    let mut resampler = Async::<f64>::new_sinc(ratio, 1.0, &parameters, CHUNK, channels, FixedAsync::Input)
        .expect("the ratio is in range and the chunk is not empty");

    let (lead, skip) = align(ratio, resampler.output_delay());
    let trail = TAPS + (4.0 / ratio).ceil() as usize;
    let mut input = Vec::with_capacity((lead + needed + trail) * channels);
    input.resize(lead * channels, 0.0);
    for frame in &frames[..needed] {
        input.extend(frame[..channels].iter().map(|&s| f64::from(s)));
    }
    input.resize(input.len() + trail * channels, 0.0);
    let count = input.len() / channels;
    let input = InterleavedOwned::new_from(input, channels, count).expect("whole frames");
    let output = resampler.process_all(&input, count, None).expect("the buffers fit").take_data();
    let mut out: Vec<[f32; 2]> =
        output.chunks_exact(channels).skip(skip).take(wanted).map(|f| [f[0] as f32, f[channels - 1] as f32]).collect();
    out.resize(wanted, [0.0; 2]);
    out
}

/// Zeros to put before the input, and output frames to drop, so that the input's frame 0 falls on
/// an output frame.
///
/// The resampler's output frame n (after the delay that it trims) lies at input time
/// (n + delay + 1) / ratio − TAPS / 2 + 1 / OVERSAMPLING (measured; a test holds it against sines).
fn align(ratio: f64, delay: usize) -> (usize, usize) {
    let first = (delay as f64 + 1.0) / ratio - TAPS as f64 / 2.0 + 1.0 / OVERSAMPLING as f64;
    let mut best = (f64::INFINITY, 0, 0);
    for lead in 4..MAX_LEAD {
        let exact = (lead as f64 - first) * ratio;
        let skip = exact.round();
        let off = (exact - skip).abs();
        if skip >= 0.0 && off < best.0 {
            best = (off, lead, skip as usize);
            if off < 1e-9 {
                break;
            }
        }
    }
    (best.1, best.2)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn sine(frames: usize, step: f64) -> Vec<[f32; 2]> {
        (0..frames).map(|n| [(TAU * step * n as f64).sin() as f32 * 0.5; 2]).collect()
    }

    #[test]
    fn a_sine_keeps_its_phase_from_frame_zero() {
        for ratio in
            [48_000.0 / 44_100.0, 44_100.0 / 48_000.0, 48_000.0 / 32_000.0, 0.5, 1.122_462_048_309_373, 0.89, 1.008]
        {
            let step = 0.03;
            let out = resample(&sine(20_000, step), ratio, 12_000);
            // Away from the hard beginning, whose ringing is right.
            let worst = (2_000..9_000)
                .map(|n| (f64::from(out[n][0]) - 0.5 * (TAU * step * n as f64 / ratio).sin()).abs())
                .fold(0.0, f64::max);
            assert!(worst < 2e-4, "ratio {ratio}: {worst}");
        }
    }

    #[test]
    fn rates_that_match_copy() {
        let frames = sine(100, 0.1);
        assert_eq!(resample(&frames, 1.0, 100), frames);
        assert_eq!(resample(&frames, 1.0, 120)[100..], vec![[0.0; 2]; 20]);
    }

    #[test]
    fn channels_stay_apart() {
        let frames: Vec<[f32; 2]> = sine(4_000, 0.02).iter().map(|f| [f[0], -0.25 * f[0]]).collect();
        for f in &resample(&frames, 1.25, 4_000)[500..3_500] {
            assert!((f[0] * -0.25 - f[1]).abs() < 1e-6);
        }
    }
}
