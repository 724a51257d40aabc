//! Recordings, before anything is done to them.

use std::sync::Arc;

use betwixt_engine::resident::LoopFrames;

use crate::cache::Hasher;

/// One recorded note of one instrument, as its file or zone has it.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Stereo frames, full scale 1.0; mono is doubled.
    pub frames: Arc<[[f32; 2]]>,
    /// Frames per second.
    pub rate_hz: f64,
    /// The loop that it came with.
    pub loop_frames: Option<LoopFrames>,
    /// A loop that has been made for the sound to end in: where the note is not to loop, the sound
    /// goes round it while the envelope falls. (A SoundFont's sample alone can be a tenth of a
    /// second; a WAV file plays through its end.)
    pub endless: bool,
    /// How far it must be raised to sound at the wanted key, in cents.
    pub raise_cents: f64,
    /// Gain of each channel, amplitude.
    pub gain: [f32; 2],
    /// Level over time that the player of the source would give it.
    pub envelope: Envelope,
}

impl Recording {
    /// A sound as it is: without a loop, at its own pitch and level.
    pub fn plain(frames: Vec<[f32; 2]>, rate_hz: f64) -> Recording {
        Recording {
            frames: frames.into(),
            rate_hz,
            loop_frames: None,
            endless: false,
            raise_cents: 0.0,
            gain: [1.0; 2],
            envelope: Envelope::FLAT,
        }
    }

    /// How many frames each of its frames becomes at a rate, raised by some cents more.
    pub fn ratio(&self, rate_hz: f64, raise_cents: f64) -> f64 {
        rate_hz / (self.rate_hz * 2f64.powf((self.raise_cents + raise_cents) / 1200.0))
    }

    /// Names all of it.
    pub(crate) fn hash(&self, hasher: &mut Hasher) {
        // Every field: a new one will not compile until it stands here.
        let Recording { frames, rate_hz, loop_frames, endless, raise_cents, gain, envelope } = self;
        let Envelope { delay_seconds, attack_seconds, hold_seconds, decay_seconds, sustain_drop_db } = *envelope;
        hasher.frames(frames).number(*rate_hz).whole(u64::from(*endless)).number(*raise_cents);
        hasher.numbers(&gain.map(f64::from));
        hasher.numbers(&[delay_seconds, attack_seconds, hold_seconds, decay_seconds, sustain_drop_db]);
        let points = loop_frames.map_or([u64::MAX; 2], |l| [l.start as u64, l.end as u64]);
        hasher.whole(points[0]).whole(points[1]);
    }
}

/// Delay, attack, hold, decay and sustain of a SoundFont zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Envelope {
    /// Silence before the attack.
    pub delay_seconds: f64,
    /// Linear rise in amplitude.
    pub attack_seconds: f64,
    /// Time at full level.
    pub hold_seconds: f64,
    /// Time in which the level would fall by 100 dB, linear in dB.
    pub decay_seconds: f64,
    /// How far the level falls, in dB, 0 or more.
    pub sustain_drop_db: f64,
}

impl Envelope {
    /// Full level throughout.
    pub const FLAT: Envelope = Envelope {
        delay_seconds: 0.0,
        attack_seconds: 0.0,
        hold_seconds: 0.0,
        decay_seconds: 0.0,
        sustain_drop_db: 0.0,
    };

    /// When the attack is over.
    pub fn peak_seconds(&self) -> f64 {
        self.delay_seconds + self.attack_seconds
    }

    /// Amplitude at a time, 0…1.
    pub fn gain(&self, seconds: f64) -> f64 {
        let in_attack = seconds - self.delay_seconds;
        if in_attack < 0.0 {
            return 0.0;
        }
        if in_attack < self.attack_seconds {
            return in_attack / self.attack_seconds;
        }
        let in_decay = in_attack - self.attack_seconds - self.hold_seconds;
        if in_decay <= 0.0 || self.sustain_drop_db <= 0.0 {
            return 1.0;
        }
        let fallen_db = 100.0 * in_decay / self.decay_seconds.max(1e-6);
        10f64.powf(-fallen_db.min(self.sustain_drop_db) / 20.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Envelope;

    #[test]
    fn an_envelope_waits_rises_holds_and_falls_to_its_sustain() {
        let e = Envelope {
            delay_seconds: 0.1,
            attack_seconds: 0.2,
            hold_seconds: 0.3,
            decay_seconds: 1.0,
            sustain_drop_db: 20.0,
        };
        assert_eq!(e.gain(0.05), 0.0);
        assert!((e.gain(0.2) - 0.5).abs() < 1e-9);
        assert_eq!(e.gain(0.5), 1.0);
        assert!((20.0 * e.gain(0.7).log10() + 10.0).abs() < 1e-6);
        assert!((20.0 * e.gain(5.0).log10() + 20.0).abs() < 1e-6);
        assert_eq!(Envelope::FLAT.gain(0.0), 1.0);
    }
}
