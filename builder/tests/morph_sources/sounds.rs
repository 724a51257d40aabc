//! Sounds that musicians bring, made up: one function for each kind.

use std::f64::consts::TAU;

use betwixt_builder::morph::Input;
use betwixt_builder::recording::Recording;

pub(crate) const RATE_HZ: f64 = 48_000.0;

/// The pitch of a MIDI key.
pub(crate) fn hz(key: u8) -> f64 {
    440.0 * ((f64::from(key) - 69.0) / 12.0).exp2()
}

/// A recording of stereo frames.
pub(crate) fn input_at(frames: Vec<[f32; 2]>, rate_hz: f64) -> Input {
    Input { recordings: vec![Recording::plain(frames, rate_hz)], raise_cents: 0.0, gain_db: 0.0 }
}

/// A recording at 48 kHz.
pub(crate) fn input(frames: Vec<[f32; 2]>) -> Input {
    input_at(frames, RATE_HZ)
}

/// White noise, the same every time.
pub(crate) fn noise(seed: u32) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / 8_388_608.0 - 1.0
    }
}

/// What a tone is made of.
#[derive(Clone)]
pub(crate) struct Tone {
    pub(crate) rate_hz: f64,
    pub(crate) seconds: f64,
    /// Frequency, amplitude and decay (1/s) of each partial.
    pub(crate) partials: Vec<(f64, f64, f64)>,
    /// Rise, in seconds.
    pub(crate) attack: f64,
    /// Cents to both sides, and times a second.
    pub(crate) vibrato: (f64, f64),
    /// Amplitude of the noise beside it.
    pub(crate) breath: f64,
    pub(crate) amplitude: f64,
}

impl Tone {
    /// A soft organ: six harmonics and a slow rise, so that any click in what comes of it is heard.
    pub(crate) fn soft(key: u8) -> Tone {
        Tone::series(key, 0.0, |k, _| 0.6f64.powi(k - 1), 6)
    }

    /// Harmonics of a key, with a stretch, by number and frequency.
    pub(crate) fn series(key: u8, stretch: f64, amplitude: impl Fn(i32, f64) -> f64, most: i32) -> Tone {
        let f0 = hz(key);
        let partials = (1..=most)
            .map(|k| (f64::from(k) * f0 * (1.0 + stretch * f64::from(k * k)).sqrt(), k))
            .take_while(|(f, _)| *f < 18_000.0)
            .map(|(f, k)| (f, amplitude(k, f), 0.0))
            .collect();
        Tone {
            rate_hz: RATE_HZ,
            seconds: 1.2,
            partials,
            attack: 0.03,
            vibrato: (0.0, 5.5),
            breath: 0.0,
            amplitude: 0.15,
        }
    }

    /// Partials that ring, each with its decay.
    pub(crate) fn ringing(key: u8, partials: &[(f64, f64, f64)]) -> Tone {
        let f0 = hz(key);
        let partials = partials.iter().map(|(ratio, a, decay)| (f0 * ratio, *a, *decay)).collect();
        Tone { partials, attack: 0.001, ..Tone::soft(key) }
    }

    /// Everything decays the more, the higher it is.
    pub(crate) fn decaying(mut self, slow: f64, by_khz: f64) -> Tone {
        self.partials.iter_mut().for_each(|p| p.2 = slow + by_khz * p.0 * 1e-3);
        self
    }

    pub(crate) fn frames(&self) -> Vec<[f32; 2]> {
        let mut hiss = noise(7);
        let count = (self.seconds * self.rate_hz) as usize;
        let mut out = vec![[0.0f64; 2]; count];
        let (depth, rate) = (self.vibrato.0 * std::f64::consts::LN_2 / 1200.0, TAU * self.vibrato.1);
        for (n, (f, a, decay)) in self.partials.iter().enumerate() {
            let place = 0.4 * ((n * n) as f64).sin();
            for (i, frame) in out.iter_mut().enumerate() {
                let t = i as f64 / self.rate_hz;
                // The integral of 1 + depth · sin.
                let phase = TAU * f * (t + depth / rate * (1.0 - (rate * t).cos())) + (n * n) as f64;
                let value = a * (-decay * t).exp() * phase.sin();
                frame[0] += (1.0 - place) * value;
                frame[1] += (1.0 + place) * value;
            }
        }
        let level = |i: usize| self.amplitude * (i as f64 / self.rate_hz / self.attack).min(1.0);
        let mut value = |v: f64, i: usize| ((v + self.breath * hiss()) * level(i)) as f32;
        out.iter().enumerate().map(|(i, f)| [value(f[0], i), value(f[1], i)]).collect()
    }

    pub(crate) fn input(&self) -> Input {
        input_at(self.frames(), self.rate_hz)
    }
}

/// A sung vowel: a bright source through three resonances, with vibrato and breath.
pub(crate) fn vowel(key: u8, formants: [f64; 3]) -> Tone {
    let gain = move |f: f64| -> f64 {
        formants.iter().zip([80.0, 100.0, 150.0]).map(|(c, w)| c * c / (c * c - f * f).hypot(w * f)).product()
    };
    let tone = Tone::series(key, 0.0, |_, f| gain(f) * 200.0 / (200.0 + f), 120);
    Tone { vibrato: (25.0, 5.2), breath: 0.02, attack: 0.06, ..tone }
}

/// Three saws a few cents apart, in both channels differently.
pub(crate) fn chorus_pad(key: u8) -> Vec<[f32; 2]> {
    let f0 = hz(key);
    let voices = [(-9.0, 0.3), (1.0, 0.7), (8.0, 1.4)];
    (0..(1.5 * RATE_HZ) as usize)
        .map(|i| {
            let t = i as f64 / RATE_HZ;
            let mut frame = [0.0; 2];
            for (cents, phase) in voices {
                for k in 1..30 {
                    let f = f64::from(k) * f0 * f64::exp2(cents / 1200.0);
                    let value = (TAU * f * t + phase * f64::from(k)).sin() / f64::from(k * k);
                    frame[0] += value * (1.0 + 0.3 * phase);
                    frame[1] += value * (1.7 - 0.3 * phase);
                }
            }
            frame.map(|v| (0.05 * v * (t / 0.3).min(1.0)) as f32)
        })
        .collect()
}

/// Noise, falling by 6 dB an octave over 500 Hz, in both channels its own.
pub(crate) fn hiss(seconds: f64, decay: f64) -> Vec<[f32; 2]> {
    let (mut left, mut right) = (noise(3), noise(11));
    let mut state = [0.0; 2];
    (0..(seconds * RATE_HZ) as usize)
        .map(|i| {
            let level = 0.3 * (-decay * i as f64 / RATE_HZ).exp();
            for (s, n) in state.iter_mut().zip([left(), right()]) {
                *s += 0.065 * (n - *s);
            }
            state.map(|s| (level * s) as f32)
        })
        .collect()
}

/// Every frame through a function.
pub(crate) fn each(frames: Vec<[f32; 2]>, of: impl Fn([f32; 2]) -> [f32; 2]) -> Vec<[f32; 2]> {
    frames.into_iter().map(of).collect()
}
