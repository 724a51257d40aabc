//! Edits of `egui-baseview`: the plugin window.

use super::edit::{CrateEdits, Edit, FileEdits};

pub(super) const EGUI_BASEVIEW: CrateEdits =
    CrateEdits { name: "egui-baseview", version: "0.9.0", files: &[RENDERER, TRANSLATE, WINDOW] };

const RENDERER: FileEdits = FileEdits {
    path: "src/renderer/opengl/renderer.rs",
    sha256: "207c17d998c7a8d630dc899292827fdd036e4dafe4ac0740133363df17f5c15e",
    edits: &[Edit::replace(
        "D19",
        109..=109,
        r"
            // With a colour that is not there nothing is cleared: the app paints over what it has kept.
            if clear_color.a() > 0.0 {
                self.glow_context.clear(egui_glow::glow::COLOR_BUFFER_BIT);
            }
",
    )],
};

const TRANSLATE: FileEdits = FileEdits {
    path: "src/translate.rs",
    sha256: "6a091ec3fd96a15577b360c8799dc637d9100482e4ad7635b8ac47da754a95c8",
    edits: &[
        Edit::replace(
            "D21",
            10..=10,
            r"
pub(crate) fn translate_virtual_key(
    key: &keyboard_types::Key,
    code: keyboard_types::Code,
    modifiers: keyboard_types::Modifiers,
) -> Option<egui::Key> {
",
        ),
        Edit::replace(
            "D21, D22",
            33..=77,
            r#"
        // By its place: with Shift, or where a layout wants Shift for it, it writes something else.
        K::Character(_)
            if code.to_string().starts_with("Digit")
                && !modifiers.contains(keyboard_types::Modifiers::ALT_GRAPH) =>
        {
            Key::from_name(&code.to_string())?
        }
        // Where letters are not Latin ones, by the place of these.
        K::Character(written) => Key::from_name(written)
            .or_else(|| Key::from_name(code.to_string().strip_prefix("Key")?))?,
        K::Named(named) => Key::from_name(&named.to_string())?,
"#,
        ),
    ],
};

const WINDOW: FileEdits = FileEdits {
    path: "src/window.rs",
    sha256: "be521857dbc3cfd4614084885e8d3426ac7aded8811a4087235d5fa42a1752d4",
    edits: &[
        Edit::insert(
            "D17",
            60,
            r"
/// A file that was dropped on the window.
#[derive(Debug)]
struct DroppedPath(std::path::PathBuf);

impl egui::DroppedFile for DroppedPath {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// The paths among what is dragged.
fn dragged_paths(data: &baseview::DropData) -> &[std::path::PathBuf] {
    match data {
        baseview::DropData::Files(paths) => paths,
        _ => &[],
    }
}
",
        ),
        Edit::replace(
            "D26",
            378..=378,
            r"
        // At once: a zoom that is only asked for has the first frame drawn as large as a window may be.
        egui_ctx.options_mut(|options| options.zoom_factor = zoom_factor);
",
        ),
        Edit::insert(
            "D24",
            610,
            r"
            // The window is of other points now, also where its size stays.
            let size = self.window.size();
            inner.user_app.resized(WindowSize {
                physical: size.physical,
                logical: size.physical.to_logical(size.scale_factor * new_zoom as f64),
                scale_factor: size.scale_factor,
            });
",
        ),
        Edit::replace(
            "D23",
            656..=656,
            r"
                full_output.pixels_per_point,
",
        ),
        Edit::replace(
            "D24",
            741..=741,
            r"
            scale_factor: new_size.scale_factor,
",
        ),
        Edit::insert(
            "D17",
            764,
            r"
        // What the window system is told about a drag.
        let mut drag_status = None;
",
        ),
        Edit::insert(
            "D17",
            844,
            r"
                baseview::MouseEvent::DragEntered { position, modifiers, data }
                | baseview::MouseEvent::DragMoved { position, modifiers, data }
                | baseview::MouseEvent::DragDropped { position, modifiers, data } => {
                    update_modifiers(&self.modifiers, modifiers, &mut egui_input);

                    let logical_pos: LogicalPosition<f32> = position.to_logical(
                        self.system_scale_factor.get()
                            * self.inner.borrow().egui_ctx.zoom_factor() as f64,
                    );
                    let pos = pos2(logical_pos.x, logical_pos.y);
                    self.pointer_logical_pos.set(Some(pos));
                    egui_input.events.push(egui::Event::PointerMoved(pos));

                    let paths = dragged_paths(data);
                    egui_input.hovered_files.clear();
                    if matches!(event, baseview::MouseEvent::DragDropped { .. }) {
                        egui_input.dropped_files.extend(
                            paths.iter().map(|path| Arc::new(DroppedPath(path.clone())) as egui::DroppedFileHandle),
                        );
                    } else {
                        egui_input.hovered_files.extend(
                            paths.iter().map(|path| egui::HoveredFile { path: Some(path.clone()), ..Default::default() }),
                        );
                    }

                    drag_status = Some(if paths.is_empty() {
                        EventStatus::Ignored
                    } else {
                        EventStatus::AcceptDrop(baseview::DropEffect::Copy)
                    });
                }
                baseview::MouseEvent::DragLeft => {
                    egui_input.hovered_files.clear();
                    self.pointer_logical_pos.set(None);
                    egui_input.events.push(egui::Event::PointerGone);
                }
",
        ),
        Edit::replace(
            "D21, D22",
            858..=858,
            r"
                let key = crate::translate::translate_virtual_key(&event.key, event.code, event.modifiers);
                if let Some(key) = key {
",
        ),
        Edit::replace(
            "D22",
            873..=873,
            r"
                    if is_cut_command(modifiers, key) {
",
        ),
        Edit::replace(
            "D22",
            875..=875,
            r"
                    } else if is_copy_command(modifiers, key) {
",
        ),
        Edit::replace(
            "D22",
            877..=877,
            r"
                    } else if is_paste_command(modifiers, key) {
",
        ),
        Edit::insert(
            "D17",
            939,
            r"
        if let Some(status) = drag_status {
            return status;
        }
",
        ),
        Edit::replace(
            "D22",
            972..=976,
            r#"
fn is_cut_command(modifiers: egui::Modifiers, key: Option<egui::Key>) -> bool {
    (modifiers.command && key == Some(egui::Key::X))
        || (cfg!(target_os = "windows")
            && modifiers.shift
            && key == Some(egui::Key::Delete))
"#,
        ),
        Edit::replace(
            "D22",
            979..=983,
            r#"
fn is_copy_command(modifiers: egui::Modifiers, key: Option<egui::Key>) -> bool {
    (modifiers.command && key == Some(egui::Key::C))
        || (cfg!(target_os = "windows")
            && modifiers.ctrl
            && key == Some(egui::Key::Insert))
"#,
        ),
        Edit::replace(
            "D22",
            986..=990,
            r#"
fn is_paste_command(modifiers: egui::Modifiers, key: Option<egui::Key>) -> bool {
    (modifiers.command && key == Some(egui::Key::V))
        || (cfg!(target_os = "windows")
            && modifiers.shift
            && key == Some(egui::Key::Insert))
"#,
        ),
    ],
};
