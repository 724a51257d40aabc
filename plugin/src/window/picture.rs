//! The editor's model from what is: parameters, voices, levels, pack.

use betwixt_editor::Model;
use betwixt_editor::model::{
    Anchor, EnvelopePlace, KeyRange, Keys, Loading, Pack, PackState, Parameter, Strip as Shown, Toast, ToastKind, Voice,
};
use betwixt_engine::pack::Manifest;
use betwixt_engine::params::{Kind, Param, TABLE, Unit};
use betwixt_engine::telemetry;

use super::App;
use super::dialog::Dialog;
use crate::desk::{Desk, Status};
use crate::errands::Errand;
use crate::parameters::{Parameters, normalised_of};
use crate::spectrum::Strip;
use crate::{library, thumbs};

/// The window sees the output for so long after it was last drawn, in seconds.
const WATCH_SECONDS: f32 = 0.5;

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
            row.notch = match spec.kind {
                Kind::Float { unit: Unit::Semitones | Unit::Cents, .. } => Some((1.0 / (max - min)) as f32),
                _ => None,
            };
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
        self.refresh_news();
        self.refresh_thumbs();
        self.model.status.cpu = self.session.load();
        match self.session.memory_bytes() {
            // The loader was busy for a moment.
            0 if self.model.status.memory_bytes > 0 => {}
            bytes => self.model.status.memory_bytes = bytes,
        }
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
                    envelope: match voice.envelope {
                        telemetry::EnvelopePlace::Attack(way) => EnvelopePlace::Attack(way),
                        telemetry::EnvelopePlace::Decay(left) => EnvelopePlace::Decay(left),
                        telemetry::EnvelopePlace::Release(left) => EnvelopePlace::Release(left),
                    },
                    released: voice.released,
                    pressure: voice.pressure.clamp(0.0, 1.0),
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
                model.toasts.push(Toast { kind: ToastKind::Error, text });
            }
            let playing = desk.playing.as_ref();
            match playing {
                Some((number, pack)) if self.pack_shown != Some(*number) => {
                    self.pack_shown = Some(*number);
                    (self.thumbs_shown, self.thumbs_ordered) = (false, false);
                    model.pack = picture_of(&pack.manifest);
                }
                Some(_) => {}
                None => model.pack = Pack::default(),
            }
            model.pack.state = match &desk.status {
                Status::Empty => PackState::Empty,
                Status::Ready => PackState::Ready,
                Status::Loading => PackState::Loading(progress(desk)),
                Status::Failed { reason, missing } => PackState::Failed {
                    reason: match playing {
                        Some((number, pack)) if *number != desk.newest => {
                            format!("{reason} “{}” plays meanwhile.", pack.manifest.name)
                        }
                        _ => reason.clone(),
                    },
                    missing: *missing,
                },
            };
        });
    }
}

impl App {
    /// The project's words and stars, and what errands have brought.
    fn refresh_news(&mut self) {
        let (model, shown) = (&mut self.model, &mut self.papers_shown);
        self.session.look_at_papers(|papers| {
            if *shown != Some(papers.changes) {
                *shown = Some(papers.changes);
                model.document = papers.document();
            }
        });
        model.changed = self.session.has_changed();
        let shown = &mut self.news_shown;
        self.session.look_at_news(|news| {
            if *shown != Some(news.changes) {
                *shown = Some(news.changes);
                model.packs = news.packs.to_vec();
                model.presets = news.presets.clone();
                model.files = news.files.clone();
            }
        });
    }

    /// The pictures of the anchors: those that are there, or an errand for them.
    fn refresh_thumbs(&mut self) {
        if self.thumbs_shown || self.pack_shown.is_none() {
            return;
        }
        let sha256 = self.session.look_at_desk(|desk| Some(desk.playing.as_ref()?.1.sha256.clone()));
        let Some(sha256) = sha256 else { return };
        if let Some(thumbs) = thumbs::of(&sha256) {
            self.thumbs_shown = true;
            for (anchor, thumb) in self.model.pack.anchors.iter_mut().zip(thumbs.iter()) {
                anchor.thumb.clone_from(thumb);
            }
        } else if !std::mem::replace(&mut self.thumbs_ordered, true) {
            self.session.send(Errand::Thumbs);
        }
    }

    /// What the output looks like, and a word to the audio thread that somebody looks.
    pub(super) fn refresh_strip(&mut self) {
        let rate = self.session.sample_rate_hz();
        if self.model.settings.strip == Shown::Off {
            self.strip = None;
            return;
        }
        self.session.watch((rate * WATCH_SECONDS) as u32);
        let waiting = self.viewer.slots();
        let Ok(frames) = self.viewer.read_chunk(waiting) else { return };
        let strip = match &mut self.strip {
            Some(strip) if strip.sample_rate_hz() == rate => strip,
            // What waited for another window, or has another rate.
            strip => {
                frames.commit_all();
                *strip = Some(Strip::new(rate));
                return;
            }
        };
        let (first, rest) = frames.as_slices();
        strip.take(first, &mut self.model.analysis);
        strip.take(rest, &mut self.model.analysis);
        frames.commit_all();
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

/// What the editor draws of a pack.
fn picture_of(manifest: &Manifest) -> Pack {
    let cells = library::map_of(manifest).map(|map| map.cells).unwrap_or_default();
    let anchors = manifest.anchors.iter().map(|anchor| Anchor {
        at: anchor.at.map(|v| v as f32),
        name: anchor.name.clone(),
        detail: String::new(),
        thumb: None,
    });
    let mut ranges: Vec<KeyRange> =
        manifest.notes.iter().map(|note| KeyRange { low: note.low, high: note.high, root: note.root }).collect();
    ranges.sort();
    // Velocity layers have the same keys.
    ranges.dedup();
    Pack {
        name: manifest.name.clone(),
        author: manifest.author.clone(),
        columns: manifest.grid.columns,
        rows: manifest.grid.rows,
        cells,
        anchors: anchors.collect(),
        ranges,
        resident: Vec::new(),
        state: PackState::default(),
    }
}
