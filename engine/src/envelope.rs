//! The loudness envelope: linear attack, exponential decay and release.
//!
//! Decay and release fall towards their goal by 80 dB in the time shown; a release (and a decay to
//! nothing) then ends the voice. Times may change while a stage runs: what is left of it goes on
//! at the new speed.

use crate::limits::TICK_FRAMES;
use crate::telemetry::EnvelopePlace;

/// −80 dB as an amplitude: where a release ends.
const END: f64 = 1e-4;
/// Shortest decay and release in seconds: shorter would click.
const SHORTEST_SECONDS: f64 = 0.001;

/// Speeds of the stages, per output frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    /// Added per frame; infinite for an attack of 0.
    attack: f64,
    /// The distance to the sustain level is multiplied by this.
    decay: f64,
    /// 0…1.
    sustain: f64,
    /// The level is multiplied by this.
    release: f64,
}

impl Rates {
    /// From times in seconds and a sustain level of 0…1.
    pub(crate) fn new(attack: f64, decay: f64, sustain: f64, release: f64, sample_rate_hz: f64) -> Rates {
        let fall = |seconds: f64| (END.ln() / (seconds.max(SHORTEST_SECONDS) * sample_rate_hz)).exp();
        Rates {
            attack: 1.0 / (attack.max(0.0) * sample_rate_hz),
            decay: fall(decay),
            sustain: sustain.clamp(0.0, 1.0),
            release: fall(release),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Attack,
    /// Decay, and the sustain that it ends in.
    Decay,
    /// With the level at which it began.
    Release(f64),
    Done,
}

/// One voice's envelope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Envelope {
    stage: Stage,
    /// Level of the next frame.
    level: f64,
}

impl Envelope {
    /// At the moment before the attack.
    pub(crate) const START: Envelope = Envelope { stage: Stage::Attack, level: 0.0 };

    /// Level of the next frame, 0…1.
    pub(crate) fn level(&self) -> f64 {
        self.level
    }

    /// Where it is, for the eye.
    pub(crate) fn place(&self, rates: &Rates) -> EnvelopePlace {
        let share = |part: f64, whole: f64| if whole > 0.0 { (part / whole).clamp(0.0, 1.0) as f32 } else { 0.0 };
        match self.stage {
            Stage::Attack => EnvelopePlace::Attack(share(self.level, 1.0)),
            Stage::Decay => EnvelopePlace::Decay(share(self.level - rates.sustain, 1.0 - rates.sustain)),
            Stage::Release(start) => EnvelopePlace::Release(share(self.level, start)),
            Stage::Done => EnvelopePlace::Release(0.0),
        }
    }

    /// Is the key up for it?
    pub(crate) fn is_released(&self) -> bool {
        matches!(self.stage, Stage::Release(_) | Stage::Done)
    }

    /// Begins the release from `level`.
    pub(crate) fn release(&mut self, level: f64) {
        if !self.is_released() {
            self.level = level;
            self.stage = Stage::Release(level);
        }
    }

    /// Writes the levels of the frames from `from` to the tick's end. Returns the first frame at
    /// which the voice is over, if that is in this tick.
    pub(crate) fn run(&mut self, rates: &Rates, from: usize, out: &mut [f32; TICK_FRAMES]) -> Option<usize> {
        if self.stage == Stage::Attack && rates.attack == f64::INFINITY {
            (self.stage, self.level) = (Stage::Decay, 1.0);
        }
        if self.rests(rates) {
            out[from..].fill(self.level as f32);
            return None;
        }
        if from == 0 && self.run_whole(rates, out) {
            return None;
        }
        for i in from..TICK_FRAMES {
            if self.stage == Stage::Done {
                out[i..].fill(0.0);
                return Some(i);
            }
            out[i] = self.level as f32;
            self.step(rates);
        }
        None
    }

    /// A tick in which no stage ends; false, and nothing is done, if one does.
    fn run_whole(&mut self, rates: &Rates, out: &mut [f32; TICK_FRAMES]) -> bool {
        let end = match self.stage {
            Stage::Attack => {
                let end = self.level + rates.attack * TICK_FRAMES as f64;
                if end >= 1.0 - 1e-9 {
                    return false;
                }
                for (i, out) in out.iter_mut().enumerate() {
                    *out = (self.level + rates.attack * i as f64) as f32;
                }
                end
            }
            Stage::Decay => {
                let way = self.level - rates.sustain;
                let last = way * power_16(rates.decay);
                let end = rates.sustain + last;
                if last.abs() < 1e-6 || end <= END {
                    return false;
                }
                fall(way, rates.decay, rates.sustain, out);
                end
            }
            Stage::Release(start) => {
                let end = self.level * power_16(rates.release);
                if end <= start * END * (1.0 + 1e-9) {
                    return false;
                }
                fall(self.level, rates.release, 0.0, out);
                end
            }
            Stage::Done => return false,
        };
        self.level = end;
        true
    }

    /// Does it stay where it is, until the key goes up?
    pub(crate) fn rests(&self, rates: &Rates) -> bool {
        self.stage == Stage::Decay && self.level == rates.sustain && self.level > 0.0
    }

