//! What is in each group, in each of its forms.

use egui::{Align2, Rect, Ui, UiBuilder, pos2, vec2};

use super::{columns, values};
use crate::frame::Frame;
use crate::graph;
use crate::layout::{Body, Group, Slot};
use crate::paint;
use crate::theme::Type;
use crate::widget::knob::knob;
use crate::widget::segmented;
use crate::widget::slider::slider;
use crate::widget::switch::switch;
use crate::widget::value::{Stand, value};

const ENVELOPE: [(&str, &str); 4] =
    [("attack", "Attack"), ("decay", "Decay"), ("sustain", "Sustain"), ("release", "Release")];

/// Opacity of what does nothing at present.
const OFF: f32 = 0.38;

/// Draws a group's body in `rect`, under its title.
pub(super) fn show(frame: &mut Frame<'_>, ui: &mut Ui, slot: &Slot, rect: Rect) {
    match slot.group {
        Group::Source => source(frame, ui, rect),
        Group::Amp => amp(frame, ui, rect, slot.body),
        Group::Filter => filter(frame, ui, rect, slot.body),
        Group::Glide => glide(frame, ui, rect, slot.body),
        Group::Wheel => {
            let row = Rect::from_min_size(rect.min, vec2(rect.width(), segmented::HEIGHT));
            segmented::choice(frame, ui, row, "modwheel", true);
        }
        Group::Output if slot.body == Body::Narrow => output_narrow(frame, ui, rect),
        Group::Output => output(frame, ui, rect),
    }
}

/// Groups of one row: title and content together.
pub(super) fn row(frame: &mut Frame<'_>, ui: &mut Ui, group: Group, rect: Rect) {
    let title =
        paint::text(ui.painter(), rect.left_center(), Align2::LEFT_CENTER, group.title(), Type::Group, frame.t.text1);
    if group == Group::Output {
        output(frame, ui, rect.with_min_x(title.right() + 12.0));
    } else {
        segmented::choice(frame, ui, rect, "modwheel", false);
    }
}

fn source(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect) {
    let (x, width) = columns(rect);
    for (i, (id, label)) in [("tune", "Tune"), ("fine", "Fine"), ("start", "Start")].into_iter().enumerate() {
        knob(frame, ui, pos2(x[i], rect.top()), width, id, label);
    }
    switch(frame, ui, pos2(x[3], rect.top()), width, "reverse", "Reverse");
}

fn amp(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, body: Body) {
    if body == Body::Narrow {
        let graph = rect.with_max_y(rect.bottom() - 48.0);
        graph::amp::show(frame, ui, graph);
        let half = (rect.width() - 8.0) / 2.0;
        for (i, (id, label)) in ENVELOPE.into_iter().enumerate() {
            let at = pos2(rect.left() + (i % 2) as f32 * (half + 8.0), graph.bottom() + 8.0 + (i / 2) as f32 * 20.0);
            value(frame, ui, Rect::from_min_size(at, vec2(half, 14.0)), id, label, Stand::Apart);
        }
        return;
    }
    let graph = rect.with_max_y(rect.bottom() - 30.0);
    graph::amp::show(frame, ui, graph);
    let line = Rect::from_min_size(pos2(rect.left(), graph.bottom() + 7.0), vec2(rect.width(), 14.0));
    values(frame, ui, line, &ENVELOPE);
}

