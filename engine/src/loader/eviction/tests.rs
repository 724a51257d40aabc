//! Each step of a chunk's way out, with the threads' work done by hand. Other tests' engines are in the
//! same process and are asked too: they may make a step later, never sooner.

use std::time::Duration;

use super::*;
use crate::loader::load::Listener;
use crate::loader::{PackSource, job, plan};
use crate::pack::{Grid, Manifest, Note, PackWriter};
use crate::resident::Reader;

const CHUNKS: usize = 4;
const CHUNK_BYTES: u64 = 4 * CHUNK_FRAMES as u64;

/// A stereo file of 16 bits.
fn wav(frames: usize) -> Vec<u8> {
    let mut bytes = Vec::from(*b"RIFF....WAVEfmt \x10\0\0\0\x01\0\x02\0\x80\xBB\0\0\0\xEE\x02\0\x04\0\x10\0data");
    bytes[4..8].copy_from_slice(&(36 + 4 * frames as u32).to_le_bytes());
    bytes.extend((4 * frames as u32).to_le_bytes());
    bytes.resize(44 + 4 * frames, 1);
    bytes
}

/// A pack of two cells of four chunks, all in memory, and a pool without threads.
struct Stage {
    core: Arc<Core>,
    load: Arc<Load>,
    eviction: Eviction,
    reader: Reader,
    _pack: (Arc<Listener>, tempfile::TempDir),
}

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.btx");
        let mut writer = PackWriter::create(&path).unwrap();
        let wav = wav(CHUNKS * CHUNK_FRAMES);
        let mut manifest = Manifest::new("Test", Grid::new(2, 1), 48_000);
        let cells = ["audio/a.wav", "audio/b.wav"].map(String::from).into();
        manifest.notes.push(Note::new(60, (0, 127), (CHUNKS * CHUNK_FRAMES) as u64, cells));
        manifest.notes[0].cells.iter().for_each(|name| writer.add(name, &wav).unwrap());
        writer.finish(&manifest).unwrap();
        let (core, listener) = (Arc::<Core>::default(), Listener::new(Box::new(|_| {})));
        plan::open(&Arc::downgrade(&core), &PackSource::File(path), (0.0, 0.0), &Arc::downgrade(&listener));
        let load = core.living_loads().pop().unwrap();
        (0..2).for_each(|cell| job::fill_chunks(&load, cell, 0..CHUNKS));
        assert_eq!(core.meter().bytes(), 2 * CHUNKS as u64 * CHUNK_BYTES);
        let stage =
            Stage { core, load, eviction: Eviction::default(), reader: Reader::new(), _pack: (listener, folder) };
        // Wanted in this order; more than a turn of the clock may lie between.
        for (cell, chunk) in (0..2).flat_map(|cell| (0..CHUNKS).map(move |chunk| (cell, chunk))) {
            stage.wanted(cell, chunk, 10_000 - (cell * CHUNKS + chunk) as u32 * 100);
        }
        stage
    }

    fn audio(&self, cell: usize) -> Arc<CellAudio> {
        self.load.cells[cell].audio.upgrade().unwrap()
    }

    /// It was wanted so many milliseconds ago.
    fn wanted(&self, cell: usize, chunk: usize, ago_ms: u32) {
        self.load.cells[cell].wanted_ms[chunk].store(self.core.now_ms().wrapping_sub(ago_ms), Ordering::Relaxed);
    }

    /// The budget has room for all but so many chunks.
    fn lacks(&self, chunks: u64) {
        self.core.set_budget_bytes((2 * CHUNKS as u64 - chunks) * CHUNK_BYTES);
    }

    fn step(&mut self) {
        self.eviction.step(&self.core, std::slice::from_ref(&self.load), 0);
    }

    /// Steps until it is so; a minute is for machines under load.
    fn step_until(&mut self, what: &str, is_so: impl Fn(&Stage) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
            self.step();
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Enough of them that anything would have happened that is not waited for.
    fn steps(&mut self) {
        (0..50).for_each(|_| self.step());
    }

    fn tell(&self, frames: u64, sounding: bool) {
        self.reader.tell(frames, sounding);
    }

    fn resident(&self) -> Vec<(usize, usize)> {
        let all = (0..2).flat_map(|cell| (0..CHUNKS).map(move |chunk| (cell, chunk)));
        all.filter(|(cell, chunk)| self.audio(*cell).chunk_is_resident(*chunk)).collect()
    }
}

#[test]
fn nothing_leaves_within_the_budget_and_what_is_too_much_leaves_over_it() {
    let mut stage = Stage::new();
    stage.lacks(0);
    stage.steps();
    assert_eq!(stage.resident().len(), 2 * CHUNKS);
    stage.lacks(3);
    stage.step_until("the memory goes back", |stage| stage.core.meter().bytes() <= 5 * CHUNK_BYTES);
    assert_eq!(stage.load.progress().frames, (stage.resident().len() * CHUNK_FRAMES) as u64);
    stage.step_until("and no more", |stage| stage.eviction.is_done());
    assert!(stage.resident().len() >= 4, "{:?}", stage.resident());
}

#[test]
fn what_was_wanted_longest_ago_leaves_first_heads_last_and_what_is_wanted_now_not_at_all() {
    let stage = Stage::new();
    assert_eq!(stage.load.head_chunks, 2);
    let left = |chunks: u64| {
        let under_way = HashSet::new();
        let leaving = oldest(stage.core.now_ms(), std::slice::from_ref(&stage.load), &under_way, chunks * CHUNK_BYTES);
        let cell = |leaving: &Leaving| (0..2).find(|cell| Arc::ptr_eq(&stage.audio(*cell), &leaving.audio)).unwrap();
        leaving.iter().map(|leaving| (cell(leaving), leaving.chunk)).collect::<Vec<_>>()
    };
    assert_eq!(left(1), [(0, 2)]);
    stage.wanted(1, 2, 20_000);
    stage.load.cells[1].wanted_ms[3].store(0, Ordering::Relaxed);
    stage.wanted(0, 1, 0);
    stage.wanted(1, 1, 140);
    assert_eq!(left(100), [(1, 3), (1, 2), (0, 3), (0, 0), (1, 0)]);
    assert_eq!(left(100), []);
    // A month ago is long ago.
    stage.wanted(1, 1, 30 * 86_400_000);
    assert_eq!(left(100), [(1, 1)]);
}

#[test]
fn an_engine_that_was_reset_is_not_waited_for_until_it_is_as_far_again() {
    let mut stage = Stage::new();
    stage.tell(1 << 40, true);
    stage.lacks(1);
    stage.steps();
    stage.tell(128, true);
    stage.step_until("it goes", |stage| stage.core.meter().bytes() < 8 * CHUNK_BYTES);
}
