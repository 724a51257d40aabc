//! Packs that do not fit: what plays while chunks come and go. In a process of its own, because the
//! budget is one for the process; one test at a time.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use betwixt_engine::bytes::{ByteSource, FileBytes};
use betwixt_engine::engine::{Engine, EngineConfig, EngineHandle};
use betwixt_engine::event::{Event, EventKind, NoteRef};
use betwixt_engine::loader::{DEFAULT_BUDGET_BYTES, LoadHandle, LoadState, Loader, Near, PackSource};
use betwixt_engine::pack::{CellStorage, CellTags, Grid, LoopPoints, Manifest, Note, PackWriter, encode_cell};
use betwixt_engine::params::Param;
use betwixt_engine::resident::{CHUNK_FRAMES, Frames, Reader};
use betwixt_engine::telemetry::Origins;

const RATE: usize = 48_000;
const BLOCK: usize = 128;
const LONG: Duration = Duration::from_secs(60);

/// The budget belongs to the process: one test at a time, and the usual budget for the next one.
struct Alone {
    _lock: MutexGuard<'static, ()>,
}

fn alone() -> Alone {
    static ALONE: Mutex<()> = Mutex::new(());
    Alone { _lock: ALONE.lock().unwrap_or_else(PoisonError::into_inner) }
}

impl Drop for Alone {
    fn drop(&mut self) {
        Loader::shared().set_budget_bytes(DEFAULT_BUDGET_BYTES);
    }
}

/// A disk that reads so many bytes a second, one thing after the other, each after a pause.
struct SlowDisk {
    file: FileBytes,
    bytes_per_second: f64,
    pause: Duration,
    free_at: Mutex<Instant>,
}

impl SlowDisk {
    fn open(path: &Path, bytes_per_second: f64, pause: Duration) -> PackSource {
        let file = FileBytes::open(path).unwrap();
        PackSource::Bytes(Arc::new(SlowDisk { file, bytes_per_second, pause, free_at: Mutex::new(Instant::now()) }))
    }
}

impl ByteSource for SlowDisk {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let time = Duration::from_secs_f64(out.len() as f64 / self.bytes_per_second) + self.pause;
        let done_at = {
            let mut free_at = self.free_at.lock().unwrap();
            *free_at = (*free_at).max(Instant::now()) + time;
            *free_at
        };
        std::thread::sleep(done_at.saturating_duration_since(Instant::now()));
        self.file.read_exact_at(offset, out)
    }
}

/// A pack of sines, a pitch for each cell, all looped.
fn write_pack(path: &Path, grid: usize, notes: usize, frames: usize, storage: CellStorage) {
    let mut writer = PackWriter::create(path).unwrap();
    let mut manifest = Manifest::new("Large", Grid::new(grid, grid), RATE as u32);
    let width = 128 / notes;
    for note in 0..notes {
        let root = (note * width + width / 2) as u8;
        let tags = CellTags { sample_rate_hz: RATE as u32, root, loop_frames: None };
        let cells = (0..grid * grid).map(|cell| {
            // Whole periods of a whole number of frames, so that one is computed and the loop closes.
            let period = 100 + cell + 7 * note;
            let wave: Vec<f32> =
                (0..period).map(|i| 0.25 * (std::f32::consts::TAU * i as f32 / period as f32).sin()).collect();
            let data: Vec<[f32; 2]> = (0..frames).map(|i| [wave[i % period]; 2]).collect();
            let encoded = encode_cell(&data, tags, storage, 0).unwrap();
            writer.add_cell(&format!("audio/{root}/{cell}"), &encoded).unwrap()
        });
        let cells = cells.collect();
        manifest.notes.push(Note {
            loop_points: Some(LoopPoints::new(0, frames as u64)),
            ..Note::new(root, ((note * width) as u8, (note * width + width - 1) as u8), frames as u64, cells)
        });
    }
    writer.finish(&manifest).unwrap();
}

