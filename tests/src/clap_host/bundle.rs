//! The plugin's file on disk, loaded once and shared by its instances.

use super::HostFailure;
use clack_host::prelude::PluginEntry;
use std::ffi::CString;
use std::path::{Path, PathBuf};

/// A loaded `.clap` file.
#[derive(Clone)]
pub struct Bundle {
    entry: PluginEntry,
    path: PathBuf,
}

impl Bundle {
    /// Loads a `.clap` file. Its code runs in this process from here on.
    ///
    /// # Errors
    /// When there is no such file, or it is not a CLAP plugin.
    pub fn load(path: &Path) -> Result<Bundle, HostFailure> {
        if !path.exists() {
            return Err(HostFailure::NoBundle { path: path.to_owned() });
        }
        // SAFETY: loading a library runs its initialisers; this is the plugin under test, which the
        // caller named.
        let entry = unsafe { PluginEntry::load(path) }
            .map_err(|e| HostFailure::Unloadable { path: path.to_owned(), reason: e.to_string() })?;
        Ok(Bundle { entry, path: path.to_owned() })
    }

    /// The entry, for making instances.
    pub(crate) fn entry(&self) -> &PluginEntry {
        &self.entry
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The ids of the plugins in the file.
    pub fn ids(&self) -> Vec<CString> {
        let Some(factory) = self.entry.get_plugin_factory() else { return Vec::new() };
        factory.plugin_descriptors().filter_map(|d| d.id().map(CString::from)).collect()
    }

    /// Name, vendor and features of the plugin with this id.
    pub fn describe(&self, id: &str) -> Option<(String, String, Vec<String>)> {
        let text = |t: &std::ffi::CStr| t.to_string_lossy().into_owned();
        let factory = self.entry.get_plugin_factory()?;
        let found = factory.plugin_descriptors().find(|d| d.id().is_some_and(|i| i.to_bytes() == id.as_bytes()))?;
        Some((
            found.name().map(text).unwrap_or_default(),
            found.vendor().map(text).unwrap_or_default(),
            found.features().map(text).collect(),
        ))
    }
}
