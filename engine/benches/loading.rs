//! How long a player waits for a pack like the factory's (5×5 grid, 6 roots, 4 s of FLAC each): from
//! `open` to the first playable note, and to all of it. Printed, not judged: machines differ. The
//! bar is 100 ms to the first note.

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use betwixt_engine::loader::{Loader, PackSource};
use betwixt_engine::pack::CellStorage;
use common::{Shape, write_pack};

const LONG: Duration = Duration::from_secs(300);

fn main() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    for (name, storage) in [("FLAC", CellStorage::Flac), ("PCM 16", CellStorage::Pcm16), ("float", CellStorage::Float)]
    {
        let path = folder.path().join("bench.btx");
        write_pack(&path, Shape { grid: 5, notes: 6, frames: 192_000, storage });
        let megabytes = std::fs::metadata(&path).map_or(0.0, |m| m.len() as f64 / 1e6);
        println!("5x5 grid, 6 roots, 4 s, {name}: {megabytes:.1} MB");
        for round in ["from a cold file", "from a warm file", "from a warm file"] {
            if round.contains("cold") {
                forget(&path);
            }
            load(round, || PackSource::File(path.clone()));
        }
        let bytes: &'static [u8] = Box::leak(std::fs::read(&path).expect("the pack").into_boxed_slice());
        load("from memory", || PackSource::Memory(bytes));
    }
}

/// Loads a pack with a pool that is started for it, and prints the times.
fn load(round: &str, source: impl Fn() -> PackSource) {
    let start = Instant::now();
    let loader = Loader::shared();
    let handle = loader.open(source(), (0.5, 0.5), Box::new(|_| {}));
    let opened = start.elapsed();
    handle.wait_playable(LONG).expect("a good pack");
    let playable = start.elapsed();
    handle.wait_complete(LONG).expect("a good pack");
    println!("  {round:<16}  open {opened:9.1?}  first note {playable:9.1?}  complete {:9.1?}", start.elapsed());
}

/// Has the system forget the file's pages, so that the next read goes to the disk.
fn forget(path: &Path) {
    #[cfg(target_os = "linux")]
    if let Ok(file) = std::fs::File::open(path) {
        use std::os::fd::AsRawFd;
        let _ = file.sync_all();
        // SAFETY: a plain system call on an open descriptor.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = path;
}
