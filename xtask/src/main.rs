//! `cargo xtask`: everything that is done with this repository, one module a command.
//!
//! A workspace of its own, because the main one can't resolve before [`patch`] has made the edited
//! framework crates; every command does that first.

mod args;
mod assets;
mod bench;
mod bundle;
mod error;
mod help;
mod host;
mod morph_pictures;
mod package;
mod packages;
mod patch;
mod process;
mod python;
mod tally;
mod test;
mod workspace;

use std::process::ExitCode;

use error::Error;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run() -> Result<(), Error> {
    let mut parser = lexopt::Parser::from_env();
    let command = match parser.next().map_err(|error| Error::Usage(error.to_string()))? {
        Some(lexopt::Arg::Value(name)) => name.to_string_lossy().into_owned(),
        Some(lexopt::Arg::Long("help") | lexopt::Arg::Short('h')) => "help".to_owned(),
        Some(other) => return Err(Error::Usage(other.unexpected().to_string())),
        None => return Err(Error::Usage(format!("which command?\n\n{}", help::TEXT))),
    };
    let command: fn(lexopt::Parser) -> Result<(), Error> = match command.as_str() {
        "help" => {
            print!("{}", help::TEXT);
            return Ok(());
        }
        "patch" => patch::run,
        "demo" => host::demo,
        "screenshot" => host::screenshot,
        "test" => test::run,
        "bench" => bench::run,
        "morph-pictures" => morph_pictures::run,
        "bundle" => bundle::run,
        "package" => package::run,
        "assets" => assets::run,
        other => return Err(Error::Usage(format!("there is no command '{other}'"))),
    };
    patch::ensure()?;
    command(parser)
}
