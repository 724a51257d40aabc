//! Frames that were looked up once and are read again and again, block after block.

use std::marker::PhantomData;
use std::ops::Range;

use super::{CHUNK_FRAMES, CellAudio, Frames, PlayPack, Reading, Storage};

/// Cells that are kept together at most.
const MOST: usize = 4;

/// The same frames of some cells, all of one storage, side by side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strands<'a> {
    /// Frame 0 of each cell, and in the places behind them of the first.
    bases: [*const u8; MOST],
    count: usize,
    storage: Storage,
    /// The first of the frames.
    start: usize,
    frames: usize,
    cells: PhantomData<&'a CellAudio>,
}

impl<'a> Strands<'a> {
    /// Cells at most.
    pub(crate) const MOST: usize = MOST;

    /// Cells: one or more.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Frames of each cell.
    #[inline]
    pub(crate) fn frames(&self) -> usize {
        self.frames
    }

    /// The frames of a cell; of the first, if there are not as many cells.
    #[inline]
    pub(crate) fn get(&self, cell: usize) -> Frames<'a> {
        let (base, range) = (self.bases[cell], self.start..self.start + self.frames);
        // SAFETY: only `Kept::read_again` makes such values, with what is asked for here.
        unsafe {
            match self.storage {
                Storage::I16 => Frames::I16(CellAudio::frames_at(base, &range)),
                Storage::F32 => Frames::F32(CellAudio::frames_at(base, &range)),
            }
        }
    }

    /// Where the frames of each cell begin, and in the places behind them those of the first, if they are of
    /// 16 bits.
    #[inline]
    pub(crate) fn begins_i16(&self) -> Option<[*const [i16; 2]; MOST]> {
        let begin = |base: *const u8| base.cast::<[i16; 2]>().wrapping_add(self.start);
        (self.storage == Storage::I16).then(|| self.bases.map(begin))
    }
}

/// One chunk of some cells of a note, all of which were found resident: as long as nothing has left memory
/// since, their frames can be read without another look at marks, cells, and notes.
///
/// That holds across blocks, although what is read stays in memory to the end of a block only. A chunk that
/// is to leave is marked first, counted then ([`super::reader`] has the count), and given back when every
/// block that may not know of it has ended. So who saw it resident under a count has a lower count than its
/// leaving; and a block that begins with the old count has begun before it, and is waited for.
pub(crate) struct Kept {
    /// The pack's number, and the note's place in it; they say that the cells live.
    of: (u64, usize),
    /// Which of the note's cells.
    cells: [u16; MOST],
    count: usize,
    /// What had left memory when they were looked at.
    departures: u64,
    frames: Range<usize>,
    storage: Storage,
    /// Frame 0 of each, and in the places behind them of the first.
    bases: [*const u8; MOST],
}

// SAFETY: what is pointed to is read only where `read` has found that it is there, and cells can be read from
// any thread.
unsafe impl Send for Kept {}

impl Kept {
    /// Nothing.
    pub(crate) const NONE: Kept = Kept {
        of: (0, 0),
        cells: [0; MOST],
        count: 0,
        departures: 0,
        frames: 0..0,
        storage: Storage::I16,
        bases: [std::ptr::null(); MOST],
    };

