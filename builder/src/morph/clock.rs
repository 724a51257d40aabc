//! The raster on which analysis and morph work, and the frequency scale of the ear.

use serde::{Deserialize, Serialize};

/// Frames from one analysis frame to the next, for rates about 48 kHz.
const HOP: usize = 256;
/// Points of the level envelope in a hop.
pub(super) const TICKS: usize = 8;
/// Length of the residual's window, in hops.
pub(super) const OVERLAP: usize = 4;

/// Rate and raster of a morph. Hop `h` is centred on frame `h · hop`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// Frames per second.
    pub rate_hz: f64,
    /// Frames in a hop: 256 at 32–66 kHz, doubled and halved with the rate.
    pub hop: usize,
}

impl Clock {
    /// The raster for a rate.
    pub fn new(rate_hz: f64) -> Clock {
        let octaves = (rate_hz / 48_000.0).log2().round().clamp(-3.0, 3.0);
        Clock { rate_hz, hop: (HOP as f64 * octaves.exp2()) as usize }
    }

    /// Hops that cover so many frames, one past the end included.
    pub fn hops(&self, frames: usize) -> usize {
        frames.div_ceil(self.hop) + 1
    }

    /// Frames of the residual's window.
    pub fn window(&self) -> usize {
        OVERLAP * self.hop
    }

    /// Frames between two points of the level envelope.
    pub fn tick(&self) -> usize {
        self.hop / TICKS
    }

    /// A time in hops.
    pub fn hops_in(&self, seconds: f64) -> f64 {
        seconds * self.rate_hz / self.hop as f64
    }

    /// A time in frames.
    pub fn frames_in(&self, seconds: f64) -> usize {
        (seconds * self.rate_hz).round().max(0.0) as usize
    }

    /// The frequency of a bin of the residual's transform.
    pub fn bin_hz(&self, bin: f64) -> f64 {
        bin * self.rate_hz / self.window() as f64
    }
}

/// Number of the equivalent rectangular band at a frequency (Glasberg & Moore 1990).
pub fn erb(hz: f64) -> f64 {
    21.4 * (1.0 + 0.00437 * hz.max(0.0)).log10()
}

/// The frequency of an ERB number.
pub fn erb_hz(number: f64) -> f64 {
    (10f64.powf(number / 21.4) - 1.0) / 0.00437
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ears_scale_goes_there_and_back() {
        for hz in [26.0, 440.0, 18_600.0] {
            assert!((erb_hz(erb(hz)) / hz - 1.0).abs() < 1e-12);
        }
        assert!((erb(1_000.0) - 15.6).abs() < 0.1);
    }

    #[test]
    fn the_hop_follows_the_rate() {
        assert_eq!(Clock::new(44_100.0).hop, 256);
        assert_eq!(Clock::new(96_000.0).hop, 512);
        assert_eq!(Clock::new(22_050.0).hop, 128);
    }
}
