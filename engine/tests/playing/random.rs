//! Whatever happens, the output is finite and the engine lives on.

use betwixt_engine::params::Param;
use proptest::prelude::*;

use crate::blocks::{grid, stream};
use crate::measure::peak;
use crate::stage::{Stage, on, set};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn random_playing_is_finite_repeats_and_ignores_the_block_size(seed in 0usize..1_000_000, a in 1usize..600, b in 1usize..600) {
        let pack = grid();
        let events = stream(seed, 6000);
        let mut first = Stage::new(&pack).in_blocks(&[a]);
        first.play(6000, &events);
        prop_assert!(first.left.iter().chain(&first.right).all(|v| v.is_finite()));
        let mut second = Stage::new(&pack).in_blocks(&[b, 16, a]);
        second.play(6000, &events);
        prop_assert!(first.left.iter().zip(&second.left).all(|(x, y)| x.to_bits() == y.to_bits()));
        // After the storm a clean note still sounds.
        for param in Param::all() {
            first.engine.set_param(param, param.default());
        }
        first.engine.reset();
        let at = first.left.len();
        first.play(3000, &[(0, set(Param::Attack, 0.0)), (16, on(60, 1.0))]);
        prop_assert!(peak(&first.left[at..]) > 0.01);
    }
}
