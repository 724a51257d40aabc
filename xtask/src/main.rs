//! `cargo xtask`: everything that is done with this repository, one module a command.
//!
//! A workspace of its own, because the main one can't resolve before [`patch`] has made the edited
//! framework crates; every command does that first.

mod error;
mod patch;
mod process;
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
    let mut args = lexopt::Parser::from_env();
    let command = match args.next().map_err(|error| Error::Usage(error.to_string()))? {
        Some(lexopt::Arg::Value(name)) => name.to_string_lossy().into_owned(),
        _ => return Err(Error::Usage("which command?".to_owned())),
    };
    match command.as_str() {
        "patch" => {
            let count = patch::apply_all()?;
            patch::ensure()?;
            println!("patched {count} files under {}", workspace::target().join("patched").display());
            Ok(())
        }
        other => Err(Error::Usage(format!("there is no command '{other}'"))),
    }
}
