//! Where commands write: links are followed, only files are replaced, and a place that can't be
//! written is told before any work. The sources of these commands do not exist: what is told of them
//! is told after the place has been looked at.

use std::path::Path;
use std::process::{Command, Output};

/// The commands that write one file, with a `-o` that is still to be given.
fn commands(folder: &Path) -> [(&'static str, Vec<String>); 4] {
    let recipe = r#"{"anchors":[{"at":[0,0],"source":"none_a.wav"},{"at":[1,0],"source":"none_b.wav"}]}"#;
    std::fs::write(folder.join("r.json"), recipe).unwrap();
    // A standard MIDI file with nothing but its end.
    let clip = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x04\0\xFF\x2F\0";
    std::fs::write(folder.join("c.mid"), clip).unwrap();
    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
    [
        (env!("CARGO_BIN_EXE_betwixt"), words("render none.btx --midi c.mid -o")),
        (env!("CARGO_BIN_EXE_betwixt"), words("build r.json --no-cache -o")),
        (env!("CARGO_BIN_EXE_betwixt-bench"), words("dump --source none.wav --semitones 0 -o")),
        // A folder is what this one writes into.
        (env!("CARGO_BIN_EXE_betwixt"), words("morph none_a.wav none_b.wav --grid 2x1 -o")),
    ]
}

fn run(folder: &Path, (program, args): &(&str, Vec<String>), out: &str) -> (Output, String) {
    let output = Command::new(program).current_dir(folder).args(args).arg(out).output().unwrap();
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, says)
}

#[cfg(unix)]
#[test]
fn a_place_that_can_not_be_written_is_told_before_any_work() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let here = |name: &str| folder.path().join(name);
    let commands = commands(folder.path());
    let name = std::ffi::CString::new(here("pipe").to_str().unwrap()).unwrap();
    // SAFETY: the name is a string that ends in 0.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    std::fs::create_dir(here("folder")).unwrap();
    std::fs::write(here("file"), "old").unwrap();
    for (link, target) in [("to_pipe", "pipe"), ("astray", "nowhere/f"), ("ring", "ring")] {
        symlink(target, here(link)).unwrap();
    }
    let before = std::fs::read_dir(&folder).unwrap().count();
    for (out, says) in [
        ("pipe", "there is a pipe"),
        ("to_pipe", "there is a pipe"),
        ("folder", "there is a folder"),
        ("missing/out", "there is no folder missing"),
        ("astray", "there is no folder"),
        ("ring", "can't write ring"),
        ("file/out", "can't write file/out"),
        ("out/", "the path names no file"),
    ] {
        for command in &commands[..3] {
            let (output, text) = run(folder.path(), command, out);
            assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{command:?} {out}: {text}");
            assert!(text.contains(says) && text.contains("can't write"), "{command:?} {out}: {text}");
        }
    }
    for (out, says) in [
        ("pipe", "it is no folder"),
        ("file", "it is a file"),
        ("file/deep/out", "can't write into file: it is a file"),
        ("astray", "it is a link to nothing"),
    ] {
        let (output, text) = run(folder.path(), &commands[3], out);
        assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "morph {out}: {text}");
        assert!(text.contains(says), "morph {out}: {text}");
    }
    // In the folder, too.
    for name in ["1.00-0.00.wav", "morph.json"] {
        std::fs::create_dir(here("folder").join(name)).unwrap();
        let (_, text) = run(folder.path(), &commands[3], "folder");
        assert!(text.contains(name) && text.contains("there is a folder"), "{text}");
        std::fs::remove_dir(here("folder").join(name)).unwrap();
    }
    assert!(std::fs::metadata(here("pipe")).unwrap().file_type().is_fifo());
    assert_eq!(std::fs::read(here("file")).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), before, "nothing is left behind");
    // A good place: it is the source that is told.
    for command in &commands {
        let (_, text) = run(folder.path(), command, "good");
        assert!(text.contains("none"), "{command:?}: {text}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), before, "nothing is left behind");
}

#[test]
fn no_command_writes_over_what_it_reads() {
    let folder = tempfile::tempdir().unwrap();
    let commands = commands(folder.path());
    let here = |name: &str| folder.path().join(name);
    for name in ["none.btx", "none.wav", "none_a.wav"] {
        std::fs::write(here(name), "kept").unwrap();
    }
    std::fs::create_dir(here("out")).unwrap();
    for (command, outs) in [(0, &["none.btx", "./c.mid"][..]), (1, &["r.json", "none_a.wav"]), (2, &["none.wav"])] {
        for out in outs {
            let before = std::fs::read(here(out)).unwrap();
            let (output, text) = run(folder.path(), &commands[command], out);
            assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{out}: {text}");
            assert!(text.contains("made from") && text.contains("another path"), "{out}: {text}");
            assert_eq!(std::fs::read(here(out)).unwrap(), before);
        }
    }
    // A folder of notes in which a source has the name of a note.
    std::fs::rename(here("none_a.wav"), here("out/0.00-0.00.wav")).unwrap();
    let (name, mut args) = commands[3].clone();
    args[1] = "out/0.00-0.00.wav".into();
    let (output, text) = run(folder.path(), &(name, args), "out");
    assert!(!output.status.success() && text.contains("made from"), "{text}");
    assert_eq!(std::fs::read(here("out/0.00-0.00.wav")).unwrap(), b"kept");
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_writes_to_is_no_input_and_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let commands = commands(folder.path());
    for pipe in ["none.btx", "other.mid"] {
        let name = std::ffi::CString::new(folder.path().join(pipe).to_str().unwrap()).unwrap();
        // SAFETY: the name is a string that ends in 0.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        let (name, mut args) = commands[0].clone();
        args[3] = if pipe == "other.mid" { pipe.into() } else { "c.mid".into() };
        let (output, text) = run(folder.path(), &(name, args), "out.wav");
        assert_eq!((output.status.code(), text.lines().count()), (Some(1), 1), "{text}");
        assert!(text.contains("not a regular file"), "{text}");
    }
}
