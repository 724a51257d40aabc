//! `betwixt`: build, inspect and render packs from the command line.

fn main() -> std::process::ExitCode {
    betwixt_cli::main()
}
