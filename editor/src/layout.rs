//! Where everything is: a pure function of the window's logical size.
//!
//! Four classes, from a corner of a screen to a wall of it. More room shows more, it does not make controls bigger;
//! the *scale* does that. The map takes what the rest leaves.

mod column;
mod keys;

use egui::{Rect, Vec2, pos2, vec2};

pub(crate) use column::{Body, Column, Group, Slot};
pub(crate) use keys::KeyRow;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Under 820 wide or 560 high: groups fold.
    S,
    /// The common window.
    M,
    /// From 1400×760: groups in their tall form.
    L,
    /// From 2000 wide: the browser has a column of its own.
    Xl,
}

impl Class {
    fn of(size: Vec2) -> Self {
        if size.x < 820.0 || size.y < 560.0 {
            Class::S
        } else if size.x >= 2000.0 && size.y >= 760.0 {
            Class::Xl
        } else if size.x >= 1400.0 && size.y >= 760.0 {
            Class::L
        } else {
            Class::M
        }
    }

    /// Groups in their tall form?
    pub(crate) fn is_large(self) -> bool {
        matches!(self, Class::L | Class::Xl)
    }
}

/// What the player has chosen to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The group that was unfolded last.
    pub(crate) open: Group,
    /// The output's picture.
    pub(crate) strip: bool,
    /// The browser, beside a smaller map.
    pub(crate) browser: bool,
}

/// A map less wide has room for few words beside it.
const NARROW: f32 = 480.0;

/// All places in logical points from the window's upper left corner.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    pub(crate) class: Class,
    pub(crate) window: Rect,
    /// The bar, with its hairline as the last point.
    pub(crate) top: Rect,
    pub(crate) wordmark: Rect,
    /// Name of preset or pack, progress, and the button that opens one.
    pub(crate) preset: Rect,
    pub(crate) undo: Rect,
    pub(crate) redo: Rect,
    /// A or B.
    pub(crate) compare: Rect,
    /// Voices, load, meter and its number; in S the meter only.
    pub(crate) status: Rect,
    pub(crate) settings: Rect,
    /// Names of the corners A, B, C, D: upper left, upper right, lower left, lower right.
    pub(crate) corners: [Rect; 4],
    /// The pad's tools, in the middle above the map.
    pub(crate) tools: Rect,
    /// The row of stars, in the middle below the map.
    pub(crate) stars: Rect,
    pub(crate) map: Rect,
    /// What the output looks like; not in small windows.
    pub(crate) strip: Option<Rect>,
    pub(crate) column: Column,
    /// Pitch and modulation wheel with their words; absent with the keys.
    pub(crate) wheels: Option<[Rect; 2]>,
    /// The keyboard; left out before the map shrinks below 200 points.
    pub(crate) keys: Option<KeyRow>,
    /// The sheet of settings, over the column only.
    pub(crate) sheet: Rect,
    /// The browser, over the column and beside a smaller map; where it is docked, right of the column.
    pub(crate) browser: Rect,
    /// The browser is always there.
    pub(crate) docked: bool,
    /// The map is narrow: short names, few tools.
    pub(crate) narrow: bool,
    /// Where messages appear; long ones grow upwards from here.
    pub(crate) toast: Rect,
}

/// Height of the row of words over wheels.
pub(crate) const FLAGS: f32 = 14.0;
const TOOLS: f32 = 6.0;
/// Width of a number in the row of stars; its sign and its list take as much each.
pub(crate) const STAR: f32 = 22.0;
/// Numbers in that row: all nine, or what is left beside the names of a narrow map.
const STARS: f32 = 9.0;
/// Widest browser.
const BROWSER: f32 = 592.0;
/// The browser's own column.
const DOCK: f32 = 416.0;
/// What the browser leaves of the map.
const MAP_BESIDE: f32 = 216.0;

struct Metrics {
    margin: f32,
    gutter: f32,
    top: f32,
    corner: f32,
    map_top: f32,
    /// Gap between the map and the lower names.
    below: f32,
    column: f32,
    keys: f32,
    flags: f32,
}

impl Metrics {
    fn of(class: Class) -> Self {
        match class {
            Class::S => Self {
                margin: 12.0,
                gutter: 12.0,
                top: 40.0,
                corner: 28.0,
                map_top: 74.0,
                below: 2.0,
                column: 204.0,
                keys: 72.0,
                flags: 0.0,
            },
            Class::M => Self {
                margin: 16.0,
                gutter: 16.0,
                top: 48.0,
                corner: 40.0,
                map_top: 100.0,
                below: 4.0,
                column: 344.0,
                keys: 64.0,
                flags: FLAGS,
            },
            Class::L | Class::Xl => Self {
                margin: 24.0,
                gutter: 24.0,
                top: 48.0,
                corner: 40.0,
                map_top: 100.0,
                below: 4.0,
                column: 344.0,
                keys: if class == Class::Xl { 96.0 } else { 88.0 },
                flags: FLAGS,
            },
        }
    }
}

