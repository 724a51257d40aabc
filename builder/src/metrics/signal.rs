//! Signals whose quantities are known by formula, for tests.

use std::f64::consts::TAU;

/// A sine on both channels.
pub(super) fn sine(hz: f64, amplitude: f64, seconds: f64) -> Vec<[f32; 2]> {
    from_fn(seconds, |t| [amplitude * (TAU * hz * t).sin(); 2])
}

/// Stereo frames from a function of seconds.
pub(super) fn from_fn(seconds: f64, f: impl Fn(f64) -> [f64; 2]) -> Vec<[f32; 2]> {
    (0..(seconds * 48_000.0) as usize).map(|n| f(n as f64 / 48_000.0).map(|v| v as f32)).collect()
}

/// Harmonics 1 to `count` of amplitude `amplitude / k`, in scattered phases.
pub(super) fn harmonics(f0: f64, count: u32, amplitude: f64, seconds: f64) -> Vec<[f32; 2]> {
    from_fn(seconds, |t| {
        let sum = (1..=count).map(|k| (TAU * f0 * f64::from(k) * t + f64::from(k * k)).sin() / f64::from(k));
        [amplitude * sum.sum::<f64>(); 2]
    })
}

/// Flat noise on both channels, independent, within ±`amplitude`.
pub(super) fn noise(amplitude: f64, seconds: f64, seed: u32) -> Vec<[f32; 2]> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state >> 8) / 8_388_608.0 - 1.0) * amplitude
    };
    (0..(seconds * 48_000.0) as usize).map(|_| [next() as f32, next() as f32]).collect()
}

/// All frames times a gain.
pub(super) fn scaled(frames: &[[f32; 2]], gain: f32) -> Vec<[f32; 2]> {
    frames.iter().map(|f| [f[0] * gain, f[1] * gain]).collect()
}

/// Silence before the sound.
pub(super) fn delayed(frames: &[[f32; 2]], by: usize) -> Vec<[f32; 2]> {
    let mut out = vec![[0.0; 2]; by];
    out.extend_from_slice(frames);
    out
}
