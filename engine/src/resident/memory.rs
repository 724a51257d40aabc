//! Address space for audio: reserved for whole cells, given memory part by part as they are loaded.
//!
//! | system | reserving | before writing | giving back |
//! | --- | --- | --- | --- |
//! | Unix | maps pages that come when they are written | nothing | advises that they are not needed |
//! | Windows | reserves addresses that can't be touched | commits, which counts against the system's limit | decommits |

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::Memory;
#[cfg(windows)]
pub(super) use windows::Memory;

/// Parts begin on the largest page of the systems we run on (16 KiB, Apple). Chunks are multiples of it but
/// for the last of a cell, and the next cell begins on a page of its own: no two parts share one.
pub(super) const PAGE_BYTES: usize = 16 << 10;

#[cfg(all(test, target_os = "linux"))]
pub(super) mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    /// How much of the range is in memory.
    pub(in crate::resident) fn in_memory(start: *mut u8, bytes: usize) -> usize {
        // SAFETY: a plain system call.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let mut are_in = vec![0u8; bytes / page];
        // SAFETY: the call reads no memory and writes a byte for each page.
        assert_eq!(unsafe { libc::mincore(start.cast(), bytes, are_in.as_mut_ptr()) }, 0);
        are_in.iter().filter(|page| **page & 1 == 1).count() * page
    }

    #[test]
    fn a_tebibyte_takes_no_memory_and_what_is_released_goes_back() {
        let mut memory = Memory::reserve(1 << 40).unwrap();
        let start = memory.start();
        let offset = (1 << 39) + PAGE_BYTES;
        // SAFETY: inside the range.
        let part = unsafe { start.add(offset) };
        assert_eq!(in_memory(part, 8 * MIB), 0);
        let write = |value: u8, range: std::ops::Range<usize>| {
            memory.commit(offset + range.start, range.len()).unwrap();
            // SAFETY: committed, and nobody else has it.
            unsafe { std::slice::from_raw_parts_mut(part.add(range.start), range.len()).fill(value) };
        };
        // SAFETY: committed or zero, and nobody writes.
        let holds = |value: u8, range: std::ops::Range<usize>| unsafe {
            std::slice::from_raw_parts(part.add(range.start), range.len()).iter().all(|byte| *byte == value)
        };
        write(1, 0..8 * MIB);
        assert_eq!(in_memory(part, 8 * MIB), 8 * MIB);
        // SAFETY: nobody reads or writes.
        unsafe { memory.release(offset + 2 * MIB, 4 * MIB) };
        assert_eq!(in_memory(part, 8 * MIB), 4 * MIB);
        assert!(holds(1, 0..2 * MIB) && holds(1, 6 * MIB..8 * MIB), "its neighbours stay");
        write(2, 3 * MIB..4 * MIB);
        assert!(holds(2, 3 * MIB..4 * MIB) && holds(1, 0..2 * MIB) && holds(1, 6 * MIB..8 * MIB));
        // The last part of a cell is no whole page.
        // SAFETY: nobody reads or writes.
        unsafe { memory.release(offset + 6 * MIB, 2 * MIB - 100) };
        assert_eq!(in_memory(part, 8 * MIB), 3 * MIB);
    }
}
