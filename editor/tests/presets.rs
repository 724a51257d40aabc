//! Presets, stars, A and B under the hand.

mod support;

use betwixt_editor::Action;
use betwixt_editor::model::{Deleted, Document, Filed, PresetKey, PresetRow, PresetWords};
use egui::{Event, Key, Modifiers, PointerButton, Pos2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use support::{Shell, button, harness_at};

fn harness_of<'a>(shell: Shell) -> Harness<'a, Shell> {
    harness_at([1000.0, 680.0], shell)
}

fn harness<'a>() -> Harness<'a, Shell> {
    harness_of(Shell::new())
}

fn click(h: &mut Harness<'_, Shell>, label: &str) {
    h.get_by_label(label).click();
    h.run_steps(3);
}

fn name<'a>(h: &'a Harness<'_, Shell>) -> &'a str {
    &h.state().model.document.words.name
}

fn documents(actions: Vec<Action>) -> Vec<Document> {
    let of = |action| if let Action::SetDocument(document) = action { Some(*document) } else { None };
    actions.into_iter().filter_map(of).collect()
}

/// Where a place of the pad is on the screen: the map is 608×372 at (16, 100), its outermost points 10 inside.
fn place(at: [f32; 2]) -> Pos2 {
    pos2(26.0 + 588.0 * at[0], 110.0 + 352.0 * (1.0 - at[1]))
}

fn drag(h: &mut Harness<'_, Shell>, from: Pos2, to: Pos2, modifiers: Modifiers) {
    button(h, from, true, modifiers);
    for i in 1..=4 {
        h.event(Event::PointerMoved(from + (to - from) * (i as f32 / 4.0)));
        h.run_steps(1);
    }
    button(h, to, false, modifiers);
    h.run_steps(1);
}

#[test]
fn next_and_previous_go_round_the_list_and_undo_brings_the_first_back() {
    let mut h = harness();
    click(&mut h, "Next preset");
    assert_eq!(name(&h), "Aftermath");
    click(&mut h, "Previous preset");
    click(&mut h, "Previous preset");
    assert_eq!(name(&h), "Kettle");
    click(&mut h, "Undo");
    assert_eq!(name(&h), "Harbour at six", "one step for a walk through the list");
}

#[test]
fn a_search_narrows_the_list_and_arrows_walk_through_it() {
    let mut h = harness();
    click(&mut h, "Presets and packs");
    h.event(Event::Text("pluck".to_owned()));
    h.run_steps(2);
    assert!(h.query_by_label("Kettle").is_none() && h.query_by_label("Juniper").is_some());
    h.key_press(Key::ArrowDown);
    h.run_steps(2);
    assert_eq!(name(&h), "In the reeds");
    h.key_press(Key::ArrowDown);
    h.run_steps(2);
    assert_eq!(name(&h), "Juniper");
    h.event(Event::Text("zzz".to_owned()));
    h.run_steps(2);
    click(&mut h, "Clear filters");
    assert!(h.query_by_label("Eel").is_some());
}

#[test]
fn an_empty_search_leaves_undo_to_the_window() {
    let mut h = harness();
    click(&mut h, "Presets and packs");
    h.key_press(Key::ArrowDown);
    h.run_steps(2);
    assert_eq!(name(&h), "Aftermath");
    h.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    h.run_steps(2);
    assert_eq!(name(&h), "Harbour at six");
    h.key_press(Key::ArrowDown);
    h.run_steps(2);
    h.event(Event::Text("a".to_owned()));
    h.run_steps(2);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    h.run_steps(2);
    assert_eq!(name(&h), "Aftermath", "it is the text's");
    h.key_press_modifiers(Modifiers::COMMAND, Key::S);
    h.run_steps(3);
    h.get_by_label("Name of the preset");
}

#[test]
fn enter_in_the_search_loads_the_first_that_was_found() {
    let mut h = harness();
    click(&mut h, "Presets and packs");
    h.event(Event::Text("pluck".to_owned()));
    h.run_steps(2);
    h.key_press(Key::Enter);
    h.run_steps(2);
    assert_eq!(name(&h), "In the reeds");
    h.state_mut().take();
    h.key_press(Key::Enter);
    h.run_steps(2);
    assert_eq!(h.state_mut().take(), [], "it plays already");
    h.key_press(Key::ArrowDown);
    h.run_steps(2);
    assert_eq!(name(&h), "Juniper");
}

#[test]
fn a_slash_searches_and_no_letter_after_it_is_lost() {
    let mut h = harness();
    let stars = h.state().model.document.stars.clone();
    h.get_by_label("Pad X").focus();
    h.run_steps(2);
    // As a German keyboard has it, and so fast that a letter comes with it.
    h.event(Event::ModifiersChanged(Modifiers::SHIFT));
    let (key, modifiers) = (Key::Num7, Modifiers::SHIFT);
    let pressed = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
    let letters = ["/", "p"].map(|text| Event::Text(text.to_owned()));
    h.input_mut().events.extend([pressed].into_iter().chain(letters));
    h.step();
    for letter in ["l", "u", "c"] {
        h.input_mut().events.push(Event::Text(letter.to_owned()));
        h.step();
    }
    h.run_steps(2);
    assert_eq!(h.get_by_label("Search presets").value().as_deref(), Some("pluc"));
    assert!(h.query_by_label("Kettle").is_none() && h.query_by_label("Juniper").is_some());
    assert_eq!(h.state().model.document.stars, stars);
    // The next search is another one.
    h.key_press(Key::Escape);
    h.run_steps(2);
    h.input_mut().events.push(Event::Text("/".to_owned()));
    h.step();
    h.step();
    h.input_mut().events.push(Event::Text("b".to_owned()));
    h.run_steps(2);
    assert_eq!(h.get_by_label("Search presets").value().as_deref(), Some("b"));
}

#[test]
fn a_pasted_path_is_no_search() {
    let mut h = harness();
    h.event(Event::Text("/home/someone/Tides.btx".to_owned()));
    h.run_steps(3);
    assert!(h.query_by_label("Search presets").is_none());
}

#[test]
fn the_form_hears_enter_in_its_own_fields_only() {
    let opened = || {
        let mut h = harness();
        h.key_press_modifiers(Modifiers::COMMAND, Key::S);
        h.run_steps(3);
        h.state_mut().take();
        h
    };
    let saves = |h: &mut Harness<'_, Shell>| {
        h.key_press(Key::Enter);
        h.run_steps(3);
        h.state_mut().take().iter().any(|action| matches!(action, Action::SavePreset { .. }))
    };
    let mut h = opened();
    assert!(saves(&mut h), "in the name");
    for label in ["Search presets", "More for Aftermath", "Pad X"] {
        let mut h = opened();
        h.get_by_label(label).focus();
        h.run_steps(2);
        assert!(!saves(&mut h), "{label}");
        assert!(h.query_by_label("Name of the preset").is_some(), "{label}");
    }
    let mut h = opened();
    h.get_by_label("Cancel").focus();
    h.run_steps(2);
    assert!(!saves(&mut h));
    assert!(h.query_by_label("Name of the preset").is_none());
}

