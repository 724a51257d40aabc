//! What a source does over time, by the levels of all of it.

use betwixt_engine::resident::LoopFrames;

use crate::prepare::{Course, Prepared};

/// A sound counts as there while it is this little under its loudest moment.
const AUDIBLE_DB: f64 = 50.0;
/// What a sound is, its first seconds tell: nobody waits longer for it to begin to do something else.
const TELLING_SECONDS: f64 = 4.0;
/// A steady sound counts as let go when it falls this far under its usual level.
const LET_GO_DB: f64 = 9.0;
/// A sound has risen when it is this little under its loudest moment.
const RISEN_DB: f64 = 6.0;
/// A steady sound is settled this little under its usual level, after what is this far over it.
const NEAR_DB: f64 = 2.0;
const ACCENT_DB: f64 = 5.0;
/// How long the parts at both ends of a loop are whose levels are compared.
const FALL_SECONDS: f64 = 0.2;
/// Falling faster than this is decay.
const DECAY_DB_PER_SECOND: f64 = 5.0;
/// Falling faster than this is no steady sound's own motion.
const FALL_DB_PER_SECOND: f64 = 1.5;

/// What the level of a source does, in frames of the timeline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level {
    /// Where the attack is over: where a decay is loudest, where a steady sound has its level.
    pub(super) settled_frame: usize,
    /// The frame up to which it is still there (a decay), or has not been let go; the last one where
    /// it is there to the end of what was recorded.
    pub(super) lasts_until: usize,
    slope_db_per_second: f64,
}

impl Level {
    pub(super) fn of(prepared: &Prepared, rate_hz: f64) -> Level {
        let (course, begins) = prepared.course();
        let levels = &course.levels_db[..];
        let frame =
            |step: usize| begins.saturating_add((step as f64 * Course::STEP_SECONDS * rate_hz) as i64).max(0) as usize;
        let loudest = |levels: &[f64]| levels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let Some(first) = levels.iter().position(|l| *l > loudest(levels) - AUDIBLE_DB) else {
            return Level { settled_frame: 0, lasts_until: 0, slope_db_per_second: 0.0 };
        };
        let telling = levels.len().min(first + (TELLING_SECONDS / Course::STEP_SECONDS) as usize);
        let peak = loudest(&levels[..telling]);
        let last = |levels: &[f64], under: f64| levels.iter().rposition(|l| *l > under).unwrap_or(0);
        let risen = levels.iter().position(|l| *l > peak - RISEN_DB).unwrap_or(first);
        // The middle of what is heard: after the attack, before a release.
        let heard = last(&levels[..telling], peak - AUDIBLE_DB) - risen;
        let (a, b) = (risen + heard / 5, risen + heard * 3 / 5);
        let slope_db_per_second = slope(&levels[a..=b]) / Course::STEP_SECONDS;
        let level = Level { settled_frame: 0, lasts_until: 0, slope_db_per_second };
        let (settled, end) = if level.decays() {
            (risen, last(levels, peak - AUDIBLE_DB))
        } else {
            let mut middle = levels[a..=b].to_vec();
            middle.sort_by(f64::total_cmp);
            let usual = middle[middle.len() / 2];
            // Up from silence, or down from an accent.
            let up = levels.iter().position(|l| *l > usual - NEAR_DB).unwrap_or(risen);
            let down = levels[..b].iter().rposition(|l| *l > usual + ACCENT_DB).map_or(0, |i| i + 1);
            (up.max(down), last(levels, usual - LET_GO_DB))
        };
        let lasts_until = if end + 1 >= levels.len() { usize::MAX } else { frame(end) };
        Level { lasts_until: lasts_until.min(prepared.length), settled_frame: frame(settled), ..level }
    }

    /// It dies away.
    pub(super) fn decays(&self) -> bool {
        self.slope_db_per_second < -DECAY_DB_PER_SECOND
    }

    /// It grows softer, so that it will be held in a loop.
    pub(super) fn falls(&self) -> bool {
        self.slope_db_per_second < -FALL_DB_PER_SECOND
    }
}

/// How far a sound falls over a loop, in dB.
pub(super) fn falls_db(sound: &[[f32; 2]], points: LoopFrames, rate_hz: f64) -> f64 {
    let part = ((FALL_SECONDS * rate_hz) as usize).min((points.end - points.start) / 2);
    level_db(&sound[points.start..points.start + part]) - level_db(&sound[points.end - part..points.end])
}

/// RMS of both channels in dB, −200 for silence.
pub(crate) fn level_db(frames: &[[f32; 2]]) -> f64 {
    let power: f64 = frames.iter().map(|f| f64::from(f[0]).powi(2) + f64::from(f[1]).powi(2)).sum();
    10.0 * (power / (2 * frames.len().max(1)) as f64).max(1e-20).log10()
}

/// Slope of a straight line through the values, per step.
pub(super) fn slope(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let over: f64 = values.iter().enumerate().map(|(i, v)| (i as f64 - middle) * v).sum();
    let under: f64 = (0..values.len()).map(|i| (i as f64 - middle).powi(2)).sum();
    if under > 0.0 { over / under } else { 0.0 }
}
