//! The first stage: a source's note in tune, its onset at a fixed place.

use betwixt_engine::limits;

use crate::prepare::{Prepared, Timeline};
use crate::recording::Recording;

use super::envelope;
use super::model::ONSET_SECONDS;
use super::pitch::{self, Pitch};
use super::series::Series;
use super::spectrum::LongSpectrum;
use super::tonality;

/// So near to an octave is an octave, out of tune.
const OFF_OCTAVE_CENTS: f64 = 100.0;
/// A source this far off is retuned.
const TUNE_CENTS: f64 = 0.5;
/// Onsets are where the level, over 3 ms, passes −40 dB of the maximum of the first 1.5 s.
const ONSET: (f64, f64, f64) = (0.003, -40.0, 1.5);
/// The part of a sound in which pitch is measured, in seconds from the onset.
const STEADY_SECONDS: (f64, f64) = (0.06, 1.56);
/// It is shorter where the level has fallen this far, but never under this long.
const FALLEN_DB: f64 = -40.0;
const SHORTEST_SECONDS: f64 = 0.25;
/// A recording whose first seconds are this far under its peak begins late: what lies before that is
/// left out. So much silence is nothing special, and after so much nothing is looked for.
const LATE_DB: f64 = -50.0;
const LATE_SECONDS: (f64, f64) = (1.0, 60.0);
/// A constant this far under the mean power of a recording is an offset of its converter, from a
/// share of full scale and a length on at which it can't be the sound itself.
const OFFSET_DB: f64 = -15.0;
const OFFSET_LEAST: (f64, f64) = (1e-3, 0.25);
/// It is there from the first moment.
const OFFSET_FIRST_SECONDS: f64 = 0.005;

/// A source's note, in tune and in place.
#[derive(Debug, Clone)]
pub struct Tuned {
    /// The note.
    pub prepared: Prepared,
    /// Where its partials lie.
    pub series: Series,
    /// Something was cut off before the onset.
    pub cut: bool,
    /// How far it was raised, to be in tune and then for the musician.
    pub cents: f64,
    /// What the musician should know.
    pub warnings: Vec<String>,
}

/// The pitch of a MIDI key.
pub fn key_hz(key: u8) -> f64 {
    440.0 * ((f64::from(key) - 69.0) / 12.0).exp2()
}

