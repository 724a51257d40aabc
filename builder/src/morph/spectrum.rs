//! A long spectrum of the steady part of a sound: where pitch and partials are read.

use std::f64::consts::TAU;

use realfft::RealFftPlanner;

use super::clock::{erb, erb_hz};

/// A line stands this far over its neighbourhood.
const LINE_DB: f64 = 20.0;

/// Power over frequency, of both channels together.
#[derive(Debug, Clone)]
pub struct LongSpectrum {
    /// Power of each bin.
    pub power: Vec<f64>,
    /// From bin to bin.
    pub step_hz: f64,
    /// Half the width of a line: the window's main lobe.
    pub lobe_hz: f64,
}

impl LongSpectrum {
    /// Of these frames: Blackman window, zeros to at least four times the length.
    pub fn of(frames: &[[f32; 2]], rate_hz: f64) -> LongSpectrum {
        let n = frames.len().max(1);
        let size = (4 * n).next_power_of_two();
        let forward = RealFftPlanner::<f32>::new().plan_fft_forward(size);
        let mut power = vec![0.0f64; size / 2 + 1];
        for channel in 0..2 {
            let mut input = forward.make_input_vec();
            for (i, (v, f)) in input.iter_mut().zip(frames).enumerate() {
                let t = TAU * (i as f64 + 0.5) / n as f64;
                *v = (f64::from(f[channel]) * (0.42 - 0.5 * t.cos() + 0.08 * (2.0 * t).cos())) as f32;
            }
            let mut bins = forward.make_output_vec();
            if forward.process(&mut input, &mut bins).is_ok() {
                for (sum, b) in power.iter_mut().zip(&bins) {
                    *sum += f64::from(b.norm_sqr());
                }
            }
        }
        LongSpectrum { power, step_hz: rate_hz / size as f64, lobe_hz: 3.0 * rate_hz / n as f64 }
    }

    /// The bins from one frequency to another.
    pub fn range(&self, low_hz: f64, high_hz: f64) -> std::ops::Range<usize> {
        let at = |hz: f64| ((hz / self.step_hz).round().max(0.0) as usize).min(self.power.len());
        at(low_hz)..at(high_hz).max(at(low_hz))
    }

    /// The centroid of power between two frequencies, of bins within 30 dB of the strongest, and
    /// that strongest power. `None` where there is nothing.
    pub fn centroid(&self, low_hz: f64, high_hz: f64) -> Option<(f64, f64)> {
        let range = self.range(low_hz, high_hz);
        let bins = self.power.get(range.clone())?;
        let peak = bins.iter().copied().fold(0.0, f64::max);
        if peak <= 1e-20 {
            return None;
        }
        let (mut sum, mut moment) = (0.0, 0.0);
        for (i, p) in bins.iter().enumerate().filter(|(_, p)| **p >= 1e-3 * peak) {
            sum += p;
            moment += p * (range.start + i) as f64;
        }
        Some((moment / sum * self.step_hz, peak))
    }

    /// All of the power between two frequencies.
    pub fn sum(&self, low_hz: f64, high_hz: f64) -> f64 {
        self.power.get(self.range(low_hz, high_hz)).map_or(0.0, |b| b.iter().sum())
    }

    /// Local maxima within `range_db` of the strongest, as (Hz, amplitude); one for each line width.
    pub fn peaks(&self, low_hz: f64, high_hz: f64, range_db: f64) -> Vec<(f64, f64)> {
        let range =
            self.range(low_hz.max(2.0 * self.step_hz), high_hz.min(self.step_hz * (self.power.len() - 2) as f64));
        let reach = ((self.lobe_hz / self.step_hz) as usize).max(1);
        let top = range.clone().map(|i| self.power[i]).fold(0.0, f64::max);
        let floor = (top * 10f64.powf(-range_db / 10.0)).max(1e-20);
        let mut found = Vec::new();
        for i in range {
            let p = self.power[i];
            if p < floor || p < self.power[i - 1] || p <= self.power[i + 1] {
                continue;
            }
            let (a, b) = (i.saturating_sub(reach), (i + reach + 1).min(self.power.len()));
            if self.power[a..b].iter().any(|other| *other > p) {
                continue;
            }
            let [x, y, z] = [self.power[i - 1], p, self.power[i + 1]].map(|v| v.max(1e-30).ln());
            let bend = x - 2.0 * y + z;
            let off = if bend < -1e-9 { (0.5 * (x - z) / bend).clamp(-0.5, 0.5) } else { 0.0 };
            found.push(((i as f64 + off) * self.step_hz, p.sqrt()));
        }
        found
    }

    /// Does a peak stand out of its ERB as a line?
    pub fn stands_out(&self, hz: f64, amplitude: f64) -> bool {
        let e = erb(hz);
        // A line must stand out even where an ERB is narrower than the window's own.
        let (low, high) =
            (erb_hz(e - 0.75).min(hz - 3.0 * self.lobe_hz), erb_hz(e + 0.75).max(hz + 3.0 * self.lobe_hz));
        let mut around: Vec<f64> = self.power[self.range(low, high)].to_vec();
        around.sort_by(f64::total_cmp);
        let median = around.get(around.len() / 2).copied().unwrap_or(0.0);
        // The median of noise lies 1.6 dB under its mean.
        amplitude * amplitude > median * 1.44 * 10f64.powf(LINE_DB / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_where_it_is() {
        let frames: Vec<[f32; 2]> = (0..24_000)
            .map(|n| {
                let t = TAU * f64::from(n) / 48_000.0;
                [(0.5 * (440.3 * t).sin() + 0.01 * (887.7 * t).sin()) as f32; 2]
            })
            .collect();
        let s = LongSpectrum::of(&frames, 48_000.0);
        assert!((s.centroid(430.0, 450.0).unwrap().0 - 440.3).abs() < 0.01);
        let peaks = s.peaks(20.0, 20_000.0, 60.0);
        assert_eq!(peaks.len(), 2);
        assert!((peaks[1].0 - 887.7).abs() < 0.1);
    }
}
