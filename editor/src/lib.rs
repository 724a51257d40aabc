//! The editor: a map of timbre and a needle, on egui alone.
//!
//! One function draws everything: [`ui`] takes a [`Model`] (what is) and gives back [`Action`]s (what the player
//! wants). The plugin window, the standalone and the picture tests call the same function, and no other.
//!
//! ```
//! use betwixt_editor::{Action, Model, set_up, ui};
//!
//! fn frame(root: &mut egui::Ui, model: &mut Model) {
//!     // 1. fill the model from parameters, telemetry and loader; 2. draw; 3. carry out the actions.
//!     for action in ui(root, model) {
//!         match action {
//!             Action::BeginGesture(_id) => { /* tell the host */ }
//!             Action::SetNormalised(_id, _value) => {}
//!             Action::EndGesture(_id) => {}
//!             _ => {}
//!         }
//!     }
//! }
//! # let context = egui::Context::default();
//! # set_up(&context);
//! ```
//!
//! Rules for the shell:
//! - call [`set_up`] once for each new [`egui::Context`]; the rest of the look follows from [`Model::settings`];
//! - fill the root [`egui::Ui`] with no margin of its own;
//! - keep one [`Model`] for each open window: it also holds the editor's own memory ([`View`]), such as a drag in
//!   progress. Dropping it drops all textures;
//! - while a parameter is being edited the editor shows the value that it asked for, and forgets it when the shell's
//!   value has followed (or 300 ms after the gesture), so a host that echoes late does no harm;
//! - take keys from the host only while [`View::wants_keys`];
//! - nothing here repaints by itself when nothing moves: ask for a repaint when the model changes.

pub mod damage;
pub mod fit;
pub mod model;
pub mod theme;

mod browser;
mod corners;
mod edit;
mod frame;
mod graph;
mod groups;
mod keyboard;
mod layout;
mod pace;
mod pad;
mod paint;
mod sheet;
mod shortcuts;
mod stars;
mod strip;
mod surprise;
mod thumb;
mod toast;
mod top_bar;
mod view;
mod widget;

pub use model::{Action, Model};
pub use theme::set_up;
pub use view::View;

/// Draws the whole editor into `ui` and returns what the player did, in order.
///
/// Gestures are balanced: each [`Action::BeginGesture`] is followed by exactly one [`Action::EndGesture`] of the same
/// id, in this or a later frame.
pub fn ui(ui: &mut egui::Ui, model: &mut Model) -> Vec<Action> {
    view::draw(ui, model)
}
