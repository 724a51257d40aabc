//! What sound looks like: bands of equal ratios over time, for the window's strip and for the pictures of anchors.

use std::sync::Arc;

use betwixt_editor::model::{Analysis, BANDS, COLUMNS_PER_SECOND, Column, HIGHEST_HZ, LOWEST_HZ};
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Length of the window, about.
const WINDOW_SECONDS: f32 = 0.08;
const WINDOW_FRAMES: [usize; 2] = [1024, 32_768];
/// Zeros behind the window, in its lengths: finer bins, so that low bands differ.
const PADDING: usize = 2;
/// Noise bandwidth of the Hann window, in bins of its own length.
const HANN_BINS: f32 = 1.5;
/// What counts as 0.
const FLOOR_DB: f32 = -90.0;
/// Quieter is silence: −100 dB.
const SILENCE: f32 = 1e-5;
/// Columns go on for so long after the last sound.
const REST_SECONDS: f32 = 2.0;
/// Frames of the wave that the scope gets, at 48 kHz.
const WAVE_FRAMES: usize = 800;
/// Columns that wait for an editor that takes none; then the older half goes.
const MAX_COLUMNS: usize = 600;

/// Spectra of windows. Allocates when it is made.
pub(crate) struct Bands {
    fft: Arc<dyn RealToComplex<f32>>,
    hann: Vec<f32>,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
    /// Each band's lowest, middle and highest place among the bins.
    places: Vec<[f32; 3]>,
}

impl Bands {
    /// For sound of this rate, in Hz.
    pub(crate) fn new(sample_rate_hz: f32) -> Bands {
        let frames = ((sample_rate_hz * WINDOW_SECONDS) as usize).next_power_of_two();
        let frames = frames.clamp(WINDOW_FRAMES[0], WINDOW_FRAMES[1]);
        let fft = RealFftPlanner::new().plan_fft_forward(frames * PADDING);
        let turn = std::f32::consts::TAU / frames as f32;
        let bins_per_hz = (frames * PADDING) as f32 / sample_rate_hz;
        let octaves = (HIGHEST_HZ / LOWEST_HZ).log2();
        let bin = |band: f32| LOWEST_HZ * (octaves * band / (BANDS - 1) as f32).exp2() * bins_per_hz;
        let band = |band: usize| [band as f32 - 0.5, band as f32, band as f32 + 0.5].map(bin);
        Bands {
            hann: (0..frames).map(|i| 0.5 - 0.5 * (turn * i as f32).cos()).collect(),
            input: fft.make_input_vec(),
            output: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power: vec![0.0; fft.make_output_vec().len()],
            places: (0..BANDS).map(band).collect(),
            fft,
        }
    }

    /// Length of a window.
    pub(crate) fn frames(&self) -> usize {
        self.hann.len()
    }

    /// The bands of a window, which is taken to be [`Bands::frames`] long, in dB: a full-scale sine has 0.
    pub(crate) fn decibels(&mut self, window: impl Iterator<Item = f32>) -> [f32; BANDS] {
        self.input.fill(0.0);
        for ((place, hann), frame) in self.input.iter_mut().zip(&self.hann).zip(window) {
            *place = frame * hann;
        }
        // Lengths are right by construction.
        let _ = self.fft.process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch);
        // A sine's peak is a quarter of the window's length.
        let full = (4.0 / self.hann.len() as f32).powi(2);
        for (power, bin) in self.power.iter_mut().zip(&self.output) {
            *power = bin.norm_sqr() * full;
        }
        std::array::from_fn(|band| 10.0 * self.band(self.places[band]).max(1e-12).log10())
    }

    /// Power of a band. A narrow one has what lies at its middle, a wide one the sum of its bins; none less than its
    /// largest bin, so that a sine between two bands is as strong as one in the middle of one.
    fn band(&self, [low, middle, high]: [f32; 3]) -> f32 {
        let last = self.power.len() - 1;
        let at = middle.min(last as f32);
        let below = at as usize;
        let (left, right) = (self.power[below], self.power[(below + 1).min(last)]);
        let between = left + (right - left) * (at - below as f32);
        let (first, end) = (low.ceil() as usize, (high.ceil() as usize).min(last + 1));
        let bins = if first < end { &self.power[first..end] } else { &[] };
        let sum = bins.iter().sum::<f32>() / (HANN_BINS * PADDING as f32);
        bins.iter().fold(between.max(sum), |most, power| most.max(*power))
    }
}

/// A level as the editor has it: 0…255 for −90…0 dB.
fn byte(db: f32) -> u8 {
    ((db / -FLOOR_DB + 1.0) * 255.0).round().clamp(0.0, 255.0) as u8
}

/// The output's picture while it plays.
pub(crate) struct Strip {
    bands: Bands,
    sample_rate_hz: f32,
    /// The newest frames; the next goes to `at`.
    ring: Vec<f32>,
    at: usize,
    /// Frames until the next column.
    until: f32,
    /// Frames since the last that sounded.
    quiet: usize,
}

impl Strip {
    /// For output of this rate, in Hz. Allocates.
    pub(crate) fn new(sample_rate_hz: f32) -> Strip {
        let bands = Bands::new(sample_rate_hz);
        let ring = vec![0.0; bands.frames()];
        Strip { bands, sample_rate_hz, ring, at: 0, until: 0.0, quiet: usize::MAX / 2 }
    }

    /// Rate that it was made for, in Hz.
    pub(crate) fn sample_rate_hz(&self) -> f32 {
        self.sample_rate_hz
    }

