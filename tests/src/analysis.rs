//! Measures: what a pair of good ears would say, in numbers.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`level`] | peak, RMS, loudness, silence |
//! | [`clicks`] | samples that do not belong: steps and drop-outs in a signal |
//! | [`pitch`] | the strongest partial near a frequency, to fractions of a cent |
//! | [`spectrum`] | short-time spectra, and how far two sounds are apart in level and spectrum |

pub mod clicks;
pub mod level;
pub mod pitch;
pub mod spectrum;

/// An amplitude in dB; 0 is −∞.
pub fn db(amplitude: f64) -> f64 {
    20.0 * amplitude.log10()
}

/// How far below `reference` the difference of the two signals lies, in dB: the more, the more
/// alike; ∞ for equal signals. Nothing is fitted: neither gain nor delay.
///
/// # Panics
/// When the lengths differ.
pub fn null_depth_db(reference: &[f32], other: &[f32]) -> f64 {
    assert_eq!(reference.len(), other.len(), "signals of different lengths");
    let energy = |it: &mut dyn Iterator<Item = f64>| it.map(|v| v * v).sum::<f64>();
    let signal = energy(&mut reference.iter().map(|v| f64::from(*v)));
    let residue = energy(&mut reference.iter().zip(other).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    10.0 * (signal / residue).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousandth_too_loud_nulls_by_sixty_db() {
        let a: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.1).sin()).collect();
        let b: Vec<f32> = a.iter().map(|v| v * 1.001).collect();
        assert!((null_depth_db(&a, &b) - 60.0).abs() < 0.01);
        assert_eq!(null_depth_db(&a, &a), f64::INFINITY);
    }
}
