//! The loader: what a player notices of it. Packs come playable early, whole in the end, once in
//! memory however often they are opened, and go when nobody holds them; a damaged or vanishing file
//! is an error and never more than that.

mod common;

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use betwixt_engine::bytes::ByteSource;
use betwixt_engine::loader::{LoadEvent, LoadHandle, LoadState, Loader, PackSource};
use betwixt_engine::pack::{
    ArchiveError, CellStorage, CellTags, Grid, Manifest, Note, PackError, PackWriter, encode_cell,
};
use betwixt_engine::resident::{CHUNK_FRAMES, Frames, Reader};
use common::{Shape, cell_frames, write_pack};

const LONG: Duration = Duration::from_secs(60);

fn open(loader: &Loader, source: PackSource, near: (f64, f64)) -> (LoadHandle, Receiver<LoadEvent>) {
    let (sender, receiver) = channel();
    let handle = loader.open(source, near, Box::new(move |event| drop(sender.send(event))));
    (handle, receiver)
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_pack_is_playable_then_complete_and_holds_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    let frames = 3 * CHUNK_FRAMES + 5;
    for storage in [CellStorage::Flac, CellStorage::Pcm16, CellStorage::Pcm24, CellStorage::Float] {
        write_pack(&path, Shape { grid: 3, notes: 2, frames, storage });
        let loader = Loader::shared();
        let (handle, events) = open(&loader, PackSource::File(path.clone()), (0.0, 0.0));
        let pack = handle.wait_playable(LONG).unwrap().expect("in time");
        // Heads of the four cells round (0, 0), of both notes. (It may have gone on already.)
        for note in &pack.play.notes {
            for cell in [0, 1, 3, 4] {
                assert!(note.cells[cell].is_resident(0..4800));
            }
        }
        assert!(handle.wait_complete(LONG).unwrap());
        assert_eq!(handle.progress().frames, 18 * frames as u64);
        assert_eq!(handle.progress().fraction(), 1.0);
        assert_eq!((pack.play.columns, pack.play.rows, pack.play.sample_rate_hz), (3, 3, 48_000.0));
        assert_eq!(pack.path.as_deref(), Some(path.as_path()));
        for (n, note) in pack.play.notes.iter().enumerate() {
            for (c, cell) in note.cells.iter().enumerate() {
                let step = match cell.read(&Reader::new().enter(), 0..frames).unwrap() {
                    Frames::I16(got) => {
                        largest_error(got.iter().map(|f| f.map(|v| f32::from(v) / 32768.0)), n, c, frames)
                    }
                    Frames::F32(got) => largest_error(got.iter().copied(), n, c, frames),
                };
                assert!(step <= 2.0 / 32768.0, "{storage:?} {n} {c}: {step}");
            }
        }
        let mut told = Vec::new();
        while !matches!(told.last(), Some(LoadEvent::Complete)) {
            match events.recv_timeout(LONG).unwrap() {
                LoadEvent::Progress(_) => {}
                event => told.push(event),
            }
        }
        assert!(matches!(told[..], [LoadEvent::Playable(_), LoadEvent::Complete]), "{told:?}");
        assert!(matches!(handle.state(), LoadState::Complete));
    }
}

fn largest_error(got: impl Iterator<Item = [f32; 2]>, note: usize, cell: usize, frames: usize) -> f32 {
    got.zip(cell_frames(note, cell, frames))
        .map(|(a, b)| (a[0] - b[0]).abs().max((a[1] - b[1]).abs()))
        .fold(0.0, f32::max)
}

#[test]
fn the_same_file_opened_twice_is_in_memory_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    write_pack(&path, Shape { grid: 2, notes: 3, frames: 2000, storage: CellStorage::Flac });
    let [link, copy] = ["link.btx", "copy.btx"].map(|name| folder.path().join(name));
    std::fs::hard_link(&path, &link).unwrap();
    std::fs::copy(&path, &copy).unwrap();
    let bytes: &'static [u8] = Box::leak(std::fs::read(&path).unwrap().into_boxed_slice());
    let (a, b) = (Loader::shared(), Loader::shared());
    let sources =
        [PackSource::File(path), PackSource::File(link.clone()), PackSource::Memory(bytes), PackSource::Memory(bytes)];
    let opened = sources.map(|source| open(&a, source, (0.5, 0.5)));
    let packs = opened.each_ref().map(|(handle, _)| handle.wait_playable(LONG).unwrap().unwrap());
    assert!(Arc::ptr_eq(&packs[0].play, &packs[1].play) && Arc::ptr_eq(&packs[2].play, &packs[3].play));
    assert!(!Arc::ptr_eq(&packs[0].play, &packs[2].play));
    assert_eq!((packs[1].path.as_ref(), &packs[2].path), (Some(&link), &None));
    let (other, _) = open(&b, PackSource::File(copy), (0.5, 0.5));
    let other = other.wait_playable(LONG).unwrap().unwrap();
    assert!(!Arc::ptr_eq(&packs[0].play, &other.play), "a copy may be damaged where this one is not");
    assert_eq!(packs[0].sha256, other.sha256);
    let (second, events) = &opened[1];
    assert!(second.wait_complete(LONG).unwrap());
    wait_until("a late listener hears of both", || {
        let heard: Vec<LoadEvent> = events.try_iter().filter(|e| !matches!(e, LoadEvent::Progress(_))).collect();
        heard.iter().any(|e| matches!(e, LoadEvent::Complete))
    });
}

