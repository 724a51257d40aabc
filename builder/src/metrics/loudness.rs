//! Loudness after ITU-R BS.1770: the largest momentary value.

use ebur128::{EbuR128, Mode};

/// Frames between two values: 10 ms.
const STEP: usize = 480;
/// What silence reads.
const SILENCE_LUFS: f64 = -120.0;

/// The largest momentary loudness (400 ms) of a stereo sound at 48 kHz, in LUFS. A sound shorter
/// than 400 ms counts as one that goes on in silence.
pub fn momentary_lufs(sound: &[[f32; 2]]) -> f64 {
    let Ok(mut meter) = EbuR128::new(2, super::RATE_HZ as u32, Mode::M) else {
        return SILENCE_LUFS;
    };
    let mut loudest = SILENCE_LUFS;
    let silence = vec![[0.0f32; 2]; STEP];
    let tail = std::iter::repeat_n(&silence[..], 40);
    for block in sound.chunks(STEP).chain(tail) {
        // Refused only where the block is no whole number of frames.
        if meter.add_frames_f32(block.as_flattened()).is_ok() {
            loudest = loudest.max(meter.loudness_momentary().unwrap_or(SILENCE_LUFS));
        }
    }
    loudest
}

#[cfg(test)]
mod tests {
    use super::super::signal::{scaled, sine};
    use super::*;

    #[test]
    fn a_full_sine_at_997_hz_in_both_channels_reads_zero() {
        // EBU Tech 3341: a stereo sine of −23 dBFS reads −23 LUFS.
        let tone = sine(997.0, 1.0, 2.0);
        assert!(momentary_lufs(&tone).abs() < 0.05, "{}", momentary_lufs(&tone));
        assert!((momentary_lufs(&scaled(&tone, 0.1)) + 20.0).abs() < 0.05);
        assert_eq!(momentary_lufs(&vec![[0.0; 2]; 48_000]), SILENCE_LUFS);
    }

    #[test]
    fn a_short_sound_counts_over_400_ms() {
        let lufs = momentary_lufs(&sine(997.0, 1.0, 0.04));
        assert!((lufs + 10.0).abs() < 0.2, "{lufs}");
    }
}
