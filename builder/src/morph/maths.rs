//! Small numeric tools of the morph: fast powers of two, smoothing, interpolation.

use std::f64::consts::PI;

/// 2^x within 2e-7 of it, for x of ±126; beyond that it is clamped. Written so that loops over it
/// become vector code.
#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    let x = x.clamp(-126.0, 126.0);
    // Rounding by the mantissa's end: exact for numbers of this size.
    const MAGIC: f32 = 12_582_912.0;
    let shifted = x + MAGIC;
    let whole = shifted - MAGIC;
    let f = x - whole;
    // Taylor's series of 2^f for |f| ≤ ½.
    let p = 1.0
        + f * (std::f32::consts::LN_2
            + f * (0.240_226_5
                + f * (0.055_504_11 + f * (0.009_618_129 + f * (0.001_333_355_8 + f * 0.000_154_035_3)))));
    let exponent = (shifted.to_bits() << 23).wrapping_add(127 << 23);
    p * f32::from_bits(exponent)
}

/// Amplitude as a power of two, with a floor.
pub(super) fn log2_floor(value: f32, floor: f32) -> f32 {
    value.max(floor).log2()
}

/// dB in one octave of amplitude.
pub(super) const DB: f64 = 6.020_599_913_279_624;

/// A value between two neighbours of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Between {
    pub(super) index: u32,
    pub(super) way: f32,
}

impl Between {
    /// The place of `position` in a table of `len`, clamped to its ends.
    pub(super) fn of(position: f64, len: usize) -> Between {
        let last = len.saturating_sub(2);
        let at = position.clamp(0.0, len.saturating_sub(1) as f64);
        let index = (at as usize).min(last);
        Between { index: index as u32, way: (at - index as f64) as f32 }
    }

    #[inline(always)]
    pub(super) fn read(self, table: &[f32]) -> f32 {
        let i = self.index as usize;
        let a = table[i];
        let b = table[(i + 1).min(table.len() - 1)];
        a + self.way * (b - a)
    }
}

/// A raised-cosine window of so many points that sums to 1.
pub(super) fn hann_kernel(points: usize) -> Vec<f64> {
    let n = points.max(1);
    let w: Vec<f64> = (0..n).map(|i| 0.5 - 0.5 * (2.0 * PI * (i as f64 + 1.0) / (n as f64 + 1.0)).cos()).collect();
    let sum: f64 = w.iter().sum();
    w.into_iter().map(|v| v / sum).collect()
}

/// The mean over a box of `2 · reach + 1`, shorter at the ends.
pub(super) fn box_mean(values: &[f64], reach: usize) -> Vec<f64> {
    let mut sums = Vec::with_capacity(values.len() + 1);
    let mut sum = 0.0;
    sums.push(0.0);
    for v in values {
        sum += v;
        sums.push(sum);
    }
    let n = values.len();
    (0..n)
        .map(|i| {
            let (a, b) = (i.saturating_sub(reach), (i + reach + 1).min(n));
            (sums[b] - sums[a]) / (b - a) as f64
        })
        .collect()
}

/// Interpolates a table of ascending `xs` at `x`; beyond the ends the end's value.
pub(super) fn interpolate(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    let after = xs.partition_point(|v| *v <= x);
    if after == 0 {
        return ys[0];
    }
    if after == xs.len() {
        return ys[xs.len() - 1];
    }
    let (x0, x1) = (xs[after - 1], xs[after]);
    ys[after - 1] + (ys[after] - ys[after - 1]) * (x - x0) / (x1 - x0).max(1e-300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_power_is_a_power() {
        for i in -12_000..12_000 {
            let x = i as f32 * 0.01;
            let exact = f64::from(x).exp2();
            assert!((f64::from(exp2(x)) / exact - 1.0).abs() < 3e-7, "2^{x}: {} not {exact}", exp2(x));
        }
        assert!(exp2(f32::NEG_INFINITY) > 0.0 && exp2(1e9).is_finite());
    }

    #[test]
    fn a_place_between_two_points_is_read_there() {
        let table = [1.0, 3.0, 7.0];
        assert_eq!(Between::of(1.5, 3).read(&table), 5.0);
        assert_eq!(Between::of(-4.0, 3).read(&table), 1.0);
        assert_eq!(Between::of(9.0, 3).read(&table), 7.0);
        assert_eq!(Between::of(0.7, 1).read(&[2.0]), 2.0);
    }
}
