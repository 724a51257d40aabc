//! State through streams, and the document inside it.

use super::{HostFailure, Instance};
use clack_extensions::state::PluginState;
use serde_json::{Map, Value};
use std::io::{self, Read, Write};

/// A stream that hands over at most so many bytes a call, as some hosts do.
pub struct Trickle<T>(pub T, pub usize);

impl<T: Read> Read for Trickle<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.1);
        self.0.read(&mut buffer[..len])
    }
}

impl<T: Write> Write for Trickle<T> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.1);
        self.0.write(&buffer[..len])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Instance {
    /// The plugin's state, as a host saves it.
    ///
    /// # Errors
    /// When the plugin refuses.
    pub fn save(&mut self) -> Result<Vec<u8>, HostFailure> {
        let mut bytes = Vec::new();
        self.save_to(&mut bytes)?;
        Ok(bytes)
    }

    /// As [`Instance::save`], into any stream.
    ///
    /// # Errors
    /// When the plugin refuses.
    pub fn save_to(&mut self, stream: &mut impl Write) -> Result<(), HostFailure> {
        let state = self.extension::<PluginState>("state")?;
        state.save(&self.handle(), stream).map_err(|e| HostFailure::plugin("state.save", e))
    }

    /// Gives the plugin a state.
    ///
    /// # Errors
    /// When the plugin refuses it.
    pub fn load(&mut self, state: &[u8]) -> Result<(), HostFailure> {
        self.load_from(&mut &*state)
    }

    /// As [`Instance::load`], from any stream.
    ///
    /// # Errors
    /// When the plugin refuses it.
    pub fn load_from(&mut self, stream: &mut impl Read) -> Result<(), HostFailure> {
        let state = self.extension::<PluginState>("state")?;
        state.load(&self.handle(), stream).map_err(|e| HostFailure::plugin("state.load", e))
    }
}

/// The framework's envelope (a length, then JSON) round the instrument's own document.
#[derive(Debug, Clone, PartialEq)]
pub struct StateDocument {
    envelope: Map<String, Value>,
    /// The object of the field `betwixt`: a preset's JSON.
    pub betwixt: Map<String, Value>,
}

impl StateDocument {
    /// Opens a saved state.
    ///
    /// # Errors
    /// A sentence that says which part is not as it should be.
    pub fn read(bytes: &[u8]) -> Result<StateDocument, String> {
        let (length, json) = bytes.split_at_checked(8).ok_or("the state is shorter than its length field")?;
        let length = u64::from_le_bytes(length.try_into().map_err(|_| "no length")?);
        if length != json.len() as u64 {
            return Err(format!("the state says {length} bytes and has {}", json.len()));
        }
        let envelope: Map<String, Value> = serde_json::from_slice(json).map_err(|e| e.to_string())?;
        let field = &envelope.get("fields").ok_or("no fields")?["betwixt"];
        let text = field.as_str().ok_or("fields.betwixt is no string")?;
        let betwixt = serde_json::from_str(text).map_err(|e| format!("fields.betwixt: {e}"))?;
        Ok(StateDocument { envelope, betwixt })
    }

    /// The bytes of the state with the document as it is now.
    pub fn write(&self) -> Vec<u8> {
        self.write_field(&Value::Object(self.betwixt.clone()).to_string())
    }

    /// The bytes of a state whose field `betwixt` is this text, whatever it is.
    pub fn write_field(&self, text: &str) -> Vec<u8> {
        let mut envelope = self.envelope.clone();
        envelope["fields"]["betwixt"] = Value::String(text.to_owned());
        let json = Value::Object(envelope).to_string().into_bytes();
        [&(json.len() as u64).to_le_bytes()[..], &json].concat()
    }

    /// A parameter of the document.
    pub fn parameter(&self, id: &str) -> &Value {
        &self.betwixt["parameters"][id]
    }

    /// Sets a parameter of the document.
    pub fn set_parameter(&mut self, id: &str, value: Value) {
        self.betwixt["parameters"][id] = value;
    }

    /// Sets the pack by its path.
    pub fn set_pack(&mut self, path: &std::path::Path) {
        self.betwixt.insert("pack".into(), serde_json::json!({ "name": "", "sha256": "", "path": path }));
    }
}
