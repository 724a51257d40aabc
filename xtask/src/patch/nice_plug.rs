//! Edits of `nice-plug`: the CLAP and VST3 wrappers.

use super::edit::{CrateEdits, Edit, FileEdits};

pub(super) const NICE_PLUG: CrateEdits = CrateEdits {
    name: "nice-plug",
    version: "0.4.2",
    files: &[BACKGROUND_THREAD, CLAP_WRAPPER, VST3_INNER, VST3_NOTE_EXPRESSIONS, VST3_UTIL, VST3_WRAPPER],
};

const BACKGROUND_THREAD: FileEdits = FileEdits {
    path: "src/event_loop/background_thread.rs",
    sha256: "797adf558c709fd4020c60aa7898769fef991e45763adf8e1922604d2edde55e",
    edits: &[
        Edit::replace(
            "D1, D2b",
            98..=106,
            r"
        // The last handle may be dropped by a task, on the worker itself, which can't wait for
        // itself: it ends by itself when the channel closes behind this drop.
        if let Some(handle) = self.join_handle.take()
            && handle.thread().id() != thread::current().id()
        {
            // Both fail only where the worker has ended already, and then there is nothing to do.
            let _ = self.tasks_sender.send(Message::Shutdown);
            let _ = handle.join();
        }
",
        ),
        Edit::replace(
            "D1",
            149..=156,
            r"
                // The worker serves all instances: a task that panics ends that task alone.
                Some(e) => {
                    let task = std::panic::AssertUnwindSafe(move || e.execute(task, true));
                    let _ = std::panic::catch_unwind(task);
                }
                // The task's instance is gone, the other instances are not.
                None => {}
",
        ),
    ],
};

const CLAP_WRAPPER: FileEdits = FileEdits {
    path: "src/wrapper/clap/wrapper.rs",
    sha256: "4a11cecd577357055005b6829e7d1149fed0791fa8b8f3becb48b80a515279e5",
    edits: &[Edit::replace("D4", 3163..=3163, "        if param_index >= unsafe { Self::ext_params_count(plugin) } {")],
};

