//! Names the code that makes sound: what the cache holds is only as good as the code that made it.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Folders and files whose content decides what a build writes.
const PARTS: [&str; 3] = ["src", "../engine/src", "../Cargo.lock"];

fn main() {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut hash = Sha256::new();
    for part in PARTS {
        println!("cargo:rerun-if-changed={part}");
        let mut files = Vec::new();
        gather(&here.join(part), &mut files);
        files.sort();
        for file in files {
            let Ok(bytes) = fs::read(&file) else { continue };
            // The path inside the repository: the same code has the same name wherever it lies.
            let name = file.strip_prefix(&here).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            hash.update(format!("{name} {}\n", bytes.len()));
            hash.update(bytes);
        }
    }
    let code: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    println!("cargo:rustc-env=BETWIXT_BUILDER_CODE={code}");
}

fn gather(path: &Path, files: &mut Vec<PathBuf>) {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| gather(&entry.path(), files)),
        Err(_) => files.push(path.to_owned()),
    }
}
