//! Memory of this process and room on a disk, where the system tells.

use std::path::Path;

/// What of this process is in memory now, in MiB.
pub(super) fn resident_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// Bytes that can still be written into a folder.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
        // SAFETY: the structure is plain numbers, for which zeros are a value.
        let mut stat: libc::statvfs = unsafe { std::mem::zeroed() };
        // SAFETY: a path that ends in a zero, and a whole statvfs that the call fills.
        let failed = unsafe { libc::statvfs(path.as_ptr(), &raw mut stat) };
        #[allow(clippy::unnecessary_cast)] // Narrower elsewhere.
        (failed == 0).then(|| stat.f_bavail as u64 * stat.f_frsize as u64)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Drops what the system keeps of a file in memory, so that it is read from the disk again. Says
/// whether that could be done.
pub(super) fn drop_cache(path: &Path) -> std::io::Result<bool> {
    let file = std::fs::File::open(path)?;
    file.sync_all()?;
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        // SAFETY: a file that is open.
        let error = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
        Ok(error == 0)
    }
    #[cfg(not(target_os = "linux"))]
    Ok(false)
}
