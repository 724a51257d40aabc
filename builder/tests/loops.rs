//! What a musician would loop is looped in packs of any length, and more seconds never cost a loop.

use std::f64::consts::TAU;
use std::path::Path;

use betwixt_builder::import::Instrument;
use betwixt_builder::looping::{self, Shared};
use betwixt_builder::metrics::{Note, seam};
use betwixt_builder::morph::{self, Input};
use betwixt_builder::plan;
use betwixt_builder::prepare::{Prepared, Timeline};
use betwixt_builder::recipe::Recipe;
use betwixt_builder::recording::Recording;
use betwixt_engine::resident::LoopFrames;
use rayon::prelude::*;

const RATE_HZ: f64 = 48_000.0;
/// The shortest share of a pack's seconds that its loops may have.
const SHARE: f64 = 0.25;

fn timeline(seconds: f64) -> Timeline {
    Timeline { rate_hz: RATE_HZ, frames: (seconds * RATE_HZ) as usize, looping: true }
}

/// A recording of `seconds` of a pitch in Hz (which may move) and a level, both over time.
fn tone(seconds: f64, hz: impl Fn(f64) -> f64, level: impl Fn(f64, f64) -> f64) -> Recording {
    let mut turns = 0.0;
    let frames: Vec<[f32; 2]> = (0..(seconds * RATE_HZ) as usize)
        .map(|n| {
            let t = n as f64 / RATE_HZ;
            turns += hz(t) / RATE_HZ;
            let partial = |k: f64, phase: f64| level(t, k) / k * (TAU * k * turns + phase * k * k).sin();
            [0.7, 0.9].map(|phase| (0.1 * (1..=9).map(|k| partial(f64::from(k), phase)).sum::<f64>()) as f32)
        })
        .collect();
    Recording::plain(frames, RATE_HZ)
}

/// A level that rises within some seconds and stays.
fn held(rise: f64) -> impl Fn(f64, f64) -> f64 {
    move |t, _| (t / rise).min(1.0)
}

/// One that is struck and falls by so many dB in a second, upper partials faster.
fn struck(fall: f64) -> impl Fn(f64, f64) -> f64 {
    move |t, k| (t / 0.003).min(1.0) * 10f64.powf(-(fall + 2.0 * k) * t / 20.0)
}

/// What sounds together is one source.
type Sources = Vec<Vec<Recording>>;

/// Sources of many manners, each set with one that sustains at least.
fn sets() -> Vec<(&'static str, Sources)> {
    let steady = || vec![tone(5.0, |_| 262.0, held(0.03))];
    let vibrato = || vec![tone(5.0, |t| 440.0 * (1.0 + 0.012 * (TAU * 5.3 * t).sin()), held(0.08))];
    let chorus = || [-6.0f64, 0.0, 5.0].map(|c| tone(5.0, move |_| 262.0 * (c / 1200.0).exp2(), held(0.1))).to_vec();
    let looped = vec![Recording {
        loop_frames: Some(LoopFrames { start: 9_600, end: 28_800 }),
        ..tone(0.7, |_| 220.0, held(0.02))
    }];
    let tremolo = |t: f64, _: f64| (t / 0.02).min(1.0) * (1.0 + 0.3 * (TAU * 4.1 * t).sin());
    let accent = |t: f64, _: f64| (t / 0.002).min(1.0) * (0.1 + 0.9 * 10f64.powf(-4.0 * t));
    vec![
        ("a steady tone", vec![steady()]),
        ("vibrato", vec![vibrato()]),
        ("a chorus", vec![chorus()]),
        ("a loop of its own beside vibrato", vec![looped.clone(), vibrato()]),
        ("tremolo", vec![vec![tone(5.0, |_| 349.0, tremolo)]]),
        ("a slow attack", vec![vec![tone(5.0, |_| 196.0, held(0.6))], steady()]),
        ("an accent", vec![vec![tone(5.0, |_| 65.4, accent)]]),
        ("a piano beside a chorus", vec![vec![tone(5.0, |_| 262.0, struck(6.0))], chorus()]),
        ("a marimba beside vibrato", vec![vec![tone(1.2, |_| 440.0, struck(60.0))], vibrato()]),
        ("four corners", vec![steady(), chorus(), vec![tone(3.0, |_| 262.0, struck(25.0))], looped]),
    ]
}