/// Prepares the recordings that sound together when `root` is played: in tune with it, and from there
/// `raise_cents` higher.
pub fn tune(recordings: &[Recording], timeline: Timeline, raise_cents: f64, gain_db: f64, root: u8) -> Tuned {
    let root_hz = key_hz(root);
    let rate_hz = timeline.rate_hz;
    let mut warnings = Vec::new();
    let level: Vec<Recording> = recordings.iter().map(|r| without_offset(r, &mut warnings)).collect();
    let recordings = &level[..];
    let raised = |cents: f64| {
        let late = late(recordings, cents, rate_hz);
        // Room for what lies before the onset.
        let long = Timeline { frames: timeline.frames + late + (ONSET.2 * rate_hz) as usize, ..timeline };
        let prepared = Prepared::new(recordings, long, cents, gain_db);
        let sound = prepared.render(None);
        let begin = sound.get(late..).and_then(|s| onset(s, rate_hz)).map(|n| n + late);
        (prepared, sound, begin)
    };
    let (mut prepared, mut sound, begin) = raised(0.0);
    let Some(mut begin) = begin else {
        warnings.push(format!("it is silent at key {root}"));
        let prepared = prepared.shifted(0, timeline.frames);
        return Tuned { prepared, series: Series::unpitched(root_hz), cut: false, cents: 0.0, warnings };
    };
    let mut spectrum = LongSpectrum::of(steady(&sound, begin, rate_hz), rate_hz);
    let mut cents = 0.0;
    let found = pitch::near_root(&spectrum, root_hz);
    let octaves = |f: &Pitch| (root_hz / f.nominal_hz).log2() - f.cents / 1200.0;
    let is_reached = |f: &Pitch| {
        let raise = |r: &Recording| (r.raise_cents + raise_cents) / 1200.0 + octaves(f);
        recordings.iter().all(|r| ((rate_hz / r.rate_hz).log2() - raise(r)).abs() <= limits::RATIO.log2())
    };
    let found = found.filter(is_reached);
    let pitched =
        found.is_some_and(|f| tonality::is_pitched(steady(&sound, begin, rate_hz), &spectrum, f.nominal_hz, rate_hz));
    if let Some(found) = found.filter(|_| pitched) {
        cents = 1200.0 * octaves(&found);
        warnings.extend(wrong_root(found, root, root_hz));
        if cents.abs() <= TUNE_CENTS {
            cents = 0.0;
        }
    } else {
        warnings.push(format!(
            "it has no clear pitch at key {root}{}; only its bands of noise are morphed",
            line(&spectrum)
        ));
    }
    cents += raise_cents;
    if cents != 0.0 {
        let (tuned, its_sound, its_begin) = raised(cents);
        (prepared, sound, begin) = (tuned, its_sound, its_begin.unwrap_or(begin));
        spectrum = LongSpectrum::of(steady(&sound, begin, rate_hz), rate_hz);
    }
    let place = (ONSET_SECONDS * rate_hz).round() as i64;
    let shift = place - begin as i64;
    let f0_hz = root_hz * (away_cents(raise_cents) / 1200.0).exp2();
    let series = if pitched { Series::find(&spectrum, f0_hz, rate_hz) } else { Series::unpitched(root_hz) };
    Tuned { prepared: prepared.shifted(shift, timeline.frames), series, cut: shift < 0, cents, warnings }
}

/// How far a raised source lies from the root as a note. By octaves (or nearly) it is another register of
/// the same note.
fn away_cents(raise_cents: f64) -> f64 {
    let off_octave = raise_cents - 1200.0 * (raise_cents / 1200.0).round();
    if off_octave.abs() <= OFF_OCTAVE_CENTS { off_octave } else { raise_cents % 1200.0 }
}

/// The frame before which a source that begins late has nothing to hear; else 0.
fn late(recordings: &[Recording], raise_cents: f64, rate_hz: f64) -> usize {
    let first = |r: &Recording| {
        let frames = &r.frames[..r.frames.len().min((LATE_SECONDS.1 * r.rate_hz) as usize)];
        let peak = |f: &[f32; 2]| f[0].abs().max(f[1].abs());
        let limit = frames.iter().map(peak).fold(0.0, f32::max) * 10f64.powf(LATE_DB / 20.0) as f32;
        let first = frames.iter().position(|f| peak(f) > limit).unwrap_or(0);
        first as f64 / r.rate_hz * (-(r.raise_cents + raise_cents) / 1200.0).exp2()
    };
    // A little before it, for the onset's own measure.
    let seconds = recordings.iter().map(first).fold(f64::INFINITY, f64::min) - 0.05;
    if seconds.is_finite() && seconds > LATE_SECONDS.0 { (seconds * rate_hz) as usize } else { 0 }
}