#[test]
fn a_typed_point_keeps_enter_and_escape_to_itself() {
    for end in [Key::Enter, Key::Escape] {
        let mut h = harness();
        h.key_press_modifiers(Modifiers::COMMAND, Key::S);
        h.run_steps(3);
        h.get_by_label("Pad X").focus();
        h.run_steps(2);
        h.key_press(Key::Enter);
        h.run_steps(3);
        assert!(h.query_by_label("X and Y in percent").is_some());
        h.state_mut().take();
        h.key_press(end);
        h.run_steps(3);
        assert!(h.query_by_label("X and Y in percent").is_none());
        assert!(h.query_by_label("Name of the preset").is_some(), "{end:?}");
        assert!(!h.state_mut().take().iter().any(|action| matches!(action, Action::SavePreset { .. })), "{end:?}");
    }
}

#[test]
fn letters_of_a_search_do_nothing_to_the_pad() {
    let mut h = harness();
    h.get_by_label("Pad X").focus();
    h.run_steps(2);
    h.state_mut().take();
    let keys = [(Key::Slash, "/"), (Key::S, "s"), (Key::Num3, "3"), (Key::S, "s")];
    for (key, letter) in keys {
        let modifiers = Modifiers::NONE;
        let pressed = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
        h.input_mut().events.extend([pressed, Event::Text(letter.to_owned())]);
        h.step();
    }
    h.run_steps(2);
    assert_eq!(h.get_by_label("Search presets").value().as_deref(), Some("s3s"));
    assert_eq!(h.state_mut().take(), []);
}

