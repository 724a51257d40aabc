//! `cargo xtask test`: everything that shows that the instrument works.
//!
//! One profile and few sets of features, so that the crates that others wrote are built once: the
//! bundled plugin, the hosts and all tests are of `release`.

use std::path::PathBuf;
use std::time::Instant;

use crate::args::{Args, Known};
use crate::bundle::{self, Profile};
use crate::error::Error;
use crate::packages;
use crate::process::Command;
use crate::python;
use crate::tally::Tally;
use crate::workspace;

/// The command.
pub(crate) fn run(parser: lexopt::Parser) -> Result<(), Error> {
    let args = Args::read(parser, "test", &[Known::Switch("install-deps")])?;
    let needs = [packages::BUILD, packages::STANDALONE, packages::WINDOW, packages::PYTHON];
    packages::ensure(&needs, args.has("install-deps"))?;

    let mut report = Report::new();
    report.check("format", || Command::cargo("fmt").arg("--check").run());
    report.check("format of xtask", || {
        Command::cargo("fmt").args(["--check", "--manifest-path", "xtask/Cargo.toml"]).run()
    });
    report.tests("xtask", test_command().args(["--manifest-path", "xtask/Cargo.toml"]));

    // What the hosts load comes first.
    let built = report.check("bundle", || {
        bundle::build(Profile::Release, &[PARTS.as_slice(), &["--lib", "--bins"]].concat())?;
        bundle::plugins(Profile::Release, &workspace::bundled())
    });
    report.tests("all but editor", test_command().args(PARTS));
    report.tests("editor", test_command().args(["-p", "betwixt-editor"]));
    report.tests("plugin, allocations end it", allocations_checked());
    if built {
        report.python()?;
    }
    report.check("standalone", || bundle::standalone(Profile::Release, &workspace::bundled()));
    report.check("lints", || {
        Command::cargo("clippy")
            .args(["--workspace", "--all-targets", "--no-deps", "--release", "--", "-D", "warnings"])
            .run()
    });
    report.finish()
}

/// All crates but the editor, whose tests ask more of egui. They are always chosen together: cargo
/// unites the features that the chosen crates ask of others, so another choice would build those again.
const PARTS: [&str; 10] = [
    "-p",
    "betwixt-engine",
    "-p",
    "betwixt-builder",
    "-p",
    "betwixt-cli",
    "-p",
    "betwixt-plugin",
    "-p",
    "betwixt-tests",
];

/// `cargo test`, in folders of its own so that no home is touched.
fn test_command() -> Command {
    let mut command = Command::cargo("test").args(["--release", "--no-fail-fast"]);
    for (variable, folder) in homes() {
        command = command.env(variable, folder);
    }
    command
}

/// The plugin's tests with the framework's `assert_process_allocs`: an allocation in `process` ends
/// them. It acts under debug assertions only, which the crates that carry it are given.
fn allocations_checked() -> Command {
    let crates = ["betwixt-plugin", "nice-plug", "nice-assert-no-alloc"];
    let asserting = crates.map(|name| format!("profile.release.package.{name}.debug-assertions=true"));
    asserting
        .into_iter()
        .fold(test_command().args(["-p", "betwixt-plugin", "--lib", "--features", "allocs"]), |command, asserting| {
            command.arg("--config").arg(asserting)
        })
}

/// Folders for what a plugin under test writes.
pub(crate) fn homes() -> [(&'static str, PathBuf); 3] {
    let home = workspace::target().join("test-home");
    [
        ("BETWIXT_DATA", home.join("data")),
        ("BETWIXT_CACHE", home.join("cache")),
        ("BETWIXT_CONFIG", home.join("config")),
    ]
}

/// What has been run so far.
struct Report {
    tally: Tally,
    begun: Instant,
    /// What failed, and how long each step took.
    failures: Vec<String>,
    times: Vec<(String, f64)>,
}

impl Report {
    fn new() -> Self {
        Self { tally: Tally::default(), begun: Instant::now(), failures: Vec::new(), times: Vec::new() }
    }

    /// Runs a step that counts as one test, and says whether it passed.
    fn check(&mut self, name: &str, step: impl FnOnce() -> Result<(), Error>) -> bool {
        let begun = self.begin(name);
        let result = step();
        self.tally.check(result.is_ok());
        self.end(name, begun, result.as_ref().err());
        result.is_ok()
    }

    /// Runs a test runner and counts what it reports. One that ends badly without reporting a failure
    /// (its tests did not build, or one took the process down) counts as a failure.
    fn tests(&mut self, name: &str, command: Command) {
        let begun = self.begin(name);
        let before = self.tally.failed;
        let result = command.run_lines(|line| self.tally.read_line(line));
        if result.is_err() && self.tally.failed == before {
            self.tally.check(false);
        }
        self.end(name, begun, result.as_ref().err());
    }

    /// The host that is written in Python.
    fn python(&mut self) -> Result<(), Error> {
        let folder = workspace::root().join("tests/python");
        let mut interpreter = None;
        let ready = self.check("pedalboard", || {
            interpreter = Some(python::environment("venv", &folder.join("requirements.txt"))?);
            Ok(())
        });
        if let (true, Some(interpreter)) = (ready, interpreter) {
            let mut command = Command::new(interpreter).arg(folder.join("test_pedalboard.py"));
            for (variable, folder) in homes() {
                command = command.env(variable, folder);
            }
            let vst3 = workspace::bundled().join("Betwixt.vst3");
            self.tests("pedalboard host", command.arg(vst3));
        }
        Ok(())
    }

    fn begin(&self, name: &str) -> Instant {
        println!("\n== {name} ==");
        Instant::now()
    }

    fn end(&mut self, name: &str, begun: Instant, error: Option<&Error>) {
        if let Some(error) = error {
            eprintln!("{name}: {error}");
            self.failures.push(name.to_owned());
        }
        self.times.push((name.to_owned(), begun.elapsed().as_secs_f64()));
    }

    /// Prints the outcome; the last line is `N passed, M failed`.
    fn finish(self) -> Result<(), Error> {
        println!();
        for (name, seconds) in &self.times {
            let mark = if self.failures.contains(name) { "FAILED" } else { "ok" };
            println!("{name:<28} {seconds:>7.1} s  {mark}");
        }
        println!("{:<28} {:>7.1} s\n", "all", self.begun.elapsed().as_secs_f64());
        println!("{}", self.tally);
        if self.tally.failed == 0 { Ok(()) } else { Err(Error::Tests(self.failures.join(", "))) }
    }
}
