//! What must hold of every note between any two sources.

use betwixt_builder::metrics::{self, Note as Measured, RATE_HZ};
use betwixt_builder::morph::{self, Input, Set};
use betwixt_builder::prepare::Timeline;

/// No note is louder than the loudest source by more.
const LOUDER_DB: f64 = 1.0;
/// Nor is its peak.
const PEAK_DB: f64 = 4.01;
/// A seam stands out of what lies around it by this at most.
const CLICK_DB: f64 = 3.0;
/// Where inner notes begin to fade in, and where the onset lies, in frames.
const SILENT: usize = 330;
const ONSET: usize = 480;

/// Weights of timbre and of dynamics: between the sources, with one's timbre and the other's
/// dynamics, and past the sources.
const PLACES: [([f64; 2], [f64; 2]); 7] = [
    ([0.5, 0.5], [0.5, 0.5]),
    ([0.875, 0.125], [0.875, 0.125]),
    ([0.125, 0.875], [0.125, 0.875]),
    ([1.0, 0.0], [0.0, 1.0]),
    ([0.0, 1.0], [1.0, 0.0]),
    ([1.25, -0.25], [1.25, -0.25]),
    ([-0.25, 1.25], [-0.25, 1.25]),
];

/// A set that was checked.
pub(crate) struct Checked {
    pub(crate) set: Set,
    /// The warnings, each with its source's number.
    pub(crate) warnings: Vec<(usize, String)>,
    /// The middle of the two sources.
    pub(crate) middle: Vec<[f32; 2]>,
}

impl Checked {
    /// Does a warning about this source contain the text?
    pub(crate) fn warns(&self, source: usize, text: &str) -> bool {
        self.warnings.iter().any(|(i, w)| *i == source && w.contains(text))
    }

    /// How far the middle's pitch is off, in cents.
    pub(crate) fn middle_cents(&self, f0_hz: f64) -> f64 {
        metrics::pitch::cents(&Measured::new(self.middle.clone(), None), f0_hz).map_or(f64::NAN, f64::abs)
    }
}

/// Makes notes of two sources, with loops and without, and checks all of them. Everything that is
/// wrong is said at once.
pub(crate) fn check(name: &str, inputs: &[Input; 2], key: u8) -> Checked {
    check_within(name, inputs, key, 1.0)
}

/// The same with notes of another length.
pub(crate) fn check_within(name: &str, inputs: &[Input; 2], key: u8, seconds: f64) -> Checked {
    let (checked, wrong) = faults(name, inputs, key, seconds);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    checked
}

/// The notes of two sources, and all that is wrong with them.
pub(crate) fn faults(name: &str, inputs: &[Input; 2], key: u8, seconds: f64) -> (Checked, Vec<String>) {
    let mut wrong = Vec::new();
    let mut last = None;
    for looping in [true, false] {
        let timeline = Timeline { rate_hz: RATE_HZ, frames: (seconds * RATE_HZ) as usize, looping };
        let (set, warnings) = morph::analyse(inputs, key, timeline);
        let corners = [set.note(&[1.0, 0.0], &[1.0, 0.0]), set.note(&[0.0, 1.0], &[0.0, 1.0])];
        let most = |of: &dyn Fn(&[[f32; 2]]) -> f64| of(&corners[0].frames).max(of(&corners[1].frames));
        let (loudest, highest, roughest) =
            (corners[0].loudness_lufs.max(corners[1].loudness_lufs), most(&peak), most(&|f| rough(f, 0..f.len())));
        let mut middle = Vec::new();
        for (timbre, dynamics) in PLACES {
            let note = set.note(&timbre, &dynamics);
            let mut say = |what: String| {
                wrong.push(format!("{name}, loops {looping}, timbre {timbre:?}, dynamics {dynamics:?}: {what}"));
            };
            if note.frames.iter().flatten().any(|s| !s.is_finite()) {
                say("NaN or inf".into());
                continue;
            }
            if note.frames.len() != set.plan().frames || note.loop_frames != set.plan().loop_frames {
                say("its length or loop is not the plan's".into());
            }
            if note.loudness_lufs > loudest + LOUDER_DB {
                say(format!("{:.1} LUFS, the louder source has {loudest:.1}", note.loudness_lufs));
            }
            let over = 20.0 * (peak(&note.frames) / highest.max(1e-9)).log10();
            if over > PEAK_DB {
                say(format!("its peak is {over:.1} dB over the sources'"));
            }
            let early = peak(&note.frames[..SILENT.min(note.frames.len())]);
            if early > 1e-4 * highest {
                say(format!("{early} before the onset"));
            }
            // A click bends the wave more than anything in the sources, and in what follows, does.
            let begins = (2 * ONSET).min(note.frames.len());
            let start = rough(&note.frames, 0..begins);
            let later = rough(&note.frames, begins..note.frames.len());
            // Past the sources, levels may be 12 dB higher.
            let more = if timbre.iter().any(|w| *w > 1.0) { 5.0 } else { 3.0 };
            if start > more * roughest.max(later).max(1e-6) {
                say(format!("it clicks at its start: bent by {start:.2e}, the sources by {roughest:.2e} at most"));
            }
            if let Some(points) = note.loop_frames {
                let click = betwixt_builder::looping::seam::click_db(&note.frames, points, RATE_HZ);
                if click > CLICK_DB {
                    say(format!("its seam clicks by {click:.1} dB"));
                }
            }
            if timbre == [0.5, 0.5] {
                middle = note.frames;
            }
        }
        last = Some(Checked { set, warnings, middle });
    }
    (last.expect("two sets were checked"), wrong)
}

fn peak(frames: &[[f32; 2]]) -> f64 {
    frames.iter().flatten().fold(0.0, |top: f64, s| top.max(f64::from(s.abs())))
}

/// The largest second difference.
fn rough(frames: &[[f32; 2]], range: std::ops::Range<usize>) -> f64 {
    let bend = |w: &[[f32; 2]], c: usize| f64::from((w[0][c] - 2.0 * w[1][c] + w[2][c]).abs());
    frames[range].windows(3).map(|w| bend(w, 0).max(bend(w, 1))).fold(0.0, f64::max)
}
