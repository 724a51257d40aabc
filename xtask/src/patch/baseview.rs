//! Edits of `baseview`: the window under the plugin window.

use super::edit::{CrateEdits, Edit, FileEdits};

pub(super) const BASEVIEW: CrateEdits = CrateEdits { name: "baseview", version: "0.4.2", files: &[PRESENT] };

const PRESENT: FileEdits = FileEdits {
    path: "src/platform/x11/present.rs",
    sha256: "d1f283ec5486d27af5875c978df65764f1fa3d79272898bc463e82ef1195713e",
    edits: &[Edit::replace(
        "D18",
        212..=212,
        r"
                    // The very next vertical blank: one more would be every other frame of the screen.
                    (sent_serial.wrapping_add(1), last_msc.wrapping_add(1))
",
    )],
};
