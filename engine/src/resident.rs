//! Audio memory: filled by loader threads, read by the audio thread, taken back by the loader.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`cell`] | [`CellAudio`]: the frames of one cell, chunk by chunk |
//! | [`kept`] | [`Kept`]: frames that are read again without another look |
//! | [`reader`] | [`Reader`], [`Reading`]: who reads, and when |
//! | [`pack`] | [`PlayPack`], [`PlayNote`]: a pack as the audio thread sees it |
//! | [`memory`] | address space whose pages come and go |
//!
//! A [`CellAudio`] has address space for the whole cell; pages arrive when a chunk is written. Each
//! chunk of [`CHUNK_FRAMES`] has an atomic mark. The audio thread asks for a range of frames and gets
//! a slice only if every chunk of it is readable, so it never meets memory that is not there and
//! never a file mapping.
//!
//! The life of a chunk: *absent*; *writing*, by one loader thread; *resident*; *leaving*, when the
//! loader wants its memory: it can still be read, but whoever reads it fades away from it; *gone*: nobody begins
//! to read it; absent again when every [`Reader`] has been outside of a block. Up to then it may become
//! resident again.

mod cell;
mod kept;
mod memory;
mod pack;
mod reader;

pub use cell::{CellAudio, Meter};
pub(crate) use kept::{Kept, Strands};
pub(crate) use pack::Fetch;
pub use pack::{LoopFrames, PlayNote, PlayPack};
pub(crate) use reader::{Desk, Moment, desks};
pub use reader::{Reader, Reading};

/// Frames of one chunk, the unit of loading.
pub const CHUNK_FRAMES: usize = 4096;

/// How the frames of a cell lie in memory. Both are interleaved stereo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// 16-bit PCM, full scale 32768.
    I16,
    /// 32-bit float, full scale 1.0.
    F32,
}

impl Storage {
    /// Bytes of one stereo frame.
    pub const fn frame_bytes(self) -> usize {
        match self {
            Storage::I16 => 4,
            Storage::F32 => 8,
        }
    }
}

/// A range of resident frames, in the cell's storage.
#[derive(Debug, Clone, Copy)]
pub enum Frames<'a> {
    /// Interleaved 16-bit.
    I16(&'a [[i16; 2]]),
    /// Interleaved float.
    F32(&'a [[f32; 2]]),
}
