//! Parameters as a host sees them: rows, values, text.

use super::{HostFailure, Instance};
use betwixt_engine::params::{Param, TABLE};
use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_host::prelude::ClapId;
use std::ffi::CString;

/// One parameter in the plugin's list.
#[derive(Debug, Clone)]
pub struct ParamRow {
    /// The host's id.
    pub id: ClapId,
    /// Which row of the table it is, by its name; `None` for one that the table does not know.
    pub param: Option<Param>,
    /// Name.
    pub name: String,
    /// Flags.
    pub flags: ParamInfoFlags,
    /// Smallest value that the host may send.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// Default.
    pub default: f64,
}

impl ParamRow {
    /// A normalised value (0…1) in the host's range.
    pub fn from_normalised(&self, n: f64) -> f64 {
        self.min + (self.max - self.min) * n
    }

    /// A host value as 0…1.
    pub fn to_normalised(&self, value: f64) -> f64 {
        if self.max > self.min { (value - self.min) / (self.max - self.min) } else { 0.0 }
    }

    /// A plain value (in the table's unit) in the host's range.
    pub fn from_plain(&self, plain: f64) -> f64 {
        let n = self.param.map_or(plain, |p| p.normalise(plain));
        self.from_normalised(n)
    }

    /// A host value as a plain value in the table's unit.
    pub fn to_plain(&self, value: f64) -> f64 {
        let n = self.to_normalised(value);
        self.param.map_or(n, |p| p.denormalise(n))
    }
}

/// The plugin's list.
pub(super) fn read(instance: &mut Instance) -> Result<Vec<ParamRow>, HostFailure> {
    let ext = instance.extension::<PluginParams>("params")?;
    let handle = instance.handle();
    let mut buffer = ParamInfoBuffer::new();
    let mut rows = Vec::new();
    for index in 0..ext.count(&handle) {
        let info = ext
            .get_info(&handle, index, &mut buffer)
            .ok_or_else(|| HostFailure::plugin("params.get_info", format!("no info at index {index}")))?;
        let name = String::from_utf8_lossy(info.name).into_owned();
        rows.push(ParamRow {
            id: info.id,
            param: TABLE.iter().find(|s| s.name == name).map(|s| s.param),
            name,
            flags: info.flags,
            min: info.min_value,
            max: info.max_value,
            default: info.default_value,
        });
    }
    Ok(rows)
}

impl Instance {
    /// The row of a parameter.
    ///
    /// # Panics
    /// When the plugin does not list it.
    pub fn row(&self, param: Param) -> &ParamRow {
        self.params()
            .iter()
            .find(|r| r.param == Some(param))
            .unwrap_or_else(|| panic!("the plugin lists no parameter {:?}", param.spec().name))
    }

    /// A parameter's plain value, as the plugin tells its host (modulation included: nice-plug
    /// reports the modulated value).
    ///
    /// # Errors
    /// When the plugin does not know it.
    pub fn plain(&mut self, param: Param) -> Result<f64, HostFailure> {
        let row = self.row(param).clone();
        let ext = self.extension::<PluginParams>("params")?;
        let value =
            ext.get_value(&self.handle(), row.id).ok_or_else(|| HostFailure::plugin("params.get_value", param.id()))?;
        Ok(row.to_plain(value))
    }

    /// The text that the plugin shows for a plain value.
    ///
    /// # Errors
    /// When the plugin has none.
    pub fn text(&mut self, param: Param, plain: f64) -> Result<String, HostFailure> {
        let row = self.row(param).clone();
        let ext = self.extension::<PluginParams>("params")?;
        let mut buffer = [0u8; 256];
        let text = ext
            .value_to_text(&self.handle(), row.id, row.from_plain(plain), &mut buffer)
            .map_err(|e| HostFailure::plugin("params.value_to_text", e))?;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// The plain value that the plugin reads in a text; `None` when it can't.
    ///
    /// # Errors
    /// When the plugin has no parameters.
    pub fn parse(&mut self, param: Param, text: &str) -> Result<Option<f64>, HostFailure> {
        let row = self.row(param).clone();
        let ext = self.extension::<PluginParams>("params")?;
        let text = CString::new(text).map_err(|e| HostFailure::plugin("params.text_to_value", e))?;
        Ok(ext.text_to_value(&self.handle(), row.id, &text).map(|v| row.to_plain(v)))
    }
}
