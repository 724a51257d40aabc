//! The first stage: a source's note in tune, its onset at a fixed place.

use crate::prepare::{Prepared, Timeline};
use crate::recording::Recording;

use super::envelope;
use super::model::ONSET_SECONDS;
use super::pitch::{self, Pitch};
use super::series::Series;
use super::spectrum::LongSpectrum;
use super::tonality;

/// A source this far off is retuned.
const TUNE_CENTS: f64 = 0.5;
/// Onsets are where the level, over 3 ms, passes −40 dB of the maximum of the first 1.5 s.
const ONSET: (f64, f64, f64) = (0.003, -40.0, 1.5);
/// The part of a sound in which pitch is measured, in seconds from the onset.
const STEADY_SECONDS: (f64, f64) = (0.06, 1.56);
/// It is shorter where the level has fallen this far, but never under this long.
const FALLEN_DB: f64 = -40.0;
const SHORTEST_SECONDS: f64 = 0.25;

/// A source's note, in tune and in place.
#[derive(Debug, Clone)]
pub struct Tuned {
    /// The note.
    pub prepared: Prepared,
    /// Where its partials lie.
    pub series: Series,
    /// Something was cut off before the onset.
    pub cut: bool,
    /// How far it was retuned.
    pub cents: f64,
    /// What the musician should know.
    pub warnings: Vec<String>,
}

/// The pitch of a MIDI key.
pub fn key_hz(key: u8) -> f64 {
    440.0 * ((f64::from(key) - 69.0) / 12.0).exp2()
}

/// Prepares the recordings that sound together when `root` is played.
pub fn tune(recordings: &[Recording], timeline: Timeline, raise_cents: f64, gain_db: f64, root: u8) -> Tuned {
    let root_hz = key_hz(root);
    let rate_hz = timeline.rate_hz;
    // Room for what lies before the onset.
    let long = Timeline { frames: timeline.frames + (ONSET.2 * rate_hz) as usize, ..timeline };
    let mut prepared = Prepared::new(recordings, long, raise_cents, gain_db);
    let mut sound = prepared.render(None);
    let mut warnings = Vec::new();
    let Some(mut onset) = onset(&sound, rate_hz) else {
        warnings.push(format!("it is silent at key {root}"));
        let prepared = prepared.shifted(0, timeline.frames);
        return Tuned { prepared, series: Series::unpitched(root_hz), cut: false, cents: 0.0, warnings };
    };
    let mut spectrum = LongSpectrum::of(steady(&sound, onset, rate_hz), rate_hz);
    let mut cents = 0.0;
    let found = pitch::near_root(&spectrum, root_hz);
    let pitched =
        found.is_some_and(|f| tonality::is_pitched(steady(&sound, onset, rate_hz), &spectrum, f.nominal_hz, rate_hz));
    if let Some(found) = found.filter(|_| pitched) {
        cents = 1200.0 * (root_hz / found.nominal_hz).log2() - found.cents;
        warnings.extend(wrong_root(found, root, root_hz));
        if cents.abs() > TUNE_CENTS {
            prepared = Prepared::new(recordings, long, raise_cents + cents, gain_db);
            sound = prepared.render(None);
            onset = self::onset(&sound, rate_hz).unwrap_or(onset);
            spectrum = LongSpectrum::of(steady(&sound, onset, rate_hz), rate_hz);
        }
    } else {
        warnings.push(format!("it has no clear pitch at key {root}; only its bands of noise are morphed"));
    }
    let place = (ONSET_SECONDS * rate_hz).round() as i64;
    let shift = place - onset as i64;
    let series = if pitched { Series::find(&spectrum, root_hz, rate_hz) } else { Series::unpitched(root_hz) };
    Tuned { prepared: prepared.shifted(shift, timeline.frames), series, cut: shift < 0, cents, warnings }
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
