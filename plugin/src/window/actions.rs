//! What the player did, carried out.

use betwixt_editor::Action;
use betwixt_editor::model::{PackKey, PresetKey, Settings, Toast, ToastKind};
use betwixt_engine::event::{EventKind, NoteAddress, NoteRef};
use betwixt_engine::params::{Param, ParseError};
use betwixt_engine::preset::{PackReference, Preset};
use nice_plug::context::gui::GuiContext;

use super::App;
use super::dialog::{Answer, Asks, Dialog};
use super::screen;
use crate::desk::Wish;
use crate::errands::Errand;
use crate::papers::{counts, words_from};
use crate::parameters::normalised_of;
use crate::settings;

/// The drawn keyboard plays on the first channel, without note ids.
const CHANNEL: u8 = 0;
/// How often an open file dialog is asked.
const DIALOG_POLL: std::time::Duration = std::time::Duration::from_millis(100);

fn is_pack(file: &std::path::Path) -> bool {
    file.extension().is_some_and(|e| e.eq_ignore_ascii_case("btx"))
}

impl App {
    pub(super) fn carry_out(&mut self, action: Action, host: &GuiContext, context: &egui::Context) {
        match action {
            Action::BeginGesture(id) => self.with(id, |app, param| {
                app.let_go_of_star(param, host);
                app.follow.hold(param, true);
                app.begin(param, host);
            }),
            Action::SetNormalised(id, value) => self.with(id, |app, param| app.set(param, value, host)),
            Action::EndGesture(id) => self.with(id, |app, param| {
                app.follow.hold(param, false);
                app.end(param, host);
            }),
            Action::SetText(id, text) => self.with(id, |app, param| match param.parse(&text) {
                Ok(plain) => {
                    app.let_go_of_star(param, host);
                    app.begin(param, host);
                    app.set(param, normalised_of(param, plain), host);
                    app.end(param, host);
                }
                Err(ParseError::NotAValue { text, expected, .. }) => {
                    let name = param.spec().name;
                    app.say(ToastKind::Refusal, format!("“{text}” is no value of {name}: type {expected}"));
                }
            }),
            Action::NoteOn { key, velocity } => {
                let note = NoteRef { id: -1, channel: CHANNEL, key };
                self.play(EventKind::NoteOn { note, velocity });
            }
            Action::NoteOff { key } => {
                let to = NoteAddress { id: None, channel: Some(CHANNEL), key: Some(key) };
                self.play(EventKind::NoteOff { to });
            }
            Action::PitchWheel(value) => {
                self.model.keys.bend = value;
                self.play(EventKind::PitchBend { channel: CHANNEL, value: value.clamp(-1.0, 1.0) });
            }
            Action::ModWheel(value) => {
                self.model.keys.modulation = value;
                let value = value.clamp(0.0, 1.0);
                self.play(EventKind::ControlChange { channel: CHANNEL, controller: 1, value });
            }
            Action::Settings(look) => {
                let budget_bytes = {
                    let mut store = settings::shared().lock();
                    store.set_look(&self.model.settings, &look);
                    store.budget_bytes()
                };
                settings::set_mpe(look.mpe);
                self.session.set_budget_bytes(budget_bytes);
                self.changed = Some(std::time::Instant::now());
                self.listener.tell();
                self.take_look(look, context);
            }
            Action::ClearMissing => self.missing_before += self.model.status.missing_chunks,
            Action::DropFiles(files) => match files.into_iter().find(|f| is_pack(f)) {
                Some(file) => self.choose(Wish::File(file), host),
                None => self.say(ToastKind::Refusal, "Betwixt opens packs: files that end in .btx".to_owned()),
            },
            Action::PlayPack(key) => {
                let PackKey { name, sha256, path } = key;
                self.choose(Wish::Reference(PackReference { name, sha256, path }), host);
            }
            Action::SetDocument(document) => {
                // While a pack is on its way, what the editor has not touched must not bring the old one back.
                let is_new_pack = document.pack != self.model.document.pack;
                self.session.set_document(&document, is_new_pack);
                self.touch(host);
            }
            Action::List => self.session.send(Errand::List),
            Action::LoadPreset(key) => self.session.send(Errand::Load(key)),
            Action::SavePreset { words, over } => {
                let mut preset = self.session.save();
                preset.set_words(&words_from(&words));
                Param::all().filter(|param| !counts(*param)).for_each(|param| preset.set(param, param.default()));
                self.session.send(Errand::Save(Box::new(preset), over));
            }
            Action::RenamePreset(key, name) => self.session.send(Errand::Rename(key, name)),
            Action::DeletePreset(key) => self.session.send(Errand::Delete(key)),
            Action::RestorePreset(preset) => self.session.send(Errand::Restore(preset)),
            Action::Favourite(key, favourite) => {
                self.session.set_favourite(&key, favourite);
                self.changed = Some(std::time::Instant::now());
            }
            Action::Reveal(path) => self.session.send(Errand::Reveal(path)),
            Action::ClearCache => self.session.send(Errand::ClearCache),
            Action::UseFactoryPack => self.choose(Wish::Factory, host),
            Action::OpenPack | Action::LocatePack => {
                self.dialog = Dialog::open(Asks::Pack);
                if self.dialog.is_none() {
                    let text = "This system offers no file dialog: drag a pack (.btx) onto this window";
                    self.say(ToastKind::Refusal, text.to_owned());
                }
            }
            Action::AskFolder(folder) => {
                self.dialog = Dialog::open(Asks::Folder(folder));
                if self.dialog.is_none() {
                    self.say(
                        ToastKind::Refusal,
                        "This system offers no file dialog: type the folder’s path".to_owned(),
                    );
                }
            }
            Action::SetFolder(folder, path) => self.session.send(Errand::SetFolder(folder, path)),
        }
    }

