//! Edits of `baseview`: the window under the plugin window.

use super::edit::{CrateEdits, Edit, FileEdits};

pub(super) const BASEVIEW: CrateEdits = CrateEdits {
    name: "baseview",
    version: "0.4.2",
    files: &[MANIFEST, EVENT_LOOP, GL, KEYBOARD, PRESENT, EGL_DISPLAY, ERROR_HANDLER, XKBCOMMON],
};

const MANIFEST: FileEdits = FileEdits {
    path: "Cargo.toml",
    sha256: "96eb82e445bda91320d6c3e33cbdfa7e35567ba09e28ada35e7aa4c3373a2cf5",
    edits: &[Edit::insert(
        "D22",
        99,
        r#"
    "xkb",
"#,
    )],
};

const EVENT_LOOP: FileEdits = FileEdits {
    path: "src/platform/x11/event_loop.rs",
    sha256: "9c190c1ce650ee69dbc57a8506d6565d78930b4ecc2d882837e4d7f874b6df4e",
    edits: &[Edit::insert(
        "D22",
        314,
        r"
            XEvent::MappingNotify(_)
            | XEvent::XkbNewKeyboardNotify(_)
            | XEvent::XkbMapNotify(_) => {
                if let Some(state) = &mut self.xkb_state {
                    state.set_outdated();
                }
            }

",
    )],
};

const GL: FileEdits = FileEdits {
    path: "src/platform/x11/gl.rs",
    sha256: "29850d7241bb12f1e9e6133ac0d75c000b832debea5fb554631d631ec682c759",
    edits: &[Edit::replace(
        "D25",
        80..=81,
        r"
        let egl = EglGlContext::get_fb_config_and_visual(connection, config.clone());
        // Mesa's software renderer sends its pictures through the socket with EGL, and through shared memory with GLX.
        let is_software = |config: &FbConfig| match &config.fb_config {
            FbConfigInner::Egl { display, .. } => display.is_software(),
            FbConfigInner::Glx { .. } => false,
        };
        match egl {
            Ok(egl) if !is_software(&egl.0) => Ok(egl),
            egl => GlxGlContext::get_fb_config_and_visual(connection, config).or(egl),
        }
",
    )],
};

const KEYBOARD: FileEdits = FileEdits {
    path: "src/platform/x11/keyboard.rs",
    sha256: "5bb4d28c2ecb166ca086cec7bfa7d92ea0f22fcbe89144991bb159620c335f7f",
    edits: &[
        Edit::replace(
            "D22",
            46..=52,
            r"
            state.key(code)
",
        ),
        Edit::replace(
            "D22",
            115..=115,
            r#"
        Code::Space => k(m, " ", " ", hw_code, xkb_state),
"#,
        ),
        Edit::replace(
            "D22",
            152..=152,
            r#"
        Code::IntlBackslash => k(m, "\\", "|", hw_code, xkb_state),
"#,
        ),
        Edit::replace(
            "D22",
            156..=156,
            r#"
        Code::IntlRo => k(m, "\\", "\\", hw_code, xkb_state),
"#,
        ),
        Edit::replace(
            "D22",
            183..=183,
            r#"
        Code::IntlYen => k(m, "¥", "¥", hw_code, xkb_state),
"#,
        ),
        Edit::replace(
            "D22",
            215..=215,
            r"
        // A key without a place may still write something.
        _ => match xkb_state {
            Some(state) => state.key(hw_code),
            None => Key::Named(NamedKey::Unidentified),
        },
",
        ),
        Edit::insert(
            "D22",
            390,
            r"
        (KeyButMask::MOD5, Modifiers::ALT_GRAPH),
",
        ),
        Edit::replace(
            "D22",
            409..=409,
            r"
        state.key_down(hw_code, key_press.state);
",
        ),
        Edit::replace(
            "D22",
            429..=429,
            r"
        state.key_up(key_release.state);
",
        ),
    ],
};

