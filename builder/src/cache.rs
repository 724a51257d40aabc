//! What builds have made, kept by the hash of all that it was made from.
//!
//! One file an entry: eight bytes of mark, what is kept, and a SHA-256 over the entry's name and
//! what is kept. Files are written beside their place, synced and renamed; one that is damaged, or
//! lies under a wrong name, counts as not there and is taken away. The folder has a limit: what was
//! used least recently goes first. Nothing here fails a build: a cache that can't be read or
//! written is none.

mod key;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use betwixt_engine::{atomic_file, folders};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

pub use key::{Hasher, Key};

/// First bytes of each entry; the number is the layout's.
const MARK: &[u8; 8] = b"btxkept1";
/// Bytes of the checksum at the end.
const CHECKSUM: usize = 32;
/// How much the standard cache keeps.
const LIMIT_BYTES: u64 = 2 << 30;
/// Half-written files of a process that died are taken away after this long.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A folder of results.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    limit_bytes: u64,
    /// Bytes written since the folder was last looked through.
    written: AtomicU64,
    trimming: Mutex<()>,
    /// Writing has failed and was told; it is not tried again.
    failed: AtomicBool,
}

impl Cache {
    /// The one in the user's cache folder (`BETWIXT_CACHE`), of at most 2 GiB.
    pub fn standard() -> Option<Cache> {
        folders::cache().map(|folder| Cache::at(&folder.join("build"), LIMIT_BYTES))
    }

    /// One in a folder, which is made when something is put into it.
    pub fn at(folder: &Path, limit_bytes: u64) -> Cache {
        Cache {
            folder: folder.into(),
            limit_bytes,
            written: AtomicU64::new(0),
            trimming: Mutex::new(()),
            failed: AtomicBool::new(false),
        }
    }

    /// What is kept under a name, if it is there and whole.
    pub fn get<T: DeserializeOwned>(&self, kind: &str, key: Key) -> Option<T> {
        let path = self.path(kind, key);
        let bytes = fs::read(&path).ok()?;
        let found = open(&bytes, kind, key).and_then(|kept| postcard::from_bytes(kept).ok());
        if found.is_none() {
            tracing::warn!("the cache entry {} is damaged; it is made again", path.display());
            let _ = fs::remove_file(&path);
        } else if let Ok(file) = File::options().append(true).open(&path) {
            // Used now: the oldest goes first.
            let _ = file.set_modified(SystemTime::now());
        }
        found
    }

    /// Keeps something under a name. What is larger than an eighth of the limit is not kept.
    pub fn put<T: Serialize>(&self, kind: &str, key: Key, value: &T) {
        if self.failed.load(Ordering::Relaxed) {
            return;
        }
        let Ok(kept) = postcard::to_stdvec(value) else { return };
        let bytes = (MARK.len() + kept.len() + CHECKSUM) as u64;
        if bytes > self.limit_bytes / 8 {
            return;
        }
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            atomic_file::write(&self.path(kind, key), |out| {
                out.write_all(MARK)?;
                out.write_all(&kept)?;
                out.write_all(&checksum(kind, key, &kept))
            })
        };
        if let Err(why) = write() {
            if !self.failed.swap(true, Ordering::Relaxed) {
                tracing::warn!("nothing is kept in {}: {why}", self.folder.display());
            }
            return;
        }
        if self.written.fetch_add(bytes, Ordering::Relaxed) + bytes > self.limit_bytes / 8 {
            self.trim();
        }
    }

    /// Takes away what was used least recently until the limit is kept.
    pub fn trim(&self) {
        let Ok(_alone) = self.trimming.try_lock() else { return };
        self.written.store(0, Ordering::Relaxed);
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let now = SystemTime::now();
        let mut files = Vec::new();
        for entry in entries.flatten() {
            let Ok(about) = entry.metadata() else { continue };
            let used = about.modified().unwrap_or(now);
            if entry.file_name().to_string_lossy().ends_with(".tmp") {
                if now.duration_since(used).is_ok_and(|age| age > ABANDONED) {
                    let _ = fs::remove_file(entry.path());
                }
            } else if about.is_file() {
                files.push((used, about.len(), entry.path()));
            }
        }
        files.sort();
        let mut sum: u64 = files.iter().map(|f| f.1).sum();
        for (_, bytes, path) in files {
            if sum <= self.limit_bytes {
                break;
            }
            if fs::remove_file(&path).is_ok() {
                sum -= bytes;
            }
        }
    }

    fn path(&self, kind: &str, key: Key) -> PathBuf {
        self.folder.join(format!("{kind}-{key}"))
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        if self.written.load(Ordering::Relaxed) > 0 {
            self.trim();
        }
    }
}

