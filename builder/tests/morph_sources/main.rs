//! Sources as they come: the morph must make something decent of any two of them, and say what it
//! could not use. Each test is a kind of source beside a soft organ, whose sounds would let any
//! click be heard; what must always hold stands in [`manners`].

mod manners;
mod sounds;

use betwixt_builder::import::Instrument;
use betwixt_builder::metrics;
use betwixt_builder::morph::{self, Input};
use betwixt_builder::prepare::Timeline;
use betwixt_builder::recipe::SourceRef;
use manners::{check, check_within, faults};
use sounds::{Tone, chorus_pad, each, hiss, hz, input, input_at, noise, vowel};

const KEY: u8 = 60;

#[test]
fn detuned() {
    for cents in [-45.0, 30.0] {
        let mut tone = Tone::series(KEY, 0.0, |k, _| 1.0 / f64::from(k), 30);
        tone.partials.iter_mut().for_each(|p| p.0 *= f64::exp2(cents / 1200.0));
        let done = check("detuned", &[Tone::soft(KEY).input(), tone.input()], KEY);
        assert!(done.middle_cents(hz(KEY)) < 1.0, "{cents}: {}", done.middle_cents(hz(KEY)));
    }
}

#[test]
fn vibrato() {
    let tone = Tone { vibrato: (40.0, 5.5), ..Tone::series(KEY, 0.0, |k, _| 1.0 / f64::from(k), 30) };
    let done = check("vibrato", &[Tone::soft(KEY).input(), tone.input()], KEY);
    assert!(done.middle_cents(hz(KEY)) < 4.0, "{}", done.middle_cents(hz(KEY)));
}

#[test]
fn a_root_that_is_an_octave_wrong_is_said_and_mended() {
    for (octaves, how) in [(12i16, "an octave above"), (-12, "an octave below")] {
        let key = (i16::from(KEY) + octaves) as u8;
        let tone = Tone::series(key, 0.0, |k, _| 1.0 / f64::from(k), 20);
        let done = check("an octave off", &[Tone::soft(KEY).input(), tone.input()], KEY);
        assert!(done.warns(1, how), "{:?}", done.warnings);
        assert!(done.middle_cents(hz(KEY)) < 1.0, "{}", done.middle_cents(hz(KEY)));
        assert!(!done.warnings.iter().any(|(i, _)| *i == 0), "{:?}", done.warnings);
    }
}

#[test]
fn lengths_and_attacks_that_differ() {
    let short = Tone { seconds: 0.25, attack: 0.002, ..Tone::soft(KEY) };
    let slow = Tone { seconds: 2.0, attack: 0.5, ..Tone::soft(KEY) };
    let swell = Tone { seconds: 2.0, attack: 2.0, ..Tone::soft(KEY) };
    check("a short one", &[slow.input(), short.input()], KEY);
    check("a swell", &[short.input(), swell.input()], KEY);
}

#[test]
fn struck() {
    let piano = Tone::series(KEY, 4e-4, |k, _| 1.0 / f64::from(k), 40).decaying(1.5, 1.0);
    let marimba = [(1.0, 1.0, 6.0), (3.93, 0.4, 14.0), (9.2, 0.2, 30.0)];
    check("piano", &[Tone::soft(KEY).input(), Tone { attack: 0.001, ..piano.clone() }.input()], KEY);
    check("marimba", &[Tone::soft(KEY).input(), Tone::ringing(KEY, &marimba).input()], KEY);
    check("piano and marimba", &[piano.input(), Tone::ringing(KEY, &marimba).input()], KEY);
    let bars = [(1.0, 1.0, 2.0), (2.76, 0.5, 4.0), (5.4, 0.3, 7.0), (8.9, 0.1, 12.0)];
    check("glockenspiel", &[Tone::soft(84).input(), Tone::ringing(84, &bars).input()], 84);
}