const PRESENT: FileEdits = FileEdits {
    path: "src/platform/x11/present.rs",
    sha256: "d1f283ec5486d27af5875c978df65764f1fa3d79272898bc463e82ef1195713e",
    edits: &[
        Edit::insert(
            "D18",
            57,
            r"
    /// Another frame is wanted at the blank that was asked for.
    draw_wanted: bool,
",
        ),
        Edit::replace(
            "D18",
            76..=76,
            r"

            // The next blank is asked for before this frame is drawn: afterwards may be too late for it. Whether
            // there is anything to draw by then is seen then.
            shared.present_state.present_notify_requested.set(true);
            self.handle_present_notify(&shared.present_state, &shared.xcb_window, loop_handle)?;
            self.draw_wanted = false;
",
        ),
        Edit::replace(
            "D20",
            117..=117,
            r"
        &mut self, shared: &PresentStateShared, window: &XcbWindow, loop_handle: &LoopHandle<EventLoop>,
",
        ),
        Edit::replace(
            "D20",
            120..=120,
            r"
            // The answer to what was asked before it could be heard never comes.
            self.last_requested_serial = None;
            self.last_received_present = None;
            shared.present_notify_requested.set(true);
",
        ),
        Edit::replace(
            "D18",
            131..=131,
            r"
        Self { draw_now: false, last_requested_serial: None, last_received_present: None, draw_wanted: false }
",
        ),
        Edit::replace(
            "D20",
            145..=154,
            r"
        // Blanks may be counted anew, as on another screen: that is no reason not to draw.
        if self.last_received_present.is_some_and(|(serial, _)| serial == e.serial) {
            return;
        }
",
        ),
        Edit::replace(
            "D18",
            157..=157,
            r"
        self.draw_now = std::mem::take(&mut self.draw_wanted);
",
        ),
        Edit::insert(
            "D18",
            198,
            r"
        self.draw_wanted = true;
",
        ),
        Edit::replace(
            "D18",
            212..=212,
            r"
                    // The very next vertical blank: one more would be every other frame of the screen.
                    (sent_serial.wrapping_add(1), last_msc.wrapping_add(1))
",
        ),
    ],
};

const EGL_DISPLAY: FileEdits = FileEdits {
    path: "src/wrappers/egl/display.rs",
    sha256: "344315802e81d9e8d79987e2b9bae478c902beadb97f8e469c8783d97bc2ffe7",
    edits: &[Edit::insert(
        "D25",
        29,
        r#"
    /// Does the processor paint? `false` also where the driver does not say which it is.
    pub fn is_software(&self) -> bool {
        // EGL_MESA_query_driver
        type DriverName = unsafe extern "system" fn(sys::EGLDisplay) -> *const std::ffi::c_char;
        let egl = self.egl();
        let extensions = unsafe { (egl.inner.functions.eglQueryString)(self.as_raw(), sys::EXTENSIONS) };
        if extensions.is_null() {
            return false;
        }
        let extensions = unsafe { CStr::from_ptr(extensions) }.to_bytes();
        if !extensions.split(|byte| *byte == b' ').any(|name| name == b"EGL_MESA_query_driver") {
            return false;
        }
        let function = egl.get_proc_address(c"eglGetDisplayDriverName");
        if function.is_null() {
            return false;
        }
        let name = unsafe { std::mem::transmute::<*const c_void, DriverName>(function)(self.as_raw()) };
        !name.is_null() && unsafe { CStr::from_ptr(name) }.to_bytes().ends_with(b"swrast")
    }

"#,
    )],
};

const ERROR_HANDLER: FileEdits = FileEdits {
    path: "src/wrappers/xlib/error_handler.rs",
    sha256: "912e327f3101927a6f7b1cf250df7dadd75d8cda17e81b8a80613db6aed799d0",
    edits: &[Edit::insert(
        "D25",
        62,
        r"
        // The handler is the process's. Without this, the thread of another window could restore ours for good, and
        // leave it behind when the library goes.
        static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
",
    )],
};

