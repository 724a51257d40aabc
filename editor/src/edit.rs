//! Edits: gestures that begin and end exactly once, the value shown until the shell has followed, and undo.

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

#[derive(Debug)]
struct Echo {
    id: &'static str,
    value: f32,
    until: f64,
}

/// What one step of undo puts back: parameters and their values.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    values: Vec<(&'static str, f32)>,
    time: f64,
    nudge: bool,
}

/// Edits in progress and past.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    open: Vec<Open>,
    /// Ended while another edit of the same gesture is still open.
    ended: Vec<(&'static str, f32)>,
    echoes: Vec<Echo>,
    undo: Vec<Step>,
    redo: Vec<Step>,
}

impl Edits {
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
            let values = std::mem::take(&mut self.ended);
            self.remember(Step { values, time: now, nudge });
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

    /// The player typed a value: the shell parses and sets it, we remember what it was.
    pub(crate) fn text(&mut self, model: &Model, id: &'static str, text: String, now: f64, actions: &mut Vec<Action>) {
        if let Some(before) = self.value(model, id) {
            self.echoes.retain(|e| e.id != id);
            self.remember(Step { values: vec![(id, before)], time: now, nudge: false });
            actions.push(Action::SetText(id, text));
        }
    }

    fn remember(&mut self, step: Step) {
        self.redo.clear();
        if let Some(last) = self.undo.last_mut() {
            let same = last.values.len() == 1 && step.values.len() == 1 && last.values[0].0 == step.values[0].0;
            if same && last.nudge && step.nudge && step.time - last.time < NUDGE_SECONDS {
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

    /// Takes the last step back, as a gesture that the host sees.
    pub(crate) fn undo(&mut self, model: &Model, now: f64, actions: &mut Vec<Action>) {
        if let Some(step) = self.undo.pop() {
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

    fn swap(&mut self, model: &Model, step: &Step, now: f64, actions: &mut Vec<Action>) -> Step {
        let values = step.values.iter().filter_map(|(id, _)| self.value(model, id).map(|v| (*id, v))).collect();
        let (undo, redo) = (std::mem::take(&mut self.undo), std::mem::take(&mut self.redo));
        self.jump(model, &step.values, now, actions);
        (self.undo, self.redo) = (undo, redo);
        Step { values, time: now, nudge: false }
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
        self.echoes.iter().map(|e| e.until - now).reduce(f64::min)
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
}
