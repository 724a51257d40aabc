//! The look: colour tokens, type and icons. Everything that is drawn takes its colours from [`Tokens`].

pub mod color;
mod fonts;
mod icon;
mod style;
mod tokens;
mod typeface;

pub(crate) use icon::Icon;
pub use tokens::{BRASS_HUE, Tokens};
pub(crate) use typeface::Type;

pub(crate) use style::apply;

/// Prepares a new context: fonts, style, and what keeps a small window legible. Call it once, before the first frame.
pub fn set_up(context: &egui::Context) {
    context.add_plugin(crate::fit::Fit::default());
    context.set_fonts(fonts::definitions());
    // Scale is ours: it is kept, shown, and told to the host.
    context.options_mut(|o| o.zoom_with_keyboard = false);
    apply(context, &Tokens::new(crate::model::Theme::Dark, None));
}
