//! The committed font subsets (see `fonts/subset.py`), with egui's own font behind them for the characters of file
//! names that the subsets lack.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontTweak};

use super::typeface::{FILLED, ICONS, ITALIC, MEDIUM, NAME, SANS, SEMIBOLD, family};

pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let faces: [(&'static str, &'static [u8]); 7] = [
        (SANS, include_bytes!("../../fonts/Inter-Regular.ttf")),
        (MEDIUM, include_bytes!("../../fonts/Inter-Medium.ttf")),
        (SEMIBOLD, include_bytes!("../../fonts/Inter-SemiBold.ttf")),
        (NAME, include_bytes!("../../fonts/Newsreader-Medium.ttf")),
        (ITALIC, include_bytes!("../../fonts/Newsreader-MediumItalic.ttf")),
        (ICONS, include_bytes!("../../fonts/Phosphor-Subset.ttf")),
        (FILLED, include_bytes!("../../fonts/Phosphor-Fill-Subset.ttf")),
    ];
    for (name, bytes) in faces {
        let tweak = FontTweak { hinting: Some(false), ..FontTweak::default() };
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes).tweak(tweak)));
        let mut chain = vec![name.to_owned()];
        chain.extend(fallback.iter().cloned());
        fonts.families.insert(family(name), chain);
    }
    // What egui itself writes (a text field, a tooltip) is in our sans too.
    fonts.families.entry(FontFamily::Proportional).or_default().insert(0, SANS.to_owned());
    fonts
}
