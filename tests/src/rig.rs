//! What every test of the bundled plugin begins with.

use crate::clap_host::{Bundle, Instance, StateDocument};
use crate::sandbox::Sandbox;
use crate::take::Take;
use crate::test_pack::TestPack;
use crate::timeline::Timeline;
use betwixt_engine::params::Param;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The largest block of a rig's instances.
pub const BLOCK: usize = 1024;
/// The rate of a rig's instances, and of the test packs.
pub const RATE_HZ: f64 = 48_000.0;

/// The bundled plugin in this test process.
pub struct Rig {
    sandbox: &'static Sandbox,
}

impl Rig {
    /// The process's rig: a sandbox, and [`TestPack::PLAIN`] as the pack of fresh instances.
    ///
    /// # Panics
    /// When the temporary folder can't be written.
    pub fn new() -> &'static Rig {
        static RIG: OnceLock<Rig> = OnceLock::new();
        RIG.get_or_init(|| {
            let rig = Rig { sandbox: Sandbox::enter() };
            let pack = rig.pack(TestPack::PLAIN);
            rig.sandbox.choose_pack(Some(&pack));
            rig
        })
    }

    /// The sandbox.
    pub fn sandbox(&self) -> &Sandbox {
        self.sandbox
    }

    /// The bundled plugin.
    ///
    /// # Panics
    /// When there is none; the message says how to make it.
    pub fn bundle(&self) -> Bundle {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bundled/Betwixt.clap");
        Bundle::load(path.as_ref()).unwrap_or_else(|e| panic!("{e}"))
    }

    /// A test pack on disk.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn pack(&self, pack: TestPack) -> PathBuf {
        let path = self.sandbox.file(&format!("test-{}-{}.btx", pack.coherent, pack.looped));
        if !path.exists() {
            pack.write(&path).expect("a test pack in the temporary folder");
        }
        path
    }

    /// A fresh instance, not active.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn instance(&self) -> Instance {
        Instance::new(&self.bundle()).expect("an instance")
    }

    /// A fresh instance that plays a pack.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn instance_with(&self, pack: TestPack) -> Instance {
        let mut instance = self.instance();
        let mut state = StateDocument::read(&instance.save().expect("a state")).expect("a document");
        state.set_pack(&self.pack(pack));
        instance.load(&state.write()).expect("the state is taken");
        instance
    }

    /// A fresh instance, active for a bounce at [`RATE_HZ`] with blocks up to [`BLOCK`].
    ///
    /// # Panics
    /// When it can't be activated.
    pub fn bounce(&self) -> Instance {
        ready(self.instance(), RATE_HZ)
    }

    /// A fresh instance, active in realtime mode, its pack loaded.
    ///
    /// # Panics
    /// When nothing sounds within 10 s.
    pub fn live(&self) -> Instance {
        let mut instance = self.instance();
        instance.activate(RATE_HZ, BLOCK as u32).expect("active");
        wait_until_it_sounds(&mut instance);
        instance
    }
}

/// Activates an instance for a bounce.
///
/// # Panics
/// When it refuses.
pub fn ready(mut instance: Instance, sample_rate_hz: f64) -> Instance {
    instance.set_offline(true).expect("offline mode");
    instance.activate(sample_rate_hz, BLOCK as u32).expect("active");
    instance
}

/// Plays notes until one is heard, then forgets them.
///
/// # Panics
/// When nothing sounds within 10 s.
pub fn wait_until_it_sounds(instance: &mut Instance) {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(10) {
        let take = play(instance, &Timeline::new().hold(0, 60), 2048);
        instance.processor().reset();
        if take.onset(1e-4).is_some() {
            return;
        }
        instance.pump();
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no pack was loaded within 10 s");
}

/// Plays a timeline in blocks of 256 frames.
///
/// # Panics
/// When the plugin fails.
pub fn play(instance: &mut Instance, timeline: &Timeline, frames: usize) -> Take {
    play_in_blocks(instance, timeline, frames, || 256)
}

/// Plays a timeline in blocks of given sizes.
///
/// # Panics
/// When the plugin fails.
pub fn play_in_blocks(
    instance: &mut Instance,
    timeline: &Timeline,
    frames: usize,
    sizes: impl FnMut() -> usize,
) -> Take {
    let params = instance.params().to_vec();
    instance.processor().play(timeline, &params, frames, sizes).expect("the plugin plays")
}

/// Settings under which a note at its root is the recording itself: no attack, full level for any
/// velocity, best quality, the point at (x, y) at once.
pub fn plain(x: f64, y: f64) -> Timeline {
    Timeline::new()
        .set(0, Param::Attack, 0.0)
        .set(0, Param::Velocity, 0.0)
        .set(0, Param::Quality, 2.0)
        .set(0, Param::GlideXy, 0.0)
        .set(0, Param::X, x)
        .set(0, Param::Y, y)
}