#[test]
fn plucked_bowed_and_blown() {
    let plucked = Tone { attack: 0.001, ..Tone::series(KEY, 5e-5, |k, _| 1.0 / f64::from(k), 50).decaying(3.0, 2.0) };
    let saw = Tone::series(KEY, 0.0, |k, _| 1.0 / f64::from(k), 60);
    let bowed = Tone { attack: 0.12, vibrato: (15.0, 5.8), breath: 0.05, ..saw };
    let blown = Tone { attack: 0.07, breath: 0.25, ..Tone::series(KEY, 0.0, |k, _| 0.4f64.powi(k - 1), 8) };
    check("plucked and bowed", &[plucked.input(), bowed.input()], KEY);
    check("bowed and blown", &[bowed.input(), blown.input()], KEY);
}

#[test]
fn voices() {
    let (ah, ee) = (vowel(48, [700.0, 1_100.0, 2_600.0]), vowel(48, [280.0, 2_250.0, 3_000.0]));
    let done = check("vowels", &[ah.input(), ee.input()], 48);
    assert!(done.middle_cents(hz(48)) < 4.0, "{}", done.middle_cents(hz(48)));
}

#[test]
fn an_organ_and_a_pad_with_chorus() {
    let drawbars = [(0.5, 0.6), (1.0, 1.0), (1.5, 0.5), (2.0, 0.7), (3.0, 0.4), (4.0, 0.5), (8.0, 0.3)];
    let mut organ = Tone::soft(KEY);
    organ.partials = drawbars.iter().map(|(ratio, a)| (hz(KEY) * ratio, *a, 0.0)).collect();
    let done = check("organ and pad", &[organ.input(), input(chorus_pad(KEY))], KEY);
    assert!(done.warnings.is_empty(), "an organ with 16 feet is not an octave low: {:?}", done.warnings);
    // A chorus of ±9 cents has its pitch on the average of longer than this.
    assert!(done.middle_cents(hz(KEY)) < 9.0, "{}", done.middle_cents(hz(KEY)));
}

#[test]
fn a_bass_at_30_hertz() {
    let saw = Tone { attack: 0.004, ..Tone::series(23, 0.0, |k, _| 1.0 / f64::from(k), 200) };
    let done = check("bass", &[Tone::soft(23).input(), saw.input()], 23);
    assert!(done.middle_cents(hz(23)) < 4.0, "{}", done.middle_cents(hz(23)));
}

#[test]
fn notes_at_2_kilohertz_and_higher() {
    for key in [96, 108, 120] {
        let bright = Tone::series(key, 0.0, |k, _| 1.0 / f64::from(k), 8);
        let bell = Tone::ringing(key, &[(1.0, 1.0, 4.0), (1.7, 0.5, 9.0)]);
        let done = check("high", &[Tone::soft(key).input(), bright.input()], key);
        assert!(done.middle_cents(hz(key)) < 4.0, "{key}: {}", done.middle_cents(hz(key)));
        check("a high bell", &[Tone::soft(key).input(), bell.input()], key);
    }
}

#[test]
fn noise_is_morphed_by_its_bands_and_that_is_said() {
    let done = check("noise", &[Tone::soft(KEY).input(), input(hiss(1.2, 0.0))], KEY);
    assert!(done.warns(1, "no clear pitch"), "{:?}", done.warnings);
    let both = check("two noises", &[input(hiss(1.2, 0.0)), input(hiss(0.8, 4.0))], KEY);
    assert!(both.warns(0, "no clear pitch") && both.warns(1, "no clear pitch"), "{:?}", both.warnings);
    // There is something in the middle, and it is no tone.
    let middle = metrics::Note::new(both.middle, None);
    let lufs = metrics::loudness::momentary_lufs(&middle.frames);
    assert!((-60.0..0.0).contains(&lufs), "{lufs} LUFS");
    assert!(metrics::noise::hnr_db(&middle, hz(KEY)).is_none_or(|db| db < 6.0));
}

