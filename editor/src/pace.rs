//! How often the window is drawn, and how long that takes.

use std::time::Duration;

/// Figures are of the last second, and are renewed this often.
const RENEWED_SECONDS: f64 = 1.0;

/// Counts frames.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    since: f64,
    frames: u32,
    spent: Duration,
    /// Of the last whole second.
    rate: u32,
    milliseconds: f64,
    /// Since the window was opened.
    total: u64,
}

impl Pace {
    /// A frame was drawn.
    pub(crate) fn count(&mut self, now: f64, spent: Duration) {
        self.frames += 1;
        self.total += 1;
        self.spent += spent;
        let seconds = now - self.since;
        if seconds >= RENEWED_SECONDS {
            self.rate = (f64::from(self.frames) / seconds).round() as u32;
            self.milliseconds = self.spent.as_secs_f64() * 1000.0 / f64::from(self.frames);
            (self.since, self.frames, self.spent) = (now, 0, Duration::ZERO);
        }
    }

    /// Frames since the window was opened.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Frames in a second, and milliseconds that one took.
    pub(crate) fn figures(&self) -> (u32, f64) {
        (self.rate, self.milliseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_of_the_last_second() {
        let mut pace = Pace::default();
        for i in 1..=90 {
            pace.count(f64::from(i) / 60.0, Duration::from_millis(2));
        }
        assert_eq!(pace.figures(), (60, 2.0));
    }
}
