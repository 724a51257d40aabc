//! Packs from recipes: what the cache keeps, that nothing hangs on it or on the number of threads,
//! and where anchors may lie.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use betwixt_builder::cache::Cache;
use betwixt_builder::recipe::Recipe;
use betwixt_builder::{Options, Progress, Report, Work, build};
use betwixt_engine::pack::PackReader;
use betwixt_engine::wav::{Encoding, WavSpec};
use serde_json::{Value, json};

/// A note of C4: harmonics that fall by `slope`, with a swell that keeps it from being a test tone.
fn source(folder: &Path, name: &str, slope: f64, gain: f64) {
    let frames: Vec<f32> = (0..48_000)
        .flat_map(|n| {
            let t = f64::from(n) / 48_000.0;
            let level = gain * 0.1 * (t / 0.02).min(1.0) * (1.0 + 0.2 * (2.0 * t).sin());
            let tone = |detune: f64| -> f64 {
                (1..12)
                    .map(|k| {
                        let k = f64::from(k);
                        k.powf(-slope) * (std::f64::consts::TAU * 261.625_565 * k * t * detune + k * slope).sin()
                    })
                    .sum()
            };
            [(level * tone(1.0)) as f32, (level * tone(1.000_1)) as f32]
        })
        .collect();
    let spec = WavSpec { root: Some(60), ..WavSpec::stereo(48_000, Encoding::Float32) };
    spec.write_file(&folder.join(name), &frames).unwrap();
}

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        for (name, slope) in [("a_C4.wav", 0.4), ("b_C4.wav", 0.9), ("c_C4.wav", 1.4), ("d_C4.wav", 2.2)] {
            source(folder.path(), name, slope, 1.0);
        }
        Bench { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn recipe(&self, change: impl FnOnce(&mut Value)) -> Recipe {
        let mut recipe = json!({
            "grid": [3, 3], "seconds": 0.9, "roots": [57, 60],
            "anchors": [
                { "at": [0, 0], "source": "a_C4.wav" }, { "at": [1, 0], "source": "b_C4.wav" },
                { "at": [0, 1], "source": "c_C4.wav" }, { "at": [1, 1], "source": "d_C4.wav" },
            ],
        });
        change(&mut recipe);
        Recipe::from_json(&recipe, self.folder.path(), "test").unwrap()
    }

    /// Builds with the cache folder `cache`, and reads what was written.
    fn build(&self, recipe: &Recipe, cache: Option<&str>, jobs: usize) -> (Report, Vec<u8>) {
        let cache = cache.map(|name| Arc::new(Cache::at(&self.path(name), 1 << 30)));
        let out = self.path("out.btx");
        let report = build(recipe, &out, &Options { jobs: Some(jobs), cache, ..Options::default() }, &()).unwrap();
        (report, fs::read(out).unwrap())
    }
}

#[test]
fn a_second_build_finds_everything_and_writes_the_same_bytes() {
    let bench = Bench::new();
    let recipe = bench.recipe(|_| ());
    let (first, bytes) = bench.build(&recipe, Some("cache"), 2);
    assert_eq!(first.work, Work { sources_analysed: 8, sources_kept: 0, cells_made: 18, cells_kept: 0 });
    let (second, again) = bench.build(&recipe, Some("cache"), 2);
    assert_eq!(second.work, Work { sources_analysed: 0, sources_kept: 8, cells_made: 0, cells_kept: 18 });
    assert!(bytes == again, "the second build differs");
    assert_eq!((first.warnings, first.sha256), (second.warnings, second.sha256));
    // Without a cache, by one thread and by more than there are sources.
    for jobs in [1, 5] {
        let (report, plain) = bench.build(&recipe, None, jobs);
        assert_eq!(report.work.cells_kept, 0);
        assert!(bytes == plain, "{jobs} threads build another pack");
    }
}

#[test]
fn another_corner_is_the_only_one_analysed_and_cells_without_it_stay() {
    let bench = Bench::new();
    // The loop that all sources of a note share would move with one of them.
    let recipe = bench.recipe(|r| r["sustain"] = json!("natural"));
    bench.build(&recipe, Some("cache"), 2);
    source(bench.folder.path(), "d_C4.wav", 1.9, 1.0);
    let (report, bytes) = bench.build(&recipe, Some("cache"), 2);
    assert_eq!((report.work.sources_analysed, report.work.sources_kept), (2, 6));
    // The lower row and the left column of a 3 × 3 grid have nothing of the upper right corner.
    assert_eq!((report.work.cells_made, report.work.cells_kept), (8, 10));
    let (_, fresh) = bench.build(&recipe, None, 2);
    assert!(bytes == fresh, "kept cells are not what a fresh build makes");
    // Phases of all cells are told against the first corner's.
    source(bench.folder.path(), "a_C4.wav", 1.7, 1.0);
    let (report, bytes) = bench.build(&recipe, Some("cache"), 2);
    assert_eq!((report.work.cells_made, report.work.cells_kept), (18, 0));
    let (_, fresh) = bench.build(&recipe, None, 2);
    assert!(bytes == fresh, "kept cells are not what a fresh build makes");
}

