//! Colours, and the way between them.

/// Red, green, blue, alpha; sRGB, 8 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub [u8; 4]);

impl Colour {
    /// From `0xRRGGBB`.
    pub const fn hex(rgb: u32) -> Colour {
        Colour([(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8, 255])
    }

    /// The same with another alpha, 0…1.
    pub fn alpha(self, alpha: f32) -> Colour {
        let Colour([r, g, b, _]) = self;
        Colour([r, g, b, (alpha * 255.0).round() as u8])
    }

    /// This colour under another one, which covers it by its alpha.
    pub fn over(self, top: Colour) -> Colour {
        let way = f32::from(top.0[3]) / 255.0;
        let mut mixed = self;
        for (below, above) in mixed.0.iter_mut().zip(top.0).take(3) {
            *below = (f32::from(*below) + (f32::from(above) - f32::from(*below)) * way).round() as u8;
        }
        mixed
    }

    pub(super) fn skia(self) -> tiny_skia::Color {
        let Colour([r, g, b, a]) = self;
        tiny_skia::Color::from_rgba8(r, g, b, a)
    }

    /// Lightness, a, b of OKLab.
    pub fn oklab(self) -> [f32; 3] {
        let [r, g, b] = [self.0[0], self.0[1], self.0[2]].map(|v| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        });
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        [
            0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        ]
    }
}

/// A colour of OKLCH (Ottosson 2020): lightness 0…1, chroma, hue in degrees.
pub fn oklch(lightness: f32, chroma: f32, hue_degrees: f32) -> Colour {
    let (sin, cos) = hue_degrees.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_93 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
        -0.004_196_086 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    let [r, g, b] = linear.map(|v| {
        let v = v.clamp(0.0, 1.0);
        let v = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (v * 255.0).round() as u8
    });
    Colour([r, g, b, 255])
}

/// A way through colours, even in OKLab: `at` 0…1.
pub fn ramp(stops: &[Colour], at: f32) -> Colour {
    let x = at.clamp(0.0, 1.0) * (stops.len() - 1) as f32;
    let i = (x as usize).min(stops.len().saturating_sub(2));
    let t = x - i as f32;
    let (p, q) = (stops[i].oklab(), stops[(i + 1).min(stops.len() - 1)].oklab());
    let [l, a, b] = std::array::from_fn(|k| p[k] + (q[k] - p[k]) * t);
    oklch(l, a.hypot(b), b.atan2(a).to_degrees())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oklch_and_back_is_the_same_colour() {
        for rgb in [0x17181b, 0xe9c46a, 0x8fd18a, 0xffffff] {
            let colour = Colour::hex(rgb);
            let [l, a, b] = colour.oklab();
            let back = oklch(l, a.hypot(b), b.atan2(a).to_degrees());
            assert!(colour.0.iter().zip(back.0).all(|(x, y)| x.abs_diff(y) <= 1), "{colour:?} {back:?}");
        }
    }
}
