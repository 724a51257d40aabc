//! Other programs.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Command as StdCommand, Stdio};

use crate::error::Error;
use crate::workspace;

/// A program to run in the repository's root.
pub(crate) struct Command {
    inner: StdCommand,
    name: String,
}

impl Command {
    /// `program`, looked up in PATH.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let name = program.as_ref().to_string_lossy().into_owned();
        let mut inner = StdCommand::new(program);
        inner.current_dir(workspace::root()).stdin(Stdio::null());
        Self { inner, name }
    }

    /// The cargo that runs this program.
    pub(crate) fn cargo(subcommand: &str) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Self::new(cargo).arg(subcommand);
        command.name = format!("cargo {subcommand}");
        // What cargo set for this program is not meant for the builds that it starts.
        for (key, _) in std::env::vars_os() {
            if key.to_string_lossy().starts_with("CARGO_PKG_")
                || key == "CARGO_MANIFEST_DIR"
                || key == "CARGO_MANIFEST_PATH"
            {
                command.inner.env_remove(key);
            }
        }
        command
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.inner.arg(arg);
        self
    }

    /// Adds arguments.
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.inner.args(args);
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.inner.env(key, value);
        self
    }

    /// Runs it in this folder instead of the root.
    pub(crate) fn folder(mut self, folder: impl AsRef<std::path::Path>) -> Self {
        self.inner.current_dir(folder);
        self
    }

    /// Runs it; its output goes where ours goes.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        let status = self.inner.status().map_err(|error| Error::Start { program: self.name.clone(), error })?;
        if status.success() { Ok(()) } else { Err(Error::Failed { program: self.name, status: status.to_string() }) }
    }

    /// Runs it; its standard output goes where ours goes, and to `reader` line by line.
    pub(crate) fn run_lines(mut self, mut reader: impl FnMut(&str)) -> Result<(), Error> {
        let start = |error| Error::Start { program: self.name.clone(), error };
        let mut child = self.inner.stdout(Stdio::piped()).spawn().map_err(start)?;
        if let Some(stdout) = child.stdout.take() {
            let mut stdout = BufReader::new(stdout);
            let mut line = Vec::new();
            // Tests may print anything: not all of it need be text.
            while stdout.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                let text = String::from_utf8_lossy(&line);
                print!("{text}");
                reader(text.trim_end());
                line.clear();
            }
        }
        let status = child.wait().map_err(start)?;
        if status.success() { Ok(()) } else { Err(Error::Failed { program: self.name, status: status.to_string() }) }
    }

    /// Runs it and returns its standard output; its complaints go where ours go.
    pub(crate) fn output(mut self) -> Result<Vec<u8>, Error> {
        let output = self
            .inner
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| Error::Start { program: self.name.clone(), error })?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(Error::Failed { program: self.name, status: output.status.to_string() })
        }
    }
}
