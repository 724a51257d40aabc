//! Files that appear whole or not at all: written beside their place, synced, then renamed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes `path` through `fill`. On any error the old file, if there was one, stays as it was.
///
/// # Errors
/// What `fill` reports, and failures to create, sync or rename.
pub fn write<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), E>,
) -> Result<(), E> {
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    let mut temporary = tempfile::Builder::new().prefix(".betwixt-").suffix(".tmp").tempfile_in(folder)?;
    {
        let mut out = BufWriter::with_capacity(1 << 20, temporary.as_file_mut());
        fill(&mut out)?;
        out.flush()?;
    }
    commit(temporary, path)?;
    Ok(())
}

/// Syncs a finished temporary file and puts it in its place.
pub(crate) fn commit(temporary: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private by default; what is kept has the usual rights.
        let old = std::fs::metadata(path).map_or(0o644, |m| m.permissions().mode());
        temporary.as_file().set_permissions(std::fs::Permissions::from_mode(old & 0o777))?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|e| e.error)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        // The rename itself must reach the disk; not every file system lets a folder be synced.
        let _ = File::open(folder).and_then(|f| f.sync_all());
    }
    Ok(())
}
