//! A slow disk in front of a file.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use betwixt_engine::bytes::{ByteSource, FileBytes};

/// Reads one thing after the other, each after a pause.
pub(super) struct SlowDisk {
    file: FileBytes,
    bytes_per_second: f64,
    pause: Duration,
    free_at: Mutex<Instant>,
}

impl SlowDisk {
    pub(super) fn open(path: &Path, bytes_per_second: f64, pause: Duration) -> io::Result<SlowDisk> {
        Ok(SlowDisk { file: FileBytes::open(path)?, bytes_per_second, pause, free_at: Mutex::new(Instant::now()) })
    }
}

impl ByteSource for SlowDisk {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let time = Duration::from_secs_f64(out.len() as f64 / self.bytes_per_second) + self.pause;
        let done_at = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            *free_at = (*free_at).max(Instant::now()) + time;
            *free_at
        };
        std::thread::sleep(done_at.saturating_duration_since(Instant::now()));
        self.file.read_exact_at(offset, out)
    }
}
