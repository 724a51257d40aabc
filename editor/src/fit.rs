//! A window with less room than the editor needs at the chosen scale is drawn at the scale for which it has room.

use egui::{Context, Event, RawInput, Rect, Vec2};

use crate::model::{MIN_SCALE, MIN_SIZE};

/// Lowers the scale where the window is too small for it. What the player chose stays [`Context::zoom_factor`], or the
/// window would be resized.
#[derive(Debug)]
pub(crate) struct Fit {
    /// Of the chosen scale, 0…1.
    share: f32,
    /// The window in points at the chosen scale, as it was told last.
    screen: Option<Rect>,
}

impl Default for Fit {
    fn default() -> Self {
        Self { share: 1.0, screen: None }
    }
}

/// The scale that is drawn, where the window has no room for the one that the player chose.
pub fn lowered(context: &Context) -> Option<f32> {
    let share = context.with_plugin(|fit: &mut Fit| fit.share).filter(|share| *share < 1.0)?;
    Some(share * context.zoom_factor())
}

/// What of the chosen scale a window of `size` points at that scale has room for.
fn share(size: Vec2, scale: f32) -> f32 {
    let room = (size.x / MIN_SIZE[0]).min(size.y / MIN_SIZE[1]);
    // Smaller than this it could not be read: the layout leaves out what it can.
    room.max(MIN_SCALE / scale).min(1.0)
}

impl egui::Plugin for Fit {
    fn debug_name(&self) -> &'static str {
        "betwixt fit"
    }

    fn input_hook(&mut self, context: &Context, input: &mut RawInput) {
        self.screen = input.screen_rect.or(self.screen);
        let Some(screen) = self.screen else { return };
        // A scale that was chosen just now holds from the next frame on.
        let share = share(screen.size(), context.zoom_factor());
        if std::mem::replace(&mut self.share, share) != share {
            context.request_repaint();
        }
        if share >= 1.0 {
            return;
        }
        input.screen_rect = Some(screen / share);
        for viewport in input.viewports.values_mut() {
            let native = viewport.native_pixels_per_point.unwrap_or(1.0);
            viewport.native_pixels_per_point = Some(native * share);
        }
        for event in &mut input.events {
            match event {
                Event::PointerMoved(pos)
                | Event::PointerButton { pos, .. }
                | Event::Touch { pos, .. }
                | Event::MiddleClickPaste { pos, .. } => *pos = (pos.to_vec2() / share).to_pos2(),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use egui::{Pos2, pos2, vec2};

    use super::*;

    #[test]
    fn the_scale_is_lowered_to_the_room_and_not_below_the_smallest() {
        for (size, scale, expected) in [
            // Points at the chosen scale.
            ([640.0, 420.0], 1.0, 1.0),
            ([2000.0, 1400.0], 3.0, 3.0),
            ([320.0, 213.0], 3.0, 1.5),
            ([450.0, 320.0], 2.0, 1.40625),
            ([500.0, 300.0], 1.0, 0.75),
            ([400.0, 200.0], 1.0, 0.75),
            ([400.0, 200.0], 0.75, 0.75),
        ] {
            let drawn = share(size.into(), scale) * scale;
            assert!((drawn - expected).abs() < 1e-4, "{size:?} at {scale}: {drawn}");
        }
    }

    #[test]
    fn pixels_and_the_pointer_stay_where_they_are() {
        let context = Context::default();
        crate::set_up(&context);
        context.set_zoom_factor(3.0);
        context.run_ui(RawInput::default(), |_| {}).drop_without_applying_deltas();
        let size = vec2(320.0, 210.0);
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
            events: vec![Event::PointerMoved(pos2(160.0, 105.0))],
            ..RawInput::default()
        };
        for _ in 0..2 {
            let mut seen = None;
            let output = context.run_ui(input.clone(), |ui| {
                let at = ui.input(|i| i.pointer.latest_pos());
                seen = Some((ui.ctx().content_rect().size(), at, lowered(ui.ctx())));
            });
            assert_eq!(seen, Some((vec2(640.0, 420.0), Some(pos2(320.0, 210.0)), Some(1.5))));
            assert_eq!(output.pixels_per_point, 1.5);
            output.drop_without_applying_deltas();
        }
        input.screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(640.0, 420.0)));
        let output = context.run_ui(input, |ui| assert_eq!(lowered(ui.ctx()), None));
        assert_eq!(output.pixels_per_point, 3.0);
        output.drop_without_applying_deltas();
    }
}
