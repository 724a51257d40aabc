//! D9 of `docs/framework.md`: a parameter's base follows automation also where modulation holds the
//! heard value at the end of the range.

use nice_plug::prelude::*;

#[test]
fn the_base_is_kept_under_clamped_modulation() {
    let param = FloatParam::new("X", 0.9, FloatRange::Linear { min: 0.0, max: 1.0 });
    let pointer = param.as_ptr();
    // SAFETY: the parameter outlives the pointer, and nobody else has it.
    unsafe {
        pointer._internal_modulate_value(0.3);
        assert_eq!(param.value(), 1.0);
        assert!(pointer._internal_set_normalized_value(0.95), "a change of the base is a change");
        assert_eq!(param.unmodulated_plain_value(), 0.95);
        assert!(!pointer._internal_set_normalized_value(0.95), "the same base is none");
        pointer._internal_modulate_value(0.0);
    }
    assert_eq!(param.value(), 0.95);
}
