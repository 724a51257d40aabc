//! The drawn keyboard and the two wheels: they play, and they show what is played.

mod ranges;
mod wheels;

use egui::accesskit::Role;
use egui::{
    Align2, CornerRadius, EventFilter, Key, PointerButton, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    vec2,
};

use crate::Action;
use crate::frame::Frame;
use crate::layout::{KeyRow, Layout};
use crate::paint;
use crate::theme::{Tokens, Type};

/// Softest velocity of a click, at the far end of a key.
const SOFTEST: f32 = 0.15;
/// Velocity of a note that is played without the pointer.
const STRUCK: f32 = 0.8;

/// What the keyboard remembers.
#[derive(Debug)]
pub(crate) struct Keyboard {
    /// The key under the pressed pointer, or under the mark while the space bar is down.
    pub(crate) playing: Option<u8>,
    /// The key that the arrows chose.
    mark: u8,
    /// The wheel in the hand shows its own value.
    pub(crate) bend: Option<f32>,
    pub(crate) modulation: Option<f32>,
}

impl Default for Keyboard {
    fn default() -> Self {
        Self { playing: None, mark: 60, bend: None, modulation: None }
    }
}

/// Draws keys and wheels.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &Ui, layout: &Layout) {
    if let Some(row) = layout.keys {
        keys(frame, ui, &row);
        ranges::show(frame, ui, &row, layout.class);
    } else {
        release(frame);
    }
    if let Some(rects) = layout.wheels {
        wheels::show(frame, ui, rects, layout.class);
    }
}

fn release(frame: &mut Frame<'_>) {
    if let Some(key) = frame.view.keyboard.playing.take() {
        frame.actions.push(Action::NoteOff { key });
    }
}

fn keys(frame: &mut Frame<'_>, ui: &Ui, row: &KeyRow) {
    let response = ui.interact(row.rect, ui.scope_id().with("keyboard"), Sense::click_and_drag());
    let struck = struck(frame, ui, &response, row);
    let name = frame.note_name(frame.view.keyboard.mark);
    response.widget_info(|| WidgetInfo {
        current_text_value: Some(name.clone()),
        ..WidgetInfo::labeled(Role::Group, true, "Keyboard")
    });
    let (down, tapped, at) = ui.input(|i| {
        (i.pointer.button_down(PointerButton::Primary), i.pointer.primary_pressed(), i.pointer.interact_pos())
    });
    let held = down && response.is_pointer_button_down_on();
    // Pressed and let go within one frame: it sounds until the next.
    let tapped = tapped && response.clicked_by(PointerButton::Primary);
    if tapped {
        ui.ctx().request_repaint();
    }
    let under = at.filter(|_| held || tapped).and_then(|p| row.key_at(p));
    let clicked = under.map(|(key, depth)| (key, SOFTEST + (1.0 - SOFTEST) * depth));
    let wanted = clicked.or(struck);
    if wanted.map(|k| k.0) != frame.view.keyboard.playing {
        release(frame);
        if let Some((key, velocity)) = wanted {
            frame.actions.push(Action::NoteOn { key, velocity });
            frame.view.keyboard.playing = Some(key);
        }
    }
    paint_keys(frame, ui, row);
    frame.focus_ring(ui, &response, row.rect);
    if frame.shows_focus(&response)
        && let Some(rect) = row.free_rect(frame.view.keyboard.mark)
    {
        let stroke = Stroke::new(2.0, frame.t.focus());
        ui.painter().rect_stroke(rect, CornerRadius::same(2), stroke, StrokeKind::Inside);
    }
}

/// With the keyboard's focus, arrows choose a key and the space bar plays it as long as it is down. Returns that key and
/// its velocity.
fn struck(frame: &mut Frame<'_>, ui: &Ui, response: &Response, row: &KeyRow) -> Option<(u8, f32)> {
    if !response.has_focus() {
        return None;
    }
    let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
    let pressed = |key: Key| ui.input(|i| i.num_presses(key)) as i32;
    let by =
        pressed(Key::ArrowRight) - pressed(Key::ArrowLeft) + 12 * (pressed(Key::ArrowUp) - pressed(Key::ArrowDown));
    let mark = (i32::from(frame.view.keyboard.mark) + by).clamp(i32::from(row.first), i32::from(row.last())) as u8;
    frame.view.keyboard.mark = mark;
    ui.input(|i| i.key_down(Key::Space)).then_some((mark, STRUCK))
}

fn paint_keys(frame: &Frame<'_>, ui: &Ui, row: &KeyRow) {
    let (t, painter) = (frame.t, ui.painter());
    let lit = |key: u8| frame.model.keys.is_held(key) || frame.view.keyboard.playing == Some(key);
    let outside = |key: u8| frame.model.pack.is_beyond(key);
    let edge = match (t.is_contrast(), t.is_dark()) {
        (true, _) => Stroke::new(1.0, t.edge),
        (false, true) => Stroke::NONE,
        (false, false) => Stroke::new(1.0, t.line),
    };
    let dot = row.rect.height() > 60.0;
    for n in 0..row.whites {
        let (key, rect) = (row.white(n), row.white_rect(n));
        let fill = ground(&t, lit(key), outside(key), t.natural);
        painter.rect(rect, CornerRadius::same(2), fill, edge, StrokeKind::Inside);
        if lit(key) {
            let rise = if dot { 28.0 } else { 22.0 };
            painter.circle_filled(rect.center_bottom() - vec2(0.0, rise), 3.0, t.on_accent);
        }
        if n % 7 == 0 {
            let color = if lit(key) { t.on_accent } else { t.text2 };
            let name = frame.note_name(key);
            let at = rect.center_bottom() - vec2(0.0, 2.0);
            paint::text(painter, at, Align2::CENTER_BOTTOM, &name, Type::Tick, color);
        }
    }
    for n in 0..row.whites {
        let Some((key, rect)) = row.black(n) else { continue };
        let gap: Rect = rect.expand2(vec2(1.0, 0.0)).with_max_y(rect.bottom() + 1.0);
        if t.is_dark() && !t.is_contrast() {
            painter.rect_filled(gap, CornerRadius { nw: 0, ne: 0, sw: 2, se: 2 }, t.bg0);
        }
        let fill = ground(&t, lit(key), false, t.sharp);
        let rounding = CornerRadius { nw: 0, ne: 0, sw: 2, se: 2 };
        let stroke = if t.is_contrast() { Stroke::new(1.0, t.edge) } else { Stroke::NONE };
        painter.rect(rect, rounding, fill, stroke, StrokeKind::Inside);
        if lit(key) {
            painter.circle_filled(rect.center_bottom() - vec2(0.0, 7.0), 2.5, t.on_accent);
        }
    }
}

fn ground(t: &Tokens, lit: bool, outside: bool, own: egui::Color32) -> egui::Color32 {
    match (lit, outside) {
        (true, _) => t.accent,
        (false, true) => t.bg2,
        (false, false) => own,
    }
}