impl Layout {
    /// Places everything in a window of `size`.
    pub(crate) fn new(size: Vec2, wanted: Wanted) -> Self {
        let Wanted { open, strip, browser: browses } = wanted;
        let size = size.max(vec2(320.0, 240.0));
        let class = Class::of(size);
        let m = Metrics::of(class);
        let rect = |x: f32, y: f32, w: f32, h: f32| Rect::from_min_size(pos2(x, y), vec2(w, h));

        let docked = class == Class::Xl;
        let dock = if docked { m.gutter + DOCK } else { 0.0 };
        let full_width = (size.x - 2.0 * m.margin - m.gutter - m.column - dock).max(80.0);
        let browser_left = if docked {
            size.x - m.margin - DOCK - m.gutter / 2.0
        } else {
            (size.x - m.margin - BROWSER).max(m.margin + MAP_BESIDE)
        };
        let beside = browses && !docked;
        let map_width = if beside { full_width.min(browser_left - m.gutter - m.margin) } else { full_width };
        let narrow = map_width < NARROW;
        let strip_height = match class {
            _ if !strip => 0.0,
            Class::S => 0.0,
            Class::M => (76.0 - (680.0 - size.y).max(0.0) * 32.0 / 120.0).round().clamp(44.0, 76.0),
            Class::L | Class::Xl => (size.y * 0.116).round().clamp(76.0, 160.0),
        };
        let strip_gap = if strip_height > 0.0 { 8.0 } else { 0.0 };
        let under = m.below + m.corner + 8.0 + strip_height + strip_gap;
        let with_keys = size.y - 8.0 - m.keys - under - m.map_top;
        let (map_height, keys_top) = if with_keys < 200.0 {
            (size.y - 8.0 - m.below - m.corner - m.map_top, None)
        } else {
            (with_keys, Some(size.y - 8.0 - m.keys))
        };
        let map = rect(m.margin, m.map_top, map_width, map_height.max(80.0));

        let upper = map.top() - m.corner - if class == Class::S { 2.0 } else { 4.0 };
        let lower = map.bottom() + m.below;
        // Small windows have one tool, and so more room for the upper names.
        let tools_width = if narrow { 28.0 } else { TOOLS * 28.0 + (TOOLS - 1.0) * 2.0 };
        let corner = |right: bool, y: f32, between: f32| {
            let side = (map.width() - between) / 2.0 - 8.0;
            rect(if right { map.right() - side } else { map.left() }, y, side, m.corner)
        };
        let middle = |y: f32, width: f32| rect(map.center().x - width / 2.0, y, width, m.corner);

        let strip = (strip_height > 0.0)
            .then(|| rect(m.margin, lower + m.corner + 8.0, map.width(), strip_height))
            .filter(|_| keys_top.is_some());
        let stars = match map_width {
            _ if !narrow => STARS,
            // Beside the browser: the names of the sounds say more.
            ..220.0 => 0.0,
            width => (2.0 + (width - 220.0) / 90.0).floor().min(4.0),
        };
        let stars_width = (stars + 2.0) * STAR;

        let column_left = m.margin + full_width + m.gutter;
        let column_top = if class == Class::S { 44.0 } else { 56.0 };
        let column_bottom = keys_top.map_or(size.y - 8.0, |top| top - 8.0);
        let area = rect(column_left, column_top, m.column, column_bottom - column_top);

        let bar = m.top - 1.0;
        let preset = if class == Class::S {
            rect(size.x - 92.0 - 228.0, 6.0, 228.0, 28.0)
        } else {
            // Wordmark, undo and slots stand left of it.
            let width = 296_f32.min(full_width - 196.0);
            rect(m.margin + full_width - width, 8.0, width, 32.0)
        };
        let settings = rect(size.x - m.margin - 22.0, (bar - 28.0) / 2.0, 28.0, 28.0);
        let row = (bar - 28.0) / 2.0;
        let compare = rect(preset.left() - 46.0, row.round(), 36.0, 28.0);
        let redo = compare.translate(vec2(-32.0, 0.0)).with_max_x(compare.left() - 4.0);
        let undo = redo.translate(vec2(-28.0, 0.0));
        let status = if class == Class::S {
            rect(preset.right() + 12.0, 6.0, settings.left() - preset.right() - 16.0, 28.0)
        } else {
            rect(column_left, 10.0, settings.left() - 8.0 - column_left, 28.0)
        };

        let wheels = keys_top.map(|top| [rect(m.margin, top, 22.0, m.keys), rect(m.margin + 28.0, top, 22.0, m.keys)]);
        let keys = keys_top.map(|top| {
            let left = m.margin + 64.0;
            KeyRow::new(rect(left, top + m.flags, size.x - m.margin - left, m.keys - m.flags))
        });

        Self {
            class,
            window: Rect::from_min_size(pos2(0.0, 0.0), size),
            top: rect(0.0, 0.0, size.x, m.top),
            wordmark: rect(m.margin, 0.0, 84.0, bar),
            preset,
            undo,
            redo,
            compare,
            status,
            settings,
            corners: [
                corner(false, upper, tools_width),
                corner(true, upper, tools_width),
                corner(false, lower, stars_width),
                corner(true, lower, stars_width),
            ],
            tools: middle(upper, tools_width),
            stars: middle(lower, stars_width),
            map,
            strip,
            narrow,
            column: Column::new(area, class, open),
            wheels,
            keys,
            sheet: Rect::from_min_max(
                pos2(column_left - m.gutter / 2.0, m.top),
                pos2(if docked { browser_left } else { size.x }, keys_top.map_or(size.y, |top| top - 4.0)),
            ),
            docked,
            browser: Rect::from_min_max(
                pos2(browser_left, m.top),
                pos2(size.x, keys_top.map_or(size.y, |top| top - 4.0)),
            ),
            toast: {
                let bottom = strip.map_or(map.bottom() - 8.0, |strip| strip.bottom() - 4.0);
                rect(map.left() + 8.0, bottom - 36.0, 400_f32.min(map.width() - 16.0), 36.0)
            },
        }
    }
}

#[cfg(test)]
mod tests;
