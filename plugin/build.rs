//! Embeds the factory packs and presets (every `assets/*.btx` and `presets/*.json` of the repository), and links so
//! that the library stays where it was loaded.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    stay_mapped();
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    println!("cargo::rerun-if-changed=build.rs");
    let mut packs = files(&root.join("../assets"), "btx");
    // The fresh instance plays the first.
    packs.sort_by_key(|p| p.file_stem().is_none_or(|s| s != "factory"));
    let presets = files(&root.join("../presets"), "json");
    let mut code = String::from("&[\n");
    for pack in &packs {
        code += &format!("    include_bytes!({:?}) as &[u8],\n", without_prefix(pack));
    }
    code += "]\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("factory.rs"), code).expect("cargo's folder is writable");
    let mut code = String::from("&[\n");
    for preset in &presets {
        let name = preset.file_stem().unwrap_or_default().to_string_lossy();
        code += &format!("    ({name:?}, include_str!({:?})),\n", without_prefix(preset));
    }
    code += "]\n";
    fs::write(out.join("presets.rs"), code).expect("cargo's folder is writable");
}

/// The files of a folder that may not exist, in order of their names.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|e| e.path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == extension));
    files.sort();
    files
        .iter()
        .map(|file| {
            println!("cargo::rerun-if-changed={}", file.display());
            fs::canonicalize(file).expect("it was just listed")
        })
        .collect()
}

/// A host's thread that has run the plugin calls destructors in this library when it ends, which may be after the host
/// has unloaded the plugin.
fn stay_mapped() {
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}

/// Windows' canonical paths begin with a prefix that the compiler does not take.
fn without_prefix(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.strip_prefix(r"\\?\").unwrap_or(&text).to_owned()
}
