//! Knobs, values, keys and wheels under the hand, and what a screen reader and an idle machine see of them.

mod support;

use betwixt_editor::Action;
use betwixt_editor::model::{Folder, PackFile, PackState, Theme};
use egui::{Event, Key, Modifiers, PointerButton, Pos2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{AccessKitNode, NodeT as _, Queryable as _};
use support::{Shell, harness_at, move_to};

fn harness<'a>() -> Harness<'a, Shell> {
    harness_at([1000.0, 680.0], Shell::new())
}

fn button(h: &mut Harness<'_, Shell>, pos: Pos2, pressed: bool) {
    support::button(h, pos, pressed, Modifiers::NONE);
}

fn knob(h: &Harness<'_, Shell>, name: &str) -> Pos2 {
    let rect = h.get_by_label(name).rect();
    pos2(rect.center().x, rect.top() + 18.0)
}

#[test]
fn a_knob_is_dragged_upwards_in_one_gesture() {
    let mut h = harness();
    let at = knob(&h, "Resonance");
    button(&mut h, at, true);
    move_to(&mut h, at - vec2(0.0, 20.0), Modifiers::NONE);
    move_to(&mut h, at - vec2(0.0, 60.0), Modifiers::NONE);
    button(&mut h, at - vec2(0.0, 60.0), false);
    let actions = h.state_mut().take();
    assert_eq!(actions.first(), Some(&Action::BeginGesture("resonance")));
    assert_eq!(actions.last(), Some(&Action::EndGesture("resonance")));
    assert_eq!(actions.iter().filter(|a| matches!(a, Action::BeginGesture(_))).count(), 1);
    let moved = h.state().value("resonance") - 0.34;
    assert!((0.2..=0.31).contains(&moved), "200 points are the whole travel; moved {moved}");
}

#[test]
fn shift_makes_a_knob_fine_without_a_jump() {
    let mut h = harness();
    let at = knob(&h, "Resonance");
    button(&mut h, at, true);
    move_to(&mut h, at - vec2(0.0, 40.0), Modifiers::NONE);
    let before = h.state().value("resonance");
    move_to(&mut h, at - vec2(0.0, 40.0), Modifiers::SHIFT);
    assert_eq!(h.state().value("resonance"), before);
    move_to(&mut h, at - vec2(0.0, 60.0), Modifiers::SHIFT);
    assert!((h.state().value("resonance") - before - 0.01).abs() < 1e-4);
    move_to(&mut h, at - vec2(0.0, 60.0), Modifiers::NONE);
    assert!((h.state().value("resonance") - before - 0.01).abs() < 1e-4);
}

#[test]
fn a_double_click_brings_the_default() {
    let mut h = harness();
    let at = knob(&h, "Resonance");
    for _ in 0..2 {
        button(&mut h, at, true);
        button(&mut h, at, false);
    }
    assert_eq!(h.state().value("resonance"), 0.0);
}

#[test]
fn a_click_on_the_value_lets_it_be_typed() {
    let mut h = harness();
    let rect = h.get_by_label("Cutoff").rect();
    let value = pos2(rect.center().x, rect.bottom() - 6.0);
    button(&mut h, value, true);
    button(&mut h, value, false);
    h.run_steps(2);
    h.event(Event::Text("440 Hz".to_owned()));
    h.run_steps(1);
    h.key_press(Key::Enter);
    h.run_steps(2);
    assert_eq!(h.state_mut().take(), [Action::SetText("cutoff", "440 Hz".to_owned())]);
}

#[test]
fn a_double_click_on_the_value_brings_the_default_too() {
    let mut h = harness();
    let rect = h.get_by_label("Resonance").rect();
    let at = pos2(rect.center().x, rect.bottom() - 6.0);
    for _ in 0..2 {
        button(&mut h, at, true);
        button(&mut h, at, false);
        h.run_steps(2);
    }
    assert_eq!(h.state().value("resonance"), 0.0);
    assert!(h.query_by_label("Resonance, type a value").is_none());
    // One that comes later is in the text.
    button(&mut h, at, true);
    button(&mut h, at, false);
    h.run_steps(60);
    for _ in 0..2 {
        button(&mut h, at, true);
        button(&mut h, at, false);
    }
    h.run_steps(2);
    assert!(h.query_by_label("Resonance, type a value").is_some());
}

#[test]
fn escape_leaves_a_typed_value_alone() {
    let mut h = harness();
    h.get_by_label("Cutoff").focus();
    h.run_steps(2);
    h.key_press(Key::Enter);
    h.run_steps(2);
    h.event(Event::Text("999".to_owned()));
    h.run_steps(1);
    h.key_press(Key::Escape);
    h.run_steps(2);
    assert_eq!(h.state_mut().take(), []);
}

#[test]
fn arrows_and_accessibility_requests_move_a_focused_knob() {
    let mut h = harness();
    h.get_by_label("Resonance").focus();
    h.run_steps(2);
    h.key_press(Key::ArrowUp);
    h.run_steps(2);
    assert!((h.state().value("resonance") - 0.35).abs() < 1e-4);
    h.get_by_label("Resonance").increment_accesskit();
    h.run_steps(2);
    assert!((h.state().value("resonance") - 0.36).abs() < 1e-4);
    h.key_press(Key::Delete);
    h.run_steps(2);
    assert_eq!(h.state().value("resonance"), 0.0);
}

#[test]
fn tune_goes_from_semitone_to_semitone() {
    let mut shell = Shell::new();
    let step = 1.0 / 72.0;
    let tune = shell.model.parameter_mut("tune").unwrap();
    (tune.notch, tune.value) = (Some(step), 0.5 + 0.6 * step);
    let mut h = harness_at([1000.0, 680.0], shell);
    h.get_by_label("Tune").focus();
    h.run_steps(2);
    let mut after = |key, modifiers| {
        h.key_press_modifiers(modifiers, key);
        h.run_steps(2);
        (h.state().value("tune") - 0.5) / step
    };
    assert!((after(Key::ArrowUp, Modifiers::NONE) - 1.0).abs() < 1e-3);
    assert!((after(Key::ArrowUp, Modifiers::NONE) - 2.0).abs() < 1e-3);
    assert!((after(Key::ArrowDown, Modifiers::SHIFT) - 1.9).abs() < 1e-3);
    assert!((after(Key::PageDown, Modifiers::NONE) + 8.0).abs() < 1e-3);
}

#[test]
fn a_segment_is_chosen_in_one_gesture() {
    let mut h = harness();
    h.get_by_label("Filter: HP").click();
    h.run_steps(2);
    assert_eq!(
        h.state_mut().take(),
        [Action::BeginGesture("filter"), Action::SetNormalised("filter", 1.0), Action::EndGesture("filter")]
    );
}

#[test]
fn the_envelope_is_dragged_by_its_handles() {
    let mut h = harness();
    // The corner of decay and sustain moves both, as one gesture.
    let at = pos2(722.0, 225.0);
    button(&mut h, at, true);
    move_to(&mut h, at + vec2(20.0, 10.0), Modifiers::NONE);
    move_to(&mut h, at + vec2(30.0, 20.0), Modifiers::NONE);
    button(&mut h, at + vec2(30.0, 20.0), false);
    let actions = h.state_mut().take();
    for id in ["decay", "sustain"] {
        assert_eq!(actions.iter().filter(|a| **a == Action::BeginGesture(id)).count(), 1, "{id}");
        assert_eq!(actions.iter().filter(|a| **a == Action::EndGesture(id)).count(), 1, "{id}");
    }
    assert!(h.state().value("decay") > 0.6 && h.state().value("sustain") < 0.5);
}

#[test]
fn keys_play_louder_further_down_and_glide() {
    let mut h = harness();
    let key = |n: usize| 80.0 + (n as f32 + 0.2) * 904.0 / 36.0;
    // C1, D1, E1 are the first three white keys.
    button(&mut h, pos2(key(0), 665.0), true);
    move_to(&mut h, pos2(key(1) + 8.0, 668.0), Modifiers::NONE);
    button(&mut h, pos2(key(1) + 8.0, 668.0), false);
    let actions = h.state_mut().take();
    let [
        Action::NoteOn { key: 24, velocity: a },
        Action::NoteOff { key: 24 },
        Action::NoteOn { key: 26, velocity: b },
        Action::NoteOff { key: 26 },
    ] = actions[..]
    else {
        panic!("{actions:?}");
    };
    assert!(a > 0.8 && b > a && b <= 1.0, "{a} {b}");
    button(&mut h, pos2(key(0), 630.0), true);
    let soft = h.state_mut().take();
    assert!(matches!(soft[..], [Action::NoteOn { key: 24, velocity }] if velocity < 0.4), "{soft:?}");
}

#[test]
fn a_tap_within_a_frame_is_a_note() {
    let mut h = harness();
    let pos = pos2(85.0, 665.0);
    move_to(&mut h, pos, Modifiers::NONE);
    let tap =
        |pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    h.input_mut().events.extend([tap(true), tap(false)]);
    h.run_steps(1);
    assert!(matches!(h.state_mut().take()[..], [Action::NoteOn { key: 24, .. }]));
    h.run_steps(1);
    assert_eq!(h.state_mut().take(), [Action::NoteOff { key: 24 }]);
}

#[test]
fn keys_and_wheels_are_played_without_a_pointer() {
    let mut h = harness();
    h.get_by_label("Keyboard").focus();
    h.run_steps(2);
    for key in [Key::ArrowRight, Key::ArrowUp, Key::ArrowLeft] {
        h.key_press(key);
        h.run_steps(1);
    }
    assert_eq!(h.get_by_label("Keyboard").value().as_deref(), Some("C5"));
    assert_eq!(h.state_mut().take(), []);
    h.key_down(Key::Space);
    h.run_steps(3);
    assert!(matches!(h.state_mut().take()[..], [Action::NoteOn { key: 72, velocity }] if velocity > 0.5));
    h.key_up(Key::Space);
    h.run_steps(1);
    assert_eq!(h.state_mut().take(), [Action::NoteOff { key: 72 }]);
    h.key_down(Key::Space);
    h.run_steps(1);
    h.get_by_label("Pitch wheel").focus();
    h.run_steps(2);
    assert!(
        matches!(h.state_mut().take()[..], [Action::NoteOn { .. }, Action::NoteOff { key: 72 }]),
        "it goes with the focus"
    );
    h.key_up(Key::Space);

    h.key_down(Key::ArrowUp);
    h.run_steps(2);
    assert_eq!(h.state_mut().take(), [Action::PitchWheel(1.0)]);
    h.key_up(Key::ArrowUp);
    h.run_steps(2);
    assert_eq!(h.state_mut().take(), [Action::PitchWheel(0.0)]);

    h.get_by_label("Modulation wheel").focus();
    h.run_steps(2);
    let before = h.state().model.keys.modulation;
    h.key_press(Key::PageUp);
    h.run_steps(2);
    h.key_press(Key::ArrowDown);
    h.run_steps(2);
    let [.., Action::ModWheel(value)] = h.state_mut().take()[..] else { panic!("no mod wheel") };
    assert!((value - before - 0.09).abs() < 1e-6, "{before} {value}");
}

#[test]
fn the_keyboard_tells_what_was_recorded_where() {
    let mut h = harness();
    let range = h.get_by_label("Recorded at C4. It plays from G3 to F#4.").rect();
    let first = h.get_by_label("Recorded at C2. It plays from E1 to F#2.").rect();
    assert!(first.right() < range.left() && range.bottom() <= h.get_by_label("Keyboard").rect().top());
    h.event(Event::PointerMoved(range.center()));
    h.run_steps(60);
    assert!(h.query_by_label("It plays from G3 to F#4.").is_some());
}

#[test]
fn the_pitch_wheel_springs_back_and_the_mod_wheel_stays() {
    let mut h = harness();
    for x in [27.0, 55.0] {
        button(&mut h, pos2(x, 645.0), true);
        move_to(&mut h, pos2(x, 630.0), Modifiers::NONE);
        button(&mut h, pos2(x, 630.0), false);
        h.run_steps(1);
    }
    let actions = h.state_mut().take();
    let bends: Vec<f32> =
        actions.iter().filter_map(|a| if let Action::PitchWheel(v) = a { Some(*v) } else { None }).collect();
    assert!(bends.len() >= 2 && bends[bends.len() - 2] > 0.5 && bends.last() == Some(&0.0), "{bends:?}");
    let mods: Vec<f32> =
        actions.iter().filter_map(|a| if let Action::ModWheel(v) = a { Some(*v) } else { None }).collect();
    assert!(mods.last().is_some_and(|v| *v > 0.7), "{mods:?}");
}

#[test]
fn settings_ask_for_a_theme_and_a_scale() {
    let mut h = harness();
    h.get_by_label("Settings").click();
    h.run_steps(2);
    h.get_by_label("Theme: Light").click();
    h.run_steps(2);
    assert_eq!(h.state().model.settings.theme, Theme::Light);
    h.get_by_label("Larger").click();
    h.run_steps(2);
    assert_eq!(h.state().model.settings.scale, 1.25);
    h.get_by_label("Close settings").click();
    h.run_steps(2);
    assert!(h.query_by_label("Theme: Light").is_none());
}

#[test]
fn a_typed_value_is_taken_when_the_hand_goes_elsewhere() {
    let mut h = harness();
    let rect = h.get_by_label("Tune").rect();
    let at = pos2(rect.center().x, rect.bottom() - 6.0);
    for (text, takes) in [(Some("7 st"), true), (None, false)] {
        button(&mut h, at, true);
        button(&mut h, at, false);
        h.run_steps(3);
        h.state_mut().take();
        if let Some(text) = text {
            h.event(Event::Text(text.to_owned()));
            h.run_steps(1);
        }
        h.key_press(Key::Tab);
        h.run_steps(2);
        let taken = h.state_mut().take().contains(&Action::SetText("tune", "7 st".to_owned()));
        assert_eq!(taken, takes, "{text:?}");
    }
}

#[test]
fn the_keyboard_goes_back_to_where_it_was_before_a_value_was_typed() {
    for (name, end) in
        [("Resonance", Key::Enter), ("Sustain", Key::Escape), ("Pad X", Key::Enter), ("Pad X", Key::Escape)]
    {
        let mut h = harness();
        h.get_by_label(name).focus();
        h.run_steps(2);
        h.key_press(Key::Enter);
        h.run_steps(3);
        h.key_press_modifiers(Modifiers::COMMAND, Key::A);
        h.event(Event::Text("5, 5".to_owned()));
        h.run_steps(2);
        assert_ne!(focused(&h).as_deref(), Some(name));
        h.key_press(end);
        h.run_steps(3);
        assert_eq!(focused(&h).as_deref(), Some(name), "{end:?}");
    }
}

#[test]
fn a_value_typed_by_the_mouse_does_nothing_to_what_has_the_keyboard() {
    for other in ["Resonance", "Next preset"] {
        let mut h = harness();
        h.get_by_label(other).focus();
        h.run_steps(2);
        h.state_mut().take();
        let cutoff = h.get_by_label("Cutoff").rect();
        let at = pos2(cutoff.center().x, cutoff.bottom() - 6.0);
        button(&mut h, at, true);
        button(&mut h, at, false);
        h.run_steps(3);
        h.key_press_modifiers(Modifiers::COMMAND, Key::A);
        h.event(Event::Text("900".to_owned()));
        h.run_steps(2);
        h.key_press(Key::Enter);
        h.run_steps(3);
        assert!(h.query_by_label("Resonance, type a value").is_none());
        let actions = h.state_mut().take();
        assert!(matches!(&actions[..], [Action::SetText("cutoff", text)] if text == "900"), "{other}: {actions:?}");
    }
}

#[test]
fn a_menu_closes_when_a_row_is_chosen_with_the_keyboard() {
    let mut h = harness();
    h.get_by_label("Tune").click_secondary();
    h.run_steps(3);
    h.get_by_label("Default").focus();
    h.run_steps(2);
    h.key_press(Key::Enter);
    h.run_steps(3);
    assert!(h.query_by_label("Copy value").is_none());
}

#[test]
fn a_typed_value_is_taken_when_the_hand_drags_something_else() {
    let mut h = harness();
    let decay = h.get_by_label("Decay").rect();
    for pressed in [true, false] {
        button(&mut h, decay.right_center() - vec2(8.0, 0.0), pressed);
    }
    h.run_steps(2);
    h.event(Event::Text("3s".to_owned()));
    h.run_steps(2);
    h.state_mut().take();
    let at = knob(&h, "Fine");
    button(&mut h, at, true);
    move_to(&mut h, at - vec2(0.0, 30.0), Modifiers::NONE);
    let actions = h.state_mut().take();
    assert!(actions.contains(&Action::SetText("decay", "3s".to_owned())), "{actions:?}");
    button(&mut h, at - vec2(0.0, 30.0), false);
    assert!(h.query_by_label("Decay, type a value").is_none());
}

#[test]
fn enter_on_a_value_that_was_not_touched_changes_nothing() {
    let mut h = harness();
    h.get_by_label("Cutoff").focus();
    h.run_steps(2);
    h.key_press(Key::Enter);
    h.run_steps(3);
    assert!(h.query_by_label("Cutoff, type a value").is_some());
    h.state_mut().take();
    h.key_press(Key::Enter);
    h.run_steps(3);
    assert_eq!(h.state_mut().take(), []);
}

#[test]
fn another_folder_is_typed_in_the_settings() {
    let mut shell = Shell::new();
    shell.model.files.is_cache_fixed = true;
    shell.model.view.set_settings_open(true);
    let mut h = harness_at([1000.0, 1000.0], shell);
    assert!(h.query_by_label("Folder: What builds keep").is_none(), "a variable says where it is");
    let choose = |h: &mut Harness<'_, Shell>, row: &str| {
        h.get_by_label("Folder: Packs and presets").click();
        h.run_steps(3);
        h.get_by_label(row).click();
        h.run_steps(3);
        h.state_mut().take()
    };
    choose(&mut h, "Type a path…");
    h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    h.event(Event::Text(" /sounds/mine ".to_owned()));
    h.run_steps(1);
    h.key_press(Key::Enter);
    h.run_steps(2);
    let asked = Action::SetFolder(Folder::Data, Some("/sounds/mine".into()));
    assert_eq!(h.state_mut().take(), [asked]);
    // It was refused: what was typed can be mended.
    h.event(Event::Text("2".to_owned()));
    h.run_steps(1);
    h.key_press(Key::Enter);
    h.run_steps(2);
    let mended = Action::SetFolder(Folder::Data, Some("/sounds/mine 2".into()));
    assert_eq!(h.state_mut().take(), [mended]);
    h.state_mut().model.files.data = Some("/sounds/mine 2".into());
    h.run_steps(2);
    assert!(h.query_by_label("Path of the folder").is_none());
    assert_eq!(choose(&mut h, "The system’s usual one"), [Action::SetFolder(Folder::Data, None)]);
}

