//! The pad under the hand: what hosts record must be exactly what the player did.

mod support;

use betwixt_editor::Action;
use egui::{Event, Key, Modifiers, Pos2, Vec2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use support::{Shell, button, harness_at, move_to};

/// The map of the common window, without its inset.
const MAP: egui::Rect = egui::Rect { min: pos2(26.0, 110.0), max: pos2(614.0, 462.0) };

fn at(x: f32, y: f32) -> Pos2 {
    pos2(MAP.left() + x * MAP.width(), MAP.bottom() - y * MAP.height())
}

fn harness<'a>() -> Harness<'a, Shell> {
    harness_with(Shell::new())
}

/// Without stars, which have hands of their own.
fn harness_with<'a>(mut shell: Shell) -> Harness<'a, Shell> {
    shell.model.document.stars.clear();
    harness_at([1000.0, 680.0], shell)
}

fn wait(harness: &mut Harness<'_, Shell>, seconds: f32) {
    harness.run_steps((seconds * 60.0) as usize);
}

fn begins_and_ends(actions: &[Action], id: &str) -> (usize, usize) {
    let begins = actions.iter().filter(|a| matches!(a, Action::BeginGesture(i) if *i == id)).count();
    let ends = actions.iter().filter(|a| matches!(a, Action::EndGesture(i) if *i == id)).count();
    (begins, ends)
}

fn close(a: f32, b: f32) -> bool {
    (a - b).abs() < 2e-3
}

#[test]
fn a_drag_is_one_gesture_of_both_axes() {
    let mut h = harness();
    button(&mut h, at(0.2, 0.3), true, Modifiers::NONE);
    for i in 1..=10 {
        move_to(&mut h, at(0.2 + 0.05 * i as f32, 0.3 + 0.03 * i as f32), Modifiers::NONE);
    }
    button(&mut h, at(0.7, 0.6), false, Modifiers::NONE);
    let actions = h.state_mut().take();
    for id in ["x", "y"] {
        assert_eq!(begins_and_ends(&actions, id), (1, 1), "{id}");
    }
    assert_eq!(actions[0], Action::BeginGesture("x"));
    assert!(matches!(actions.last(), Some(Action::EndGesture(_))));
    let sets = actions.iter().filter(|a| matches!(a, Action::SetNormalised("x", _))).count();
    assert!((10..=12).contains(&sets), "{sets} values of X");
    assert!(close(h.state().value("x"), 0.7) && close(h.state().value("y"), 0.6));
}

#[test]
fn the_needle_goes_to_the_press_at_once() {
    let mut h = harness();
    button(&mut h, at(0.1, 0.9), true, Modifiers::NONE);
    assert!(close(h.state().value("x"), 0.1) && close(h.state().value("y"), 0.9));
}

#[test]
fn a_drag_past_the_edge_stays_on_it() {
    let mut h = harness();
    button(&mut h, at(0.5, 0.5), true, Modifiers::NONE);
    move_to(&mut h, at(1.4, -0.4), Modifiers::NONE);
    assert_eq!((h.state().value("x"), h.state().value("y")), (1.0, 0.0));
    // And the point comes back with the hand, not before.
    move_to(&mut h, at(1.1, -0.1), Modifiers::NONE);
    assert_eq!((h.state().value("x"), h.state().value("y")), (1.0, 0.0));
    move_to(&mut h, at(0.8, 0.2), Modifiers::NONE);
    assert!(close(h.state().value("x"), 0.8) && close(h.state().value("y"), 0.2));
}

#[test]
fn shift_is_fine_and_never_jumps() {
    let mut h = harness();
    button(&mut h, at(0.5, 0.5), true, Modifiers::NONE);
    move_to(&mut h, at(0.6, 0.5), Modifiers::NONE);
    let before = h.state().value("x");
    move_to(&mut h, at(0.6, 0.5), Modifiers::SHIFT);
    assert!(close(h.state().value("x"), before), "pressing Shift moves nothing");
    move_to(&mut h, at(0.76, 0.5), Modifiers::SHIFT);
    assert!(close(h.state().value("x"), before + 0.02), "an eighth of the way");
    let fine = h.state().value("x");
    move_to(&mut h, at(0.76, 0.5), Modifiers::NONE);
    assert!(close(h.state().value("x"), fine), "letting Shift go moves nothing");
    move_to(&mut h, at(0.77, 0.5), Modifiers::NONE);
    assert!(close(h.state().value("x"), fine + 0.01));
}

#[test]
fn a_press_with_shift_moves_nothing_until_the_hand_does() {
    let mut h = harness();
    button(&mut h, at(0.1, 0.1), true, Modifiers::SHIFT);
    assert!(close(h.state().value("x"), 0.7));
    move_to(&mut h, at(0.18, 0.1), Modifiers::SHIFT);
    assert!(close(h.state().value("x"), 0.71));
}

#[test]
fn a_double_click_centres() {
    let mut h = harness();
    for _ in 0..2 {
        button(&mut h, at(0.2, 0.2), true, Modifiers::NONE);
        button(&mut h, at(0.2, 0.2), false, Modifiers::NONE);
    }
    assert_eq!((h.state().value("x"), h.state().value("y")), (0.5, 0.5));
    let actions = h.state_mut().take();
    assert_eq!(begins_and_ends(&actions, "x"), (2, 2));
}

#[test]
fn a_click_with_ctrl_or_alt_centres() {
    for modifiers in [Modifiers::COMMAND | Modifiers::CTRL, Modifiers::ALT] {
        let mut h = harness();
        button(&mut h, at(0.2, 0.9), true, modifiers);
        assert!(close(h.state().value("x"), 0.7), "not yet");
        button(&mut h, at(0.2, 0.9), false, modifiers);
        assert_eq!((h.state().value("x"), h.state().value("y")), (0.5, 0.5));
    }
}

#[test]
fn ctrl_in_a_drag_snaps_to_the_grid() {
    let mut h = harness();
    button(&mut h, at(0.5, 0.5), true, Modifiers::NONE);
    move_to(&mut h, at(0.64, 0.36), Modifiers::COMMAND | Modifiers::CTRL);
    assert_eq!((h.state().value("x"), h.state().value("y")), (0.625, 0.375));
}

#[test]
fn alt_in_a_drag_keeps_the_axis() {
    let mut h = harness();
    button(&mut h, at(0.5, 0.5), true, Modifiers::NONE);
    move_to(&mut h, at(0.55, 0.505), Modifiers::ALT);
    move_to(&mut h, at(0.8, 0.6), Modifiers::ALT);
    assert!(close(h.state().value("x"), 0.8));
    assert!(close(h.state().value("y"), 0.7), "Y stays where it was before the press");
}

#[test]
fn a_host_that_echoes_late_does_no_harm() {
    let mut shell = Shell::new();
    shell.echo = false;
    let mut h = harness_with(shell);
    button(&mut h, at(0.2, 0.2), true, Modifiers::NONE);
    for i in 1..=4 {
        move_to(&mut h, at(0.2 + 0.1 * i as f32, 0.2), Modifiers::NONE);
    }
    let last = h.state_mut().take().into_iter().rev().find_map(|a| match a {
        Action::SetNormalised("x", value) => Some(value),
        _ => None,
    });
    assert!(close(last.unwrap(), 0.6), "{last:?}");
}

#[test]
fn arrows_move_only_with_the_focus() {
    let mut h = harness();
    h.key_press(Key::ArrowRight);
    h.run_steps(2);
    assert_eq!(h.state().value("x"), 0.7);
    h.get_by_label("Pad X").focus();
    h.run_steps(2);
    h.key_press(Key::ArrowRight);
    h.run_steps(2);
    assert!(close(h.state().value("x"), 0.71));
    h.key_press_modifiers(Modifiers::SHIFT, Key::ArrowUp);
    h.run_steps(2);
    assert!((h.state().value("y") - 0.701).abs() < 1e-4);
    h.key_press_modifiers(Modifiers::COMMAND | Modifiers::CTRL, Key::ArrowLeft);
    h.run_steps(2);
    assert!(close(h.state().value("x"), 0.625), "{}", h.state().value("x"));
    h.key_press(Key::Home);
    h.run_steps(2);
    assert_eq!((h.state().value("x"), h.state().value("y")), (0.5, 0.5));
}

#[test]
fn the_wheel_moves_only_with_the_focus() {
    let mut h = harness();
    let wheel = |modifiers| Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: Vec2::new(0.0, 1.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers,
    };
    h.event(Event::PointerMoved(at(0.5, 0.5)));
    h.event(wheel(Modifiers::NONE));
    h.run_steps(2);
    assert_eq!(h.state().value("y"), 0.7);
    h.get_by_label("Pad X").focus();
    h.run_steps(2);
    h.event(wheel(Modifiers::NONE));
    h.event(wheel(Modifiers::SHIFT));
    h.run_steps(2);
    assert!(close(h.state().value("y"), 0.71) && close(h.state().value("x"), 0.71));
}

#[test]
fn undo_takes_a_drag_back_in_one_step() {
    let mut h = harness();
    button(&mut h, at(0.2, 0.3), true, Modifiers::NONE);
    move_to(&mut h, at(0.4, 0.4), Modifiers::NONE);
    button(&mut h, at(0.4, 0.4), false, Modifiers::NONE);
    wait(&mut h, 0.5);
    h.key_press_modifiers(Modifiers::COMMAND | Modifiers::CTRL, Key::Z);
    h.run_steps(2);
    assert_eq!((h.state().value("x"), h.state().value("y")), (0.7, 0.7));
}

#[test]
fn the_map_is_not_there_when_the_pack_failed_but_the_point_still_moves() {
    let mut shell = Shell::new();
    shell.model.pack.state = betwixt_editor::model::PackState::Failed { reason: "Gone.".to_owned(), missing: true };
    shell.model.file_dialog = true;
    let mut h = harness_with(shell);
    button(&mut h, at(0.2, 0.1), true, Modifiers::NONE);
    assert!(close(h.state().value("x"), 0.2));
    button(&mut h, at(0.2, 0.1), false, Modifiers::NONE);
    h.state_mut().take();
    let locate = h.get_by_label("Locate…").rect().center();
    button(&mut h, locate, true, Modifiers::NONE);
    button(&mut h, locate, false, Modifiers::NONE);
    h.run_steps(2);
    let actions = h.state_mut().take();
    assert!(actions.contains(&Action::LocatePack));
    assert_eq!(begins_and_ends(&actions, "x"), (0, 0), "the pad under the button is not touched");
}

#[test]
fn a_tap_within_one_frame_moves_the_point() {
    // Not by the harness: it gives each event a frame of its own.
    let context = egui::Context::default();
    betwixt_editor::set_up(&context);
    let mut shell = Shell::new();
    shell.model.document.stars.clear();
    let mut frame = |events| {
        let screen_rect = Some(egui::Rect::from_min_size(Pos2::ZERO, egui::vec2(1000.0, 680.0)));
        let input = egui::RawInput { screen_rect, events, ..egui::RawInput::default() };
        context.run_ui(input, |ui| Shell::frame(ui, &mut shell)).textures_delta.clear();
    };
    let pos = at(0.3, 0.6);
    let button = |pressed| Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    (0..3).for_each(|_| frame(Vec::new()));
    frame(vec![Event::PointerMoved(pos)]);
    frame(vec![button(true), button(false)]);
    frame(Vec::new());
    assert!(close(shell.value("x"), 0.3) && close(shell.value("y"), 0.6), "{}", shell.value("x"));
    assert_eq!(begins_and_ends(&shell.take(), "x"), (1, 1));
}

#[test]
fn a_click_that_closes_a_menu_does_nothing_else() {
    let mut h = harness();
    h.get_by_label("Pad X").click_secondary();
    h.run_steps(3);
    h.get_by_label("Type a point…");
    h.state_mut().take();
    for pressed in [true, false] {
        button(&mut h, at(0.1, 0.9), pressed, Modifiers::NONE);
    }
    h.run_steps(3);
    assert!(h.query_by_label("Type a point…").is_none());
    assert_eq!(h.state_mut().take(), []);
    for pressed in [true, false] {
        button(&mut h, at(0.1, 0.9), pressed, Modifiers::NONE);
    }
    assert!(close(h.state().value("x"), 0.1), "the next one is the pad's");
}