/// An engine that is played in real time.
struct Player {
    engine: Engine,
    handle: EngineHandle,
    left: Vec<f32>,
    begun: Instant,
}

impl Player {
    fn new(load: &LoadHandle) -> Player {
        let pack = load.wait_playable(LONG).unwrap().expect("in time");
        let config = EngineConfig { sample_rate_hz: RATE as f64, max_block_frames: BLOCK, seed: 0 };
        let (mut engine, mut handle) = Engine::new(config);
        engine.set_param(Param::GlideXy, 0.0);
        engine.set_param(Param::Voices, 128.0);
        handle.send_pack(pack.play.clone()).unwrap();
        Player { engine, handle, left: Vec::new(), begun: Instant::now() }
    }

    /// Plays a block, not before its time.
    fn block(&mut self, events: &[Event]) {
        let due = Duration::from_secs_f64(self.left.len() as f64 / RATE as f64);
        std::thread::sleep(due.saturating_sub(self.begun.elapsed()));
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        self.engine.process(&mut left, &mut right, events);
        self.left.extend(left);
    }

    fn seconds(&mut self, seconds: f64, events: impl Fn(f64) -> Vec<Event>) {
        for at in (0..(seconds * RATE as f64) as usize).step_by(BLOCK) {
            self.block(&events(at as f64 / RATE as f64));
        }
    }

    fn origins(&mut self) -> Origins {
        self.handle.telemetry().origins
    }
}

fn chord(notes: usize) -> Vec<Event> {
    let on = |n: usize| EventKind::NoteOn {
        note: NoteRef { id: n as i32, channel: 0, key: (20 + n * 88 / notes) as u8 },
        velocity: 0.8,
    };
    (0..notes).map(|n| Event { frame: 0, kind: on(n) }).collect()
}

fn point(at: f64) -> Vec<Event> {
    let set = |param| Event { frame: 0, kind: EventKind::Param { param, value: at } };
    vec![set(Param::X), set(Param::Y)]
}

/// Largest second difference: how sharp the sharpest corner is.
fn bend(sound: &[f32]) -> f32 {
    sound.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f32::max)
}

fn pack_file(folder: &tempfile::TempDir, grid: usize, notes: usize, frames: usize, storage: CellStorage) -> PathBuf {
    let path = folder.path().join("large.btx");
    write_pack(&path, grid, notes, frames, storage);
    path
}

/// A machine that does other work may keep the loader's threads from running: one good run of three counts.
fn one_of_three(mut run: impl FnMut() -> Result<(), String>) {
    for attempt in 1.. {
        match run() {
            Ok(()) => return,
            Err(what) if attempt == 3 => panic!("{what}"),
            Err(what) => println!("attempt {attempt}: {what}"),
        }
    }
}

#[test]
fn a_sweep_over_a_cold_pack_larger_than_the_budget_is_never_silent() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    for storage in [CellStorage::Pcm16, CellStorage::Flac] {
        let path = pack_file(&folder, 9, 2, 2 * RATE, storage);
        for pause in [Duration::ZERO, Duration::from_millis(1)] {
            one_of_three(|| sweep(&path, pause));
        }
    }
}

/// From corner to corner and back, three times, on a disk of 200 MB/s that pauses before each read.
fn sweep(path: &Path, pause: Duration) -> Result<(), String> {
    let loader = Loader::shared();
    let budget = 6 << 20;
    loader.set_budget_bytes(budget);
    let load = loader.open(SlowDisk::open(path, 200e6, pause), (0.0, 0.0), Box::new(|_| {}));
    let mut player = Player::new(&load);
    let mut first = point(0.0);
    first.extend(chord(16));
    player.block(&first);
    player.seconds(0.1, |_| vec![]);
    let early = player.origins();
    let mut most = 0;
    for _ in 0..3 {
        player.seconds(1.0, point);
        player.seconds(1.0, |t| point(1.0 - t));
        most = most.max(loader.resident_bytes());
    }
    let all = player.origins();
    drop((player, load));
    let seen = format!("first 100 ms {early:?}, sweeps {all:?}, at most {} MiB of {}", most >> 20, budget >> 20);
    println!("{seen}");
    assert!(most < 3 * budget, "{most} bytes of 62 MB");
    // With a pause, a busy machine may bring the keeper late.
    let most_silent = if pause.is_zero() { 0.5 } else { 1e-3 * all.wanted };
    let is_heard = all.silent - early.silent < most_silent && all.wanted > 0.9 * (all.wanted + all.nearby);
    if is_heard { Ok(()) } else { Err(seen) }
}

