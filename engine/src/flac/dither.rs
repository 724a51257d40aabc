//! Triangular dither from a seeded generator, so that the same input gives the same file.

/// splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
pub(super) struct Dither {
    state: u64,
}

impl Dither {
    pub(super) fn new(seed: u64) -> Dither {
        Dither { state: seed }
    }

    /// Noise with a triangular density over −1…1 steps of the target format: the sum of two even
    /// ones, which makes mean and variance of the error independent of the signal.
    pub(super) fn next_steps(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        let even = |bits: u64| (bits as u32) as f64 / 4_294_967_296.0 - 0.5;
        even(z) + even(z >> 32)
    }
}
