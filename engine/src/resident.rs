//! Audio memory: filled by loader threads, read by the audio thread.
//!
//! A [`CellAudio`] reserves the whole length of a cell as address space; pages arrive when a chunk
//! is written. Each chunk of [`CHUNK_FRAMES`] has an atomic residency mark. The audio thread asks
//! for a range of frames and gets a slice only if every chunk of it is marked, so it never meets
//! memory that is not there and never a file mapping.
//!
//! Invariant: a chunk is written by one loader thread before its mark is set (release), and not
//! written again while it is set; a reader looks at the mark first (acquire).
//!
//! The cells of a note share one mapping ([`CellAudio::reserve_all`]): a system lets a process have
//! only some 65 000 of them (Linux, `vm.max_map_count`), and a large pack has more cells.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

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

/// Cells begin on the largest page of the systems we run on (16 KiB, Apple), so that the pages of a
/// cell can one day be given back without touching its neighbours.
const PAGE_BYTES: usize = 16 << 10;

const ABSENT: u8 = 0;
const WRITING: u8 = 1;
const RESIDENT: u8 = 2;

/// The audio of one cell: stereo frames at the pack's rate.
pub struct CellAudio {
    storage: Storage,
    frames: usize,
    /// Owns the address space that `base` points into, with other cells; never touched through this
    /// handle, so the pointers that were taken from it stay good.
    _memory: Arc<memmap2::MmapMut>,
    base: *mut u8,
    marks: Box<[AtomicU8]>,
    given_up: AtomicBool,
}

// SAFETY: `base` points into `_memory`, which lives as long as self, to a part of it that no other
// cell has; access to each chunk is ordered by its mark (see the module's invariant).
unsafe impl Send for CellAudio {}
// SAFETY: as above.
unsafe impl Sync for CellAudio {}