#[test]
fn silence() {
    for frames in [vec![[0.0f32; 2]; 30_000], Vec::new()] {
        let done = check("silence", &[Tone::soft(KEY).input(), input(frames.clone())], KEY);
        assert!(done.warns(1, "silent"), "{:?}", done.warnings);
        // Half-way to silence a sound is softer, and there.
        let lufs = |frames: Vec<[f32; 2]>| metrics::loudness::momentary_lufs(&metrics::Note::new(frames, None).frames);
        let (corner, middle) = (lufs(Tone::soft(KEY).frames()), lufs(done.middle));
        assert!((middle - corner + 12.0).abs() < 1.0, "{middle} LUFS in the middle, {corner} at the corner");
        check("nothing but silence", &[input(frames.clone()), input(frames)], KEY);
    }
}

#[test]
fn one_channel() {
    let left = each(Tone::soft(KEY).frames(), |f| [f[0], 0.0]);
    let right = each(Tone::soft(KEY).frames(), |f| [0.0, f[1]]);
    check("left and right", &[input(left.clone()), input(right)], KEY);
    check("left and both", &[input(left), Tone::soft(KEY).input()], KEY);
}

#[test]
fn channels_of_opposite_phase() {
    let opposite = || input(each(Tone::soft(KEY).frames(), |f| [f[0], -f[0]]));
    let done = check("opposite", &[Tone::soft(KEY).input(), opposite()], KEY);
    assert!(!done.warns(1, "pitch"), "{:?}", done.warnings);
    check("both opposite", &[opposite(), opposite()], KEY);
}

#[test]
fn clipped() {
    let clipped = each(Tone { amplitude: 20.0, ..Tone::soft(KEY) }.frames(), |f| f.map(|s| s.clamp(-1.0, 1.0)));
    check("clipped", &[Tone::soft(KEY).input(), input(clipped)], KEY);
}

#[test]
fn a_constant_offset() {
    let offset = |frames: Vec<[f32; 2]>| input(each(frames, |f| f.map(|s| s + 0.2)));
    let mut late = vec![[0.0; 2]; 14_400];
    late.extend(Tone::soft(KEY).frames());
    let done = check("offset", &[Tone::soft(KEY).input(), offset(late)], KEY);
    assert!(done.warns(1, "offset"), "{:?}", done.warnings);
    assert!(done.middle_cents(hz(KEY)) < 1.0, "{}", done.middle_cents(hz(KEY)));
    // The tone, not the offset, is where the sound begins.
    let middle = metrics::Note::new(done.middle, None);
    let early = metrics::envelope::contour(&middle.frames, 480);
    assert!(early[2] > 0.1 * early[10], "{:?}", &early[..12]);
}

#[test]
fn eight_bits() {
    let coarse = |frames: Vec<[f32; 2]>| each(frames, |f| f.map(|s| (s * 128.0).round() / 128.0));
    let piano = Tone::series(KEY, 4e-4, |k, _| 1.0 / f64::from(k), 40).decaying(3.0, 1.0);
    check("8 bits", &[Tone::soft(KEY).input(), input(coarse(piano.frames()))], KEY);
    let faint = Tone { amplitude: 0.01, ..Tone::soft(KEY) };
    check("8 bits, faint", &[Tone::soft(KEY).input(), input(coarse(faint.frames()))], KEY);
}

#[test]
fn sixteen_kilohertz_mono_beside_96_kilohertz_stereo() {
    let narrow = Tone { rate_hz: 16_000.0, ..Tone::series(KEY, 0.0, |k, _| 1.0 / f64::from(k), 25) };
    let narrow = input_at(each(narrow.frames(), |f| [f[0]; 2]), 16_000.0);
    let wide = Tone { rate_hz: 96_000.0, ..Tone::series(KEY, 0.0, |k, _| 1.0 / f64::from(k), 60) };
    let done = check("rates", &[narrow, wide.input()], KEY);
    assert!(done.middle_cents(hz(KEY)) < 1.0, "{}", done.middle_cents(hz(KEY)));
}