#[test]
fn tags_and_favourites_choose_what_is_listed() {
    let mut h = harness();
    click(&mut h, "Presets and packs");
    click(&mut h, "glass");
    assert!(h.query_by_label("Glasshouse").is_some() && h.query_by_label("Eel").is_none());
    click(&mut h, "glass");
    click(&mut h, "Favourites");
    assert!(h.query_by_label("Aftermath").is_none());
    h.state_mut().take();
    click(&mut h, "Choir of one is a favourite");
    let key = PresetKey::Factory("choir-of-one".to_owned());
    assert_eq!(h.state_mut().take(), [Action::Favourite(key, false)]);
    assert!(h.query_by_label("Choir of one").is_none());
}

#[test]
fn saving_asks_for_a_name_and_gives_tidy_words() {
    let mut shell = Shell::new();
    shell.model.document = Document::default();
    let mut h = harness_of(shell);
    h.key_press_modifiers(Modifiers::COMMAND, Key::S);
    h.run_steps(3);
    click(&mut h, "Save as a preset");
    assert_eq!(h.state_mut().take(), [], "without a name nothing is saved");
    h.get_by_label("Name of the preset").click();
    h.run_steps(2);
    h.event(Event::Text(" Low tide ".to_owned()));
    h.run_steps(1);
    h.get_by_label("Tags").click();
    h.run_steps(2);
    h.event(Event::Text("Pad, SLOW, pad".to_owned()));
    h.run_steps(1);
    click(&mut h, "Save as a preset");
    let words = PresetWords {
        name: "Low tide".to_owned(),
        tags: vec!["pad".to_owned(), "slow".to_owned()],
        ..PresetWords::default()
    };
    let save = Action::SavePreset { words, over: None };
    assert_eq!(h.state_mut().take(), std::slice::from_ref(&save));
    click(&mut h, "Save as a preset");
    assert_eq!(h.state_mut().take(), [], "it is on its way");
    h.state_mut().model.filed.push(Filed::Failed);
    h.run_steps(3);
    click(&mut h, "Browser: Packs");
    assert!(h.query_by_label("Name of the preset").is_none());
    click(&mut h, "Browser: Presets");
    h.key_press_modifiers(Modifiers::COMMAND, Key::S);
    h.run_steps(3);
    click(&mut h, "Save as a preset");
    assert_eq!(h.state_mut().take(), [save], "what was typed is still there");

    // It may be one that the search would not list.
    let mut rows = h.state().model.presets.to_vec();
    let key = PresetKey::User("/presets/Low tide.json".into());
    rows.push(PresetRow { key: key.clone(), ..rows[0].clone() });
    rows.last_mut().unwrap().words.name = "Low tide".to_owned();
    h.get_by_label("Search presets").click();
    h.run_steps(2);
    h.event(Event::Text("kettle".to_owned()));
    h.run_steps(2);
    h.state_mut().model.presets = rows.into();
    h.state_mut().model.filed.push(Filed::Done(key));
    h.run_steps(3);
    assert!(h.query_by_label("Name of the preset").is_none(), "the form is closed");
    h.get_by_label("Low tide");
}

#[test]
fn a_preset_that_can_t_be_read_is_listed_and_not_played() {
    let mut shell = Shell::new();
    let mut rows = shell.model.presets.to_vec();
    let broken = rows.iter().position(|row| row.broken.is_some()).unwrap();
    // The one before it plays.
    let before = rows[broken - 1].clone();
    shell.model.document = Document { key: Some(before.key), words: before.words, ..Document::default() };
    let name_of = |row: &PresetRow| row.words.name.clone();
    let (bad, next) = (name_of(&rows[broken]), name_of(&rows[broken + 1]));
    rows.truncate(broken + 2);
    shell.model.presets = rows.into();
    let mut h = harness_of(shell);
    click(&mut h, "Presets and packs");
    click(&mut h, &bad);
    assert_eq!(h.state_mut().take(), []);
    click(&mut h, "Next preset");
    assert_eq!(name(&h), next, "it is passed over");
}

