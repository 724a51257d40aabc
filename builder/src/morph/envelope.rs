//! The level of a sound over time, by which it is flattened before the analysis and un-flattened at
//! the end: attacks and decays become stationary, so that long windows smear nothing.

use super::clock::Clock;
use super::maths::{box_mean, exp2};
use serde::{Deserialize, Serialize};

/// How far under its maximum the envelope may fall.
const FLOOR_DB: f64 = -60.0;
/// Power that counts as none.
const NOTHING: f64 = 1e-16;
/// Periods under the smoothing, a triangle: two, so that the ripple of the pitch itself is not in the
/// level; and its shortest length.
const PERIODS: f64 = 2.0;
const SHORTEST_SECONDS: f64 = 0.004;
/// Attacks: smoothing, where the maximum is looked for, the raster, and the shortest rise.
const ATTACK_SECONDS: f64 = 0.010;
const ATTACK_SEARCH_SECONDS: f64 = 0.6;
const ATTACK_STEP: usize = 8;
const ATTACK_LEAST_SECONDS: f64 = 0.002;

/// Level at ticks, as a power of two of amplitude; straight lines between ticks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    /// One value for each tick, the first at frame 0.
    pub log2: Vec<f32>,
    /// Frames from tick to tick.
    pub tick: usize,
    /// The largest value.
    pub top: f32,
}

impl Envelope {
    /// The RMS of both channels, smoothed over two periods of `lowest_hz` or 4 ms. Of silence it is flat.
    pub fn of(frames: &[[f32; 2]], clock: Clock, lowest_hz: f64) -> Envelope {
        let width = (PERIODS * clock.rate_hz / lowest_hz).max(SHORTEST_SECONDS * clock.rate_hz);
        let reach = ((width / 4.0).round() as usize).max(1);
        let power: Vec<f64> =
            frames.iter().map(|f| 0.5 * (f64::from(f[0]).powi(2) + f64::from(f[1]).powi(2))).collect();
        let smooth = box_mean(&box_mean(&power, reach), reach);
        let top = smooth.iter().copied().fold(0.0, f64::max).max(NOTHING);
        let floor = (top * 10f64.powf(FLOOR_DB / 10.0)).max(NOTHING);
        let tick = clock.tick();
        let ticks = clock.hops(frames.len()) * (clock.hop / tick) + 1;
        let at = |i: usize| smooth.get(i * tick).copied().unwrap_or(0.0).max(floor);
        let log2 = (0..ticks).map(|i| (0.5 * at(i).log2()) as f32).collect();
        Envelope { log2, tick, top: (0.5 * top.log2()) as f32 }
    }

    /// The level in one hop, at its centre.
    pub fn at_hop(&self, hop: usize, clock: Clock) -> f32 {
        let per = clock.hop / self.tick;
        self.log2[(hop * per).min(self.log2.len() - 1)]
    }

    /// Divides a sound by the envelope.
    pub fn flatten(&self, frames: &[[f32; 2]]) -> Vec<[f32; 2]> {
        let mut out = frames.to_vec();
        self.scale(&mut out, -1.0);
        out
    }

    /// Multiplies a sound by the envelope.
    pub fn apply(&self, frames: &mut [[f32; 2]]) {
        self.scale(frames, 1.0);
    }

    fn scale(&self, frames: &mut [[f32; 2]], sign: f32) {
        let step = 1.0 / self.tick as f32;
        for (i, chunk) in frames.chunks_mut(self.tick).enumerate() {
            let a = self.log2[i.min(self.log2.len() - 1)];
            let b = self.log2[(i + 1).min(self.log2.len() - 1)];
            for (n, frame) in chunk.iter_mut().enumerate() {
                let gain = exp2(sign * (a + (b - a) * (n as f32 * step)));
                frame[0] *= gain;
                frame[1] *= gain;
            }
        }
    }
}

/// The shape of an attack, by a level over 10 ms against its maximum of the first 0.6 s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Attack {
    /// Seconds from the onset to −20 dB; negative where a sound is there at once, for the smoothing
    /// looks ahead.
    pub begin: f64,
    /// Seconds from there to −3 dB.
    pub rise: f64,
}

