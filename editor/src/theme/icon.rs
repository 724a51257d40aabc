//! The icons: Phosphor glyphs of the committed subset. Keep the table and `fonts/subset.py` the same.

use egui::FontId;

use super::typeface::{FILLED, ICONS, family};

/// An icon, 16 points unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Icon {
    CaretDown = 0xE136,
    CaretRight = 0xE13A,
    Gear = 0xE272,
    Undo = 0xE08A,
    Redo = 0xE08C,
    Open = 0xE256,
    Warning = 0xE4E0,
    Check = 0xE182,
    Close = 0xE4F6,
    Magnet = 0xE680,
    Polygon = 0xE6D0,
    Pin = 0xE3E2,
    More = 0xE1FE,
    Plus = 0xE3D4,
    Minus = 0xE32A,
    Heart = 0xE2A8,
    CaretLeft = 0xE138,
    CaretUp = 0xE13C,
    Search = 0xE30C,
    Trash = 0xE4A6,
    Dice = 0xE1EE,
    MoreDown = 0xE208,
    Surprise = 0xE6A2,
}

impl Icon {
    /// Its glyph.
    pub(crate) fn glyph(self) -> char {
        char::from_u32(self as u32).unwrap_or(' ')
    }

    /// The font that holds those that are filled: [`Icon::Heart`].
    pub(crate) fn filled_font(size: f32) -> FontId {
        FontId::new(size, family(FILLED))
    }

    /// The font that holds it.
    pub(crate) fn font(size: f32) -> FontId {
        FontId::new(size, family(ICONS))
    }
}
