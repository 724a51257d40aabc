//! Where a sound's pitch lies, with the root given: the centroids of its first harmonics, the octaves
//! to look in when there is nothing at the root, and when a sound contradicts its root.

use super::spectrum::LongSpectrum;

/// Harmonics that are measured.
const HARMONICS: u8 = 6;
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
/// An octave away is where a sound is that has so much of its power at the first harmonics there.
const OCTAVE_SHARE: f64 = 0.2;
/// Octaves to look in where there is nothing at the root, in order.
const OCTAVES: [f64; 4] = [2.0, 0.5, 4.0, 0.25];
/// A sound is clearly harmonic if so much of the amplitude of its lines (of those this far under the
/// strongest at most, in dB) lies at multiples of one frequency: lines at three of the first five, or
/// at both of the first two. Bars and bells have lines at multiples of something too, far apart.
const HARMONIC: (f64, f64) = (0.85, 40.0);
const FIRST: (usize, usize) = (3, 5);
/// A line is at a multiple within [`REACH_CENTS`], and this much of the way to the next.
const REACH_WAY: f64 = 0.15;
/// The strongest line is no higher harmonic than this. A lower fundamental must explain so much more.
const STRONGEST: usize = 8;
const EXPLAINS: f64 = 0.05;

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
        let hz = f0_hz * f64::from(k);
        let reach = (hz * ((REACH_CENTS / 1200.0).exp2() - 1.0)).max(REACH_HZ);
        if let Some((found, power)) = spectrum.centroid(hz - reach, hz + reach) {
            slots.push((cents(found / hz), power, k));
        }
    }
    let top = slots.iter().map(|s| s.1).fold(0.0, f64::max);
    let mut weighted: Vec<(f64, f64)> =
        slots.iter().filter(|s| s.1 > RANGE * top).map(|s| (s.0, s.1.sqrt() / f64::from(s.2))).collect();
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * weighted.iter().map(|w| w.1).sum::<f64>();
    let mut sum = 0.0;
    let middle = weighted.iter().find(|w| {
        sum += w.1;
        sum >= half
    });
    middle.map(|w| Pitch { nominal_hz: f0_hz, cents: w.0 })
}

fn cents(ratio: f64) -> f64 {
    1200.0 * ratio.log2()
}

/// How much of the power lies at the first harmonics of a pitch, 0…1.
pub fn share(spectrum: &LongSpectrum, f0_hz: f64) -> f64 {
    share_of(spectrum, f0_hz, &[1, 2, 3, 4, 5, 6])
}

/// How much of the power lies at some harmonics.
fn share_of(spectrum: &LongSpectrum, f0_hz: f64, harmonics: &[u8]) -> f64 {
    let all = spectrum.sum(20.0, 1e9);
    let slots = harmonics.iter().map(|k| {
        let hz = f0_hz * f64::from(*k);
        let reach = (hz * ((REACH_CENTS / 1200.0).exp2() - 1.0)).max(REACH_HZ);
        spectrum.sum(hz - reach, hz + reach)
    });
    if all > 1e-20 { slots.sum::<f64>() / all } else { 0.0 }
}

/// The fundamental of a sound that is clearly harmonic, with no root known; it may be an octave or
/// two off where harmonics are missing. `None` for all else: noise, bells and bars, and a lone line,
/// which may be anything of a sound.
pub fn harmonic(spectrum: &LongSpectrum) -> Option<f64> {
    let lines = spectrum.peaks(25.0, 8_000.0, HARMONIC.1);
    let all: f64 = lines.iter().map(|l| l.1).sum();
    let strongest = lines.iter().max_by(|a, b| a.1.total_cmp(&b.1))?.0;
    // How much is explained, and which of the first multiples are lines.
    let at = |f0_hz: f64| {
        let (mut amplitude, mut first) = (0.0, [false; FIRST.1]);
        for (hz, a) in &lines {
            let k = (hz / f0_hz).round().max(1.0);
            let off = hz - k * f0_hz;
            if cents(hz / (k * f0_hz)).abs() < REACH_CENTS && off.abs() < REACH_WAY * f0_hz {
                amplitude += a;
                if let Some(first) = first.get_mut(k as usize - 1) {
                    *first = true;
                }
            }
        }
        (f0_hz, amplitude / all, first)
    };
    let tried: Vec<_> = (1..=STRONGEST).map(|n| at(strongest / n as f64)).collect();
    let most = tried.iter().map(|t| t.1).fold(0.0, f64::max);
    let (f0_hz, explained, first) = tried.into_iter().find(|t| t.1 >= most - EXPLAINS)?;
    let is_series = first.iter().filter(|f| **f).count() >= FIRST.0 || (first[0] && first[1]);
    (explained >= HARMONIC.0 && is_series).then_some(f0_hz)
}