impl Attack {
    /// Of a sound whose onset lies so many seconds after frame 0.
    pub fn of(frames: &[[f32; 2]], rate_hz: f64, onset_seconds: f64) -> Attack {
        let half = ((ATTACK_SECONDS * rate_hz / 2.0).round() as usize).max(1);
        let turn = std::f64::consts::PI / (2 * half) as f64;
        let window: Vec<f64> = (0..=2 * half).map(|n| (turn * n as f64).sin().powi(2)).collect();
        let power: Vec<f64> = frames.iter().map(|f| f64::from(f[0]).powi(2) + f64::from(f[1]).powi(2)).collect();
        let end = (((onset_seconds + ATTACK_SEARCH_SECONDS) * rate_hz) as usize).min(power.len());
        let level: Vec<f64> = (0..end)
            .step_by(ATTACK_STEP)
            .map(|centre| {
                let skip = half.saturating_sub(centre);
                window[skip..].iter().zip(&power[centre + skip - half..]).map(|(w, p)| w * p).sum()
            })
            .collect();
        let top = level.iter().copied().fold(0.0, f64::max);
        let at = |db: f64| {
            let n = level.iter().position(|l| *l >= top * 10f64.powf(db / 10.0)).unwrap_or(0);
            (n * ATTACK_STEP) as f64 / rate_hz - onset_seconds
        };
        let begin = at(-20.0);
        Attack { begin, rise: (at(-3.0) - begin).max(ATTACK_LEAST_SECONDS) }
    }
}

/// The first frame at which the level, over `seconds`, passes `under_db` of its maximum in the first
/// `within` seconds. `None` for silence.
pub fn rises(frames: &[[f32; 2]], rate_hz: f64, seconds: f64, under_db: f64, within: f64) -> Option<usize> {
    let n = ((within * rate_hz) as usize).min(frames.len());
    let power: Vec<f64> =
        frames[..n].iter().map(|f| 0.5 * (f64::from(f[0]).powi(2) + f64::from(f[1]).powi(2))).collect();
    let reach = ((seconds * rate_hz / 4.0).round() as usize).max(1);
    let level = box_mean(&box_mean(&power, reach), reach);
    let top = level.iter().copied().fold(0.0, f64::max);
    if top <= 1e-16 {
        return None;
    }
    level.iter().position(|l| *l >= top * 10f64.powf(under_db / 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flattening_is_undone_exactly() {
        let clock = Clock::new(48_000.0);
        let frames: Vec<[f32; 2]> =
            (0..10_000).map(|n| [(n as f32 * 0.05).sin() * (-n as f32 / 900.0).exp(), 0.0]).collect();
        let e = Envelope::of(&frames, clock, 382.0);
        let mut back = e.flatten(&frames);
        e.apply(&mut back);
        for (a, b) in frames.iter().zip(&back) {
            assert!((a[0] - b[0]).abs() <= 2e-6 * a[0].abs());
        }
    }

    #[test]
    fn an_attack_has_its_marks() {
        // Silence, then a straight rise over 0.1 s.
        let frames: Vec<[f32; 2]> =
            (0..48_000).map(|n| [((n as f32 - 4_800.0) / 4_800.0).clamp(0.0, 1.0); 2]).collect();
        let attack = Attack::of(&frames, 48_000.0, 0.1);
        assert!((attack.begin - 0.010).abs() < 0.002, "{attack:?}");
        assert!((attack.rise - 0.061).abs() < 0.002, "{attack:?}");
    }

    #[test]
    fn an_onset_is_where_the_sound_begins() {
        let mut frames = vec![[0.0f32; 2]; 3_000];
        frames.extend((0..9_000).map(|n| [(n as f32 * 0.3).sin(); 2]));
        let onset = rises(&frames, 48_000.0, 0.003, -40.0, 1.5).unwrap();
        assert!((2_920..3_000).contains(&onset), "{onset}");
        assert_eq!(rises(&[[0.0; 2]; 100], 48_000.0, 0.003, -40.0, 1.5), None);
    }
}
