//! Folders as they are found in the wild, and the traps among them.

use super::*;

fn notes(names: &[&str]) -> Option<Vec<i32>> {
    let names: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
    schemes(&names).into_iter().next().map(|s| s.notes)
}

#[test]
fn letters_with_every_kind_of_accidental() {
    assert_eq!(notes(&["C#4", "Db5", "Ds3", "c_4", "F-sharp3", "B♭2", "E♯1"]), Some(vec![61, 73, 51, 60, 54, 46, 29]));
    assert_eq!(notes(&["Flute C3", "Flute A#-1"]), Some(vec![48, 10]));
    assert_eq!(notes(&["pno_Fs3_v100", "pno_Gb4_v100"]), Some(vec![54, 66]));
}

#[test]
fn an_h_makes_the_folder_german() {
    assert_eq!(notes(&["H3", "B3", "Es4", "As4", "Fis2", "Des1"]), Some(vec![59, 58, 63, 68, 42, 25]));
    assert_eq!(notes(&["B3", "As4"]), Some(vec![59, 70]));
}

#[test]
fn a_minus_is_a_separator_where_octaves_show_it() {
    assert_eq!(notes(&["vib C-3", "vib C-4"]), Some(vec![48, 60]));
    assert_eq!(notes(&["vib C-1", "vib C0"]), Some(vec![0, 12]));
}

#[test]
fn words_and_frequencies_are_no_notes() {
    for name in ["Bass1", "Flute2", "Amin7", "A440", "440Hz"] {
        let found = schemes(&[name.to_owned()]);
        assert!(found.iter().all(|s| s.kind == Kind::Numbers), "{name}: {found:?}");
    }
    assert_eq!(notes(&["A440"]), None);
}

#[test]
fn numbers_are_the_field_that_varies_inside_midi() {
    assert_eq!(notes(&["303_24", "303_36"]), Some(vec![24, 36]));
    assert_eq!(notes(&["pad 048", "pad 060"]), Some(vec![48, 60]));
    assert_eq!(notes(&["60_take_01", "64_take_02", "67_take_03"]), Some(vec![60, 64, 67]));
    assert_eq!(notes(&["k4 1", "k4 2"]), Some(vec![1, 2]), "an index, but nothing else varies");
}

#[test]
fn nsynth_names_hold_note_and_velocity() {
    let names = ["synth_lead_000-060-100", "synth_lead_000-060-127", "synth_lead_000-062-127"].map(str::to_owned);
    let found = schemes(&names).into_iter().next().unwrap();
    assert_eq!(found.notes, [60, 60, 62]);
    assert_eq!(found.labels[0].velocity, Some(Velocity::Number(100)));
}

#[test]
fn layers_takes_and_channels_may_share_a_note_but_nothing_else_may() {
    let found = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
        schemes(&names).into_iter().next()
    };
    let layered = found(&["C4_p", "C4_mf", "C4_ff", "D4_p"]).unwrap();
    assert_eq!(layered.notes, [60, 60, 60, 62]);
    assert!(layered.labels[0].velocity < layered.labels[2].velocity);
    assert_eq!(found(&["C4 rr1", "C4 rr2"]).unwrap().labels[1].take, Some(2));
    assert_eq!(found(&["C4_L", "C4_R"]).unwrap().labels[1].channel, Some(Channel::Right));
    assert_eq!(found(&["C4", "c4"]), None);
}