#[test]
fn every_widget_has_a_name_and_values_are_read_with_their_unit() {
    for size in [[640.0, 420.0], [1000.0, 680.0], [1600.0, 1000.0]] {
        let h = harness_at(size, Shell::new());
        h.check_accessibility();
        let cutoff = h.query_by_label("Cutoff");
        if size[0] > 900.0 {
            assert_eq!(cutoff.and_then(|n| n.value()).as_deref(), Some("2.4 kHz"));
        }
        let pad = h.get_by_label("Pad X");
        assert_eq!(pad.value().as_deref(), Some("70 %, towards Wine glass"));
    }
}

#[test]
fn tab_begins_at_the_pad() {
    let mut h = harness();
    h.key_press(Key::Tab);
    h.run_steps(2);
    assert!(h.get_by_label("Pad X").is_focused());
    h.key_press(Key::Tab);
    h.run_steps(2);
    assert!(h.get_by_label("Pad Y").is_focused());
}

/// What has the keyboard, as a screen reader says it.
fn focused(h: &Harness<'_, Shell>) -> Option<String> {
    let has_focus = |node: &AccessKitNode<'_>| node.is_focused();
    h.query_by(has_focus).and_then(|node| node.accesskit_node().label())
}

/// The names that Tab goes through until it is back at the first.
fn round_of_tab(h: &mut Harness<'_, Shell>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for _ in 0..150 {
        h.key_press(Key::Tab);
        h.run_steps(2);
        let Some(name) = focused(h) else { continue };
        if names.first() == Some(&name) {
            return names;
        }
        names.push(name);
    }
    panic!("Tab does not come back to {:?}: {names:?}", names.first());
}

