//! What sounds now: voices, keys, levels, messages.

/// Where the loudness envelope of a voice is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EnvelopePlace {
    /// In the attack: share of the way to full level, 0…1.
    Attack(f32),
    /// In the decay or the sustain that it ends in: what is left of the way to the sustain level, 1…0.
    Decay(f32),
    /// In the release: what is left of the level at which it began, 1…0.
    Release(f32),
}

/// A sounding voice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Voice {
    /// Tells voices apart from frame to frame.
    pub id: u64,
    /// MIDI key, 0…127.
    pub key: u8,
    /// Place on the pad, 0…1.
    pub x: f32,
    /// Place on the pad, 0…1.
    pub y: f32,
    /// Amplitude of its envelope, 0…1.
    pub level: f32,
    /// Where that is.
    pub envelope: EnvelopePlace,
    /// The key has been let go.
    pub released: bool,
    /// Pressure, 0…1.
    pub pressure: f32,
}

/// Keys and wheels.
#[derive(Debug, Clone, PartialEq)]
pub struct Keys {
    /// Bit `key % 64` of word `key / 64`: the key sounds or is held.
    pub held: [u64; 2],
    /// Pitch wheel, −1…1.
    pub bend: f32,
    /// Modulation wheel, 0…1.
    pub modulation: f32,
}

impl Default for Keys {
    fn default() -> Self {
        Self { held: [0; 2], bend: 0.0, modulation: 0.0 }
    }
}

impl Keys {
    /// Marks a key.
    pub fn set(&mut self, key: u8, held: bool) {
        let bit = 1u64 << (key % 64);
        let word = &mut self.held[usize::from(key >> 6) & 1];
        if held { *word |= bit } else { *word &= !bit }
    }

    /// Is it marked?
    pub fn is_held(&self, key: u8) -> bool {
        self.held[usize::from(key >> 6) & 1] >> (key % 64) & 1 == 1
    }
}

/// Levels and load.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Sounding voices.
    pub voices: u32,
    /// Share of the audio block's time, 0…1; `None` while unmeasured.
    pub cpu: Option<f32>,
    /// Largest amplitude left and right since the last frame, linear (1 = 0 dB).
    pub peak: [f32; 2],
    /// Chunks that were wanted and not there, since the pack was opened.
    pub missing_chunks: u64,
    /// Bytes of sound in memory; 0 while unknown.
    pub memory_bytes: u64,
}

impl Default for Status {
    fn default() -> Self {
        Self { voices: 0, cpu: None, peak: [0.0; 2], missing_chunks: 0, memory_bytes: 0 }
    }
}

/// Kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToastKind {
    /// Something was done. Fades after 4 s.
    Note,
    /// Something was refused, and nothing is lost. Fades after 4 s.
    Refusal,
    /// Stays until closed.
    Error,
}

/// A message in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// Kind.
    pub kind: ToastKind,
    /// The sentence.
    pub text: String,
}
