//! The type scale. Proper names are serif, controls are sans, numbers are tabular; nothing else exists.

use egui::{FontFamily, FontId};

/// A step of the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// 10: key names, contour labels, axis marks, plates.
    Tick,
    /// 11 regular: labels.
    Label,
    /// 11 medium, tabular digits: values.
    Value,
    /// 12 regular: sentences.
    Body,
    /// 12 medium: buttons, row titles.
    Row,
    /// 12 semibold: titles of groups.
    Group,
    /// 13 medium: tabs and titles of sheets.
    Title,
    /// 16 serif: names of sounds.
    Name,
    /// 15 serif: names of sounds in small windows.
    NameSmall,
    /// 17 serif: the preset or pack that plays.
    Preset,
    /// 21 italic serif: the wordmark only.
    Wordmark,
    /// 18 italic serif: the wordmark in small windows.
    WordmarkSmall,
}

/// Names of the font families.
pub(super) const SANS: &str = "sans";
pub(super) const MEDIUM: &str = "sans-medium";
pub(super) const SEMIBOLD: &str = "sans-semibold";
pub(super) const NAME: &str = "name";
pub(super) const ITALIC: &str = "name-italic";
pub(super) const ICONS: &str = "icons";
pub(super) const FILLED: &str = "icons-filled";

pub(super) fn family(name: &'static str) -> FontFamily {
    FontFamily::Name(name.into())
}

impl Type {
    /// Size and family.
    pub(crate) fn font(self) -> FontId {
        let (size, name) = match self {
            Type::Tick => (10.0, MEDIUM),
            Type::Label => (11.0, SANS),
            Type::Value => (11.0, MEDIUM),
            Type::Body => (12.0, SANS),
            Type::Row => (12.0, MEDIUM),
            Type::Group => (12.0, SEMIBOLD),
            Type::Title => (13.0, MEDIUM),
            Type::Name => (16.0, NAME),
            Type::NameSmall => (15.0, NAME),
            Type::Preset => (17.0, NAME),
            Type::Wordmark => (21.0, ITALIC),
            Type::WordmarkSmall => (18.0, ITALIC),
        };
        FontId::new(size, family(name))
    }
}
