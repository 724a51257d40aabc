//! The system's file dialog, as a program of its own: it can neither block the window nor bring a second toolkit into
//! the host. Tried on Linux (zenity, kdialog); the others follow their systems' documentation.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use betwixt_editor::model::Folder;

/// A dialog that is open.
pub(super) struct Dialog {
    child: Child,
    /// What it asks for.
    pub(super) asks: Asks,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// A pack to play.
    Pack,
    /// A folder to keep things in.
    Folder(Folder),
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Still open.
    Waiting,
    /// Closed without a choice.
    Nothing,
    /// The player's choice.
    File(PathBuf),
}

/// Longest path that is taken.
const MAX_BYTES: u64 = 64 << 10;

impl Dialog {
    /// Does the system have a dialog that we know?
    pub(super) fn exists() -> bool {
        // The other systems bring theirs along.
        !cfg!(target_os = "linux") || {
            let folders: Vec<PathBuf> =
                std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default();
            programs(Asks::Pack).iter().any(|program| folders.iter().any(|folder| folder.join(program[0]).is_file()))
        }
    }

    /// Opens the dialog; `None` when the system has none that we know.
    pub(super) fn open(asks: Asks) -> Option<Dialog> {
        programs(asks).iter().find_map(|program| Dialog::run(program, asks))
    }

    fn run(program: &[&str], asks: Asks) -> Option<Dialog> {
        let (name, arguments) = program.split_first()?;
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().ok().map(|child| Dialog { child, asks })
    }

    /// Asks for the answer without waiting.
    pub(super) fn answer(&mut self) -> Answer {
        match self.child.try_wait() {
            Ok(None) => Answer::Waiting,
            Ok(Some(status)) if status.success() => {
                let mut text = Vec::new();
                let read = self.child.stdout.take().map(|out| out.take(MAX_BYTES).read_to_end(&mut text));
                let text = String::from_utf8_lossy(&text);
                let path = text.trim_end_matches(['\r', '\n']);
                // macOS ends folders with a slash.
                let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
                match read {
                    Some(Ok(_)) if !path.is_empty() => Answer::File(PathBuf::from(path)),
                    _ => Answer::Nothing,
                }
            }
            _ => Answer::Nothing,
        }
    }
}

impl Drop for Dialog {
    fn drop(&mut self) {
        // One that is still open has nobody left to answer to. A finished one has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn programs(asks: Asks) -> &'static [&'static [&'static str]] {
    if let Asks::Folder(_) = asks {
        return folder_programs();
    }
    if cfg!(target_os = "macos") {
        &[&["osascript", "-e", r#"POSIX path of (choose file with prompt "Open a pack" of type {"btx"})"#]]
    } else if cfg!(windows) {
        &[&[
            "powershell",
            "-NoProfile",
            "-STA",
            "-Command",
            "Add-Type -AssemblyName System.Windows.Forms; $d = New-Object System.Windows.Forms.OpenFileDialog; \
             $d.Filter = 'Betwixt packs|*.btx'; if ($d.ShowDialog() -eq 'OK') { [Console]::Out.Write($d.FileName) }",
        ]]
    } else {
        &[
            &["zenity", "--file-selection", "--title=Open a pack", "--file-filter=Betwixt packs | *.btx"],
            &["kdialog", "--getopenfilename", ".", "*.btx|Betwixt packs"],
        ]
    }
}

fn folder_programs() -> &'static [&'static [&'static str]] {
    if cfg!(target_os = "macos") {
        &[&["osascript", "-e", r#"POSIX path of (choose folder with prompt "Choose a folder")"#]]
    } else if cfg!(windows) {
        &[&[
            "powershell",
            "-NoProfile",
            "-STA",
            "-Command",
            "Add-Type -AssemblyName System.Windows.Forms; $d = New-Object System.Windows.Forms.FolderBrowserDialog; \
             if ($d.ShowDialog() -eq 'OK') { [Console]::Out.Write($d.SelectedPath) }",
        ]]
    } else {
        &[
            &["zenity", "--file-selection", "--directory", "--title=Choose a folder"],
            &["kdialog", "--getexistingdirectory", "."],
        ]
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn ask(script: &str) -> Answer {
        let mut dialog = Dialog::run(&["sh", "-c", script], Asks::Pack).unwrap();
        loop {
            match dialog.answer() {
                Answer::Waiting => std::thread::sleep(std::time::Duration::from_millis(1)),
                answer => return answer,
            }
        }
    }

    #[test]
    fn a_choice_and_a_cancel_are_understood() {
        assert_eq!(ask("echo '/packs/Glass Choir.btx'"), Answer::File("/packs/Glass Choir.btx".into()));
        assert_eq!(ask("echo /packs/mine/"), Answer::File("/packs/mine".into()));
        assert_eq!(ask("exit 1"), Answer::Nothing);
        assert_eq!(ask("echo"), Answer::Nothing);
    }

    #[test]
    fn an_open_dialog_does_not_hold_up_the_window() {
        let begun = std::time::Instant::now();
        let mut dialog = Dialog::run(&["sh", "-c", "sleep 60"], Asks::Pack).unwrap();
        assert_eq!(dialog.answer(), Answer::Waiting);
        drop(dialog);
        assert!(begun.elapsed().as_secs() < 30);
    }

    #[test]
    fn a_system_without_a_dialog_says_so() {
        assert!(Dialog::run(&["betwixt-no-such-program"], Asks::Pack).is_none());
    }
}
