//! The right column: the groups, in the order in which the sound flows.

mod bodies;

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::frame::Frame;
use crate::layout::{Body, Column, Group, Slot};
use crate::paint;
use crate::theme::{Icon, Type};
use crate::widget::menu;
use crate::widget::segmented;
use crate::widget::value::{Stand, value};

/// What the menu of the loop says for Pack, Off, On.
const LOOPS: [&str; 3] = ["Loop as in pack", "Loop off", "Loop on"];

/// Draws all groups.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &mut Ui, column: &Column) {
    for (i, slot) in column.slots.iter().enumerate() {
        if i > 0 {
            let gap = (slot.rect.top() - column.slots[i - 1].rect.bottom()) / 2.0;
            let x = slot.rect.left()..=slot.rect.right();
            paint::hairline(ui.painter(), x, (slot.rect.top() - gap).round(), frame.t.line);
        }
        group(frame, ui, slot, column.folds);
    }
}

fn group(frame: &mut Frame<'_>, ui: &mut Ui, slot: &Slot, folds: bool) {
    let header_height = if folds { 28.0 } else { 24.0 };
    let header = Rect::from_min_size(slot.rect.min, vec2(slot.rect.width(), header_height));
    let rest = Rect::from_min_max(header.left_bottom(), slot.rect.max);
    let open = slot.body != Body::Folded;
    // Groups of one row have their title in the row.
    let one_row = matches!((slot.group, slot.body), (Group::Output | Group::Wheel, Body::Normal | Body::Tall));
    if one_row {
        bodies::row(frame, ui, slot.group, slot.rect);
        return;
    }
    title(frame, ui, header, slot.group, folds, open);
    if !open {
        return;
    }
    mode(frame, ui, header, slot);
    bodies::show(frame, ui, slot, rest);
}

/// The title; where groups fold it is a button.
fn title(frame: &mut Frame<'_>, ui: &Ui, header: Rect, group: Group, folds: bool, open: bool) {
    let t = frame.t;
    let name = group.title();
    if !folds {
        paint::text(ui.painter(), header.left_center(), Align2::LEFT_CENTER, name, Type::Group, t.text1);
        return;
    }
    let width = if open { 16.0 + 92.0_f32.min(header.width()) } else { header.width() };
    let target = Rect::from_min_size(header.min, vec2(width, header.height()));
    let response = ui.interact(target, ui.scope_id().with(("group", group)), Sense::click());
    let summary = summary(frame, group);
    response.widget_info(|| {
        WidgetInfo::selected(
            Role::DisclosureTriangle,
            true,
            open,
            if open { name.to_owned() } else { format!("{name}, {summary}") },
        )
    });
    if response.clicked() {
        frame.view.open = group;
    }
    let icon = if open { Icon::CaretDown } else { Icon::CaretRight };
    let color = if response.hovered() { t.text1 } else { t.text2 };
    paint::icon(ui.painter(), header.left_center() + vec2(5.0, 0.0), icon, 10.0, color);
    let at = header.left_center() + vec2(16.0, 0.0);
    paint::text(ui.painter(), at, Align2::LEFT_CENTER, name, Type::Group, t.text1);
    if !open {
        paint::text(ui.painter(), header.right_center(), Align2::RIGHT_CENTER, &summary, Type::Label, t.text2);
    }
    frame.focus_ring(ui, &response, target.shrink2(vec2(0.0, 3.0)));
}

/// A folded group's key value.
fn summary(frame: &Frame<'_>, group: Group) -> String {
    match group {
        Group::Source => LOOPS[frame.step("loop").min(2)].to_owned(),
        Group::Amp => format!("Velocity {}", frame.text("velocity")),
        Group::Filter if frame.step("filter") == 0 => "Off".to_owned(),
        Group::Filter => format!("{} {}", frame.text("filter"), frame.text("cutoff")),
        Group::Glide => format!("{}, {}", frame.text("mode"), frame.text("voices")),
        Group::Wheel => frame.text("modwheel"),
        Group::Output => frame.text("gain"),
    }
}

/// The group's mode, flush right in the title row.
fn mode(frame: &mut Frame<'_>, ui: &mut Ui, header: Rect, slot: &Slot) {
    let narrow = slot.body == Body::Narrow;
    match slot.group {
        Group::Source => menu::choice(frame, ui, header, "loop", &LOOPS),
        Group::Amp => {
            let rect = Rect::from_center_size(header.center(), vec2(header.width(), 16.0));
            value(frame, ui, rect, "velocity", "Velocity", Stand::Right);
        }
        Group::Filter if !narrow => segmented::choice(frame, ui, header, "filter", false),
        Group::Glide if !narrow => segmented::choice(frame, ui, header, "mode", false),
        Group::Output if narrow => {
            let rect = Rect::from_center_size(header.center(), vec2(header.width(), 16.0));
            value(frame, ui, rect, "gain", "", Stand::Right);
        }
        _ => {}
    }
}

/// Left edges and width of the four columns that all content snaps to.
fn columns(rect: Rect) -> ([f32; 4], f32) {
    let gap = if rect.width() < 300.0 { 0.0 } else { 16.0 };
    let width = (rect.width() - 3.0 * gap) / 4.0;
    (std::array::from_fn(|i| rect.left() + i as f32 * (width + gap)), width)
}

/// A centred line of values under a graph, spread over the width.
fn values(frame: &mut Frame<'_>, ui: &mut Ui, rect: Rect, fields: &[(&'static str, &str)]) {
    // Spread by their own widths: the gaps are equal, the ends flush.
    let widths: Vec<f32> = fields
        .iter()
        .map(|(id, label)| {
            let text = frame.text(id);
            let label = paint::galley(ui.painter(), label, Type::Label, frame.t.text2).size().x;
            label + 6.0 + paint::galley(ui.painter(), &text, Type::Value, frame.t.text1).size().x
        })
        .collect();
    let total: f32 = widths.iter().sum();
    let gap = if fields.len() > 1 { (rect.width() - total) / (fields.len() - 1) as f32 } else { 0.0 };
    let mut x = rect.left();
    for ((id, label), width) in fields.iter().zip(widths) {
        let place = Rect::from_min_size(pos2(x, rect.top()), vec2(width, rect.height()));
        value(frame, ui, place, id, label, Stand::Left);
        x += width + gap;
    }
}
