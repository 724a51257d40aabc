//! The parameter table: the one place where ids, names, ranges, units, defaults and text live.
//! The plugin declares its host parameters from it, `betwixt render --set` and presets parse by it,
//! and the engine takes its plain values.
//!
//! Three forms of a value:
//! - *plain*: in the table's unit (X 0…1, gain in dB with −∞, percent as 0…100, choices by index);
//! - *normalised*: 0…1 along the control's travel, what hosts automate and modulate;
//! - *text*: [`Param::format`] and [`Param::parse`]; every parameter parses what it prints.
//!
//! Ids are for ever.

mod text;

pub use text::ParseError;

/// How normalised values map to plain ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Curve {
    /// Even.
    Linear,
    /// `min + (max − min) · n^power`: finer near the minimum.
    Power(f64),
    /// `min · (max / min)^n`: equal ratios per travel.
    Log,
    /// dB of an amplitude `max · n³`: −∞ at 0, a fader's feel above.
    Fader,
}

/// The unit of the plain value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 0…1, shown as percent.
    Fraction,
    /// Percent, 0…100.
    Percent,
    /// Pan, −100 (left) … 100 (right) percent.
    Pan,
    /// Decibels.
    Db,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Hertz.
    Hz,
    /// Semitones.
    Semitones,
    /// Cents.
    Cents,
    /// A bare number.
    None,
}

/// What kind of value a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A continuous value.
    Float {
        /// Smallest plain value (for [`Curve::Fader`], −∞).
        min: f64,
        /// Largest plain value.
        max: f64,
        /// Mapping of the normalised travel.
        curve: Curve,
        /// Unit of the plain value.
        unit: Unit,
    },
    /// A whole number.
    Int {
        /// Smallest.
        min: i32,
        /// Largest.
        max: i32,
        /// Unit.
        unit: Unit,
    },
    /// One of some words; the plain value is the index.
    Choice(&'static [&'static str]),
    /// Off or On; the plain value is 0 or 1.
    Switch,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Which parameter.
    pub param: Param,
    /// The id in states, presets and commands.
    pub id: &'static str,
    /// The name that hosts show.
    pub name: &'static str,
    /// Kind, range and unit.
    pub kind: Kind,
    /// Default, plain.
    pub default: f64,
    /// Takes polyphonic modulation.
    pub poly: bool,
    /// One sentence for people.
    pub help: &'static str,
}

macro_rules! table {
    ($( $param:ident $id:literal $name:literal $poly:literal $default:expr, $kind:expr, $help:literal; )*) => {
        /// A parameter of the instrument.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Param {
            $( #[doc = $help] $param, )*
        }

        /// The table, in the order of [`Param`].
        pub const TABLE: &[Spec] = &[
            $( Spec { param: Param::$param, id: $id, name: $name, kind: $kind, default: $default, poly: $poly, help: $help }, )*
        ];
    };
}

const fn float(min: f64, max: f64, curve: Curve, unit: Unit) -> Kind {
    Kind::Float { min, max, curve, unit }
}

use Curve::{Fader, Linear, Log, Power};

