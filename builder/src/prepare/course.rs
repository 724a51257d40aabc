//! The level of a source's note over time: all of it, however much of it a pack has room for. What a
//! sound is (whether it lasts, rings or ends) does not hang on where it is cut.

use crate::recording::Recording;

/// From one level to the next.
const STEP_SECONDS: f64 = 0.04;
/// A recording is followed for so long at most, and what its loop repeats for so long.
const LONGEST_SECONDS: f64 = 60.0;
const LOOPED_SECONDS: f64 = 8.0;

/// Levels of a note, one for each step of time, the first step beginning at the recording's frame 0.
#[derive(Debug, Clone, Default)]
pub struct Course {
    /// In dB, −200 for silence.
    pub levels_db: Vec<f64>,
    /// Power of the levels, while they are being added up.
    powers: Vec<f64>,
}

impl Course {
    /// Seconds from one level to the next.
    pub const STEP_SECONDS: f64 = STEP_SECONDS;

    /// Adds a recording that sounds with the others, `raise` times as fast as it was recorded.
    /// `looped` is what it repeats.
    pub(super) fn add(&mut self, recording: &Recording, raise: f64, looped: bool) {
        let Recording { frames, loop_frames, gain, envelope, .. } = recording;
        let per_step = STEP_SECONDS * recording.rate_hz * raise;
        let points = loop_frames.filter(|_| looped);
        let seconds = match points {
            Some(_) => LOOPED_SECONDS,
            None => (frames.len() as f64 / (recording.rate_hz * raise)).min(LONGEST_SECONDS),
        };
        let steps = (seconds / STEP_SECONDS) as usize;
        self.powers.resize(self.powers.len().max(steps), 0.0);
        for (i, power) in self.powers.iter_mut().enumerate().take(steps) {
            let span = (i as f64 * per_step) as usize..((i + 1) as f64 * per_step) as usize;
            let sum: [f64; 2] = span.clone().fold([0.0; 2], |sum, n| {
                let at = match points {
                    Some(l) if n >= l.end => l.start + (n - l.start) % (l.end - l.start),
                    _ => n,
                };
                let frame = frames.get(at).copied().unwrap_or_default();
                [0, 1].map(|c| sum[c] + f64::from(frame[c]).powi(2))
            });
            let level = envelope.gain((i as f64 + 0.5) * STEP_SECONDS).powi(2) / (2 * span.len().max(1)) as f64;
            *power += level * (0..2).map(|c| sum[c] * f64::from(gain[c]).powi(2)).sum::<f64>();
        }
        self.levels_db = self.powers.iter().map(|p| 10.0 * p.max(1e-20).log10()).collect();
    }
}
