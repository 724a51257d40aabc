//! The commands of `betwixt-bench`, which stands in the same tables as other players: each prints
//! one JSON object with `--json`, text for people without.
//!
//! | module | command |
//! | --- | --- |
//! | [`play`] | `bench`: time for a frame of a note |
//! | [`dump`] | `dump`: a tone, shifted, for measuring |
//! | [`load`] | `load`: how soon a pack sounds |
//! | [`morph`] | `morph`: how good the in-between sounds are |
//! | [`example`] | `example`: a morph of two General MIDI sounds beside their mix |
//! | [`offline`] | `offline`: how fast `betwixt render` is |
//! | [`scale`] | `scale`: cost against voices, grid, block size, instances, size of the pack |
//! | [`sweep`] | `sweep`: what sounds while the point moves over a pack that is not there yet |
//! | [`worst`] | `worst`: how long the longest blocks take when everything happens at once |
//! | [`clock`] | CPU time of this thread, and of programs |
//! | [`usage`] | page faults and switches of this thread |
//! | [`allocations`] | an allocator that counts |
//! | [`spread`] | many measurements as a few numbers |
//! | [`synthetic`] | packs of noise, of any size |

pub mod allocations;
pub mod clock;
pub mod dump;
pub mod example;
pub mod load;
pub mod morph;
pub mod offline;
pub mod play;
pub mod scale;
pub mod spread;
pub mod sweep;
pub mod synthetic;
pub mod usage;
pub mod worst;

use std::process::ExitCode;
use std::time::Instant;

use betwixt_engine::engine::{Engine, EngineConfig, EngineHandle};
use betwixt_engine::event::{Event, EventKind};
use betwixt_engine::kernel::Simd;
use betwixt_engine::params::Param;
use clap::{Parser, Subcommand, ValueEnum};

use crate::output;

/// Rate of every job, in Hz.
pub const RATE_HZ: f64 = 48_000.0;

/// Measures the engine.
#[derive(Debug, Parser)]
#[command(name = "betwixt-bench", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Bench(play::Bench),
    Dump(dump::Dump),
    Example(example::Example),
    Load(load::Load),
    Morph(morph::Morph),
    Offline(offline::Offline),
    Scale(scale::Scale),
    Sweep(sweep::Sweep),
    Worst(worst::Worst),
}

/// Quality of pitch shifting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Quality {
    /// 8 or 16 taps.
    Eco,
    /// 16 to 32 taps.
    Normal,
    /// 32 to 48 taps.
    Best,
}

impl Quality {
    fn choice(self) -> f64 {
        f64::from(self as u8)
    }

    fn name(self) -> &'static str {
        match self {
            Quality::Eco => "eco",
            Quality::Normal => "normal",
            Quality::Best => "best",
        }
    }
}

/// Which path of the inner loops is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Path {
    /// The fastest of this processor.
    Auto,
    /// Plain code.
    Scalar,
    /// x86-64.
    Sse2,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// 64-bit ARM.
    Neon,
}

impl Path {
    fn find(self) -> Result<Simd, String> {
        let name = match self {
            Path::Auto => return Ok(Simd::detect()),
            Path::Scalar => "scalar",
            Path::Sse2 => "sse2",
            Path::Avx2 => "avx2",
            Path::Neon => "neon",
        };
        Simd::from_name(name).ok_or_else(|| {
            let there: Vec<&str> = Simd::available().map(Simd::name).collect();
            format!("this processor has no {name}: use auto, or one of {}", there.join(", "))
        })
    }
}

/// An engine set up for measuring: envelope at 1, velocity without effect.
fn engine(quality: Quality, simd: Simd, block: usize) -> (Engine, EngineHandle) {
    let config = EngineConfig { sample_rate_hz: RATE_HZ, max_block_frames: block, seed: 0 };
    let (mut engine, handle) = Engine::new(config);
    engine.set_simd(simd);
    for (param, value) in [
        (Param::Attack, 0.0),
        (Param::Velocity, 0.0),
        (Param::Quality, quality.choice()),
        (Param::Voices, Param::Voices.range().1),
    ] {
        engine.set_param(param, value);
    }
    (engine, handle)
}

/// The cursor goes round the pad's middle once a second.
fn cursor(frame: usize, still: bool) -> [Event; 2] {
    let angle = std::f64::consts::TAU * frame as f64 / RATE_HZ;
    let (x, y) = if still { (0.3, 0.6) } else { (0.5 + 0.4 * angle.cos(), 0.5 + 0.4 * angle.sin()) };
    let event = |param, value| Event { frame: 0, kind: EventKind::Param { param, value } };
    [event(Param::X, x), event(Param::Y, y)]
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let begun = Instant::now();
    let outcome = match Cli::parse().command {
        Command::Bench(command) => command.run(),
        Command::Dump(command) => command.run(),
        Command::Example(command) => command.run(),
        Command::Load(command) => command.run(begun),
        Command::Morph(command) => command.run(),
        Command::Offline(command) => command.run(),
        Command::Scale(command) => command.run(),
        Command::Sweep(command) => command.run(),
        Command::Worst(command) => command.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("betwixt-bench: {}", output::one_line(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
