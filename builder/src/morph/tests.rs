//! The morph as a musician would notice it: corners, pitch, formants, loops, and bad sources.

use std::f64::consts::TAU;

use super::prepare::key_hz;
use super::*;

const RATE_HZ: f64 = 48_000.0;

fn input(frames: Vec<[f32; 2]>) -> Input {
    Input { recordings: vec![Recording::plain(frames, RATE_HZ)], raise_cents: 0.0, gain_db: 0.0 }
}

fn noise() -> impl FnMut() -> f64 {
    let mut state = 5u32;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / 8_388_608.0 - 1.0
    }
}

/// A tone of harmonics with a little noise: amplitudes by frequency, an attack, a decay.
fn tone(f0: f64, seconds: f64, attack: f64, decay: f64, amplitude: impl Fn(f64) -> f64) -> Vec<[f32; 2]> {
    let mut noise = noise();
    let count = (18_000.0 / f0) as usize;
    let amplitudes: Vec<f64> = (1..=count).map(|k| amplitude(k as f64 * f0)).collect();
    (0..(seconds * RATE_HZ) as usize)
        .map(|n| {
            let t = n as f64 / RATE_HZ;
            let level = (t / attack).min(1.0) * (-t * decay).exp() * 0.1;
            let (mut l, mut r) = (0.002 * noise(), 0.002 * noise());
            for (k, a) in amplitudes.iter().enumerate() {
                let phase = TAU * f0 * (k + 1) as f64 * t + (k * k) as f64;
                l += a * phase.sin();
                r += a * (phase + 0.3).sin();
            }
            [(level * l) as f32, (level * r) as f32]
        })
        .collect()
}

fn timeline(seconds: f64, looping: bool) -> Timeline {
    Timeline { rate_hz: RATE_HZ, frames: (seconds * RATE_HZ) as usize, looping }
}

fn null_db(a: &[[f32; 2]], b: &[[f32; 2]], range: std::ops::Range<usize>) -> f64 {
    let sum =
        |f: &dyn Fn(usize, usize) -> f64| -> f64 { range.clone().map(|n| f(n, 0).powi(2) + f(n, 1).powi(2)).sum() };
    let all = sum(&|n, c| f64::from(a[n][c]));
    let off = sum(&|n, c| f64::from(a[n][c]) - f64::from(b[n][c]));
    10.0 * (all / off.max(1e-30)).log10()
}

fn finite(frames: &[[f32; 2]]) -> bool {
    frames.iter().flatten().all(|s| s.is_finite())
}

#[test]
fn taken_apart_and_put_together_is_the_same() {
    let f0 = key_hz(60);
    for (attack, decay) in [(0.15, 0.0), (0.002, 3.0)] {
        let frames = tone(f0, 1.5, attack, decay, |hz| 200.0 / (hz + 200.0));
        let (set, _) = analyse(&[input(frames)], 60, timeline(1.5, false));
        let model = &set.models[0];
        let db = null_db(&model.frames, &model.render(), 480..60_000);
        assert!(db > 100.0, "{db} dB");
    }
}

#[test]
fn next_to_a_corner_sounds_like_the_corner() {
    let f0 = key_hz(60);
    let a = tone(f0, 2.0, 0.05, 0.0, |hz| 200.0 / (hz + 200.0));
    let b = tone(f0, 2.0, 0.002, 3.0, |hz| if hz > 1_500.0 { 0.4 } else { 0.1 });
    let (set, _) = analyse(&[input(a), input(b)], 60, timeline(2.0, false));
    for (i, w) in [[1.0, 0.0], [0.0, 1.0]].into_iter().enumerate() {
        let note = set.between(&w, &w);
        let db = null_db(&set.corner(i), &note, 720..70_000);
        assert!(db > 40.0, "corner {i}: {db} dB");
        assert_eq!(set.note(&w, &w).frames, set.corner(i), "the corner itself is a copy");
    }
}