#[test]
fn a_corner_that_becomes_the_loudest_changes_no_cell_without_it() {
    let bench = Bench::new();
    // Beside silence a sound's level hangs on the loudest of the cell's own corners, not of all.
    source(bench.folder.path(), "a_C4.wav", 1.0, 0.0);
    let loud = |db: i32| {
        bench.recipe(|r| {
            r["sustain"] = json!("natural");
            r["roots"] = json!([60]);
            r["anchors"][3]["gain_db"] = json!(db);
        })
    };
    bench.build(&loud(-40), Some("cache"), 2);
    let (_, bytes) = bench.build(&loud(6), Some("cache"), 2);
    let (_, fresh) = bench.build(&loud(6), None, 2);
    assert!(bytes == fresh, "kept cells are not what a fresh build makes");
}

#[test]
fn a_gain_or_a_longer_note_is_another_result() {
    let bench = Bench::new();
    bench.build(&bench.recipe(|_| ()), Some("cache"), 2);
    let louder = bench.recipe(|r| r["anchors"][1]["gain_db"] = json!(-3));
    let (report, bytes) = bench.build(&louder, Some("cache"), 2);
    assert_eq!(report.work.sources_analysed, 2);
    assert!(bytes == bench.build(&louder, None, 2).1);
    let longer = bench.recipe(|r| r["seconds"] = json!(0.8));
    let (report, bytes) = bench.build(&longer, Some("cache"), 2);
    assert_eq!(report.work.cells_kept, 0);
    assert!(bytes == bench.build(&longer, None, 2).1);
}

/// Stops a build after so many steps.
struct Stops(AtomicU64);

