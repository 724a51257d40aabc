//! What the window shows of the audio thread's work: how long it takes, and whether anything still moves.

use std::time::Duration;

/// The load follows within this time.
const LOAD_SECONDS: f64 = 0.3;
/// Meters and trails come to rest this long after the last sound.
const REST_SECONDS: f64 = 4.0;

/// Counts time against frames. Real-time safe.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    sample_rate_hz: f64,
    load: f64,
    /// Frames until the window is at rest.
    moving: usize,
}

impl Meter {
    pub(crate) fn new(sample_rate_hz: f64) -> Meter {
        Meter { sample_rate_hz, load: 0.0, moving: 0 }
    }

    /// Share of real time that rendering takes, after `frames` took `spent`.
    pub(crate) fn load(&mut self, spent: Duration, frames: usize) -> f32 {
        let seconds = frames as f64 / self.sample_rate_hz;
        if seconds > 0.0 {
            let weight = (seconds / LOAD_SECONDS).min(1.0);
            self.load += (spent.as_secs_f64() / seconds - self.load) * weight;
        }
        self.load as f32
    }

    /// Does anything move that the window shows, now or since a short while?
    pub(crate) fn shows(&mut self, sounds: bool, frames: usize) -> bool {
        self.moving =
            if sounds { (REST_SECONDS * self.sample_rate_hz) as usize } else { self.moving.saturating_sub(frames) };
        self.moving > 0
    }
}

impl Default for Meter {
    fn default() -> Meter {
        Meter::new(48_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_settles_at_the_share_of_time_whatever_the_block() {
        for frames in [1, 64, 8192] {
            let mut meter = Meter::new(48_000.0);
            let spent = Duration::from_secs_f64(frames as f64 / 48_000.0 / 4.0);
            let load = (0..200_000 / frames).map(|_| meter.load(spent, frames)).last().unwrap();
            assert!((load - 0.25).abs() < 0.01, "{frames}: {load}");
        }
    }

    #[test]
    fn the_window_rests_when_sound_has_ended() {
        let mut meter = Meter::new(48_000.0);
        assert!(!meter.shows(false, 128));
        assert!(meter.shows(true, 128));
        assert!(meter.shows(false, 48_000));
        assert!(!meter.shows(false, 4 * 48_000));
    }
}