#[test]
fn tab_reaches_every_control() {
    let mut h = harness();
    let names = round_of_tab(&mut h);
    let place = |name: &str| names.iter().position(|n| n == name).unwrap_or_else(|| panic!("{name}: {names:?}"));
    let order = [
        "Pad X",
        "Pad Y",
        "Show weights",
        "Random point",
        "Surprise me",
        "Star here",
        "Go to Star 1",
        "List of stars",
        "Picture of the output",
        "Tune",
        "Attack",
        "Cutoff",
        "Filter: LP",
        "Voices",
        "Volume",
        "Previous preset",
        "Presets and packs",
        "A plays, change to B",
        "Settings",
        "Keyboard",
        "Pitch wheel",
        "Modulation wheel",
    ];
    for pair in order.windows(2).take(3) {
        assert!(place(pair[0]) < place(pair[1]), "{pair:?}: {names:?}");
    }
    for name in order {
        place(name);
    }
}

#[test]
fn the_browser_and_the_settings_are_named_and_reached_too() {
    let mut shell = Shell::new();
    shell.model.packs = vec![support::pack_file("Tides", "12 MB")];
    shell.model.view.open_browser(false);
    let mut h = harness_at([1000.0, 680.0], shell);
    h.check_accessibility();
    let names = round_of_tab(&mut h);
    for name in
        ["Search presets", "Browser: Packs", "Favourites", "Aftermath", "Choir of one is a favourite", "Save as…"]
    {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
    let mut shell = Shell::new();
    shell.model.view.set_settings_open(true);
    let mut h = harness_at([1000.0, 680.0], shell);
    h.check_accessibility();
    let names = round_of_tab(&mut h);
    for name in ["Theme: Light", "Larger", "Reduce motion", "More memory", "MPE: On", "Close settings"] {
        assert!(names.iter().any(|n| n == name), "{name}: {names:?}");
    }
}

#[test]
fn silence_draws_nothing() {
    let mut shell = Shell::new();
    shell.model.voices.clear();
    shell.model.status.peak = [0.0; 2];
    shell.model.status.voices = 0;
    let mut h = harness_at([1000.0, 680.0], shell);
    h.run_steps(30);
    for frame in 0..120 {
        h.run_steps(1);
        let delay = h.output().viewport_output.values().map(|v| v.repaint_delay).min();
        assert!(delay.is_none_or(|d| d.as_secs() > 60), "frame {frame} asks for another in {delay:?}");
    }
}

fn nothing() -> Shell {
    Shell { model: betwixt_editor::Model::default(), actions: Vec::new(), echo: true }
}

#[test]
fn a_model_with_nothing_in_it_is_drawn() {
    let mut shell = nothing();
    shell.model.file_dialog = true;
    let mut h = harness_at([1000.0, 680.0], shell);
    h.get_by_label("Open a pack…").click();
    h.run_steps(2);
    assert_eq!(h.state_mut().take(), [Action::OpenPack]);
}

#[test]
fn without_a_dialog_a_path_can_be_pasted() {
    let mut h = harness_at([1000.0, 680.0], nothing());
    h.get_by_label("Open a pack…").click();
    h.run_steps(3);
    h.event(Event::Text("\"/music/Tides.btx\"".to_owned()));
    h.run_steps(1);
    h.key_press(Key::Enter);
    h.run_steps(3);
    assert_eq!(h.state_mut().take(), [Action::DropFiles(vec!["/music/Tides.btx".into()])]);
}

#[test]
fn a_pack_that_failed_is_tried_again_and_one_that_is_broken_is_not() {
    let mut shell = Shell::new();
    let tides = support::pack_file("Tides", "12 MB");
    let copy = PackFile { name: "Copy".to_owned(), path: Some("/packs/Copy.btx".into()), ..tides.clone() };
    let broken = PackFile { broken: Some("not a pack".to_owned()), ..support::pack_file("Junk", "") };
    shell.model.document.pack = Some(tides.key());
    let key = tides.key();
    shell.model.packs = vec![tides, copy, broken];
    shell.model.view.open_browser(true);
    let mut h = harness_at([1000.0, 680.0], shell);
    let asked = |h: &mut Harness<'_, Shell>, name: &str| {
        h.state_mut().take();
        h.get_by_label(name).click();
        h.run_steps(3);
        h.state_mut().take()
    };
    assert_eq!(asked(&mut h, "Tides"), [], "it plays");
    assert!(matches!(&asked(&mut h, "Copy")[..], [Action::PlayPack(copy)] if copy.path != key.path));
    assert_eq!(asked(&mut h, "Junk"), []);
    h.state_mut().model.pack.state = PackState::Failed { reason: "damaged".to_owned(), missing: false };
    h.run_steps(2);
    assert_eq!(asked(&mut h, "Tides"), [Action::PlayPack(key)]);
}