#[test]
fn a_pack_that_opens_on_a_slow_disk_takes_nothing_from_what_sounds() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let (playing, opening) = (folder.path().join("playing.btx"), folder.path().join("opening.btx"));
    write_pack(&playing, 5, 2, 2 * RATE, CellStorage::Pcm16);
    write_pack(&opening, 2, 64, 2 * CHUNK_FRAMES, CellStorage::Pcm16);
    one_of_three(|| {
        let loader = Loader::shared();
        loader.set_budget_bytes(4 << 20);
        let load = loader.open(PackSource::File(playing.clone()), (0.0, 0.0), Box::new(|_| {}));
        let mut player = Player::new(&load);
        player.block(&chord(4));
        player.seconds(0.2, |_| vec![]);
        let before = player.origins();
        // The heads of 64 notes round the point are 8 MB: more than two seconds.
        let slow = loader.open(SlowDisk::open(&opening, 4e6, Duration::ZERO), (0.5, 0.5), Box::new(|_| {}));
        player.seconds(1.5, |t| point(t / 1.5));
        let after = player.origins();
        let is_slow = slow.wait_playable(Duration::ZERO).unwrap().is_none();
        drop((player, load, slow));
        assert!(is_slow, "it is still opening");
        let [wanted, nearby, silent] =
            [after.wanted - before.wanted, after.nearby - before.nearby, after.silent - before.silent];
        if silent < 0.5 && nearby < 0.02 * wanted { Ok(()) } else { Err(format!("{before:?} {after:?}")) }
    });
}

#[test]
fn notes_begin_in_time_wherever_start_and_reverse_have_them_begin() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = pack_file(&folder, 7, 12, 2 * RATE, CellStorage::Pcm16);
    let loader = Loader::shared();
    // Of 226 MB.
    loader.set_budget_bytes(16 << 20);
    let source = || SlowDisk::open(&path, 200e6, Duration::from_millis(1));
    let set = |param, value| Event { frame: 0, kind: EventKind::Param { param, value } };
    let late = |player: &mut Player| player.origins().silent + player.origins().nearby;
    for (start, reverse) in [(0.5, false), (0.0, true), (0.3, true)] {
        // Right after it was opened.
        one_of_three(|| {
            let near = Near { point: (0.4, 0.4), start, reverse };
            let load = loader.open(source(), near, Box::new(|_| {}));
            let mut player = Player::new(&load);
            let mut events = vec![set(Param::Start, 100.0 * start), set(Param::Reverse, f64::from(u8::from(reverse)))];
            events.extend(point(0.4));
            events.extend(chord(12));
            player.block(&events);
            player.seconds(0.05, |_| vec![]);
            let late = late(&mut player);
            if late < 0.5 { Ok(()) } else { Err(format!("opened at {start} {reverse}: {late} frames late")) }
        });
        // Set while another note is held.
        one_of_three(|| {
            let load = loader.open(source(), (0.4, 0.4), Box::new(|_| {}));
            let mut player = Player::new(&load);
            player.block(&point(0.4));
            player.block(&chord(1));
            player.block(&[set(Param::Start, 100.0 * start), set(Param::Reverse, f64::from(u8::from(reverse)))]);
            player.seconds(0.5, |_| vec![]);
            let before = late(&mut player);
            player.block(&chord(12));
            player.seconds(0.05, |_| vec![]);
            let late = late(&mut player) - before;
            if late < 0.5 { Ok(()) } else { Err(format!("set to {start} {reverse}: {late} frames late")) }
        });
    }
}

