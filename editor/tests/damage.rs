//! The editor painted in parts is the editor painted whole, whatever is done in it.

mod support;

use betwixt_editor::damage::Damage;
use betwixt_editor::model::{BANDS, Theme};
use egui::epaint::ClippedShape;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use image::{Rgba, RgbaImage};
use support::Shell;
use support::painter::Painter;

const SIZE: [f32; 2] = [820.0, 560.0];

/// A window that is painted twice.
struct Window {
    context: egui::Context,
    shell: Shell,
    painter: Painter,
    damage: Damage,
    kept: RgbaImage,
    frames: usize,
    /// Of the window that was painted, summed over the frames.
    share: f32,
}

impl Window {
    fn new() -> Window {
        let context = egui::Context::default();
        betwixt_editor::set_up(&context);
        Damage::set_up(&context);
        let kept = blank();
        let (painter, damage) = (Painter::default(), Damage::default());
        Window { context, shell: Shell::new(), painter, damage, kept, frames: 0, share: 0.0 }
    }

    fn frame(&mut self, events: Vec<Event>) {
        let screen = Rect::from_min_size(Pos2::ZERO, SIZE.into());
        let time = Some(self.frames as f64 / 60.0);
        let input = RawInput { screen_rect: Some(screen), time, events, ..RawInput::default() };
        let mut output = self.context.run_ui(input, |ui| Shell::frame(ui, &mut self.shell));
        let (parts, areas) = self.damage.reduce(output.shapes.clone(), &output.textures_delta, screen, 1.0);
        self.painter.update(&mut output.textures_delta);
        let mut whole = blank();
        self.paint(&mut whole, output.shapes);
        let mut kept = std::mem::take(&mut self.kept);
        self.paint(&mut kept, parts);
        self.kept = kept;
        self.damage.painted();
        self.frames += 1;
        self.share += areas.iter().map(Rect::area).sum::<f32>() / screen.area();
        if let Some((x, y, _)) = whole.enumerate_pixels().find(|(x, y, pixel)| *pixel != self.kept.get_pixel(*x, *y)) {
            panic!("frame {}: {x}, {y} differs; areas {areas:?}", self.frames);
        }
    }

    fn paint(&self, over: &mut RgbaImage, shapes: Vec<ClippedShape>) {
        self.painter.paint(over, &self.context.tessellate(shapes, 1.0), 1.0);
    }
}

fn blank() -> RgbaImage {
    RgbaImage::from_pixel(SIZE[0] as u32, SIZE[1] as u32, Rgba([0, 0, 0, 255]))
}

fn button(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE }
}

fn key(key: Key) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE }
}

#[test]
fn parts_are_the_whole() {
    let mut window = Window::new();
    for _ in 0..6 {
        window.frame(Vec::new());
    }
    let (frames, share) = (window.frames, window.share);
    // A drag while notes sound and the output's picture runs.
    let at = |t: f32| pos2(200.0, 230.0) + vec2(120.0 * (6.0 * t).cos(), 80.0 * (6.0 * t).sin());
    window.frame(vec![Event::PointerMoved(at(0.0)), button(at(0.0), true)]);
    for i in 0..40_u8 {
        window.frame(vec![Event::PointerMoved(at(f32::from(i) / 40.0))]);
        let model = &mut window.shell.model;
        model.analysis.columns.push([i * 5; BANDS]);
        for voice in &mut model.voices {
            voice.level = 0.5 + 0.4 * (f32::from(i) * 0.3).sin();
        }
    }
    window.frame(vec![button(at(1.0), false)]);
    let dragging = (window.share - share) / (window.frames - frames) as f32;
    assert!(dragging < 0.35, "{dragging} of the window");
    // Over every control, the tips, a theme, the browser, typed words.
    for i in 0..30 {
        window.frame(vec![Event::PointerMoved(pos2(27.0 * i as f32, 18.0 * i as f32))]);
    }
    for theme in [Theme::Light, Theme::Contrast, Theme::Dark] {
        window.shell.model.settings.theme = theme;
        (0..3).for_each(|_| window.frame(Vec::new()));
    }
    window.shell.model.view.open_browser(false);
    (0..3).for_each(|_| window.frame(Vec::new()));
    window.frame(vec![key(Key::Slash), Event::Text("ree".to_owned())]);
    (0..3).for_each(|_| window.frame(vec![key(Key::Tab)]));
    window.shell.model.view.set_settings_open(true);
    (0..3).for_each(|_| window.frame(vec![key(Key::Tab)]));
}
