//! Tooltips: name, one sentence, and how to reset.

use egui::{Response, RichText, Ui};

use crate::frame::Frame;
use crate::theme::{Tokens, Type};

/// Shows a name and a sentence after a rest of 600 ms.
pub(crate) fn show(t: &Tokens, response: &Response, name: &str, sentence: &str, hint: &str) {
    let t = *t;
    response.clone().on_hover_ui(|ui: &mut Ui| {
        ui.set_max_width(240.0);
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.label(RichText::new(name).font(Type::Group.font()).color(t.text1));
        if !sentence.is_empty() {
            ui.label(RichText::new(sentence).font(Type::Label.font()).color(t.text2));
        }
        if !hint.is_empty() {
            ui.label(RichText::new(hint).font(Type::Label.font()).color(t.text2));
        }
    });
}

/// The tooltip of a parameter.
pub(crate) fn of_parameter(frame: &Frame<'_>, response: &Response, id: &str) {
    if let Some(p) = frame.parameter(id) {
        show(&frame.t, response, &p.name, &p.help, "");
    }
}
