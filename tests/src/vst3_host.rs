//! A VST3 host in this process, on the raw interfaces, as awkward as a test needs it.
//!
//! [`Library`] is the loaded bundle, [`Instance`] one plugin made from it; a [`Score`] is what it is
//! fed, frame by frame, cut into blocks of any size. [`Stream`] carries states, [`Window`] shows the
//! editor and runs its event loop. The instance's control calls belong to the thread that made it;
//! its [`Player`] may go to an audio thread.

mod instance;
mod library;
mod player;
mod queues;
mod run_loop;
mod score;
mod stream;
mod window;

pub use instance::{Instance, Mode, Parameter};
pub use library::Library;
pub use player::Player;
pub use score::{Score, expression};
pub use stream::Stream;
pub use window::Window;

use std::path::PathBuf;

/// What a VST3 plugin or this host could not do.
#[derive(Debug, thiserror::Error)]
pub enum Vst3Failure {
    /// There is no bundle.
    #[error("no VST3 bundle at {}: run `cargo xtask bundle --release` first", path.display())]
    NoBundle {
        /// Where it should be.
        path: PathBuf,
    },
    /// The library could not be loaded.
    #[error("{} could not be loaded: {reason}", path.display())]
    Unloadable {
        /// The library.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The plugin refused a call, or lacks an interface.
    #[error("{call}: {reason}")]
    Refused {
        /// The call.
        call: &'static str,
        /// What came back.
        reason: String,
    },
}

/// The result of a VST3 call as a result of ours.
fn check(call: &'static str, result: vst3::Steinberg::tresult) -> Result<(), Vst3Failure> {
    if result == vst3::Steinberg::kResultOk {
        Ok(())
    } else {
        Err(Vst3Failure::Refused { call, reason: format!("it answered {result}") })
    }
}

/// An interface that a plugin must have.
fn need<T>(call: &'static str, found: Option<T>) -> Result<T, Vst3Failure> {
    found.ok_or_else(|| Vst3Failure::Refused { call, reason: "the plugin has no such interface".to_owned() })
}
