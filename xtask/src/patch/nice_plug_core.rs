//! Edits of `nice-plug-core`: parameters.

use super::edit::{CrateEdits, Edit, FileEdits};

pub(super) const NICE_PLUG_CORE: CrateEdits =
    CrateEdits { name: "nice-plug-core", version: "0.4.2", files: &[FLOAT_PARAM] };

const FLOAT_PARAM: FileEdits = FileEdits {
    path: "src/params/float.rs",
    sha256: "45975e032530fdc85985d3fe971cb07aba1e5c3acc55f6d200951ca98b5672a3",
    edits: &[Edit::replace(
        "D9",
        213..=213,
        r"
        // Where modulation holds the value at an end of its range, the base may change all the same.
        if value != old_value || unmodulated_value != self.unmodulated_value.load(Ordering::Relaxed) {
",
    )],
};
