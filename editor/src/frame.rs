//! One frame: what is drawn, what is remembered, and what the player did.

use egui::{Event, Modifiers, MouseWheelUnit, Rect, Response, Ui};

use crate::edit::Edits;
use crate::model::{Document, Parameter, PresetKey};
use crate::paint;
use crate::theme::Tokens;
use crate::view::View;
use crate::{Action, Model};

/// Passed down to everything that draws.
pub(crate) struct Frame<'a> {
    pub(crate) model: &'a Model,
    pub(crate) view: &'a mut View,
    pub(crate) t: Tokens,
    pub(crate) actions: Vec<Action>,
    /// Seconds since the context began.
    pub(crate) now: f64,
}

impl Frame<'_> {
    fn edits(&mut self) -> (&mut Edits, &Model, &mut Vec<Action>) {
        (&mut self.view.edits, self.model, &mut self.actions)
    }

    /// The value to show for a parameter; 0 when there is none.
    pub(crate) fn value(&self, id: &str) -> f32 {
        self.view.edits.value(self.model, id).unwrap_or(0.0)
    }

    /// The modulated value to show.
    pub(crate) fn modulated(&self, id: &str) -> f32 {
        let Some(p) = self.model.parameter(id) else { return 0.0 };
        (self.value(id) + p.modulated - p.value).clamp(0.0, 1.0)
    }

    pub(crate) fn parameter(&self, id: &str) -> Option<&Parameter> {
        self.model.parameter(id)
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.model.parameter(id).is_some()
    }

    /// The index of a choice.
    pub(crate) fn step(&self, id: &str) -> usize {
        self.parameter(id).map_or(0, |p| p.step_of(self.value(id)))
    }

    /// The value in words, with a real minus, and a plus where both signs are usual.
    pub(crate) fn text(&self, id: &str) -> String {
        let Some(p) = self.parameter(id) else { return "–".to_owned() };
        if !p.words.is_empty() {
            return p.words.get(self.step(id)).cloned().unwrap_or_default();
        }
        let text = paint::pretty(&p.text);
        let signed = p.bipolar && text.starts_with(|c: char| c.is_ascii_digit()) && !text.starts_with("0 ");
        if signed && !text.ends_with(['L', 'R']) { format!("+{text}") } else { text }
    }

    pub(crate) fn begin(&mut self, id: &'static str) {
        let (edits, model, actions) = self.edits();
        edits.begin(model, id, actions);
    }

    pub(crate) fn set(&mut self, id: &'static str, value: f32) {
        let (edits, model, actions) = self.edits();
        edits.set(model, id, value, actions);
    }

    pub(crate) fn hold(&mut self, id: &str) {
        self.view.edits.hold(id);
    }

    pub(crate) fn end(&mut self, id: &str) {
        let now = self.now;
        let (edits, _, actions) = self.edits();
        edits.end(id, now, actions);
    }

    pub(crate) fn is_open(&self, id: &str) -> bool {
        self.view.edits.is_open(id)
    }

    pub(crate) fn jump(&mut self, values: &[(&'static str, f32)]) {
        let now = self.now;
        let (edits, model, actions) = self.edits();
        edits.jump(model, values, now, actions);
    }

    pub(crate) fn nudge(&mut self, id: &'static str, value: f32) {
        let now = self.now;
        let (edits, model, actions) = self.edits();
        edits.nudge(model, id, value, now, actions);
    }

    pub(crate) fn set_text(&mut self, id: &'static str, text: String) {
        let now = self.now;
        let (edits, model, actions) = self.edits();
        edits.text(model, id, text, now, actions);
    }

    pub(crate) fn reset(&mut self, id: &'static str) {
        if let Some(default) = self.parameter(id).map(|p| p.default) {
            self.jump(&[(id, default)]);
        }
    }

    /// Preset, stars and pack to show.
    pub(crate) fn document(&self) -> &Document {
        self.view.edits.document(self.model)
    }

    pub(crate) fn set_document(&mut self, document: Document) {
        let now = self.now;
        let (edits, model, actions) = self.edits();
        edits.set_document(model, document, now, actions);
    }

    pub(crate) fn load_preset(&mut self, key: PresetKey) {
        let now = self.now;
        let (edits, model, actions) = self.edits();
        edits.load_preset(model, key, now, actions);
    }

    pub(crate) fn compare(&mut self) {
        let now = self.now;
        let (edits, model, actions) = self.edits();
        edits.compare(model, now, actions);
    }

    /// What a key is called: middle C is C4, or C3 by the setting.
    pub(crate) fn note_name(&self, key: u8) -> String {
        const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
        let octave = i32::from(key / 12) - if self.model.settings.middle_c3 { 2 } else { 1 };
        format!("{}{octave}", NAMES[usize::from(key % 12)])
    }

    pub(crate) fn undo(&mut self) {
        let now = self.now;
        let (edits, model, actions) = self.edits();
        edits.undo(model, now, actions);
    }

    pub(crate) fn redo(&mut self) {
        let now = self.now;
        let (edits, model, actions) = self.edits();
        edits.redo(model, now, actions);
    }

    /// Is the outline of this control to be drawn? Only once the keyboard was used.
    pub(crate) fn shows_focus(&self, response: &Response) -> bool {
        self.view.keyboard_used && response.has_focus()
    }

    /// Draws the outline round `rect` when the control has the keyboard.
    pub(crate) fn focus_ring(&self, ui: &Ui, response: &Response, rect: Rect) {
        if self.shows_focus(response) {
            paint::focus(ui.painter(), rect, self.t.focus());
        }
    }
}

/// Notches of the mouse wheel in this frame, with their modifiers: up and right are positive.
pub(crate) fn wheel(ui: &Ui) -> Vec<(f32, Modifiers)> {
    ui.input(|i| {
        i.events
            .iter()
            .filter_map(|event| match event {
                Event::MouseWheel { unit, delta, modifiers, .. } => {
                    let lines = match unit {
                        MouseWheelUnit::Point => 1.0 / 40.0,
                        MouseWheelUnit::Line => 1.0,
                        MouseWheelUnit::Page => 10.0,
                    };
                    // Systems turn Shift+wheel into a sideways wheel; both are one turn here.
                    let turn = if delta.y.abs() >= delta.x.abs() { delta.y } else { delta.x };
                    (turn != 0.0).then_some((turn * lines, *modifiers))
                }
                _ => None,
            })
            .collect()
    })
}
