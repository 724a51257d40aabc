//! Short spectra of a sound, and the way back.

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Hann windows on both ways, three quarters over one another: untouched spectra give the sound back.
pub(super) struct Stft {
    /// Frames from one spectrum to the next.
    pub(super) hop: usize,
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    buffer: Vec<f32>,
}

impl Stft {
    /// With windows of `size` frames, a power of two, 16 at least.
    pub(super) fn new(size: usize) -> Stft {
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
        let window = (0..size).map(|n| (0.5 - 0.5 * (TAU * n as f64 / size as f64).cos()) as f32).collect();
        Stft { hop: size / 4, window, buffer: forward.make_input_vec(), forward, inverse }
    }

    /// The spectrum of `size` frames from `start` on; outside of the sound is silence.
    pub(super) fn analyse(&mut self, sound: &[[f32; 2]], start: i64, channel: usize) -> Vec<Complex<f32>> {
        for (n, (value, w)) in self.buffer.iter_mut().zip(&self.window).enumerate() {
            let frame = usize::try_from(start + n as i64).ok().and_then(|n| sound.get(n));
            *value = frame.map_or(0.0, |f| f[channel] * w);
        }
        let mut out = self.forward.make_output_vec();
        self.forward.process(&mut self.buffer, &mut out).expect("the buffers are the plan's own");
        out
    }

    /// Adds a spectrum to a sound from `start` on. The spectrum is used up.
    pub(super) fn add(&mut self, spectrum: &mut [Complex<f32>], out: &mut [[f32; 2]], start: i64, channel: usize) {
        let last = spectrum.len() - 1;
        (spectrum[0].im, spectrum[last].im) = (0.0, 0.0);
        self.inverse.process(spectrum, &mut self.buffer).expect("the buffers are the plan's own");
        // Four squared Hann windows sum to 1.5.
        let scale = 1.0 / (1.5 * self.buffer.len() as f32);
        for (n, (value, w)) in self.buffer.iter().zip(&self.window).enumerate() {
            if let Some(frame) = usize::try_from(start + n as i64).ok().and_then(|n| out.get_mut(n)) {
                frame[channel] += value * w * scale;
            }
        }
    }
}

/// A phase as −π…π.
pub(super) fn wrap(phase: f64) -> f64 {
    phase - TAU * ((phase + PI) / TAU).floor()
}
