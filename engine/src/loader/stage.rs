//! For tests: a pack, a pool without threads, and an engine's reader, with the threads' work done by hand. Other
//! tests' engines are in the same process and are asked too: they may make a step later, never sooner.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::load::{Listener, Load};
use super::pool::Core;
use super::{Near, PackSource, job, plan};
use crate::pack::{Grid, Manifest, Note, PackWriter};
use crate::resident::{CHUNK_FRAMES, CellAudio, PlayPack, Reader};

/// What a chunk takes in memory.
pub(super) const CHUNK_BYTES: u64 = 4 * CHUNK_FRAMES as u64;

/// A stereo file of 16 bits.
fn wav(frames: usize) -> Vec<u8> {
    let mut bytes = Vec::from(*b"RIFF....WAVEfmt \x10\0\0\0\x01\0\x02\0\x80\xBB\0\0\0\xEE\x02\0\x04\0\x10\0data");
    bytes[4..8].copy_from_slice(&(36 + 4 * frames as u32).to_le_bytes());
    bytes.extend((4 * frames as u32).to_le_bytes());
    bytes.resize(44 + 4 * frames, 1);
    bytes
}

/// A pack of one row of cells and one note, opened at the left end.
pub(super) struct Stage {
    pub(super) core: Arc<Core>,
    pub(super) load: Arc<Load>,
    pub(super) play: Arc<PlayPack>,
    pub(super) reader: Reader,
    pub(super) listener: Arc<Listener>,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// `cells` of so many chunks, of which nothing has been loaded; the budget has room for `budget` chunks.
    pub(super) fn new(cells: usize, chunks: usize, budget: u64) -> Stage {
        let core = Arc::<Core>::default();
        core.set_budget_bytes(budget * CHUNK_BYTES);
        Stage::on(&core, cells, chunks)
    }

    /// As [`Stage::new`], opened where notes will begin.
    pub(super) fn near(near: Near, cells: usize, chunks: usize, budget: u64) -> Stage {
        let core = Arc::<Core>::default();
        core.set_budget_bytes(budget * CHUNK_BYTES);
        Stage::open(&core, cells, chunks, near)
    }

    /// Another pack, in the same pool.
    pub(super) fn on(core: &Arc<Core>, cells: usize, chunks: usize) -> Stage {
        Stage::open(core, cells, chunks, (0.0, 0.0).into())
    }

    fn open(core: &Arc<Core>, cells: usize, chunks: usize, near: Near) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.btx");
        let mut writer = PackWriter::create(&path).unwrap();
        let frames = chunks * CHUNK_FRAMES;
        let wav = wav(frames);
        static PACKS: AtomicU32 = AtomicU32::new(0);
        let name = PACKS.fetch_add(1, Ordering::Relaxed).to_string();
        let mut manifest = Manifest::new(&name, Grid::new(cells, 1), 48_000);
        let names = (0..cells).map(|cell| format!("audio/{cell}.wav")).collect();
        manifest.notes.push(Note::new(60, (0, 127), frames as u64, names));
        manifest.notes[0].cells.iter().for_each(|name| writer.add(name, &wav).unwrap());
        writer.finish(&manifest).unwrap();
        let listener = Listener::new(Box::new(|_| {}));
        let before = core.living_loads();
        plan::open(&Arc::downgrade(core), &PackSource::File(path), near, &Arc::downgrade(&listener));
        let is_new = |load: &Arc<Load>| !before.iter().any(|b| Arc::ptr_eq(b, load));
        let load = core.living_loads().into_iter().find(is_new).unwrap();
        let play = load.play().unwrap();
        Stage { core: core.clone(), load, play, reader: Reader::new(), listener, _folder: folder }
    }

    pub(super) fn audio(&self, cell: usize) -> Arc<CellAudio> {
        self.load.cells[cell].audio.upgrade().unwrap()
    }

    /// Brings a chunk.
    pub(super) fn fill(&self, cell: usize, chunk: usize) {
        job::fill_chunks(&self.load, cell, chunk..chunk + 1);
    }

    /// Brings all chunks.
    pub(super) fn fill_all(&self) {
        self.load.cells.iter().enumerate().for_each(|(cell, c)| {
            job::fill_chunks(&self.load, cell, 0..c.wanted_ms.len());
        });
    }

    /// Takes a chunk's memory away at once.
    pub(super) fn take(&self, cell: usize, chunk: usize) {
        let audio = self.audio(cell);
        assert!(audio.ask_to_leave(chunk) && audio.hide(chunk));
        // SAFETY: nobody reads this pack.
        assert!(unsafe { audio.release(chunk) } > 0);
        self.load.take_frames(audio.chunk_range(chunk).len() as u64);
    }

    /// It was wanted so many milliseconds ago.
    pub(super) fn wanted(&self, cell: usize, chunk: usize, ago_ms: u32) {
        self.load.cells[cell].wanted_ms[chunk].store(self.core.now_ms().wrapping_sub(ago_ms), Ordering::Relaxed);
    }

    pub(super) fn tell(&self, frames: u64, sounding: bool) {
        self.reader.tell(frames, sounding);
    }

    /// All that is in memory and will stay, as cell and chunk.
    pub(super) fn resident(&self) -> Vec<(usize, usize)> {
        let chunks = |cell: usize| (0..self.audio(cell).chunks()).map(move |chunk| (cell, chunk));
        let all = (0..self.load.cells.len()).flat_map(chunks);
        all.filter(|(cell, chunk)| self.audio(*cell).chunk_is_resident(*chunk)).collect()
    }
}
