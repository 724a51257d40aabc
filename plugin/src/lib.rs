//! Betwixt in a host: CLAP, VST3 and standalone around the engine, the loader and the editor.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`parameters`] | the engine's parameter table as host parameters |
//! | [`shell`] | the plugin: what the host calls |
//! | [`window`] | the editor's window |
//!
//! Threads: the host's audio thread owns the plugin object and everything in it; host main thread,
//! editor and loader reach it only through atomics and rings.

pub mod parameters;
pub mod shell;
pub mod window;

pub use shell::Betwixt;

nice_plug::nice_export_clap!(Betwixt);
nice_plug::nice_export_vst3!(Betwixt);
