//! Presets and plugin states: one JSON object for both.
//!
//! ```json
//! { "format": "betwixt-preset", "version": 1, "name": "Glass Choir", "parameters": { "x": 0.25, "gain": "-inf",
//!   "filter": "LP", "reverse": false }, "pack": { "name": "Choir", "sha256": "…", "path": "/packs/choir.btx" } }
//! ```
//!
//! `parameters` holds plain values ([`crate::params`]): numbers in the table's unit, `"-inf"` for −∞, choices by
//! their word, switches as booleans. A [`Preset`] always has a value in range for every parameter: what is missing
//! takes its default; what is out of range is clamped; what is of another type takes its default and a [`Warning`].
//! Everything that this version does not know is kept and written back.
//!
//! Beside them stand `name`, `author`, `description` and `tags` ([`Words`]), and the stars, places that the player keeps
//! ([`Star`]): `"stars": [{"name": "Breath", "x": 0.2, "y": 0.9}]`, `"star_glide"` in seconds, and `"star_keys"`, the
//! MIDI key that recalls the first of them, or null.

mod stars;
mod value;
mod words;

pub use stars::Star;
pub use words::Words;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::limits;
use crate::params::{self, Param, TABLE};

/// The `format` of the object.
pub const FORMAT: &str = "betwixt-preset";
/// The newest `version` that is understood.
pub const VERSION: u64 = 1;

/// Why a text is no preset. Nothing of it is used then.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    /// Too long to be one.
    #[error("the preset has {bytes} bytes, more than {limit}: it is damaged, or no preset", limit = limits::PRESET_BYTES)]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON.
    #[error("it is damaged, or no preset: line {line} is no valid JSON", line = .0.line())]
    Syntax(#[from] serde_json::Error),
    /// JSON, but something else.
    #[error("\"format\" is {found}, expected \"betwixt-preset\": choose a preset file")]
    Format {
        /// What stands there.
        found: String,
    },
    /// From a version to come.
    #[error("the preset has version {found}, this Betwixt reads up to {VERSION}: update Betwixt to open it")]
    Version {
        /// What stands there.
        found: String,
    },
}

/// Something in a preset that could not be used as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// One sentence: which field, what stands there, what is used instead.
    pub message: String,
}

/// Which pack a preset plays. Found by `path`, else by `sha256`, else by `name`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackReference {
    /// The pack's name in its manifest.
    pub name: String,
    /// SHA-256 of the archive's central directory, in hexadecimal.
    pub sha256: Option<String>,
    /// Where it was; `None` for a pack that is part of Betwixt.
    pub path: Option<PathBuf>,
}

/// A preset: the whole JSON object, with a value for every parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    object: Map<String, Value>,
    values: [f64; params::COUNT],
}

impl Preset {
    /// All parameters at their defaults, no name, no pack.
    pub fn new() -> Preset {
        let mut object = Map::new();
        object.insert("format".into(), FORMAT.into());
        object.insert("version".into(), VERSION.into());
        Preset { object, values: std::array::from_fn(|i| TABLE[i].default) }
    }

    /// Reads a preset. Allocates at most a few times the text's length.
    ///
    /// # Errors
    /// [`PresetError`] when it is none, or of a version to come.
    pub fn parse(text: &str) -> Result<(Preset, Vec<Warning>), PresetError> {
        if text.len() > limits::PRESET_BYTES {
            return Err(PresetError::TooLarge { bytes: text.len() });
        }
        let object = match serde_json::from_str(text)? {
            Value::Object(object) => object,
            other => return Err(PresetError::Format { found: value::describe(&other) }),
        };
        let field = |name: &str| object.get(name).map_or_else(|| "missing".to_owned(), value::describe);
        if object.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(PresetError::Format { found: field("format") });
        }
        if !object.get("version").and_then(Value::as_u64).is_some_and(|v| (1..=VERSION).contains(&v)) {
            return Err(PresetError::Version { found: field("version") });
        }
        let mut preset = Preset { object, ..Preset::new() };
        let mut warnings = preset.read_parameters();
        preset.check_stars(&mut warnings);
        Ok((preset, warnings))
    }

    fn read_parameters(&mut self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let parameters = match self.object.get("parameters") {
            Some(Value::Object(parameters)) => parameters,
            None => return warnings,
            Some(other) => {
                let found = value::describe(other);
                let message = format!("\"parameters\" is {found}, not an object: all parameters take their defaults");
                return vec![Warning { message }];
            }
        };
        for param in Param::all() {
            let Some(found) = parameters.get(param.id()) else { continue };
            match value::plain(param, found) {
                Some(plain) => self.values[param as usize] = plain,
                None => warnings.push(Warning {
                    message: format!(
                        "\"{}\" is {}, which is no value of {}: the default, {}, is used",
                        param.id(),
                        value::describe(found),
                        param.spec().name,
                        param.format(param.default())
                    ),
                }),
            }
        }
        warnings
    }

    /// The preset as JSON, indented: values of all parameters, and all that it was read with.
    pub fn to_json(&self) -> String {
        let mut object = self.object.clone();
        let mut parameters = match object.remove("parameters") {
            Some(Value::Object(parameters)) => parameters,
            _ => Map::new(),
        };
        for param in Param::all() {
            parameters.insert(param.id().into(), value::json(param, self.value(param)));
        }
        object.insert("parameters".into(), parameters.into());
        serde_json::to_string_pretty(&object).expect("a JSON value is JSON")
    }

    /// Plain value of a parameter, always in range.
    pub fn value(&self, param: Param) -> f64 {
        self.values[param as usize]
    }

    /// Sets a parameter, plain; out of range is clamped, NaN is the default.
    pub fn set(&mut self, param: Param, plain: f64) {
        self.values[param as usize] = param.clamp(plain);
    }

    /// A field that this version does not know, or one that is the caller's own.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.object.get(name)
    }

    /// Sets a field of the caller's own; `None` takes it away. Not for fields that have a method.
    pub fn set_field(&mut self, name: &str, value: Option<Value>) {
        match value {
            Some(value) => drop(self.object.insert(name.to_owned(), value)),
            None => drop(self.object.shift_remove(name)),
        }
    }

    /// Which pack it plays; `None` leaves it to the instrument.
    pub fn pack(&self) -> Option<PackReference> {
        let pack = self.object.get("pack")?.as_object()?;
        let text = |field: &str| pack.get(field).and_then(Value::as_str).filter(|t| !t.is_empty());
        let (name, sha256, path) = (text("name"), text("sha256"), text("path"));
        if name.is_none() && sha256.is_none() && path.is_none() {
            return None;
        }
        Some(PackReference {
            name: name.unwrap_or_default().to_owned(),
            sha256: sha256.map(str::to_ascii_lowercase),
            path: path.map(PathBuf::from),
        })
    }

    /// Makes the preset play this pack. Fields of the reference that are not ours stay only if it is the same pack.
    pub fn set_pack(&mut self, pack: &PackReference) {
        let same = self.pack().is_some_and(|p| p.sha256.is_some() && p.sha256 == pack.sha256);
        let mut object = match self.object.get_mut("pack").map(Value::take) {
            Some(Value::Object(object)) if same => object,
            _ => Map::new(),
        };
        object.insert("name".into(), pack.name.clone().into());
        object.insert("sha256".into(), pack.sha256.clone().into());
        object.insert("path".into(), pack.path.as_deref().map(Path::to_string_lossy).into());
        self.object.insert("pack".into(), object.into());
    }
}

impl Default for Preset {
    fn default() -> Preset {
        Preset::new()
    }
}

#[cfg(test)]
mod tests;
