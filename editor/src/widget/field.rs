//! A line of text to be typed.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{
    Align2, CornerRadius, Id, Key, Margin, Modifiers, Rect, Response, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, vec2,
};

use crate::frame::Frame;
use crate::paint;
use crate::theme::{Icon, Type};

/// What stands at the left of a field.
pub(crate) enum Lead<'a> {
    None,
    Icon(Icon),
    /// A word that stays when the hint has gone.
    Label(&'a str),
}

/// What a field is for.
pub(crate) struct Field<'a> {
    /// For those who do not see it, and to tell fields apart.
    pub(crate) name: &'a str,
    /// Shown while it is empty.
    pub(crate) hint: &'a str,
    /// At its left.
    pub(crate) lead: Lead<'a>,
    /// Most characters.
    pub(crate) limit: usize,
}

/// Draws a field in `rect`; while it has the keyboard, shortcuts rest.
pub(crate) fn field(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, of: &Field<'_>, text: &mut String) -> Response {
    let t = frame.t;
    let id = ui.scope_id().with(("field", of.name));
    let focused = ui.memory(|m| m.has_focus(id));
    let edge = if focused { t.accent } else { t.edge };
    ui.painter().rect(rect, CornerRadius::same(4), t.bg1, Stroke::new(1.0, edge), StrokeKind::Inside);
    let mut inside = rect.shrink2(vec2(10.0, (rect.height() - 16.0) / 2.0));
    match of.lead {
        Lead::None => {}
        Lead::Icon(icon) => {
            paint::icon(ui.painter(), rect.left_center() + vec2(18.0, 0.0), icon, 15.0, t.text2);
            inside = inside.with_min_x(rect.left() + 34.0);
        }
        Lead::Label(label) => {
            let at = rect.left_center() + vec2(10.0, 0.0);
            let word = paint::text(ui.painter(), at, Align2::LEFT_CENTER, label, Type::Label, t.text2);
            inside = inside.with_min_x(word.right() + 8.0);
        }
    }
    let edit = TextEdit::singleline(text)
        .id(id)
        .font(Type::Body.font())
        .text_color(t.text1)
        .hint_text(egui::RichText::new(of.hint).color(t.text3))
        .frame(egui::Frame::NONE)
        .margin(Margin::ZERO)
        .char_limit(of.limit)
        .desired_width(inside.width());
    // In a child, or the row that it lies in would grow.
    let response = ui.new_child(UiBuilder::new().max_rect(rect)).put(inside, edit).accessible_name(of.name);
    frame.view.typing |= response.has_focus();
    response
}

/// Enter and Escape, when they are for this field: it has the keyboard, or had it until this key. Nothing else hears them.
pub(crate) fn ended(ui: &Ui, field: &Response) -> (bool, bool) {
    if !field.has_focus() && !field.lost_focus() {
        return (false, false);
    }
    ui.input_mut(|i| (i.consume_key(Modifiers::NONE, Key::Enter), i.consume_key(Modifiers::NONE, Key::Escape)))
}

/// Puts the cursor behind a field's text; with the text selected, which then gives way to the next letter.
pub(crate) fn select(ui: &Ui, field: Id, text: &str, all: bool) {
    let mut state = TextEditState::load(ui.ctx(), field).unwrap_or_default();
    let end = CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::two(if all { CCursor::new(0) } else { end }, end)));
    state.store(ui.ctx(), field);
}