#[test]
fn the_settings_take_the_browsers_place() {
    let mut h = harness();
    click(&mut h, "Presets and packs");
    click(&mut h, "Settings");
    h.get_by_label("Close settings");
    assert!(h.query_by_label("Close the browser").is_none());
    let mut h = harness_at([2560.0, 1600.0], Shell::new());
    click(&mut h, "Settings");
    h.get_by_label("Close settings");
    h.get_by_label("Search presets");
    assert!(h.query_by_label("Close the browser").is_none(), "it has a place of its own");
}

/// A tag that is chosen is always to be seen, and to be left again.
#[test]
fn a_chosen_tag_has_a_chip_in_every_window() {
    let mut shell = Shell::new();
    let mut rows = shell.model.presets.to_vec();
    for (i, row) in rows.iter_mut().enumerate() {
        row.words.tags = (0..4).map(|n| format!("tag number {}", (i * 4 + n) % 30)).collect();
    }
    shell.model.presets = rows.into();
    shell.model.view.open_browser(false);
    // Where a row has no room for it, the chip of all says so.
    let ways = [([1000.0, 680.0], "tag number 18", "tag number 18"), ([640.0, 420.0], "tag number 11", "1 of 30 tags")];
    for (size, tag, chip) in ways {
        let mut h = harness_at(size, Shell { model: std::mem::take(&mut shell.model), ..Shell::new() });
        click(&mut h, "All 30 tags");
        click(&mut h, tag);
        h.key_press(Key::Escape);
        h.run_steps(3);
        h.get_by_label(chip);
        assert!(h.query_by_label("Aftermath").is_none());
        click(&mut h, "All");
        h.get_by_label("Aftermath");
        shell.model = std::mem::take(&mut h.state_mut().model);
        shell.model.view.open_browser(false);
    }
}

/// Names that are typed one after the other, and while another star is deleted.
#[test]
fn a_stars_name_is_kept_wherever_the_hand_goes_next() {
    let mut h = harness();
    click(&mut h, "List of stars");
    let names = |h: &Harness<'_, Shell>| -> Vec<String> {
        h.state().model.document.stars.iter().map(|star| star.name.clone()).collect()
    };
    let before = names(&h);
    let write = |h: &mut Harness<'_, Shell>, star: usize, text: &str, next: &str| {
        click(h, &format!("Name of star {star}"));
        h.key_press_modifiers(Modifiers::COMMAND, Key::A);
        h.event(Event::Text(text.to_owned()));
        h.run_steps(2);
        click(h, next);
        h.run_steps(3);
    };
    write(&mut h, 1, "Alpha", "Name of star 2");
    write(&mut h, 3, "Gamma", "Name of star 2");
    assert_eq!(names(&h)[..3], ["Alpha".to_owned(), before[1].clone(), "Gamma".to_owned()]);
    write(&mut h, 2, "Beta", "Delete star 1");
    assert_eq!(names(&h)[..2], ["Beta", "Gamma"]);
}

#[test]
fn a_choice_in_the_list_of_stars_lies_in_front_of_it() {
    let mut h = harness();
    let tap = |h: &mut Harness<'_, Shell>, label: &str| {
        let pos = h.get_by_label(label).rect().center();
        let press = |pressed| {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            Event::PointerButton { pos, button, pressed, modifiers }
        };
        // Down and up within one frame.
        h.input_mut().events.extend([Event::PointerMoved(pos), press(true), press(false)]);
        h.step();
        h.run_steps(3);
    };
    for word in ["2 s", "At once"] {
        tap(&mut h, "List of stars");
        tap(&mut h, "Time to a star");
        h.state_mut().take();
        tap(&mut h, word);
        let glide = documents(h.state_mut().take()).last().map(|document| document.star_glide_seconds);
        assert_eq!(glide, Some(if word == "2 s" { 2.0 } else { 0.0 }), "{word}");
        h.key_press(Key::Escape);
        h.run_steps(3);
    }
}

#[test]
fn a_right_click_on_a_row_shows_what_can_be_done() {
    let mut h = harness();
    click(&mut h, "Presets and packs");
    h.get_by_label("Aftermath").click_secondary();
    h.run_steps(3);
    assert!(h.query_by_label("Delete").is_none(), "it is a part of Betwixt");
    click(&mut h, "Favourite");
    assert!(matches!(&h.state_mut().take()[..], [Action::Favourite(PresetKey::Factory(_), true)]));
}

