//! Levels in overlapping bands over time: how much there is, and how much of it is tonal.

use super::clock::{Clock, erb, erb_hz};
use super::maths::Between;
use super::partials::Track;
use super::residual::Residual;
use serde::{Deserialize, Serialize};

/// Bands, half an ERB apart.
pub(super) const COUNT: usize = 86;
/// Distance of two bands.
const STEP_ERB: f64 = 0.5;
/// Half the width of a band, at least; a slot's distance where that is more.
const REACH_ERB: f64 = 1.0;
/// Power that counts as none.
const NOTHING: f32 = 1e-12;
/// The most that tonal and noisy parts may differ, as a power of two.
const RATIO: f32 = 20.0;

/// The bands for one pitch and clock.
#[derive(Debug, Clone)]
pub(super) struct Bands {
    /// Lowest and highest frequency.
    edges_hz: Vec<(f64, f64)>,
    /// The bins of the residual inside.
    bins: Vec<(usize, usize)>,
}

/// Levels of a sound in the bands: rows of [`COUNT`], one for each hop.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct BandLevels {
    /// log2 of power.
    pub(super) total: Vec<f32>,
    /// log2 of partials' power over the residual's.
    pub(super) ratio: Vec<f32>,
}

impl BandLevels {
    /// log2 of the mean power of each band, by weights of hops.
    pub(super) fn heard(&self, weights: &[f32]) -> Vec<f32> {
        let mut mean = vec![0.0f32; COUNT];
        for (row, w) in self.total.chunks_exact(COUNT).zip(weights) {
            mean.iter_mut().zip(row).for_each(|(sum, level)| *sum += w * level.exp2());
        }
        mean.into_iter().map(|p| p.max(NOTHING).log2()).collect()
    }
}

/// Where a frequency lies among the bands.
pub(super) fn place(hz: f64) -> Between {
    Between::of(erb(hz) / STEP_ERB - 1.0, COUNT)
}

/// The centre of a band, as an ERB number.
pub(super) fn centre(band: usize) -> f64 {
    STEP_ERB * (band + 1) as f64
}

/// Where an ERB number lies among the bands.
pub(super) fn place_erb(number: f64) -> Between {
    Between::of(number / STEP_ERB - 1.0, COUNT)
}

impl Bands {
    pub(super) fn new(clock: Clock, f0_hz: f64) -> Bands {
        let edges_hz: Vec<(f64, f64)> = (0..COUNT)
            .map(|b| {
                let e = centre(b);
                let hz = erb_hz(e);
                (erb_hz(e - REACH_ERB).min(hz - f0_hz).max(0.0), erb_hz(e + REACH_ERB).max(hz + f0_hz))
            })
            .collect();
        let last = clock.window() / 2 + 1;
        let bin = |hz: f64| ((hz / clock.bin_hz(1.0)).ceil() as usize).min(last);
        let bins =
            edges_hz.iter().map(|(low, high)| (bin(*low).min(last - 1), bin(*high).max(bin(*low) + 1).min(last)));
        Bands { bins: bins.collect(), edges_hz }
    }

    /// The slots (ascending) inside each band.
    pub(super) fn slots(&self, hz: &[f64]) -> Vec<(usize, usize)> {
        let at = |limit: f64| hz.partition_point(|f| *f < limit);
        self.edges_hz.iter().map(|(low, high)| (at(*low), at(*high))).collect()
    }

    /// Tonal and noisy power of each band from the power of slots and of bins. `sums` is scratch: of
    /// 64 bits, for a band can lie 100 dB under what was summed before it.
    pub(super) fn levels(
        &self,
        slots: &[(usize, usize)],
        slot_power: &[f32],
        bin_power: &[f32],
        sums: &mut Vec<f64>,
        mut each: impl FnMut(usize, f32, f32),
    ) {
        sums.clear();
        let mut add = |powers: &[f32]| {
            let mut sum = 0.0;
            sums.push(sum);
            sums.extend(powers.iter().map(|p| {
                sum += f64::from(*p);
                sum
            }));
        };
        add(slot_power);
        add(bin_power);
        let offset = slot_power.len() + 1;
        for (b, ((s0, s1), (b0, b1))) in slots.iter().zip(&self.bins).enumerate() {
            let tonal = ((sums[*s1] - sums[*s0]) as f32).max(NOTHING);
            let noisy = ((sums[offset + b1] - sums[offset + b0]) as f32).max(NOTHING);
            each(b, tonal, noisy);
        }
    }

    /// The levels of an analysed sound: of its lines (ascending), and what they leave. `bin_power` is what a bin's power is worth.
    pub(super) fn of(&self, lines: &[(f64, &Track)], residual: &Residual, bin_power: f32) -> BandLevels {
        let hops = residual.hops();
        let slots = self.slots(&lines.iter().map(|l| l.0).collect::<Vec<f64>>());
        let mut levels = BandLevels { total: vec![0.0; hops * COUNT], ratio: vec![0.0; hops * COUNT] };
        let mut slot_power = vec![0.0f32; lines.len()];
        let mut bins = vec![0.0f32; residual.bins];
        let mut sums = Vec::new();
        for h in 0..hops {
            for (p, (_, t)) in slot_power.iter_mut().zip(lines) {
                *p = partial_power(t.level[0][h], t.level[1][h]);
            }
            let row = h * residual.bins;
            for (b, p) in bins.iter_mut().enumerate() {
                *p = 0.5 * bin_power * (residual.envelope[0][row + b].exp2() + residual.envelope[1][row + b].exp2());
            }
            let row = h * COUNT;
            self.levels(&slots, &slot_power, &bins, &mut sums, |b, tonal, noisy| {
                levels.total[row + b] = (tonal + noisy).log2();
                levels.ratio[row + b] = (tonal / noisy).log2().clamp(-RATIO, RATIO);
            });
        }
        levels
    }
}

/// Mean power of both channels of a partial, from log2 of its amplitudes.
pub(super) fn partial_power(left: f32, right: f32) -> f32 {
    0.25 * (super::maths::exp2(2.0 * left) + super::maths::exp2(2.0 * right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_band_is_read_above_a_loud_one() {
        let clock = Clock::new(48_000.0);
        let hz: Vec<f64> = (1..=60).map(|k| f64::from(k) * 261.6).collect();
        let power: Vec<f32> = (0..60).map(|k| if k == 0 { 1.0 } else { 1e-10 }).collect();
        let bands = Bands::new(clock, 261.6);
        let slots = bands.slots(&hz);
        let high = place(12_000.0).index as usize;
        let mut found = 0.0;
        bands.levels(&slots, &power, &vec![1e-10; clock.window() / 2 + 1], &mut Vec::new(), |b, tonal, _| {
            if b == high {
                found = tonal;
            }
        });
        let exact = 1e-10 * (slots[high].1 - slots[high].0) as f32;
        assert!((found / exact - 1.0).abs() < 1e-3, "{found} of {exact}");
    }
}
