//! Keys for the whole window. They are taken before anything is drawn, so that no control hears them too. While a text is
//! being typed, those that could be meant for it are not.

use egui::{Event, Key, KeyboardShortcut, Modifiers, Popup, Ui};

use crate::Action;
use crate::frame::Frame;
use crate::{browser, fit, sheet};

/// Takes this frame's.
pub(crate) fn take(frame: &mut Frame<'_>, ui: &Ui) {
    let pressed = |modifiers, key| ui.input_mut(|i| i.consume_shortcut(&KeyboardShortcut::new(modifiers, key)));
    let command = |key| pressed(Modifiers::COMMAND, key);
    if command(Key::S) {
        browser::save(frame);
    } else if command(Key::Plus) || command(Key::Equals) {
        scale(frame, ui, true);
    } else if command(Key::Minus) {
        scale(frame, ui, false);
    } else if command(Key::F) {
        search(frame, ui, "");
    }
    // Nothing is being typed into an empty search: it has the keyboard because arrows walk through the list.
    if frame.view.is_typing() && !frame.view.browser.is_search_empty() {
        return;
    }
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || command(Key::Y) {
        frame.redo();
    } else if command(Key::Z) {
        frame.undo();
    }
    if frame.view.is_typing() {
        return;
    }
    if pressed(Modifiers::NONE, Key::OpenBracket) {
        browser::step(frame, -1);
    } else if pressed(Modifiers::NONE, Key::CloseBracket) {
        browser::step(frame, 1);
    } else if let Some(begun) = slash(ui) {
        search(frame, ui, &begun);
    } else if pressed(Modifiers::NONE, Key::Slash) {
        search(frame, ui, "");
    }
}

/// The letters that were typed after a slash in this frame. By what it writes, since on many keyboards it lies on a digit;
/// a pasted path has one too, but comes as a whole.
fn slash(ui: &Ui) -> Option<String> {
    let text = |event: &Event| if let Event::Text(text) = event { Some(text.clone()) } else { None };
    let typed: Vec<String> = ui.input(|i| i.events.iter().filter_map(text).collect());
    let at = typed.iter().position(|text| text == "/")?;
    Some(typed[at + 1..].concat())
}

fn scale(frame: &mut Frame<'_>, ui: &Ui, up: bool) {
    let settings = sheet::stepped(&frame.model.settings, up, fit::lowered(ui.ctx()));
    frame.actions.push(Action::Settings(settings));
}

/// Opens the browser to search; the next letters are for it and for nothing else.
fn search(frame: &mut Frame<'_>, ui: &Ui, begun: &str) {
    ui.memory_mut(|m| m.focused().into_iter().for_each(|id| m.surrender_focus(id)));
    Popup::close_all(ui.ctx());
    frame.view.star_list = false;
    frame.view.browser.search(begun);
    ui.ctx().request_repaint();
}