#[test]
fn a_new_name_leaves_the_form_alone() {
    let mut h = harness();
    h.key_press_modifiers(Modifiers::COMMAND, Key::S);
    h.run_steps(3);
    for (end, expected) in [(Key::Escape, 0), (Key::Enter, 1)] {
        click(&mut h, "More for Drawn breath");
        click(&mut h, "Rename…");
        h.run_steps(2);
        h.event(Event::Text("Held breath".to_owned()));
        h.run_steps(1);
        h.state_mut().take();
        h.key_press(end);
        h.run_steps(2);
        let actions = h.state_mut().take();
        assert_eq!(actions.iter().filter(|action| matches!(action, Action::RenamePreset(..))).count(), expected);
        assert_eq!(actions.len(), expected, "{actions:?}");
        assert!(h.query_by_label("Name of the preset").is_some(), "{end:?}");
    }
}

#[test]
fn escape_in_the_name_of_a_star_forgets_what_was_typed() {
    let mut h = harness();
    let stars = h.state().model.document.stars.clone();
    click(&mut h, "List of stars");
    h.get_by_label("Name of star 2").click();
    h.run_steps(2);
    h.event(Event::Text("Temp".to_owned()));
    h.run_steps(2);
    h.key_press(Key::Escape);
    h.run_steps(3);
    assert_eq!(h.state().model.document.stars, stars);
    h.get_by_label("Time to a star");
    assert_eq!(h.get_by_label("Name of star 2").value().as_deref(), Some("Glass"));
}

#[test]
fn escape_closes_the_list_of_stars_and_no_sheet() {
    let mut h = harness();
    click(&mut h, "Settings");
    click(&mut h, "List of stars");
    assert!(h.query_by_label("Time to a star").is_some());
    h.key_press(Key::Escape);
    h.run_steps(3);
    assert!(h.query_by_label("Time to a star").is_none());
    assert!(h.query_by_label("Close settings").is_some());
}

#[test]
fn the_players_own_are_renamed_and_deleted_in_the_list() {
    let mut h = harness();
    click(&mut h, "Presets and packs");
    click(&mut h, "Mine");
    let key = PresetKey::User("/presets/Drawn breath.json".into());
    click(&mut h, "More for Drawn breath");
    click(&mut h, "Rename…");
    h.run_steps(2);
    h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    h.event(Event::Text("Held breath".to_owned()));
    h.run_steps(1);
    h.key_press(Key::Enter);
    h.run_steps(2);
    assert_eq!(h.state_mut().take(), [Action::RenamePreset(key.clone(), "Held breath".to_owned())]);
    click(&mut h, "More for Drawn breath");
    click(&mut h, "Delete");
    assert_eq!(h.state_mut().take(), [Action::DeletePreset(key.clone())]);
    let deleted = Deleted { key, kept: "/presets/.trash/Drawn breath.json".into(), was_playing: false };
    h.state_mut().model.filed.push(Filed::Deleted(deleted.clone()));
    h.run_steps(2);
    click(&mut h, "Undo");
    assert_eq!(h.state_mut().take(), [Action::RestorePreset(deleted)]);
}

#[test]
fn a_star_is_set_gone_to_moved_copied_and_deleted() {
    let mut h = harness();
    click(&mut h, "Go to Star 3");
    assert_eq!((h.state().value("x"), h.state().value("y")), (0.30, 0.20));
    drag(&mut h, place([0.84, 0.24]), place([0.60, 0.30]), Modifiers::NONE);
    let moved = h.state().model.document.stars[3].at;
    assert!((moved[0] - 0.6).abs() < 0.01 && (moved[1] - 0.3).abs() < 0.01, "{moved:?}");
    assert_eq!((h.state().value("x"), h.state().value("y")), (0.30, 0.20), "the point stays");
    drag(&mut h, place([0.50, 0.52]), place([0.55, 0.70]), Modifiers::ALT);
    assert_eq!(h.state().model.document.stars.len(), 6);
    click(&mut h, "Star here");
    assert_eq!(h.state().model.document.stars[6].at, [0.30, 0.20]);
    assert_eq!(documents(h.state_mut().take()).len(), 3, "one change for each");
    for _ in 0..3 {
        click(&mut h, "Undo");
    }
    assert_eq!(h.state().model.document.stars.len(), 5);
    assert_eq!(h.state().model.document.stars[3].at, [0.84, 0.24]);
    click(&mut h, "List of stars");
    click(&mut h, "Delete star 1");
    assert_eq!(h.state().model.document.stars[0].name, "Glass");
}

