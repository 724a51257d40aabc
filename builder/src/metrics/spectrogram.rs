//! Power over time in ERB bands: the common ground of most quantities.

use realfft::RealFftPlanner;

use super::erb::{self, BANDS};
use super::{RATE_HZ, stats};

/// Length of the Hann window, in frames.
const WINDOW: usize = 4096;
/// Frames from one spectrum to the next: 20 ms.
pub const HOP: usize = 960;
/// Spectra in a spectrogram: 3 s.
pub const COLUMNS: usize = 150;
/// What counts as treble.
const TREBLE_HZ: f64 = 8_000.0;
/// Under the loudest band of any column of both corners, everything is equal: the floor, as power.
const FLOOR: f64 = 1e-6;

/// The times, in columns, over which distances average: 40, 60 and 100 ms, then 14 of 200 ms.
const BLOCKS: [usize; 17] = [2, 3, 5, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10];

/// Powers of both channels together, in an arbitrary unit that is the same for all spectrograms.
#[derive(Debug, Clone)]
pub struct Spectrogram {
    /// Power in each band, [`COLUMNS`] of them.
    pub bands: Vec<[f64; BANDS]>,
    /// Power above 8 kHz in each column.
    pub treble: Vec<f64>,
    /// Power over all frequencies in each column.
    pub total: Vec<f64>,
}

impl Spectrogram {
    /// Of stereo frames at 48 kHz; column 0 is centred on frame `origin`. Beyond the sound's ends
    /// there is silence.
    pub fn new(frames: &[[f32; 2]], origin: usize) -> Spectrogram {
        let fft = RealFftPlanner::<f64>::new().plan_fft_forward(WINDOW);
        let (mut input, mut spectrum, mut scratch) =
            (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
        let window: Vec<f64> =
            (0..WINDOW).map(|n| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / WINDOW as f64).cos()).collect();
        let frequency = |bin: usize| bin as f64 * RATE_HZ / WINDOW as f64;
        let band_of: Vec<Option<usize>> = (0..=WINDOW / 2).map(|bin| erb::band(frequency(bin))).collect();
        let treble_bin = (TREBLE_HZ * WINDOW as f64 / RATE_HZ) as usize;

        let mut out =
            Spectrogram { bands: vec![[0.0; BANDS]; COLUMNS], treble: vec![0.0; COLUMNS], total: vec![0.0; COLUMNS] };
        for column in 0..COLUMNS {
            let start = (origin + column * HOP) as isize - (WINDOW / 2) as isize;
            for channel in 0..2 {
                for (n, (value, w)) in input.iter_mut().zip(&window).enumerate() {
                    let frame = usize::try_from(start + n as isize).ok().and_then(|at| frames.get(at));
                    *value = frame.map_or(0.0, |f| f64::from(f[channel]) * w);
                }
                fft.process_with_scratch(&mut input, &mut spectrum, &mut scratch)
                    .expect("the buffers are the plan's own");
                for (bin, value) in spectrum.iter().enumerate() {
                    let power = value.norm_sqr();
                    out.total[column] += power;
                    if bin >= treble_bin {
                        out.treble[column] += power;
                    }
                    if let Some(band) = band_of[bin] {
                        out.bands[column][band] += power;
                    }
                }
            }
        }
        out
    }

    /// The loudest band of any column.
    pub fn loudest(&self) -> f64 {
        self.bands.iter().flatten().copied().fold(0.0, f64::max)
    }

    /// The share of power above 8 kHz in the first 1.5 s, in dB, −80 or more.
    pub fn treble_db(&self) -> f64 {
        let sum = |values: &[f64]| values[..COLUMNS / 2].iter().sum::<f64>();
        stats::power_db(sum(&self.treble) / sum(&self.total).max(1e-30)).max(-80.0)
    }

    /// Mean power of each band over columns.
    pub fn mean_bands(&self, columns: std::ops::Range<usize>) -> [f64; BANDS] {
        let count = columns.len().max(1) as f64;
        std::array::from_fn(|band| self.bands[columns.clone()].iter().map(|c| c[band]).sum::<f64>() / count)
    }
}

/// The power that is added to every power, for a line between two corners.
pub fn floor(a: &Spectrogram, b: &Spectrogram) -> f64 {
    FLOOR * a.loudest().max(b.loudest()).max(1e-20)
}

/// D(u, v): how far two sounds are from one another, in dB: the RMS difference of levels over bands
/// and blocks of time.
pub fn distance_db(u: &Spectrogram, v: &Spectrogram, floor: f64) -> f64 {
    let (mut square, mut count, mut start) = (0.0, 0usize, 0);
    for length in BLOCKS {
        let (p, q) = (u.mean_bands(start..start + length), v.mean_bands(start..start + length));
        for (a, b) in p.iter().zip(&q) {
            square += (10.0 * ((a + floor) / (b + floor)).log10()).powi(2);
            count += 1;
        }
        start += length;
    }
    (square / count as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::signal::{scaled, sine};
    use super::*;

    #[test]
    fn the_blocks_fill_three_seconds() {
        assert_eq!(BLOCKS.iter().sum::<usize>(), COLUMNS);
    }

    #[test]
    fn a_tone_lies_in_its_band_and_above_or_below_eight_kilohertz() {
        let low = Spectrogram::new(&sine(1_000.0, 0.5, 4.0), 10_000);
        let band = erb::band(1_000.0).unwrap();
        assert!(low.bands[10][band] / low.total[10] > 0.999);
        assert_eq!(low.treble_db(), -80.0);
        assert!(Spectrogram::new(&sine(10_000.0, 0.5, 4.0), 10_000).treble_db() > -0.001);
    }

    #[test]
    fn six_decibels_in_one_band_of_forty_is_that_over_the_root_of_forty() {
        // In the middle of a wide band, so that the window's skirts stay in it.
        let tone = sine(erb::hz(30.5), 0.5, 4.0);
        let (u, v) = (Spectrogram::new(&tone, 10_000), Spectrogram::new(&scaled(&tone, 0.5), 10_000));
        let one = 20.0 * 2f64.log10() / 40f64.sqrt();
        let d = distance_db(&u, &v, floor(&u, &v));
        assert!((d - one).abs() < 0.01 * one, "{d} against {one}");
        assert_eq!(distance_db(&u, &u, floor(&u, &v)), 0.0);
    }

    #[test]
    fn before_the_file_is_silence() {
        let s = Spectrogram::new(&sine(1_000.0, 0.5, 0.5), 0);
        // Half of the first window holds sound.
        assert!((s.total[0] / s.total[10] - 0.5).abs() < 0.02, "{}", s.total[0] / s.total[10]);
        assert_eq!(s.total[COLUMNS - 1], 0.0);
    }
}