impl CellAudio {
    /// Reserves address space for `frames` stereo frames; nothing is resident yet. Allocates.
    ///
    /// # Errors
    /// When the system refuses the address space, or `frames` is 0 or over
    /// [`crate::limits::CELL_FRAMES`].
    pub fn reserve(storage: Storage, frames: usize) -> io::Result<CellAudio> {
        let mut cells = CellAudio::reserve_all(&[(storage, frames)])?;
        cells.pop().ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    /// Reserves address space for several cells at once, in one mapping that is given back when the
    /// last of them goes. Allocates.
    ///
    /// # Errors
    /// As [`CellAudio::reserve`], for any of them.
    pub fn reserve_all(cells: &[(Storage, usize)]) -> io::Result<Vec<CellAudio>> {
        let mut offsets = Vec::with_capacity(cells.len());
        let mut len = 0usize;
        for &(storage, frames) in cells {
            if frames == 0 || frames as u64 > crate::limits::CELL_FRAMES {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("a cell of {frames} frames")));
            }
            offsets.push(len);
            let end = len.checked_add(frames * storage.frame_bytes()).filter(|end| *end < isize::MAX as usize / 2);
            len = end.ok_or(io::ErrorKind::OutOfMemory)?.next_multiple_of(PAGE_BYTES);
        }
        if cells.is_empty() {
            return Ok(Vec::new());
        }
        let mut memory = memmap2::MmapOptions::new().len(len).no_reserve_swap().map_anon()?;
        let start = memory.as_mut_ptr();
        let memory = Arc::new(memory);
        let cell = |(&(storage, frames), offset): (&(Storage, usize), usize)| CellAudio {
            storage,
            frames,
            // SAFETY: `offset` is less than the mapping's length.
            base: unsafe { start.add(offset) },
            _memory: memory.clone(),
            marks: (0..frames.div_ceil(CHUNK_FRAMES)).map(|_| AtomicU8::new(ABSENT)).collect(),
            given_up: AtomicBool::new(false),
        };
        Ok(cells.iter().zip(offsets).map(cell).collect())
    }

    /// A cell that is wholly resident, from interleaved float frames. Allocates.
    ///
    /// # Errors
    /// As [`CellAudio::reserve`].
    pub fn from_f32(frames: &[[f32; 2]]) -> io::Result<CellAudio> {
        let cell = CellAudio::reserve(Storage::F32, frames.len())?;
        for (chunk, part) in frames.chunks(CHUNK_FRAMES).enumerate() {
            cell.fill_f32(chunk, |out| out.copy_from_slice(part));
        }
        Ok(cell)
    }

    /// A cell that is wholly resident, from interleaved 16-bit frames. Allocates.
    ///
    /// # Errors
    /// As [`CellAudio::reserve`].
    pub fn from_i16(frames: &[[i16; 2]]) -> io::Result<CellAudio> {
        let cell = CellAudio::reserve(Storage::I16, frames.len())?;
        for (chunk, part) in frames.chunks(CHUNK_FRAMES).enumerate() {
            cell.fill_i16(chunk, |out| out.copy_from_slice(part));
        }
        Ok(cell)
    }

    /// Length in frames. Real-time safe.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// How frames are stored. Real-time safe.
    pub fn storage(&self) -> Storage {
        self.storage
    }

    /// Number of chunks.
    pub fn chunks(&self) -> usize {
        self.marks.len()
    }

    /// The frames of chunk `chunk`.
    pub fn chunk_range(&self, chunk: usize) -> Range<usize> {
        let start = chunk * CHUNK_FRAMES;
        start..(start + CHUNK_FRAMES).min(self.frames)
    }

    /// Is this chunk there? Real-time safe.
    pub fn chunk_is_resident(&self, chunk: usize) -> bool {
        self.marks[chunk].load(Ordering::Acquire) == RESIDENT
    }

    /// Are all frames of `range` there? Real-time safe. An empty range is.
    pub fn is_resident(&self, range: Range<usize>) -> bool {
        if range.is_empty() {
            return true;
        }
        if range.end > self.frames {
            return false;
        }
        (range.start / CHUNK_FRAMES..=(range.end - 1) / CHUNK_FRAMES).all(|c| self.chunk_is_resident(c))
    }

    /// The frames of `range`, if all of them are resident. Real-time safe.
    pub fn read(&self, range: Range<usize>) -> Option<Frames<'_>> {
        if range.start > range.end || range.end > self.frames || !self.is_resident(range.clone()) {
            return None;
        }
        let len = range.len();
        // SAFETY: the range lies inside the cell and every chunk of it is marked resident, so it is
        // initialised and no one writes to it; both element types accept any bit pattern, and the
        // mapping is page-aligned.
        unsafe {
            Some(match self.storage {
                Storage::I16 => {
                    Frames::I16(std::slice::from_raw_parts(self.base.cast::<[i16; 2]>().add(range.start), len))
                }
                Storage::F32 => {
                    Frames::F32(std::slice::from_raw_parts(self.base.cast::<[f32; 2]>().add(range.start), len))
                }
            })
        }
    }

    /// Fills a 16-bit chunk through `write` and marks it. Returns false, without calling `write`,
    /// when it is there already or another thread is at it. For loader threads.
    pub fn fill_i16(&self, chunk: usize, write: impl FnOnce(&mut [[i16; 2]])) -> bool {
        assert_eq!(self.storage, Storage::I16, "a float cell filled with 16-bit frames");
        self.fill(chunk, |base, range| {
            // SAFETY: inside the mapping; this thread alone holds the WRITING mark.
            write(unsafe { std::slice::from_raw_parts_mut(base.cast::<[i16; 2]>().add(range.start), range.len()) });
        })
    }

    /// As [`CellAudio::fill_i16`], for float cells.
    pub fn fill_f32(&self, chunk: usize, write: impl FnOnce(&mut [[f32; 2]])) -> bool {
        assert_eq!(self.storage, Storage::F32, "a 16-bit cell filled with float frames");
        self.fill(chunk, |base, range| {
            // SAFETY: inside the mapping; this thread alone holds the WRITING mark.
            write(unsafe { std::slice::from_raw_parts_mut(base.cast::<[f32; 2]>().add(range.start), range.len()) });
        })
    }

    fn fill(&self, chunk: usize, write: impl FnOnce(*mut u8, Range<usize>)) -> bool {
        /// Takes the WRITING mark back when `write` panics, so that the chunk can be tried again.
        struct Undo<'a>(&'a AtomicU8);
        impl Drop for Undo<'_> {
            fn drop(&mut self) {
                self.0.store(ABSENT, Ordering::Release);
            }
        }
        let mark = &self.marks[chunk];
        if mark.compare_exchange(ABSENT, WRITING, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return false;
        }
        let undo = Undo(mark);
        write(self.base, self.chunk_range(chunk));
        std::mem::forget(undo);
        mark.store(RESIDENT, Ordering::Release);
        true
    }

    /// Says that chunks which are not there will not come: the loader met an error, or stopped.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    /// Has the loader stopped, so that there is no use in waiting for a chunk? Real-time safe.
    pub fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }
}

impl std::fmt::Debug for CellAudio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CellAudio").field("storage", &self.storage).field("frames", &self.frames).finish()
    }
}

/// Loop points in frames; `end` is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopFrames {
    /// First frame of the loop.
    pub start: usize,
    /// First frame after the loop.
    pub end: usize,
}

/// One recorded note: a root and velocity layer with a cell for each grid point.
#[derive(Debug, Clone)]
pub struct PlayNote {
    /// MIDI key at which the cells sound untransposed.
    pub root: u8,
    /// Keys that choose this note, inclusive.
    pub keys: (u8, u8),
    /// MIDI velocities that choose this note, inclusive.
    pub velocities: (u8, u8),
    /// How far the cells sound above their root, in cents.
    pub tune_cents: f32,
    /// Length of every cell, in frames.
    pub frames: usize,
    /// The loop that all cells share.
    pub loop_frames: Option<LoopFrames>,
    /// Phases agree between cells: mix by amplitude, else by power.
    pub coherent: bool,
    /// Row-major from y = 0: `columns * rows` cells. A cell may stand more than once.
    pub cells: Box<[Arc<CellAudio>]>,
}

