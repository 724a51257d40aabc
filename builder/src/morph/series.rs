//! Where the partials of a sound lie: one slot for each harmonic number.

use super::spectrum::LongSpectrum;
use serde::{Deserialize, Serialize};

/// Slots at most.
const SLOTS: usize = 200;
/// The highest slot.
const TOP_HZ: f64 = 17_000.0;
/// Peaks this far under the strongest are listened to.
const RANGE_DB: f64 = 60.0;
/// Stretching counts from here on, and when it explains this much more of the peaks.
const LEAST_STRETCH: f64 = 3e-5;
/// Stretched more, it is no string: a fit to the few partials of a bar.
const MOST_STRETCH: f64 = 2e-3;
const EXPLAINS: f64 = 0.05;
/// Under this share of its amplitude in slots whose centroid is on the series a sound is inharmonic.
/// Vibrato and chorus spread a slot, but not to one side.
const ON_SERIES: f64 = 0.8;
/// How far off, in slots, a centroid may lie: at the fundamental, and more for each slot.
const OFF: (f64, f64) = (0.02, 0.005);
/// So many lines within this of the strongest, nearly all of them at quarters of the series' steps, are
/// an organ's stops.
const STOPS: usize = 5;
const STOPS_DB: f64 = 30.0;
const STOPS_SHARE: f64 = 0.95;
/// Slots that are asked.
const ASKED: usize = 40;

/// What kind of sound it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// Partials at k·f0·√((1 + B·k²) / (1 + B)): the first is in tune.
    Harmonic {
        /// The stretch B: 0 for blown and bowed, some 1e-4 for strings that are struck.
        stretch: f64,
    },
    /// Partials anywhere: bells, bars.
    Inharmonic,
    /// None.
    Unpitched,
}

/// The frequencies of all slots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The pitch that the slots are numbered by.
    pub f0_hz: f64,
    /// The lowest line, where it lies under that pitch: the level ripples no slower.
    pub lowest_hz: f64,
    /// What kind it is.
    pub kind: Kind,
    /// Slot k − 1 is harmonic k. Empty for unpitched sounds.
    pub hz: Vec<f64>,
}

/// How many slots there are for a pitch.
pub fn slots(f0_hz: f64, rate_hz: f64) -> usize {
    let top = TOP_HZ.min(0.45 * rate_hz);
    ((top / f0_hz) as usize).clamp(1, SLOTS)
}

impl Series {
    /// No partials.
    pub fn unpitched(f0_hz: f64) -> Series {
        Series { f0_hz, lowest_hz: f0_hz, kind: Kind::Unpitched, hz: Vec::new() }
    }

    /// Finds the partials of a sound in tune with `f0_hz`.
    pub fn find(spectrum: &LongSpectrum, f0_hz: f64, rate_hz: f64) -> Series {
        let count = slots(f0_hz, rate_hz);
        let top_hz = f0_hz * (count as f64 + 0.5);
        let peaks = spectrum.peaks(0.5 * f0_hz, top_hz, RANGE_DB);
        let harmonic = |stretch: f64| -> Vec<f64> {
            let hz = |k: f64| k * f0_hz * ((1.0 + stretch * k * k) / (1.0 + stretch)).sqrt();
            (1..=count).map(|k| hz(k as f64)).collect()
        };
        let all: f64 = peaks.iter().map(|p| p.1).sum();
        if all <= 0.0 {
            return Series { f0_hz, lowest_hz: f0_hz, kind: Kind::Harmonic { stretch: 0.0 }, hz: harmonic(0.0) };
        }
        let plain = explained(&peaks, f0_hz, 0.0);
        let (mut best, mut stretch) = (plain, 0.0);
        for i in 0..160 {
            let b = LEAST_STRETCH * (MOST_STRETCH / LEAST_STRETCH).powf(f64::from(i) / 159.0);
            let score = explained(&peaks, f0_hz, b);
            if score > best {
                (best, stretch) = (score, b);
            }
        }
        if best < plain + EXPLAINS {
            stretch = 0.0;
        }
        let hz = harmonic(stretch);
        let on = on_series(spectrum, &hz, f0_hz);
        let lowest_hz = if on < ON_SERIES { lowest_stop(spectrum, f0_hz, top_hz) } else { Some(f0_hz) };
        let Some(lowest_hz) = lowest_hz else {
            return Series { f0_hz, lowest_hz: f0_hz, kind: Kind::Inharmonic, hz: strongest(&peaks, f0_hz, count) };
        };
        tracing::debug!(f0_hz, stretch, plain, best, on, "harmonic");
        let limit = 0.48 * rate_hz;
        let hz = hz.into_iter().take_while(|hz| *hz < limit).collect();
        Series { f0_hz, lowest_hz, kind: Kind::Harmonic { stretch }, hz }
    }
}

/// How much of the amplitude lies in slots that are where the series has them.
fn on_series(spectrum: &LongSpectrum, hz: &[f64], f0_hz: f64) -> f64 {
    let (mut on, mut all) = (0.0, 1e-20);
    for (k, hz) in hz.iter().enumerate().take(ASKED) {
        let (low, high) = (hz - 0.5 * f0_hz, hz + 0.5 * f0_hz);
        let amplitude = spectrum.sum(low, high).sqrt();
        let off = spectrum.centroid(low, high).map_or(0.0, |(centre, _)| (centre - hz).abs() / f0_hz);
        all += amplitude;
        on += if off < OFF.0 + OFF.1 * (k + 1) as f64 { amplitude } else { 0.0 };
    }
    on / all
}

