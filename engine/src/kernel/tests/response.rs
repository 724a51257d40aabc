//! What the tables let through, at the edges of every band of ratios.

use std::f64::consts::TAU;

use super::*;

/// What becomes of a tone.
struct Response {
    gain: f64,
    /// rms of the images, over the tone.
    images: f64,
}

/// Response to a tone of `frequency` (a fraction of the source's rate): a kernel sees it from all
/// positions between two frames; the mean is the tone, the rest images.
fn response(table: &Table, frequency: f64) -> Response {
    const POSITIONS: usize = 5 * 64;
    let (taps, parts) = (table.taps(), table.parts());
    let (mut re, mut im, mut power) = (0.0, 0.0, 0.0);
    for i in 0..POSITIONS {
        let position = (i as f64 + 0.3) / POSITIONS as f64;
        let phase = position * f64::from(1 << table.phase_bits());
        let fraction = phase.fract();
        let row = &table.values()[phase as usize * parts * taps..][..parts * taps];
        let (mut x, mut y) = (0.0, 0.0);
        for k in 0..taps {
            let part = |o: usize| if o < parts { f64::from(row[o * taps + k]) } else { 0.0 };
            let tap = (part(2) * fraction + part(1)) * fraction + part(0);
            let (sin, cos) = (TAU * frequency * (k as f64 + 1.0 - (taps / 2) as f64 - position)).sin_cos();
            x += tap * cos;
            y += tap * sin;
        }
        re += x / POSITIONS as f64;
        im += y / POSITIONS as f64;
        power += (x * x + y * y) / POSITIONS as f64;
    }
    let gain = re.hypot(im);
    Response { gain, images: (power - gain * gain).max(0.0).sqrt() / gain }
}

fn db(x: f64) -> f64 {
    20.0 * x.max(1e-9).log10()
}

#[test]
fn every_band_is_clean_at_both_ends() {
    // Ends of bands, in semitones; a hundredth above is the next band's lower end.
    let ends = [-12.0, 0.5, 1.5, 2.5, 3.5, 5.0, 6.5, 7.5, 8.5, 10.0, 12.0];
    // Least level of 12 kHz in the output (of the source, when shifted down); least distance of its
    // images; the lowest tone that must not fold back, and how much of it may.
    for (quality, level, clean, past, alias) in [
        (Quality::Eco, -3.0, 65.0, 28_000.0, -45.0),
        (Quality::Normal, -1.0, 95.0, 26_000.0, -80.0),
        (Quality::Best, -0.2, 118.0, 26_000.0, -110.0),
    ] {
        for semitones in ends.iter().flat_map(|s| [*s, s + 0.01]).take(2 * ends.len() - 1) {
            let ratio = (semitones / 12.0_f64).exp2();
            let tables = Tables::shared();
            let table = tables.get(tables.choose(quality, (ratio * 4_294_967_296.0) as u64));
            // Hz of the output, as a part of the source's rate.
            let tone = |hz: f64| response(table, (hz / 48_000.0 / ratio).min(0.25));
            let middle = tone(12_000.0);
            let got = db(middle.gain / tone(10.0).gain);
            assert!(got >= level, "{quality:?} {semitones}: 12 kHz at {got:.2} dB");
            let got = -db(middle.images);
            assert!(got >= clean, "{quality:?} {semitones}: images at {got:.1} dB");
            let past = past / 48_000.0 / ratio;
            if past < 0.5 {
                let r = response(table, past);
                let got = db(r.gain.hypot(r.gain * r.images));
                assert!(got <= alias, "{quality:?} {semitones}: alias {got:.1} dB");
            }
        }
    }
}