#[test]
fn samples_that_are_no_sound_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    let mut writer = PackWriter::create(&path).unwrap();
    let tags = CellTags { sample_rate_hz: 48_000, root: 60, loop_frames: None };
    let data = [[3e38, -3e38], [2.0, -1e5]];
    let cell = encode_cell(&data, tags, CellStorage::Float, 0).unwrap();
    let mut manifest = Manifest::new("Loud", Grid::new(1, 1), 48_000);
    manifest.notes.push(Note::new(60, (0, 127), 2, vec![writer.add_cell("audio/1", &cell).unwrap()]));
    writer.finish(&manifest).unwrap();
    let (handle, _) = open(&Loader::shared(), PackSource::File(path), (0.5, 0.5));
    let pack = handle.wait_playable(LONG).unwrap().unwrap();
    let reading = Reader::new().enter();
    let Some(Frames::F32(got)) = pack.play.notes[0].cells[0].read(&reading, 0..2) else { panic!("not there") };
    assert_eq!(got, [[1e6, -1e6], [2.0, -1e5]]);
}

#[test]
fn a_pack_goes_when_nobody_holds_it_and_stays_while_the_engine_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    write_pack(&path, Shape { grid: 2, notes: 1, frames: 40_000, storage: CellStorage::Pcm16 });
    let loader = Loader::shared();
    let (handle, _) = open(&loader, PackSource::File(path.clone()), (0.5, 0.5));
    let pack = handle.wait_playable(LONG).unwrap().unwrap();
    let play = pack.play.clone();
    let gone = Arc::downgrade(&play);
    drop((handle, pack));
    // Held by the engine alone, it is still loaded to its end.
    wait_until("loaded to its end", || play.notes[0].cells.iter().all(|c| c.is_resident(0..40_000)));
    drop(play);
    wait_until("freed", || gone.upgrade().is_none());
    let (again, _) = open(&loader, PackSource::File(path), (0.5, 0.5));
    assert!(again.wait_complete(LONG).unwrap());
}

#[test]
fn a_pack_given_up_at_once_stops_loading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    write_pack(&path, Shape { grid: 3, notes: 4, frames: 48_000, storage: CellStorage::Flac });
    let loader = Loader::shared();
    for _ in 0..20 {
        let (handle, _) = open(&loader, PackSource::File(path.clone()), (0.5, 0.5));
        drop(handle);
    }
    let (handle, _) = open(&loader, PackSource::File(path), (0.5, 0.5));
    assert!(handle.wait_complete(LONG).unwrap());
}

#[test]
fn a_missing_or_foreign_file_fails_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let loader = Loader::shared();
    let (handle, events) = open(&loader, PackSource::File(folder.path().join("none.btx")), (0.5, 0.5));
    assert!(matches!(*handle.wait_playable(LONG).unwrap_err(), PackError::Io(_)));
    assert!(matches!(handle.state(), LoadState::Failed(_)));
    assert!(matches!(events.recv_timeout(LONG), Ok(LoadEvent::Failed(_))));
    let (handle, _) = open(&loader, PackSource::File(folder.path().into()), (0.5, 0.5));
    assert!(matches!(*handle.wait_complete(LONG).unwrap_err(), PackError::Io(_)));
    let (handle, _) = open(&loader, PackSource::Memory(b"RIFF this is no pack at all"), (0.5, 0.5));
    assert!(matches!(*handle.wait_playable(LONG).unwrap_err(), PackError::Archive(ArchiveError::NotZip)));
}

#[test]
fn a_damaged_cell_fails_the_pack_but_the_others_play() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    write_pack(&path, Shape { grid: 3, notes: 1, frames: 60_000, storage: CellStorage::Flac });
    let mut bytes = std::fs::read(&path).unwrap();
    // The last entry's last third: cell 8, far from the point.
    let at = bytes.windows(12).rposition(|w| w == b"audio/64/8.f").unwrap();
    let end = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    assert!(at > end, "the directory's copy of the name");
    bytes[end - 5000] ^= 0xFF;
    std::fs::write(&path, bytes).unwrap();
    let (handle, _) = open(&Loader::shared(), PackSource::File(path), (0.0, 0.0));
    let pack = handle.wait_playable(LONG).unwrap().unwrap();
    let error = handle.wait_complete(LONG).unwrap_err();
    assert!(error.to_string().contains("audio/64/8.flac"), "{error}");
    let cells = &pack.play.notes[0].cells;
    wait_until("the other cells", || (0..8).all(|c| cells[c].is_resident(0..60_000)));
    wait_until("the mark", || cells[8].is_given_up());
    assert!(cells[8].is_resident(0..4800), "its good part is there");
    assert!(!cells[8].is_resident(0..60_000));
}