const XKBCOMMON: FileEdits = FileEdits {
    path: "src/wrappers/xkbcommon.rs",
    sha256: "69046792b3dd58963733813d540982e02fb245ca55785615f449fcda49e1ad51",
    edits: &[Edit::replace(
        "D22",
        1..=87,
        r#"
use crate::platform::prelude::*;
use crate::wrappers::xlib::XlibXcbConnection;
use keyboard_types::{Key, NamedKey};
use std::cell::OnceCell;
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStringExt;
use std::ptr::null_mut;
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::KeyButMask;
use xkbcommon_dl as xkbc;

pub(crate) type Keycode = xkbc::xkb_keycode_t;

/// What the keys of the core keyboard write.
pub struct XkbcommonState {
    connection: Arc<XlibXcbConnection>,
    xkb_common: &'static xkbc::XkbCommon,
    xkb_x11: &'static xkbc::x11::XkbCommonX11,
    context: *mut xkbc::xkb_context,
    /// Null only while this is made.
    state: *mut xkbc::xkb_state,
    /// The layout is another one than `state` was made from.
    outdated: bool,
    /// Made when the first key is pressed. `None` where the system has no table of sequences.
    compose: OnceCell<Option<Compose>>,
    /// What the last key wrote as a part of a sequence.
    composed: Option<Key>,
}

impl XkbcommonState {
    /// `None` if libxkbcommon or the server's extension is missing.
    pub fn new(connection: &X11Connection) -> Option<Self> {
        let xkb_common = xkbc::xkbcommon_option()?;
        let xkb_x11 = xkbc::x11::xkbcommon_x11_option()?;
        let connection = Arc::clone(&connection.conn);

        // SAFETY: The connection is open. What is not asked for may be null.
        let supported = unsafe {
            (xkb_x11.xkb_x11_setup_xkb_extension)(
                connection.xcb_connection().get_raw_xcb_connection(),
                xkbc::x11::XKB_X11_MIN_MAJOR_XKB_VERSION,
                xkbc::x11::XKB_X11_MIN_MINOR_XKB_VERSION,
                xkbc::x11::xkb_x11_setup_xkb_extension_flags::XKB_X11_SETUP_XKB_EXTENSION_NO_FLAGS,
                null_mut(),
                null_mut(),
                null_mut(),
                null_mut(),
            )
        };
        if supported == 0 {
            return None;
        }

        // Without this, clients that use the extension are not told that the layout has changed.
        let events = xkb::EventType::NEW_KEYBOARD_NOTIFY | xkb::EventType::MAP_NOTIFY;
        let parts = xkb::MapPart::from(0xffu16);
        connection
            .xkb_select_events(
                xkb::ID::USE_CORE_KBD.into(),
                xkb::EventType::from(0u16),
                events,
                parts,
                parts,
                &xkb::SelectEventsAux::new(),
            )
            .ok()?;

        // SAFETY: This is always safe to call.
        let context =
            unsafe { (xkb_common.xkb_context_new)(xkbc::xkb_context_flags::XKB_CONTEXT_NO_FLAGS) };
        if context.is_null() {
            return None;
        }

        let mut this = Self {
            connection,
            xkb_common,
            xkb_x11,
            context,
            state: null_mut(),
            outdated: false,
            compose: OnceCell::new(),
            composed: None,
        };
        this.refresh();
        (!this.state.is_null()).then_some(this)
    }

    /// To be called when the server tells that the layout has changed.
    pub fn set_outdated(&mut self) {
        self.outdated = true;
    }

    /// To be called before [`key`](Self::key), with what was held when the key was pressed.
    pub fn key_down(&mut self, code: Keycode, held: KeyButMask) {
        if std::mem::take(&mut self.outdated) {
            self.refresh();
        }
        self.update(held);

        // What is pressed with Ctrl is a command, and no part of a sequence.
        self.composed = None;
        if !held.contains(KeyButMask::CONTROL) {
            let compose = self.compose.get_or_init(|| Compose::new(self.context));
            self.composed = compose.as_ref().and_then(|compose| compose.feed(self.keysym(code)));
        }
    }

    /// To be called before [`key`](Self::key), with what was held when the key was released.
    pub fn key_up(&mut self, held: KeyButMask) {
        self.update(held);
        self.composed = None;
    }

    /// What a key writes, or would write if Ctrl was not held.
    pub fn key(&self, code: Keycode) -> Key {
        if let Some(key) = &self.composed {
            return key.clone();
        }

        let mut buffer = [0u8; 16];
        // SAFETY: The buffer is as long as it is said to be.
        unsafe {
            (self.xkb_common.xkb_keysym_to_utf8)(
                self.keysym(code),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
            )
        };
        character(&buffer)
    }

    fn keysym(&self, code: Keycode) -> xkbc::xkb_keysym_t {
        // SAFETY: The state is never null here. Any code may be asked for.
        unsafe { (self.xkb_common.xkb_state_key_get_one_sym)(self.state, code) }
    }

    /// Modifiers and layout are told with each key: this window does not hear every one that
    /// changes them.
    fn update(&mut self, held: KeyButMask) {
        let held = u32::from(u16::from(held));
        let (modifiers, layout) = (held & 0xff, (held >> 13) & 3);

        // SAFETY: The state is never null here.
        unsafe {
            (self.xkb_common.xkb_state_update_mask)(self.state, modifiers, 0, 0, 0, 0, layout)
        };
    }

    /// Asks the server for the layout. If it can't be had, the one before is kept.
    fn refresh(&mut self) {
        let connection = self.connection.xcb_connection().get_raw_xcb_connection();

        // SAFETY: The connection and the context live as long as this does, and nothing is used
        // that is null. The state keeps what it needs of the keymap.
        unsafe {
            let device_id = (self.xkb_x11.xkb_x11_get_core_keyboard_device_id)(connection);
            if device_id < 0 {
                return;
            }
            let keymap = (self.xkb_x11.xkb_x11_keymap_new_from_device)(
                self.context,
                connection,
                device_id,
                xkbc::xkb_keymap_compile_flags::XKB_KEYMAP_COMPILE_NO_FLAGS,
            );
            if keymap.is_null() {
                return;
            }
            let state = (self.xkb_common.xkb_state_new)(keymap);
            (self.xkb_common.xkb_keymap_unref)(keymap);
            if state.is_null() {
                return;
            }
            let old = std::mem::replace(&mut self.state, state);
            if !old.is_null() {
                (self.xkb_common.xkb_state_unref)(old);
            }
        }
    }
}

impl Drop for XkbcommonState {
    fn drop(&mut self) {
        // SAFETY: Nobody else has these.
        unsafe {
            if !self.state.is_null() {
                (self.xkb_common.xkb_state_unref)(self.state);
            }
            (self.xkb_common.xkb_context_unref)(self.context);
        }
    }
}

/// Sequences of keys that write one character, such as those that begin with a dead key.
struct Compose {
    library: &'static xkbc::XkbCommonCompose,
    state: *mut xkbc::xkb_compose_state,
}

impl Compose {
    /// The sequences of the user's locale, or else the common ones.
    fn new(context: *mut xkbc::xkb_context) -> Option<Self> {
        let library = xkbc::xkbcommon_compose_option()?;
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .filter_map(std::env::var_os)
            .find(|value| !value.is_empty())
            .and_then(|value| CString::new(value.into_vec()).ok());

        let open = |locale: &CStr| {
            // SAFETY: The context is not null, and neither is what is made from it when it is used.
            // The state keeps what it needs of the table.
            let state = unsafe {
                let table = (library.xkb_compose_table_new_from_locale)(
                    context,
                    locale.as_ptr(),
                    xkbc::xkb_compose_compile_flags::XKB_COMPOSE_COMPILE_NO_FLAGS,
                );
                if table.is_null() {
                    return None;
                }
                let state = (library.xkb_compose_state_new)(
                    table,
                    xkbc::xkb_compose_state_flags::XKB_COMPOSE_STATE_NO_FLAGS,
                );
                (library.xkb_compose_table_unref)(table);
                state
            };
            (!state.is_null()).then_some(Self { library, state })
        };
        locale.as_deref().and_then(open).or_else(|| open(c"C"))
    }

    /// Takes the next key. Returns what it writes if it belongs to a sequence.
    fn feed(&self, keysym: xkbc::xkb_keysym_t) -> Option<Key> {
        use xkbc::xkb_compose_status::*;

        // SAFETY: The state is not null, and the buffer is as long as it is said to be.
        unsafe {
            (self.library.xkb_compose_state_feed)(self.state, keysym);
            match (self.library.xkb_compose_state_get_status)(self.state) {
                XKB_COMPOSE_NOTHING => None,
                XKB_COMPOSE_COMPOSING => Some(Key::Named(NamedKey::Dead)),
                XKB_COMPOSE_COMPOSED => {
                    let mut buffer = [0u8; 64];
                    (self.library.xkb_compose_state_get_utf8)(
                        self.state,
                        buffer.as_mut_ptr().cast(),
                        buffer.len(),
                    );
                    (self.library.xkb_compose_state_reset)(self.state);
                    Some(character(&buffer))
                }
                XKB_COMPOSE_CANCELLED => {
                    (self.library.xkb_compose_state_reset)(self.state);
                    None
                }
            }
        }
    }
}

impl Drop for Compose {
    fn drop(&mut self) {
        // SAFETY: Nobody else has it.
        unsafe { (self.library.xkb_compose_state_unref)(self.state) };
    }
}

/// A text that ends with a zero byte, as a key.
fn character(text: &[u8]) -> Key {
    let text = CStr::from_bytes_until_nul(text).ok().and_then(|text| text.to_str().ok());
    match text {
        Some(text) if !text.is_empty() && !text.contains(char::is_control) => {
            Key::Character(text.into())
        }
        _ => Key::Named(NamedKey::Unidentified),
    }
}
"#,
    )],
};
