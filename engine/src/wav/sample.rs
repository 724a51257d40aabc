//! Samples as they lie in a WAV file, and their decoding.

/// How one sample is stored. Containers are whole bytes, little-endian; a sample of fewer bits lies
/// at the upper end of its container, so the container alone decides the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Unsigned 8-bit, 128 is zero.
    Pcm8,
    /// Signed 16-bit.
    Pcm16,
    /// Signed 24-bit.
    Pcm24,
    /// Signed 32-bit.
    Pcm32,
    /// 32-bit float.
    Float32,
    /// 64-bit float.
    Float64,
    /// ITU-T G.711 A-law.
    ALaw,
    /// ITU-T G.711 µ-law.
    MuLaw,
}

impl Encoding {
    /// Bytes of one sample.
    pub const fn bytes(self) -> usize {
        match self {
            Encoding::Pcm8 | Encoding::ALaw | Encoding::MuLaw => 1,
            Encoding::Pcm16 => 2,
            Encoding::Pcm24 => 3,
            Encoding::Pcm32 | Encoding::Float32 => 4,
            Encoding::Float64 => 8,
        }
    }

    /// The encoding of a format tag (1, 3, 6, 7) and a container of `bytes` bytes.
    pub(super) fn from_tag(tag: u16, bytes: usize) -> Option<Encoding> {
        match (tag, bytes) {
            (1, 1) => Some(Encoding::Pcm8),
            (1, 2) => Some(Encoding::Pcm16),
            (1, 3) => Some(Encoding::Pcm24),
            (1, 4) => Some(Encoding::Pcm32),
            (3, 4) => Some(Encoding::Float32),
            (3, 8) => Some(Encoding::Float64),
            (6, 1) => Some(Encoding::ALaw),
            (7, 1) => Some(Encoding::MuLaw),
            _ => None,
        }
    }

    /// The format tag of a `fmt ` chunk.
    pub(super) const fn tag(self) -> u16 {
        match self {
            Encoding::Pcm8 | Encoding::Pcm16 | Encoding::Pcm24 | Encoding::Pcm32 => 1,
            Encoding::Float32 | Encoding::Float64 => 3,
            Encoding::ALaw => 6,
            Encoding::MuLaw => 7,
        }
    }

    /// Decodes one sample from its [`Encoding::bytes`] bytes; full scale is 1.0.
    pub fn decode(self, b: &[u8]) -> f32 {
        match self {
            Encoding::Pcm8 => (f32::from(b[0]) - 128.0) / 128.0,
            Encoding::Pcm16 => f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0,
            Encoding::Pcm24 => i32::from_le_bytes([0, b[0], b[1], b[2]]) as f32 / 2_147_483_648.0,
            Encoding::Pcm32 => i32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f32 / 2_147_483_648.0,
            Encoding::Float32 => f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
            Encoding::Float64 => f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32,
            Encoding::ALaw => f32::from(a_law(b[0])) / 32768.0,
            Encoding::MuLaw => f32::from(mu_law(b[0])) / 32768.0,
        }
    }
}

/// ITU-T G.711, A-law to 16-bit linear.
fn a_law(byte: u8) -> i16 {
    let v = byte ^ 0x55;
    let exponent = (v >> 4) & 7;
    let mantissa = i16::from(v & 15) << 4;
    let magnitude = if exponent == 0 { mantissa + 8 } else { (mantissa + 0x108) << (exponent - 1) };
    if v & 0x80 != 0 { magnitude } else { -magnitude }
}

/// ITU-T G.711, µ-law to 16-bit linear.
fn mu_law(byte: u8) -> i16 {
    let v = !byte;
    let magnitude = (((i16::from(v & 15) << 3) + 0x84) << ((v >> 4) & 7)) - 0x84;
    if v & 0x80 != 0 { -magnitude } else { magnitude }
}

/// Interleaved samples: 16-bit files keep their integers, all else is float with full scale 1.0.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// Full scale 32768.
    I16(Vec<i16>),
    /// Full scale 1.0.
    F32(Vec<f32>),
}

impl Samples {
    pub(super) fn with_capacity(encoding: Encoding, count: usize) -> Samples {
        match encoding {
            Encoding::Pcm16 => Samples::I16(Vec::with_capacity(count)),
            _ => Samples::F32(Vec::with_capacity(count)),
        }
    }

    /// Appends whole samples in `encoding`.
    pub(super) fn push(&mut self, encoding: Encoding, bytes: &[u8]) {
        match self {
            Samples::I16(out) => out.extend(bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]]))),
            Samples::F32(out) => out.extend(bytes.chunks_exact(encoding.bytes()).map(|b| encoding.decode(b))),
        }
    }

    pub(super) fn first_not_finite(&self) -> Option<usize> {
        match self {
            Samples::I16(_) => None,
            Samples::F32(s) => s.iter().position(|v| !v.is_finite()),
        }
    }

    /// Number of samples (frames times channels).
    pub fn len(&self) -> usize {
        match self {
            Samples::I16(s) => s.len(),
            Samples::F32(s) => s.len(),
        }
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As floats, full scale 1.0.
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Samples::I16(s) => s.iter().map(|&v| f32::from(v) / 32768.0).collect(),
            Samples::F32(s) => s.clone(),
        }
    }
}
