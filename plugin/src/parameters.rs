//! The engine's parameter table as host parameters.
//!
//! Hosts see each value *normalised* (0…1 along the control's travel, or the step's number) and as
//! the table's text. Continuous parameters are kept normalised, so the table alone knows the curves;
//! stepped ones are kept as their index or number.

use std::sync::Arc;

use betwixt_engine::params::{Kind, Param, TABLE};
use nice_plug::prelude::{
    BoolParam, FloatParam, FloatRange, IntParam, IntRange, Param as _, ParamPtr, RemoteControlsPage,
};

/// All parameters, in the table's order.
pub struct Parameters {
    /// One per row of the table. Hosts hold pointers into it: never moved or changed after `new`.
    controls: Box<[Control]>,
}

/// A host parameter of the kind that its row asks for.
enum Control {
    Float(FloatParam),
    Int(IntParam),
    Switch(BoolParam),
}

impl Parameters {
    /// The table at its defaults. Allocates.
    pub fn new() -> Parameters {
        Parameters { controls: Param::all().map(Control::new).collect() }
    }

    /// Base value, 0…1, before modulation. Real-time safe.
    pub fn base(&self, param: Param) -> f32 {
        match &self.controls[param as usize] {
            Control::Float(p) => p.unmodulated_normalized_value(),
            Control::Int(p) => p.unmodulated_normalized_value(),
            Control::Switch(p) => p.unmodulated_normalized_value(),
        }
    }

    /// Value with the host's modulation of all notes, 0…1. Real-time safe.
    pub fn modulated(&self, param: Param) -> f32 {
        match &self.controls[param as usize] {
            Control::Float(p) => p.modulated_normalized_value(),
            Control::Int(p) => p.modulated_normalized_value(),
            Control::Switch(p) => p.modulated_normalized_value(),
        }
    }

    /// Base value, plain. Real-time safe.
    pub fn plain(&self, param: Param) -> f64 {
        plain_of(param, self.base(param))
    }

    /// Id, pointer and heading of each, in the table's order. The pointers are good while self lives.
    pub fn map(&self) -> Vec<(String, ParamPtr, String)> {
        TABLE.iter().map(|s| (s.id.to_owned(), self.pointer(s.param), group(s.param).to_owned())).collect()
    }

    /// Puts a parameter on a page of a hardware controller.
    pub fn put_on(&self, page: &mut impl RemoteControlsPage, param: Param) {
        match &self.controls[param as usize] {
            Control::Float(p) => page.add_param(p),
            Control::Int(p) => page.add_param(p),
            Control::Switch(p) => page.add_param(p),
        }
    }

    /// What the framework's setters take.
    pub fn pointer(&self, param: Param) -> ParamPtr {
        match &self.controls[param as usize] {
            Control::Float(p) => p.as_ptr(),
            Control::Int(p) => p.as_ptr(),
            Control::Switch(p) => p.as_ptr(),
        }
    }
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters::new()
    }
}

/// The plain value that a host's single-precision `normalised` stands for: of all that round to it,
/// the default or else the one with the fewest digits. So 0.3 s comes back as 0.3 s, and the default
/// volume as exactly 0 dB. Real-time safe.
pub fn plain_of(param: Param, normalised: f32) -> f64 {
    let is_it = |plain: f64| param.normalise(plain) as f32 == normalised;
    let default = param.default();
    if is_it(default) {
        return default;
    }
    let plain = param.denormalise(f64::from(normalised));
    if !plain.is_finite() || plain == 0.0 {
        return plain;
    }
    let magnitude = plain.abs().log10().floor() as i32;
    for digits in 2..8 {
        let scale = 10f64.powi(digits - 1 - magnitude);
        let short = (plain * scale).round() / scale;
        if is_it(short) {
            return param.clamp(short);
        }
    }
    plain
}

/// The value that hosts store for `plain`. Real-time safe.
pub fn normalised_of(param: Param, plain: f64) -> f32 {
    param.normalise(plain) as f32
}

impl Control {
    fn new(param: Param) -> Control {
        let spec = param.spec();
        let (min, max) = param.range();
        match spec.kind {
            Kind::Float { .. } => {
                let range = FloatRange::Linear { min: 0.0, max: 1.0 };
                let float = FloatParam::new(spec.name, normalised_of(param, spec.default), range)
                    .with_value_to_string(Arc::new(move |n| param.format(plain_of(param, n))))
                    .with_string_to_value(Arc::new(move |t| param.parse(t).ok().map(|v| normalised_of(param, v))));
                Control::Float(if spec.poly { float.with_poly_modulation_id(param as u32) } else { float })
            }
            Kind::Int { .. } | Kind::Choice(_) => {
                let range = IntRange::Linear { min: min as i32, max: max as i32 };
                let int = IntParam::new(spec.name, spec.default as i32, range)
                    .with_value_to_string(Arc::new(move |v| param.format(f64::from(v))))
                    .with_string_to_value(Arc::new(move |t| param.parse(t).ok().map(|v| v as i32)));
                // Not hidden: hosts treat hidden ones as read-only and would not mark the project as changed.
                Control::Int(if param.automatable() { int } else { int.non_automatable() })
            }
            Kind::Switch => {
                let switch = BoolParam::new(spec.name, spec.default >= 0.5)
                    .with_value_to_string(Arc::new(move |on| param.format(f64::from(u8::from(on)))))
                    .with_string_to_value(Arc::new(move |t| param.parse(t).ok().map(|v| v >= 0.5)));
                Control::Switch(if param == Param::Bypass { switch.make_bypass() } else { switch })
            }
        }
    }
}

