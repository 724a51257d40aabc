//! The editor's own memory, and one frame from model to actions.

use std::time::Instant;

use egui::{Event, Key, Popup, Ui};

use crate::browser::{Browser, Tab};
use crate::edit::Edits;
use crate::frame::Frame;
use crate::graph::Hand;
use crate::keyboard::Keyboard;
use crate::layout::{Group, Layout, Wanted};
use crate::model::{Filed, Strip as StripKind};
use crate::pace::Pace;
use crate::pad::Pad;
use crate::sheet::PathEntry;
use crate::strip::Strip;
use crate::theme::{self, Tokens};
use crate::thumb::Thumbs;
use crate::toast::{self, Messages};
use crate::top_bar::Meter;
use crate::widget::control::Grab;
use crate::widget::entry::Entry;
use crate::{Action, Model, browser, corners, groups, keyboard, pad, sheet, shortcuts, stars, strip, top_bar};

/// Steps of the accent's hue in degrees. One of 6 at the accent's chroma of 0.115 is 0.012 in Oklab, where 0.02 is just
/// noticed.
const HUE_STEP: f32 = 6.0;
/// How long the accent takes to its new hue, in seconds.
const EASE_SECONDS: f32 = 0.2;

/// What the editor remembers between frames. Opaque; [`Default`] is a window just opened.
#[derive(Debug, Default)]
pub struct View {
    pub(crate) edits: Edits,
    pub(crate) pad: Pad,
    pub(crate) keyboard: Keyboard,
    pub(crate) meter: Meter,
    pub(crate) grab: Option<Grab>,
    pub(crate) hand: Option<Hand>,
    pub(crate) entry: Option<Entry>,
    pub(crate) browser: Browser,
    pub(crate) strip: Strip,
    pub(crate) thumbs: Thumbs,
    pub(crate) pace: Pace,
    /// The list of stars is open.
    pub(crate) star_list: bool,
    /// A star's name is being typed.
    pub(crate) star_name: Option<(usize, String)>,
    /// A menu was open when the frame began: Escape is for it.
    pub(crate) menu_open: bool,
    /// A field has the keyboard in this frame.
    pub(crate) typing: bool,
    /// A field had the keyboard in the last frame.
    was_typing: bool,
    pub(crate) messages: Messages,
    /// The group that was unfolded last.
    pub(crate) open: Group,
    /// The sheet of settings is open.
    pub(crate) sheet: bool,
    /// A folder's path is being typed in it.
    pub(crate) path_entry: Option<PathEntry>,
    /// The keyboard was used after the pointer: the focus shows.
    pub(crate) keyboard_used: bool,
    /// The accent's hue on its way.
    hue: Option<f32>,
    /// The tokens that egui's style was made from.
    styled: Option<Tokens>,
}

impl View {
    /// Keys belong to the editor: a value is being typed, or the keyboard was used for it after the pointer. At other
    /// times the shell should leave the host its keys, above all Space for play.
    pub fn wants_keys(&self) -> bool {
        self.is_typing() || self.keyboard_used
    }

    /// What a new window begins with: undo, the slots A and B, and how the pad shows things stay; all else is new.
    #[must_use]
    pub fn reopened(self) -> View {
        View { edits: self.edits.kept(), pad: self.pad.kept(), open: self.open, ..View::default() }
    }

    /// Frames that were drawn since the window was opened.
    pub fn frames(&self) -> u64 {
        self.pace.total()
    }

    /// A text is being typed.
    pub(crate) fn is_typing(&self) -> bool {
        self.entry.is_some() || self.typing || self.was_typing
    }

    /// Opens the browser on its presets or packs, for pictures and tests.
    pub fn open_browser(&mut self, packs: bool) {
        self.browser.show_tab(if packs { Tab::Packs } else { Tab::Presets });
    }

    /// Opens or closes the sheet of settings, for pictures and tests.
    pub fn set_settings_open(&mut self, open: bool) {
        self.sheet = open;
    }

    /// Shows the weights of the nearest sounds, as the tool does.
    pub fn set_weights(&mut self, on: bool) {
        self.pad.weights = on;
    }
}

pub(crate) fn draw(ui: &mut Ui, model: &mut Model) -> Vec<Action> {
    let begun = Instant::now();
    let mut view = std::mem::take(&mut model.view);
    let now = ui.input(|i| i.time);
    model.toasts.drain(..).for_each(|toast| view.messages.say(toast, now));
    for filed in model.filed.drain(..) {
        match &filed {
            Filed::Deleted(preset) => view.edits.deleted(preset.clone(), now),
            Filed::Failed => view.messages.failed(),
            Filed::Done(_) => view.messages.done(),
        }
        view.browser.filed(filed);
    }
    view.pad.surface.follow(&model.pack);
    view.strip.follow(&mut model.analysis);
    view.was_typing = std::mem::take(&mut view.typing);
    view.edits.follow(model, now);
    let tokens = tokens(ui, model, &mut view);
    let mut frame = Frame { model, view: &mut view, t: tokens, actions: Vec::new(), now };
    contents(&mut frame, ui);
    let actions = frame.actions;
    view.pace.count(now, begun.elapsed());
    model.view = view;
    actions
}

