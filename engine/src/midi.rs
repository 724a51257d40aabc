//! What each MIDI channel's controllers stand at.

/// Number of MIDI channels.
pub(crate) const CHANNELS: usize = 16;

/// Controllers that the engine knows.
pub(crate) mod controller {
    pub(crate) const MOD_WHEEL: u8 = 1;
    pub(crate) const VOLUME: u8 = 7;
    pub(crate) const PAN: u8 = 10;
    pub(crate) const EXPRESSION: u8 = 11;
    pub(crate) const SUSTAIN: u8 = 64;
    pub(crate) const SOSTENUTO: u8 = 66;
    pub(crate) const SOFT: u8 = 67;
    pub(crate) const BRIGHTNESS: u8 = 74;
    pub(crate) const ALL_SOUND_OFF: u8 = 120;
    pub(crate) const RESET_CONTROLLERS: u8 = 121;
    pub(crate) const ALL_NOTES_OFF: u8 = 123;
}

/// Controllers of one channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Channel {
    /// Pitch bend, −1…1.
    pub(crate) bend: f32,
    /// Modulation wheel, 0…1.
    pub(crate) wheel: f32,
    /// CC 7, as amplitude.
    pub(crate) volume: f32,
    /// CC 11, as amplitude.
    pub(crate) expression: f32,
    /// CC 10, −1 (left) … 1.
    pub(crate) pan: f32,
    /// CC 74, −1 (dark) … 1.
    pub(crate) brightness: f32,
    /// Channel pressure, 0…1.
    pub(crate) pressure: f32,
    /// CC 64 is down.
    pub(crate) sustain: bool,
    /// CC 66 is down.
    pub(crate) sostenuto: bool,
    /// CC 67 is down.
    pub(crate) soft: bool,
}

impl Channel {
    /// As an instrument begins: full volume and expression, pan in the middle.
    pub(crate) const NEUTRAL: Channel = Channel {
        bend: 0.0,
        wheel: 0.0,
        volume: 1.0,
        expression: 1.0,
        pan: 0.0,
        brightness: 0.0,
        pressure: 0.0,
        sustain: false,
        sostenuto: false,
        soft: false,
    };

    /// Takes a controller's value, 0…1. Pedals and the modes from 120 on are the caller's.
    pub(crate) fn set(&mut self, number: u8, value: f32) {
        match number {
            controller::MOD_WHEEL => self.wheel = value,
            // 40·log10(v) dB is the square of the value.
            controller::VOLUME => self.volume = value * value,
            controller::EXPRESSION => self.expression = value * value,
            controller::PAN => self.pan = centred(value),
            controller::BRIGHTNESS => self.brightness = centred(value),
            _ => {}
        }
    }

    /// CC 121: what recommended practice RP-015 resets; volume and pan stay.
    pub(crate) fn reset_controllers(&mut self) {
        let (volume, pan, brightness) = (self.volume, self.pan, self.brightness);
        *self = Channel { volume, pan, brightness, ..Channel::NEUTRAL };
    }
}

/// A controller with its middle at 64: −1…1, exactly 0 in the middle.
fn centred(value: f32) -> f32 {
    let steps = f64::from(value) * 127.0 - 64.0;
    if steps.abs() < 1e-3 { 0.0 } else { (steps / 63.0).clamp(-1.0, 1.0) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_four_is_the_middle_and_the_ends_are_the_ends() {
        assert_eq!(centred(64.0 / 127.0), 0.0);
        assert_eq!(centred(0.0), -1.0);
        assert_eq!(centred(1.0), 1.0);
    }

    #[test]
    fn half_volume_is_12_db_down() {
        let mut channel = Channel::NEUTRAL;
        channel.set(controller::VOLUME, 0.5);
        assert!((20.0 * channel.volume.log10() + 12.04).abs() < 0.01);
    }

    #[test]
    fn resetting_controllers_keeps_volume_and_pan() {
        let mut channel = Channel::NEUTRAL;
        for number in 0..128 {
            channel.set(number, 0.25);
        }
        channel.reset_controllers();
        assert_eq!((channel.wheel, channel.expression), (0.0, 1.0));
        assert_eq!(channel.volume, 0.0625);
        assert!(channel.pan < 0.0);
    }
}
