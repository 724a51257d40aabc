//! How every control of one parameter is moved: drag, Shift for fine without a jump, wheel, double-click for the
//! default, keys while focused, and the menu of the right button.

use egui::accesskit::Action as Request;
use egui::{EventFilter, Key, Modifiers, Response, Ui};

use super::{entry, menu};
use crate::frame::{Frame, wheel};

/// Points of vertical drag over the whole travel.
pub(crate) const TRAVEL: f32 = 200.0;
const FINE: f32 = 0.1;
/// Share of the travel for a notch of the wheel and an arrow key.
const NOTCH: f32 = 0.01;

/// A drag in progress: the value that the pointer stands for, not yet on a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grab {
    id: &'static str,
    value: f32,
}

/// What moves the value when the pointer is dragged.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Axis {
    /// Up is more; so many points over the whole travel.
    Up(f32),
    /// Right is more.
    Right(f32),
}

/// Lets `response` move the parameter. Returns whether the typed entry is wanted.
pub(crate) fn drive(frame: &mut Frame<'_>, ui: &Ui, response: &Response, id: &'static str, axis: Axis) {
    if !frame.has(id) {
        return;
    }
    drag(frame, ui, response, id, axis);
    if response.double_clicked() {
        frame.reset(id);
    }
    if response.hovered() && !frame.is_open(id) {
        for (notches, modifiers) in wheel(ui) {
            let fine = if modifiers.command || modifiers.shift { FINE } else { 1.0 };
            step(frame, id, notches * NOTCH * fine);
        }
    }
    keys(frame, ui, response, id);
    context_menu(frame, response, id);
}

fn drag(frame: &mut Frame<'_>, ui: &Ui, response: &Response, id: &'static str, axis: Axis) {
    if response.drag_started_by(egui::PointerButton::Primary) {
        frame.begin(id);
        frame.view.grab = Some(Grab { id, value: frame.value(id) });
    }
    if response.dragged_by(egui::PointerButton::Primary) && frame.is_open(id) {
        let (delta, fine) = ui.input(|i| (i.pointer.delta(), i.modifiers.shift));
        let travel = match axis {
            Axis::Up(points) => -delta.y / points,
            Axis::Right(points) => delta.x / points,
        };
        if let Some(mut grab) = frame.view.grab.filter(|g| g.id == id) {
            grab.value = (grab.value + travel * if fine { FINE } else { 1.0 }).clamp(0.0, 1.0);
            frame.view.grab = Some(grab);
            frame.set(id, grab.value);
        }
        frame.hold(id);
        ui.ctx().set_cursor_icon(match axis {
            Axis::Up(_) => egui::CursorIcon::ResizeVertical,
            Axis::Right(_) => egui::CursorIcon::ResizeHorizontal,
        });
    }
    if response.drag_stopped() {
        frame.end(id);
        frame.view.grab = None;
    }
}

/// Moves by a share of the travel, at least one step where there are steps.
pub(crate) fn step(frame: &mut Frame<'_>, id: &'static str, by: f32) {
    let Some(p) = frame.parameter(id) else { return };
    let value = frame.value(id);
    let target = match p.steps {
        Some(steps) => {
            let count = (by * steps as f32).abs().round().max(1.0) * by.signum();
            p.value_of_step((p.step_of(value) as f32 + count).max(0.0) as usize)
        }
        None => match p.notch {
            Some(notch) => {
                let by = by / NOTCH;
                // To the next notch in that direction, also from between two; fine ones do not snap.
                let at = value / notch;
                if by.abs() < 1.0 {
                    value + by * notch
                } else if by > 0.0 {
                    ((at + 1e-3).floor() + by.round()) * notch
                } else {
                    ((at - 1e-3).ceil() + by.round()) * notch
                }
            }
            None => value + by,
        },
    };
    frame.nudge(id, target);
}

fn keys(frame: &mut Frame<'_>, ui: &Ui, response: &Response, id: &'static str) {
    let requests = ui.input(|i| {
        i.num_accesskit_action_requests(response.id, Request::Increment) as f32
            - i.num_accesskit_action_requests(response.id, Request::Decrement) as f32
    });
    if requests != 0.0 {
        step(frame, id, requests * NOTCH);
    }
    if !response.has_focus() || entry::is_open(frame, id) {
        return;
    }
    let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
    let pressed = |key: Key| ui.input_mut(|i| i.count_and_consume_key(Modifiers::NONE, key)) as f32;
    let fine = |key: Key| ui.input_mut(|i| i.count_and_consume_key(Modifiers::SHIFT, key)) as f32;
    let by = (fine(Key::ArrowUp) + fine(Key::ArrowRight) - fine(Key::ArrowDown) - fine(Key::ArrowLeft)) * 0.001
        + (pressed(Key::ArrowUp) + pressed(Key::ArrowRight) - pressed(Key::ArrowDown) - pressed(Key::ArrowLeft))
            * NOTCH
        + (pressed(Key::PageUp) - pressed(Key::PageDown)) * 0.1;
    if by != 0.0 {
        step(frame, id, by);
    }
    if pressed(Key::Delete) > 0.0 {
        frame.reset(id);
    }
    if pressed(Key::Enter) > 0.0 {
        entry::open(frame, id, response);
    }
}

fn context_menu(frame: &mut Frame<'_>, response: &Response, id: &'static str) {
    let t = frame.t;
    response.context_menu(|ui| {
        ui.set_width(168.0);
        if menu::row(ui, &t, "Type a value…", "Enter", false) {
            entry::open(frame, id, response);
        }
        if menu::row(ui, &t, "Default", "Delete", false) {
            frame.reset(id);
        }
        if menu::row(ui, &t, "Copy value", "", false) {
            ui.ctx().copy_text(frame.text(id));
        }
    });
}