/// What the system did to this thread: major faults, minor faults, waits.
#[cfg(target_os = "linux")]
fn usage() -> [i64; 3] {
    // SAFETY: zero is a valid value of this plain struct.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the call writes the struct and nothing else.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) }, 0);
    [usage.ru_majflt, usage.ru_minflt, usage.ru_nvcsw]
}

/// Forgets what the system remembers of a file.
#[cfg(target_os = "linux")]
fn drop_from_cache(path: &Path) {
    use std::os::fd::AsRawFd;
    let file = std::fs::File::open(path).unwrap();
    file.sync_all().unwrap();
    // SAFETY: a plain system call on an open file.
    assert_eq!(unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) }, 0);
}

#[cfg(target_os = "linux")]
#[test]
fn the_audio_thread_never_faults_nor_waits_while_a_cold_pack_loads() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = pack_file(&folder, 7, 3, 2 * RATE, CellStorage::Pcm16);
    let loader = Loader::shared();
    loader.set_budget_bytes(8 << 20);
    for slow in [false, true] {
        drop_from_cache(&path);
        let source =
            if slow { SlowDisk::open(&path, 100e6, Duration::from_millis(8)) } else { PackSource::File(path.clone()) };
        let load = loader.open(source, (0.0, 0.0), Box::new(|_| {}));
        let mut player = Player::new(&load);
        let (mut sum, mut early) = ([0; 3], 0);
        for at in 0..3 * RATE / BLOCK {
            let t = (at * BLOCK) as f64 / RATE as f64;
            let mut events = point(0.5 - 0.5 * (std::f64::consts::TAU * t).cos());
            if at == 0 {
                events.extend(chord(24));
            }
            let due = Duration::from_secs_f64((at * BLOCK) as f64 / RATE as f64);
            std::thread::sleep(due.saturating_sub(player.begun.elapsed()));
            let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
            let before = usage();
            player.engine.process(&mut left, &mut right, &events);
            for ((sum, after), before) in sum.iter_mut().zip(usage()).zip(before) {
                *sum += after - before;
            }
            if at < RATE / BLOCK / 4 {
                early = sum[1];
            }
        }
        let origins = player.origins();
        println!("slow {slow}: major faults, minor faults, waits {sum:?}; {origins:?}");
        assert_eq!([sum[0], sum[2]], [0, 0], "major faults, waits");
        // The engine's own memory is touched for the first time in the first quarter of a second.
        assert_eq!(sum[1] - early, 0, "minor faults");
        // 24 notes all over the pad need more than the budget, but far less than the 56 MB of the pack.
        assert!(origins.wanted > 0.0 && loader.resident_bytes() < 28 << 20, "{}", loader.resident_bytes());
        drop((player, load));
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_cut_or_becomes_another_while_it_plays_is_an_error_and_the_voices_fade() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let loader = Loader::shared();
    loader.set_budget_bytes(2 << 20);
    for cut in [true, false] {
        let path = pack_file(&folder, 5, 2, 4 * RATE, CellStorage::Pcm16);
        let load = loader.open(PackSource::File(path.clone()), (0.0, 0.0), Box::new(|_| {}));
        let mut player = Player::new(&load);
        player.block(&chord(1));
        player.seconds(0.3, |_| vec![]);
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        if cut {
            file.set_len(500_000).unwrap();
        } else {
            // A pack of the same length: one byte of the directory, the CRC of the first entry, is another.
            let bytes = std::fs::read(&path).unwrap();
            let at = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap() + 16;
            std::os::unix::fs::FileExt::write_all_at(&file, &[!bytes[at]], at as u64).unwrap();
        }
        player.seconds(1.0, point);
        let said = match load.state() {
            LoadState::Failed(error) => error.to_string(),
            state => panic!("{state:?} {:?}", player.origins()),
        };
        assert!(said.contains("changed while it was in use") || said.contains("cut short"), "{said}");
        assert!(player.left[..RATE / 4].iter().any(|v| v.abs() > 0.1));
        assert!(bend(&player.left) < 0.01, "no click: {}", bend(&player.left));
        // It is read again when it is opened again.
        drop(player);
        drop(load);
    }
}

