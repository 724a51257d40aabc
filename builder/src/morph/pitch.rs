//! Where a sound's pitch lies, with the root given: the centroids of its first harmonics, and the
//! octaves to look in when there is nothing at the root.

use super::spectrum::LongSpectrum;

/// Harmonics that are measured.
const HARMONICS: usize = 6;
/// How far around a harmonic is looked, in cents, and at least in Hz.
const REACH_CENTS: f64 = 60.0;
const REACH_HZ: f64 = 4.0;
/// Harmonics this far under the strongest do not count (power).
const RANGE: f64 = 1e-3;
/// Under this share of all power the root is not where the sound is.
const SHARE: f64 = 0.01;
/// Half the root is where the sound is if so much of the power lies at its odd multiples, and so many
/// of the first five of these are lines: an organ's 16′ and 5⅓′ are only two.
const HALF_SHARE: f64 = 0.4;
const HALF_LINES: usize = 3;
/// A line stands this far over what lies half-way to the next, and this far under the strongest at most.
const LINE: (f64, f64) = (10.0, 1e-3);
/// Where else to look, in order.
const ELSEWHERE: [f64; 5] = [2.0, 0.5, 3.0, 1.0 / 3.0, 1.5];

/// A pitch, as measured around a nominal one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pitch {
    /// What was looked around.
    pub nominal_hz: f64,
    /// How far the sound lies above it.
    pub cents: f64,
}

/// The pitch around `f0_hz`: the median of how far the first six harmonics lie above their places,
/// weighted by amplitude over number. `None` where nothing is.
pub fn around(spectrum: &LongSpectrum, f0_hz: f64) -> Option<Pitch> {
    let mut slots = Vec::new();
    for k in 1..=HARMONICS {
        let hz = f0_hz * k as f64;
        let reach = (hz * ((REACH_CENTS / 1200.0).exp2() - 1.0)).max(REACH_HZ);
        if let Some((found, power)) = spectrum.centroid(hz - reach, hz + reach) {
            slots.push((1200.0 * (found / hz).log2(), power, k));
        }
    }
    let top = slots.iter().map(|s| s.1).fold(0.0, f64::max);
    let mut weighted: Vec<(f64, f64)> =
        slots.iter().filter(|s| s.1 > RANGE * top).map(|s| (s.0, s.1.sqrt() / s.2 as f64)).collect();
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * weighted.iter().map(|w| w.1).sum::<f64>();
    let mut sum = 0.0;
    let cents = weighted.iter().find(|w| {
        sum += w.1;
        sum >= half
    });
    cents.map(|w| Pitch { nominal_hz: f0_hz, cents: w.0 })
}

/// How much of the power lies at the first harmonics of a pitch, 0…1.
pub fn share(spectrum: &LongSpectrum, f0_hz: f64) -> f64 {
    let all = spectrum.sum(20.0, 1e9);
    let slots = (1..=HARMONICS).map(|k| {
        let hz = f0_hz * k as f64;
        let reach = (hz * ((REACH_CENTS / 1200.0).exp2() - 1.0)).max(REACH_HZ);
        spectrum.sum(hz - reach, hz + reach)
    });
    if all > 1e-20 { slots.sum::<f64>() / all } else { 0.0 }
}

/// The pitch of a sound whose root is known: there if anything is there at all, else an octave, a
/// twelfth or a fifth away, else at the strongest line.
///
/// A sound an octave *above* its root has all its power in the root's even harmonics, so the odd
/// ones are asked too: they hold under 1 % there. One an octave *below* has the root's harmonics, and
/// as many between them.
pub fn near_root(spectrum: &LongSpectrum, root_hz: f64) -> Option<Pitch> {
    let at_root = share(spectrum, root_hz);
    if at_root >= SHARE {
        let odd = odd_share(spectrum, root_hz);
        let above = share(spectrum, 2.0 * root_hz);
        if odd >= SHARE * (odd + above) {
            let below = is_octave_below(spectrum, root_hz);
            return around(spectrum, if below { 0.5 * root_hz } else { root_hz });
        }
        return around(spectrum, 2.0 * root_hz);
    }
    let found = ELSEWHERE.iter().map(|r| root_hz * r).find(|hz| share(spectrum, *hz) >= 0.2);
    match found {
        Some(hz) => around(spectrum, hz),
        None => {
            let peaks = spectrum.peaks(20.0, 8_000.0, 20.0);
            let (hz, _) = peaks.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
            around(spectrum, hz)
        }
    }
}

