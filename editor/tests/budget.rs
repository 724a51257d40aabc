//! What a frame costs: `cargo test -p betwixt-editor --release --test budget -- --ignored --nocapture`.

mod support;

use std::time::Instant;

use egui::{Event, RawInput, Rect, pos2, vec2};
use support::Shell;

/// A context without a window, drawn and tessellated as for one, at `size`.
fn frames(size: [f32; 2], count: usize, mut prepare: impl FnMut(usize, &mut Shell)) -> (f64, f64, usize) {
    let context = egui::Context::default();
    betwixt_editor::set_up(&context);
    let mut shell = Shell::new();
    let (mut first, mut rest, mut triangles) = (0.0, Vec::new(), 0);
    for i in 0..count {
        prepare(i, &mut shell);
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), size.into())),
            max_texture_side: Some(8192),
            time: Some(i as f64 / 60.0),
            events: vec![Event::PointerMoved(pos2(300.0, 300.0) + vec2((i % 50) as f32, (i % 30) as f32))],
            ..RawInput::default()
        };
        let begun = Instant::now();
        let output = context.run_ui(input, |ui| Shell::frame(ui, &mut shell));
        let meshes = context.tessellate(output.shapes, output.pixels_per_point);
        let took = begun.elapsed().as_secs_f64() * 1e3;
        triangles = meshes
            .iter()
            .map(|m| if let egui::epaint::Primitive::Mesh(mesh) = &m.primitive { mesh.indices.len() / 3 } else { 0 })
            .sum();
        if i == 0 { first = took } else { rest.push(took) }
    }
    rest.sort_by(f64::total_cmp);
    (first, rest.get(rest.len() / 2).copied().unwrap_or(first), triangles)
}

#[test]
#[ignore = "a measurement, not a verdict"]
fn frame_times() {
    for size in [[640.0, 420.0], [900.0, 640.0], [1000.0, 680.0], [1600.0, 1000.0], [2560.0, 1600.0]] {
        // The machine may be busy: the best of some first frames is what the work takes.
        let best = (0..8).map(|_| frames(size, 1, |_, _| {}).0).fold(f64::INFINITY, f64::min);
        let (_, median, triangles) = frames(size, 200, |i, shell| {
            let t = i as f32 * 0.03;
            let at = [0.5 + 0.3 * t.cos(), 0.5 + 0.3 * t.sin()];
            for (id, value) in [("x", at[0]), ("y", at[1])] {
                if let Some(p) = shell.model.parameter_mut(id) {
                    p.set(value, format!("{:.0} %", value * 100.0));
                }
            }
            shell.model.heard = Some(at);
        });
        println!("{size:?}: first frame with fonts and map {best:.1} ms, then {median:.2} ms, {triangles} triangles");
    }
}
