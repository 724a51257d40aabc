//! Measurements that need sources of their own: a vowel, a detuned source, the speed.

use std::f64::consts::TAU;

use betwixt_builder::metrics::folder::Folder;
use betwixt_builder::metrics::{Note, Quantity, RATE_HZ, Root, beating, erb, pitch, source};
use realfft::RealFftPlanner;
use serde_json::{Value, json};

use super::pairs::{DETUNED, Pair, Set};
use super::work::{Failure, Work, write};

/// Pitch of the vowels: A2, 110 Hz.
const VOWEL_KEY: u8 = 45;
const VOWEL_HZ: f64 = 110.0;
/// Resonances of both vowels: frequency and bandwidth, in Hz.
const VOWELS: [[(f64, f64); 2]; 2] = [[(500.0, 80.0), (2_800.0, 200.0)], [(1_500.0, 120.0), (2_800.0, 200.0)]];
/// Peaks are looked for here.
const PEAKS_HZ: (f64, f64) = (300.0, 2_500.0);
/// A smaller one is a ripple.
const RIPPLE_DB: f64 = 3.0;

/// A peak of a spectral envelope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Peak {
    pub(super) hz: f64,
    pub(super) prominence_db: f64,
}

/// Two vowels whose first resonance is at 500 and at 1500 Hz: between them should be one at the mean on the ERB scale.
pub(super) struct VowelTest {
    pub(super) morph: Vec<Peak>,
    pub(super) mix: Vec<Peak>,
}

impl VowelTest {
    /// Where the one peak should be.
    pub(super) fn ideal_hz() -> f64 {
        erb::hz(0.5 * (erb::number(500.0) + erb::number(1_500.0)))
    }

    pub(super) fn passes(&self) -> bool {
        let near = |p: &Peak| (erb::number(p.hz) - erb::number(VowelTest::ideal_hz())).abs() <= 0.5;
        matches!(&self.morph[..], [p] if near(p) && p.prominence_db >= 8.0)
    }

    pub(super) fn run(work: &Work) -> Result<VowelTest, Failure> {
        let vowels = VOWELS.map(|v| source::placed(&vowel(v)));
        let paths = [0, 1].map(|n| work.folder.join("sources").join(format!("vowel-{n}.wav")));
        for (path, frames) in paths.iter().zip(&vowels) {
            write(path, frames, VOWEL_KEY)?;
        }
        let options = ["--grid", "3x1", "--sustain", "natural"];
        let (folder, _) = work.morph("vowel", &[&paths[0], &paths[1]], VOWEL_KEY, &options)?;
        let line = Folder::read(&folder)?.line()?;
        let [a, b] = vowels.map(|frames| Note::new(frames, None));
        let mix = betwixt_builder::metrics::mix::line(&a, &b, 3).ok_or("no mix")?;
        Ok(VowelTest { morph: envelope_peaks(line.middle()), mix: envelope_peaks(mix.middle()) })
    }

    pub(super) fn json(&self) -> Value {
        let peaks = |peaks: &[Peak]| -> Vec<Value> {
            peaks.iter().map(|p| json!({ "hz": p.hz, "prominence_db": p.prominence_db })).collect()
        };
        json!({ "morph": peaks(&self.morph), "mix": peaks(&self.mix), "ideal_hz": VowelTest::ideal_hz(), "pass": self.passes() })
    }
}

/// Harmonics of 1/k up to 18 kHz through two resonances in series.
fn vowel(resonances: [(f64, f64); 2]) -> Vec<[f32; 2]> {
    let gain = |hz: f64| -> f64 {
        // Each has unit gain at 0 Hz.
        resonances.iter().map(|(f, bandwidth)| f * f / (f * f - hz * hz).hypot(bandwidth * hz)).product()
    };
    let partials: Vec<(f64, f64)> =
        (1..=163).map(|k| f64::from(k) * VOWEL_HZ).map(|hz| (hz, gain(hz) * VOWEL_HZ / hz)).collect();
    let mut out = vec![[0.0f32; 2]; (4.2 * RATE_HZ) as usize];
    for (hz, amplitude) in partials {
        for (n, frame) in out.iter_mut().enumerate() {
            let t = n as f64 / RATE_HZ;
            let edges = (t / 0.02).min((4.2 - t) / 0.2).min(1.0);
            let value = (amplitude * edges * (TAU * hz * t).sin()) as f32;
            *frame = [frame[0] + value, frame[1] + value];
        }
    }
    out
}

/// Peaks of the levels of a vowel's harmonics, their 1/k taken away.
fn envelope_peaks(note: &Note) -> Vec<Peak> {
    const LENGTH: usize = 48_000;
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(LENGTH);
    let (mut input, mut output) = (fft.make_input_vec(), fft.make_output_vec());
    for (n, value) in input.iter_mut().enumerate() {
        let window = 0.5 - 0.5 * (TAU * n as f64 / LENGTH as f64).cos();
        let frame = note.frames.get(note.onset + 4_800 + n).copied().unwrap_or_default();
        *value = f64::from(frame[0] + frame[1]) * window;
    }
    if fft.process(&mut input, &mut output).is_err() {
        return Vec::new();
    }
    let levels: Vec<f64> = (1..)
        .map(f64::from)
        .take_while(|k| k * VOWEL_HZ <= PEAKS_HZ.1)
        .map(|k| {
            // A bin is 1 Hz.
            let (low, high) = ((k - 0.25) * VOWEL_HZ, (k + 0.25) * VOWEL_HZ);
            let power: f64 =
                output[low as usize..=high as usize].iter().map(realfft::num_complex::Complex::norm_sqr).sum();
            10.0 * power.max(1e-20).log10() + 20.0 * k.log10()
        })
        .collect();
    peaks(&levels)
}