#[test]
fn next_to_a_corner_that_dies_early_the_phase_is_the_corners() {
    let f0 = key_hz(60);
    let line = |phase: f64, decay: f64| -> Vec<[f32; 2]> {
        let level = |t: f64| 0.2 * (t / 0.002).min(1.0) * (-decay * t).exp();
        (0..96_000)
            .map(|n| f64::from(n) / RATE_HZ)
            .map(|t| [(level(t) * (TAU * f0 * t + phase).sin()) as f32; 2])
            .collect()
    };
    // It is silent for most of the note, and nearly opposite to the other.
    let (set, _) = analyse(&[input(line(0.0, 25.0)), input(line(2.6, 1.0))], 60, timeline(2.0, false));
    let (corner, beside) = (set.corner(0), set.between(&[0.875, 0.125], &[0.875, 0.125]));
    let energy = |of: &dyn Fn(usize) -> f32| (960..9_600).map(|n| f64::from(of(n)).powi(2)).sum::<f64>().sqrt();
    let whole = 0.5 * (energy(&|n| corner[n][0]) + energy(&|n| beside[n][0]));
    let sum = energy(&|n| 0.5 * (corner[n][0] + beside[n][0]));
    let db = 20.0 * (sum / whole).log10();
    assert!(db > -0.5, "{db} dB");
}

#[test]
fn a_vowel_between_two_vowels_has_one_formant_there() {
    let resonance = |hz: f64, centre: f64, width: f64| {
        let x = (hz - centre) / (0.5 * width);
        (1.0 + x * x).sqrt().recip()
    };
    let vowel = |first: f64, width: f64| {
        tone(110.0, 2.0, 0.03, 0.0, move |hz| {
            110.0 / hz * (resonance(hz, first, width) + 0.5 * resonance(hz, 2_800.0, 200.0))
        })
    };
    let (set, _) = analyse(&[input(vowel(500.0, 80.0)), input(vowel(1_500.0, 120.0))], 45, timeline(2.0, false));
    let note = set.note(&[0.5, 0.5], &[0.5, 0.5]);
    let spectrum = spectrum::LongSpectrum::of(&note.frames[9_600..86_400], RATE_HZ);
    // Level of each harmonic, less the 1/k of the source.
    let level: Vec<(f64, f64)> = (2..=18)
        .map(|k| {
            let hz = 110.0 * f64::from(k);
            (hz, 10.0 * spectrum.sum(hz - 20.0, hz + 20.0).log10() + 20.0 * f64::from(k).log10())
        })
        .collect();
    let peaks: Vec<f64> = level
        .windows(3)
        .filter(|w| w[1].1 > w[0].1 + 0.5 && w[1].1 > w[2].1 + 0.5)
        .map(|w| {
            let bend = w[0].1 - 2.0 * w[1].1 + w[2].1;
            w[1].0 + 110.0 * 0.5 * (w[0].1 - w[2].1) / bend
        })
        .collect();
    let ideal = 0.5 * (clock::erb(500.0) + clock::erb(1_500.0));
    assert_eq!(peaks.len(), 1, "{peaks:?} of {level:?}");
    assert!((clock::erb(peaks[0]) - ideal).abs() < 0.5, "{peaks:?}");
}

#[test]
fn a_detuned_source_is_brought_in_tune() {
    let f0 = key_hz(60);
    let a = tone(f0, 2.0, 0.05, 0.0, |hz| 300.0 / (hz + 300.0));
    let b = tone(f0 * (25.0f64 / 1200.0).exp2(), 2.0, 0.05, 0.0, |hz| 900.0 / (hz + 900.0));
    let (set, _) = analyse(&[input(a), input(b)], 60, timeline(2.0, false));
    let note = set.note(&[0.5, 0.5], &[0.5, 0.5]);
    let spectrum = spectrum::LongSpectrum::of(&note.frames[4_800..76_800], RATE_HZ);
    let cents = pitch::around(&spectrum, f0).unwrap().cents;
    assert!(cents.abs() < 1.0, "{cents} cents");
}

