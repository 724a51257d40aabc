//! The editor's window: fills the editor's model from the session, draws it, and carries out what the player did.
//! It runs on a thread of its own on Linux, so it shares nothing with the host's main thread but the session.

mod actions;
mod canvas;
mod dialog;
mod follow;
mod letters;
mod picture;
mod screen;

use std::sync::Arc;
use std::time::{Duration, Instant};

use betwixt_editor::Model;
use betwixt_editor::model::{Filed, MIN_SIZE, Toast, ToastKind};
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize};
use nice_plug::editor::{Editor, HostMethods, ParentWindowHandle, ResizeHint, SpawnedEditor};
use nice_plug::plugin::TrackInfo;
use nice_plug_egui::baseview::{HandlerError, WindowSize};
use nice_plug_egui::{
    EguiEditor, EguiEditorHandle, EguiEditorState, EguiNiceSettings, Frame, GraphicsConfig, KeyCapture, NiceEguiApp,
};

use crate::audio::Player;
use crate::errands::Errand;
use crate::session::Session;
use crate::settings::{self, Listener};
use crate::spectrum::Strip;
use canvas::Canvas;
use dialog::Dialog;
use follow::Follow;

/// Pixels of a window that any screen has room for.
const SMALL_SCREEN: [f32; 2] = [1000.0, 680.0];

/// A changed setting is written this long after the last change.
const SAVE_DELAY: Duration = Duration::from_millis(400);

/// The editor of one instance; its window opens when the host asks.
pub struct BetwixtEditor {
    inner: EguiEditor<App>,
    state: Arc<EguiEditorState>,
}

/// What lives as long as the instance, with or without a window.
pub struct App {
    session: Arc<Session>,
    player: Player,
    /// The editor's model; a new one for each window.
    model: Model,
    /// Chunks that were missing when the player last cleared the count.
    missing_before: u64,
    /// State of the desk that the model shows.
    desk_shown: Option<u64>,
    /// Pack that the model shows, by the number of its wish.
    pack_shown: Option<u64>,
    /// States of the project's papers and of the news that the model shows.
    papers_shown: Option<u64>,
    news_shown: Option<u64>,
    /// The pictures of the pack's anchors are there, or on order.
    thumbs_shown: bool,
    thumbs_ordered: bool,
    /// The output on its way to the strip, and the strip while it is shown.
    viewer: rtrb::Consumer<f32>,
    strip: Option<Strip>,
    /// Setting X and Y where a recalled star has sent the point.
    follow: Follow,
    /// The file dialog, while it is open.
    dialog: Option<Dialog>,
    /// Settings changed and are not yet written.
    changed: Option<Instant>,
    /// When the log was told last how often the window is drawn, and how many frames there were then.
    paced: (Instant, u64),
    listener: Listener,
}

/// Makes the editor of an instance. `player` takes what the window plays, `viewer` brings the output.
pub fn editor(session: Arc<Session>, player: Player, viewer: rtrb::Consumer<f32>) -> Option<BetwixtEditor> {
    let (look, [width, height]) = {
        let store = settings::shared().lock();
        (store.look(), store.size())
    };
    // No larger than the screen; the system's own scale is not known yet. Hosts that only look for plugins come here
    // too, so the screen is not asked when any has room.
    let is_small = width * look.scale <= SMALL_SCREEN[0] && height * look.scale <= SMALL_SCREEN[1];
    let room = if is_small { None } else { screen::room() };
    let [most_width, most_height] = room.map_or([f32::MAX; 2], |room| room.map(|side| side / look.scale));
    let size = LogicalSize::new(width.min(most_width), height.min(most_height));
    let state = EguiEditorState::from_size(size, look.scale);
    let [least_width, least_height] = MIN_SIZE;
    // Our gradients are painted into textures of 8 bits beforehand: noise would cost every pixel and hide nothing.
    let graphics = GraphicsConfig { dithering: false, ..GraphicsConfig::default() };
    let settings = EguiNiceSettings::new()
        .with_tile("Betwixt")
        .with_graphics_config(graphics)
        .with_resize_hint(ResizeHint::RESIZABLE.with_min_logical_size(LogicalSize::new(least_width, least_height)));
    let notifier = session.repaint().clone();
    let app = App {
        session,
        player,
        model: Model::default(),
        missing_before: 0,
        desk_shown: None,
        pack_shown: None,
        papers_shown: None,
        news_shown: None,
        thumbs_shown: false,
        thumbs_ordered: false,
        viewer,
        strip: None,
        follow: Follow::default(),
        dialog: None,
        changed: None,
        paced: (Instant::now(), 0),
        listener: Listener::new(notifier.clone()),
    };
    let inner = nice_plug_egui::create_egui_editor(state.clone(), notifier, settings, app)?;
    Some(BetwixtEditor { inner, state })
}