/// Are these two the same but for octaves?
pub fn is_octaves(hz: f64, other_hz: f64) -> bool {
    let octaves = (hz / other_hz).log2();
    1200.0 * (octaves - octaves.round()).abs() <= REACH_CENTS
}

/// The pitch of a sound whose root is known. The root is believed if anything is there at all, unless
/// the sound is clearly harmonic ([`harmonic`]) and at another pitch. Else it may be whole octaves
/// away; but a lone line of a drum or a bell somewhere else is no reason to move the whole sound.
///
/// A sound an octave *above* its root has all its power in the root's even harmonics, so the odd
/// ones are asked too: they hold under 1 % there. One an octave *below* has the root's harmonics, and
/// as many between them.
pub fn near_root(spectrum: &LongSpectrum, root_hz: f64) -> Option<Pitch> {
    let heard = harmonic(spectrum);
    let octave = heard.map(|hz| root_hz * (hz / root_hz).log2().round().exp2());
    let nominal = if let Some(hz) = heard.filter(|hz| !is_octaves(*hz, root_hz)) {
        hz
    } else if share(spectrum, root_hz) >= SHARE {
        in_octaves(spectrum, root_hz, octave)
    } else if let Some(hz) = octave {
        hz
    } else {
        let is_there = |hz: &f64| share_of(spectrum, *hz, &[1]) >= SHARE && share(spectrum, *hz) >= OCTAVE_SHARE;
        OCTAVES.iter().map(|o| root_hz * o).find(is_there)?
    };
    // What lies at the edge of where it was looked for is something else.
    around(spectrum, nominal).filter(|p| p.cents.abs() <= REACH_CENTS)
}

/// Which octave of the root, where there is something, the sound is in.
fn in_octaves(spectrum: &LongSpectrum, root_hz: f64, heard: Option<f64>) -> f64 {
    let is_above = |hz: f64| {
        let (odd, above) = (share_of(spectrum, hz, &[1, 3, 5, 7]), share(spectrum, 2.0 * hz));
        odd < SHARE * (odd + above) && above >= OCTAVE_SHARE
    };
    let mut hz = root_hz;
    while hz < 8.0 * root_hz && is_above(hz) {
        hz *= 2.0;
    }
    if hz > root_hz {
        return hz;
    }
    let below = heard.filter(|hz| *hz < 0.75 * root_hz).into_iter().chain([0.5 * root_hz]);
    below.into_iter().find(|hz| is_octave_below(spectrum, 2.0 * hz)).unwrap_or(root_hz)
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

    #[test]
    fn two_octaves_off_is_found_too() {
        let high = near_root(&tone(880.0, &[1.0, 0.5, 0.3]), 220.0).unwrap();
        assert!((high.nominal_hz - 880.0).abs() < 1e-9, "{high:?}");
        let low = near_root(&tone(55.0, &[1.0, 0.5, 0.3, 0.25, 0.2, 0.15, 0.1, 0.1]), 220.0).unwrap();
        assert!((low.nominal_hz - 55.0).abs() < 1e-9, "{low:?}");
    }

    #[test]
    fn what_is_clearly_harmonic() {
        let at = |spectrum: &LongSpectrum| harmonic(spectrum).map_or(0.0, f64::round);
        assert_eq!(at(&tone(220.0, &[1.0, 0.5])), 220.0);
        assert_eq!(at(&tone(220.0, &[0.1, 1.0, 0.3, 0.2])), 220.0);
        assert_eq!(at(&tone(220.0, &[1.0, 0.0, 0.3, 0.0, 0.2])), 220.0);
        // A lone line; every fourth multiple of something; a chord's.
        assert_eq!(at(&tone(220.0, &[1.0])), 0.0);
        assert_eq!(at(&tone(100.0, &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2])), 0.0);
        assert_eq!(at(&tone(50.0, &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.9, 0.0, 0.8])), 0.0);
    }
}
