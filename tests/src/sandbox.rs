//! Folders and environment of a process that loads the plugin, so that no home is touched and every
//! run begins alike.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Where this process keeps what the plugin would write.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    /// Points `BETWIXT_DATA`, `BETWIXT_CACHE` and `BETWIXT_CONFIG` into a temporary folder and
    /// clears `BETWIXT_PACK`, once for the process; call it before the plugin is loaded.
    ///
    /// # Panics
    /// When the system has no room for a temporary folder.
    pub fn enter() -> &'static Sandbox {
        static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
        SANDBOX.get_or_init(|| {
            let folder = tempfile::Builder::new().prefix("betwixt-host-").tempdir().expect("a temporary folder");
            for (name, part) in [("BETWIXT_DATA", "data"), ("BETWIXT_CACHE", "cache"), ("BETWIXT_CONFIG", "config")] {
                let path = folder.path().join(part);
                std::fs::create_dir(&path).expect("a folder in the temporary folder");
                set(name, Some(&path));
            }
            set("BETWIXT_PACK", None);
            Sandbox { folder }
        })
    }

    /// The temporary folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Chooses the pack of fresh instances in this process (`BETWIXT_PACK`).
    pub fn choose_pack(&self, pack: Option<&Path>) {
        set("BETWIXT_PACK", pack);
    }

    /// Has the plugin log to the standard error stream, at these levels.
    pub fn choose_log(&self, levels: &str) {
        set("NICE_LOG", Some(Path::new("stderr")));
        set("BETWIXT_LOG", Some(Path::new(levels)));
    }

    /// Has windows painted in this way. For the time when none is open: they read the environment too.
    pub fn choose_painting(&self, how: &str) {
        set("BETWIXT_PAINT", Some(Path::new(how)));
    }

    /// Chooses the X display for windows of this process.
    pub fn choose_display(&self, display: &str) {
        set("DISPLAY", Some(Path::new(display)));
    }

    /// Deletes the folder now: a static is never dropped.
    pub fn leave(&self) {
        // What stays behind is in the system's temporary folder, so there is nothing to report.
        let _ = std::fs::remove_dir_all(self.path());
    }
}

fn set(name: &str, value: Option<&Path>) {
    // SAFETY: this crate's programs and tests set the environment before they load the plugin or
    // start a thread that reads it; std's own readers are behind its lock.
    unsafe {
        match value {
            Some(path) => std::env::set_var(name, path),
            None => std::env::remove_var(name),
        }
    }
}
