//! A bank of oscillators: partials with complex amplitudes given at hops become sound.

use std::f64::consts::TAU;

use realfft::num_complex::Complex;

use super::clock::Clock;

/// Frames that are made at once.
const LANES: usize = 8;
/// Amplitudes under this are silence.
const SILENT: f32 = 1e-7;

/// A partial: Re(z(t) · e^{j(2π·hz·t + ratio·ψ(t))}), z a smooth curve through its hops (Catmull and
/// Rom's cubic: straight lines have corners, which are heard as hiss far above the partial).
#[derive(Debug, Clone, Copy)]
pub struct Oscillator<'a> {
    /// Its frequency.
    pub hz: f64,
    /// How many times the common motion ψ it takes.
    pub ratio: f64,
    /// Complex amplitude at each hop, for each channel.
    pub z: [&'a [Complex<f32>]; 2],
}

/// Adds the partials to two channels. `motion` is ψ in radians at hops, straight between them.
pub fn render(bank: &[Oscillator], motion: &[f64], clock: Clock, out: &mut [Vec<f32>; 2]) {
    let frames = out[0].len();
    let hops = frames.div_ceil(clock.hop);
    let mut left = vec![0.0f32; clock.hop];
    let mut right = vec![0.0f32; clock.hop];
    for h in 0..hops {
        left.fill(0.0);
        right.fill(0.0);
        let psi = |h: usize| motion.get(h).or(motion.last()).copied().unwrap_or(0.0);
        let (psi, turn) = (psi(h), psi(h + 1) - psi(h));
        for o in bank {
            let z = |c: usize, h: usize| o.z[c].get(h).copied().unwrap_or_default();
            let around = |c: usize| [z(c, h.saturating_sub(1)), z(c, h), z(c, h + 1), z(c, h + 2)];
            let (l, r) = (around(0), around(1));
            let loudest = [l[1], l[2], r[1], r[2]].iter().map(|z| z.re.abs().max(z.im.abs())).fold(0.0, f32::max);
            if loudest < SILENT {
                continue;
            }
            let cycles = o.hz * (h * clock.hop) as f64 / clock.rate_hz;
            let phase = TAU * cycles.fract() + o.ratio * psi;
            let step = TAU * o.hz / clock.rate_hz + o.ratio * turn / clock.hop as f64;
            hop(phase, step, cubic(l), cubic(r), &mut left, &mut right);
        }
        let start = h * clock.hop;
        let count = clock.hop.min(frames - start);
        for (sum, v) in out[0][start..start + count].iter_mut().zip(&left) {
            *sum += v;
        }
        for (sum, v) in out[1][start..start + count].iter_mut().zip(&right) {
            *sum += v;
        }
    }
}

/// The cubic from the second to the third of four points, by rising powers of the way.
fn cubic([a, b, c, d]: [Complex<f32>; 4]) -> [Complex<f32>; 4] {
    [b, (c - a) * 0.5, a - b * 2.5 + c * 2.0 - d * 0.5, (d - a) * 0.5 + (b - c) * 1.5]
}

/// One partial over one hop.
fn hop(phase: f64, step: f64, l: [Complex<f32>; 4], r: [Complex<f32>; 4], left: &mut [f32], right: &mut [f32]) {
    let (mut re, mut im) = ([0.0f32; LANES], [0.0f32; LANES]);
    // The first lane exactly, the others by turning it on.
    let turn = Complex::from_polar(1.0, step);
    let mut at = Complex::from_polar(1.0, phase);
    for lane in 0..LANES {
        re[lane] = at.re as f32;
        im[lane] = at.im as f32;
        at *= turn;
    }
    let stride = Complex::from_polar(1.0, step * LANES as f64);
    let (sr, si) = (stride.re as f32, stride.im as f32);
    let way = 1.0 / left.len() as f32;
    let mut n = [0.0f32; LANES];
    for (lane, n) in n.iter_mut().enumerate() {
        *n = lane as f32 * way;
    }
    let blocks = left.chunks_exact_mut(LANES).zip(right.chunks_exact_mut(LANES));
    for (left, right) in blocks {
        for i in 0..LANES {
            let t = n[i];
            let at = |p: [f32; 4]| p[0] + t * (p[1] + t * (p[2] + t * p[3]));
            left[i] += at(l.map(|z| z.re)) * re[i] - at(l.map(|z| z.im)) * im[i];
            right[i] += at(r.map(|z| z.re)) * re[i] - at(r.map(|z| z.im)) * im[i];
            let next = re[i] * sr - im[i] * si;
            im[i] = re[i] * si + im[i] * sr;
            re[i] = next;
            n[i] += LANES as f32 * way;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bank_is_the_plain_formula() {
        let clock = Clock::new(48_000.0);
        let z: Vec<Complex<f32>> = (0..5).map(|h| Complex::from_polar(0.5 + 0.1 * h as f32, h as f32 * 0.4)).collect();
        let silent = vec![Complex::default(); 5];
        let motion = [0.0, 0.3, -0.2, 0.1, 0.0];
        let mut out = [vec![0.0; 900], vec![0.0; 900]];
        render(&[Oscillator { hz: 3_000.0, ratio: 2.0, z: [&z, &silent] }], &motion, clock, &mut out);
        for (n, got) in out[0].iter().enumerate() {
            let (h, way) = (n / 256, (n % 256) as f64 / 256.0);
            let psi = motion[h] + way * (motion[h + 1] - motion[h]);
            let at = |i: usize| z.get(i).copied().unwrap_or_default();
            let t = way as f32;
            let [p, q, r, s] = [at(h.saturating_sub(1)), at(h), at(h + 1), at(h + 2)];
            let a = (q * 2.0
                + (r - p) * t
                + (p * 2.0 - q * 5.0 + r * 4.0 - s) * (t * t)
                + (q * 3.0 - p - r * 3.0 + s) * (t * t * t))
                * 0.5;
            let phase = TAU * 3_000.0 * n as f64 / 48_000.0 + 2.0 * psi;
            let exact = f64::from(a.re) * phase.cos() - f64::from(a.im) * phase.sin();
            assert!((f64::from(*got) - exact).abs() < 2e-6, "frame {n}");
        }
        assert!(out[1].iter().all(|v| *v == 0.0));
    }
}
