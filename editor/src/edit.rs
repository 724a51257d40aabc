//! Edits: gestures that begin and end exactly once, the value shown until the shell has followed, undo, and the two
//! slots A and B.

use crate::model::{Deleted, Document, PresetKey};
use crate::{Action, Model};

/// How long an edited value is shown while the shell's still differs, in seconds after the gesture.
const ECHO_SECONDS: f64 = 0.3;
/// Nudges of the same parameter this close in time (wheel, arrow keys) are one step of undo.
const NUDGE_SECONDS: f64 = 0.7;
/// Steps of undo kept.
const STEPS: usize = 200;
/// Values closer than this are the same: hosts hand back what they were given through an `f32` or two.
const SAME: f32 = 1e-5;

#[derive(Debug)]
struct Open {
    id: &'static str,
    before: f32,
    value: f32,
    /// The widget still holds it in this frame.
    held: bool,
}

/// A typed value that the shell may take or refuse.
#[derive(Debug)]
struct Typed {
    id: &'static str,
    before: f32,
    since: f64,
}

#[derive(Debug)]
struct Echo {
    id: &'static str,
    value: f32,
    until: f64,
}

/// Presets that are loaded this close in time, as when walking through the list, are one step of undo.
const BROWSE_SECONDS: f64 = 3.0;

/// What can be put back: parameters and their values, and the document if it is meant too.
#[derive(Debug, Clone, PartialEq, Default)]
struct Snapshot {
    values: Vec<(&'static str, f32)>,
    document: Option<Box<Document>>,
    /// A preset that was deleted.
    deleted: Option<Deleted>,
}

/// Which edits join with the one before.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Single,
    /// Turns of a wheel, keys.
    Nudge,
    /// Loads a preset.
    Browse,
    /// Changes between A and B: undone, it changes back.
    Compare,
}

/// One step of undo.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    before: Snapshot,
    time: f64,
    kind: Kind,
}

/// The slots A and B: the one that plays is the project itself.
#[derive(Debug, Default)]
struct Slots {
    /// B plays.
    second: bool,
    /// What the other slot holds; `None` until it was first used.
    other: Option<Snapshot>,
}

/// Edits in progress and past.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    open: Vec<Open>,
    /// Ended while another edit of the same gesture is still open.
    ended: Vec<(&'static str, f32)>,
    echoes: Vec<Echo>,
    typed: Vec<Typed>,
    undo: Vec<Step>,
    redo: Vec<Step>,
    /// The document that was asked for, until the shell has followed or time is up.
    document: Option<(Box<Document>, f64)>,
    slots: Slots,
}

impl Edits {
    /// What outlives a window: undo, and the slots. Edits in progress do not.
    pub(crate) fn kept(self) -> Self {
        Self { undo: self.undo, redo: self.redo, slots: self.slots, ..Self::default() }
    }

    /// The document to show: what the player asked for, or the model's.
    pub(crate) fn document<'a>(&'a self, model: &'a Model) -> &'a Document {
        self.document.as_ref().map_or(&model.document, |(document, _)| document)
    }

    /// Asks for another document, as one step of undo.
    pub(crate) fn set_document(&mut self, model: &Model, document: Document, now: f64, actions: &mut Vec<Action>) {
        let before = self.document(model);
        if *before == document {
            return;
        }
        let before = Snapshot { values: Vec::new(), document: Some(Box::new(before.clone())), ..Snapshot::default() };
        self.remember(Step { before, time: now, kind: Kind::Single });
        self.ask_document(Box::new(document), now, actions);
    }

    fn ask_document(&mut self, document: Box<Document>, now: f64, actions: &mut Vec<Action>) {
        self.document = Some((document.clone(), now + ECHO_SECONDS));
        actions.push(Action::SetDocument(document));
    }

    /// Loads a preset. Those that are loaded one after the other are one step of undo.
    pub(crate) fn load_preset(&mut self, model: &Model, key: PresetKey, now: f64, actions: &mut Vec<Action>) {
        let before = self.snapshot(model);
        self.echoes.clear();
        self.document = None;
        self.remember(Step { before, time: now, kind: Kind::Browse });
        actions.push(Action::LoadPreset(key));
    }

