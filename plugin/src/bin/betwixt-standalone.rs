//! Betwixt without a host: window, audio and MIDI of its own. `--help` lists the options.

use betwixt_plugin::Betwixt;

fn main() {
    if !nice_plug::nice_export_standalone::<Betwixt>() {
        std::process::exit(1);
    }
}