/// What an entry's file keeps, if it is whole.
fn open<'a>(bytes: &'a [u8], kind: &str, key: Key) -> Option<&'a [u8]> {
    let (kept, sum) = bytes.strip_prefix(MARK)?.split_last_chunk::<CHECKSUM>()?;
    (checksum(kind, key, kept) == *sum).then_some(kept)
}

fn checksum(kind: &str, key: Key, kept: &[u8]) -> [u8; CHECKSUM] {
    let mut hash = Sha256::new();
    hash.update(format!("{kind}-{key}\n"));
    hash.update(kept);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> Key {
        let mut hasher = Hasher::new("test");
        hasher.whole(n);
        hasher.key()
    }

    #[test]
    fn what_is_kept_comes_back_under_its_own_name_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path(), 1 << 20);
        cache.put("a", key(1), &vec![1.5f32, -2.0]);
        assert_eq!(cache.get::<Vec<f32>>("a", key(1)), Some(vec![1.5, -2.0]));
        assert_eq!(cache.get::<Vec<f32>>("a", key(2)), None);
        // A file that was moved is not what its name says.
        fs::rename(cache.path("a", key(1)), cache.path("a", key(2))).unwrap();
        assert_eq!(cache.get::<Vec<f32>>("a", key(2)), None);
    }

    #[test]
    fn a_damaged_entry_is_none_and_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path(), 1 << 20);
        for damage in 0..4 {
            cache.put("a", key(1), &"a text that is long enough".to_owned());
            let path = cache.path("a", key(1));
            let mut bytes = fs::read(&path).unwrap();
            match damage {
                0 => bytes[12] ^= 1,
                1 => bytes.truncate(20),
                2 => bytes.clear(),
                _ => bytes[0] = b'x',
            }
            fs::write(&path, bytes).unwrap();
            assert_eq!(cache.get::<String>("a", key(1)), None, "damage {damage}");
            assert!(!path.exists());
        }
    }

    #[test]
    fn the_folder_keeps_its_limit_and_what_was_used_last() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path(), 100_000);
        let value = vec![7u8; 9_000];
        for n in 0..10 {
            cache.put("a", key(n), &value);
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(cache.get::<Vec<u8>>("a", key(0)).is_some());
        for n in 10..15 {
            cache.put("a", key(n), &value);
            std::thread::sleep(Duration::from_millis(5));
        }
        cache.trim();
        let sum: u64 = fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.metadata().unwrap().len()).sum();
        assert!(sum <= 100_000, "{sum} bytes");
        assert!(cache.get::<Vec<u8>>("a", key(0)).is_some(), "used last");
        assert!(cache.get::<Vec<u8>>("a", key(1)).is_none(), "used first");
        cache.put("a", key(99), &vec![0u8; 20_000]);
        assert!(cache.get::<Vec<u8>>("a", key(99)).is_none(), "too large for this folder");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_cache() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let cache = Cache::at(&file, 1 << 20);
        cache.put("a", key(1), &1u8);
        assert_eq!(cache.get::<u8>("a", key(1)), None);
    }
}
