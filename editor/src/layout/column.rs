//! The right column: groups in the order in which the sound flows, folded where the room ends.

use egui::{Rect, pos2, vec2};

use super::Class;

/// A group of controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Group {
    /// Tune, start, direction, loops.
    Source,
    /// The amplitude envelope.
    #[default]
    Amp,
    /// The filter.
    Filter,
    /// Glide, voices.
    Glide,
    /// What the modulation wheel moves.
    Wheel,
    /// Level, pan, width.
    Output,
}

impl Group {
    /// In signal order.
    pub(crate) const ALL: [Group; 6] =
        [Group::Source, Group::Amp, Group::Filter, Group::Glide, Group::Wheel, Group::Output];

    /// Its title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Group::Source => "Source",
            Group::Amp => "Amp",
            Group::Filter => "Filter",
            Group::Glide => "Glide & voices",
            Group::Wheel => "Mod wheel",
            Group::Output => "Output",
        }
    }
}

/// In which form a group is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// Title row only, with the group's key value.
    Folded,
    /// For the narrow column of small windows.
    Narrow,
    /// As in the common window.
    Normal,
    /// With tall graphs and more knobs.
    Tall,
}

/// One group's place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slot {
    pub(crate) group: Group,
    /// Title row and body.
    pub(crate) rect: Rect,
    pub(crate) body: Body,
}

/// The groups' places.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) area: Rect,
    pub(crate) slots: Vec<Slot>,
    /// Groups fold: titles are buttons.
    pub(crate) folds: bool,
}

/// Title row of a group that folds.
pub(crate) const HEADER: f32 = 28.0;

fn height(group: Group, body: Body) -> f32 {
    match (group, body) {
        (_, Body::Folded) => HEADER,
        (Group::Source, Body::Narrow) => HEADER + 66.0,
        (Group::Amp, Body::Narrow) => HEADER + 114.0,
        (Group::Filter | Group::Glide, Body::Narrow) => HEADER + 98.0,
        (Group::Wheel, Body::Narrow) => HEADER + 30.0,
        (Group::Output, Body::Narrow) => HEADER + 66.0,
        (Group::Source | Group::Glide, _) => 94.0,
        (Group::Amp, Body::Normal) => 130.0,
        (Group::Filter, Body::Normal) => 98.0,
        (Group::Amp | Group::Filter, Body::Tall) => 214.0,
        (Group::Wheel, _) => 30.0,
        (Group::Output, _) => 32.0,
    }
}

/// How much a group's graph may grow when room is left.
fn growth(group: Group, body: Body) -> f32 {
    match (group, body) {
        (Group::Amp, Body::Normal) => 48.0,
        (Group::Amp, Body::Tall) => 100.0,
        (Group::Filter, Body::Tall) => 92.0,
        _ => 0.0,
    }
}

impl Column {
    pub(super) fn new(area: Rect, class: Class, open: Group) -> Self {
        let (full, gap) = match class {
            Class::S => (Body::Narrow, 0.0),
            Class::M => (Body::Normal, 5.0),
            Class::L | Class::Xl => (Body::Tall, 5.0),
        };
        let gaps = gap * (Group::ALL.len() - 1) as f32;
        let total = |bodies: &[Body; 6]| -> f32 {
            Group::ALL.iter().zip(bodies).map(|(&g, &b)| height(g, b)).sum::<f32>() + gaps
        };
        let mut bodies = [full; 6];
        let folds = total(&bodies) > area.height();
        if folds {
            // A folding column has room for one body for sure; the others follow as they fit.
            let full = if class == Class::S { Body::Narrow } else { Body::Normal };
            bodies = [Body::Folded; 6];
            if class != Class::S {
                // Groups of one row have nothing to fold.
                bodies[Group::Wheel as usize] = full;
                bodies[Group::Output as usize] = full;
            }
            let rest = [Group::Amp, Group::Filter, Group::Source, Group::Glide, Group::Output, Group::Wheel];
            for group in std::iter::once(open).chain(rest) {
                let mut attempt = bodies;
                attempt[group as usize] = full;
                if total(&attempt) <= area.height() + 0.5 {
                    bodies = attempt;
                }
            }
        }
        let mut spare = (area.height() - total(&bodies)).max(0.0);
        let mut extra = [0.0; 6];
        // Both graphs grow alike, then whatever is left stays paper.
        for _ in 0..2 {
            for (i, group) in Group::ALL.into_iter().enumerate() {
                let share = (spare / 2.0).min(growth(group, bodies[i]) - extra[i]).max(0.0).floor();
                extra[i] += share;
                spare -= share;
            }
        }
        let mut y = area.top();
        let slots = Group::ALL
            .into_iter()
            .enumerate()
            .map(|(i, group)| {
                let height = height(group, bodies[i]) + extra[i];
                let rect = Rect::from_min_size(pos2(area.left(), y), vec2(area.width(), height));
                y += height + gap;
                Slot { group, rect, body: bodies[i] }
            })
            .collect();
        Self { area, slots, folds }
    }
}
