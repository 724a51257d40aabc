//! The pool's threads: a scanning host starts none, and the last handle waits for them, since after
//! that the plugin's code may be unmapped. In a process of its own, because the pool is one for the
//! process.

mod common;

use std::time::{Duration, Instant};

use betwixt_engine::loader::{Loader, PackSource};
use betwixt_engine::pack::CellStorage;
use common::{Shape, write_pack};

#[cfg(target_os = "linux")]
fn loader_threads() -> usize {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .filter(|name| name.starts_with("betwixt-load"))
        .count()
}

/// The pool is one for the process.
#[cfg(target_os = "linux")]
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[cfg(target_os = "linux")]
#[test]
fn threads_start_with_the_first_work_and_end_with_the_last_handle() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    write_pack(&path, Shape { grid: 3, notes: 6, frames: 96_000, storage: CellStorage::Flac });
    for _ in 0..5 {
        let loader = Loader::shared();
        let second = Loader::shared();
        assert_eq!(loader_threads(), 0);
        let handle = loader.open(PackSource::File(path.clone()), (0.5, 0.5), Box::new(|_| {}));
        let pack = handle.wait_playable(Duration::from_secs(60)).unwrap().unwrap();
        assert!(loader_threads() > 0);
        drop((loader, handle));
        assert!(loader_threads() > 0, "another handle is there");
        let start = Instant::now();
        drop(second);
        println!("last handle dropped in mid-load: {:?}", start.elapsed());
        // A joined thread may stay listed for a moment.
        while loader_threads() > 0 {
            assert!(start.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(1));
        }
        let settled = pack.play.notes.iter().flat_map(|n| n.cells.iter());
        assert!(settled.clone().all(|c| c.is_given_up() || c.is_resident(0..96_000)), "no cell promises more");
        drop(pack);
    }
}

/// How nice each of the loader's threads is, once all run.
#[cfg(target_os = "linux")]
fn nice_values() -> Vec<(String, i32)> {
    let stat = |task: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(task.ok()?.path().join("stat")).ok()?;
        // The name is in brackets; behind it the 17th value.
        let (name, values) = text.split_once('(')?.1.rsplit_once(')')?;
        Some((name.to_owned(), values.split_whitespace().nth(16)?.parse().ok()?))
    };
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks.filter_map(stat).filter(|(name, _)| name.starts_with("betwixt-load")).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn threads_give_way_to_the_host_and_there_are_enough_of_them() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let loader = Loader::shared();
    let handle = loader.open(PackSource::Memory(b"no pack"), (0.5, 0.5), Box::new(|_| {}));
    assert!(handle.wait_playable(Duration::from_secs(60)).is_err());
    let cores = std::thread::available_parallelism().unwrap().get();
    // Those that do anything, one for each core; those that bring what sounds or opens; the keeper.
    let expected = [(10, cores.clamp(2, 16)), (5, 6 + 1)];
    let begun = Instant::now();
    loop {
        let values = nice_values();
        let count = |nice: i32| values.iter().filter(|(_, value)| *value == nice).count();
        if expected.iter().all(|(nice, threads)| count(*nice) == *threads) && values.len() == 7 + cores.clamp(2, 16) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{values:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
