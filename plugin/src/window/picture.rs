//! The editor's model from what is: parameters, voices, levels, pack.

use betwixt_editor::Model;
use betwixt_editor::model::{Keys, Parameter, Voice};
use betwixt_engine::params::{Kind, Param, TABLE};

use super::App;
use crate::parameters::{Parameters, normalised_of};

/// A model that knows all parameters and nothing else.
pub(super) fn blank(parameters: &Parameters) -> Model {
    let parameters = TABLE
        .iter()
        .map(|spec| {
            let param = spec.param;
            let mut row = Parameter::new(spec.id, spec.name, normalised_of(param, spec.default));
            row.help = spec.help.to_owned();
            row.steps = param.steps().map(|s| s as u32);
            row.words = match spec.kind {
                Kind::Choice(words) => words.iter().map(|w| (*w).to_owned()).collect(),
                Kind::Switch => vec!["Off".to_owned(), "On".to_owned()],
                _ => Vec::new(),
            };
            let (min, max) = param.range();
            row.bipolar = matches!(spec.kind, Kind::Float { .. }) && min == -max;
            row.set(parameters.base(param), param.format(parameters.plain(param)));
            row
        })
        .collect();
    Model { parameters, ..Model::default() }
}

impl App {
    /// Brings the model up to date. Formats text only where a value changed.
    pub(super) fn refresh(&mut self) {
        let parameters = &self.session.parameters;
        for (param, row) in Param::all().zip(&mut self.model.parameters) {
            let value = parameters.base(param);
            if value != row.value {
                row.set(value, param.format(parameters.plain(param)));
            }
            row.modulated = parameters.modulated(param);
        }
        self.model.status.cpu = self.session.load();
        let (model, missing_before) = (&mut self.model, self.missing_before);
        self.session.telemetry(|seen| {
            model.heard = Some([seen.x, seen.y]);
            model.keys.held = Keys::default().held;
            model.voices.clear();
            for voice in seen.sounding() {
                let note = voice.note;
                if !voice.released {
                    model.keys.set(note.key, true);
                }
                model.voices.push(Voice {
                    id: u64::from(note.id as u32) << 16 | u64::from(note.channel) << 8 | u64::from(note.key),
                    key: note.key,
                    x: voice.x,
                    y: voice.y,
                    level: voice.level.clamp(0.0, 1.0),
                    released: voice.released,
                    pressure: 0.0,
                });
            }
            model.status.voices = seen.sounding().len() as u32;
            model.status.peak = [seen.peak_left, seen.peak_right];
            model.status.missing_chunks = seen.missing_chunks.saturating_sub(missing_before);
        });
    }
}
