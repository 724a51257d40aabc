//! Parameters become sound: oscillators, the residual's spectra, and the corrections of level,
//! width and loudness.

use realfft::num_complex::Complex;

use super::loudness;
use super::maths::exp2;
use super::model::{ONSET_SECONDS, hop_power};
use super::note::Parameters;
use super::oscillators::{self, Oscillator};
use super::set::Set;

/// The most that the level is corrected, as a power of two: 12 dB.
const CORRECTION: f32 = 2.0;
/// The most that the side channel is.
const SIDE: (f64, f64) = (0.4, 2.5);
/// The most that loudness is, in dB.
const LOUDNESS_DB: f64 = 12.0;
/// Nothing sounds until this long before the onset; then it fades in.
const GATE_SECONDS: f64 = 0.003;

/// The note that the parameters describe.
pub(super) fn render(set: &Set, p: &Parameters, frames: usize) -> Vec<[f32; 2]> {
    let mut y = [vec![0.0f32; frames], vec![0.0f32; frames]];
    let bank: Vec<Oscillator> =
        p.hz.iter().zip(&p.z).map(|(hz, z)| Oscillator { hz: *hz, ratio: hz / p.f0_hz, z: [&z[0], &z[1]] }).collect();
    oscillators::render(&bank, &p.motion, set.clock, &mut y);
    for (channel, y) in y.iter_mut().enumerate() {
        set.transform.synthesise(y, |h, row| residual(set, p, channel, h, row));
    }
    level(set, p, &mut y);
    let mut out: Vec<[f32; 2]> = y[0].iter().zip(&y[1]).map(|(l, r)| [*l, *r]).collect();
    width(&mut out, p.width_radians, set.clock.rate_hz);
    gate(&mut out, set.clock.rate_hz);
    let measured = loudness::momentary_lufs(&out, set.clock.rate_hz);
    if measured > loudness::SILENCE_LUFS && p.loudness_lufs > loudness::SILENCE_LUFS {
        let gain = 10f64.powf((p.loudness_lufs - measured).clamp(-LOUDNESS_DB, LOUDNESS_DB) / 20.0) as f32;
        for frame in &mut out {
            *frame = frame.map(|s| s * gain);
        }
    }
    out
}

/// One spectrum of the residual: the sources' carriers, cross-faded by power, at the note's levels.
fn residual(set: &Set, p: &Parameters, channel: usize, h: usize, row: &mut [Complex<f32>]) {
    let bins = set.bins;
    let range = h * bins..(h + 1) * bins;
    let mut shares = vec![0.0f32; bins];
    row.fill(Complex::default());
    for ((model, weights), hold) in set.models.iter().zip(&p.carriers).zip(&p.holds) {
        let w = weights[h];
        if w <= 0.0 {
            continue;
        }
        let there = hold.noise(h) * bins..(hold.noise(h) + 1) * bins;
        let envelope = &model.residual.envelope[channel][there.clone()];
        let carrier = &model.residual.carrier[channel][there];
        for (((z, share), e), c) in row.iter_mut().zip(&mut shares).zip(envelope).zip(carrier) {
            let g = w * exp2(0.25 * e);
            *share += g;
            *z += c * g.sqrt();
        }
    }
    for ((z, share), level) in row.iter_mut().zip(&shares).zip(&p.residual[channel][range]) {
        *z *= exp2(*level) / share.sqrt().max(1e-12);
    }
}

/// Brings the flattened note to its level, and un-flattens it.
fn level(set: &Set, p: &Parameters, y: &mut [Vec<f32>; 2]) {
    let clock = set.clock;
    let got = hop_power(y, clock);
    let onset = clock.hops_in(ONSET_SECONDS).ceil() as usize;
    let gains: Vec<f32> = got
        .iter()
        .zip(&p.power)
        .enumerate()
        .map(|(h, (got, wanted))| if h < onset { 0.0 } else { (0.5 * (wanted - got)).clamp(-CORRECTION, CORRECTION) })
        .collect();
    let tick = clock.tick();
    let per = clock.hop / tick;
    let step = 1.0 / tick as f32;
    let at = |i: usize| {
        let (h, way) = (i / per, (i % per) as f32 / per as f32);
        let (a, b) = (gains[h.min(gains.len() - 1)], gains[(h + 1).min(gains.len() - 1)]);
        p.envelope[i.min(p.envelope.len() - 1)] + a + way * (b - a)
    };
    let [left, right] = y;
    for (i, (left, right)) in left.chunks_mut(tick).zip(right.chunks_mut(tick)).enumerate() {
        let (a, b) = (at(i), at(i + 1));
        for (n, (l, r)) in left.iter_mut().zip(right).enumerate() {
            let gain = exp2(a + (b - a) * (n as f32 * step));
            *l *= gain;
            *r *= gain;
        }
    }
}

/// Scales the side channel so that the width is the one wanted.
fn width(out: &mut [[f32; 2]], wanted: f64, rate_hz: f64) {
    let measured = loudness::width_radians(out, rate_hz);
    if measured < 1e-4 {
        return;
    }
    let gain = (wanted.tan() / measured.tan()).clamp(SIDE.0, SIDE.1) as f32;
    for [l, r] in out.iter_mut() {
        let (mid, side) = (0.5 * (*l + *r), 0.5 * gain * (*l - *r));
        (*l, *r) = (mid + side, mid - side);
    }
}

/// Silence before the onset.
fn gate(out: &mut [[f32; 2]], rate_hz: f64) {
    let opens = (ONSET_SECONDS - GATE_SECONDS) * rate_hz;
    let length = GATE_SECONDS * rate_hz;
    for (n, frame) in out.iter_mut().enumerate().take((ONSET_SECONDS * rate_hz) as usize) {
        let way = ((n as f64 - opens) / length).clamp(0.0, 1.0);
        let gain = (0.5 - 0.5 * (std::f64::consts::PI * way).cos()) as f32;
        *frame = frame.map(|s| s * gain);
    }
}
