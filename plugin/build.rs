//! Embeds the factory packs (every `assets/*.btx` of the repository), and links so that the library stays
//! where it was loaded.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    stay_mapped();
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let assets = root.join("../assets");
    println!("cargo::rerun-if-changed={}", assets.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut packs: Vec<PathBuf> =
        fs::read_dir(&assets).map(|entries| entries.flatten().map(|e| e.path()).collect()).unwrap_or_default();
    packs.retain(|p| p.extension().is_some_and(|e| e == "btx"));
    // The fresh instance plays the first.
    packs.sort_by_key(|p| (p.file_stem().is_none_or(|s| s != "factory"), p.clone()));
    let mut code = String::from("&[\n");
    for pack in &packs {
        println!("cargo::rerun-if-changed={}", pack.display());
        let path = fs::canonicalize(pack).expect("it was just listed");
        code += &format!("    include_bytes!({:?}) as &[u8],\n", without_prefix(&path));
    }
    code += "]\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("factory.rs"), code).expect("cargo's folder is writable");
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
