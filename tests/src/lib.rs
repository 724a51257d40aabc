//! Hosts that load the bundled plugin as a DAW would, and the ears that judge what comes out.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`clap_host`] | the CLAP host: bundle, instance, audio, parameters, state, window, recorded host calls |
//! | [`vst3_host`] | the VST3 host: bundle, instance, audio, states, window and its event loop |
//! | [`sandbox`] | folders and environment of a test process, so that no home is touched |
//! | [`rig`] | what every test of the bundled plugin begins with |
//! | [`test_pack`] | small packs whose sound can be written down exactly |
//! | [`timeline`] | what a host plays: notes, controllers, automation, each at its frame |
//! | [`clip`], [`curve`] | a MIDI file and an automation curve as timelines |
//! | [`take`] | what was recorded: audio, and the events that came out |
//! | [`analysis`] | measures: level, clicks, pitch, spectrum, null depth |
//! | [`wav`] | 32-bit float WAV files |
//! | [`demo`] | the demo: clip and curves through the plugin, to a WAV, a picture and a summary |
//! | [`draw`] | the canvas that the picture is drawn on |
//! | [`display`] | an X server for windows that no one looks at, and pictures of it |
//! | [`screenshot`] | the plugin's window as a PNG |
//! | [`window_cost`] | what that window costs |
//! | [`spectrograms`] | sounds beside one another as a PNG |
//!
//! The program `betwixt-host` is the demo and the screenshot; the tests in `tests/` use the rest.

pub mod analysis;
pub mod clap_host;
pub mod clip;
pub mod curve;
pub mod demo;
pub mod display;
pub mod draw;
pub mod rig;
pub mod sandbox;
pub mod screenshot;
pub mod spectrograms;
pub mod take;
pub mod test_pack;
pub mod timeline;
#[cfg(target_os = "linux")]
pub mod vst3_host;
pub mod wav;
pub mod window_cost;