#[test]
fn the_point_glides_to_a_star_in_one_gesture_and_the_hand_stops_it() {
    let mut shell = Shell::new();
    shell.model.document.star_glide_seconds = 0.5;
    let mut h = harness_of(shell);
    click(&mut h, "Go to Star 3");
    let half_way = h.state().value("x");
    assert!(half_way < 0.7 && half_way > 0.3, "{half_way}");
    h.run_steps(60);
    assert!((h.state().value("x") - 0.3).abs() < 1e-6);
    let actions = h.state_mut().take();
    let count = |of: &Action| actions.iter().filter(|a| *a == of).count();
    assert_eq!((count(&Action::BeginGesture("x")), count(&Action::EndGesture("x"))), (1, 1));
    click(&mut h, "Undo");
    assert!((h.state().value("x") - 0.7).abs() < 1e-6, "one step");
    click(&mut h, "Go to Star 3");
    button(&mut h, place([0.5, 0.7]), true, Modifiers::NONE);
    h.run_steps(40);
    assert!((h.state().value("x") - 0.5).abs() < 0.01, "the hand has it");
    button(&mut h, place([0.5, 0.7]), false, Modifiers::NONE);
}

#[test]
fn digits_go_to_stars_and_enter_types_a_point() {
    let mut h = harness();
    h.get_by_label("Pad X").focus();
    h.run_steps(2);
    h.key_press(Key::Num1);
    h.run_steps(2);
    assert_eq!((h.state().value("x"), h.state().value("y")), (0.12, 0.80));
    h.key_press(Key::Enter);
    h.run_steps(2);
    h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    h.event(Event::Text("25, 75".to_owned()));
    h.run_steps(1);
    h.key_press(Key::Enter);
    h.run_steps(2);
    assert_eq!((h.state().value("x"), h.state().value("y")), (0.25, 0.75));
}

#[test]
fn b_begins_as_a_and_both_keep_what_was_done() {
    let mut h = harness();
    click(&mut h, "A plays, change to B");
    click(&mut h, "Go to Star 1");
    click(&mut h, "B plays, change to A");
    assert_eq!(h.state().value("x"), 0.70);
    click(&mut h, "A plays, change to B");
    assert_eq!(h.state().value("x"), 0.12);
}

#[test]
fn a_surprise_is_one_step_and_leaves_level_and_tuning_alone() {
    let mut h = harness();
    let before: Vec<f32> = h.state().model.parameters.iter().map(|p| p.value).collect();
    click(&mut h, "Surprise me");
    for id in ["gain", "pan", "tune", "fine", "mode", "voices"] {
        let at = h.state().model.parameters.iter().position(|p| p.id == id).unwrap();
        assert_eq!(h.state().value(id), before[at], "{id}");
    }
    let after: Vec<f32> = h.state().model.parameters.iter().map(|p| p.value).collect();
    assert_ne!(before, after);
    click(&mut h, "Undo");
    let back: Vec<f32> = h.state().model.parameters.iter().map(|p| p.value).collect();
    assert!(before.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn history_and_slots_outlive_the_window() {
    let mut h = harness();
    click(&mut h, "A plays, change to B");
    click(&mut h, "Go to Star 1");
    let mut shell = Shell::new();
    shell.model = std::mem::take(&mut h.state_mut().model);
    shell.model.view = std::mem::take(&mut shell.model.view).reopened();
    let mut h = harness_of(shell);
    click(&mut h, "Undo");
    assert!((h.state().value("x") - 0.70).abs() < 1e-6);
    click(&mut h, "Redo");
    click(&mut h, "B plays, change to A");
    assert_eq!(h.state().value("x"), 0.70);
}

#[test]
fn the_strip_is_chosen_and_held() {
    let mut h = harness();
    click(&mut h, "Picture of the output");
    click(&mut h, "Scope");
    let strip = betwixt_editor::model::Strip::Scope;
    assert_eq!(h.state().model.settings.strip, strip);
    click(&mut h, "Scope of the output, hold");
    click(&mut h, "Picture of the output");
    click(&mut h, "Off");
    assert!(h.query_by_label("Picture of the output").is_none());
}
