//! Edits of `baseview`: the window under the plugin window.

use super::edit::{CrateEdits, Edit, FileEdits};

pub(super) const BASEVIEW: CrateEdits = CrateEdits { name: "baseview", version: "0.4.2", files: &[PRESENT] };

const PRESENT: FileEdits = FileEdits {
    path: "src/platform/x11/present.rs",
    sha256: "d1f283ec5486d27af5875c978df65764f1fa3d79272898bc463e82ef1195713e",
    edits: &[
        Edit::insert(
            "D18",
            57,
            r"
    /// Another frame is wanted at the blank that was asked for.
    draw_wanted: bool,
",
        ),
        Edit::replace(
            "D18",
            76..=76,
            r"

            // The next blank is asked for before this frame is drawn: afterwards may be too late for it. Whether
            // there is anything to draw by then is seen then.
            shared.present_state.present_notify_requested.set(true);
            self.handle_present_notify(&shared.present_state, &shared.xcb_window, loop_handle)?;
            self.draw_wanted = false;
",
        ),
        Edit::replace(
            "D20",
            117..=117,
            r"
        &mut self, shared: &PresentStateShared, window: &XcbWindow, loop_handle: &LoopHandle<EventLoop>,
",
        ),
        Edit::replace(
            "D20",
            120..=120,
            r"
            // The answer to what was asked before it could be heard never comes.
            self.last_requested_serial = None;
            self.last_received_present = None;
            shared.present_notify_requested.set(true);
",
        ),
        Edit::replace(
            "D18",
            131..=131,
            r"
        Self { draw_now: false, last_requested_serial: None, last_received_present: None, draw_wanted: false }
",
        ),
        Edit::replace(
            "D20",
            145..=154,
            r"
        // Blanks may be counted anew, as on another screen: that is no reason not to draw.
        if self.last_received_present.is_some_and(|(serial, _)| serial == e.serial) {
            return;
        }
",
        ),
        Edit::replace(
            "D18",
            157..=157,
            r"
        self.draw_now = std::mem::take(&mut self.draw_wanted);
",
        ),
        Edit::insert(
            "D18",
            198,
            r"
        self.draw_wanted = true;
",
        ),
        Edit::replace(
            "D18",
            212..=212,
            r"
                    // The very next vertical blank: one more would be every other frame of the screen.
                    (sent_serial.wrapping_add(1), last_msc.wrapping_add(1))
",
        ),
    ],
};
