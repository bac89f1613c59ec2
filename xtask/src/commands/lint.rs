//! The checks that need no run. `licenses` is one of its own.

mod licenses;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use duct::Expression;

use crate::{arch::Arch, process, progress::Step, setup::Need, toolchain::Toolchain, workspace};

/// Check format, lints, documentation, the package and the licenses of what it depends on
///
/// Clippy's and rustdoc's warnings are errors. Clippy sees the crate under several feature sets, the examples and the
/// freestanding tests for both architectures.
#[derive(Args)]
pub struct Lint {}

/// Features of the crate that differ in what they compile.
const FEATURE_SETS: [(&str, &[&str]); 4] = [
    ("no features", &[]),
    ("rt", &["--features", "rt"]),
    ("std", &["--features", "std"]),
    ("all features", &["--all-features"]),
];

impl Lint {
    pub fn execute(self) -> Result<ExitCode> {
        for need in
            Need::ALL.into_iter().filter(|need| matches!(need, Need::Toolchain(_) | Need::Component(_)))
        {
            need.meet()?;
        }
        let mut failures = 0;
        let mut check = |label: &str, work: &dyn Fn() -> Result<()>| {
            let step = Step::start(label);
            match work() {
                Ok(()) => step.done("ok"),
                Err(error) => {
                    failures += 1;
                    step.failed("failed");
                    eprintln!("{error:#}");
                }
            }
        };

        check("format", &|| process::check(&cargo(&["fmt", "--all", "--check", "--", "--color", "never"])));
        for arch in Arch::ALL {
            let toolchain = Toolchain::ensure(arch)?;
            for (label, args) in clippy_runs() {
                check(&format!("clippy, {arch}, {label}"), &|| {
                    process::check(&toolchain.clippy(&deny_warnings(&args))?)
                });
            }
        }
        let packages = ["baremap-host-tests", "baremap-benches", "baremap-instructions", "xtask"];
        let packages = packages.map(|package| ["--package", package]).concat();
        let host = [&["clippy", "--all-targets"], &packages[..]].concat();
        let label = "clippy, tests of this machine, benches and xtask";
        check(label, &|| process::check(&cargo(&deny_warnings(&host))));
        check("documentation", &|| process::check(&documentation()));
        check("package", &|| process::check(&cargo(&["package", "--package", "baremap", "--allow-dirty"])));
        check("licenses", &licenses::check);
        Ok(super::exit_code(failures == 0))
    }
}

/// What clippy sees for each architecture.
fn clippy_runs() -> Vec<(&'static str, Vec<&'static str>)> {
    let library = FEATURE_SETS
        .map(|(label, features)| (label, [&["--package", "baremap", "--lib"], features].concat()));
    let mut runs = Vec::from(library);
    // Their own profiles: without std, only programs that abort on panic compile.
    let examples = ["--package", "baremap", "--examples", "--features", "rt", "--profile", "freestanding"];
    runs.push(("examples", examples.into()));
    // Of their own too: what needs an allocator does not compile with what has none.
    let features = "rt,talc,dlmalloc,allocator-api2,allocator-api2-02";
    let allocators =
        ["--package", "baremap", "--example", "json", "--example", "words", "--features", features];
    runs.push(("examples of allocators", [&allocators[..], &["--profile", "freestanding"]].concat()));
    let tests = ["--package", "baremap-freestanding-tests", "--profile", "freestanding-test"];
    runs.push(("freestanding tests", tests.into()));
    let for_c = ["--package", "baremap-c", "--all-features"];
    runs.push(("library for C", for_c.into()));
    runs
}

fn deny_warnings<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &["--quiet", "--", "--deny", "warnings"]].concat()
}

fn documentation() -> Expression {
    let args = ["doc", "--quiet", "--package", "baremap", "--no-deps", "--all-features"];
    cargo(&args).env("RUSTDOCFLAGS", "--deny warnings")
}

fn cargo(args: &[&str]) -> Expression {
    duct::cmd(workspace::cargo(), args).dir(workspace::root())
}
