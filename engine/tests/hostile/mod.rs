//! Tools of the hostile: a ZIP writer that lies on request, and an allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use betwixt_engine::bytes::ByteSource;

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: hands everything to the system's allocator and only counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// The counts are of the whole process, so its tests run one by one: each holds this.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `work` and says how many bytes more than before were allocated at the peak, on any thread.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    (result, PEAK.load(Ordering::Relaxed).saturating_sub(before))
}

/// Bytes as a source, without a leak.
pub(crate) struct Shared(pub(crate) Arc<Vec<u8>>);

impl ByteSource for Shared {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.as_slice().read_exact_at(offset, out)
    }
}

/// One entry, and the lies about it.
pub(crate) struct Entry {
    name: String,
    data: Vec<u8>,
    crc: u32,
    true_size: u32,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    /// What the directory says instead of the truth.
    pub(crate) size: Option<u32>,
    pub(crate) offset: Option<u32>,
    pub(crate) offset_by: u32,
}

/// A ZIP archive in the making.
#[derive(Default)]
pub(crate) struct Zip {
    entries: Vec<Entry>,
    directory_offset_by: i64,
    count: Option<u16>,
    zip64: Option<(u64, u64, u64)>,
}

impl Zip {
    pub(crate) fn new() -> Zip {
        Zip::default()
    }

    pub(crate) fn add(mut self, name: &str, data: &[u8]) -> Zip {
        self.entries.push(Entry {
            name: name.into(),
            data: data.into(),
            crc: crc32fast::hash(data),
            true_size: data.len() as u32,
            method: 0,
            flags: 0,
            size: None,
            offset: None,
            offset_by: 0,
        });
        self
    }

    pub(crate) fn deflated(self, name: &str, data: &[u8]) -> Zip {
        let packed = miniz_oxide::deflate::compress_to_vec(data, 6);
        self.add(name, data).edit_last(|e| {
            e.data = packed;
            e.method = 8;
        })
    }

    fn edit_last(self, change: impl FnOnce(&mut Entry)) -> Zip {
        let last = self.entries.len() - 1;
        self.edit(last, change)
    }

    pub(crate) fn edit(mut self, entry: usize, change: impl FnOnce(&mut Entry)) -> Zip {
        change(&mut self.entries[entry]);
        self
    }

    pub(crate) fn directory_offset(mut self, by: i64) -> Zip {
        self.directory_offset_by = by;
        self
    }

    pub(crate) fn count(mut self, count: u16) -> Zip {
        self.count = Some(count);
        self
    }

    /// A ZIP64 record with this count, offset and length.
    pub(crate) fn zip64(mut self, count: u64, offset: u64, len: u64) -> Zip {
        self.zip64 = Some((count, offset, len));
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        for e in &self.entries {
            let at = out.len() as u32;
            let fields = |out: &mut Vec<u8>, packed: u32, size: u32| {
                put16(out, &[20, e.flags, e.method, 0, 0x21]);
                put32(out, &[e.crc, packed, size]);
                put16(out, &[e.name.len() as u16, 0]);
            };
            out.extend(b"PK\x03\x04");
            fields(&mut out, e.data.len() as u32, e.true_size);
            out.extend(e.name.as_bytes());
            out.extend(&e.data);
            directory.extend(b"PK\x01\x02\x14\x00");
            let size = e.size.unwrap_or(e.true_size);
            let packed = if e.method == 0 { size } else { e.data.len() as u32 };
            fields(&mut directory, packed, size);
            put16(&mut directory, &[0, 0, 0]);
            put32(&mut directory, &[0, e.offset.unwrap_or(at) + e.offset_by]);
            directory.extend(e.name.as_bytes());
        }
        let offset = (out.len() as i64 + self.directory_offset_by) as u32;
        out.extend(&directory);
        let mut count = self.count.unwrap_or(self.entries.len() as u16);
        if let Some((entries, offset, len)) = self.zip64 {
            let record = out.len() as u64;
            out.extend(b"PK\x06\x06");
            out.extend(44u64.to_le_bytes());
            put16(&mut out, &[45, 45]);
            put32(&mut out, &[0, 0]);
            for v in [entries, entries, len, offset] {
                out.extend(v.to_le_bytes());
            }
            out.extend(b"PK\x06\x07\0\0\0\0");
            out.extend(record.to_le_bytes());
            put32(&mut out, &[1]);
            count = u16::MAX;
        }
        out.extend(b"PK\x05\x06");
        put16(&mut out, &[0, 0, count, count]);
        put32(&mut out, &[directory.len() as u32, offset]);
        put16(&mut out, &[0]);
        out
    }
}

fn put16(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|v| v.to_le_bytes()));
}

fn put32(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|v| v.to_le_bytes()));
}
