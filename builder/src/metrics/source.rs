//! Notes of a SoundFont as sources to measure a morph on: 48 kHz stereo, velocity 100, the key held
//! for 4 s, one loudness, and the onset at one place.

use super::{RATE_HZ, envelope, loudness};
use crate::import::{ImportError, Instrument};
use crate::prepare::{Prepared, Timeline};

/// How long the key is held, and how long the sound fades after that.
const HELD_SECONDS: f64 = 4.0;
const RELEASE_SECONDS: f64 = 0.2;
/// The largest momentary loudness.
const LUFS: f64 = -18.0;
/// Where the onset lies in the file.
const ONSET: usize = 480;

/// What `instrument` plays at a key, raised by some cents.
///
/// # Errors
/// When it has nothing for the key.
pub fn note(instrument: &Instrument, key: u8, raise_cents: f64) -> Result<Vec<[f32; 2]>, ImportError> {
    let recordings = instrument.note(key)?;
    let length = ((HELD_SECONDS + RELEASE_SECONDS) * RATE_HZ) as usize;
    let timeline = Timeline { rate_hz: RATE_HZ, frames: length, looping: true };
    let mut frames = Prepared::new(&recordings, timeline, raise_cents, 0.0).render(None);
    let held = (HELD_SECONDS * RATE_HZ) as usize;
    let release = length - held;
    for (n, frame) in frames.iter_mut().skip(held).enumerate() {
        let gain = 0.5 + 0.5 * (std::f64::consts::PI * n as f64 / release as f64).cos();
        *frame = frame.map(|v| v * gain as f32);
    }
    Ok(placed(&frames))
}

/// The sound at −18 LUFS with its onset at 10 ms.
pub fn placed(frames: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let onset = envelope::onset(frames);
    let mut out = vec![[0.0; 2]; ONSET.saturating_sub(onset)];
    out.extend_from_slice(&frames[onset.saturating_sub(ONSET)..]);
    let gain = 10f64.powf((LUFS - loudness::momentary_lufs(&out)) / 20.0) as f32;
    for frame in &mut out {
        *frame = frame.map(|v| v * gain);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::signal::{delayed, sine};
    use super::*;

    #[test]
    fn a_source_is_brought_to_its_loudness_and_place() {
        for late in [0, 100, 2_000] {
            let out = placed(&delayed(&sine(440.0, 0.9, 1.0), late));
            // A sound that begins with its file has no rise before it to be seen.
            assert!(envelope::onset(&out).abs_diff(ONSET) <= if late == 0 { 72 } else { 0 });
            assert!((loudness::momentary_lufs(&out) - LUFS).abs() < 0.01);
        }
    }
}
