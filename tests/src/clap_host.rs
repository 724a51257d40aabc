//! A CLAP host on clack: it does what a DAW does, and writes down what the plugin asks of it.
//!
//! Threads: [`Instance`] stays on the thread that made it, the plugin's main thread. Its
//! [`Processor`] is the audio side: it can be taken out and moved to another thread, and comes back
//! to be deactivated. Everything that the plugin calls lands in [`Calls`], from any thread.

mod bundle;
mod calls;
mod instance;
mod params;
mod processor;
mod state;
mod window;

pub use bundle::Bundle;
pub use calls::{Call, Calls};
pub use instance::{Instance, PLUGIN_ID};
pub use params::ParamRow;
pub use processor::{Block, Output, OutputKind, Processor};
pub use state::{StateDocument, Trickle};
pub use window::PluginWindow;

/// What can go wrong between the host and a plugin.
#[derive(Debug, thiserror::Error)]
pub enum HostFailure {
    /// There is no plugin at this path.
    #[error("there is no plugin at {path}; `cargo xtask bundle` makes target/bundled/Betwixt.clap")]
    NoBundle {
        /// Where it was looked for.
        path: std::path::PathBuf,
    },
    /// The file is not a plugin that can be loaded.
    #[error("{path} can't be loaded: {reason}")]
    Unloadable {
        /// The file.
        path: std::path::PathBuf,
        /// What the loader says.
        reason: String,
    },
    /// A call to the plugin failed.
    #[error("the plugin failed in {call}: {reason}")]
    Plugin {
        /// Which call.
        call: &'static str,
        /// What it said.
        reason: String,
    },
    /// The plugin does not offer an extension that is needed.
    #[error("the plugin has no extension {0}")]
    NoExtension(&'static str),
    /// The X server is missing or refuses.
    #[error("no window: {0}")]
    Display(String),
}

impl HostFailure {
    pub(crate) fn plugin(call: &'static str, reason: impl std::fmt::Display) -> HostFailure {
        HostFailure::Plugin { call, reason: reason.to_string() }
    }
}
