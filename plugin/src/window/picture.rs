//! The editor's model from what is: parameters, voices, levels, pack.

use betwixt_editor::Model;
use betwixt_editor::model::{
    Anchor, Cell, Keys, Loading, Pack, PackFile, PackState, Parameter, Toast, ToastKind, Voice,
};
use betwixt_engine::pack::Manifest;
use betwixt_engine::params::{Kind, Param, TABLE};

use super::App;
use super::dialog::Dialog;
use crate::desk::{Desk, Status};
use crate::library::Listed;
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
    Model { parameters, file_dialog: Dialog::exists(), ..Model::default() }
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
        self.refresh_pack();
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

    /// The pack's picture, when anything about it has changed.
    fn refresh_pack(&mut self) {
        let (shown, model) = (&mut self.desk_shown, &mut self.model);
        self.session.look_at_desk(|desk| {
            if *shown == Some(desk.changes) {
                return;
            }
            *shown = Some(desk.changes);
            if let Some(text) = desk.notice.take() {
                model.toast = Some(Toast { kind: ToastKind::Error, text });
            }
            model.packs = desk.listed.iter().map(file_of).collect();
            let playing = desk.playing.as_ref();
            match playing {
                Some((number, pack)) if self.pack_shown != Some(*number) => {
                    self.pack_shown = Some(*number);
                    model.pack = picture_of(&pack.manifest);
                }
                Some(_) => {}
                None => model.pack = Pack::default(),
            }
            model.pack.state = match &desk.status {
                Status::Empty => PackState::Empty,
                Status::Ready => PackState::Ready,
                Status::Loading => PackState::Loading(progress(desk)),
                Status::Failed { reason, missing } => PackState::Failed { reason: reason.clone(), missing: *missing },
            };
        });
    }
}

/// How far the newest load is, in thousandths.
fn progress(desk: &Desk) -> Loading {
    let seen = desk.loads.last().map(|(_, load)| load.progress()).unwrap_or_default();
    match seen.total_frames {
        0 => Loading { done: 0, total: 0 },
        total => Loading { done: (seen.frames.min(total) * 1000 / total) as u32, total: 1000 },
    }
}

/// A pack in the list.
fn file_of(listed: &Listed) -> PackFile {
    let megabytes = listed.bytes as f64 / 1e6;
    let detail = if megabytes < 9.95 { format!("{megabytes:.1} MB") } else { format!("{megabytes:.0} MB") };
    PackFile {
        name: listed.name.clone(),
        detail,
        path: Some(listed.path.clone()),
        sha256: String::new(),
        author: String::new(),
        license: String::new(),
        map: None,
    }
}

/// What the editor draws of a pack.
fn picture_of(manifest: &Manifest) -> Pack {
    let cells = manifest.map.as_ref().map(|map| map.cells.as_slice()).unwrap_or_default();
    let cells = cells.iter().map(|cell| Cell {
        rgb: cell.rgb,
        brightness_hz: cell.brightness_hz as f32,
        level_db: cell.level_db as f32,
    });
    let anchors = manifest.anchors.iter().map(|anchor| Anchor {
        at: anchor.at.map(|v| v as f32),
        name: anchor.name.clone(),
        detail: String::new(),
        thumb: None,
    });
    let lowest = manifest.notes.iter().map(|note| note.low).min();
    let highest = manifest.notes.iter().map(|note| note.high).max();
    Pack {
        name: manifest.name.clone(),
        author: manifest.author.clone(),
        columns: manifest.grid.columns,
        rows: manifest.grid.rows,
        cells: cells.collect(),
        anchors: anchors.collect(),
        range: lowest.zip(highest),
        resident: Vec::new(),
        state: PackState::default(),
    }
}
