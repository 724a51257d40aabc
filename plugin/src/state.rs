//! What hosts save: the framework's own map of values, and the field `betwixt` with the preset object, which is the
//! truth. Loading checks the object first and makes the map follow it; an object that can't be read changes nothing.

use betwixt_engine::params::{Kind, Param};
use betwixt_engine::preset::Preset;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::PluginState;

use crate::parameters::normalised_of;

/// Name of the field.
pub const FIELD: &str = "betwixt";

/// Makes a state that is about to be loaded safe: every parameter explicit and in range, or nothing at all.
pub fn filter(state: &mut PluginState) {
    state.params.clear();
    let Some(preset) = state.fields.get(FIELD).and_then(|text| read(text)) else {
        tracing::warn!("The state has no readable Betwixt object; everything stays as it is");
        state.fields.clear();
        return;
    };
    for param in Param::all() {
        state.params.insert(param.id().to_owned(), framework_value(param, preset.value(param)));
    }
}

/// The object of a state, if it is one. What had to be replaced goes to the log.
pub fn read(text: &str) -> Option<Preset> {
    match Preset::parse(text) {
        Ok((preset, warnings)) => {
            for warning in warnings {
                tracing::warn!("State: {}", warning.message);
            }
            Some(preset)
        }
        Err(error) => {
            tracing::warn!("State: {error}");
            None
        }
    }
}

/// A plain value as the framework keeps it for the control that [`crate::parameters`] makes of this parameter.
fn framework_value(param: Param, plain: f64) -> ParamValue {
    match param.spec().kind {
        Kind::Float { .. } => ParamValue::F32(normalised_of(param, plain)),
        Kind::Int { .. } | Kind::Choice(_) => ParamValue::I32(plain as i32),
        Kind::Switch => ParamValue::Bool(plain >= 0.5),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn state(object: Option<&str>) -> PluginState {
        let params = BTreeMap::from([("x".to_owned(), ParamValue::F32(0.9)), ("old".to_owned(), ParamValue::I32(1))]);
        let fields = object.map(|o| (FIELD.to_owned(), o.to_owned())).into_iter().collect();
        PluginState { version: String::new(), params, fields }
    }

    #[test]
    fn the_object_decides_and_every_parameter_is_explicit() {
        let mut state = state(Some(
            r#"{"format":"betwixt-preset","version":1,"parameters":{"x":0.25,"filter":"HP","voices":999,"reverse":3}}"#,
        ));
        filter(&mut state);
        assert_eq!(state.params.len(), betwixt_engine::params::COUNT);
        assert!(matches!(state.params["x"], ParamValue::F32(0.25)));
        assert!(matches!(state.params["y"], ParamValue::F32(0.5)), "a missing one takes its default");
        assert!(matches!(state.params["filter"], ParamValue::I32(3)));
        assert!(matches!(state.params["voices"], ParamValue::I32(128)), "out of range is clamped");
        assert!(matches!(state.params["reverse"], ParamValue::Bool(false)), "another type takes the default");
    }

    #[test]
    fn what_cannot_be_read_changes_nothing() {
        for object in [None, Some(""), Some("{}"), Some("[1,2"), Some(r#"{"format":"betwixt-preset","version":2}"#)] {
            let mut state = state(object);
            filter(&mut state);
            assert!(state.params.is_empty() && state.fields.is_empty(), "{object:?}");
        }
    }
}
