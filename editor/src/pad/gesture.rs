//! Moving the point: drag, Shift for fine without a jump, Ctrl to snap, Alt to keep an axis, and the keys.

use egui::accesskit::Action as Request;
use egui::{EventFilter, Key, Modifiers, PointerButton, Pos2, Response, Ui};

use super::{Space, point, stars};
use crate::frame::{Frame, wheel};
use crate::surprise;
use crate::widget::{control, menu};

/// Speed of a fine drag.
const FINE: f32 = 1.0 / 8.0;
/// Points of movement that make a click a drag.
const STILL: f32 = 4.0;
/// A drag slower than this, in points a second, is a slow one.
const SLOW: f32 = 60.0;
/// So long it has to be slow until the weights show.
const SLOW_SECONDS: f64 = 0.4;

/// The axis that an Alt-drag keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    X,
    Y,
}

/// A drag of the point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drag {
    /// Where the hand holds the point; it may leave the pad, the point stays inside.
    hand: [f32; 2],
    /// Where the point was at the press.
    origin: [f32; 2],
    pressed: Pos2,
    last: Pos2,
    /// It moved more than a click does.
    moved: bool,
    /// The press came with Ctrl or Alt: nothing moves before the hand does.
    reset: bool,
    axis: Option<Axis>,
    /// When it was last quick.
    quick: f64,
}

impl Drag {
    /// Slow for long enough that the weights help?
    pub(crate) fn is_slow(&self, now: f64) -> bool {
        now - self.quick >= SLOW_SECONDS
    }
}

/// Takes pointer and keys.
pub(super) fn drive(frame: &mut Frame<'_>, ui: &Ui, pad: &Response, second: &Response, space: Space) {
    if !(frame.has("x") && frame.has("y")) {
        return;
    }
    pointer(frame, ui, pad, space);
    keys(frame, ui, pad, second);
    context_menu(frame, pad);
    if pad.has_focus() && pad.hovered() && frame.view.pad.drag.is_none() {
        for (notches, modifiers) in wheel(ui) {
            let id = if modifiers.shift { "x" } else { "y" };
            let value = frame.value(id) + notches * 0.01;
            frame.nudge(id, value);
        }
    }
}

fn pointer(frame: &mut Frame<'_>, ui: &Ui, pad: &Response, space: Space) {
    let down = pad.is_pointer_button_down_on() && ui.input(|i| i.pointer.button_down(PointerButton::Primary));
    let (position, modifiers) = ui.input(|i| (i.pointer.interact_pos(), i.modifiers));
    match (frame.view.pad.drag, down, position) {
        // It closes the menu, and that is all.
        (None, ..) if frame.view.menu_open => {}
        (None, true, Some(at)) if ui.input(|i| i.pointer.primary_pressed()) => press(frame, pad, space, at, modifiers),
        (Some(drag), true, Some(at)) => follow(frame, ui, space, drag, at, modifiers),
        (Some(drag), false, _) => release(frame, pad, drag),
        // Pressed and let go within one frame.
        (None, false, Some(at)) if pad.clicked() && ui.input(|i| i.pointer.primary_pressed()) => {
            press(frame, pad, space, at, modifiers);
            if let Some(drag) = frame.view.pad.drag {
                release(frame, pad, drag);
            }
        }
        _ => {}
    }
}

fn press(frame: &mut Frame<'_>, pad: &Response, space: Space, at: Pos2, modifiers: Modifiers) {
    stars::stop(frame);
    pad.request_focus();
    frame.begin("x");
    frame.begin("y");
    let origin = [frame.value("x"), frame.value("y")];
    let reset = modifiers.command || modifiers.ctrl || modifiers.alt;
    let stays = reset || modifiers.shift;
    let hand = if stays { origin } else { space.to_pad(at) };
    let drag = Drag { hand, origin, pressed: at, last: at, moved: false, reset, axis: None, quick: frame.now };
    frame.view.pad.drag = Some(drag);
    if !stays {
        place(frame, &drag, modifiers);
    }
}

fn follow(frame: &mut Frame<'_>, ui: &Ui, space: Space, mut drag: Drag, at: Pos2, modifiers: Modifiers) {
    let delta = at - drag.last;
    drag.last = at;
    drag.moved |= (at - drag.pressed).length() >= STILL;
    let speed = if modifiers.shift { FINE } else { 1.0 };
    let [x, y] = space.per_point();
    drag.hand[0] += delta.x * x * speed;
    drag.hand[1] -= delta.y * y * speed;
    if delta.length() > SLOW * ui.input(|i| i.stable_dt).max(1e-3) {
        drag.quick = frame.now;
    }
    if drag.moved && modifiers.alt {
        let way = at - drag.pressed;
        drag.axis = drag.axis.or(Some(if way.x.abs() >= way.y.abs() { Axis::X } else { Axis::Y }));
    } else {
        drag.axis = None;
    }
    frame.view.pad.drag = Some(drag);
    if delta != egui::Vec2::ZERO && (drag.moved || !drag.reset) {
        place(frame, &drag, modifiers);
    }
    frame.hold("x");
    frame.hold("y");
    if !drag.is_slow(frame.now) {
        ui.ctx().request_repaint_after_secs((SLOW_SECONDS - (frame.now - drag.quick)).max(0.01) as f32);
    }
}

fn release(frame: &mut Frame<'_>, pad: &Response, drag: Drag) {
    frame.view.pad.drag = None;
    if pad.double_clicked() || (drag.reset && !drag.moved) {
        frame.set("x", 0.5);
        frame.set("y", 0.5);
    }
    frame.end("x");
    frame.end("y");
}