/// The lowest of an organ's stops: of many lines, of which some lie under and between the series. `None`
/// where these are no such stops.
fn lowest_stop(spectrum: &LongSpectrum, f0_hz: f64, top_hz: f64) -> Option<f64> {
    let peaks = spectrum.peaks(0.2 * f0_hz, top_hz, STOPS_DB);
    let amplitude = |peaks: &[&(f64, f64)]| peaks.iter().map(|p| p.1).sum::<f64>();
    let off = |hz: f64| (4.0 * hz / f0_hz - (4.0 * hz / f0_hz).round()).abs() / 4.0;
    let on: Vec<_> = peaks.iter().filter(|p| off(p.0) < OFF.0).collect();
    let are_stops = on.len() >= STOPS && amplitude(&on) > STOPS_SHARE * amplitude(&peaks.iter().collect::<Vec<_>>());
    are_stops.then(|| on.first().map_or(f0_hz, |p| p.0.min(f0_hz)))
}

/// How well a stretch explains the peaks, 0…1; weak peaks count by the root of their amplitude, for
/// a string's stretch shows in its weak upper partials.
fn explained(peaks: &[(f64, f64)], f0_hz: f64, stretch: f64) -> f64 {
    let (mut on, mut all) = (0.0, 0.0);
    for (hz, amplitude) in peaks.iter().filter(|p| p.0 < 40.0 * f0_hz) {
        let place = |k: f64| k * (1.0 + stretch * k * k).sqrt();
        let mut k = (hz / f0_hz).round().max(1.0);
        while k > 1.0 && (place(k - 1.0) - hz / f0_hz).abs() < (place(k) - hz / f0_hz).abs() {
            k -= 1.0;
        }
        let off = (hz / f0_hz - place(k)).abs() / 0.08;
        on += amplitude.sqrt() * (1.0 - off).max(0.0);
        all += amplitude.sqrt();
    }
    if all > 0.0 { on / all } else { 0.0 }
}

/// The strongest peak in each slot; the harmonic where there is none.
fn strongest(peaks: &[(f64, f64)], f0_hz: f64, count: usize) -> Vec<f64> {
    (1..=count)
        .map(|k| {
            let hz = k as f64 * f0_hz;
            let inside = peaks.iter().filter(|p| (p.0 - hz).abs() <= 0.5 * f0_hz);
            inside.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(hz, |p| p.0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn sound(partials: &[(f64, f64)]) -> LongSpectrum {
        let frames: Vec<[f32; 2]> = (0..48_000)
            .map(|n| {
                let t = TAU * f64::from(n) / 48_000.0;
                [partials.iter().map(|(hz, a)| a * (hz * t).sin()).sum::<f64>() as f32 * 0.1; 2]
            })
            .collect();
        LongSpectrum::of(&frames, 48_000.0)
    }

    #[test]
    fn a_pianos_stretch_is_fitted() {
        let b = 3.2e-4;
        let partials: Vec<(f64, f64)> =
            (1..=20).map(f64::from).map(|k| (k * 261.6 * (1.0 + b * k * k).sqrt(), 0.8f64.powf(k))).collect();
        let series = Series::find(&sound(&partials), 261.6, 48_000.0);
        let Kind::Harmonic { stretch } = series.kind else { panic!("{:?}", series.kind) };
        assert!((stretch / b - 1.0).abs() < 0.1, "{stretch}");
    }

    #[test]
    fn a_steady_tone_is_not_stretched() {
        let partials: Vec<(f64, f64)> = (1..=20).map(|k| (f64::from(k) * 261.6, 0.8f64.powi(k))).collect();
        assert_eq!(Series::find(&sound(&partials), 261.6, 48_000.0).kind, Kind::Harmonic { stretch: 0.0 });
    }

    #[test]
    fn a_bells_modes_near_harmonics_are_no_series() {
        let partials = [(522.2, 0.3), (770.7, 0.6), (1_058.9, 1.0), (1_381.8, 0.4)];
        let series = Series::find(&sound(&partials), 261.6, 48_000.0);
        assert_eq!(series.kind, Kind::Inharmonic);
        assert!((series.hz[3] - 1_058.9).abs() < 1.0, "{:?}", &series.hz[..6]);
    }

    #[test]
    fn stops_under_and_between_harmonics_are_an_organs() {
        let stops = [(65.4, 1.0), (130.8, 0.9), (261.6, 0.7), (392.4, 0.4), (523.2, 0.3), (1_046.4, 0.3)];
        let series = Series::find(&sound(&stops), 261.6, 48_000.0);
        assert_eq!(series.kind, Kind::Harmonic { stretch: 0.0 });
        assert!((series.lowest_hz - 65.4).abs() < 0.5, "{}", series.lowest_hz);
    }

    #[test]
    fn vibrato_is_no_bell() {
        let frames: Vec<[f32; 2]> = (0..72_000)
            .map(|n| {
                let t = f64::from(n) / 48_000.0;
                let turn = TAU * 261.6 * t + 1.5 * (TAU * 5.5 * t).sin();
                [(1..=12).map(|k| (f64::from(k) * turn).sin() / f64::from(k)).sum::<f64>() as f32 * 0.1; 2]
            })
            .collect();
        let series = Series::find(&LongSpectrum::of(&frames, 48_000.0), 261.6, 48_000.0);
        assert!(matches!(series.kind, Kind::Harmonic { .. }), "{:?}", series.kind);
    }

    #[test]
    fn a_bars_modes_take_their_slots() {
        let partials = [(500.0, 1.0), (1_378.0, 0.8), (2_700.0, 0.8), (4_466.0, 0.7)];
        let series = Series::find(&sound(&partials), 500.0, 48_000.0);
        assert_eq!(series.kind, Kind::Inharmonic);
        assert!((series.hz[2] - 1_378.0).abs() < 1.0, "{:?}", &series.hz[..6]);
    }
}