#[test]
fn a_source_an_octave_off_is_transposed_with_a_warning() {
    let f0 = key_hz(60);
    let a = tone(f0, 1.5, 0.05, 0.0, |hz| 300.0 / (hz + 300.0));
    let b = tone(2.0 * f0, 1.5, 0.05, 0.0, |hz| 900.0 / (hz + 900.0));
    let (set, warnings) = analyse(&[input(a), input(b)], 60, timeline(1.2, false));
    assert!(warnings.iter().any(|(i, w)| *i == 1 && w.contains("octave")), "{warnings:?}");
    let spectrum = spectrum::LongSpectrum::of(&set.source(1)[4_800..38_400], RATE_HZ);
    assert!(pitch::share(&spectrum, f0) > 0.5);
}

#[test]
fn a_clearly_harmonic_source_at_another_pitch_is_transposed_with_a_warning() {
    // The fifth harmonic of the first lies in a slot of the root; the last is three octaves up.
    for semitones in [-4.0, 3.0, 7.0, -24.0, 36.0] {
        let f0 = key_hz(60) * f64::exp2(semitones / 12.0);
        let source = Recording::plain(tone(f0, 1.5, 0.02, 0.0, |hz| 300.0 / (hz + 300.0)), RATE_HZ);
        let tuned = prepare::tune(&[source], timeline(1.2, false), 0.0, 0.0, 60);
        assert!((tuned.cents + 100.0 * semitones).abs() < 1.0, "{semitones}: {} cents", tuned.cents);
        assert!(tuned.warnings.iter().any(|w| w.contains("transposed")), "{semitones}: {:?}", tuned.warnings);
    }
}

#[test]
fn a_drum_is_not_moved_to_where_its_lines_would_be_in_tune() {
    // Ideal membrane, at whatever key it is played.
    for (key, hz) in [(36, 96.0), (60, 87.2), (84, 90.0)] {
        let frames: Vec<[f32; 2]> = (0..72_000)
            .map(|n| {
                let t = f64::from(n) / RATE_HZ;
                let mode = |ratio: f64| (TAU * hz * ratio * t).sin() * (-6.0 * ratio * t).exp();
                [(0.3 * mode(1.0) + 0.1 * mode(1.594) + 0.1 * mode(2.136)) as f32; 2]
            })
            .collect();
        let tuned = prepare::tune(&[Recording::plain(frames, RATE_HZ)], timeline(1.2, false), 0.0, 0.0, key);
        assert_eq!(tuned.cents, 0.0, "{key}: {:?}", tuned.warnings);
        assert!(tuned.warnings.iter().any(|w| w.contains("strongest line is at")), "{key}: {:?}", tuned.warnings);
    }
}

#[test]
fn a_source_is_brought_in_tune_and_then_raised_as_the_musician_wants() {
    let f0 = key_hz(60);
    let off = f0 * f64::exp2(13.0 / 1200.0);
    let source = Recording::plain(tone(off, 1.5, 0.02, 0.0, |hz| 300.0 / (hz + 300.0)), RATE_HZ);
    for raise_cents in [20.0, -700.0, 1200.0] {
        let tuned = prepare::tune(std::slice::from_ref(&source), timeline(1.2, false), raise_cents, 0.0, 60);
        assert!((tuned.cents + 13.0 - raise_cents).abs() < 0.2, "{raise_cents}: {}", tuned.cents);
        assert!(tuned.warnings.is_empty(), "{raise_cents}: {:?}", tuned.warnings);
        let spectrum = spectrum::LongSpectrum::of(&tuned.prepared.render(None)[4_800..33_600], RATE_HZ);
        let found = pitch::around(&spectrum, f0 * f64::exp2(raise_cents / 1200.0)).unwrap();
        assert!(found.cents.abs() < 0.2, "{raise_cents}: {found:?}");
    }
}

