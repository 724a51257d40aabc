//! Chance within limits: a point, or a whole sound, that stays playable. Level, tuning and how notes are played keep
//! what the player has set.

use crate::frame::Frame;

/// One parameter's limits, normalised, and how often it is touched at all: else it takes its default.
struct Limits {
    id: &'static str,
    range: (f32, f32),
    chance: f32,
}

const fn limits(id: &'static str, low: f32, high: f32, chance: f32) -> Limits {
    Limits { id, range: (low, high), chance }
}

/// What *Surprise me* may do.
const SOUND: [Limits; 12] = [
    limits("attack", 0.05, 0.45, 0.7),
    limits("decay", 0.3, 0.7, 0.6),
    limits("sustain", 0.35, 1.0, 0.6),
    limits("release", 0.25, 0.65, 0.9),
    limits("filter", 0.33, 1.0, 0.6),
    limits("cutoff", 0.5, 0.95, 0.8),
    limits("resonance", 0.0, 0.45, 0.7),
    limits("filter_env", 0.5, 0.75, 0.5),
    limits("filter_key", 0.0, 0.8, 0.5),
    limits("start", 0.0, 0.25, 0.25),
    limits("reverse", 1.0, 1.0, 0.06),
    limits("glide_xy", 0.15, 0.5, 0.5),
];

/// A random point, as one step of undo.
pub(crate) fn point(frame: &mut Frame<'_>) {
    let mut chance = Chance::new(frame.now);
    let at = [chance.next(), chance.next()];
    frame.jump(&[("x", at[0]), ("y", at[1])]);
}

/// A random sound at a random point, as one step of undo.
pub(crate) fn surprise(frame: &mut Frame<'_>) {
    let mut chance = Chance::new(frame.now);
    let mut values = vec![("x", chance.next()), ("y", chance.next())];
    for Limits { id, range: (low, high), chance: often } in SOUND {
        let (touched, share) = (chance.next() < often, chance.next());
        if let Some(parameter) = frame.parameter(id) {
            values.push((id, if touched { low + (high - low) * share } else { parameter.default }));
        }
    }
    frame.jump(&values);
}

/// Numbers that nobody can foresee: the bits of the moment of the click, stirred (splitmix64, Vigna 2015).
struct Chance(u64);

impl Chance {
    fn new(now: f64) -> Self {
        Self(now.to_bits())
    }

    /// 0…1.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u32 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_keeps_its_limits_and_is_not_the_same_twice() {
        let draw = |now| {
            let mut chance = Chance::new(now);
            [(); 64].map(|()| chance.next())
        };
        assert!(draw(1.0).iter().all(|v| (0.0..=1.0).contains(v)));
        assert_ne!(draw(1.0), draw(1.001));
        assert!(SOUND.iter().all(|l| 0.0 <= l.range.0 && l.range.0 <= l.range.1 && l.range.1 <= 1.0));
    }
}