const VST3_INNER: FileEdits = FileEdits {
    path: "src/wrapper/vst3/inner.rs",
    sha256: "dc82c5551be5dcb912bd2b5afe04967ffb35072df757fd2a737e340291ec74cd",
    edits: &[
        // The audio thread need not wake a thread for an editor that isn't there.
        Edit::replace("S11", 559..=559, "                    if self.is_editor_open.load(Ordering::Relaxed) {"),
        // While the editor is being opened its cell is borrowed, and on the worker the window
        // belongs to another thread. Either way there is no editor to tell.
        Edit::replace(
            "D2",
            705..=706,
            r"
                if let Ok(window) = self.editor_window.try_borrow()
                    && let Some(Ok(window)) = window.as_ref().map(|window| window.try_get())
                {
                    window.handle.state_changed();
",
        ),
        Edit::replace(
            "D2",
            713..=713,
            r"
                if let Ok(editor_window) = self.editor_window.try_borrow()
                    && let Some(Ok(editor_window)) = editor_window.as_ref().map(|window| window.try_get())
                {
",
        ),
        Edit::replace("D2", 716..=716, ""),
        Edit::replace(
            "D2",
            753..=754,
            r"
                if let Ok(editor_window) = self.editor_window.try_borrow()
                    && let Some(Ok(editor_window)) = editor_window.as_ref().map(|window| window.try_get())
                {
",
        ),
    ],
};

const VST3_NOTE_EXPRESSIONS: FileEdits = FileEdits {
    path: "src/wrapper/vst3/note_expressions.rs",
    sha256: "173460e2ddfed305797e4bec3a9d5492e80c35f985e698d5baa64553fc96ebd9",
    edits: &[
        // More than our most voices, so that an expression finds the oldest of them.
        Edit::replace("D12", 12..=12, "const NOTE_IDS_LEN: usize = 256;"),
        Edit::replace("D12", 67..=67, "#[derive(Debug)]"),
        Edit::insert(
            "D12",
            75,
            r"
impl Default for NoteExpressionController {
    fn default() -> Self {
        // No note has a negative id, so an expression for a note that never was finds none.
        Self { note_ids: [(-1, 0, 0); NOTE_IDS_LEN], note_ids_idx: 0 }
    }
}
",
        ),
        // From the newest to the oldest: hosts use an id again for the next note.
        Edit::replace(
            "D12",
            111..=114,
            r"
        let (note_id, key, channel) = (1..=NOTE_IDS_LEN)
            .map(|age| self.note_ids[(self.note_ids_idx + NOTE_IDS_LEN - age) % NOTE_IDS_LEN])
            .find(|(note_id, _, _)| *note_id >= 0 && *note_id == event.noteId)?;
",
        ),
        Edit::replace("D12", 150..=150, "            BRIGHTNESS_EXPRESSION_ID => Some(NoteEvent::PolyBrightness {"),
        Edit::replace("D12", 157..=157, "            EXPRESSION_EXPRESSION_ID => Some(NoteEvent::PolyExpression {"),
    ],
};

const VST3_UTIL: FileEdits = FileEdits {
    path: "src/wrapper/vst3/util.rs",
    sha256: "4448b6c26a2d26743fe524313fd9e52dc06aa9fb8fd8636a8018af83795ce326",
    edits: &[Edit::insert(
        "S6",
        13,
        r"
/// The controllers that the plugin uses, and which therefore get a hidden parameter a channel. 128 is
/// channel pressure, 129 pitch bend; 6, 38, 100 and 101 set pitch bend ranges and MPE zones.
pub const VST3_MIDI_CONTROLLERS: [u8; 17] =
    [1, 6, 7, 10, 11, 38, 64, 66, 67, 74, 100, 101, 120, 121, 123, 128, 129];
",
    )],
};

const VST3_WRAPPER: FileEdits = FileEdits {
    path: "src/wrapper/vst3/wrapper.rs",
    sha256: "5e51d6dfb44176cea32d625712af171f350076097c64d6c77b783fd84917369c",
    edits: &[
        Edit::replace(
            "S6",
            45..=46,
            r"
use super::util::{VST3_MIDI_CCS, VST3_MIDI_CONTROLLERS, VST3_MIDI_PARAMS_START, u16strlcpy};
use super::util::{VST3_MIDI_CHANNELS, VST3_MIDI_PARAMS_END};
",
        ),
        Edit::replace(
            "D15",
            530..=545,
            r#"
        // A stream may give less than it was asked for: read until it has no more to give.
        while read_buffer.len() < stream_byte_size as usize {
            let missing = stream_byte_size as usize - read_buffer.len();
            unsafe {
                state.read(
                    read_buffer.as_mut_ptr().add(read_buffer.len()) as *mut c_void,
                    missing as i32,
                    &mut num_bytes_read,
                );
            }
            // The result is not looked at: some hosts say `kResultFalse` of a read that was good.
            if num_bytes_read <= 0 {
                crate::nice_debug_assert_failure!("The state stream ended early");
                return kResultFalse;
            }
            let num_bytes = (num_bytes_read as usize).min(missing);
            unsafe { read_buffer.set_len(read_buffer.len() + num_bytes) };
            num_bytes_read = 0;
        }
"#,
        ),
        Edit::replace(
            "D15",
            573..=583,
            r#"
                // A stream may take less than it is given: a state that is not all there must not
                // be reported as saved.
                let mut num_bytes_saved = 0;
                while num_bytes_saved < serialized.len() {
                    let rest = &serialized[num_bytes_saved..];
                    let mut num_bytes_written = 0;
                    let result = unsafe {
                        state.write(
                            rest.as_ptr() as *mut c_void,
                            rest.len() as i32,
                            &mut num_bytes_written,
                        )
                    };
                    if result != kResultOk || num_bytes_written <= 0 {
                        crate::nice_error!("Failed to save state: the host's stream takes no more");
                        return kResultFalse;
                    }
                    num_bytes_saved += num_bytes_written as usize;
                }
"#,
        ),
        Edit::replace(
            "S6",
            618..=618,
            r"
            self.inner.param_hashes.len() as i32
                + (VST3_MIDI_CONTROLLERS.len() as u32 * VST3_MIDI_CHANNELS) as i32
",
        ),
        Edit::replace(
            "D4",
            627..=627,
            "        if param_index < 0 || param_index >= unsafe { self.getParameterCount() } {",
        ),
        // The ids stay those of the full range: a controller added later changes none.
        Edit::replace(
            "S6",
            638..=641,
            r"
            let midi_param_idx = (param_index - num_actual_params) as u32;
            let num_controllers = VST3_MIDI_CONTROLLERS.len() as u32;
            let midi_cc = VST3_MIDI_CONTROLLERS[(midi_param_idx % num_controllers) as usize];
            let midi_channel = midi_param_idx / num_controllers;
            let midi_param_relative_idx = midi_cc as u32 + midi_channel * VST3_MIDI_CCS;
",
        ),
        Edit::move_lines("D13", 989..=996, 1016),
        Edit::replace(
            "S6",
            1678..=1678,
            "            || !VST3_MIDI_CONTROLLERS.iter().any(|&controller| controller as i16 == midi_cc_number)",
        ),
    ],
};
