//! The audio of one cell.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use super::memory::{Memory, PAGE_BYTES};
use super::reader::{Reading, count_departure};
use super::{CHUNK_FRAMES, Frames, Storage};

const ABSENT: u8 = 0;
const WRITING: u8 = 1;
const RESIDENT: u8 = 2;
const LEAVING: u8 = 3;
const GONE: u8 = 4;

/// Not known until its file has been looked at.
const UNKNOWN: u8 = 0;
const I16: u8 = 1;
const F32: u8 = 2;

/// Counts the bytes of audio that are in memory.
#[derive(Debug, Default)]
pub struct Meter(AtomicU64);

impl Meter {
    /// Bytes in memory now.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn subtract(&self, bytes: usize) {
        self.0.fetch_sub(bytes as u64, Ordering::Relaxed);
    }
}

/// The audio of one cell: stereo frames at the pack's rate.
///
/// Cells of a note share one mapping ([`CellAudio::reserve_all`]): a system lets a process have only
/// some 65 000 of them (Linux, `vm.max_map_count`), and a large pack has more cells.
pub struct CellAudio {
    storage: AtomicU8,
    frames: usize,
    /// Owns the address space that `base` points into, with other cells.
    memory: Arc<Memory>,
    base: *mut u8,
    /// Where `base` lies in `memory`.
    offset: usize,
    marks: Box<[AtomicU8]>,
    given_up: AtomicBool,
    meter: Arc<Meter>,
    /// For tests: there is no memory for it.
    #[cfg(test)]
    pub(crate) is_refused: AtomicBool,
}