/// Peaks between harmonics by parabola, with how far they stand over the higher of the two valleys beside them.
fn peaks(levels: &[f64]) -> Vec<Peak> {
    let mut found = Vec::new();
    for n in 1..levels.len().saturating_sub(1) {
        let [a, b, c] = [levels[n - 1], levels[n], levels[n + 1]];
        if b <= a || b < c {
            continue;
        }
        let hz = (n as f64 + 1.0 + 0.5 * (a - c) / (a - 2.0 * b + c)) * VOWEL_HZ;
        let valley = |side: &mut dyn Iterator<Item = &f64>| side.take_while(|l| **l <= b).copied().fold(b, f64::min);
        let prominence_db = b - valley(&mut levels[..n].iter().rev()).max(valley(&mut levels[n + 1..].iter()));
        if (PEAKS_HZ.0..=PEAKS_HZ.1).contains(&hz) && prominence_db >= RIPPLE_DB {
            found.push(Peak { hz, prominence_db });
        }
    }
    found
}

/// What the middle is like when the second source is 25 cents sharp.
pub(super) struct DetunedTest {
    pub(super) pair: Pair,
    /// Pitch in cents, waver over the worse corner in dB, level off the line in dB: of the morph and of the mix.
    pub(super) morph: [Option<f64>; 3],
    pub(super) mix: [Option<f64>; 3],
}

impl DetunedTest {
    const SHARP_CENTS: f64 = 25.0;
    /// The most that pitch and waver should be.
    pub(super) const MOST: [f64; 2] = [1.0, 1.0];

    pub(super) fn passes(&self) -> bool {
        self.morph.iter().zip(Self::MOST).all(|(v, most)| v.is_some_and(|v| v <= most))
    }

    pub(super) fn run(work: &Work) -> Result<Vec<DetunedTest>, Failure> {
        DETUNED.iter().map(|pair| DetunedTest::of(work, *pair)).collect()
    }

    fn of(work: &Work, pair: Pair) -> Result<DetunedTest, Failure> {
        let a = work.source(pair.a, pair.key, 0.0)?;
        let b = work.source(pair.b, pair.key, DetunedTest::SHARP_CENTS)?;
        let options = ["--grid", "3x1", "--sustain", "natural"];
        let (folder, _) = work.morph(&format!("detuned {}", pair.name()), &[&a, &b], pair.key, &options)?;
        let line = Folder::read(&folder)?.line()?;
        let [a, b] = [a, b].map(|path| betwixt_builder::metrics::folder::read_note(&path, None));
        let mix = betwixt_builder::metrics::mix::line(&a?, &b?, 3).ok_or("no mix")?;
        let root = Root::key(pair.key, true);
        let of = |line: &betwixt_builder::metrics::Line| {
            let waver = |n: &Note| beating::waver_db(n, root.f0_hz);
            let (a, b) = line.corners();
            [
                pitch::cents(line.middle(), root.f0_hz).map(f64::abs),
                Some(waver(line.middle()) - waver(a).max(waver(b))),
                line.measure(root).get(Quantity::Loudness),
            ]
        };
        Ok(DetunedTest { pair, morph: of(&line), mix: of(&mix) })
    }

    pub(super) fn json(&self) -> Value {
        let figures = |v: [Option<f64>; 3]| json!({ "pitch_cents": v[0], "beating_db": v[1], "loudness_db": v[2] });
        json!({ "pair": self.pair.name(), "key": self.pair.key, "morph": figures(self.morph), "mix": figures(self.mix), "pass": self.passes() })
    }
}

/// Seconds of audio for each second of one core, analysis included, over a grid of 81 notes between four sources.
pub(super) fn speed(work: &Work, set: Set) -> Result<f64, Failure> {
    let mut paths = Vec::new();
    for preset in set.corners {
        paths.push(work.source(preset, set.key, 0.0)?);
    }
    let sources: Vec<_> = paths.iter().map(std::path::PathBuf::as_path).collect();
    let (folder, seconds) = work.morph("speed", &sources, set.key, &["--grid", "9x9"])?;
    let mut audio = 0.0;
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "wav") {
            audio += betwixt_engine::wav::read(&path)?.frames as f64 / RATE_HZ;
        }
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(audio / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vowel_has_its_first_resonance_as_a_peak() {
        for (vowel_of, hz) in [(VOWELS[0], 500.0), (VOWELS[1], 1_500.0)] {
            let found = envelope_peaks(&Note::new(vowel(vowel_of), None));
            assert!(matches!(&found[..], [p] if (p.hz - hz).abs() < 30.0 && p.prominence_db > 10.0), "{found:?}");
        }
    }

    #[test]
    fn prominence_is_over_the_higher_valley() {
        let levels = [0.0, 0.0, 0.0, 0.0, 10.0, 4.0, 8.0, 2.0, 0.0];
        let found = peaks(&levels);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].prominence_db, found[1].prominence_db), (10.0, 4.0));
    }
}
