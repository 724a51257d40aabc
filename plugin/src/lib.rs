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
//! | `papers` | words, stars and pack of a project, and whether they have changed |
//! | `presets` | the presets of ours and of the player's |
//! | [`stars`] | program changes and keys that send the point to a star |
//! | `errands` | what takes its time, on a thread of its own |
//! | `spectrum`, `thumbs` | what the sound looks like |
//! | `cache`, `reveal` | the cache folder; files in the system's file manager |
//! | [`settings`] | what people chose on this machine |
//! | `log` | what goes to the log, and where |
//! | [`window`] | the editor's window |
//!
//! Threads: the host's audio thread owns the plugin object and everything in it; host main thread,
//! editor and loader reach it only through atomics and rings.

pub mod audio;
mod cache;
pub mod desk;
mod errands;
pub mod library;
mod log;
mod meter;
pub mod mpe;
mod papers;
pub mod parameters;
mod presets;
mod reveal;
pub mod session;
pub mod settings;
pub mod shell;
mod spectrum;
pub mod stars;
pub mod state;
#[cfg(test)]
mod testing;
mod thumbs;
pub mod translate;
pub mod window;

pub use shell::Betwixt;

nice_plug::nice_export_clap!(Betwixt);
nice_plug::nice_export_vst3!(Betwixt);