#[test]
fn between_a_tuned_source_and_others_all_partials_lie_between() {
    let f0 = key_hz(60);
    // Each has partials that are louder than the other's.
    let tones = |raise_cents: f64| {
        let dark = input(tone(f0, 1.5, 0.02, 0.0, |hz| 300.0 / (hz + 300.0)));
        let bright = tone(f0, 1.5, 0.02, 0.0, |hz| if hz < 800.0 { 0.05 } else { 0.6 });
        [dark, Input { raise_cents, ..input(bright) }]
    };
    for (raise_cents, middle_cents) in [(20.0, 10.0), (-30.0, -15.0), (240.0, 120.0), (700.0, 350.0), (1190.0, -5.0)] {
        let (set, _) = analyse(&tones(raise_cents), 60, timeline(1.2, false));
        let note = set.note(&[0.5, 0.5], &[0.5, 0.5]);
        let wanted = f0 * f64::exp2(middle_cents / 1200.0);
        assert!((note.f0_hz / wanted - 1.0).abs() < 1e-9, "{raise_cents}: {} of {wanted} Hz", note.f0_hz);
        let spectrum = spectrum::LongSpectrum::of(&note.frames[9_600..52_800], RATE_HZ);
        // Of what is an octave higher, every other partial is none.
        for k in (1..=10).filter(|k| raise_cents < 1000.0 || k % 2 == 0) {
            let hz = wanted * f64::from(k);
            let lines = spectrum.peaks(hz - 0.4 * f0, hz + 0.4 * f0, 12.0);
            assert_eq!(lines.len(), 1, "{raise_cents}, {k}: {lines:?}");
            let cents = 1200.0 * (lines[0].0 / hz).log2();
            assert!(cents.abs() < 0.5, "{raise_cents}, {k}: {cents} cents");
        }
    }
}

#[test]
fn a_line_of_one_source_is_not_lifted_by_a_formant() {
    let f0 = key_hz(60);
    // The note's formant lies where this faint line is.
    let with_line = tone(f0, 1.5, 0.02, 0.0, |hz| if hz < 1_900.0 { 1.0 } else { 0.002 });
    let line = |n: usize| (1e-3 * (TAU * 12.79 * f0 * n as f64 / RATE_HZ).sin()) as f32;
    let with_line: Vec<[f32; 2]> = with_line.iter().enumerate().map(|(n, f)| f.map(|v| v + line(n))).collect();
    let bright = tone(f0, 1.5, 0.02, 0.0, |hz| if (2_500.0..6_000.0).contains(&hz) { 1.0 } else { 0.01 });
    let (set, _) = analyse(&[input(with_line), input(bright)], 60, timeline(1.2, false));
    assert!(!set.models[0].strays.hz.is_empty(), "the line is found");
    for w in [0.25, 0.5, 0.75] {
        let note = set.note(&[1.0 - w, w], &[1.0 - w, w]);
        let hz = 12.79 * f0;
        let (sin, cos) = note.frames[9_600..52_800].iter().enumerate().fold((0.0, 0.0), |(s, c), (n, f)| {
            let phase = TAU * hz * n as f64 / RATE_HZ;
            (s + f64::from(f[0]) * phase.sin(), c + f64::from(f[0]) * phase.cos())
        });
        let amplitude = 2.0 * f64::hypot(sin, cos) / 43_200.0;
        assert!(amplitude < 4e-3, "{w}: {:.1} dB for -60", 20.0 * amplitude.log10());
    }
}

#[test]
fn a_tuned_source_leaves_no_hole_in_the_loop() {
    let f0 = key_hz(60);
    let a = tone(f0, 4.0, 0.05, 0.0, |hz| 300.0 / (hz + 300.0));
    let b = tone(f0, 4.0, 0.002, 0.0, |hz| 900.0 / (hz + 900.0));
    for raise_cents in [7.0, -12.0, 20.0] {
        let sources = [input(a.clone()), Input { raise_cents, ..input(b.clone()) }];
        let (set, _) = analyse(&sources, 60, timeline(3.0, true));
        let points = set.plan().loop_frames.expect("a loop");
        for w in [0.25, 0.5, 0.75] {
            let note = set.note(&[1.0 - w, w], &[1.0 - w, w]);
            let level = |frames: &[[f32; 2]]| frames.iter().map(|f| f64::from(f[0]).powi(2)).sum::<f64>();
            // 11.5 ms: three periods.
            let chunks: Vec<f64> = note.frames[points.start..points.end].chunks_exact(550).map(level).collect();
            let middle = chunks[chunks.len() / 2];
            let lowest = chunks.iter().copied().fold(f64::INFINITY, f64::min);
            let db = 10.0 * (lowest / middle).log10();
            assert!(db > -1.0, "{raise_cents} cents, {w}: a hole of {db:.1} dB");
        }
    }
}

