//! egui's own style, emptied: no frame, fill or shadow of egui is ever visible.

use egui::style::{ScrollStyle, WidgetVisuals};
use egui::{Color32, Context, CornerRadius, Shadow, Stroke, Style, TextStyle, Vec2};

use super::{Tokens, Type, color::fade};

/// Puts the tokens into egui's style, for what egui itself paints: text fields, menus' frames, tooltips, selections.
pub(crate) fn apply(context: &Context, tokens: &Tokens) {
    let mut style = Style { animation_time: 0.08, ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, Type::Tick.font()),
        (TextStyle::Body, Type::Body.font()),
        (TextStyle::Button, Type::Row.font()),
        (TextStyle::Heading, Type::Title.font()),
        (TextStyle::Monospace, Type::Value.font()),
    ]
    .into();
    style.spacing.item_spacing = Vec2::ZERO;
    style.spacing.menu_margin = egui::Margin::same(6);
    style.spacing.tooltip_width = 240.0;
    style.spacing.scroll = ScrollStyle {
        // Our widgets have no ground, which is what the handle would be drawn in.
        foreground_color: true,
        dormant_handle_opacity: 0.35,
        active_handle_opacity: 0.5,
        interact_handle_opacity: 0.8,
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.0,
        ..ScrollStyle::thin()
    };
    style.interaction.tooltip_delay = 0.6;
    style.interaction.selectable_labels = false;

    let visuals = &mut style.visuals;
    visuals.dark_mode = tokens.is_dark();
    let plain = WidgetVisuals {
        bg_fill: Color32::TRANSPARENT,
        weak_bg_fill: Color32::TRANSPARENT,
        bg_stroke: Stroke::NONE,
        corner_radius: CornerRadius::same(4),
        fg_stroke: Stroke::new(1.0, tokens.text1),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = plain;
    visuals.widgets.inactive = plain;
    visuals.widgets.hovered = plain;
    visuals.widgets.active = plain;
    visuals.widgets.open = plain;
    visuals.selection.bg_fill = fade(tokens.accent, 0.35);
    visuals.selection.stroke = Stroke::new(1.0, tokens.text1);
    visuals.text_cursor.stroke = Stroke::new(1.0, tokens.text1);
    visuals.window_fill = tokens.bg1;
    visuals.window_stroke = Stroke::new(1.0, fade(tokens.edge, if tokens.is_contrast() { 1.0 } else { 0.4 }));
    visuals.window_shadow = Shadow::NONE;
    visuals.popup_shadow = Shadow::NONE;
    visuals.window_corner_radius = CornerRadius::same(6);
    visuals.menu_corner_radius = CornerRadius::same(6);
    visuals.panel_fill = tokens.bg0;
    visuals.extreme_bg_color = tokens.bg1;
    visuals.override_text_color = Some(tokens.text1);
    visuals.warn_fg_color = tokens.warn;
    visuals.error_fg_color = tokens.danger;
    context.set_theme(if tokens.is_dark() { egui::Theme::Dark } else { egui::Theme::Light });
    context.all_styles_mut(|s| *s = style.clone());
}