fn is_octave_below(spectrum: &LongSpectrum, root_hz: f64) -> bool {
    let half_hz = 0.5 * root_hz;
    // Lines of half the root must be told apart.
    if spectrum.lobe_hz > 0.25 * half_hz {
        return false;
    }
    let power = |multiple: f64| {
        let reach =
            (half_hz * multiple * ((REACH_CENTS / 1200.0).exp2() - 1.0)).clamp(spectrum.lobe_hz, 0.25 * half_hz);
        spectrum.sum(half_hz * multiple - reach, half_hz * multiple + reach)
    };
    let slots: Vec<f64> = (1..=10).map(|k| power(f64::from(k))).collect();
    let strongest = slots.iter().copied().fold(0.0, f64::max);
    let odd = || slots.iter().enumerate().step_by(2);
    let is_line = |&(i, slot): &(usize, &f64)| {
        let between = power(i as f64 + 0.5).max(power(i as f64 + 1.5));
        *slot > LINE.0 * between && *slot > LINE.1 * strongest
    };
    let share = odd().map(|(_, p)| p).sum::<f64>() / slots.iter().sum::<f64>().max(1e-20);
    share >= HALF_SHARE && odd().filter(is_line).count() >= HALF_LINES
}

/// Share of the power at the odd ones of the first seven harmonics.
fn odd_share(spectrum: &LongSpectrum, f0_hz: f64) -> f64 {
    let all = spectrum.sum(20.0, 1e9);
    let slots = [1.0, 3.0, 5.0, 7.0].map(|k| {
        let hz = f0_hz * k;
        let reach = (hz * ((REACH_CENTS / 1200.0).exp2() - 1.0)).max(REACH_HZ);
        spectrum.sum(hz - reach, hz + reach)
    });
    if all > 1e-20 { slots.iter().sum::<f64>() / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn tone(f0: f64, harmonics: &[f64]) -> LongSpectrum {
        let frames: Vec<[f32; 2]> = (0..48_000)
            .map(|n| {
                let t = TAU * f64::from(n) / 48_000.0;
                let sum: f64 = harmonics.iter().zip(1..).map(|(a, k)| a * (f0 * f64::from(k) * t).sin()).sum();
                [sum as f32 * 0.1; 2]
            })
            .collect();
        LongSpectrum::of(&frames, 48_000.0)
    }

    #[test]
    fn a_sharp_note_is_measured_to_a_tenth_of_a_cent() {
        let sharp = 220.0 * (25.0f64 / 1200.0).exp2();
        let p = near_root(&tone(sharp, &[1.0, 0.5, 0.3]), 220.0).unwrap();
        assert!((p.cents - 25.0).abs() < 0.1 && p.nominal_hz == 220.0, "{p:?}");
    }

    #[test]
    fn an_octave_too_high_or_low_is_found() {
        let high = near_root(&tone(440.0, &[1.0, 0.5, 0.3]), 220.0).unwrap();
        assert!((high.nominal_hz - 440.0).abs() < 1e-9, "{high:?}");
        let low = near_root(&tone(110.0, &[1.0, 0.0, 0.3]), 220.0).unwrap();
        assert!((low.nominal_hz - 110.0).abs() < 1e-9, "{low:?}");
        // So is one whose even harmonics lie where the root's are.
        let low = near_root(&tone(110.0, &[1.0, 0.5, 0.3, 0.25, 0.2, 0.15]), 220.0).unwrap();
        assert!((low.nominal_hz - 110.0).abs() < 1e-9, "{low:?}");
        // An organ with 16′ and 5⅓′ is not an octave low.
        let organ = near_root(&tone(110.0, &[0.8, 1.0, 0.8, 0.5, 0.0, 0.4, 0.0, 0.3]), 220.0).unwrap();
        assert!((organ.nominal_hz - 220.0).abs() < 1e-9, "{organ:?}");
    }

    #[test]
    fn a_clarinet_without_even_harmonics_is_at_its_root() {
        let p = near_root(&tone(220.0, &[1.0, 0.0, 0.3, 0.0, 0.2]), 220.0).unwrap();
        assert_eq!(p.nominal_hz, 220.0);
    }
}