// SAFETY: `base` points into `memory`, which lives as long as self, to a part of it that no other
// cell has; access to each chunk is ordered by its mark (see the module's account of its life).
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
        let mut cells = CellAudio::reserve_all(&[frames], &Arc::default())?;
        let cell = cells.pop().ok_or(io::ErrorKind::InvalidInput)?;
        cell.set_storage(storage);
        Ok(cell)
    }

    /// Reserves address space for cells of these lengths, in one mapping that is given back when the
    /// last of them goes. How they are stored is said later, before they are filled
    /// ([`CellAudio::set_storage`]). What becomes resident is counted by `meter`. Allocates.
    ///
    /// # Errors
    /// As [`CellAudio::reserve`], for any of them.
    pub fn reserve_all(cells: &[usize], meter: &Arc<Meter>) -> io::Result<Vec<CellAudio>> {
        let mut offsets = Vec::with_capacity(cells.len());
        let mut len = 0usize;
        for &frames in cells {
            if frames == 0 || frames as u64 > crate::limits::CELL_FRAMES {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("a cell of {frames} frames")));
            }
            offsets.push(len);
            let end = len.checked_add(frames * Storage::F32.frame_bytes()).filter(|end| *end < isize::MAX as usize / 2);
            len = end.ok_or(io::ErrorKind::OutOfMemory)?.next_multiple_of(PAGE_BYTES);
        }
        if cells.is_empty() {
            return Ok(Vec::new());
        }
        let mut memory = Memory::reserve(len)?;
        let start = memory.start();
        let memory = Arc::new(memory);
        let cell = |(&frames, offset): (&usize, usize)| CellAudio {
            storage: AtomicU8::new(UNKNOWN),
            frames,
            // SAFETY: `offset` is less than the mapping's length.
            base: unsafe { start.add(offset) },
            offset,
            memory: memory.clone(),
            marks: (0..frames.div_ceil(CHUNK_FRAMES)).map(|_| AtomicU8::new(ABSENT)).collect(),
            given_up: AtomicBool::new(false),
            meter: meter.clone(),
            #[cfg(test)]
            is_refused: AtomicBool::new(false),
        };
        Ok(cells.iter().zip(offsets).map(cell).collect())
    }

    /// A cell that is wholly resident, from interleaved float frames. Allocates.
    ///
    /// # Errors
    /// As [`CellAudio::reserve`], and when the system has no memory.
    pub fn from_f32(frames: &[[f32; 2]]) -> io::Result<CellAudio> {
        let cell = CellAudio::reserve(Storage::F32, frames.len())?;
        for (chunk, part) in frames.chunks(CHUNK_FRAMES).enumerate() {
            cell.fill_f32(chunk, |out| out.copy_from_slice(part))?;
        }
        Ok(cell)
    }

    /// A cell that is wholly resident, from interleaved 16-bit frames. Allocates.
    ///
    /// # Errors
    /// As [`CellAudio::reserve`], and when the system has no memory.
    pub fn from_i16(frames: &[[i16; 2]]) -> io::Result<CellAudio> {
        let cell = CellAudio::reserve(Storage::I16, frames.len())?;
        for (chunk, part) in frames.chunks(CHUNK_FRAMES).enumerate() {
            cell.fill_i16(chunk, |out| out.copy_from_slice(part))?;
        }
        Ok(cell)
    }

    /// Length in frames. Real-time safe.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// How frames are stored, once that is known. Real-time safe.
    pub fn storage(&self) -> Option<Storage> {
        match self.storage.load(Ordering::Relaxed) {
            I16 => Some(Storage::I16),
            F32 => Some(Storage::F32),
            _ => None,
        }
    }

    /// Says how frames are stored; true if that is how they are. The first one to say it counts.
    pub fn set_storage(&self, storage: Storage) -> bool {
        let code = if storage == Storage::I16 { I16 } else { F32 };
        match self.storage.compare_exchange(UNKNOWN, code, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => true,
            Err(before) => before == code,
        }
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

    /// Is this chunk there, and will it stay? Real-time safe.
    pub fn chunk_is_resident(&self, chunk: usize) -> bool {
        self.marks[chunk].load(Ordering::Acquire) == RESIDENT
    }

    /// Are all frames of `range` there, and will they stay? Real-time safe. An empty range is.
    pub fn is_resident(&self, range: Range<usize>) -> bool {
        self.all_chunks(range, |mark| mark == RESIDENT)
    }

    fn all_chunks(&self, range: Range<usize>, is: impl Fn(u8) -> bool) -> bool {
        if range.is_empty() {
            return true;
        }
        if range.end > self.frames {
            return false;
        }
        let mut chunks = range.start / CHUNK_FRAMES..=(range.end - 1) / CHUNK_FRAMES;
        chunks.all(|c| is(self.marks[c].load(Ordering::Acquire)))
    }

    /// The frames of `range`, if all of them are there (also those that are about to leave). Real-time
    /// safe.
    pub fn read<'a>(&'a self, _reading: &'a Reading, range: Range<usize>) -> Option<Frames<'a>> {
        let readable = |mark| matches!(mark, RESIDENT | LEAVING);
        if range.start > range.end || range.end > self.frames || !self.all_chunks(range.clone(), readable) {
            return None;
        }
        // SAFETY: the range lies inside the cell and every chunk of it is marked readable.
        self.storage().map(|storage| unsafe {
            match storage {
                Storage::I16 => Frames::I16(CellAudio::frames_at(self.base, &range)),
                Storage::F32 => Frames::F32(CellAudio::frames_at(self.base, &range)),
            }
        })
    }

    /// Where frame 0 is, and how frames are stored, if this chunk is there and will stay. Real-time safe.
    pub(super) fn staying(&self, chunk: usize) -> Option<(*const u8, Storage)> {
        let is_staying = self.marks.get(chunk)?.load(Ordering::Acquire) == RESIDENT;
        self.storage().filter(|_| is_staying).map(|storage| (self.base.cast_const(), storage))
    }

    /// # Safety
    /// `base` is frame 0 of a cell that lives for `'a` and whose storage is of `T`; the range is not
    /// backwards and lies inside it, and every chunk of it was marked readable while a [`Reading`] lived that
    /// outlives `'a`.
    #[inline]
    pub(super) unsafe fn frames_at<'a, T>(base: *const u8, range: &Range<usize>) -> &'a [[T; 2]] {
        // SAFETY: the caller's promise: the frames are initialised and no one writes to them or takes them
        // away while the reading lives; both element types accept any bit pattern, and the mapping is
        // page-aligned.
        unsafe { std::slice::from_raw_parts(base.cast::<[T; 2]>().add(range.start), range.end - range.start) }
    }

    /// Fills a 16-bit chunk through `write` and marks it. Returns false, without calling `write`,
    /// when it is there already or another thread is at it. For loader threads.
    ///
    /// # Errors
    /// When the system has no memory for it; it is then still absent.
    pub fn fill_i16(&self, chunk: usize, write: impl FnOnce(&mut [[i16; 2]])) -> io::Result<bool> {
        assert_eq!(self.storage(), Some(Storage::I16), "a cell of another storage filled with 16-bit frames");
        self.fill(chunk, |base, range| {
            // SAFETY: inside the mapping; this thread alone holds the WRITING mark.
            write(unsafe { std::slice::from_raw_parts_mut(base.cast::<[i16; 2]>().add(range.start), range.len()) });
        })
    }

    /// As [`CellAudio::fill_i16`], for float cells.
    ///
    /// # Errors
    /// As [`CellAudio::fill_i16`].
    pub fn fill_f32(&self, chunk: usize, write: impl FnOnce(&mut [[f32; 2]])) -> io::Result<bool> {
        assert_eq!(self.storage(), Some(Storage::F32), "a cell of another storage filled with float frames");
        self.fill(chunk, |base, range| {
            // SAFETY: inside the mapping; this thread alone holds the WRITING mark.
            write(unsafe { std::slice::from_raw_parts_mut(base.cast::<[f32; 2]>().add(range.start), range.len()) });
        })
    }

    fn fill(&self, chunk: usize, write: impl FnOnce(*mut u8, Range<usize>)) -> io::Result<bool> {
        /// Takes the WRITING mark back when there is no memory or `write` panics, so that the chunk can be tried again.
        struct Undo<'a>(&'a AtomicU8);
        impl Drop for Undo<'_> {
            fn drop(&mut self) {
                self.0.store(ABSENT, Ordering::Release);
            }
        }
        let mark = &self.marks[chunk];
        if mark.compare_exchange(ABSENT, WRITING, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return Ok(false);
        }
        let undo = Undo(mark);
        self.commit(chunk)?;
        write(self.base, self.chunk_range(chunk));
        std::mem::forget(undo);
        self.meter.add(self.chunk_bytes(chunk));
        mark.store(RESIDENT, Ordering::Release);
        Ok(true)
    }

    /// Takes memory for a chunk.
    fn commit(&self, chunk: usize) -> io::Result<()> {
        #[cfg(test)]
        if self.is_refused.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.memory.commit(self.chunk_offset(chunk), self.chunk_bytes(chunk))
    }

    fn chunk_bytes(&self, chunk: usize) -> usize {
        self.chunk_range(chunk).len() * self.storage().map_or(0, Storage::frame_bytes)
    }

    /// Where a chunk begins in `memory`: on a page.
    fn chunk_offset(&self, chunk: usize) -> usize {
        self.offset + chunk * CHUNK_FRAMES * self.storage().map_or(0, Storage::frame_bytes)
    }

    /// Is there nothing of this chunk, so that it can be filled?
    pub(crate) fn chunk_is_absent(&self, chunk: usize) -> bool {
        self.marks[chunk].load(Ordering::Relaxed) == ABSENT
    }

    /// Is a thread at this chunk?
    pub(crate) fn is_being_written(&self, chunk: usize) -> bool {
        self.marks[chunk].load(Ordering::Acquire) == WRITING
    }

    fn turn(&self, chunk: usize, from: u8, to: u8) -> bool {
        self.marks[chunk].compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Tells readers to fade away from a resident chunk. False if it is none.
    pub(crate) fn ask_to_leave(&self, chunk: usize) -> bool {
        let is_leaving = self.turn(chunk, RESIDENT, LEAVING);
        if is_leaving {
            count_departure();
        }
        is_leaving
    }

    /// A chunk whose memory has not been given back yet stays. False if there is none such.
    pub(crate) fn let_stay(&self, chunk: usize) -> bool {
        self.turn(chunk, LEAVING, RESIDENT) || self.turn(chunk, GONE, RESIDENT)
    }

    /// From now on nobody begins to read this chunk. False if it was not about to leave.
    pub(crate) fn hide(&self, chunk: usize) -> bool {
        self.turn(chunk, LEAVING, GONE)
    }

    /// Gives the memory of a hidden chunk back. Returns its bytes; 0 if it was not hidden.
    ///
    /// # Safety
    /// Since the newest [`CellAudio::hide`] of the chunk every [`super::Desk`] has been quiet at some time.
    pub(crate) unsafe fn release(&self, chunk: usize) -> usize {
        // Held as if it were written, so that nobody else fills or releases it meanwhile.
        if !self.turn(chunk, GONE, WRITING) {
            return 0;
        }
        let bytes = self.chunk_bytes(chunk);
        // SAFETY: the mark keeps readers and writers out, and those who read it before have stopped.
        unsafe { self.memory.release(self.chunk_offset(chunk), bytes) };
        self.meter.subtract(bytes);
        self.marks[chunk].store(ABSENT, Ordering::Release);
        bytes
    }

    /// Says that chunks which are not there will not come: the loader met an error, or stopped. False
    /// if that was said before.
    pub fn give_up(&self) -> bool {
        !self.given_up.swap(true, Ordering::AcqRel)
    }

    /// Has the loader stopped, so that there is no use in waiting for a chunk? Real-time safe.
    pub fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }
}

