//! The controls. Each takes the frame, its place and a parameter id; all share one way of being moved ([`control`]).

pub(crate) mod button;
pub(crate) mod chip;
pub(crate) mod control;
pub(crate) mod entry;
pub(crate) mod field;
pub(crate) mod knob;
pub(crate) mod menu;
pub(crate) mod segmented;
pub(crate) mod slider;
pub(crate) mod switch;
pub(crate) mod tooltip;
pub(crate) mod value;

use egui::accesskit::Role;
use egui::{Response, WidgetInfo};

use crate::frame::Frame;

/// Tells the accessibility tree of a parameter: slider with its number and its text.
pub(crate) fn announce(frame: &Frame<'_>, response: &Response, id: &str) {
    let Some(p) = frame.parameter(id) else { return };
    let (value, text, name) = (f64::from(frame.value(id)), frame.text(id), p.name.clone());
    announce_as(response, &name, value, &text, Some(p.steps.map_or(0.01, |s| 1.0 / f64::from(s.max(1)))));
}

/// A slider of 0…1 with a text. One without a step can't be moved by a screen reader.
pub(crate) fn announce_as(response: &Response, name: &str, value: f64, text: &str, step: Option<f64>) {
    response.widget_info(|| WidgetInfo {
        value: Some(value),
        current_text_value: Some(text.to_owned()),
        ..WidgetInfo::labeled(Role::Slider, true, name)
    });
    response.ctx.accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(1.0);
        node.set_value(text);
        if let Some(step) = step {
            node.set_numeric_value_step(step);
            node.add_action(egui::accesskit::Action::Increment);
            node.add_action(egui::accesskit::Action::Decrement);
        }
    });
}