fn filter(frame: &mut Frame<'_>, ui: &mut Ui, mut rect: Rect, body: Body) {
    if body == Body::Narrow {
        let row = Rect::from_min_size(rect.min, vec2(rect.width(), segmented::HEIGHT));
        segmented::choice(frame, ui, row, "filter", true);
        rect.min.y = row.bottom() + 8.0;
    }
    // While the filter is off its values can be set, but none is heard.
    let opacity = if frame.step("filter") == 0 { OFF } else { 1.0 };
    let ui = &mut ui.new_child(UiBuilder::new().max_rect(rect).id_salt("filter"));
    ui.multiply_opacity(opacity);
    let (x, width) = columns(rect);
    let knobs = [("cutoff", "Cutoff"), ("resonance", "Resonance"), ("filter_env", "Env"), ("filter_key", "Key")];
    match body {
        Body::Narrow => {
            for (i, (id, label)) in knobs.into_iter().enumerate() {
                let label = if id == "resonance" { "Reso" } else { label };
                knob(frame, ui, pos2(x[i], rect.top()), width, id, label);
            }
        }
        Body::Tall => {
            let graph = Rect::from_min_max(rect.min + vec2(0.0, 4.0), rect.max - vec2(0.0, 78.0));
            graph::filter::show(frame, ui, graph);
            for (i, (id, label)) in knobs.into_iter().enumerate() {
                knob(frame, ui, pos2(x[i], graph.bottom() + 9.0), width, id, label);
            }
        }
        Body::Normal | Body::Folded => {
            let left = Rect::from_min_max(rect.min, pos2(x[1] + width, rect.bottom()));
            let graph = Rect::from_min_max(left.min + vec2(0.0, 4.0), left.max - vec2(0.0, 28.0));
            graph::filter::show(frame, ui, graph);
            let line = Rect::from_min_size(pos2(left.left(), graph.bottom() + 6.0), vec2(left.width(), 14.0));
            let first = value(frame, ui, line, "filter_env", "Env", Stand::Left);
            value(frame, ui, line.with_min_x(first.right() + 16.0), "filter_key", "Key", Stand::Left);
            knob(frame, ui, pos2(x[2], rect.top()), width, "cutoff", "Cutoff");
            knob(frame, ui, pos2(x[3], rect.top()), width, "resonance", "Resonance");
        }
    }
}

fn glide(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, body: Body) {
    let (x, width) = columns(rect);
    let mut top = rect.top();
    let narrow = body == Body::Narrow;
    if narrow {
        let row = Rect::from_min_size(rect.min, vec2(rect.width(), segmented::HEIGHT));
        segmented::choice(frame, ui, row, "mode", true);
        top = row.bottom() + 8.0;
    }
    let pad = if narrow { "Pad" } else { "Pad glide" };
    let knobs = [("glide", "Glide"), ("glide_xy", pad), ("bend_range", "Bend"), ("voices", "Voices")];
    for (i, (id, label)) in knobs.into_iter().enumerate() {
        knob(frame, ui, pos2(x[i], top), width, id, label);
    }
}

/// Level, pan and width in one row.
fn output(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect) {
    let line = Rect::from_center_size(rect.center(), vec2(rect.width(), 14.0));
    // The words keep their places while a value changes: each field has the width of its longest text.
    let width = line.with_min_x(line.right() - 70.0);
    value(frame, ui, width, "width", "Width", Stand::Right);
    let pan = Rect::from_min_max(pos2(width.left() - 58.0, line.top()), pos2(width.left() - 8.0, line.bottom()));
    value(frame, ui, pan, "pan", "Pan", Stand::Left);
    let gain = Rect::from_min_max(pos2(pan.left() - 62.0, line.top()), pos2(pan.left() - 14.0, line.bottom()));
    value(frame, ui, gain, "gain", "", Stand::Right);
    let track =
        Rect::from_min_max(pos2(rect.left(), rect.center().y - 8.0), pos2(gain.left() - 8.0, rect.center().y + 8.0));
    if track.width() > 30.0 {
        slider(frame, ui, track, "gain");
    }
}

fn output_narrow(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect) {
    let row = |y: f32, height: f32| Rect::from_min_size(pos2(rect.left(), rect.top() + y), vec2(rect.width(), height));
    slider(frame, ui, row(0.0, 24.0).shrink2(vec2(3.0, 0.0)), "gain");
    let half = (rect.width() - 8.0) / 2.0;
    let line = row(34.0, 14.0);
    value(frame, ui, Rect::from_min_size(line.min, vec2(half, 14.0)), "pan", "Pan", Stand::Apart);
    let second = Rect::from_min_size(pos2(line.left() + half + 8.0, line.top()), vec2(half, 14.0));
    value(frame, ui, second, "width", "Width", Stand::Apart);
}
