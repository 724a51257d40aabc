//! Letters that our fonts lack, such as those of a preset with a Japanese name: the system's fonts have them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, OnceLock};

use egui::epaint::text::{FallbackRequest, FontInsert, FontProvider};
use egui_system_font_provider::SystemFontProvider;

/// Has `context` look among the system's fonts for letters that it would draw as boxes.
pub(super) fn set_up(context: &egui::Context) {
    static SYSTEM: LazyLock<Arc<Letters>> = LazyLock::new(Arc::default);
    context.add_font_provider(SYSTEM.clone());
}

/// The system's fonts, once there is a letter to look for. They are listed on a thread of their own, which is waited for:
/// none is left when the host lets go of the library.
#[derive(Default)]
struct Letters {
    fonts: OnceLock<SystemFontProvider>,
}

impl FontProvider for Letters {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let look = || self.fonts.get_or_init(SystemFontProvider::new).font_for(request);
        // A system that has no fonts to list still has a window.
        catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| {
            tracing::warn!("the system's fonts could not be listed");
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_the_world_have_a_font_where_the_system_has_one() {
        let find = |cluster| {
            let family = egui::FontFamily::Proportional;
            Letters::default().font_for(&FallbackRequest { cluster, family: &family })
        };
        // DejaVu and its like have it, and a system without fonts has none: neither ends the process.
        if let Some(font) = find("\u{266F}") {
            assert!(font.name.starts_with("system:"), "{}", font.name);
        }
        assert!(find("\u{E123}").is_none_or(|font| font.name.starts_with("system:")));
    }
}