/// Makes noise of the samples of all cells; headers and directory stay.
fn garble(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let starts: Vec<usize> =
        bytes.windows(4).enumerate().filter(|(_, w)| *w == b"data").map(|(at, _)| at + 8).collect();
    let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let ends = starts[1..].iter().map(|start| start - 1000).chain([directory]).collect::<Vec<_>>();
    for (start, end) in starts.iter().zip(ends) {
        bytes[*start..end].iter_mut().enumerate().for_each(|(i, byte)| *byte = ((i * 7919) >> 4) as u8);
    }
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_good_file_has_nothing_of_a_damaged_one_with_the_same_directory() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let good = pack_file(&folder, 5, 2, 2 * RATE, CellStorage::Pcm16);
    let bad = folder.path().join("bad.btx");
    let loader = Loader::shared();
    // Room for heads alone: nothing is read whole, so that no check finds the damage.
    loader.set_budget_bytes(1 << 20);
    let open = |path: &Path| loader.open(PackSource::File(path.into()), (0.0, 0.0), Box::new(|_| {}));
    let ruin = || {
        std::fs::copy(&good, &bad).unwrap();
        garble(&bad);
        let load = open(&bad);
        let pack = load.wait_playable(LONG).unwrap().unwrap();
        // By the clock of files what comes next is later.
        std::thread::sleep(Duration::from_millis(30));
        (load, pack)
    };
    for way in ["another file", "put in its place", "written over it"] {
        let (damaged, playing) = ruin();
        let path = match way {
            "another file" => &good,
            "put in its place" => {
                let new = folder.path().join("new.btx");
                std::fs::copy(&good, &new).unwrap();
                std::fs::rename(&new, &bad).unwrap();
                &bad
            }
            _ => {
                std::fs::copy(&good, &bad).unwrap();
                &bad
            }
        };
        let load = open(path);
        let mut player = Player::new(&load);
        assert!(!Arc::ptr_eq(&load.pack().unwrap().play, &playing.play), "{way}");
        player.block(&chord(2));
        if way == "another file" {
            std::fs::OpenOptions::new().write(true).open(&bad).unwrap().set_len(100_000).unwrap();
        }
        player.seconds(0.5, |t| point(2.0 * t));
        assert!(!matches!(load.state(), LoadState::Failed(_)), "{way}: {:?}", load.state());
        assert!(player.left[RATE / 4..].iter().any(|v| v.abs() > 0.1), "{way}");
        assert!(bend(&player.left) < 0.02, "{way}: noise, {}", bend(&player.left));
        drop((player, load, damaged));
    }
}

#[test]
fn a_file_that_is_touched_while_it_plays_plays_on() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let loader = Loader::shared();
    loader.set_budget_bytes(2 << 20);
    one_of_three(|| {
        let path = pack_file(&folder, 5, 2, 4 * RATE, CellStorage::Pcm16);
        let load = loader.open(PackSource::File(path.clone()), (0.0, 0.0), Box::new(|_| {}));
        let mut player = Player::new(&load);
        player.block(&chord(2));
        player.seconds(0.2, |_| vec![]);
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        for years in [1, 2] {
            let time = std::time::SystemTime::now() - years * Duration::from_secs(365 * 86400);
            file.set_modified(time).unwrap();
            player.seconds(0.5, |t| point(if years == 1 { 2.0 * t } else { 1.0 - 2.0 * t }));
        }
        assert!(!matches!(load.state(), LoadState::Failed(_)), "{:?}", load.state());
        let origins = player.origins();
        let is_heard = origins.silent < 0.5 && origins.nearby < 0.2 * origins.wanted;
        if is_heard { Ok(()) } else { Err(format!("{origins:?}")) }
    });
}

