//! How wide a sound is: the angle between its middle and its sides.

/// The first 1.5 s count.
const SECONDS: f64 = 1.5;

/// atan √(side / mid) of the powers in the first 1.5 s after the onset, in degrees: 0 is mono, 45
/// two independent channels of one level, 90 opposite channels.
pub fn degrees(sound: &[[f32; 2]], onset: usize) -> f64 {
    let from = onset.min(sound.len());
    let to = (onset + (SECONDS * super::RATE_HZ) as usize).min(sound.len());
    let (mut mid, mut side) = (0.0, 0.0);
    for [left, right] in sound[from..to].iter().map(|f| f.map(f64::from)) {
        mid += (left + right).powi(2);
        side += (left - right).powi(2);
    }
    side.sqrt().atan2(mid.sqrt()).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::super::signal::{from_fn, noise, sine};
    use super::degrees;

    #[test]
    fn mono_one_side_and_opposite_are_0_45_and_90() {
        assert_eq!(degrees(&sine(440.0, 0.5, 2.0), 0), 0.0);
        assert!((degrees(&from_fn(2.0, |t| [(440.0 * t).sin(), 0.0]), 0) - 45.0).abs() < 1e-6);
        assert!((degrees(&from_fn(2.0, |t| [(440.0 * t).sin(), -(440.0 * t).sin()]), 0) - 90.0).abs() < 1e-6);
        assert!((degrees(&noise(0.5, 2.0, 1), 0) - 45.0).abs() < 0.5);
    }
}
