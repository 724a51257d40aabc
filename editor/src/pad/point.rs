//! Typing the point: two numbers, in percent.

use egui::{Id, Rect, Ui, vec2};

use super::{Space, stars};
use crate::frame::Frame;
use crate::model::{Toast, ToastKind};
use crate::widget::field::{Field, Lead, ended, field, select};

/// What was typed, and whether the field has just come.
#[derive(Debug)]
pub(crate) struct Typed {
    text: String,
    fresh: bool,
    /// Has the keyboard again after Enter or Escape.
    back: Option<Id>,
}

/// Opens the field; `back` is the pad's half that has the keyboard, if one has.
pub(crate) fn open(frame: &mut Frame<'_>, back: Option<Id>) {
    let percent = |id| (frame.value(id) * 1000.0).round() / 10.0;
    let text = format!("{}, {}", percent("x"), percent("y"));
    frame.view.pad.typed = Some(Typed { text, fresh: true, back });
}

/// Draws it beside the needle while it is open. Enter sets, Escape and a click elsewhere leave.
pub(super) fn show(frame: &mut Frame<'_>, ui: &mut Ui, map: Rect, space: Space) {
    let Some(mut typed) = frame.view.pad.typed.take() else { return };
    let needle = space.to_screen([frame.value("x"), frame.value("y")]);
    let size = vec2(104.0, 26.0);
    let inside = map.shrink(8.0);
    let at = (needle + vec2(20.0, -34.0)).clamp(inside.min, (inside.max - size).max(inside.min));
    let of = Field { name: "X and Y in percent", hint: "70, 30", lead: Lead::None, limit: 24 };
    let response = field(frame, ui, Rect::from_min_size(at, size), &of, &mut typed.text);
    if typed.fresh {
        typed.fresh = false;
        select(ui, response.id, &typed.text, true);
        response.request_focus();
        frame.view.typing = true;
        frame.view.pad.typed = Some(typed);
        return;
    }
    let (enter, escape) = ended(ui, &response);
    if let Some(back) = typed.back.filter(|_| enter || escape) {
        ui.memory_mut(|m| m.request_focus(back));
    }
    if enter {
        match parse(&typed.text) {
            Some(at) => stars::go(frame, at),
            None => {
                let text = format!("“{}” is no point: type two numbers of 0 to 100, such as 70, 30", typed.text);
                frame.view.messages.say(Toast { kind: ToastKind::Refusal, text }, frame.now);
            }
        }
    } else if !escape && response.has_focus() {
        frame.view.pad.typed = Some(typed);
    }
}

/// Two percentages, with or without signs of percent, apart by a comma, a semicolon or a space.
fn parse(text: &str) -> Option<[f32; 2]> {
    let mut numbers = text
        .split([',', ';', ' ', '\u{2009}', '%'])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse::<f32>().ok().filter(|v| v.is_finite()).map(|v| (v / 100.0).clamp(0.0, 1.0)));
    let point = [numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_two_percentages() {
        assert_eq!(parse("70, 30"), Some([0.7, 0.3]));
        assert_eq!(parse("70 % 30 %"), Some([0.7, 0.3]));
        assert_eq!(parse("0;250"), Some([0.0, 1.0]));
        assert!(["", "70", "a, b", "1, 2, 3", "nan, 1"].iter().all(|text| parse(text).is_none()));
    }
}
