//! The pad: the map, the needle, and what is heard.

pub(crate) mod bake;
mod field;
mod gesture;
mod marks;
pub(crate) mod point;
pub(crate) mod stars;
mod surface;
mod trail;

use egui::{Pos2, Rect, Sense, Ui, pos2};

pub(crate) use field::Field;
pub(crate) use gesture::{Drag, rows};
pub(crate) use surface::Surface;
pub(crate) use trail::Trail;

use crate::frame::Frame;
use crate::model::PackState;
use crate::widget;

/// Points between the map's edge and the outermost grid points, so that these can be touched.
const INSET: f32 = 10.0;
/// Half of the needle's width with its casing, in points.
const NEEDLE: f32 = 18.5;

/// What the pad remembers.
#[derive(Debug, Default)]
pub(crate) struct Pad {
    pub(crate) surface: Surface,
    pub(crate) trail: Trail,
    pub(crate) drag: Option<Drag>,
    /// The point is being typed.
    typed: Option<point::Typed>,
    /// A star in the hand.
    star: Option<stars::Held>,
    /// The point on its way to a star.
    travel: Option<stars::Travel>,
    /// The tool *Show weights* is on.
    pub(crate) weights: bool,
    /// The tool *Snap to points* is on.
    pub(crate) snap: bool,
    /// Grid dots are off.
    pub(crate) no_dots: bool,
    /// Contour labels are off.
    pub(crate) no_labels: bool,
}

impl Pad {
    /// The weights of the nearest sounds are shown: chosen, or while the point is dragged slowly.
    fn shows_weights(&self, now: f64) -> bool {
        self.weights || self.drag.is_some_and(|drag| drag.is_slow(now))
    }

    /// What outlives a window.
    pub(crate) fn kept(self) -> Self {
        let Self { weights, snap, no_dots, no_labels, .. } = self;
        Self { weights, snap, no_dots, no_labels, ..Self::default() }
    }
}

/// Between places of the pad (0…1, y up) and points of the screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space(Rect);

impl Space {
    pub(crate) fn new(map: Rect) -> Self {
        Self(map.shrink(INSET))
    }

    pub(crate) fn to_screen(self, at: [f32; 2]) -> Pos2 {
        pos2(self.0.left() + at[0] * self.0.width(), self.0.bottom() - at[1] * self.0.height())
    }

    /// Not clamped.
    pub(crate) fn to_pad(self, at: Pos2) -> [f32; 2] {
        [(at.x - self.0.left()) / self.0.width(), (self.0.bottom() - at.y) / self.0.height()]
    }

    /// Pad units per point.
    pub(crate) fn per_point(self) -> [f32; 2] {
        [1.0 / self.0.width(), 1.0 / self.0.height()]
    }
}

/// Draws the pad in `map` and lets the player move the point.
pub(crate) fn show(frame: &mut Frame<'_>, ui: &mut Ui, map: Rect) {
    let id = ui.scope_id().with("pad-x");
    let response = ui.interact(map, id, Sense::click_and_drag());
    let second = ui.interact(
        Rect::from_min_max(pos2(map.left(), map.bottom() - 2.0), map.right_bottom()),
        ui.scope_id().with("pad-y"),
        Sense::focusable_noninteractive(),
    );
    let towards = nearest_name(frame);
    for (response, id, name) in [(&response, "x", "Pad X"), (&second, "y", "Pad Y")] {
        let text = frame.text(id);
        let text = if towards.is_empty() { text } else { format!("{text}, towards {towards}") };
        widget::announce_as(response, name, f64::from(frame.value(id)), &text, Some(0.01));
    }
    let space = Space::new(map);
    stars::travel(frame, ui);
    gesture::drive(frame, ui, &response, &second, space);
    surface::show(frame, ui, map, space);
    if !matches!(frame.model.pack.state, PackState::Empty | PackState::Failed { .. }) {
        stars::show(frame, ui, map, space);
    }
    let lit = frame.shows_focus(&response) || frame.shows_focus(&second);
    marks::show(frame, ui, map, space, lit);
    point::show(frame, ui, map, space);
    if lit {
        crate::paint::focus(ui.painter(), map, frame.t.focus());
    }
    let needle = space.to_screen([frame.value("x"), frame.value("y")]);
    surface::state(frame, ui, map, needle);
}

/// Name of the anchor that is nearest to the point.
fn nearest_name(frame: &Frame<'_>) -> String {
    let (x, y) = (frame.value("x"), frame.value("y"));
    let distance = |at: [f32; 2]| (at[0] - x).hypot(at[1] - y);
    let anchors = frame.model.pack.anchors.iter();
    anchors
        .min_by(|a, b| distance(a.at).total_cmp(&distance(b.at)))
        .map_or_else(String::new, |anchor| anchor.name.clone())
}