fn share(sources: &Sources, seconds: f64) -> Shared {
    let prepared: Vec<_> = sources.iter().map(|s| Prepared::new(s, timeline(seconds), 0.0, 0.0)).collect();
    looping::share(&prepared, timeline(seconds))
}

#[test]
fn what_sustains_loops_in_packs_of_any_length() {
    let lengths: Vec<f64> = (0..=20).map(|i| 1.0 + 0.15 * f64::from(i)).collect();
    let sets = sets();
    let jobs: Vec<(usize, f64)> = (0..sets.len()).flat_map(|s| lengths.iter().map(move |l| (s, *l))).collect();
    let faults: Vec<String> = jobs
        .into_par_iter()
        .filter_map(|(set, seconds)| {
            let (name, sources) = &sets[set];
            let shared = share(sources, seconds);
            let fault = |what: String| Some(format!("{name} in {seconds:.2} s: {what}"));
            let Some(points) = shared.loop_frames else { return fault("no loop".into()) };
            let length = (points.end - points.start) as f64 / RATE_HZ;
            if length < SHARE * seconds || points.end > shared.frames || shared.frames > timeline(seconds).frames {
                return fault(format!("{points:?} of {} frames", shared.frames));
            }
            shared.sources.into_iter().find_map(|frames| {
                if frames.len() != shared.frames {
                    return fault("a source of another length".into());
                }
                let seam = seam::measure(&Note::new(frames, Some(points)))?;
                // From 1.2 s on there is something to choose from.
                let (click_db, step_db) = if seconds < 1.19 { (3.0, 3.0) } else { (1.0, 0.5) };
                if seam.click_db > click_db || seam.step_db > step_db { fault(format!("{seam:?}")) } else { None }
            })
        })
        .collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn what_only_decays_has_no_loop_in_any_pack() {
    for seconds in [1.0, 1.5, 2.0, 3.0, 4.0] {
        let sources = vec![vec![tone(4.0, |_| 262.0, struck(8.0))], vec![tone(1.0, |_| 262.0, struck(30.0))]];
        assert_eq!(share(&sources, seconds).loop_frames, None, "{seconds}");
    }
}

/// The loops of a recipe's notes, were it of so many seconds.
fn loops(recipe: &Recipe, instruments: &[Instrument], seconds: f64) -> Vec<(u8, Option<f64>)> {
    plan::notes(&recipe.roots, [])
        .into_par_iter()
        .map(|note| {
            let input = |(anchor, instrument): (&betwixt_builder::recipe::Anchor, &Instrument)| Input {
                recordings: instrument.note(note.root).expect("a sound for each root"),
                raise_cents: anchor.tune_cents,
                gain_db: anchor.gain_db,
            };
            let inputs: Vec<Input> = recipe.anchors.iter().zip(instruments).map(input).collect();
            let (_, plan, _) = morph::sources(&inputs, note.root, timeline(seconds));
            (note.root, plan.loop_frames.map(|l| (l.end - l.start) as f64 / RATE_HZ))
        })
        .collect()
}

/// Needs the SoundFont of the factory recipes; where there is none, there is nothing to test.
#[test]
fn factory_recipes_loop_at_any_length() {
    for name in ["factory", "strike-and-breath"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/recipes").join(name).with_extension("json");
        let recipe = Recipe::read(&path).expect("a recipe");
        let open = |a: &betwixt_builder::recipe::Anchor| Instrument::open(&a.source, &[]);
        let Ok(instruments) = recipe.anchors.iter().map(open).collect::<Result<Vec<_>, _>>() else {
            eprintln!("no SoundFont: {name} was not tried");
            return;
        };
        for seconds in [1.2, 1.7, 1.95] {
            for (root, length) in loops(&recipe, &instruments, seconds) {
                let length = length.unwrap_or_else(|| panic!("{name}, {seconds} s: key {root} has no loop"));
                assert!(length >= SHARE * seconds, "{name}, {seconds} s: key {root} loops {length:.2} s");
            }
        }
    }
}