#[test]
fn files_of_one_sample_of_a_millisecond_and_of_minutes() {
    let soft = || Tone::soft(KEY).input();
    check("a sample", &[soft(), input(vec![[0.5; 2]])], KEY);
    check("two samples", &[input(vec![[0.5; 2]]), input(vec![[-0.5; 2]])], KEY);
    // In looped notes of 1 s the middle's start bends 3.04 times as sharply as its sources', in others less.
    check_within("a millisecond", &[soft(), input(Tone { seconds: 0.001, ..Tone::soft(KEY) }.frames())], KEY, 1.2);
    let long = Tone { rate_hz: 8_000.0, seconds: 120.0, partials: vec![(hz(KEY), 1.0, 0.0)], ..Tone::soft(KEY) };
    let done = check("two minutes", &[soft(), long.input()], KEY);
    assert!(done.set.plan().frames <= 48_000);
    check_within("a note of 50 ms", &[soft(), Tone::ringing(KEY, &[(1.0, 1.0, 5.0)]).input()], KEY, 0.05);
}

#[test]
fn a_click_and_a_sine() {
    let mut click = vec![[0.0f32; 2]; 24_000];
    click[3_000] = [1.0; 2];
    check("a click", &[Tone::soft(KEY).input(), input(click.clone())], KEY);
    check("two clicks", &[input(click.clone()), input(click)], KEY);
    let sine = Tone { partials: vec![(hz(KEY), 1.0, 0.0)], ..Tone::soft(KEY) };
    let done = check("a sine", &[Tone::soft(KEY).input(), sine.input()], KEY);
    assert!(done.middle_cents(hz(KEY)) < 1.0);
    check("two sines", &[sine.input(), Tone { attack: 0.4, ..sine }.input()], KEY);
}

#[test]
fn a_sound_that_begins_late() {
    let mut late = vec![[0.0f32; 2]; 120_000];
    late.extend(Tone::soft(KEY).frames());
    let done = check("late", &[Tone::soft(KEY).input(), input(late.clone())], KEY);
    assert!(!done.warns(1, "silent"), "{:?}", done.warnings);
    let corner = done.set.note(&[0.0, 1.0], &[0.0, 1.0]);
    assert!(corner.loudness_lufs > -40.0, "{}", corner.loudness_lufs);
    // So it is with what an idle preamplifier records before it.
    let mut hiss = noise(5);
    late[..120_000].iter_mut().for_each(|f| *f = [1e-5 * hiss() as f32; 2]);
    let done = check("late, with hiss", &[Tone::soft(KEY).input(), input(late)], KEY);
    assert!(done.middle_cents(hz(KEY)) < 1.0, "{}", done.middle_cents(hz(KEY)));
}

/// Level every 20 ms, in dB under its maximum, 60 dB deep.
fn contour_db(frames: &[[f32; 2]]) -> Vec<f64> {
    let contour = metrics::envelope::contour(frames, 480);
    let top = contour.iter().copied().fold(1e-30, f64::max);
    contour.into_iter().map(|p| 10.0 * (p / top).max(1e-6).log10()).collect()
}