#[test]
fn a_path_that_was_refused_can_be_mended() {
    let mut shell = Shell::new();
    shell.model.view.open_browser(true);
    let mut h = harness_at([1000.0, 680.0], shell);
    h.run_steps(2);
    h.event(Event::Text("/nope/x.btx".to_owned()));
    h.run_steps(2);
    h.key_press(Key::Enter);
    h.run_steps(3);
    h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    h.event(Event::Text("/".to_owned()));
    h.run_steps(3);
    assert_eq!(h.get_by_label("Path of a pack").value().as_deref(), Some("/"));
}

#[test]
fn the_browser_plays_a_pack_and_closes_by_escape() {
    let mut shell = Shell::new();
    let tides = support::pack_file("Tides", "12 MB");
    let key = tides.key();
    shell.model.packs = vec![tides];
    let mut h = harness_at([1000.0, 680.0], shell);
    h.get_by_label("Presets and packs").click();
    h.run_steps(3);
    h.get_by_label("Browser: Packs").click();
    h.run_steps(3);
    h.get_by_label("Tides").click();
    h.run_steps(3);
    assert_eq!(h.state_mut().take(), [Action::PlayPack(key)]);
    h.key_press(Key::Escape);
    h.run_steps(3);
    assert!(h.query_by_label("Tides").is_none());
}
