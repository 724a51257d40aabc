//! Where Betwixt keeps its files. Each folder can be moved by an environment variable, so that tests
//! and portable installs never touch a home; those of data and cache by the settings too, which the
//! variable beats.
//!
//! | variable | folder |
//! | --- | --- |
//! | `BETWIXT_DATA` | `packs`, `banks` and `presets` |
//! | `BETWIXT_CACHE` | what can be built again |
//! | `BETWIXT_CONFIG` | `settings.json` |

use std::path::PathBuf;

use directories::ProjectDirs;
use parking_lot::RwLock;

use crate::settings;

/// Folders that were chosen in the settings, both absolute; `None`: the system's usual one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chosen {
    /// Packs, banks and presets.
    pub data: Option<PathBuf>,
    /// What can be built again.
    pub cache: Option<PathBuf>,
}

/// What was chosen, once it is known.
static CHOSEN: RwLock<Option<Chosen>> = RwLock::new(None);

/// From now on these folders hold, in the whole process.
pub fn choose(chosen: Chosen) {
    *CHOSEN.write() = Some(chosen);
}

/// What was chosen; read from the settings file when it is first asked for.
pub fn chosen() -> Chosen {
    if let Some(chosen) = &*CHOSEN.read() {
        return chosen.clone();
    }
    let read = settings::folders(&settings::read());
    CHOSEN.write().get_or_insert(read).clone()
}

/// Says a variable where the data are, whatever is chosen?
pub fn is_data_fixed() -> bool {
    variable(DATA).is_some()
}

/// Says a variable where the cache is, whatever is chosen?
pub fn is_cache_fixed() -> bool {
    variable(CACHE).is_some()
}

const DATA: &str = "BETWIXT_DATA";
const CACHE: &str = "BETWIXT_CACHE";

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
    variable(DATA).or_else(|| chosen().data).or_else(|| usual(|dirs| dirs.data_dir().to_owned()))
}

/// What can be built again.
pub fn cache() -> Option<PathBuf> {
    variable(CACHE).or_else(|| chosen().cache).or_else(|| usual(|dirs| dirs.cache_dir().to_owned()))
}

/// Settings of this machine.
pub fn config() -> Option<PathBuf> {
    variable("BETWIXT_CONFIG").or_else(|| usual(|dirs| dirs.config_dir().to_owned()))
}

/// The pack that a fresh instance plays instead of the factory pack.
pub fn fresh_pack() -> Option<PathBuf> {
    variable("BETWIXT_PACK")
}

/// The system's folder; `None` on a machine without a home.
fn usual(of: impl Fn(&ProjectDirs) -> PathBuf) -> Option<PathBuf> {
    ProjectDirs::from("audio", "Betwixt", "Betwixt").as_ref().map(of)
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
        choose(Chosen { data: Some("/chosen".into()), cache: None });
        assert_eq!((data(), packs()), (Some("/chosen".into()), Some("/chosen/packs".into())));
        assert!(!is_data_fixed());
        // SAFETY: as above.
        unsafe { std::env::set_var(DATA, "/somewhere") };
        assert!(is_data_fixed());
        assert_eq!(data(), Some("/somewhere".into()), "the variable beats the choice");
    }
}
