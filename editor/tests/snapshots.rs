#![cfg(feature = "snapshot")]
//! x
#[test]
fn x() {
    let mut h = egui_kittest::Harness::builder().with_size(egui::vec2(100.0, 100.0)).wgpu().build_ui(|ui| {
        ui.label("x");
    });
    h.run();
    let i = h.render().unwrap();
    assert!(i.width() > 0);
}
