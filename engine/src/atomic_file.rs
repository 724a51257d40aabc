//! Files that appear whole or not at all: written beside their place, synced, then renamed.
//!
//! A path that is a symbolic link stands for what it points to: the link stays, and its target is
//! written, or made if it is not there. Only a regular file is ever replaced: where a device, a pipe,
//! a socket or a folder is, that is an error.

use std::fs::{self, File, FileType};
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Links that lead to links: as many as Linux follows.
const LINKS: usize = 40;

/// Where a file at `path` goes, behind all symbolic links. Writes nothing: for a look before long work.
///
/// # Errors
/// When there is something at `path` that is not a regular file, when its folder does not exist, or
/// when `path` names no file.
pub fn place(path: &Path) -> io::Result<PathBuf> {
    let error = |kind, text: String| Err(io::Error::new(kind, text));
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => {
            let what = kind(there.file_type());
            return error(
                ErrorKind::InvalidInput,
                format!("there is {what} at that path, which is left alone; give the path of a file"),
            );
        }
        Ok(_) if fs::symlink_metadata(path)?.is_symlink() => return fs::canonicalize(path),
        Ok(_) => return Ok(path.into()),
        Err(missing) if missing.kind() == ErrorKind::NotFound => {}
        Err(other) => return Err(other),
    }
    // Nothing is there, or a link to nothing.
    let mut place = path.to_owned();
    for _ in 0..LINKS {
        if !fs::symlink_metadata(&place).is_ok_and(|there| there.is_symlink()) {
            break;
        }
        place = folder(&place).join(fs::read_link(&place)?);
    }
    let text = place.to_string_lossy();
    let is_folder = text.trim_end_matches('.').ends_with(std::path::is_separator);
    if place.file_name().is_none() || is_folder {
        return error(ErrorKind::InvalidInput, "the path names no file; give the path of a file".into());
    }
    let folder = folder(&place);
    match fs::metadata(folder) {
        Ok(there) if there.is_dir() => Ok(place),
        Ok(_) => error(ErrorKind::NotADirectory, format!("{} is no folder; give another path", folder.display())),
        Err(missing) if missing.kind() == ErrorKind::NotFound => error(
            ErrorKind::NotFound,
            format!("there is no folder {}; make it, or give another path", folder.display()),
        ),
        Err(other) => Err(other),
    }
}

/// As [`place`], for a result that is made from these files: it must be none of them.
///
/// # Errors
/// As [`place`], and when the result would take the place of one of `inputs`.
pub fn place_apart<'a>(path: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> io::Result<PathBuf> {
    let place = place(path)?;
    // Behind links; what is not there yet is no input.
    if let Ok(there) = fs::canonicalize(&place)
        && let Some(input) = inputs.into_iter().find(|input| fs::canonicalize(input).is_ok_and(|input| input == there))
    {
        let text = format!("the result is made from {}, which stays as it is; give another path", input.display());
        return Err(io::Error::new(ErrorKind::InvalidInput, text));
    }
    Ok(place)
}

/// The folder that a file is in.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What is no regular file, in words.
fn kind(of: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if of.is_fifo() {
            return "a pipe";
        }
        if of.is_socket() {
            return "a socket";
        }
        if of.is_char_device() || of.is_block_device() {
            return "a device";
        }
    }
    if of.is_dir() { "a folder" } else { "something that is no file" }
}

/// A file on its way: a temporary one beside its place until [`AtomicFile::commit`]. Dropped before
/// that, it leaves nothing behind, and the old file as it was.
#[derive(Debug)]
pub struct AtomicFile {
    place: PathBuf,
    temporary: NamedTempFile,
}

impl AtomicFile {
    /// Begins a file that will stand at `path`.
    ///
    /// # Errors
    /// As [`place`], and when no file can be made in the folder.
    pub fn create(path: &Path) -> io::Result<AtomicFile> {
        let place = place(path)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".betwixt-").suffix(".tmp");
        // Temporary files are private by default; what is kept has the usual rights.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let temporary = builder.tempfile_in(folder(&place))?;
        Ok(AtomicFile { place, temporary })
    }

    /// Cuts the file to so many bytes, or makes it longer by zeros.
    ///
    /// # Errors
    /// What the system reports.
    pub fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.temporary.as_file().set_len(bytes)
    }

    /// Syncs the file and puts it in its place.
    ///
    /// # Errors
    /// When it can't be synced or renamed, or something that is no file has come to its place.
    pub fn commit(self) -> io::Result<()> {
        let AtomicFile { place, temporary } = self;
        self::place(&place)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if let Ok(old) = fs::metadata(&place) {
                temporary.as_file().set_permissions(fs::Permissions::from_mode(old.permissions().mode() & 0o777))?;
            }
        }
        temporary.as_file().sync_all()?;
        temporary.persist(&place).map_err(|e| e.error)?;
        #[cfg(unix)]
        {
            // The rename itself must reach the disk; not every file system lets a folder be synced.
            let _ = File::open(folder(&place)).and_then(|f| f.sync_all());
        }
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.as_file_mut().flush()
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.temporary.as_file_mut().seek(to)
    }
}