impl Progress for Stops {
    fn begin(&self, _: &'static str, _: u64) {}
    fn advance(&self, steps: u64) {
        let before = self.0.fetch_sub(steps, Ordering::Relaxed);
        assert!(before > steps, "stopped");
    }
}

#[test]
fn a_build_that_was_stopped_goes_on_where_it_was() {
    let bench = Bench::new();
    let recipe = bench.recipe(|_| ());
    let told = Told::default();
    let cache = || Some(Arc::new(Cache::at(&bench.path("cache"), 1 << 30)));
    build(&recipe, &bench.path("whole.btx"), &Options { jobs: Some(1), ..Options::default() }, &told).unwrap();
    let stops = Stops(AtomicU64::new(told.done.into_inner() / 2));
    let options = Options { jobs: Some(1), cache: cache(), ..Options::default() };
    let stopped = AssertUnwindSafe(|| build(&recipe, &bench.path("stopped.btx"), &options, &stops));
    assert!(catch_unwind(stopped).is_err());
    assert!(!bench.path("stopped.btx").exists());
    let (report, bytes) = bench.build(&recipe, Some("cache"), 1);
    assert!((4..18).contains(&report.work.cells_kept), "{:?}", report.work);
    assert_eq!(report.work.cells_kept + report.work.cells_made, 18);
    assert!(bytes == fs::read(bench.path("whole.btx")).unwrap(), "another pack");
}

#[test]
fn damaged_entries_are_made_again() {
    let bench = Bench::new();
    let recipe = bench.recipe(|_| ());
    let (_, bytes) = bench.build(&recipe, Some("cache"), 2);
    let entries = |kind: &str| -> Vec<PathBuf> {
        let all = fs::read_dir(bench.path("cache")).unwrap().flatten().map(|e| e.path());
        let mut own: Vec<_> = all.filter(|p| p.file_name().unwrap().to_string_lossy().starts_with(kind)).collect();
        own.sort();
        own
    };
    for kind in ["cell", "note", "sound", "source"] {
        let entry = entries(kind).swap_remove(0);
        let mut damaged = fs::read(&entry).unwrap();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 4;
        fs::write(&entry, damaged).unwrap();
    }
    // One note's facts are gone: its sources are looked at again, three of them known by heart. The
    // damaged entry and the damaged sound need not be the same cell's.
    let (report, again) = bench.build(&recipe, Some("cache"), 2);
    assert!((1..=2).contains(&report.work.cells_made) && report.work.sources_analysed <= 4, "{:?}", report.work);
    assert!(bytes == again);
    let (report, _) = bench.build(&recipe, Some("cache"), 2);
    assert_eq!((report.work.cells_made, report.work.sources_analysed), (0, 0));
}

#[test]
fn anchors_lie_anywhere_and_their_cells_are_their_sources() {
    let bench = Bench::new();
    let names = ["a_C4.wav", "b_C4.wav", "c_C4.wav", "d_C4.wav"];
    let three = vec![[0.5, 1.0], [0.0, 0.0], [1.0, 0.0]];
    let five = vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, 0.5]];
    let sixteen: Vec<[f64; 2]> = (0..16).map(|i| [f64::from(i % 4) / 3.0, f64::from(i / 4) / 3.0]).collect();
    for (places, side) in [(vec![[0.0, 0.5], [1.0, 0.5]], 3), (three, 3), (five, 5), (sixteen, 7)] {
        let anchors: Vec<Value> =
            places.iter().enumerate().map(|(i, at)| json!({ "at": at, "source": names[i % 4] })).collect();
        let recipe = bench.recipe(|r| {
            r["anchors"] = json!(anchors);
            r["grid"] = json!([side, side]);
            r["roots"] = json!([60]);
            r["storage"] = json!("float");
        });
        assert_eq!(recipe.method, betwixt_builder::recipe::Method::Morph);
        bench.build(&recipe, None, 2);
        let pack = PackReader::open(&bench.path("out.btx")).unwrap();
        let cell = |at: &[f64; 2]| {
            let index = |v: f64| (v * (side - 1) as f64).round() as usize;
            pack.decode_cell(0, index(at[1]) * side + index(at[0])).unwrap()
        };
        // The same source on two places is the same cell; different ones differ.
        for (i, at) in places.iter().enumerate() {
            let here = cell(at);
            assert!(here.iter().flatten().all(|s| s.is_finite()) && here.iter().any(|f| f[0].abs() > 0.02));
            for (j, other) in places.iter().enumerate().take(i) {
                assert_eq!(here == cell(other), i % 4 == j % 4, "anchors {i} and {j} of {}", places.len());
            }
        }
        fs::remove_file(bench.path("out.btx")).unwrap();
    }
}

#[test]
fn a_pad_reaches_past_its_anchors_without_losing_its_head() {
    let bench = Bench::new();
    let peak = |extrapolate: f64| {
        let recipe = bench.recipe(|r| {
            r["extrapolate"] = json!(extrapolate);
            r["grid"] = json!([7, 7]);
            r["roots"] = json!([60]);
            r["storage"] = json!("float");
        });
        bench.build(&recipe, None, 2);
        let pack = PackReader::open(&bench.path("out.btx")).unwrap();
        let at = pack.manifest().anchors[3].at;
        let cells: Vec<f32> = (0..49)
            .map(|i| {
                let cell = pack.decode_cell(0, i).unwrap();
                assert!(cell.iter().flatten().all(|s| s.is_finite()));
                cell.iter().flatten().fold(0.0f32, |p, s| p.max(s.abs()))
            })
            .collect();
        (at, cells)
    };
    let (at, inside) = peak(0.0);
    assert_eq!(at, [1.0, 1.0]);
    let (at, beyond) = peak(0.25);
    assert!((at[0] - 5.0 / 6.0).abs() < 1e-12 && (at[1] - 5.0 / 6.0).abs() < 1e-12);
    let loudest = |cells: &[f32]| cells.iter().fold(0.0f32, |p, c| p.max(*c));
    assert!(loudest(&beyond) < 2.5 * loudest(&inside), "{} {}", loudest(&beyond), loudest(&inside));
    // The cell on an anchor is its source on both pads.
    assert_eq!(beyond[5 * 7 + 5], inside[48]);
}

/// Adds up what it is told.
#[derive(Default)]
struct Told {
    stages: AtomicU64,
    steps: AtomicU64,
    done: AtomicU64,
}

impl Progress for Told {
    fn begin(&self, _: &'static str, steps: u64) {
        self.stages.fetch_add(1, Ordering::Relaxed);
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }
    fn advance(&self, steps: u64) {
        self.done.fetch_add(steps, Ordering::Relaxed);
    }
}