fn contents(frame: &mut Frame<'_>, ui: &mut Ui) {
    // The whole window, whatever margin the root has.
    let window = ui.ctx().content_rect();
    ui.set_clip_rect(window);
    watch_input(frame, ui);
    frame.view.menu_open = frame.view.star_list || Popup::is_any_open(ui.ctx());
    shortcuts::take(frame, ui);
    frame.view.browser.searching = false;
    let wanted = Wanted {
        open: frame.view.open,
        strip: frame.model.settings.strip != StripKind::Off,
        browser: frame.view.browser.open,
    };
    let layout = Layout::new(window.size(), wanted);
    ui.painter().rect_filled(window, 0, frame.t.bg0);

    // In the order of the Tab key: the pad first, the keyboard last.
    pad::show(frame, ui, layout.map);
    corners::names(frame, ui, &layout);
    corners::tools(frame, ui, &layout);
    stars::row(frame, ui, &layout);
    strip::show(frame, ui, &layout);
    let browses = frame.view.browser.open;
    if frame.view.sheet && (layout.docked || !browses) {
        sheet::show(frame, ui, &layout);
    } else if layout.docked || !browses {
        groups::show(frame, ui, &layout.column);
    }
    if layout.docked || browses {
        browser::show(frame, ui, &layout);
    }
    top_bar::show(frame, ui, &layout);
    keyboard::show(frame, ui, &layout);
    toast::show(frame, ui, &layout);

    if let Some(entry) = &mut frame.view.entry
        && !std::mem::take(&mut entry.seen)
    {
        frame.view.entry = None;
    }
    let (now, model) = (frame.now, frame.model);
    if let Some(wait) = frame.view.edits.sweep(model, now, &mut frame.actions) {
        ui.ctx().request_repaint_after_secs(wait.max(0.0) as f32);
    }
    // What was asked shows at once, wherever it was drawn before it was asked.
    if !frame.actions.is_empty() {
        ui.ctx().request_repaint();
    }
}

/// The theme's tokens with the accent of the place where the point is set.
fn tokens(ui: &Ui, model: &Model, view: &mut View) -> Tokens {
    let settings = &model.settings;
    let at = ["x", "y"].map(|id| view.edits.value(model, id).unwrap_or(0.5));
    let target = if settings.fixed_accent || settings.reduce_motion { None } else { view.pad.surface.hue(at) };
    let target = target.unwrap_or(theme::BRASS_HUE);
    let hue = match view.hue {
        Some(hue) if (hue - target).abs() > 0.25 && !settings.reduce_motion => {
            ui.ctx().request_repaint();
            let dt = ui.input(|i| i.stable_dt).min(0.1);
            // Exponential, all but 5 % of the way in the time.
            target + (hue - target) * (-3.0 * dt / EASE_SECONDS).exp()
        }
        _ => target,
    };
    view.hue = Some(hue);
    // In steps that no eye sees: each has all that is in the accent painted anew.
    let tokens = Tokens::new(settings.theme, Some((hue / HUE_STEP).round() * HUE_STEP));
    if view.styled != Some(tokens) {
        theme::apply(ui.ctx(), &tokens);
        view.styled = Some(tokens);
    }
    tokens
}

/// Dropped files, and whether keyboard or pointer was used last.
fn watch_input(frame: &mut Frame<'_>, ui: &Ui) {
    let (keyboard, pointer) = ui.input(|i| {
        let mut used = (false, false);
        for event in &i.events {
            match event {
                Event::Key { key, pressed: true, .. } => {
                    used.0 |= matches!(
                        key,
                        Key::Tab | Key::ArrowUp | Key::ArrowDown | Key::ArrowLeft | Key::ArrowRight | Key::F6
                    );
                }
                Event::PointerButton { pressed: true, .. } => used.1 = true,
                _ => {}
            }
        }
        used
    });
    if keyboard {
        frame.view.keyboard_used = true;
    } else if pointer {
        frame.view.keyboard_used = false;
    }
    let paths: Vec<_> = ui.input(|i| i.raw.dropped_files.iter().map(|f| f.path().to_owned()).collect());
    if !paths.is_empty() {
        frame.actions.push(Action::DropFiles(paths));
    }
}
