//! The form that saves what plays as a preset.

use egui::{Align2, Rect, Ui, pos2, vec2};

use crate::Action;
use crate::frame::Frame;
use crate::model::{Document, PresetKey, PresetWords};
use crate::paint;
use crate::theme::Type;
use crate::widget::button::button;
use crate::widget::field::{Field, Lead, ended, field, select};

/// Height of the form.
pub(super) const HEIGHT: f32 = 144.0;

/// What has been typed.
#[derive(Debug)]
pub(crate) struct Form {
    name: String,
    author: String,
    tags: String,
    description: String,
    /// The user's preset that plays, which can be saved over.
    over: Option<PresetKey>,
    fresh: bool,
    /// On its way to the disk.
    sent: bool,
    /// What played when it was opened.
    of: (Option<PresetKey>, PresetWords),
}

impl Form {
    /// Begins with the words of what plays.
    pub(super) fn of(document: &Document) -> Self {
        let words = &document.words;
        Self {
            name: words.name.clone(),
            author: words.author.clone(),
            tags: words.tags.join(", "),
            description: words.description.clone(),
            over: document.key.clone().filter(|key| matches!(key, PresetKey::User(_))),
            fresh: true,
            sent: false,
            of: (document.key.clone(), words.clone()),
        }
    }

    /// Has this one been opened for what the other would be opened for?
    pub(super) fn is_for_the_same(&self, other: &Form) -> bool {
        self.of == other.of
    }

    /// Its first field takes the keyboard.
    pub(super) fn focus(&mut self) {
        self.fresh = true;
    }

    pub(super) fn is_sent(&self) -> bool {
        self.sent
    }

    /// It was not saved.
    pub(super) fn send_again(&mut self) {
        (self.sent, self.fresh) = (false, true);
    }

    fn words(&self) -> PresetWords {
        let mut tags: Vec<String> = Vec::new();
        for tag in self.tags.split([',', ';']) {
            let tag = tag.trim().to_lowercase();
            if !tag.is_empty() && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        PresetWords {
            name: self.name.trim().to_owned(),
            author: self.author.trim().to_owned(),
            description: self.description.trim().to_owned(),
            tags,
        }
    }
}

/// Draws the form. Enter in a field saves, `escape` leaves; it stays until the preset is on the disk.
pub(super) fn show(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, escape: bool) {
    let Some(mut form) = frame.view.browser.form.take() else { return };
    let half = (rect.width() - 8.0) / 2.0;
    let place = |x: f32, row: f32, width: f32| {
        Rect::from_min_size(pos2(rect.left() + x, rect.top() + row * 36.0), vec2(width, 30.0))
    };
    let of = |name, label, hint, limit| Field { name, hint, lead: Lead::Label(label), limit };
    let name = field(
        frame,
        ui,
        place(0.0, 0.0, half),
        &of("Name of the preset", "Name", "What it is called", 80),
        &mut form.name,
    );
    let author = of("Author", "Author", "Who made it", 80);
    let author = field(frame, ui, place(half + 8.0, 0.0, half), &author, &mut form.author);
    let tags = of("Tags", "Tags", "Apart by commas", 200);
    let tags = field(frame, ui, place(0.0, 1.0, rect.width()), &tags, &mut form.tags);
    let description = of("Description", "About", "What it is good for", 400);
    let description = field(frame, ui, place(0.0, 2.0, rect.width()), &description, &mut form.description);
    if std::mem::take(&mut form.fresh) {
        select(ui, name.id, &form.name, true);
        name.request_focus();
        frame.view.typing = true;
    }
    let y = rect.top() + 111.0;
    let words = form.words();
    let same_name = frame.document().words.name == words.name;
    let over = form.over.clone().filter(|_| same_name);
    let label = if over.is_some() { "Save over it" } else { "Save as a preset" };
    let mut x = rect.left();
    let (width, clicked) = button(frame, ui, pos2(x, y), label, true);
    x += width + 8.0;
    let (_, cancel) = button(frame, ui, pos2(x, y), "Cancel", false);
    let hint = match (form.sent, words.name.is_empty()) {
        (true, _) => "Saving…",
        (_, true) => "It needs a name.",
        _ => "",
    };
    let at = pos2(rect.right(), y + 14.0);
    let color = frame.t.text2;
    paint::text(ui.painter(), at, Align2::RIGHT_CENTER, hint, Type::Label, color);
    let enter = [&name, &author, &tags, &description].iter().any(|field| ended(ui, field).0);
    if (clicked || enter) && !words.name.is_empty() && !form.sent {
        frame.actions.push(Action::SavePreset { words, over });
        form.sent = true;
    }
    if !cancel && !escape {
        frame.view.browser.form = Some(form);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_lower_case_and_each_stands_once() {
        let form = Form { tags: " Pad, warm;PAD ,, ".into(), name: " A ".into(), ..Form::of(&Document::default()) };
        assert_eq!(form.words().tags, ["pad", "warm"]);
        assert_eq!(form.words().name, "A");
    }
}
