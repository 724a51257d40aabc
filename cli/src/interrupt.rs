//! Ctrl-C, or being asked to end, while files are on their way.

use std::sync::atomic::{AtomicBool, Ordering};

/// Becomes true on Ctrl-C, SIGTERM and SIGHUP, so that no file is left half-written; the second one ends the process at
/// once.
pub(crate) fn interruptions() -> &'static AtomicBool {
    static INTERRUPTED: AtomicBool = AtomicBool::new(false);
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Where there can be no handler, Ctrl-C ends the process as ever.
    let _ = ctrlc::set_handler(handler);
    &INTERRUPTED
}