    /// All parameters that hosts automate, and the document.
    fn snapshot(&self, model: &Model) -> Snapshot {
        let values = model.parameters.iter().filter(|p| p.id != "bypass" && p.id != "revision");
        Snapshot {
            values: values.map(|p| (p.id, self.value(model, p.id).unwrap_or(p.value))).collect(),
            document: Some(Box::new(self.document(model).clone())),
            deleted: None,
        }
    }

    /// Does slot B play?
    pub(crate) fn is_second(&self) -> bool {
        self.slots.second
    }

    /// Changes between A and B, as one step of undo. B begins as a copy of A.
    pub(crate) fn compare(&mut self, model: &Model, now: f64, actions: &mut Vec<Action>) {
        let here = self.snapshot(model);
        let there = self.slots.other.replace(here.clone()).unwrap_or_else(|| here.clone());
        self.slots.second = !self.slots.second;
        self.remember(Step { before: here, time: now, kind: Kind::Compare });
        self.put(model, &there, now, actions);
    }

    /// Makes the slot that does not play a copy of the one that does.
    pub(crate) fn copy_to_other(&mut self, model: &Model) {
        self.slots.other = Some(self.snapshot(model));
    }

    /// The value to show: what the player asked for, or the model's.
    pub(crate) fn value(&self, model: &Model, id: &str) -> Option<f32> {
        let own = self.open.iter().find(|e| e.id == id).map(|e| e.value);
        own.or_else(|| self.echoes.iter().find(|e| e.id == id).map(|e| e.value))
            .or_else(|| model.parameter(id).map(|p| p.value))
    }

    /// Is this parameter in the player's hand?
    pub(crate) fn is_open(&self, id: &str) -> bool {
        self.open.iter().any(|e| e.id == id)
    }

    /// Begins an edit; does nothing when it has begun.
    pub(crate) fn begin(&mut self, model: &Model, id: &'static str, actions: &mut Vec<Action>) {
        if self.is_open(id) {
            return;
        }
        let Some(before) = self.value(model, id) else { return };
        self.echoes.retain(|e| e.id != id);
        self.open.push(Open { id, before, value: before, held: true });
        actions.push(Action::BeginGesture(id));
    }

    /// Moves an open edit; out of range is clamped, steps are kept, an unchanged value is not sent again.
    pub(crate) fn set(&mut self, model: &Model, id: &'static str, value: f32, actions: &mut Vec<Action>) {
        let value = model.parameter(id).map_or(value, |p| p.snap(value));
        if let Some(edit) = self.open.iter_mut().find(|e| e.id == id) {
            edit.held = true;
            if edit.value != value {
                edit.value = value;
                actions.push(Action::SetNormalised(id, value));
            }
        }
    }

    /// Keeps an open edit alive in this frame; one that no widget holds is ended by [`Self::sweep`].
    pub(crate) fn hold(&mut self, id: &str) {
        if let Some(edit) = self.open.iter_mut().find(|e| e.id == id) {
            edit.held = true;
        }
    }

    /// Ends an edit.
    pub(crate) fn end(&mut self, id: &str, now: f64, actions: &mut Vec<Action>) {
        self.finish(id, now, false, actions);
    }

    fn finish(&mut self, id: &str, now: f64, nudge: bool, actions: &mut Vec<Action>) {
        let Some(at) = self.open.iter().position(|e| e.id == id) else { return };
        let edit = self.open.swap_remove(at);
        actions.push(Action::EndGesture(edit.id));
        self.echoes.push(Echo { id: edit.id, value: edit.value, until: now + ECHO_SECONDS });
        if edit.value != edit.before {
            self.ended.push((edit.id, edit.before));
        }
        if self.open.is_empty() && !self.ended.is_empty() {
            let before = Snapshot { values: std::mem::take(&mut self.ended), ..Snapshot::default() };
            self.remember(Step { before, time: now, kind: if nudge { Kind::Nudge } else { Kind::Single } });
        }
    }