#[cfg(unix)]
#[test]
fn a_file_that_is_deleted_or_replaced_while_it_plays_plays_on() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let loader = Loader::shared();
    loader.set_budget_bytes(2 << 20);
    for replace in [true, false] {
        one_of_three(|| {
            let path = pack_file(&folder, 5, 2, 4 * RATE, CellStorage::Pcm16);
            let load = loader.open(PackSource::File(path.clone()), (0.0, 0.0), Box::new(|_| {}));
            let mut player = Player::new(&load);
            player.block(&chord(2));
            if replace {
                let other = folder.path().join("other");
                std::fs::write(&other, b"another file").unwrap();
                std::fs::rename(&other, &path).unwrap();
            } else {
                std::fs::remove_file(&path).unwrap();
            }
            player.seconds(1.5, |t| point(t / 1.5));
            let origins = player.origins();
            let is_heard = origins.silent < 0.5 && origins.nearby < 0.1 * origins.wanted;
            if is_heard { Ok(()) } else { Err(format!("{origins:?} {:?}", load.state())) }
        });
    }
}

#[test]
fn a_bounce_of_a_pack_larger_than_the_budget_is_the_same_as_of_one_in_memory() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let loader = Loader::shared();
    for storage in [CellStorage::Pcm16, CellStorage::Flac] {
        let path = pack_file(&folder, 5, 2, 2 * RATE, storage);
        let bounce = |budget: u64| {
            loader.set_budget_bytes(budget);
            let load = loader.open(PackSource::File(path.clone()), (0.9, 0.9), Box::new(|_| {}));
            let mut player = Player::new(&load);
            player.engine.set_offline(true);
            let mut sound = Vec::new();
            for at in 0..3 * RATE / BLOCK {
                let mut events = point((at as f64 / 300.0).fract());
                if at % 200 == 0 {
                    events.extend(chord(6));
                }
                let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
                player.engine.process(&mut left, &mut right, &events);
                sound.extend(left);
            }
            let origins = player.origins();
            assert_eq!((origins.nearby, origins.silent), (0.0, 0.0), "{:?}", load.state());
            (sound, loader.resident_bytes())
        };
        let (small, small_bytes) = bounce(1 << 20);
        let (large, large_bytes) = bounce(1 << 30);
        assert!(small == large, "the same bits");
        println!("{storage:?}: {} and {} KiB in memory", small_bytes >> 10, large_bytes >> 10);
    }
}

#[test]
fn memory_that_is_taken_away_is_never_heard() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = pack_file(&folder, 9, 2, RATE, CellStorage::Pcm16);
    let loader = Loader::shared();
    loader.set_budget_bytes(1 << 20);
    let load = loader.open(PackSource::File(path), (0.5, 0.5), Box::new(|_| {}));
    load.wait_playable(LONG).unwrap().unwrap();
    std::thread::scope(|scope| {
        for seed in 0..4u64 {
            let load = &load;
            scope.spawn(move || {
                let mut player = Player::new(load);
                let mut state = seed + 1;
                let mut random = move || {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 33) as f64 / (1u64 << 31) as f64
                };
                player.block(&chord(1));
                for block in 0..4 * RATE / BLOCK {
                    player.block(&if block % 40 == 0 { point(random()) } else { vec![] });
                }
                // A jump of the point is a ramp of 16 frames; memory that has gone would be a step.
                assert!(bend(&player.left[BLOCK..]) < 0.05, "{}", bend(&player.left));
            });
        }
    });
}