/// A pack as the audio thread sees it. Built and dropped off the audio thread.
#[derive(Debug)]
pub struct PlayPack {
    /// Grid columns, 1–33.
    pub columns: usize,
    /// Grid rows, 1–33.
    pub rows: usize,
    /// Rate of every cell, in Hz.
    pub sample_rate_hz: f64,
    /// The notes, in the pack's order.
    pub notes: Box<[PlayNote]>,
    lookup: Box<[[u16; 128]; 128]>,
}

impl PlayPack {
    /// Puts a pack together. Allocates. Keys and velocities outside every note's ranges choose the
    /// nearest note, so each key sounds when there is any note at all.
    pub fn new(columns: usize, rows: usize, sample_rate_hz: f64, notes: Vec<PlayNote>) -> PlayPack {
        assert!(notes.iter().all(|n| n.cells.len() == columns * rows), "a note lacks cells");
        let outside =
            |v: u8, (low, high): (u8, u8)| i32::from(low.saturating_sub(v)) + i32::from(v.saturating_sub(high));
        let mut lookup = Box::new([[0u16; 128]; 128]);
        for key in 0..128u8 {
            for velocity in 0..128u8 {
                let near = notes.iter().enumerate().min_by_key(|(_, n)| {
                    let key_off = outside(key, n.keys);
                    (key_off, outside(velocity.max(1), n.velocities), i32::from(n.root.abs_diff(key)))
                });
                lookup[usize::from(key)][usize::from(velocity)] = near.map_or(0, |(i, _)| i as u16);
            }
        }
        PlayPack { columns, rows, sample_rate_hz, notes: notes.into_boxed_slice(), lookup }
    }

    /// The index of the note that `key` and `velocity` choose, `None` in an empty pack.
    /// Real-time safe.
    pub fn choose(&self, key: u8, velocity: u8) -> Option<usize> {
        if self.notes.is_empty() {
            return None;
        }
        Some(usize::from(self.lookup[usize::from(key & 127)][usize::from(velocity & 127)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_readable_only_when_all_its_chunks_are_there() {
        let cell = CellAudio::reserve(Storage::I16, CHUNK_FRAMES * 2 + 10).unwrap();
        assert!(cell.read(0..1).is_none());
        assert!(cell.fill_i16(0, |out| out.fill([1, 2])));
        assert!(!cell.fill_i16(0, |_| panic!("filled twice")));
        assert!(cell.read(0..CHUNK_FRAMES).is_some());
        assert!(cell.read(0..CHUNK_FRAMES + 1).is_none());
        assert!(cell.fill_i16(2, |out| assert_eq!(out.len(), 10)));
        assert!(cell.read(2 * CHUNK_FRAMES..2 * CHUNK_FRAMES + 11).is_none(), "past the end");
    }

    #[test]
    fn cells_of_one_mapping_do_not_touch_each_other() {
        let sizes = [(Storage::I16, 1), (Storage::F32, CHUNK_FRAMES + 1), (Storage::I16, 5 * CHUNK_FRAMES)];
        let cells = CellAudio::reserve_all(&sizes).unwrap();
        for (i, cell) in cells.iter().enumerate() {
            for chunk in 0..cell.chunks() {
                match cell.storage() {
                    Storage::I16 => assert!(cell.fill_i16(chunk, |out| out.fill([i as i16 + 1; 2]))),
                    Storage::F32 => assert!(cell.fill_f32(chunk, |out| out.fill([i as f32 + 1.0; 2]))),
                }
            }
        }
        for (i, cell) in cells.iter().enumerate() {
            match cell.read(0..cell.frames()).unwrap() {
                Frames::I16(f) => assert!(f.iter().all(|f| *f == [i as i16 + 1; 2])),
                Frames::F32(f) => assert!(f.iter().all(|f| *f == [i as f32 + 1.0; 2])),
            }
        }
        assert!(CellAudio::reserve(Storage::I16, 0).is_err());
        assert!(CellAudio::reserve(Storage::I16, (1 << 27) + 1).is_err());
    }

    #[test]
    fn a_chunk_whose_writer_panics_is_absent_again() {
        let cell = CellAudio::reserve(Storage::I16, 10).unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cell.fill_i16(0, |_| panic!("bad"))));
        assert!(panicked.is_err() && !cell.chunk_is_resident(0));
        assert!(cell.fill_i16(0, |out| out.fill([1, 1])));
    }

    #[test]
    fn keys_outside_every_range_choose_the_nearest_note() {
        let cell = Arc::new(CellAudio::from_f32(&[[0.0; 2]]).unwrap());
        let note = |root, keys| PlayNote {
            root,
            keys,
            velocities: (1, 127),
            tune_cents: 0.0,
            frames: 1,
            loop_frames: None,
            coherent: false,
            cells: vec![cell.clone()].into(),
        };
        let pack = PlayPack::new(1, 1, 48_000.0, vec![note(48, (40, 52)), note(60, (53, 66))]);
        assert_eq!(pack.choose(0, 100), Some(0));
        assert_eq!(pack.choose(53, 1), Some(1));
        assert_eq!(pack.choose(127, 127), Some(1));
    }
}
