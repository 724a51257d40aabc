//! A command's options.

use std::collections::BTreeMap;

use lexopt::Arg;

use crate::error::Error;

/// An option that a command knows.
#[derive(Clone, Copy)]
pub(crate) enum Known {
    /// `--name`.
    Switch(&'static str),
    /// `--name VALUE`.
    Value(&'static str),
    /// `-n VALUE`, short for `--name VALUE`.
    Short(char, &'static str),
}

/// What was given.
pub(crate) struct Args {
    given: BTreeMap<&'static str, String>,
}

impl Args {
    /// Reads the rest of the command line of `command`, which knows these options and no others.
    pub(crate) fn read(mut parser: lexopt::Parser, command: &str, known: &[Known]) -> Result<Self, Error> {
        let usage = |reason: String| Error::Usage(format!("{command}: {reason}"));
        let mut given = BTreeMap::new();
        while let Some(arg) = parser.next().map_err(|error| usage(error.to_string()))? {
            let found = known.iter().copied().find(|known| match (known, &arg) {
                (Known::Switch(name) | Known::Value(name) | Known::Short(_, name), Arg::Long(long)) => name == long,
                (Known::Short(short, _), Arg::Short(letter)) => short == letter,
                _ => false,
            });
            match found {
                Some(Known::Switch(name)) => {
                    given.insert(name, String::new());
                }
                Some(Known::Value(name) | Known::Short(_, name)) => {
                    let value = parser.value().map_err(|error| usage(error.to_string()))?;
                    given.insert(name, value.to_string_lossy().into_owned());
                }
                None => return Err(usage(arg.unexpected().to_string())),
            }
        }
        Ok(Self { given })
    }

    /// Whether a switch was given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// The value of an option.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }
}
