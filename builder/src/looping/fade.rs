//! Fades: at the end of a cell, and from a loop's end into what sounded one loop earlier.
//!
//! A loop's cross-fade works on the spectra of both sounds. Partials that repeat are in another
//! phase one loop later, each in its own: added as they are, some would vanish half-way. So each
//! region round a peak of the spectrum is turned, in the course of the fade, from the phase of the
//! one to that of the other, the short way. What is alike then adds by amplitude, what is not (noise)
//! by power: the law of each region follows how alike the two are in it, and no level dips.

use std::f64::consts::PI;
use std::ops::Range;

use betwixt_engine::resident::LoopFrames;
use realfft::num_complex::Complex;

use super::stft::{Stft, wrap};

/// Longest cross-fade; a third of the loop at most.
const CROSSFADE_SECONDS: f64 = 0.45;
/// The cross-fade is over this many frames before the loop's end: what an interpolation kernel sees
/// round the seam is then the same on both sides of it.
const GUARD_FRAMES: usize = 64;
/// Longest window of the spectra: partials of a bass of 30 Hz lie apart in it.
const WINDOW_SECONDS: f64 = 0.17;

/// Fades the last frames out, by a raised cosine.
pub(super) fn out(sound: &mut [[f32; 2]], fade: usize) {
    let fade = fade.min(sound.len());
    let start = sound.len() - fade;
    for (n, frame) in sound[start..].iter_mut().enumerate() {
        let gain = (0.5 + 0.5 * (PI * (n as f64 + 1.0) / fade as f64).cos()) as f32;
        *frame = frame.map(|s| s * gain);
    }
}

/// The longest cross-fade, and what lies between it and the loop's end, in frames.
pub(super) fn longest(rate_hz: f64) -> usize {
    (CROSSFADE_SECONDS * rate_hz) as usize + GUARD_FRAMES
}

/// How long the cross-fade of a loop of so many frames is, in frames.
pub(super) fn length(span: usize, rate_hz: f64) -> usize {
    ((CROSSFADE_SECONDS * rate_hz) as usize).min(span / 3)
}

/// So many frames before the loop's start are faded to.
pub(super) fn before(span: usize, rate_hz: f64) -> usize {
    length(span, rate_hz) + GUARD_FRAMES
}

/// Where the cross-fade of a loop lies: from the first frame that it changes to the first from
/// which on the sound is the one of a loop earlier.
pub(super) fn region(points: LoopFrames, rate_hz: f64) -> (usize, usize) {
    let end = points.end.saturating_sub(GUARD_FRAMES);
    let length = length(points.end - points.start, rate_hz).min(points.start.saturating_sub(GUARD_FRAMES));
    (end.saturating_sub(length), end)
}

/// Cross-fades the end of the loop into the sound one loop earlier.
pub(super) fn into_earlier(sound: &mut [[f32; 2]], points: LoopFrames, rate_hz: f64) {
    let span = points.end - points.start;
    let (first, last) = region(points, rate_hz);
    if last > first {
        let faded = crossfade(sound, first..last, span, rate_hz);
        sound[first..last].copy_from_slice(&faded);
    }
    for n in last..points.end {
        sound[n] = sound[n - span];
    }
}

