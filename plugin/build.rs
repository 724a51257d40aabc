//! Linker settings of the plugin's library.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // A host's thread that has run the plugin calls destructors in this library when it ends,
        // which may be after the host has unloaded the plugin. So the library stays mapped.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