    /// The frames `range` of these cells of a note; they are looked up if they are not kept. `None` unless there
    /// are 1 to [`MOST`] cells of one storage, and the frames, one or more, lie in one chunk of each that is
    /// there and will stay. Real-time safe.
    #[inline]
    pub(crate) fn read<'a>(
        &mut self,
        pack: &'a PlayPack,
        note: usize,
        reading: &'a Reading,
        range: Range<usize>,
        cells: impl ExactSizeIterator<Item = u16> + Clone,
    ) -> Option<Strands<'a>> {
        let are_kept = cells.len() == self.count && cells.clone().zip(self.cells).all(|(a, b)| a == b);
        if !are_kept || !self.holds(pack, note, reading, &range) {
            self.look(pack, note, reading, range.start / CHUNK_FRAMES, cells);
        }
        self.read_again(pack, note, reading, range)
    }

    /// As [`Kept::read`], of the cells that are kept; nothing is looked up. Real-time safe.
    #[inline]
    pub(crate) fn read_again<'a>(
        &self,
        pack: &'a PlayPack,
        note: usize,
        reading: &'a Reading,
        range: Range<usize>,
    ) -> Option<Strands<'a>> {
        // What `Strands` needs: the pack that the cells were taken from is this one, so they live, and `storage` is
        // theirs; the range lies in the chunk that was looked at and in each cell; it has not left memory, and will
        // not while the reading lives (see the type).
        self.holds(pack, note, reading, &range).then_some(Strands {
            bases: self.bases,
            count: self.count,
            storage: self.storage,
            start: range.start,
            frames: range.end - range.start,
            cells: PhantomData,
        })
    }

    /// Are these frames of what is kept, one or more, and are they there still?
    #[inline]
    fn holds(&self, pack: &PlayPack, note: usize, reading: &Reading, range: &Range<usize>) -> bool {
        self.of == (pack.id, note)
            && self.departures == reading.departures()
            && self.frames.start <= range.start
            && range.start < range.end
            && range.end <= self.frames.end
    }

    /// Keeps a chunk of some cells, or nothing.
    #[inline(never)]
    fn look(
        &mut self,
        pack: &PlayPack,
        note: usize,
        reading: &Reading,
        chunk: usize,
        cells: impl ExactSizeIterator<Item = u16>,
    ) {
        *self = Kept { departures: reading.departures(), ..Kept::NONE };
        let count = cells.len();
        let Some(of) = pack.notes.get(note).filter(|_| (1..=MOST).contains(&count)) else { return };
        let mut frames = chunk * CHUNK_FRAMES..(chunk + 1) * CHUNK_FRAMES;
        for (k, index) in cells.enumerate() {
            let cell = of.cells.get(usize::from(index));
            let staying = cell.and_then(|cell| Some((cell.frames(), cell.staying(chunk)?)));
            let Some((len, (base, storage))) = staying.filter(|(_, (_, s))| k == 0 || *s == self.storage) else {
                return;
            };
            (self.cells[k], self.storage) = (index, storage);
            if k == 0 {
                self.bases = [base; MOST];
            }
            self.bases[k] = base;
            frames.end = frames.end.min(len);
        }
        // Not before all of them were found.
        (self.of, self.count, self.frames) = ((pack.id, note), count, frames);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::resident::{PlayNote, Reader};

    fn pack(cells: usize, frames: usize) -> PlayPack {
        let cell = |c: usize| Arc::new(CellAudio::from_i16(&vec![[c as i16; 2]; frames]).unwrap());
        let note = PlayNote {
            root: 60,
            keys: (0, 127),
            velocities: (1, 127),
            tune_cents: 0.0,
            frames,
            loop_frames: None,
            coherent: true,
            cells: (0..cells).map(cell).collect(),
        };
        PlayPack::new(cells, 1, 48_000.0, vec![note])
    }

    /// Length and first value of what is read of each cell.
    fn read(
        kept: &mut Kept,
        pack: &PlayPack,
        reading: &Reading,
        range: Range<usize>,
        cells: &[u16],
    ) -> Vec<(usize, i16)> {
        let Some(strands) = kept.read(pack, 0, reading, range.clone(), cells.iter().copied()) else {
            assert!(kept.read_again(pack, 0, reading, range).is_none());
            return Vec::new();
        };
        let begins = strands.begins_i16().expect("another storage");
        assert!(begins[strands.count()..].iter().all(|begin| *begin == begins[0]));
        let each = begins.into_iter().enumerate().map(|(cell, begin)| {
            let Frames::I16(frames) = strands.get(cell) else { panic!("another storage") };
            assert_eq!(frames.as_ptr(), begin);
            (frames.len(), frames[0][0])
        });
        each.take(strands.count()).collect()
    }

    #[test]
    fn what_is_kept_is_read_until_something_leaves() {
        let (pack, reader) = (pack(5, 2 * CHUNK_FRAMES), Reader::new());
        let mut kept = Kept::NONE;
        let second = CHUNK_FRAMES..2 * CHUNK_FRAMES;
        let part = second.start + 9..second.start + 10;
        assert_eq!(
            read(&mut kept, &pack, &reader.enter(), second.clone(), &[4, 2]),
            [(CHUNK_FRAMES, 4), (CHUNK_FRAMES, 2)]
        );
        assert_eq!(read(&mut kept, &pack, &reader.enter(), part.clone(), &[4, 2]), [(1, 4), (1, 2)]);
        assert_eq!(read(&mut kept, &pack, &reader.enter(), part.clone(), &[4, 3]), [(1, 4), (1, 3)]);
        // Of another cell: it is found again.
        let before = reader.enter().departures();
        assert!(pack.notes[0].cells[0].ask_to_leave(1) && reader.enter().departures() > before);
        assert_eq!(read(&mut kept, &pack, &reader.enter(), part.clone(), &[4, 3]), [(1, 4), (1, 3)]);
        assert!(pack.notes[0].cells[3].ask_to_leave(1));
        assert_eq!(read(&mut kept, &pack, &reader.enter(), part.clone(), &[4, 3]), []);
        assert!(pack.notes[0].cells[3].let_stay(1));
        assert_eq!(read(&mut kept, &pack, &reader.enter(), part, &[4, 3]), [(1, 4), (1, 3)]);
    }

    #[test]
    fn nothing_is_read_beyond_a_chunk_or_a_cell_of_another_pack_or_of_too_many_cells() {
        let (one, other, reader) = (pack(5, CHUNK_FRAMES + 100), pack(5, 50), Reader::new());
        let (mut kept, reading) = (Kept::NONE, reader.enter());
        let end = CHUNK_FRAMES + 100;
        assert_eq!(read(&mut kept, &one, &reading, CHUNK_FRAMES..end, &[0]), [(100, 0)]);
        assert_eq!(read(&mut kept, &one, &reading, CHUNK_FRAMES - 1..end, &[0]), []);
        assert_eq!(read(&mut kept, &one, &reading, CHUNK_FRAMES..end + 1, &[0]), []);
        assert_eq!(read(&mut kept, &one, &reading, 0..60, &[0]), [(60, 0)]);
        assert_eq!(read(&mut kept, &other, &reading, 0..60, &[0]), []);
        for cells in [&[0, 1, 2, 3, 4][..], &[], &[7]] {
            assert_eq!(read(&mut kept, &one, &reading, 0..60, cells), []);
            assert_eq!(read(&mut kept, &one, &reading, 0..0, cells), []);
        }
    }
}