    fn step(&mut self, rates: &Rates) {
        match self.stage {
            Stage::Attack => {
                self.level += rates.attack;
                // A hair below counts as there: the sum of n steps is not exact.
                if self.level >= 1.0 - 1e-9 {
                    (self.stage, self.level) = (Stage::Decay, 1.0);
                }
            }
            Stage::Decay => {
                let way = (self.level - rates.sustain) * rates.decay;
                self.level = if way.abs() < 1e-6 { rates.sustain } else { rates.sustain + way };
                if rates.sustain == 0.0 && self.level <= END {
                    (self.stage, self.level) = (Stage::Done, 0.0);
                }
            }
            Stage::Release(start) => {
                self.level *= rates.release;
                if self.level <= start * END * (1.0 + 1e-9) {
                    (self.stage, self.level) = (Stage::Done, 0.0);
                }
            }
            Stage::Done => self.level = 0.0,
        }
    }
}

/// `base + way · rateⁱ`, four at a time: what one by one would each wait for the one before.
fn fall(way: f64, rate: f64, base: f64, out: &mut [f32; TICK_FRAMES]) {
    let square = rate * rate;
    let mut ways = [way, way * rate, way * square, way * (square * rate)];
    let fourth = square * square;
    for out in out.as_chunks_mut::<4>().0 {
        for (out, way) in out.iter_mut().zip(&mut ways) {
            *out = (base + *way) as f32;
            *way *= fourth;
        }
    }
}

/// The product of a tick.
fn power_16(rate: f64) -> f64 {
    const { assert!(TICK_FRAMES == 16) };
    let square = rate * rate;
    let fourth = square * square;
    let eighth = fourth * fourth;
    eighth * eighth
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 48_000.0;

    /// Levels until the end or for `frames`.
    fn levels(envelope: &mut Envelope, rates: &Rates, frames: usize) -> Vec<f32> {
        let mut all = Vec::new();
        while all.len() < frames {
            let mut tick = [0.0; TICK_FRAMES];
            let end = envelope.run(rates, 0, &mut tick);
            all.extend_from_slice(&tick[..end.unwrap_or(TICK_FRAMES)]);
            if end.is_some() {
                break;
            }
        }
        all
    }

    #[test]
    fn the_attack_is_a_straight_line_of_the_time_shown() {
        let rates = Rates::new(0.01, 1.0, 1.0, 0.3, RATE);
        let got = levels(&mut Envelope::START.clone(), &rates, 600);
        for (i, level) in got.iter().enumerate() {
            assert!((level - (i as f32 / 480.0).min(1.0)).abs() < 1e-5, "{i}: {level}");
        }
    }

    #[test]
    fn no_attack_begins_at_full_level() {
        let rates = Rates::new(0.0, 1.0, 1.0, 0.3, RATE);
        assert!(levels(&mut Envelope::START.clone(), &rates, 100).iter().all(|l| *l == 1.0));
    }

    #[test]
    fn the_decay_makes_80_db_of_its_way_in_the_time_shown() {
        let rates = Rates::new(0.0, 0.1, 0.25, 0.3, RATE);
        let got = levels(&mut Envelope::START.clone(), &rates, 9600);
        assert!((got[2400] - (0.25 + 0.75 * 0.01)).abs() < 1e-5, "half the time, 40 dB: {}", got[2400]);
        assert!((got[4800] - (0.25 + 0.75 * 1e-4)).abs() < 1e-5, "{}", got[4800]);
        assert_eq!(got[9000], 0.25);
    }

    #[test]
    fn the_release_ends_the_voice_80_db_down_in_the_time_shown() {
        let rates = Rates::new(0.0, 0.1, 1.0, 0.2, RATE);
        let mut envelope = Envelope::START;
        levels(&mut envelope, &rates, 480);
        envelope.release(0.5);
        let got = levels(&mut envelope, &rates, 96_000);
        assert_eq!(got.len(), 9600);
        assert_eq!(got[0], 0.5);
        assert!((got[4800] - 0.005).abs() < 1e-6);
        assert!((got[9599] / 0.5 / 1e-4 - 1.0).abs() < 0.01);
    }

    #[test]
    fn its_place_is_told_in_every_stage() {
        let rates = Rates::new(0.01, 0.1, 0.25, 0.2, RATE);
        let mut envelope = Envelope::START;
        let mut after = |frames: usize, release: Option<f64>| {
            if let Some(level) = release {
                envelope.release(level);
            }
            levels(&mut envelope, &rates, frames);
            envelope.place(&rates)
        };
        let near = |got: f32, want: f32| assert!((got - want).abs() < 1e-4, "{got} for {want}");
        let EnvelopePlace::Attack(way) = after(240, None) else { panic!() };
        near(way, 0.5);
        let EnvelopePlace::Decay(left) = after(240 + 2400, None) else { panic!() };
        near(left, 0.01);
        let EnvelopePlace::Decay(left) = after(9600, None) else { panic!() };
        near(left, 0.0);
        let EnvelopePlace::Release(left) = after(4800, Some(0.25)) else { panic!() };
        near(left, 0.01);
    }

    #[test]
    fn a_decay_to_nothing_ends_the_voice() {
        let rates = Rates::new(0.0, 0.05, 0.0, 0.2, RATE);
        assert_eq!(levels(&mut Envelope::START.clone(), &rates, 96_000).len(), 2400);
    }
}
