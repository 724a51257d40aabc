//! `settings.json` in the configuration folder: what people chose on this machine, for all that plays
//! packs here. What is not for the engine is read by the plugin.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::folders;
use crate::loader::DEFAULT_BUDGET_BYTES;

/// Memory for audio, in MiB.
const LEAST_MIB: f64 = 64.0;
const MOST_MIB: f64 = 1_048_576.0;
/// Longest settings file that is read.
const MAX_BYTES: u64 = 1 << 20;

/// The file; `None` on a machine without a home and without the variable.
pub fn path() -> Option<PathBuf> {
    folders::config().map(|folder| folder.join("settings.json"))
}

/// What the file says; nothing where it is missing or damaged.
pub fn read() -> Map<String, Value> {
    path().as_deref().map(read_or_default).unwrap_or_default()
}

fn read_or_default(path: &Path) -> Map<String, Value> {
    read_file(path).unwrap_or_else(|error| {
        tracing::warn!("{error}; default settings are used");
        Map::new()
    })
}

/// What a file says; nothing where there is none.
///
/// # Errors
/// When it can't be read, is larger than 1 MiB, or is no JSON object.
pub fn read_file(path: &Path) -> Result<Map<String, Value>, String> {
    let bad = |why: String| format!("{} can't be read: {why}", path.display());
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Map::new()),
        Err(error) => return Err(bad(error.to_string())),
    };
    if about.len() > MAX_BYTES {
        return Err(bad(format!("it has more than {MAX_BYTES} bytes, so it is damaged")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| bad(error.to_string()))
}

/// The folders that were chosen: `data_folder` and `cache_folder`. A path that is not absolute would lead somewhere else
/// in each program, and counts as none.
pub fn folders(settings: &Map<String, Value>) -> folders::Chosen {
    let folder = |key: &str| {
        let path = PathBuf::from(settings.get(key)?.as_str()?);
        path.is_absolute().then_some(path)
    };
    folders::Chosen { data: folder("data_folder"), cache: folder("cache_folder") }
}

/// Bytes of audio that packs may take in memory beyond what is being played: `budget_mib`, at least 64
/// MiB, at most 1 TiB; 1 GiB where it is not set.
pub fn budget_bytes(settings: &Map<String, Value>) -> u64 {
    let mib = settings.get("budget_mib").and_then(Value::as_f64);
    mib.map_or(DEFAULT_BUDGET_BYTES, |mib| (mib.clamp(LEAST_MIB, MOST_MIB) as u64) << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_paths_are_folders() {
        let settings = serde_json::json!({ "data_folder": std::env::temp_dir(), "cache_folder": "somewhere" });
        let chosen = folders(settings.as_object().unwrap());
        assert_eq!((chosen.data, chosen.cache), (Some(std::env::temp_dir()), None));
    }

    #[test]
    fn the_budget_is_what_the_file_says_within_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let budget = |text: Option<&str>| {
            let _ = std::fs::remove_file(&path);
            if let Some(text) = text {
                std::fs::write(&path, text).unwrap();
            }
            budget_bytes(&read_or_default(&path))
        };
        for (text, mib) in [
            (None, 1024),
            (Some("{"), 1024),
            (Some(r#"{"budget_mib":"much"}"#), 1024),
            (Some(r#"{"theme":"light"}"#), 1024),
            (Some(r#"{"budget_mib":512}"#), 512),
            (Some(r#"{"budget_mib":-1}"#), 64),
            (Some(r#"{"budget_mib":1e300}"#), 1_048_576),
        ] {
            assert_eq!(budget(text), mib << 20, "{text:?}");
        }
    }
}
