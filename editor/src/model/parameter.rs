//! One parameter as the editor sees it.

/// A parameter: what it is (set once) and where it stands (set each frame). Values are normalised, 0…1 along the
/// control's travel, as hosts automate them.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Id of the parameter table, for ever.
    pub id: &'static str,
    /// Name that hosts show.
    pub name: String,
    /// One sentence for the tooltip.
    pub help: String,
    /// Set value, before modulation.
    pub value: f32,
    /// Value with modulation, the newest voice's where it differs; equal to `value` when nothing modulates.
    pub modulated: f32,
    /// `value` in words and units, as the parameter prints it.
    pub text: String,
    /// Default, normalised.
    pub default: f32,
    /// Steps between the smallest and the largest value; `None` when continuous.
    pub steps: Option<u32>,
    /// The words of a choice or switch, one for each value; empty otherwise.
    pub words: Vec<String>,
    /// Travel of a notch of the mouse wheel and of an arrow key, where a hundredth is no round value: then they go to
    /// the next multiple of it.
    pub notch: Option<f32>,
    /// Drawn from the middle of the travel.
    pub bipolar: bool,
    /// The host plays automation of it.
    pub automated: bool,
}

impl Parameter {
    /// A continuous parameter that stands at its default.
    pub fn new(id: &'static str, name: &str, default: f32) -> Self {
        Self {
            id,
            name: name.to_owned(),
            help: String::new(),
            value: default,
            modulated: default,
            text: String::new(),
            default,
            steps: None,
            words: Vec::new(),
            notch: None,
            bipolar: false,
            automated: false,
        }
    }

    /// Sets value and text; the modulated value moves along.
    pub fn set(&mut self, value: f32, text: impl Into<String>) {
        self.value = value;
        self.modulated = value;
        self.text = text.into();
    }

    /// Index of the step that `normalised` stands on; 0 for a continuous parameter.
    pub fn step_of(&self, normalised: f32) -> usize {
        self.steps.map_or(0, |steps| (normalised * steps as f32).round() as usize)
    }

    /// Normalised value of a step.
    pub fn value_of_step(&self, step: usize) -> f32 {
        match self.steps {
            Some(steps) if steps > 0 => (step as f32 / steps as f32).clamp(0.0, 1.0),
            _ => 0.0,
        }
    }

    /// Into 0…1 and onto a step; anything not a number becomes the default.
    pub fn snap(&self, normalised: f32) -> f32 {
        if normalised.is_nan() {
            return self.default;
        }
        let value = normalised.clamp(0.0, 1.0);
        if self.steps.is_some() { self.value_of_step(self.step_of(value)) } else { value }
    }
}