    /// A whole edit at once.
    pub(crate) fn jump(&mut self, model: &Model, values: &[(&'static str, f32)], now: f64, actions: &mut Vec<Action>) {
        self.at_once(model, values, now, false, actions);
    }

    /// A whole edit at once that joins the one before it, as turns of the wheel do.
    pub(crate) fn nudge(&mut self, model: &Model, id: &'static str, value: f32, now: f64, actions: &mut Vec<Action>) {
        self.at_once(model, &[(id, value)], now, true, actions);
    }

    fn at_once(
        &mut self,
        model: &Model,
        values: &[(&'static str, f32)],
        now: f64,
        nudge: bool,
        actions: &mut Vec<Action>,
    ) {
        let fresh: Vec<_> = values.iter().filter(|v| !self.is_open(v.0)).copied().collect();
        for (id, _) in &fresh {
            self.begin(model, id, actions);
        }
        for (id, value) in &fresh {
            self.set(model, id, *value, actions);
        }
        for (id, _) in &fresh {
            self.finish(id, now, nudge, actions);
        }
    }

    /// The player typed a value: the shell parses and sets it, or refuses it. It is a step of undo once it has changed
    /// something.
    pub(crate) fn text(&mut self, model: &Model, id: &'static str, text: String, now: f64, actions: &mut Vec<Action>) {
        if let Some(before) = self.value(model, id) {
            self.echoes.retain(|e| e.id != id);
            self.typed.retain(|typed| typed.id != id);
            self.typed.push(Typed { id, before, since: now });
            actions.push(Action::SetText(id, text));
        }
    }

    /// Once a frame, before all widgets: remembers typed values that the shell has taken, and forgets those that it has
    /// not in time.
    pub(crate) fn follow(&mut self, model: &Model, now: f64) {
        let (done, waiting) = std::mem::take(&mut self.typed).into_iter().partition(|typed: &Typed| {
            let value = model.parameter(typed.id).map_or(typed.before, |p| p.value);
            (value - typed.before).abs() >= SAME
        });
        self.typed = waiting;
        self.typed.retain(|typed| now < typed.since + ECHO_SECONDS);
        for typed in done {
            let before = Snapshot { values: vec![(typed.id, typed.before)], ..Snapshot::default() };
            self.remember(Step { before, time: typed.since, kind: Kind::Single });
        }
    }

    fn remember(&mut self, step: Step) {
        self.redo.clear();
        if let Some(last) = self.undo.last_mut() {
            let ids = |step: &Step| step.before.values.iter().map(|v| v.0).collect::<Vec<_>>();
            let joins = match step.kind {
                Kind::Nudge => step.time - last.time < NUDGE_SECONDS && ids(last) == ids(&step),
                Kind::Browse => step.time - last.time < BROWSE_SECONDS,
                Kind::Single | Kind::Compare => false,
            };
            if joins && last.kind == step.kind {
                last.time = step.time;
                return;
            }
        }
        if self.undo.len() == STEPS {
            self.undo.remove(0);
        }
        self.undo.push(step);
    }

    pub(crate) fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    pub(crate) fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// A preset was deleted: a step of undo, and none of redo.
    pub(crate) fn deleted(&mut self, preset: Deleted, now: f64) {
        let before = Snapshot { deleted: Some(preset), ..Snapshot::default() };
        self.remember(Step { before, time: now, kind: Kind::Single });
    }

    /// Takes the last step back, as a gesture that the host sees.
    pub(crate) fn undo(&mut self, model: &Model, now: f64, actions: &mut Vec<Action>) {
        if let Some(mut step) = self.undo.pop() {
            if let Some(preset) = step.before.deleted.take() {
                actions.push(Action::RestorePreset(preset));
                return;
            }
            let redo = self.swap(model, &step, now, actions);
            self.redo.push(redo);
        }
    }

    /// Does it again.
    pub(crate) fn redo(&mut self, model: &Model, now: f64, actions: &mut Vec<Action>) {
        if let Some(step) = self.redo.pop() {
            let undo = self.swap(model, &step, now, actions);
            self.undo.push(undo);
        }
    }

    /// Goes back to what was before a step; returns the step that undoes this.
    fn swap(&mut self, model: &Model, step: &Step, now: f64, actions: &mut Vec<Action>) -> Step {
        let values = step.before.values.iter();
        let before = if step.kind == Kind::Compare {
            let here = self.snapshot(model);
            self.slots.second = !self.slots.second;
            self.slots.other = Some(here.clone());
            here
        } else {
            Snapshot {
                values: values.filter_map(|(id, _)| self.value(model, id).map(|v| (*id, v))).collect(),
                document: step.before.document.as_ref().map(|_| Box::new(self.document(model).clone())),
                deleted: None,
            }
        };
        self.put(model, &step.before, now, actions);
        Step { before, time: now, kind: if step.kind == Kind::Compare { Kind::Compare } else { Kind::Single } }
    }

    /// Puts a snapshot back, as gestures that the host sees; nothing is remembered.
    fn put(&mut self, model: &Model, snapshot: &Snapshot, now: f64, actions: &mut Vec<Action>) {
        let (undo, redo) = (std::mem::take(&mut self.undo), std::mem::take(&mut self.redo));
        let differs = |v: &&(&'static str, f32)| self.value(model, v.0).is_some_and(|now| (now - v.1).abs() >= SAME);
        let values: Vec<_> = snapshot.values.iter().filter(differs).copied().collect();
        self.jump(model, &values, now, actions);
        (self.undo, self.redo) = (undo, redo);
        if let Some(document) = &snapshot.document
            && self.document(model) != &**document
        {
            self.ask_document(document.clone(), now, actions);
        }
    }

    /// Once a frame, after all widgets: ends what nobody holds any more and forgets what the shell has followed.
    /// Seconds until it wants to be called again.
    pub(crate) fn sweep(&mut self, model: &Model, now: f64, actions: &mut Vec<Action>) -> Option<f64> {
        let lost: Vec<_> = self.open.iter().filter(|e| !e.held).map(|e| e.id).collect();
        for id in lost {
            self.end(id, now, actions);
        }
        for edit in &mut self.open {
            edit.held = false;
        }
        self.echoes.retain(|e| {
            let followed = model.parameter(e.id).is_none_or(|p| (p.value - e.value).abs() < SAME);
            now < e.until && !followed
        });
        let followed = |(document, until): &mut (Box<Document>, f64)| now >= *until || model.document == **document;
        self.document.take_if(followed);
        let document = self.document.as_ref().map(|(_, until)| *until);
        let typed = self.typed.iter().map(|typed| typed.since + ECHO_SECONDS);
        self.echoes.iter().map(|e| e.until).chain(typed).chain(document).map(|until| until - now).reduce(f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Parameter;

    fn model() -> Model {
        Model {
            parameters: vec![
                Parameter::new("x", "X", 0.5),
                Parameter::new("y", "Y", 0.5),
                Parameter { steps: Some(3), ..Parameter::new("filter", "Filter", 0.0) },
            ],
            ..Model::default()
        }
    }

    #[test]
    fn a_gesture_begins_and_ends_once_and_sends_each_value_once() {
        let (model, mut edits, mut actions) = (model(), Edits::default(), Vec::new());
        edits.begin(&model, "x", &mut actions);
        edits.begin(&model, "x", &mut actions);
        edits.set(&model, "x", 0.7, &mut actions);
        edits.set(&model, "x", 0.7, &mut actions);
        edits.end("x", 0.0, &mut actions);
        edits.end("x", 0.0, &mut actions);
        assert_eq!(actions, [Action::BeginGesture("x"), Action::SetNormalised("x", 0.7), Action::EndGesture("x")]);
    }

    #[test]
    fn a_gesture_whose_control_is_gone_is_ended() {
        let (model, mut edits, mut actions) = (model(), Edits::default(), Vec::new());
        edits.begin(&model, "x", &mut actions);
        edits.sweep(&model, 0.0, &mut actions);
        assert_eq!(actions.len(), 1);
        edits.sweep(&model, 0.1, &mut actions);
        assert_eq!(actions, [Action::BeginGesture("x"), Action::EndGesture("x")]);
    }

    #[test]
    fn the_asked_value_shows_until_the_shell_follows_or_time_is_up() {
        let (mut model, mut edits, mut actions) = (model(), Edits::default(), Vec::new());
        edits.jump(&model, &[("x", 0.9)], 0.0, &mut actions);
        edits.sweep(&model, 0.1, &mut actions);
        assert_eq!(edits.value(&model, "x"), Some(0.9));
        edits.sweep(&model, 0.4, &mut actions);
        assert_eq!(edits.value(&model, "x"), Some(0.5), "the host refused");
        edits.jump(&model, &[("x", 0.9)], 1.0, &mut actions);
        model.parameters[0].value = 0.9;
        edits.sweep(&model, 1.01, &mut actions);
        model.parameters[0].value = 0.2;
        assert_eq!(edits.value(&model, "x"), Some(0.2), "automation goes on at once");
    }

    #[test]
    fn a_typed_value_is_a_step_of_undo_once_the_shell_has_taken_it() {
        let (mut model, mut edits, mut actions) = (model(), Edits::default(), Vec::new());
        edits.text(&model, "x", "abc".into(), 0.0, &mut actions);
        assert_eq!(actions, [Action::SetText("x", "abc".into())]);
        edits.follow(&model, 0.1);
        edits.follow(&model, 0.5);
        model.parameters[0].value = 0.9;
        edits.follow(&model, 0.6);
        assert!(!edits.can_undo(), "it was refused, and what came later is the host's");
        edits.text(&model, "x", "20 %".into(), 1.0, &mut actions);
        model.parameters[0].value = 0.2;
        edits.follow(&model, 1.1);
        actions.clear();
        edits.undo(&model, 1.2, &mut actions);
        assert!(actions.contains(&Action::SetNormalised("x", 0.9)) && !edits.can_undo(), "{actions:?}");
    }

    #[test]
    fn a_drag_of_two_parameters_is_one_step_of_undo() {
        let (mut model, mut edits, mut actions) = (model(), Edits::default(), Vec::new());
        for id in ["x", "y"] {
            edits.begin(&model, id, &mut actions);
            edits.set(&model, id, 0.8, &mut actions);
        }
        edits.end("x", 0.0, &mut actions);
        edits.end("y", 0.0, &mut actions);
        model.parameters[0].value = 0.8;
        model.parameters[1].value = 0.8;
        actions.clear();
        edits.undo(&model, 1.0, &mut actions);
        assert!(
            actions.contains(&Action::SetNormalised("x", 0.5)) && actions.contains(&Action::SetNormalised("y", 0.5))
        );
        assert!(!edits.can_undo() && edits.can_redo());
        actions.clear();
        edits.redo(&model, 1.1, &mut actions);
        assert!(actions.contains(&Action::SetNormalised("y", 0.8)));
        assert!(edits.can_undo() && !edits.can_redo());
    }

    #[test]
    fn turns_of_the_wheel_join_into_one_step() {
        let (model, mut edits, mut actions) = (model(), Edits::default(), Vec::new());
        for i in 0..5u8 {
            let time = f64::from(i) * 0.1;
            edits.nudge(&model, "x", 0.5 + 0.01 * f32::from(i + 1), time, &mut actions);
        }
        actions.clear();
        edits.undo(&model, 1.0, &mut actions);
        assert!(actions.contains(&Action::SetNormalised("x", 0.5)));
        assert!(!edits.can_undo());
    }

    #[test]
    fn a_choice_lands_on_its_steps() {
        let (model, mut edits, mut actions) = (model(), Edits::default(), Vec::new());
        edits.jump(&model, &[("filter", 0.4)], 0.0, &mut actions);
        assert!(actions.contains(&Action::SetNormalised("filter", 1.0 / 3.0)));
    }

    fn document(name: &str) -> Document {
        Document { words: crate::model::PresetWords { name: name.into(), ..Default::default() }, ..Document::default() }
    }

    /// Carries out what was asked for, as a shell does.
    fn follow(model: &mut Model, actions: &mut Vec<Action>) {
        for action in actions.drain(..) {
            match action {
                Action::SetNormalised(id, value) => model.parameter_mut(id).unwrap().value = value,
                Action::SetDocument(document) => model.document = *document,
                Action::LoadPreset(PresetKey::Factory(name)) => {
                    model.document = document(&name);
                    model.parameters[0].value = name.len() as f32 / 10.0;
                }
                _ => {}
            }
        }
    }

    #[test]
    fn presets_walked_through_are_one_step_that_brings_the_name_back_too() {
        let (mut model, mut edits, mut actions) = (model(), Edits::default(), Vec::new());
        model.document = document("Mine");
        for (i, name) in ["a", "ab", "abc"].into_iter().enumerate() {
            edits.load_preset(&model, PresetKey::Factory(name.into()), i as f64, &mut actions);
            follow(&mut model, &mut actions);
            edits.sweep(&model, i as f64, &mut actions);
        }
        assert_eq!((model.parameters[0].value, model.document.words.name.as_str()), (0.3, "abc"));
        edits.undo(&model, 4.0, &mut actions);
        follow(&mut model, &mut actions);
        assert_eq!((model.parameters[0].value, model.document.words.name.as_str()), (0.5, "Mine"));
        assert!(!edits.can_undo());
        edits.redo(&model, 5.0, &mut actions);
        follow(&mut model, &mut actions);
        assert_eq!((model.parameters[0].value, model.document.words.name.as_str()), (0.3, "abc"));
    }

    #[test]
    fn a_and_b_change_places_and_undo_changes_them_back() {
        let (mut model, mut edits, mut actions) = (model(), Edits::default(), Vec::new());
        edits.compare(&model, 0.0, &mut actions);
        assert!(edits.is_second() && actions.is_empty(), "B begins as A");
        edits.jump(&model, &[("x", 0.9)], 1.0, &mut actions);
        edits.set_document(&model, document("B"), 1.5, &mut actions);
        follow(&mut model, &mut actions);
        edits.sweep(&model, 1.6, &mut actions);
        let mut turn = |edits: &mut Edits, model: &mut Model, act: fn(&mut Edits, &Model, f64, &mut Vec<Action>)| {
            act(edits, model, 2.0, &mut actions);
            follow(model, &mut actions);
            edits.sweep(model, 2.1, &mut actions);
            (edits.is_second(), model.parameters[0].value, model.document.words.name.clone())
        };
        let (a, b) = ((false, 0.5, String::new()), (true, 0.9, "B".to_owned()));
        assert_eq!(turn(&mut edits, &mut model, Edits::compare), a);
        assert_eq!(turn(&mut edits, &mut model, Edits::compare), b);
        assert_eq!(turn(&mut edits, &mut model, Edits::undo), a);
        assert_eq!(turn(&mut edits, &mut model, Edits::redo), b);
        assert_eq!(turn(&mut edits, &mut model, Edits::compare), a);
    }

    #[test]
    fn a_document_shows_at_once_until_the_shell_refuses_it() {
        let (model, mut edits, mut actions) = (model(), Edits::default(), Vec::new());
        edits.set_document(&model, document("New"), 0.0, &mut actions);
        assert_eq!(actions.len(), 1);
        edits.sweep(&model, 0.1, &mut actions);
        assert_eq!(edits.document(&model).words.name, "New");
        edits.sweep(&model, 0.5, &mut actions);
        assert_eq!(edits.document(&model).words.name, "");
    }
}
