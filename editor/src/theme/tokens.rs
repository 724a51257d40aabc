//! The token table: every colour of the editor, for each theme.

use egui::Color32;

use super::color::Oklab;
use crate::model::Theme;

/// Hue of the accent where the map gives none: brass.
pub const BRASS_HUE: f32 = 85.0;
/// The accent's hue stays within these, so it can never look like danger.
pub(super) const HUE_RANGE: [f32; 2] = [55.0, 300.0];

/// Colours of one theme with one accent. Cheap to copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tokens {
    /// Which theme.
    pub theme: Theme,
    /// Window.
    pub bg0: Color32,
    /// Graphs, wells, tiles.
    pub bg1: Color32,
    /// Pressed tool, chip, selected row.
    pub bg2: Color32,
    /// Hover on `bg2`, chosen segment.
    pub bg3: Color32,
    /// Hairlines; never the only sign of a control.
    pub line: Color32,
    /// Unfilled part of knob, slider and meter.
    pub track: Color32,
    /// Borders of fields and switches, axis marks.
    pub edge: Color32,
    /// Values and names.
    pub text1: Color32,
    /// Labels and idle icons.
    pub text2: Color32,
    /// Hints; never on `bg3`.
    pub text3: Color32,
    /// Where you are: value arcs, curves, focus.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Warnings, always with icon and words.
    pub warn: Color32,
    /// Errors, always with icon and words.
    pub danger: Color32,
    /// What is drawn on the map.
    pub mark: Color32,
    /// Its casing.
    pub case: Color32,
    /// White keys.
    pub natural: Color32,
    /// Black keys.
    pub sharp: Color32,
    /// Added to every stroke, in points.
    pub stroke: f32,
}

const fn hex(rgb: u32) -> Color32 {
    Color32::from_rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

impl Tokens {
    /// The tokens of a theme; `hue` in degrees is the map's under the point, `None` is brass.
    pub fn new(theme: Theme, hue: Option<f32>) -> Self {
        let hue = hue.unwrap_or(BRASS_HUE).clamp(HUE_RANGE[0], HUE_RANGE[1]);
        match theme {
            Theme::Dark => Self {
                theme,
                bg0: hex(0x11_1214),
                bg1: hex(0x17_181B),
                bg2: hex(0x1F_2124),
                bg3: hex(0x2A_2C30),
                line: hex(0x2B_2D32),
                track: hex(0x34_373C),
                edge: hex(0x7A_7F88),
                text1: hex(0xED_EBE5),
                text2: hex(0xB4_B2AB),
                text3: hex(0x8F_8E89),
                accent: Oklab::from_lch(0.80, 0.115, hue).to_color(),
                on_accent: hex(0x11_1214),
                warn: hex(0xE9_C46A),
                danger: hex(0xFF_7A7A),
                mark: hex(0xFF_FFFF),
                case: hex(0x0B_0C0E),
                natural: hex(0x3A_3D42),
                sharp: hex(0x13_1416),
                stroke: 0.0,
            },
            Theme::Light => Self {
                theme,
                bg0: hex(0xF1_EEE6),
                bg1: hex(0xFA_F8F3),
                bg2: hex(0xE9_E5DA),
                bg3: hex(0xDE_DACD),
                line: hex(0xDA_D5C8),
                track: hex(0xCF_CABC),
                edge: hex(0x7F_7B6F),
                text1: hex(0x1B_1C1E),
                text2: hex(0x50_4F4A),
                text3: hex(0x64_625B),
                accent: Oklab::from_lch(0.46, 0.115, hue).to_color(),
                on_accent: hex(0xFF_FFFF),
                warn: hex(0x7A_5200),
                danger: hex(0xB3_202C),
                mark: hex(0x17_181A),
                case: hex(0xFF_FFFF),
                natural: hex(0xFB_FAF6),
                sharp: hex(0x3A_3B3E),
                stroke: 0.0,
            },
            Theme::Contrast => Self {
                theme,
                bg0: hex(0x00_0000),
                bg1: hex(0x00_0000),
                bg2: hex(0x14_1414),
                bg3: hex(0x2A_2A2A),
                line: hex(0x8C_8C8C),
                track: hex(0x8C_8C8C),
                edge: hex(0xFF_FFFF),
                text1: hex(0xFF_FFFF),
                text2: hex(0xFF_FFFF),
                text3: hex(0xD6_D6D6),
                accent: hex(0xFF_D60A),
                on_accent: hex(0x00_0000),
                warn: hex(0xFF_D60A),
                danger: hex(0xFF_8A8A),
                mark: hex(0xFF_FFFF),
                case: hex(0x00_0000),
                natural: hex(0x00_0000),
                sharp: hex(0x5A_5A5A),
                stroke: 0.5,
            },
        }
    }

    /// Is the ground dark?
    pub fn is_dark(&self) -> bool {
        self.theme != Theme::Light
    }

    /// High contrast?
    pub fn is_contrast(&self) -> bool {
        self.theme == Theme::Contrast
    }

    /// The outline of the focused control.
    pub fn focus(&self) -> Color32 {
        if self.is_contrast() { Color32::WHITE } else { self.accent }
    }
}

#[cfg(test)]
mod tests {
    use super::super::color::contrast;
    use super::*;

    fn all() -> Vec<Tokens> {
        let mut all = Vec::new();
        for theme in [Theme::Dark, Theme::Light, Theme::Contrast] {
            all.extend((11..=60).map(|i| Tokens::new(theme, Some(i as f32 * 5.0))));
        }
        all
    }

    #[track_caller]
    fn at_least(ratio: f32, a: Color32, b: Color32, what: &str, tokens: &Tokens) {
        let found = contrast(a, b);
        assert!(found >= ratio, "{what} in {:?}: {found:.2} is less than {ratio}", tokens.theme);
    }

    #[test]
    fn text_can_be_read_on_every_ground() {
        for t in all() {
            for (i, ground) in [t.bg0, t.bg1, t.bg2, t.bg3].into_iter().enumerate() {
                at_least(4.5, t.text1, ground, "text1", &t);
                at_least(4.5, t.text2, ground, "text2", &t);
                at_least(4.5, t.warn, ground, "warn", &t);
                if i < 3 {
                    at_least(4.5, t.text3, ground, "text3", &t);
                    at_least(4.5, t.danger, ground, "danger", &t);
                }
            }
            at_least(4.5, t.on_accent, t.accent, "text on the accent", &t);
            at_least(4.5, t.text2, t.natural, "the letters on the keys", &t);
        }
    }

    #[test]
    fn the_accent_can_be_read_over_all_hues() {
        for t in all() {
            for ground in [t.bg0, t.bg1, t.bg2, t.bg3] {
                at_least(4.5, t.accent, ground, "accent", &t);
            }
        }
    }

    #[test]
    fn edges_and_marks_stand_out() {
        for t in all() {
            for ground in [t.bg0, t.bg1, t.bg2, t.bg3] {
                at_least(3.0, t.edge, ground, "edge", &t);
            }
            at_least(14.6, t.mark, t.case, "mark on its casing", &t);
        }
    }
}