    /// Takes frames of the output and adds the columns that end in them.
    pub(crate) fn take(&mut self, frames: &[f32], analysis: &mut Analysis) {
        let hop = self.sample_rate_hz / COLUMNS_PER_SECOND;
        let rest = (self.sample_rate_hz * REST_SECONDS) as usize;
        for frame in frames {
            self.ring[self.at] = *frame;
            self.at = (self.at + 1) % self.ring.len();
            // Not a number is silence too.
            self.quiet = if frame.abs() > SILENCE { 0 } else { self.quiet + 1 };
            self.until -= 1.0;
            if self.until <= 0.0 {
                self.until += hop;
                if self.quiet < rest {
                    if analysis.columns.len() >= MAX_COLUMNS {
                        analysis.columns.drain(..MAX_COLUMNS / 2);
                    }
                    analysis.columns.push(self.column());
                }
            }
        }
        if frames.is_empty() {
            return;
        }
        analysis.wave.clear();
        if self.quiet < rest {
            let wave = (WAVE_FRAMES as f32 * self.sample_rate_hz / 48_000.0) as usize;
            let newest = self.ring.len() - wave.min(self.ring.len());
            analysis.wave.extend(self.ring[self.at..].iter().chain(&self.ring[..self.at]).skip(newest));
        }
    }

    fn column(&mut self) -> Column {
        let (newer, older) = self.ring.split_at(self.at);
        self.bands.decibels(older.iter().chain(newer).copied()).map(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: f32, hz: f32, frames: usize) -> Vec<f32> {
        let turn = f64::from(hz) / f64::from(rate);
        (0..frames).map(|i| (turn * i as f64 * std::f64::consts::TAU).sin() as f32).collect()
    }

    fn band_of(hz: f32) -> usize {
        ((hz / LOWEST_HZ).log2() / (HIGHEST_HZ / LOWEST_HZ).log2() * (BANDS - 1) as f32).round() as usize
    }

    #[test]
    fn a_full_sine_is_full_in_its_band_and_gone_in_others() {
        for rate in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
            for hz in [41.0, 55.0, 110.0, 333.0, 440.0, 1000.0, 1021.0, 3000.0, 7900.0] {
                let mut strip = Strip::new(rate);
                let mut analysis = Analysis::default();
                strip.take(&sine(rate, hz, rate as usize), &mut analysis);
                assert!((59..=61).contains(&analysis.columns.len()), "{rate}: {}", analysis.columns.len());
                let column = analysis.columns.last().unwrap();
                let (peak, level) = column.iter().enumerate().max_by_key(|(_, level)| **level).unwrap();
                assert!(*level >= 252, "{rate} {hz}: {level}");
                assert!(column[band_of(hz)] >= 250, "{rate} {hz}: the band says {}", column[band_of(hz)]);
                // Below 200 Hz the window is shorter than the bands are fine.
                let near = if hz < 200.0 { 10 } else { 2 };
                assert!(peak.abs_diff(band_of(hz)) <= near, "{rate} {hz}: {peak}, not {}", band_of(hz));
                let far = column.iter().enumerate().filter(|(band, _)| band.abs_diff(band_of(hz)) > 40);
                let most = far.map(|(_, level)| *level).max().unwrap();
                assert!(most < 60, "{rate} {hz}: {most}");
            }
        }
    }

    #[test]
    fn a_decibel_is_a_decibel() {
        for db in [-6.0f32, -20.0, -60.0] {
            let mut bands = Bands::new(48_000.0);
            let gain = 10f32.powf(db / 20.0);
            let found = bands.decibels(sine(48_000.0, 1000.0, 8192).into_iter().map(|s| s * gain));
            let most = found.into_iter().fold(f32::MIN, f32::max);
            assert!((most - db).abs() < 1.0, "{db}: {most}");
        }
        assert_eq!((byte(0.0), byte(-90.0), byte(-200.0), byte(9.0), byte(-45.0)), (255, 0, 0, 255, 128));
    }

    #[test]
    fn silence_rests_after_two_seconds_and_blocks_do_not_matter() {
        let sound: Vec<f32> = sine(48_000.0, 440.0, 48_000).into_iter().chain(vec![0.0; 240_000]).collect();
        let columns = |block: usize| {
            let (mut strip, mut analysis) = (Strip::new(48_000.0), Analysis::default());
            sound.chunks(block).for_each(|block| strip.take(block, &mut analysis));
            assert!(analysis.wave.is_empty());
            analysis.columns
        };
        let all = columns(sound.len());
        assert!((179..=182).contains(&all.len()), "{}", all.len());
        for block in [7, 512] {
            assert!(columns(block) == all, "{block}");
        }
        let (mut strip, mut analysis) = (Strip::new(48_000.0), Analysis::default());
        strip.take(&vec![0.0; 48_000], &mut analysis);
        assert!(analysis.columns.is_empty(), "it has never sounded");
        strip.take(&[f32::NAN, 0.5], &mut analysis);
        strip.take(&[], &mut analysis);
        assert_eq!(analysis.wave.len(), WAVE_FRAMES);
    }

    #[test]
    fn a_second_of_columns_takes_little_of_a_second() {
        let sound = sine(48_000.0, 440.0, 480_000);
        let (mut strip, mut analysis) = (Strip::new(48_000.0), Analysis::default());
        let begun = std::time::Instant::now();
        strip.take(&sound, &mut analysis);
        let share = begun.elapsed().as_secs_f64() / 10.0;
        eprintln!("columns: {:.2} % of a core", share * 100.0);
        assert!(share < 0.1 || cfg!(debug_assertions), "{share}");
    }
}
