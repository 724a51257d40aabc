//! The realtime heart of Betwixt: packs, the memory that holds them, and the voices that play them.
//! No plugin framework, no window, no sound-design heuristics; `betwixt render`, the plugin and the
//! tests all drive this one engine.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`engine`] | the engine: events and a pack in, audio out; the ends of its rings |
//! | [`telemetry`] | what the engine shows of itself |
//! | [`kernel`] | the inner loops, in a path for each instruction set |
//! | [`params`] | the parameter table: ids, ranges, units, text in and out |
//! | [`preset`] | presets and plugin states: values of all parameters, and a pack |
//! | [`event`] | what reaches the engine inside a block: notes, controllers, parameters |
//! | [`resident`] | audio memory that the loader fills and the audio thread reads |
//! | [`loader`] | the threads that open packs and fill their memory |
//! | [`pack`] | packs on disk: reading with distrust, writing, verifying |
//! | [`wav`] | WAV files: our own reader and writer |
//! | [`flac`] | FLAC: encoding and checked decoding |
//! | [`bytes`] | positioned reading of files and memory |
//! | [`atomic_file`] | files that appear whole or not at all |
//! | [`folders`] | where packs, presets and settings lie |
//! | [`settings`] | what people chose on this machine |
//! | [`limits`] | every bound that input is checked against |
//!
//! Threads: [`resident`] is the border. Loader threads write chunks and mark them; the audio thread
//! reads only what is marked, and never allocates, locks, waits or touches a file.

pub mod atomic_file;
pub mod bytes;
mod demand;
pub mod engine;
mod envelope;
pub mod event;
mod filter;
pub mod flac;
pub mod folders;
pub mod kernel;
pub mod limits;
pub mod loader;
mod midi;
pub mod pack;
mod pad;
pub mod params;
pub mod preset;
pub mod resident;
pub mod settings;
pub mod telemetry;
mod voice;
pub mod wav;
