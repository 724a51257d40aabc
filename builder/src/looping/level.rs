//! The level of a recording over time.

use betwixt_engine::resident::LoopFrames;

/// Length of one level measurement.
const WINDOW_SECONDS: f64 = 0.04;
/// A sound counts as there while it is this little under its loudest moment.
const AUDIBLE_DB: f64 = 50.0;
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

/// What the level of a recording does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level {
    /// Where the attack is over: where a decay is loudest, where a steady sound has its level.
    pub(super) settled_frame: usize,
    /// The frame up to which it can be looped: it is still there (a decay), or has not been let go.
    pub(super) lasts_until: usize,
    slope_db_per_second: f64,
}

impl Level {
    pub(super) fn of(sound: &[[f32; 2]], rate_hz: f64) -> Level {
        let window = ((WINDOW_SECONDS * rate_hz) as usize).max(1);
        let levels: Vec<f64> = sound.chunks_exact(window).map(level_db).collect();
        let Some(peak) = (0..levels.len()).max_by(|a, b| levels[*a].total_cmp(&levels[*b]).then(b.cmp(a))) else {
            return Level { settled_frame: 0, lasts_until: 0, slope_db_per_second: 0.0 };
        };
        let last = |under: f64| levels.iter().rposition(|l| *l > under).unwrap_or(0);
        let heard = last(levels[peak] - AUDIBLE_DB);
        let risen = levels.iter().position(|l| *l > levels[peak] - RISEN_DB).unwrap_or(peak);
        // The middle of what is heard: after the attack, before a release.
        let (a, b) = (risen + (heard - risen.min(heard)) / 5, risen + (heard - risen.min(heard)) * 3 / 5);
        let slope = slope(&levels[a..=b]) / WINDOW_SECONDS;
        let level = Level { settled_frame: risen * window, lasts_until: 0, slope_db_per_second: slope };
        let (settled, end) = if level.decays() {
            (risen, heard)
        } else {
            let mut middle = levels[a..=b].to_vec();
            middle.sort_by(f64::total_cmp);
            let usual = middle[middle.len() / 2];
            // Up from silence, or down from an accent.
            let up = levels.iter().position(|l| *l > usual - NEAR_DB).unwrap_or(risen);
            let down = levels[..b].iter().rposition(|l| *l > usual + ACCENT_DB).map_or(0, |i| i + 1);
            (up.max(down), last(usual - LET_GO_DB))
        };
        // Up to the very end where the sound is there to the end.
        let lasts_until = if end + 1 >= levels.len() { sound.len() } else { end * window };
        Level { lasts_until, settled_frame: settled * window, ..level }
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
