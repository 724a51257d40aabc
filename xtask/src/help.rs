//! `cargo xtask help`.

/// What the commands are.
pub(crate) const TEXT: &str = "\
cargo xtask COMMAND

    demo                          build plugin and host, play a clip, write target/demo/
    test                          everything: format, lints, unit tests, tests in real hosts
    bench                         how much the engine costs, shortly; all of what follows but the peers
    bench --worst | --sweep | --scale | --offline | --instructions | --editor
                                  block times when everything happens at once; what sounds of a pack
                                  larger than its memory; cost against voices, grid, block size,
                                  instances, size of the pack; speed of rendering; instructions. At length; the
                                  tables also go into docs/performance.md
    bench --peers DIR [--passes N] [--jobs bench,quality,load]
                                  other players and the kernel limit beside ours, by the scripts of
                                  that folder; the tables also go into docs/performance.md
    bench --morph                 how good the morph is, over pairs of General MIDI sounds; the tables
                                  also go into docs/morph.md
    morph-pictures                spectrograms of three morphs into docs/
    bundle [--release]            target/bundled/: Betwixt.clap, Betwixt.vst3, betwixt-standalone
    screenshot -o PNG [--size WxH]
                                  the plugin's window, on an X server of its own
    package                       an archive for users in target/package/
    assets [--check]              build the factory packs again from their recipes; only check, in
                                  target/assets/, that they would be the same, byte for byte
    patch                         make the edited framework crates anew (every command does it when needed)
    help                          this text

System packages that a command needs and does not find are named; as root, or with --install-deps
(by sudo), they are installed with apt-get.
";