/// Writes `path` through `fill`. On any error the old file, if there was one, stays as it was.
///
/// # Errors
/// What `fill` reports, and as [`AtomicFile::create`] and [`AtomicFile::commit`].
pub fn write<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), E>,
) -> Result<(), E> {
    let mut file = AtomicFile::create(path)?;
    {
        let mut out = BufWriter::with_capacity(1 << 20, file.temporary.as_file_mut());
        fill(&mut out)?;
        out.flush()?;
    }
    file.commit()?;
    Ok(())
}

/// As [`write`], where nothing may stand at `path` yet: not even what came there meanwhile is replaced.
///
/// # Errors
/// As [`write`], and [`ErrorKind::AlreadyExists`] where something is there.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes)?;
    file.temporary.as_file().sync_all()?;
    file.temporary.persist_noclobber(path).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &Path) -> io::Result<()> {
        write(path, |out| out.write_all(b"new"))
    }

    #[test]
    fn an_error_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        put(&path).unwrap();
        let failed = write(&path, |out| out.write_all(b"half").and(Err(io::Error::other("no more"))));
        assert_eq!(failed.unwrap_err().to_string(), "no more");
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_file_takes_no_others_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        write_new(&path, b"first").unwrap();
        assert_eq!(write_new(&path, b"second").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_path_that_can_be_no_file_is_told_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        fs::write(&file, "old").unwrap();
        let here = |name: &str| folder.path().join(name);
        for (path, says) in [
            (folder.path().to_owned(), "there is a folder at that path"),
            (here("missing/f"), "missing; make it"),
            (here("f/g"), ""),
            (here("f/"), ""),
            (here("g/"), "names no file"),
            (here("g/.."), "names no file"),
            (here("g/."), "names no file"),
            (PathBuf::new(), "names no file"),
        ] {
            let error = place(&path).unwrap_err().to_string();
            assert!(error.contains(says), "{}: {error}", path.display());
            put(&path).unwrap_err();
        }
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_result_never_takes_the_place_of_what_it_is_made_from() {
        let folder = tempfile::tempdir().unwrap();
        let here = |name: &str| folder.path().join(name);
        fs::write(here("in"), "old").unwrap();
        let inputs = [here("other"), here("in")];
        let try_at = |path: &Path| place_apart(path, inputs.iter().map(PathBuf::as_path));
        let mut same = vec![here("in"), here("./in")];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(here("in"), here("link")).unwrap();
            same.push(here("link"));
        }
        for path in same {
            let error = try_at(&path).unwrap_err().to_string();
            assert!(error.contains("made from") && error.contains("another path"), "{}: {error}", path.display());
        }
        assert_eq!(try_at(&here("new")).unwrap(), here("new"));
        assert_eq!(try_at(&here("other")).unwrap(), here("other"), "what is not there is no input");
    }

    #[cfg(unix)]
    #[test]
    fn pipes_sockets_and_devices_are_left_alone() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let (pipe, socket) = (folder.path().join("pipe"), folder.path().join("socket"));
        let name = std::ffi::CString::new(pipe.to_str().unwrap()).unwrap();
        // SAFETY: the name is a string that ends in 0.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, says) in [(pipe.as_path(), "a pipe"), (&socket, "a socket"), (Path::new("/dev/null"), "a device")] {
            // A look only: what must not be replaced is not put at risk.
            let error = place(path).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        put(&pipe).unwrap_err();
        put(&socket).unwrap_err();
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
        assert!(fs::metadata(&socket).unwrap().file_type().is_socket());
        // One that comes while the file is on its way.
        let late = folder.path().join("late");
        let file = AtomicFile::create(&late).unwrap();
        fs::create_dir(&late).unwrap();
        file.commit().unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_its_target_is_written() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let here = |name: &str| folder.path().join(name);
        fs::create_dir(here("deep")).unwrap();
        fs::write(here("deep/old"), "old").unwrap();
        symlink("deep/old", here("to_old")).unwrap();
        symlink("to_none", here("to_link")).unwrap();
        symlink("deep/none", here("to_none")).unwrap();
        for (link, target) in [("to_old", "deep/old"), ("to_link", "deep/none")] {
            put(&here(link)).unwrap();
            assert!(fs::symlink_metadata(here(link)).unwrap().is_symlink(), "{link}");
            assert_eq!(fs::read(here(target)).unwrap(), b"new", "{link}");
        }
        assert!(fs::symlink_metadata(here("to_none")).unwrap().is_symlink());
        assert_eq!(fs::read_dir(here("deep")).unwrap().count(), 2, "nothing is left behind");
        // To no folder, in a ring, and to what is no file.
        for (link, target, says) in
            [("astray", "nowhere/f", "no folder"), ("ring", "ring", ""), ("to_folder", "deep", "a folder")]
        {
            symlink(target, here(link)).unwrap();
            let error = put(&here(link)).unwrap_err().to_string();
            assert!(error.contains(says), "{link}: {error}");
            assert!(fs::symlink_metadata(here(link)).unwrap().is_symlink(), "{link}");
        }
    }
}
