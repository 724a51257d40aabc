//! The commands of `betwixt`, one module each. A command is a clap `Args` struct with a `run`
//! method; to add one, write its module and a line in [`Command`].
//!
//! Exit codes: 0 good, 1 failed with one line on stderr, 2 wrong usage (clap's own). With `--json`
//! a command prints one JSON object on stdout and nothing else there.
//!
//! | module | command |
//! | --- | --- |
//! | [`build`] | a recipe becomes a pack |
//! | [`inspect`] | what a pack holds |
//! | [`morph`] | what lies between two or four recordings |
//! | [`metrics`] | how good the notes of a morph are |
//! | [`render`] | a MIDI file becomes audio |
//! | [`verify`] | decodes every entry of a pack |
//! | [`bench`] | all of `betwixt-bench` |
//! | [`progress`] | the progress bar on stderr |
//! | [`output`] | printing, and the one line of a failure |
//! | `interrupt` | Ctrl-C while files are on their way |
//! | `number` | numbers of the command line |

pub mod bench;
pub mod build;
pub mod inspect;
mod interrupt;
pub mod metrics;
pub mod morph;
mod number;
pub mod output;
pub mod progress;
pub mod render;
pub mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What a command returns. The error's text and its sources become the line on stderr.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Sounds between sounds: build packs, look into them, play them.
#[derive(Debug, Parser)]
#[command(name = "betwixt", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Build(build::Build),
    Inspect(inspect::Inspect),
    Morph(Box<morph::Morph>),
    Metrics(metrics::Metrics),
    Render(render::Render),
    Verify(verify::Verify),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse_from(morph::apart(std::env::args_os())).command {
        Command::Build(command) => command.run(),
        Command::Inspect(command) => command.run(),
        Command::Morph(command) => command.run(),
        Command::Metrics(command) => command.run(),
        Command::Render(command) => command.run(),
        Command::Verify(command) => command.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = match error.downcast::<clap::Error>() {
                Ok(usage) => usage.exit(),
                Err(error) => error,
            };
            eprintln!("betwixt: {}", output::one_line(error.as_ref()));
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