    /// Looks as was chosen here or in another window.
    pub(super) fn take_look(&mut self, look: Settings, context: &egui::Context) {
        if look.scale != context.zoom_factor() {
            // The window takes the size that keeps its points, where there is room for them.
            let (before, size) = (context.zoom_factor(), context.viewport_rect().size());
            let drawn = betwixt_editor::fit::lowered(context);
            let mut wanted = drawn.map_or(size, |drawn| size * drawn / look.scale);
            if let Some([width, height]) = screen::room() {
                let pixels = look.scale * context.pixels_per_point() / drawn.unwrap_or(before);
                wanted = wanted.min(egui::vec2(width, height) / pixels);
            }
            context.set_zoom_factor(look.scale);
            if drawn.is_some() || wanted != size {
                context.send_viewport_cmd(egui::ViewportCommand::InnerSize(wanted));
            }
        }
        self.model.settings = look;
    }

    /// Looks whether the player has chosen a file.
    pub(super) fn ask_dialog(&mut self, host: &GuiContext, context: &egui::Context) {
        let Some(dialog) = &mut self.dialog else { return };
        match dialog.answer() {
            Answer::Waiting => context.request_repaint_after(DIALOG_POLL),
            answer => {
                let asks = dialog.asks;
                self.dialog = None;
                match (answer, asks) {
                    (Answer::File(file), Asks::Pack) => self.choose(Wish::File(file), host),
                    (Answer::File(path), Asks::Folder(folder)) => {
                        self.session.send(Errand::SetFolder(folder, Some(path)));
                    }
                    (Answer::Waiting | Answer::Nothing, _) => {}
                }
            }
        }
    }

    /// Plays another pack, and has the host see the project as changed.
    fn choose(&mut self, wish: Wish, host: &GuiContext) {
        self.session.wish(wish);
        self.touch(host);
    }

    /// Has the host see the project as changed.
    fn touch(&mut self, host: &GuiContext) {
        let param = Param::Revision;
        let (_, last) = param.range();
        let next = self.session.parameters.plain(param) + 1.0;
        self.begin(param, host);
        self.set(param, normalised_of(param, if next > last { 0.0 } else { next }), host);
        self.end(param, host);
    }

    /// Takes over what errands have brought: presets, and words for the player.
    pub(super) fn take_news(&mut self, host: &GuiContext) {
        let (loaded, touched) = self.session.look_at_news(|news| {
            self.model.toasts.append(&mut news.toasts);
            self.model.filed.append(&mut news.filed);
            (std::mem::take(&mut news.loaded), std::mem::take(&mut news.touched))
        });
        for (key, preset) in &loaded {
            self.load(key, preset, host);
        }
        if touched || !loaded.is_empty() {
            self.touch(host);
        }
    }

    /// Sets what a preset sets, as a gesture for each parameter that it changes.
    fn load(&mut self, key: &PresetKey, preset: &Preset, host: &GuiContext) {
        for param in Param::all().filter(|param| counts(*param)) {
            let value = normalised_of(param, preset.value(param));
            self.let_go_of_star(param, host);
            if value != self.session.parameters.base(param) {
                self.begin(param, host);
                self.set(param, value, host);
                self.end(param, host);
            }
        }
        self.session.take_preset(key, preset.clone());
    }

    fn with(&mut self, id: &str, act: impl FnOnce(&mut App, Param)) {
        if let Some(param) = Param::from_id(id) {
            act(self, param);
        }
    }

    pub(super) fn begin(&self, param: Param, host: &GuiContext) {
        // SAFETY: the pointer is one of this instance's parameters, which the session keeps alive.
        unsafe { host.raw_begin_set_parameter(self.session.parameters.pointer(param)) }
    }

    pub(super) fn set(&self, param: Param, value: f32, host: &GuiContext) {
        if value.is_finite() {
            // SAFETY: as for `begin`.
            unsafe { host.raw_set_parameter_normalized(self.session.parameters.pointer(param), value.clamp(0.0, 1.0)) }
        }
    }

    pub(super) fn end(&self, param: Param, host: &GuiContext) {
        // SAFETY: as for `begin`.
        unsafe { host.raw_end_set_parameter(self.session.parameters.pointer(param)) }
    }

    /// Sends a note or wheel to the audio thread. When nothing takes them any more, they are lost.
    fn play(&mut self, event: EventKind) {
        let _ = self.player.push(event);
    }

    fn say(&mut self, kind: ToastKind, text: String) {
        self.model.toasts.push(Toast { kind, text });
    }
}
