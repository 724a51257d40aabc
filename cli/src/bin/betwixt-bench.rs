//! `betwixt-bench`: how fast, how clean and how soon the engine plays.

#[global_allocator]
static ALLOCATOR: betwixt_cli::bench::allocations::Counting = betwixt_cli::bench::allocations::Counting;

fn main() -> std::process::ExitCode {
    betwixt_cli::bench::main()
}
