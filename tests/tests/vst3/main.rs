//! The bundled VST3 in a host on the raw interfaces: what CLAP's tests can't show, because the two
//! wrappers are different code, and because the edits of `docs/framework.md` are mostly here.
#![cfg(target_os = "linux")]

mod contract;
mod lifecycle;
mod notes;
mod states;

use std::sync::OnceLock;

use betwixt_engine::params::Param;
use betwixt_tests::sandbox::Sandbox;
use betwixt_tests::test_pack::TestPack;
use betwixt_tests::vst3_host::{Instance, Library, Mode, Player, Score};

const RATE_HZ: f64 = 48_000.0;
const BLOCK: usize = 512;

/// What all tests of this process share.
struct Stage {
    library: Library,
    /// The pack's cells at key 60, as left and right.
    cells: [Vec<[f32; 2]>; 4],
}

/// Loads the bundle, with a pack of known tones for fresh instances.
fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let sandbox = Sandbox::enter();
        let pack = sandbox.file("corners.btx");
        TestPack::PLAIN.write(&pack).expect("a pack in the sandbox");
        sandbox.choose_pack(Some(&pack));
        let cells = [0, 1, 2, 3].map(|corner| TestPack::PLAIN.cell(60, corner));
        Stage { library: Library::load(&Library::bundled()).expect("the bundled plugin"), cells }
    })
}

/// A fresh instance that plays. Offline it waits for its pack, so that every render is the same.
fn play(mode: Mode) -> (Instance, Player) {
    let mut instance = Instance::new(&stage().library).expect("an instance");
    let player = instance.start(RATE_HZ, BLOCK, mode).expect("audio");
    (instance, player)
}

/// A parameter's host id and the normalised value of a plain one.
fn to(instance: &Instance, param: Param, plain: f64) -> (u32, f64) {
    (instance.id(param.spec().name), param.normalise(plain))
}

/// The start of every score here: lower left corner, no attack, no pad glide, so that a note at the
/// root key is the cell's samples.
fn plain_sound(instance: &Instance) -> Score {
    Score::new()
        .set(0, to(instance, Param::X, 0.0))
        .set(0, to(instance, Param::Y, 0.0))
        .set(0, to(instance, Param::Attack, 0.0))
        .set(0, to(instance, Param::GlideXy, 0.0))
}

/// The first frame that is not silent.
fn onset(samples: &[f32]) -> Option<usize> {
    samples.iter().position(|sample| sample.abs() > 1e-6)
}

/// The first frame at which two signals differ.
fn first_difference(one: &[f32], other: &[f32]) -> Option<usize> {
    one.iter().zip(other).position(|(a, b)| a.to_bits() != b.to_bits())
}