#[test]
fn a_source_over_full_scale_makes_the_whole_pack_softer_in_one_go() {
    let bench = Bench::new();
    source(bench.folder.path(), "b_C4.wav", 0.9, 9.0);
    let recipe = bench.recipe(|_| ());
    let (told, out) = (Told::default(), bench.path("out.btx"));
    let cache = Some(Arc::new(Cache::at(&bench.path("cache"), 1 << 30)));
    let report = build(&recipe, &out, &Options { jobs: Some(2), cache, ..Options::default() }, &told).unwrap();
    let bytes = fs::read(&out).unwrap();
    // Nothing is made twice, and all that was made is told.
    assert_eq!(report.work, Work { sources_analysed: 8, sources_kept: 0, cells_made: 18, cells_kept: 0 });
    assert_eq!((told.stages.into_inner(), told.done.into_inner()), (1, told.steps.into_inner()));
    assert!(report.gain_db < -1.0, "{}", report.gain_db);
    assert!(report.warnings.iter().any(|w| w.contains("softer")), "{:?}", report.warnings);
    // No more is taken than the next whole decibel.
    assert_eq!(report.gain_db.fract(), 0.0);
    let pack = PackReader::open(&out).unwrap();
    let peak =
        |(note, cell)| pack.decode_cell(note, cell).unwrap().iter().flatten().fold(0.0f32, |p, s| p.max(s.abs()));
    let loudest = (0..18).map(|i| peak((i / 9, i % 9))).fold(0.0, f32::max);
    assert!((0.89..0.99996).contains(&loudest), "{loudest}");
    // The same from the cache, and where the entries of the cache, but not the sounds' facts, are gone.
    let (again, kept) = bench.build(&recipe, Some("cache"), 1);
    assert_eq!(again.work.cells_made, 0);
    assert!(bytes == kept);
    for entry in fs::read_dir(bench.path("cache")).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("cell") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    let (again, kept) = bench.build(&recipe, Some("cache"), 1);
    assert_eq!(again.work, Work { sources_analysed: 0, sources_kept: 8, cells_made: 18, cells_kept: 0 });
    assert!(bytes == kept);
}

#[test]
fn a_sound_that_sustains_is_never_silent_in_a_loop() {
    let bench = Bench::new();
    for seconds in [0.3, 0.5, 0.7, 0.9] {
        let recipe = bench.recipe(|r| {
            r["seconds"] = json!(seconds);
            r["roots"] = json!([60]);
            r["storage"] = json!("float");
        });
        let (report, _) = bench.build(&recipe, None, 2);
        let pack = PackReader::open(&bench.path("out.btx")).unwrap();
        let note = &pack.manifest().notes[0];
        assert_eq!(note.loop_points.is_none(), report.warnings.iter().any(|w| w.contains("no loop")), "{seconds} s");
        // With a loop, its level; without one, the level up to the fade at the end.
        let frames = note.frames as usize;
        let part = note.loop_points.as_ref().map_or(frames / 4..frames / 2, |l| l.start as usize..l.end as usize);
        for cell in 0..9 {
            let sound = pack.decode_cell(0, cell).unwrap();
            let power: f32 = sound[part.clone()].iter().map(|f| f[0] * f[0]).sum();
            let rms = (power / part.len() as f32).sqrt();
            assert!(rms > 0.01, "cell {cell} of {seconds} s: {rms}");
        }
    }
}

#[test]
fn a_rate_that_cannot_be_is_an_error() {
    let bench = Bench::new();
    let build = |rate_hz: u32, root: u8, tune_cents: f64| {
        let spec = WavSpec { root: Some(60), channels: 1, ..WavSpec::stereo(rate_hz, Encoding::Float32) };
        spec.write_file(&bench.path("b_C4.wav"), &[0.1, -0.2].repeat(4_000)).unwrap();
        let recipe = bench.recipe(|r| {
            r["roots"] = json!([root]);
            r["method"] = json!("blend");
            r["anchors"][1]["tune_cents"] = json!(tune_cents);
        });
        let error = build(&recipe, &bench.path("out.btx"), &Options::default(), &()).map_err(|e| e.to_string());
        error.err().unwrap_or_default()
    };
    assert_eq!(build(8_000, 60, 0.0), "");
    for (rate_hz, root, tune_cents) in [(3, 60, 0.0), (700, 60, 0.0), (8_000, 12, 0.0), (8_000, 36, -4_800.0)] {
        let error = build(rate_hz, root, tune_cents);
        assert!(error.contains("b_C4.wav") && error.contains(&format!("from its {rate_hz} Hz to 48000 Hz")), "{error}");
    }
}