/// A pack whose first cell comes late: its reads wait until the damage elsewhere has been found.
struct LateFirstCell {
    bytes: Vec<u8>,
    first_cell: std::ops::Range<u64>,
}

impl ByteSource for LateFirstCell {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        if self.first_cell.contains(&offset) {
            std::thread::sleep(Duration::from_millis(100));
        }
        out.copy_from_slice(&self.bytes[offset as usize..offset as usize + out.len()]);
        Ok(())
    }
}

#[test]
fn a_pack_plays_though_damage_far_from_the_point_is_found_before_its_heads_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    write_pack(&path, Shape { grid: 3, notes: 1, frames: 60_000, storage: CellStorage::Flac });
    let mut bytes = std::fs::read(&path).unwrap();
    // Behind the names in the manifest those before the cells.
    let place = |name: &[u8]| bytes.windows(name.len()).enumerate().filter(|(_, w)| *w == name).nth(1).unwrap().0;
    let first_cell = place(b"audio/64/0.f") as u64..place(b"audio/64/1.f") as u64;
    // Its head, which is read while the first cell's is waited for.
    let damaged = place(b"audio/64/8.f") + 4000;
    bytes[damaged] ^= 0xFF;
    let source = PackSource::Bytes(Arc::new(LateFirstCell { bytes, first_cell }));
    let (handle, events) = open(&Loader::shared(), source, (0.0, 0.0));
    handle.wait_playable(LONG).unwrap().unwrap();
    let error = handle.wait_complete(LONG).unwrap_err();
    assert!(error.to_string().contains("audio/64/8.flac"), "{error}");
    let mut told = Vec::new();
    while !matches!(told.last(), Some(LoadEvent::Failed(_))) {
        match events.recv_timeout(LONG).unwrap() {
            LoadEvent::Progress(_) => {}
            event => told.push(event),
        }
    }
    assert!(matches!(told[..], [LoadEvent::Playable(_), LoadEvent::Failed(_)]), "{told:?}");
}

#[cfg(unix)]
#[test]
fn a_file_cut_short_while_it_loads_is_an_error_and_not_a_dead_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    write_pack(&path, Shape { grid: 4, notes: 8, frames: 100_000, storage: CellStorage::Float });
    let (sender, events) = channel();
    let cut = path.clone();
    let handle = Loader::shared().open(
        PackSource::File(path),
        (0.0, 0.0),
        Box::new(move |event| {
            if matches!(event, LoadEvent::Playable(_)) {
                // Under the loader's hands, as a sync program or a failing disk would.
                std::fs::OpenOptions::new().write(true).open(&cut).unwrap().set_len(1_000_000).unwrap();
            }
            let _ = sender.send(event);
        }),
    );
    let error = handle.wait_complete(LONG).unwrap_err();
    assert!(matches!(&*error, PackError::Cell { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("could not be read") || said.contains("changed while it was in use"), "{said}");
    let pack = handle.pack().expect("it was playable");
    let near = &pack.play.notes[0].cells[0];
    assert!(near.is_resident(0..4800), "what was there plays on");
    wait_until("all cells are settled", || {
        let cells = pack.play.notes.iter().flat_map(|n| n.cells.iter());
        cells.clone().all(|c| c.is_given_up() || c.is_resident(0..100_000))
    });
    drop(events);
}

#[test]
fn chores_are_called_until_they_are_gone() {
    let loader = Loader::shared();
    let (sender, calls) = channel();
    let chore: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
        let _ = sender.send(Instant::now());
    });
    loader.housekeeping(Arc::downgrade(&chore));
    let times: Vec<Instant> = (0..5).map(|_| calls.recv_timeout(LONG).unwrap()).collect();
    let span = times[4] - times[0];
    assert!(span >= Duration::from_millis(150), "about 50 ms apart: {span:?}");
    let gone: Weak<dyn Fn() + Send + Sync> = Arc::downgrade(&chore);
    drop(chore);
    wait_until("dropped", || gone.upgrade().is_none());
    wait_until("its channel closes", || matches!(calls.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected)));
}

#[test]
fn a_listener_that_panics_harms_no_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    write_pack(&path, Shape { grid: 2, notes: 1, frames: 9000, storage: CellStorage::Flac });
    let handle = Loader::shared().open(PackSource::File(path), (0.5, 0.5), Box::new(|_| panic!("a bad listener")));
    assert!(handle.wait_complete(LONG).unwrap());
}