table! {
    X "x" "X" true 0.5, float(0.0, 1.0, Linear, Unit::Fraction), "The point on the pad, left to right.";
    Y "y" "Y" true 0.5, float(0.0, 1.0, Linear, Unit::Fraction), "The point on the pad, bottom to top.";
    GlideXy "glide_xy" "Pad Glide" false 10.0, float(0.0, 5000.0, Power(4.0), Unit::Milliseconds), "How slowly the sound follows the point.";
    XyMode "xy_mode" "Note Position" false 0.0, Kind::Choice(&["Follow", "Latch"]), "A held note follows the point, or keeps the place where it began.";
    Gain "gain" "Volume" true 0.0, float(f64::NEG_INFINITY, 12.0, Fader, Unit::Db), "Output level.";
    Pan "pan" "Pan" true 0.0, float(-100.0, 100.0, Linear, Unit::Pan), "Balance between left and right.";
    Width "width" "Width" false 100.0, float(0.0, 200.0, Linear, Unit::Percent), "Stereo width: 0 % is mono, 100 % as recorded.";
    Tune "tune" "Tune" true 0.0, float(-36.0, 36.0, Linear, Unit::Semitones), "Pitch in semitones.";
    Fine "fine" "Fine" false 0.0, float(-100.0, 100.0, Linear, Unit::Cents), "Pitch in cents.";
    BendRange "bend_range" "Bend Range" false 2.0, Kind::Int { min: 0, max: 48, unit: Unit::Semitones }, "How far the pitch wheel bends.";
    Attack "attack" "Attack" true 0.001, float(0.0, 20.0, Power(4.0), Unit::Seconds), "Time from silence to full level.";
    Decay "decay" "Decay" true 1.0, float(0.0, 20.0, Power(4.0), Unit::Seconds), "Time to fall to the sustain level.";
    Sustain "sustain" "Sustain" true 100.0, float(0.0, 100.0, Linear, Unit::Percent), "Level while the key is held.";
    Release "release" "Release" true 0.3, float(0.005, 20.0, Power(4.0), Unit::Seconds), "Time to silence after the key is let go.";
    Velocity "velocity" "Velocity" false 70.0, float(0.0, 100.0, Linear, Unit::Percent), "How much playing harder makes it louder.";
    Mode "mode" "Mode" false 0.0, Kind::Choice(&["Poly", "Mono", "Legato"]), "Many notes, one note, or one note that slurs.";
    Glide "glide" "Glide" false 0.0, float(0.0, 5.0, Power(3.0), Unit::Seconds), "Time that the pitch takes from note to note.";
    Voices "voices" "Voices" false 64.0, Kind::Int { min: 1, max: 128, unit: Unit::None }, "How many notes may sound at once.";
    Filter "filter" "Filter" false 0.0, Kind::Choice(&["Off", "LP", "BP", "HP"]), "Kind of filter.";
    Cutoff "cutoff" "Cutoff" true 20_000.0, float(20.0, 20_000.0, Log, Unit::Hz), "Cutoff frequency of the filter.";
    Resonance "resonance" "Resonance" true 0.0, float(0.0, 100.0, Linear, Unit::Percent), "Emphasis at the cutoff.";
    FilterEnv "filter_env" "Filter Env" false 0.0, float(-100.0, 100.0, Linear, Unit::Percent), "How far the envelope moves the cutoff.";
    FilterKey "filter_key" "Filter Key" false 0.0, float(0.0, 100.0, Linear, Unit::Percent), "How far the cutoff follows the key.";
    Start "start" "Start" true 0.0, float(0.0, 100.0, Linear, Unit::Percent), "Where in the recorded note it begins.";
    Loop "loop" "Loop" false 0.0, Kind::Choice(&["Pack", "Off", "On"]), "Sustain by the pack's loops, never, or always.";
    Reverse "reverse" "Reverse" false 0.0, Kind::Switch, "Play the notes backwards.";
    Quality "quality" "Quality" false 1.0, Kind::Choice(&["Eco", "Normal", "Best"]), "Quality of pitch shifting; bounces always use Best.";
    ModWheel "modwheel" "Mod Wheel" false 0.0, Kind::Choice(&["None", "X", "Y", "Cutoff"]), "What the modulation wheel moves.";
    Bypass "bypass" "Bypass" false 0.0, Kind::Switch, "Silence the instrument.";
    Revision "revision" "Revision" false 0.0, Kind::Int { min: 0, max: 1_000_000, unit: Unit::None }, "Counts changes that are not parameters, so that hosts see the project as changed.";
}

/// Number of parameters.
pub const COUNT: usize = TABLE.len();

impl Param {
    /// All parameters, in the table's order.
    pub fn all() -> impl Iterator<Item = Param> {
        TABLE.iter().map(|s| s.param)
    }

    /// The parameter with this id.
    pub fn from_id(id: &str) -> Option<Param> {
        TABLE.iter().find(|s| s.id == id).map(|s| s.param)
    }

    /// Is it a coordinate of the point? That is followed by itself: nothing else follows from it.
    pub(crate) fn is_point(self) -> bool {
        matches!(self, Param::X | Param::Y)
    }