/// The frames of `fade`: at first what is there, at last what is there `span` frames earlier.
fn crossfade(sound: &[[f32; 2]], fade: Range<usize>, span: usize, rate_hz: f64) -> Vec<[f32; 2]> {
    let longest = (WINDOW_SECONDS * rate_hz) as usize;
    let size = (fade.len() / 2).min(longest).next_power_of_two().clamp(16, 1 << 16);
    let mut stft = Stft::new(size);
    let starts: Vec<i64> = (1..)
        .map(|i| fade.start as i64 - size as i64 + (i * stft.hop) as i64)
        .take_while(|s| *s < fade.end as i64)
        .collect();
    // How far the fade has come in each frame; frames that reach over its edges are all one or the other.
    let way: Vec<f64> = starts
        .iter()
        .map(|s| {
            let from_first = (s - fade.start as i64) as f64;
            let x = (from_first / (fade.len() as f64 - size as f64).max(1.0)).clamp(0.0, 1.0);
            0.5 - 0.5 * (PI * x).cos()
        })
        .collect();
    let spectra: Vec<[[Vec<Complex<f32>>; 2]; 2]> = starts
        .iter()
        .map(|s| {
            [0, 1].map(|channel| [stft.analyse(sound, *s, channel), stft.analyse(sound, s - span as i64, channel)])
        })
        .collect();
    let turns = Turns::of(&spectra, &way);
    let mut out = vec![[0.0f32; 2]; fade.len()];
    for ((start, spectra), b) in starts.iter().zip(spectra).zip(&way) {
        for (channel, [now, earlier]) in spectra.into_iter().enumerate() {
            let mut mixed = now;
            for (region, turn) in turns.regions.iter().zip(&turns.of[channel]) {
                let [a, b] = turn.gains(*b);
                for (z, e) in mixed[region.clone()].iter_mut().zip(&earlier[region.clone()]) {
                    *z = *z * a + e * b;
                }
            }
            stft.add(&mut mixed, &mut out, start - fade.start as i64, channel);
        }
    }
    out
}

/// What the regions of the spectrum do in a fade.
struct Turns {
    regions: Vec<Range<usize>>,
    /// For each channel and region.
    of: [Vec<Turn>; 2],
}

/// What one region does.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// The phase of the earlier sound against the later.
    phase: f64,
    /// How alike they are once that is taken away, 0…1.
    alike: f64,
}

impl Turn {
    /// The factors of the sound and of the earlier one.
    fn gains(self, b: f64) -> [Complex<f32>; 2] {
        let a = 1.0 - b;
        let even = (a * a + b * b + 2.0 * self.alike * a * b).sqrt().recip();
        let factor = |gain: f64, phase: f64| {
            let z = Complex::from_polar(gain * even, phase);
            Complex::new(z.re as f32, z.im as f32)
        };
        [factor(a, b * self.phase), factor(b, -a * self.phase)]
    }
}

impl Turns {
    /// From all spectra `[frame][channel][now, earlier]`.
    fn of(spectra: &[[[Vec<Complex<f32>>; 2]; 2]], way: &[f64]) -> Turns {
        let bins = spectra.first().map_or(0, |s| s[0][0].len());
        let mut cross = [vec![Complex::<f64>::default(); bins], vec![Complex::<f64>::default(); bins]];
        let mut powers = [vec![[0.0f64; 2]; bins], vec![[0.0f64; 2]; bins]];
        for (spectra, b) in spectra.iter().zip(way) {
            // What counts is how they meet half-way; a little of the rest steadies short fades.
            let weight = b * (1.0 - b) + 0.01;
            for (channel, [now, earlier]) in spectra.iter().enumerate() {
                for (k, (n, e)) in now.iter().zip(earlier).enumerate() {
                    let z = n.conj() * e;
                    cross[channel][k] += Complex::new(f64::from(z.re), f64::from(z.im)) * weight;
                    powers[channel][k][0] += weight * f64::from(n.norm_sqr());
                    powers[channel][k][1] += weight * f64::from(e.norm_sqr());
                }
            }
        }
        let strength: Vec<f64> = (0..bins).map(|k| powers.iter().map(|p| (p[k][0] * p[k][1]).sqrt()).sum()).collect();
        let regions = regions(&strength);
        let sum = |channel: usize, r: &Range<usize>| cross[channel][r.clone()].iter().sum::<Complex<f64>>();
        let of = [0, 1].map(|channel| {
            regions
                .iter()
                .map(|r| {
                    // Both channels turn the same way round.
                    let (own, both) = (sum(channel, r), (sum(0, r) + sum(1, r)).arg());
                    let power = powers[channel][r.clone()].iter().fold([0.0; 2], |s, p| [s[0] + p[0], s[1] + p[1]]);
                    let energy = (power[0] * power[1]).sqrt();
                    let real = r.start == 0 || r.end == bins;
                    Turn {
                        phase: if real { 0.0 } else { both + wrap(own.arg() - both) },
                        alike: if energy > 1e-24 {
                            (if real { own.re } else { own.norm() } / energy).clamp(0.0, 1.0)
                        } else {
                            1.0
                        },
                    }
                })
                .collect()
        });
        Turns { regions, of }
    }
}