#[test]
fn what_is_not_played_is_loaded_only_after_two_quiet_seconds() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    // 256 MB: the loader brings 96 MiB at once.
    let path = pack_file(&folder, 8, 1, 21 * RATE, CellStorage::Pcm16);
    let loader = Loader::shared();
    let begun = Instant::now();
    let load = loader.open(PackSource::File(path), (0.5, 0.5), Box::new(|_| {}));
    assert!(load.wait_complete(LONG).unwrap());
    let mut early = 0;
    while begun.elapsed() < Duration::from_millis(1900) {
        early = early.max(loader.resident_bytes());
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("{} MiB at once", early >> 20);
    // Less than a cell of 4 MB is left.
    assert!((91 << 20..=96 << 20).contains(&early), "{} MiB at once", early >> 20);
    while loader.resident_bytes() < 250_000_000 {
        assert!(begun.elapsed() < LONG, "{} MiB after a minute", loader.resident_bytes() >> 20);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn memory_stays_while_a_block_may_read_it_and_goes_when_the_block_has_ended() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = pack_file(&folder, 3, 1, RATE, CellStorage::Pcm16);
    let loader = Loader::shared();
    let load = loader.open(PackSource::File(path), (0.5, 0.5), Box::new(|_| {}));
    let pack = load.wait_playable(LONG).unwrap().unwrap();
    assert!(load.wait_complete(LONG).unwrap());
    let all = loader.resident_bytes();
    let cell = &pack.play.notes[0].cells[8];
    let chunk = 3 * CHUNK_FRAMES..4 * CHUNK_FRAMES;
    let wait_until = |what: &str, is_so: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < LONG, "{what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    let pause = || std::thread::sleep(Duration::from_millis(100));
    let (first, second) = (Reader::new(), Reader::new());
    // A block that may have found it there, so that voices of the next ones can still fade.
    let before = first.enter();
    loader.set_budget_bytes(0);
    wait_until("it is asked to leave", &|| !cell.is_resident(chunk.clone()));
    pause();
    // A block that began before it was hidden.
    let reading = second.enter();
    let frames = match cell.read(&reading, chunk.clone()) {
        Some(Frames::I16(frames)) => frames,
        _ => panic!("it can be read until all blocks have ended that found it there"),
    };
    let seen = frames.to_vec();
    drop(before);
    wait_until("it is hidden", &|| cell.read(&reading, chunk.clone()).is_none());
    pause();
    assert!(frames == seen && seen.iter().any(|frame| frame[0] != 0), "the block still reads it");
    assert_eq!(loader.resident_bytes(), all);
    drop(reading);
    // Inside of a block whenever the loader looks.
    let _next = second.enter();
    wait_until("it goes", &|| loader.resident_bytes() < all / 2);
}

/// A file to which another program writes while it is read.
struct Rewritten {
    file: FileBytes,
    /// From now on.
    writes: AtomicBool,
    has_changed: AtomicBool,
}

impl ByteSource for Rewritten {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(offset, out)?;
        if self.writes.load(Ordering::SeqCst) && out.len() > 1000 {
            out.fill(0x7F);
            self.has_changed.store(true, Ordering::SeqCst);
        }
        Ok(())
    }

    fn has_changed(&self) -> bool {
        self.has_changed.load(Ordering::SeqCst)
    }
}

#[test]
fn what_is_read_while_another_program_writes_is_never_heard() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = pack_file(&folder, 5, 2, 4 * RATE, CellStorage::Pcm16);
    let loader = Loader::shared();
    loader.set_budget_bytes(2 << 20);
    let file = FileBytes::open(&path).unwrap();
    let source = Arc::new(Rewritten { file, writes: AtomicBool::new(false), has_changed: AtomicBool::new(false) });
    let load = loader.open(PackSource::Bytes(source.clone()), (0.0, 0.0), Box::new(|_| {}));
    let mut player = Player::new(&load);
    player.block(&chord(1));
    player.seconds(0.2, |_| vec![]);
    source.writes.store(true, Ordering::SeqCst);
    player.seconds(0.8, |t| point(t / 0.8));
    match load.state() {
        LoadState::Failed(error) => assert!(error.to_string().contains("changed"), "{error}"),
        state => panic!("{state:?}"),
    }
    let peak = player.left.iter().fold(0f32, |peak, v| peak.max(v.abs()));
    assert!((0.1..0.3).contains(&peak), "{peak}");
}