/// The recording around zero: an offset that is there before any sound would be its beginning, its
/// level, and a click at both ends. What sets in with the sound is the sound's own and stays, and so
/// does what a loop repeats.
fn without_offset(recording: &Recording, warnings: &mut Vec<String>) -> Recording {
    let frames = &recording.frames;
    let first = &frames[..frames.len().min((OFFSET_FIRST_SECONDS * recording.rate_hz) as usize)];
    let ([mean, power], [first_mean, first_power]) = (mean_and_power(frames), mean_and_power(first));
    let square = |v: [f64; 2]| v[0] * v[0] + v[1] * v[1];
    let is_there_first = square([first_mean[0] - mean[0], first_mean[1] - mean[1]]) < 0.01 * square(mean)
        && first_power[0] + first_power[1] < 1.05 * square(first_mean);
    let largest = mean[0].abs().max(mean[1].abs());
    let short = (frames.len() as f64) < OFFSET_LEAST.1 * recording.rate_hz;
    let faint = largest < OFFSET_LEAST.0 || square(mean) < (power[0] + power[1]) * 10f64.powf(OFFSET_DB / 10.0);
    if short || faint || !is_there_first || recording.loop_frames.is_some() {
        return recording.clone();
    }
    warnings.push(format!("its constant offset of {:.1} % of full scale was taken away", 100.0 * largest));
    let [l, r] = mean.map(|m| m as f32);
    Recording { frames: frames.iter().map(|f| [f[0] - l, f[1] - r]).collect(), ..recording.clone() }
}

/// Mean and mean power of both channels.
fn mean_and_power(frames: &[[f32; 2]]) -> [[f64; 2]; 2] {
    let count = (frames.len() as f64).max(1.0);
    let sums = frames.iter().fold([[0.0f64; 2]; 2], |[sum, power], f| {
        let [l, r] = f.map(f64::from);
        [[sum[0] + l, sum[1] + r], [power[0] + l * l, power[1] + r * r]]
    });
    sums.map(|v| v.map(|s| s / count))
}

/// The frame of the onset.
pub fn onset(frames: &[[f32; 2]], rate_hz: f64) -> Option<usize> {
    envelope::rises(frames, rate_hz, ONSET.0, ONSET.1, ONSET.2)
}

/// The part in which a sound is steady.
pub fn steady(frames: &[[f32; 2]], onset: usize, rate_hz: f64) -> &[[f32; 2]] {
    let at = |seconds: f64| (onset + (seconds * rate_hz) as usize).min(frames.len());
    let (first, last) = (at(STEADY_SECONDS.0), at(STEADY_SECONDS.1));
    let window = ((0.02 * rate_hz) as usize).max(1);
    let level = |chunk: &[[f32; 2]]| chunk.iter().flatten().map(|s| f64::from(*s).powi(2)).sum::<f64>();
    let top = frames[onset.min(frames.len())..last].chunks(window).map(level).fold(0.0, f64::max);
    let limit = top * 10f64.powf(FALLEN_DB / 10.0);
    let alive = frames[first..last].chunks(window).rposition(|c| level(c) > limit).map_or(0, |i| (i + 1) * window);
    let end = (first + alive).max(at(STEADY_SECONDS.0 + SHORTEST_SECONDS)).min(last);
    &frames[first.min(end)..end]
}

/// Where a sound without a pitch has its strongest line.
fn line(spectrum: &LongSpectrum) -> String {
    let lines = spectrum.peaks(20.0, 8_000.0, 20.0);
    let strongest = lines.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).filter(|_| tonality::has_line(spectrum));
    strongest.map_or_else(String::new, |(hz, _)| format!(" (its strongest line is at {hz:.1} Hz)"))
}

fn wrong_root(found: Pitch, root: u8, root_hz: f64) -> Option<String> {
    let ratio = found.nominal_hz / root_hz;
    if (ratio - 1.0).abs() < 1e-9 {
        return None;
    }
    let octaves = ratio.log2();
    let how = match octaves.round() {
        o if (octaves - o).abs() < 0.04 && o.abs() == 1.0 => {
            format!("an octave {}", if o > 0.0 { "above" } else { "below" })
        }
        o if (octaves - o).abs() < 0.04 && o != 0.0 => {
            format!("{:.0} octaves {}", o.abs(), if o > 0.0 { "above" } else { "below" })
        }
        _ => format!("{:+.1} semitones from", 12.0 * octaves),
    };
    Some(format!("it sounds {how} its root {root} ({:.1} Hz); it was transposed to the root", found.nominal_hz))
}