/// Cuts a spectrum at the valleys between its peaks. The first and the last bin, which are real, have
/// regions of their own.
fn regions(strength: &[f64]) -> Vec<Range<usize>> {
    let bins = strength.len();
    let inside = 1..bins.saturating_sub(1);
    let peak = |k: &usize| {
        let around = k.saturating_sub(2)..(k + 3).min(bins);
        around.clone().all(|j| strength[j] < strength[*k] || j == *k)
    };
    let peaks: Vec<usize> = inside.clone().filter(peak).collect();
    let mut cuts = vec![0, inside.start];
    for pair in peaks.windows(2) {
        let valley = (pair[0]..=pair[1]).min_by(|a, b| strength[*a].total_cmp(&strength[*b]));
        cuts.extend(valley.filter(|v| *v > inside.start));
    }
    cuts.extend([inside.end, bins]);
    cuts.dedup();
    cuts.windows(2).map(|c| c[0]..c[1]).filter(|r| !r.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    const RATE: f64 = 48_000.0;
    const SPAN: usize = 60_000;
    const FADE: Range<usize> = 100_000..120_000;

    fn level(sound: &[[f32; 2]]) -> f64 {
        super::super::level_db(sound)
    }

    fn sines(hz: &[f64]) -> Vec<[f32; 2]> {
        (0..140_000)
            .map(|n| {
                let t = TAU * f64::from(n) / RATE;
                [0, 1].map(|c| hz.iter().map(|f| 0.1 * (f * t + f64::from(c) * f).sin()).sum::<f64>() as f32)
            })
            .collect()
    }

    #[test]
    fn partials_in_opposite_phase_keep_their_level() {
        // 60 000 frames are 1.25 s: 330 Hz is 412.5 periods, 550.2 Hz 687.75.
        let sound = sines(&[330.0, 550.2]);
        let faded = crossfade(&sound, FADE, SPAN, RATE);
        let before = level(&sound[FADE]);
        for (i, part) in faded.chunks(2_000).enumerate() {
            let off = level(part) - before;
            // As they are they would be gone half-way.
            assert!(off.abs() < 0.8, "{off} dB in part {i}");
        }
    }

    #[test]
    fn its_ends_are_the_sounds_themselves() {
        let sound = sines(&[100.0, 333.3]);
        let faded = crossfade(&sound, FADE, SPAN, RATE);
        for (n, a) in [(0, FADE.start), (FADE.len() - 1, FADE.end - 1 - SPAN)] {
            assert!((faded[n][0] - sound[a][0]).abs() < 1e-5, "{n}: {:?} {:?}", faded[n], sound[a]);
        }
    }

    #[test]
    fn noise_keeps_its_level() {
        let mut seed = 7u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let sound: Vec<[f32; 2]> = (0..140_000).map(|_| [0.1 * next(), 0.1 * next()]).collect();
        let faded = crossfade(&sound, FADE, SPAN, RATE);
        for part in faded.chunks(2_500) {
            let off = level(part) - level(&sound);
            assert!(off.abs() < 1.0, "{off} dB");
        }
    }

    #[test]
    fn a_spectrum_is_cut_between_its_peaks() {
        let strength = [0.0, 1.0, 5.0, 2.0, 1.0, 3.0, 9.0, 3.0, 1.0];
        assert_eq!(regions(&strength), [0..1, 1..4, 4..8, 8..9]);
        assert_eq!(regions(&[0.0; 9]).iter().map(ExactSizeIterator::len).sum::<usize>(), 9);
    }
}
