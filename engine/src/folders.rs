//! Where Betwixt keeps its files. Each folder can be moved by an environment variable, so that tests
//! and portable installs never touch a home.
//!
//! | variable | folder |
//! | --- | --- |
//! | `BETWIXT_DATA` | `packs`, `banks` and `presets` |
//! | `BETWIXT_CACHE` | what can be built again |
//! | `BETWIXT_CONFIG` | `settings.json` |

use std::path::PathBuf;

use directories::ProjectDirs;

/// Packs that people made or were given.
pub fn packs() -> Option<PathBuf> {
    data().map(|d| d.join("packs"))
}

/// Banks of instruments.
pub fn banks() -> Option<PathBuf> {
    data().map(|d| d.join("banks"))
}

/// Presets that people made.
pub fn presets() -> Option<PathBuf> {
    data().map(|d| d.join("presets"))
}

/// Packs, banks and presets; `None` on a machine without a home and without the variable.
pub fn data() -> Option<PathBuf> {
    folder("BETWIXT_DATA", |dirs| dirs.data_dir().to_owned())
}

/// What can be built again.
pub fn cache() -> Option<PathBuf> {
    folder("BETWIXT_CACHE", |dirs| dirs.cache_dir().to_owned())
}

/// Settings of this machine.
pub fn config() -> Option<PathBuf> {
    folder("BETWIXT_CONFIG", |dirs| dirs.config_dir().to_owned())
}

/// The pack that a fresh instance plays instead of the factory pack.
pub fn fresh_pack() -> Option<PathBuf> {
    variable("BETWIXT_PACK")
}

fn folder(name: &str, default: impl Fn(&ProjectDirs) -> PathBuf) -> Option<PathBuf> {
    variable(name).or_else(|| ProjectDirs::from("audio", "Betwixt", "Betwixt").as_ref().map(default))
}

/// An empty variable counts as unset.
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, since the environment is the process's.
    #[test]
    fn variables_move_each_folder() {
        for (name, folder) in [
            ("BETWIXT_DATA", data as fn() -> Option<PathBuf>),
            ("BETWIXT_CACHE", cache),
            ("BETWIXT_CONFIG", config),
            ("BETWIXT_PACK", fresh_pack),
        ] {
            // SAFETY: no other test of this crate reads or writes these variables.
            unsafe { std::env::set_var(name, "/somewhere") };
            assert_eq!(folder(), Some(PathBuf::from("/somewhere")), "{name}");
            // SAFETY: as above.
            unsafe { std::env::set_var(name, "") };
            assert_ne!(folder(), Some(PathBuf::new()), "{name}");
        }
    }
}