impl Editor for BetwixtEditor {
    type Handle = EguiEditorHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn std::error::Error>> {
        self.inner.spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)
    }

    /// The framework counts in points of the zoomed window and forgets the zoom.
    fn size(&self) -> NativeSize<u32> {
        let NativeSize { width, height } = self.inner.size();
        let zoomed = |side: u32| (side as f32 * self.state.user_scale_factor()).round() as u32;
        NativeSize::new(zoomed(width), zoomed(height))
    }

    fn resize_hint(&self) -> ResizeHint {
        self.inner.resize_hint()
    }

    fn track_info_updated(&self, info: TrackInfo) {
        self.inner.track_info_updated(info);
    }

    unsafe fn assume_standalone_in_process(&self) {
        // SAFETY: the caller's promise is the same.
        unsafe { self.inner.assume_standalone_in_process() }
    }
}

/// Where the host's half of the editor lies in the window's egui context: there it goes away with the window, and keeps
/// no instance alive.
fn host_slot() -> egui::Id {
    egui::Id::unique("betwixt host")
}

impl NiceEguiApp for App {
    fn build(&mut self, context: egui::Context, host: GuiContext, frame: &mut Frame) -> Result<(), HandlerError> {
        betwixt_editor::set_up(&context);
        letters::set_up(&context);
        let view = std::mem::take(&mut self.model.view).reopened();
        self.model = picture::blank(&self.session.parameters);
        self.model.view = view;
        context.add_plugin(Canvas::new());
        // Not cleared: the canvas paints over what was there.
        frame.set_clear_color(egui::Rgba::TRANSPARENT);
        self.paced = (Instant::now(), 0);
        let (look, unread) = {
            let mut store = settings::shared().lock();
            (store.look(), store.take_unread())
        };
        self.model.settings = look;
        self.model.toasts.extend(unread.map(|text| Toast { kind: ToastKind::Error, text }));
        (self.desk_shown, self.pack_shown, self.papers_shown, self.news_shown) = (None, None, None, None);
        self.follow = Follow::default();
        self.strip = None;
        // What was meant for a window that has gone.
        self.session.look_at_news(|news| {
            news.loaded.clear();
            news.toasts.clear();
            // A deletion is a step of undo, which stays.
            news.filed.retain(|filed| matches!(filed, Filed::Deleted(_)));
            news.touched = false;
        });
        self.session.send(Errand::List);
        self.session.send(Errand::Count);
        context.data_mut(|data| data.insert_temp(host_slot(), host));
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut Frame) {
        self.refresh();
        self.refresh_strip();
        let done = betwixt_editor::ui(ui, &mut self.model);
        // A click on the pad must not take Space from the host's transport.
        let keys = if self.model.view.wants_keys() { KeyCapture::CaptureAll } else { KeyCapture::IgnoreAll };
        frame.set_key_capture(keys);
        let context = ui.ctx().clone();
        if let Some(host) = context.data(|data| data.get_temp::<GuiContext>(host_slot())) {
            for action in done {
                self.carry_out(action, &host, &context);
            }
            self.ask_dialog(&host, &context);
            self.take_news(&host);
            self.follow_star(&host);
        }
        if self.listener.heard() {
            let look = settings::shared().lock().look();
            self.take_look(look, &context);
        }
        self.save_settings(&context);
        self.tell_pace();
    }

    fn resized(&mut self, size: WindowSize) {
        settings::shared().lock().set_size([size.logical.width as f32, size.logical.height as f32]);
        self.changed = Some(Instant::now());
    }
}

impl App {
    /// Tells the log how often the window is drawn.
    fn tell_pace(&mut self) {
        let (since, before) = self.paced;
        let seconds = since.elapsed().as_secs_f64();
        if seconds >= 1.0 {
            let now = self.model.view.frames();
            tracing::debug!("window: {} frames in {seconds:.3} s", now - before);
            self.paced = (Instant::now(), now);
        }
    }

    /// Writes changed settings once nothing has changed for a while.
    fn save_settings(&mut self, context: &egui::Context) {
        let Some(since) = self.changed else { return };
        match SAVE_DELAY.checked_sub(since.elapsed()) {
            Some(rest) if !rest.is_zero() => context.request_repaint_after(rest),
            _ => {
                self.changed = None;
                if let Err(text) = settings::shared().lock().save() {
                    self.model.toasts.push(Toast { kind: ToastKind::Error, text });
                    context.request_repaint();
                }
            }
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if self.changed.is_some() {
            // Nobody is left to be told.
            let _ = settings::shared().lock().save();
        }
    }
}