#[test]
fn a_timbre_lasts_as_long_as_the_dynamics_that_it_is_given() {
    let bars = [(1.0, 1.0, 12.0), (3.93, 0.4, 20.0), (9.2, 0.2, 40.0)];
    let struck = Tone { seconds: 1.2, ..Tone::ringing(KEY, &bars) };
    let held = Tone { seconds: 3.0, ..Tone::soft(KEY) };
    for looping in [false, true] {
        let timeline = Timeline { rate_hz: 48_000.0, frames: 120_000, looping };
        let (set, _) = morph::analyse(&[struck.input(), held.input()], KEY, timeline);
        let (timbre, dynamics) = (set.note(&[1.0, 0.0], &[1.0, 0.0]), set.note(&[0.0, 1.0], &[0.0, 1.0]));
        let hybrid = set.note(&[1.0, 0.0], &[0.0, 1.0]);
        let off = contour_db(&hybrid.frames).into_iter().zip(contour_db(&dynamics.frames)).map(|(a, b)| a - b);
        let off = metrics::stats::rms(off.take(100));
        assert!(off < 1.5, "loops {looping}: the level is {off} dB off");
        // The bar's second partial is there, where the organ has nothing, and the organ's harmonics are not.
        let power = |frames: &[[f32; 2]], ratio: f64| {
            let spectrum = morph::spectrum::LongSpectrum::of(&frames[24_000..72_000], 48_000.0);
            let hz = ratio * hz(KEY);
            spectrum.sum(hz - 15.0, hz + 15.0) / spectrum.sum(20.0, 20_000.0)
        };
        assert!(power(&dynamics.frames, 2.0) > 0.05 && power(&hybrid.frames, 2.0) < 0.01, "loops {looping}");
        assert!(power(&timbre.frames, 1.0) > 0.5 && power(&hybrid.frames, 1.0) > 0.5, "loops {looping}");
    }
}

#[test]
fn past_a_source_bands_go_twelve_decibels_and_no_further() {
    // Treble differs by 80 dB, so a quarter more would be 20; and one of the two dies.
    let bright = Tone { seconds: 1.5, ..Tone::series(KEY, 0.0, |k, _| 1.0 / f64::from(k), 40) };
    let dull = Tone::series(KEY, 0.0, |k, f| if f > 2_000.0 { 1e-5 } else { 1.0 / f64::from(k) }, 40);
    let dull = Tone { seconds: 1.5, ..dull.decaying(8.0, 0.0) };
    let timeline = Timeline { rate_hz: 48_000.0, frames: 60_000, looping: false };
    let (set, _) = morph::analyse(&[bright.input(), dull.input()], KEY, timeline);
    let bands = |w: f64| {
        let note = set.note(&[1.0 - w, w], &[1.0 - w, w]);
        metrics::Note::new(note.frames, None).bands.mean_bands(3..40)
    };
    for (past, source) in [(-0.25, 0.0), (1.25, 1.0)] {
        let (past_bands, bands) = (bands(past), bands(source));
        let floor = 1e-4 * bands.iter().copied().fold(0.0, f64::max);
        let heard = past_bands.iter().zip(&bands).filter(|(_, b)| **b > floor);
        let gains: Vec<f64> = heard.map(|(p, b)| 10.0 * (p / b).log10()).collect();
        // Loudness is brought back, so what counts is how far bands have moved apart.
        let point = |share| metrics::stats::percentile(&gains, share).unwrap();
        let spread = point(0.9) - point(0.1);
        assert!(spread < 15.0, "{past}: {spread} dB, bands {gains:?} dB from the source");
    }
}

#[test]
fn faint_and_loud() {
    let faint = Tone { amplitude: 3e-5, ..Tone::soft(KEY) };
    let loud = Tone { amplitude: 8.0, ..Tone::soft(KEY) };
    check("faint and loud", &[faint.input(), loud.input()], KEY);
}

#[test]
#[ignore = "needs General MIDI: BETWIXT_FONT=FILE.sf2 cargo test --test morph_sources -- --ignored --nocapture"]
fn all_sounds_of_general_midi() {
    let file = std::env::var("BETWIXT_FONT").expect("BETWIXT_FONT=FILE.sf2");
    let mut wrong = Vec::new();
    for program in 0..128 {
        let font = SourceRef::Preset { file: file.clone().into(), bank: 0, program };
        let instrument = Instrument::open(&font, &[]).unwrap();
        for key in [36, 60, 84] {
            let Ok(recordings) = instrument.note(key) else { continue };
            let it = Input { recordings, raise_cents: 0.0, gain_db: 0.0 };
            let name = format!("{program} {} {key}", instrument.name);
            let (done, bad) = faults(&name, &[Tone::soft(key).input(), it], key, 1.0);
            done.warnings.iter().for_each(|(i, w)| println!("{name}, source {i}: {w}"));
            wrong.extend(bad);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