/// Puts the point where the hand is, by the rules of the modifiers.
fn place(frame: &mut Frame<'_>, drag: &Drag, modifiers: Modifiers) {
    let mut at = drag.hand.map(|v| v.clamp(0.0, 1.0));
    let snap = frame.view.pad.snap != (drag.moved && (modifiers.command || modifiers.ctrl));
    if snap {
        at = snapped(frame, at);
    }
    match drag.axis {
        Some(Axis::X) => at[1] = drag.origin[1],
        Some(Axis::Y) => at[0] = drag.origin[0],
        None => {}
    }
    frame.set("x", at[0]);
    frame.set("y", at[1]);
}

/// The nearest grid point.
fn snapped(frame: &Frame<'_>, at: [f32; 2]) -> [f32; 2] {
    let pack = &frame.model.pack;
    let round = |v: f32, count: usize| {
        let last = count.saturating_sub(1) as f32;
        if last > 0.0 { (v * last).round() / last } else { 0.5 }
    };
    if pack.columns == 0 { at } else { [round(at[0], pack.columns), round(at[1], pack.rows)] }
}

fn keys(frame: &mut Frame<'_>, ui: &Ui, pad: &Response, second: &Response) {
    for (response, id) in [(pad, "x"), (second, "y")] {
        let requests = ui.input(|i| {
            i.num_accesskit_action_requests(response.id, Request::Increment) as f32
                - i.num_accesskit_action_requests(response.id, Request::Decrement) as f32
        });
        if requests != 0.0 {
            control::step(frame, id, requests * 0.01);
        }
    }
    let focused = if pad.has_focus() {
        pad
    } else if second.has_focus() {
        second
    } else {
        return;
    };
    let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|m| m.set_focus_lock_filter(focused.id, filter));
    let count = |modifiers: Modifiers, key: Key| ui.input_mut(|i| i.count_and_consume_key(modifiers, key)) as f32;
    for (id, more, less, cells) in [
        ("x", Key::ArrowRight, Key::ArrowLeft, frame.model.pack.columns),
        ("y", Key::ArrowUp, Key::ArrowDown, frame.model.pack.rows),
    ] {
        let grid = count(Modifiers::COMMAND, more) - count(Modifiers::COMMAND, less);
        if grid != 0.0 && cells > 1 {
            // To the next grid point in that direction, also from between two.
            let last = (cells - 1) as f32;
            let at = frame.value(id) * last;
            let next = if grid > 0.0 { (at + 1e-3).floor() + grid } else { (at - 1e-3).ceil() + grid };
            frame.nudge(id, next / last);
        }
        let by = (count(Modifiers::SHIFT, more) - count(Modifiers::SHIFT, less)) * 0.001
            + (count(Modifiers::NONE, more) - count(Modifiers::NONE, less)) * 0.01;
        if by != 0.0 {
            let value = frame.value(id) + by;
            frame.nudge(id, value);
        }
    }
    if count(Modifiers::NONE, Key::Home) > 0.0 {
        frame.jump(&[("x", 0.5), ("y", 0.5)]);
    }
    if count(Modifiers::NONE, Key::W) > 0.0 {
        frame.view.pad.weights = !frame.view.pad.weights;
    }
    if count(Modifiers::NONE, Key::Enter) > 0.0 {
        point::open(frame, Some(focused.id));
    }
    let here = [frame.value("x"), frame.value("y")];
    if count(Modifiers::NONE, Key::S) > 0.0 {
        stars::store(frame, None, here);
    }
    for (star, key) in DIGITS.into_iter().enumerate() {
        if count(Modifiers::SHIFT, key) > 0.0 {
            stars::store(frame, Some(star), here);
        } else if count(Modifiers::NONE, key) > 0.0 {
            stars::recall(frame, star);
        }
    }
}

/// The keys of the stars.
const DIGITS: [Key; 9] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

fn context_menu(frame: &mut Frame<'_>, pad: &Response) {
    pad.context_menu(|ui| rows(frame, ui));
}

/// The rows of the pad's menu; also behind the tool *More*.
pub(crate) fn rows(frame: &mut Frame<'_>, ui: &mut Ui) {
    let t = frame.t;
    ui.set_width(208.0);
    if menu::row(ui, &t, "Centre", "Home", false) {
        frame.jump(&[("x", 0.5), ("y", 0.5)]);
    }
    if menu::row(ui, &t, "Random point", "", false) {
        surprise::point(frame);
    }
    if menu::row(ui, &t, "Surprise me", "", false) {
        surprise::surprise(frame);
    }
    if menu::row(ui, &t, "Type a point…", "Enter", false) {
        point::open(frame, None);
    }
    if menu::row(ui, &t, "Star here", "S", false) {
        let at = [frame.value("x"), frame.value("y")];
        stars::store(frame, None, at);
    }
    menu::rule(ui, &t);
    if menu::row(ui, &t, "Show weights", "W", frame.view.pad.weights) {
        frame.view.pad.weights = !frame.view.pad.weights;
    }
    if menu::row(ui, &t, "Snap to points", "Ctrl", frame.view.pad.snap) {
        frame.view.pad.snap = !frame.view.pad.snap;
    }
    if frame.has("xy_mode") && menu::row(ui, &t, "Held notes follow", "", frame.step("xy_mode") == 0) {
        let other = if frame.step("xy_mode") == 0 { 1.0 } else { 0.0 };
        frame.jump(&[("xy_mode", other)]);
    }
    menu::rule(ui, &t);
    if menu::row(ui, &t, "Grid points", "", !frame.view.pad.no_dots) {
        frame.view.pad.no_dots = !frame.view.pad.no_dots;
    }
    if menu::row(ui, &t, "Contour labels", "", !frame.view.pad.no_labels) {
        frame.view.pad.no_labels = !frame.view.pad.no_labels;
    }
}
