//! The level of a recording over time, and holding it.

use betwixt_engine::resident::LoopFrames;

/// Length of one level measurement.
const WINDOW_SECONDS: f64 = 0.04;
/// A sound counts as there while it is this little under its loudest moment.
const AUDIBLE_DB: f64 = 50.0;
/// A steady sound counts as let go when it falls this far under its usual level.
const LET_GO_DB: f64 = 9.0;
/// Falling faster than this is decay.
const DECAY_DB_PER_SECOND: f64 = 5.0;

/// What the level of a recording does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level {
    /// Where it is loudest.
    pub(super) peak_frame: usize,
    /// The frame up to which it can be looped: it is still there (a decay), or has not been let go.
    pub(super) lasts_until: usize,
    slope_db_per_second: f64,
}

impl Level {
    pub(super) fn of(sound: &[[f32; 2]], rate_hz: f64) -> Level {
        let window = ((WINDOW_SECONDS * rate_hz) as usize).max(1);
        let levels: Vec<f64> = sound.chunks_exact(window).map(level_db).collect();
        let Some(peak) = (0..levels.len()).max_by(|a, b| levels[*a].total_cmp(&levels[*b]).then(b.cmp(a))) else {
            return Level { peak_frame: 0, lasts_until: 0, slope_db_per_second: 0.0 };
        };
        let last = |under: f64| levels.iter().rposition(|l| *l > under).unwrap_or(0);
        let heard = last(levels[peak] - AUDIBLE_DB);
        // The middle of what is heard: after the attack, before a release.
        let (a, b) = (peak + (heard - peak.min(heard)) / 5, peak + (heard - peak.min(heard)) * 3 / 5);
        let slope = slope(&levels[a..=b]) / WINDOW_SECONDS;
        let level = Level { peak_frame: peak * window, lasts_until: 0, slope_db_per_second: slope };
        let end = if level.decays() {
            heard
        } else {
            let mut middle = levels[a..=b].to_vec();
            middle.sort_by(f64::total_cmp);
            last(middle[middle.len() / 2] - LET_GO_DB)
        };
        // Up to the very end where the sound is there to the end.
        let lasts_until = if end + 1 >= levels.len() { sound.len() } else { end * window };
        Level { lasts_until, ..level }
    }

    pub(super) fn decays(&self) -> bool {
        self.slope_db_per_second < -DECAY_DB_PER_SECOND
    }
}

/// Takes the trend of the level, linear in dB, out of the loop: what rings is held at the level
/// that it has where the loop begins. Before that nothing changes.
pub(super) fn hold(sound: &mut [[f32; 2]], points: LoopFrames, rate_hz: f64) {
    let window = ((WINDOW_SECONDS * rate_hz) as usize).max(1);
    let levels: Vec<f64> = sound[points.start..points.end].chunks_exact(window).map(level_db).collect();
    if levels.len() < 2 {
        return;
    }
    // Never lifts noise: 30 dB over the whole loop at most.
    let per_window = slope(&levels).clamp(-30.0 / levels.len() as f64, 0.0);
    let per_frame_db = per_window / window as f64;
    for (n, frame) in sound[points.start..].iter_mut().enumerate() {
        let gain = 10f64.powf(-per_frame_db * n as f64 / 20.0) as f32;
        *frame = frame.map(|s| s * gain);
    }
}

/// RMS of both channels in dB, −200 for silence.
pub(crate) fn level_db(frames: &[[f32; 2]]) -> f64 {
    let power: f64 = frames.iter().map(|f| f64::from(f[0]).powi(2) + f64::from(f[1]).powi(2)).sum();
    10.0 * (power / (2 * frames.len().max(1)) as f64).max(1e-20).log10()
}

/// Slope of a straight line through the values, per step.
fn slope(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let over: f64 = values.iter().enumerate().map(|(i, v)| (i as f64 - middle) * v).sum();
    let under: f64 = (0..values.len()).map(|i| (i as f64 - middle).powi(2)).sum();
    if under > 0.0 { over / under } else { 0.0 }
}