impl Drop for CellAudio {
    fn drop(&mut self) {
        let in_memory = |mark: &AtomicU8| matches!(mark.load(Ordering::Relaxed), RESIDENT | LEAVING | GONE);
        let bytes = (0..self.chunks()).filter(|c| in_memory(&self.marks[*c])).map(|c| self.chunk_bytes(c)).sum();
        self.meter.subtract(bytes);
    }
}

impl std::fmt::Debug for CellAudio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CellAudio").field("storage", &self.storage()).field("frames", &self.frames).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    #[test]
    fn a_range_is_readable_only_when_all_its_chunks_are_there() {
        let reading = Reader::new().enter();
        let cell = CellAudio::reserve(Storage::I16, CHUNK_FRAMES * 2 + 10).unwrap();
        assert!(cell.read(&reading, 0..1).is_none());
        assert!(cell.fill_i16(0, |out| out.fill([1, 2])).unwrap());
        assert!(!cell.fill_i16(0, |_| panic!("filled twice")).unwrap());
        assert!(cell.read(&reading, 0..CHUNK_FRAMES).is_some());
        assert!(cell.read(&reading, 0..CHUNK_FRAMES + 1).is_none());
        assert!(cell.fill_i16(2, |out| assert_eq!(out.len(), 10)).unwrap());
        assert!(cell.read(&reading, 2 * CHUNK_FRAMES..2 * CHUNK_FRAMES + 11).is_none(), "past the end");
    }

    #[test]
    fn cells_of_one_mapping_do_not_touch_each_other() {
        let reading = Reader::new().enter();
        let sizes = [(Storage::I16, 1), (Storage::F32, CHUNK_FRAMES + 1), (Storage::I16, 5 * CHUNK_FRAMES)];
        let cells = CellAudio::reserve_all(&sizes.map(|(_, frames)| frames), &Arc::default()).unwrap();
        for (i, (cell, (storage, _))) in cells.iter().zip(sizes).enumerate() {
            assert!(cell.set_storage(storage));
            for chunk in 0..cell.chunks() {
                match storage {
                    Storage::I16 => assert!(cell.fill_i16(chunk, |out| out.fill([i as i16 + 1; 2])).unwrap()),
                    Storage::F32 => assert!(cell.fill_f32(chunk, |out| out.fill([i as f32 + 1.0; 2])).unwrap()),
                }
            }
        }
        for (i, cell) in cells.iter().enumerate() {
            match cell.read(&reading, 0..cell.frames()).unwrap() {
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
        assert!(cell.fill_i16(0, |out| out.fill([1, 1])).unwrap());
    }

    #[test]
    fn a_chunk_that_there_is_no_memory_for_is_absent_and_says_why() {
        let meter = Arc::new(Meter::default());
        let cell = CellAudio::reserve_all(&[10], &meter).unwrap().pop().unwrap();
        cell.set_storage(Storage::F32);
        cell.is_refused.store(true, Ordering::Relaxed);
        let refused = cell.fill_f32(0, |_| panic!("written where there is no memory")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::OutOfMemory);
        assert!(cell.chunk_is_absent(0) && meter.bytes() == 0);
        cell.is_refused.store(false, Ordering::Relaxed);
        assert!(cell.fill_f32(0, |out| out.fill([1.0; 2])).unwrap());
    }

    #[test]
    fn a_chunk_leaves_in_steps_and_can_come_back() {
        let reader = Reader::new();
        let meter = Arc::new(Meter::default());
        let cell = CellAudio::reserve_all(&[3 * CHUNK_FRAMES], &meter).unwrap().pop().unwrap();
        assert!(cell.set_storage(Storage::I16) && !cell.set_storage(Storage::F32));
        (0..3).for_each(|c| assert!(cell.fill_i16(c, |out| out.fill([7; 2])).unwrap()));
        assert_eq!(meter.bytes(), 3 * 4 * CHUNK_FRAMES as u64);
        let middle = CHUNK_FRAMES..2 * CHUNK_FRAMES;
        let reads = || cell.read(&reader.enter(), middle.clone()).is_some();

        assert!(cell.ask_to_leave(1) && !cell.chunk_is_resident(1) && reads(), "it fades first");
        assert!(cell.let_stay(1) && cell.chunk_is_resident(1));
        assert!(!cell.hide(1), "only what was asked to leave");
        assert!(cell.ask_to_leave(1) && cell.hide(1) && !reads());
        assert!(cell.let_stay(1) && reads() && cell.ask_to_leave(1) && cell.hide(1), "nor is it lost then");
        assert!(!cell.fill_i16(1, |_| panic!("filled before it was released")).unwrap());
        #[cfg(target_os = "linux")]
        let in_memory = || super::super::memory::tests::in_memory(cell.base, 3 * 4 * CHUNK_FRAMES);
        #[cfg(target_os = "linux")]
        assert_eq!(in_memory(), 3 * 4 * CHUNK_FRAMES);
        // SAFETY: no reading is held.
        assert_eq!(unsafe { cell.release(1) }, 4 * CHUNK_FRAMES);
        #[cfg(target_os = "linux")]
        assert_eq!(in_memory(), 2 * 4 * CHUNK_FRAMES, "the system has it back");
        assert_eq!(meter.bytes(), 2 * 4 * CHUNK_FRAMES as u64);
        assert!(cell.fill_i16(1, |out| out.fill([8; 2])).unwrap() && reads());
        let reading = reader.enter();
        match cell.read(&reading, 0..CHUNK_FRAMES).unwrap() {
            Frames::I16(f) => assert!(f.iter().all(|f| *f == [7; 2]), "its neighbours stay"),
            Frames::F32(_) => panic!("another storage"),
        }
        drop(cell);
        assert_eq!(meter.bytes(), 0);
    }
}
