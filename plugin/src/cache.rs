//! What builds have kept in the cache folder: how much it is, and clearing it. Only files that builds make are touched,
//! and no link is followed.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The folder that builds keep their results in.
const BUILD: &str = "build";
/// Hexadecimal digits of a result's hash.
const DIGITS: usize = 64;
/// What a build under way has not finished yet is no older than this.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Bytes of what builds have kept.
pub(crate) fn bytes(folder: &Path) -> u64 {
    let mut sum = 0;
    let _ = each(folder, |_, about| {
        sum += about.len();
        Ok(())
    });
    sum
}

/// Throws away what builds have kept. A build under way makes again what it misses.
///
/// # Errors
/// One sentence for the player: what could not be deleted.
pub(crate) fn clear(folder: &Path) -> Result<(), String> {
    each(folder, |path, _| match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("The cache was not cleared: {} could not be deleted: {error}.", path.display()))
        }
        _ => Ok(()),
    })
}

/// Calls `act` with each file that builds have kept; what fails first is told last.
fn each(folder: &Path, mut act: impl FnMut(&Path, &fs::Metadata) -> Result<(), String>) -> Result<(), String> {
    let folder = folder.join(BUILD);
    // A link would lead out.
    let is_folder = fs::symlink_metadata(&folder).is_ok_and(|about| about.is_dir());
    let entries = is_folder.then(|| fs::read_dir(&folder).ok()).flatten();
    let mut outcome = Ok(());
    for entry in entries.into_iter().flatten().flatten() {
        // Of the link itself, where it is one.
        let Ok(about) = entry.metadata() else { continue };
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| is_result(name) || (is_temporary(name) && is_abandoned(&about)));
        if about.is_file() && is_ours {
            let done = act(&entry.path(), &about);
            outcome = outcome.and(done);
        }
    }
    outcome
}

/// Is it called as results are: `KIND-HASH`?
fn is_result(name: &str) -> bool {
    let Some((kind, hash)) = name.split_once('-') else { return false };
    let is_hash = hash.len() == DIGITS && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase()) && is_hash
}

fn is_temporary(name: &str) -> bool {
    name.starts_with(".betwixt-") && name.ends_with(".tmp")
}

fn is_abandoned(about: &fs::Metadata) -> bool {
    let age = about.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_some_and(|age| age > ABANDONED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_builds_made_is_counted_and_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let build = folder.path().join(BUILD);
        assert_eq!((bytes(folder.path()), clear(folder.path())), (0, Ok(())));
        fs::create_dir_all(build.join(format!("note-{}", "b".repeat(64)))).unwrap();
        let result = |kind: &str| format!("{kind}-{}", "0a".repeat(32));
        for (name, text) in [
            (result("cell"), "12345"),
            (result("sound"), "123"),
            (result("Cell"), "x"),
            ("cell-0a".to_owned(), "x"),
            ("holiday.jpg".to_owned(), "x"),
            (".betwixt-fresh.tmp".to_owned(), "x"),
        ] {
            fs::write(build.join(name), text).unwrap();
        }
        let old = fs::File::create(build.join(".betwixt-old.tmp")).unwrap();
        old.set_modified(SystemTime::now() - 2 * ABANDONED).unwrap();
        assert_eq!(bytes(folder.path()), 8);
        clear(folder.path()).unwrap();
        assert_eq!(bytes(folder.path()), 0);
        assert_eq!(fs::read_dir(&build).unwrap().count(), 5);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let name = format!("cell-{}", "1".repeat(64));
        let outside = folder.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join(&name), "mine").unwrap();
        let cache = folder.path().join("cache");
        fs::create_dir(&cache).unwrap();
        symlink(&outside, cache.join(BUILD)).unwrap();
        clear(&cache).unwrap();
        fs::remove_file(cache.join(BUILD)).unwrap();
        fs::create_dir(cache.join(BUILD)).unwrap();
        symlink(outside.join(&name), cache.join(BUILD).join(&name)).unwrap();
        assert_eq!(bytes(&cache), 0);
        clear(&cache).unwrap();
        assert_eq!(fs::read(outside.join(&name)).unwrap(), b"mine");
    }
}
