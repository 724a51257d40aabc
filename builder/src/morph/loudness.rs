//! Loudness: the largest momentary value (ITU-R BS.1770-4, EBU Tech 3341), and stereo width.

use std::f64::consts::PI;

/// Length and step of a momentary measurement.
const WINDOW_SECONDS: f64 = 0.4;
const STEP_SECONDS: f64 = 0.02;
/// What silence measures.
pub const SILENCE_LUFS: f64 = -120.0;
/// Width is measured over this long.
const WIDTH_SECONDS: f64 = 1.5;

/// One second-order section.
#[derive(Debug, Clone, Copy)]
struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    s: [f64; 2],
}

impl Biquad {
    fn run(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.s[0];
        self.s[0] = self.b[1] * x - self.a[0] * y + self.s[1];
        self.s[1] = self.b[2] * x - self.a[1] * y;
        y
    }
}

/// The two stages of K-weighting for any rate, by the bilinear transform of their prototypes.
fn k_weighting(rate_hz: f64) -> [Biquad; 2] {
    let shelf = {
        let (f, q, gain_db) = (1_681.974_450_955_533, 0.707_175_236_955_419_6, 3.999_843_853_973_347);
        let k = (PI * f / rate_hz).tan();
        let vh = 10f64.powf(gain_db / 20.0);
        let vb = vh.powf(0.499_666_774_154_541_6);
        let a0 = 1.0 + k / q + k * k;
        Biquad {
            b: [(vh + vb * k / q + k * k) / a0, 2.0 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0],
            a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0],
            s: [0.0; 2],
        }
    };
    let pass = {
        let (f, q) = (38.135_470_876_024_44, 0.500_327_037_323_877_3);
        let k = (PI * f / rate_hz).tan();
        let a0 = 1.0 + k / q + k * k;
        Biquad { b: [1.0, -2.0, 1.0], a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0], s: [0.0; 2] }
    };
    [shelf, pass]
}

/// The largest momentary loudness. A sound shorter than a window is measured as if silence followed.
pub fn momentary_lufs(frames: &[[f32; 2]], rate_hz: f64) -> f64 {
    let step = ((STEP_SECONDS * rate_hz).round() as usize).max(1);
    let per_window = (WINDOW_SECONDS / STEP_SECONDS).round() as usize;
    let mut filters = [k_weighting(rate_hz), k_weighting(rate_hz)];
    let steps: Vec<f64> = frames
        .chunks(step)
        .map(|chunk| {
            let mut sum = 0.0;
            for frame in chunk {
                for (filter, s) in filters.iter_mut().zip(frame) {
                    let [shelf, pass] = filter;
                    let y = pass.run(shelf.run(f64::from(*s)));
                    sum += y * y;
                }
            }
            sum
        })
        .collect();
    let windows = steps.windows(per_window.min(steps.len()).max(1)).map(|w| w.iter().sum::<f64>());
    let top = windows.fold(0.0, f64::max) / (per_window * step) as f64;
    if top > 0.0 { (10.0 * top.log10() - 0.691).max(SILENCE_LUFS) } else { SILENCE_LUFS }
}

/// atan √(side / mid) of the powers of the first 1.5 s, in radians; 0 for silence.
pub fn width_radians(frames: &[[f32; 2]], rate_hz: f64) -> f64 {
    let (mid, side) = mid_side(&frames[..frames.len().min((WIDTH_SECONDS * rate_hz) as usize)]);
    if mid + side > 0.0 { side.sqrt().atan2(mid.sqrt()) } else { 0.0 }
}

/// Energy of mid and side.
fn mid_side(frames: &[[f32; 2]]) -> (f64, f64) {
    let mut sums = (0.0, 0.0);
    for f in frames {
        let (l, r) = (f64::from(f[0]), f64::from(f[1]));
        sums.0 += 0.25 * (l + r) * (l + r);
        sums.1 += 0.25 * (l - r) * (l - r);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_at_full_scale_measures_what_the_standard_says() {
        // BS.1770: 0 dBFS, 997 Hz, in one channel: −3.01 LKFS; in both: 0.
        let sine = |n: i32| (2.0 * PI * 997.0 * f64::from(n) / 48_000.0).sin() as f32;
        let one: Vec<[f32; 2]> = (0..48_000).map(|n| [sine(n), 0.0]).collect();
        assert!((momentary_lufs(&one, 48_000.0) + 3.01).abs() < 0.02);
        let both: Vec<[f32; 2]> = (0..48_000).map(|n| [sine(n); 2]).collect();
        assert!(momentary_lufs(&both, 48_000.0).abs() < 0.02);
        assert_eq!(momentary_lufs(&[[0.0; 2]; 48_000], 48_000.0), SILENCE_LUFS);
    }

    #[test]
    fn width_is_the_angle_between_mid_and_side() {
        assert!(width_radians(&[[0.5, 0.5]; 10], 48_000.0).abs() < 1e-9);
        assert!((width_radians(&[[0.5, -0.5]; 10], 48_000.0) - PI / 2.0).abs() < 1e-9);
        assert!((width_radians(&[[0.5, 0.0]; 10], 48_000.0) - PI / 4.0).abs() < 1e-9);
    }
}
