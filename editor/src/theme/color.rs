//! Colour arithmetic: OKLab and OKLCH (Björn Ottosson, 2020) and the WCAG 2 contrast ratio.

use egui::Color32;

/// OKLab: lightness 0…1, and two opponent axes of about ±0.3.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Oklab {
    /// Lightness.
    pub l: f32,
    /// Green to red.
    pub a: f32,
    /// Blue to yellow.
    pub b: f32,
}

impl Oklab {
    /// From lightness, chroma and hue in degrees.
    pub fn from_lch(l: f32, chroma: f32, hue_degrees: f32) -> Self {
        let (sin, cos) = hue_degrees.to_radians().sin_cos();
        Self { l, a: chroma * cos, b: chroma * sin }
    }

    /// From sRGB bytes.
    pub fn from_srgb(rgb: [u8; 3]) -> Self {
        let [r, g, b] = rgb.map(linear_from_byte);
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        Self {
            l: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        }
    }

    /// Linear-light RGB, not clipped.
    #[inline]
    pub fn to_linear(self) -> [f32; 3] {
        let l = self.l + 0.396_337_78 * self.a + 0.215_803_76 * self.b;
        let m = self.l - 0.105_561_346 * self.a - 0.063_854_17 * self.b;
        let s = self.l - 0.089_484_18 * self.a - 1.291_485_5 * self.b;
        let (l, m, s) = (l * l * l, m * m * m, s * s * s);
        [
            4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
            -0.004_196_086 * l - 0.703_418_6 * m + 1.707_614_7 * s,
        ]
    }

    /// The nearest colour of the screen, by clipping.
    pub fn to_color(self) -> Color32 {
        let [r, g, b] = self.to_linear().map(byte_from_linear);
        Color32::from_rgb(r, g, b)
    }

    /// Distance from grey.
    pub fn chroma(self) -> f32 {
        self.a.hypot(self.b)
    }

    /// Hue in 0…360°.
    pub fn hue_degrees(self) -> f32 {
        self.b.atan2(self.a).to_degrees().rem_euclid(360.0)
    }
}

fn linear_from_byte(byte: u8) -> f32 {
    let value = f32::from(byte) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn byte_from_linear(value: f32) -> u8 {
    let value = value.clamp(0.0, 1.0);
    let encoded = if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
    (encoded * 255.0).round() as u8
}

/// A table of the sRGB encoding for the many pixels of the map: 4096 steps of linear light.
pub(crate) struct Encoder(Vec<u8>);

impl Encoder {
    pub(crate) fn new() -> Self {
        Self((0..=4096).map(|i| byte_from_linear(i as f32 / 4096.0)).collect())
    }

    #[inline]
    pub(crate) fn encode(&self, linear: f32) -> u8 {
        self.0[(linear.clamp(0.0, 1.0) * 4096.0) as usize]
    }
}

/// Relative luminance of WCAG 2, 0…1.
pub fn luminance(color: Color32) -> f32 {
    let [r, g, b, _] = color.to_array();
    0.2126 * linear_from_byte(r) + 0.7152 * linear_from_byte(g) + 0.0722 * linear_from_byte(b)
}

/// Contrast ratio of WCAG 2, 1…21.
pub fn contrast(a: Color32, b: Color32) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// `color` at an opacity of 0…1.
pub(crate) fn fade(color: Color32, opacity: f32) -> Color32 {
    color.gamma_multiply(opacity.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_survives_a_trip_through_oklab() {
        for rgb in [[0, 0, 0], [255, 255, 255], [200, 30, 90], [12, 240, 7], [1, 2, 250]] {
            assert_eq!(Oklab::from_srgb(rgb).to_color(), Color32::from_rgb(rgb[0], rgb[1], rgb[2]));
        }
    }

    #[test]
    fn black_on_white_is_twenty_one() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 1e-3);
    }

    #[test]
    fn the_fast_encoder_is_within_one_step_in_the_lights() {
        let encoder = Encoder::new();
        for i in 200..=4096 {
            let value = i as f32 / 4096.0;
            assert!(encoder.encode(value).abs_diff(byte_from_linear(value)) <= 1);
        }
    }
}