/// The heading under which hosts list a parameter; empty for those that stand alone.
fn group(param: Param) -> &'static str {
    use Param as P;
    match param {
        P::X | P::Y | P::GlideXy | P::XyMode => "Pad",
        P::Gain | P::Pan | P::Width => "Output",
        P::Tune | P::Fine | P::BendRange | P::Glide => "Pitch",
        P::Attack | P::Decay | P::Sustain | P::Release => "Envelope",
        P::Velocity | P::Mode | P::Voices | P::ModWheel => "Playing",
        P::Filter | P::Cutoff | P::Resonance | P::FilterEnv | P::FilterKey => "Filter",
        P::Start | P::Loop | P::Reverse | P::Quality => "Sample",
        P::Bypass | P::Revision => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The framework's hash of an id, which is what projects store.
    fn hash(id: &str) -> u32 {
        id.bytes().fold(0u32, |h, c| h.wrapping_mul(31).wrapping_add(u32::from(c))) & !(1 << 31)
    }

    #[test]
    fn hosts_get_the_table_in_its_order() {
        let ids: Vec<String> = Parameters::new().map().into_iter().map(|(id, _, _)| id).collect();
        assert_eq!(ids, TABLE.iter().map(|s| s.id).collect::<Vec<_>>());
    }

    #[test]
    fn hashed_ids_differ_and_leave_the_reserved_range_alone() {
        let mut seen = std::collections::BTreeMap::new();
        for spec in TABLE {
            let h = hash(spec.id);
            assert!(h < (1 << 31) - 2080, "{} falls among the VST3 controllers", spec.id);
            assert_eq!(seen.insert(h, spec.id), None, "{} collides", spec.id);
        }
    }

    /// Hosts' automation hangs on these numbers.
    #[test]
    fn hashed_ids_are_frozen() {
        assert_eq!((hash("x"), hash("y"), hash("gain"), hash("revision")), (120, 121, 3_165_055, 1_886_697_435));
    }

    #[test]
    fn defaults_are_exact() {
        let parameters = Parameters::new();
        for param in Param::all() {
            assert_eq!(parameters.plain(param), param.default(), "{}", param.id());
        }
    }

    #[test]
    fn short_values_survive_the_hosts_single_precision() {
        for (param, plain) in [
            (Param::X, 0.3),
            (Param::Gain, -6.0),
            (Param::Gain, f64::NEG_INFINITY),
            (Param::Attack, 0.25),
            (Param::Release, 12.5),
            (Param::Cutoff, 440.0),
            (Param::Pan, -30.0),
            (Param::GlideXy, 125.0),
            (Param::BendRange, 12.0),
            (Param::Filter, 3.0),
            (Param::Reverse, 1.0),
        ] {
            assert_eq!(plain_of(param, normalised_of(param, plain)), plain, "{}", param.id());
        }
    }

    #[test]
    fn any_host_value_means_one_in_range_that_maps_back() {
        for param in Param::all() {
            let (min, max) = param.range();
            for i in 0..=1000 {
                let n = (f64::from(i) / 1000.0) as f32;
                let plain = plain_of(param, n);
                assert!((min..=max).contains(&plain), "{} {plain}", param.id());
                if param.steps().is_none() {
                    assert_eq!(normalised_of(param, plain), n, "{} {plain}", param.id());
                }
            }
        }
    }

    #[test]
    fn hosts_read_and_write_the_tables_text() {
        let parameters = Parameters::new();
        for (param, text) in [
            (Param::X, "30 %"),
            (Param::Gain, "-6.0 dB"),
            (Param::Gain, "-inf dB"),
            (Param::Filter, "BP"),
            (Param::Voices, "12"),
            (Param::BendRange, "12 st"),
            (Param::Reverse, "On"),
            (Param::Pan, "30L"),
        ] {
            let pointer = parameters.pointer(param);
            // SAFETY: `parameters` outlives the pointer.
            let (value, back) = unsafe {
                let value = pointer.string_to_normalized_value(text).expect(text);
                (value, pointer.normalized_value_to_string(value, true))
            };
            assert_eq!(back, text, "{} {value}", param.id());
        }
    }

    #[test]
    fn stepped_parameters_have_their_steps_and_flags() {
        use nice_plug::prelude::ParamFlags;
        let parameters = Parameters::new();
        for param in Param::all() {
            let pointer = parameters.pointer(param);
            // SAFETY: `parameters` outlives the pointer.
            let (steps, flags, poly) = unsafe { (pointer.step_count(), pointer.flags(), pointer.poly_modulation_id()) };
            assert_eq!(steps, param.steps(), "{}", param.id());
            assert_eq!(flags.contains(ParamFlags::BYPASS), param == Param::Bypass);
            assert_eq!(flags.contains(ParamFlags::NON_AUTOMATABLE), !param.automatable());
            assert!(!flags.contains(ParamFlags::HIDDEN));
            assert_eq!(poly, param.spec().poly.then_some(param as u32));
        }
    }
}
