//! Names of results: hashes of all that they were made from, the code included.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The code that makes sound, as a hash of its sources.
const CODE: &str = env!("BETWIXT_BUILDER_CODE");

/// A result's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key([u8; 32]);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Takes in what a result depends on, one thing after the other. Each thing has a known length or
/// tells it first, so that no two lists of things read alike.
#[derive(Debug, Clone)]
pub struct Hasher(Sha256);

impl Hasher {
    /// For results of one sort, made by this code.
    pub fn new(sort: &str) -> Hasher {
        let mut hasher = Hasher(Sha256::new());
        hasher.text(CODE);
        hasher.text(sort);
        hasher
    }

    /// A whole number.
    pub fn whole(&mut self, value: u64) -> &mut Hasher {
        self.0.update(value.to_le_bytes());
        self
    }

    /// A number, bit for bit.
    pub fn number(&mut self, value: f64) -> &mut Hasher {
        self.whole(value.to_bits())
    }

    /// Numbers, bit for bit.
    pub fn numbers(&mut self, values: &[f64]) -> &mut Hasher {
        self.whole(values.len() as u64);
        values.iter().for_each(|v| {
            self.number(*v);
        });
        self
    }

    /// A text.
    pub fn text(&mut self, value: &str) -> &mut Hasher {
        self.whole(value.len() as u64);
        self.0.update(value.as_bytes());
        self
    }

    /// Sound, bit for bit.
    pub fn frames(&mut self, frames: &[[f32; 2]]) -> &mut Hasher {
        self.whole(frames.len() as u64);
        let mut block = [0u8; 4096];
        for frames in frames.chunks(block.len() / 8) {
            for (bytes, value) in block.chunks_exact_mut(4).zip(frames.as_flattened()) {
                bytes.copy_from_slice(&value.to_le_bytes());
            }
            self.0.update(&block[..frames.len() * 8]);
        }
        self
    }

    /// Another result.
    pub fn result(&mut self, key: Key) -> &mut Hasher {
        self.0.update(key.0);
        self
    }

    /// The name.
    pub fn key(self) -> Key {
        Key(self.0.finalize().into())
    }
}