    /// Its row. Real-time safe.
    pub fn spec(self) -> &'static Spec {
        &TABLE[self as usize]
    }

    /// Its id.
    pub fn id(self) -> &'static str {
        self.spec().id
    }

    /// Its default, plain. Real-time safe.
    pub fn default(self) -> f64 {
        self.spec().default
    }

    /// May hosts automate it? All but `revision`.
    pub fn automatable(self) -> bool {
        self != Param::Revision
    }

    /// Smallest and largest plain value. Real-time safe.
    pub fn range(self) -> (f64, f64) {
        match self.spec().kind {
            Kind::Float { min, max, .. } => (min, max),
            Kind::Int { min, max, .. } => (f64::from(min), f64::from(max)),
            Kind::Choice(words) => (0.0, (words.len() - 1) as f64),
            Kind::Switch => (0.0, 1.0),
        }
    }

    /// Number of steps between the smallest and the largest value; `None` if continuous.
    pub fn steps(self) -> Option<usize> {
        match self.spec().kind {
            Kind::Float { .. } => None,
            _ => Some((self.range().1 - self.range().0) as usize),
        }
    }

    /// Into the range, whole where it must be; NaN becomes the default. Real-time safe.
    pub fn clamp(self, plain: f64) -> f64 {
        if plain.is_nan() {
            return self.default();
        }
        let (min, max) = self.range();
        let value = plain.clamp(min, max);
        if self.steps().is_some() { value.round() } else { value }
    }

    /// Plain to 0…1. Real-time safe.
    pub fn normalise(self, plain: f64) -> f64 {
        let plain = self.clamp(plain);
        let (min, max) = self.range();
        let n = match self.spec().kind {
            Kind::Float { curve: Power(power), .. } => ((plain - min) / (max - min)).powf(1.0 / power),
            Kind::Float { curve: Log, .. } => (plain / min).ln() / (max / min).ln(),
            Kind::Float { curve: Fader, .. } => 10f64.powf((plain - max) / 60.0),
            _ => (plain - min) / (max - min),
        };
        n.clamp(0.0, 1.0)
    }

    /// 0…1 to plain; out of range is clamped, NaN is the default. Real-time safe.
    pub fn denormalise(self, normalised: f64) -> f64 {
        if normalised.is_nan() {
            return self.default();
        }
        let n = normalised.clamp(0.0, 1.0);
        let (min, max) = self.range();
        self.clamp(match self.spec().kind {
            Kind::Float { curve: Power(power), .. } => min + (max - min) * n.powf(power),
            Kind::Float { curve: Log, .. } => min * (max / min).powf(n),
            Kind::Float { curve: Fader, .. } => max + 60.0 * n.log10(),
            _ => min + (max - min) * n,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (i, spec) in TABLE.iter().enumerate() {
            assert_eq!(spec.param as usize, i);
            assert_eq!(Param::from_id(spec.id), Some(spec.param));
        }
    }

    /// Projects and presets hold these for ever: append, never change.
    #[test]
    fn ids_are_frozen() {
        let ids: Vec<&str> = TABLE.iter().map(|s| s.id).collect();
        assert_eq!(
            ids.join(" "),
            "x y glide_xy xy_mode gain pan width tune fine bend_range attack decay sustain release velocity mode \
             glide voices filter cutoff resonance filter_env filter_key start loop reverse quality modwheel bypass \
             revision"
        );
    }

    #[test]
    fn normalised_and_plain_are_inverse() {
        for param in Param::all() {
            let steps = param.steps().unwrap_or(100).min(100);
            for i in 0..=steps {
                let n = i as f64 / steps as f64;
                let plain = param.denormalise(n);
                let back = param.denormalise(param.normalise(plain));
                assert!(plain == back || (plain - back).abs() < 1e-9, "{}: {plain} {back}", param.id());
            }
            assert!((param.denormalise(param.normalise(param.default())) - param.default()).abs() < 1e-9);
        }
    }

    #[test]
    fn gain_reaches_silence_and_twelve_db() {
        assert_eq!(Param::Gain.denormalise(0.0), f64::NEG_INFINITY);
        assert_eq!(Param::Gain.denormalise(1.0), 12.0);
        assert_eq!(Param::Gain.normalise(f64::NEG_INFINITY), 0.0);
    }
}
