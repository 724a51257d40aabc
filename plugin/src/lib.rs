//! Betwixt in a host: CLAP, VST3 and standalone around the engine, the loader and the editor.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`shell`] | the plugin: what the host calls |
//! | [`audio`] | what the audio thread owns: the engine, and the events on their way into it |
//! | [`translate`] | the framework's note events as the engine's |
//! | [`mpe`] | one note a channel: zones and their bends |
//! | [`parameters`] | the engine's parameter table as host parameters |
//! | [`session`] | what main thread, window and loader share |
//! | [`desk`] | which pack plays, and how far it is |
//! | [`library`] | where packs are found |
//! | [`state`] | what projects save |
//! | [`settings`] | size and look of the windows on this machine |
//! | `log` | what goes to the log, and where |
//! | [`window`] | the editor's window |
//!
//! Threads: the host's audio thread owns the plugin object and everything in it; host main thread,
//! editor and loader reach it only through atomics and rings.

pub mod audio;
pub mod desk;
pub mod library;
mod log;
mod meter;
pub mod mpe;
pub mod parameters;
pub mod session;
pub mod settings;
pub mod shell;
pub mod state;
#[cfg(test)]
mod testing;
pub mod translate;
pub mod window;

pub use shell::Betwixt;

nice_plug::nice_export_clap!(Betwixt);
nice_plug::nice_export_vst3!(Betwixt);
