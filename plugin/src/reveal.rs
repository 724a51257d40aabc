//! Showing a file in the system's file manager. Tried on Linux; the others follow their systems' documentation.

use std::path::Path;
use std::process::{Command, Stdio};

/// Shows a file in its folder, or a folder. Returns when the file manager was asked, and leaves no child behind.
///
/// # Errors
/// One sentence for the player.
pub(crate) fn show(path: &Path) -> Result<(), String> {
    let bad = |why: String| format!("{} can't be shown: {why}. Open it with your file manager.", path.display());
    if !path.exists() {
        return Err(bad("it is not there any more".into()));
    }
    let mut command = command(path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().map_err(|error| bad(error.to_string()))?;
    // Windows' file manager says 1 when all is well.
    if status.success() || cfg!(windows) {
        Ok(())
    } else {
        Err(bad("this system has no program for it that we know".into()))
    }
}

#[cfg(target_os = "macos")]
fn command(path: &Path) -> Command {
    let mut command = Command::new("open");
    command.arg("-R").arg(path);
    command
}

#[cfg(windows)]
fn command(path: &Path) -> Command {
    use std::os::windows::process::CommandExt;
    let mut command = Command::new("explorer");
    // It reads its line in its own way; a path has no quotes.
    command.raw_arg(format!("/select,\"{}\"", path.display()));
    command
}

#[cfg(not(any(target_os = "macos", windows)))]
fn command(path: &Path) -> Command {
    use std::os::unix::process::CommandExt;
    let folder = if path.is_dir() { path } else { betwixt_engine::atomic_file::folder(path) };
    let mut command = Command::new("sh");
    // Some file managers stay until they are closed: they become the system's children, not ours.
    command.args(["-c", r#"command -v xdg-open || exit 1; xdg-open "$1" & exit 0"#, "sh"]).arg(folder).process_group(0);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_told() {
        let error = show(Path::new("/nowhere/dusk.json")).unwrap_err();
        assert!(error.contains("/nowhere/dusk.json") && error.contains("not there"), "{error}");
    }
}
