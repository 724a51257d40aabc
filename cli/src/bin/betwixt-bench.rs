//! `betwixt-bench`: how fast, how clean and how soon the engine plays.

fn main() -> std::process::ExitCode {
    betwixt_cli::bench::main()
}