#[test]
fn loops_have_no_click_and_are_one_for_all() {
    let f0 = key_hz(60);
    let a = tone(f0, 4.0, 0.05, 0.0, |hz| 300.0 / (hz + 300.0));
    let b = tone(f0, 4.0, 0.002, 1.5, |hz| 900.0 / (hz + 900.0));
    let (set, _) = analyse(&[input(a), input(b)], 60, timeline(3.0, true));
    let points = set.plan().loop_frames.expect("a loop");
    for w in [0.0, 0.3, 0.5, 1.0] {
        let note = set.note(&[1.0 - w, w], &[1.0 - w, w]);
        assert_eq!((note.loop_frames, note.frames.len()), (Some(points), set.plan().frames));
        let click = crate::looping::seam::click_db(&note.frames, points, RATE_HZ);
        assert!(click < 3.0, "{w}: {click} dB");
    }
}

#[test]
fn bad_sources_make_no_bad_notes() {
    let f0 = key_hz(60);
    let good = || input(tone(f0, 1.0, 0.02, 0.0, |hz| 300.0 / (hz + 300.0)));
    let mut hiss = noise();
    let clipped = tone(f0, 1.0, 0.02, 0.0, |_| 20.0).into_iter().map(|f| f.map(|s| s.clamp(-1.0, 1.0))).collect();
    let bad: Vec<(&str, Input)> = vec![
        ("silence", input(vec![[0.0; 2]; 20_000])),
        ("nothing", input(Vec::new())),
        ("a click", input(vec![[1.0; 2]; 3])),
        ("noise", input((0..40_000).map(|_| [hiss() as f32 * 0.2; 2]).collect())),
        ("clipping", input(clipped)),
        ("one channel", input(tone(f0, 0.8, 0.02, 0.0, |_| 0.3).into_iter().map(|f| [f[0], 0.0]).collect())),
        (
            "16 kHz",
            Input {
                recordings: vec![Recording::plain(tone(3.0 * f0, 0.3, 0.02, 0.0, |_| 0.1), 16_000.0)],
                raise_cents: 0.0,
                gain_db: 0.0,
            },
        ),
    ];
    for looping in [true, false] {
        for (name, input) in &bad {
            let sources = [good(), input.clone()];
            let (set, _) = analyse(&sources, 60, timeline(1.0, looping));
            let loudest = set.note(&[1.0, 0.0], &[1.0, 0.0]).loudness_lufs;
            let loudest = loudest.max(set.note(&[0.0, 1.0], &[0.0, 1.0]).loudness_lufs);
            for (t, d) in [([0.5, 0.5], [0.5, 0.5]), ([0.0, 1.0], [1.0, 0.0]), ([1.2, -0.2], [1.2, -0.2])] {
                let note = set.note(&t, &d);
                assert!(finite(&note.frames), "{name} {t:?}");
                let inside = t[0] <= 1.0;
                assert!(!inside || note.loudness_lufs <= loudest + 1.0, "{name} {t:?}: {}", note.loudness_lufs);
            }
        }
    }
}

#[test]
fn the_same_sources_make_the_same_notes() {
    let f0 = key_hz(60);
    let make = || {
        let a = tone(f0, 1.0, 0.02, 0.0, |hz| 300.0 / (hz + 300.0));
        let b = tone(f0, 1.0, 0.02, 2.0, |hz| 900.0 / (hz + 900.0));
        analyse(&[input(a), input(b)], 60, timeline(1.0, true)).0.note(&[0.4, 0.6], &[0.4, 0.6])
    };
    assert_eq!(make(), make());
}
