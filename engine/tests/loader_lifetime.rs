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

#[cfg(target_os = "linux")]
#[test]
fn threads_start_with_the_first_work_and_end_with_the_last_handle() {
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
