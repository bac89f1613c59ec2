use std::{fmt, process::ExitCode};

use anyhow::Result;
use clap::{Args, ValueEnum};
use duct::Expression;

use super::test::{
    OF_OTHER_PROGRAMS,
    suite::{Suite, Work},
    summary::{Row, Summary},
};
use crate::{
    arch::Arch,
    build::{self, Executable},
    nightly::Nightly,
    progress::Step,
    workspace,
};

/// Run this machine's tests under AddressSanitizer and ThreadSanitizer
///
/// Both take a nightly compiler. ThreadSanitizer knows of no order that a standard library makes which it does not see into, and
/// would report races that are none: the library is built along with the tests, from its sources (rustup's component
/// rust-src).
#[derive(Args)]
pub struct Sanitize {
    /// Only this one
    sanitizer: Option<Sanitizer>,

    /// Only tests whose name contains this
    filter: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sanitizer {
    Address,
    Thread,
}

/// Test programs that have nothing to show to a sanitizer, and why.
fn left_out() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_others =
        OF_OTHER_PROGRAMS.map(|name| (name, "it is about other programs, which no sanitizer knows"));
    of_others.into_iter().chain([
        ("alloc_steps", LOOM),
        ("shared_arena_steps", LOOM),
        ("sync_steps", LOOM),
        ("map_model", "it sees all maps of the process, and a sanitizer makes some of its own"),
    ])
}

const LOOM: &str =
    "loom's threads are one thread, on stacks of its own, in turns: no races, and orders of its own";

impl Sanitize {
    pub fn execute(self) -> Result<ExitCode> {
        let sanitizers: Vec<Sanitizer> = match self.sanitizer {
            Some(sanitizer) => vec![sanitizer],
            None => Sanitizer::value_variants().into(),
        };
        let mut summary = Summary::default();
        for sanitizer in sanitizers {
            let compiler = sanitizer.compiler()?;
            let step = Step::start(format!("building for {sanitizer}"));
            let tests = build::tests(|report| compiler.build(report))?;
            step.done("done");
            for test in &tests {
                if left_out().any(|(name, _)| name == test.name) {
                    continue;
                }
                let work = Ok(Work::Commands(vec![sanitizer.run(test, self.filter.as_deref())]));
                let label = format!("{sanitizer}, {}", test.name);
                // The library of the tests has none itself.
                let suite = Suite { label, machine: None, may_be_empty: true, work };
                let results = suite.run();
                summary.add(Row { suite: suite.label, machine: None, results });
            }
        }
        print!("{summary}");
        println!("Left out:");
        for (name, reason) in left_out() {
            println!("  {name}: {reason}");
        }
        Ok(super::exit_code(summary.is_success()))
    }
}

impl Sanitizer {
    fn compiler(self) -> Result<Compiler> {
        let nightly = Nightly::ensure("for its sanitizers")?;
        if self == Sanitizer::Thread {
            nightly.ensure_sources()?;
        }
        Ok(Compiler { sanitizer: self, nightly })
    }

    fn name(self) -> &'static str {
        match self {
            Sanitizer::Address => "address",
            Sanitizer::Thread => "thread",
        }
    }

    fn run(self, test: &Executable, filter: Option<&str>) -> Expression {
        let known = workspace::root().join("tests/host/sanitize").join(self.name()).display().to_string();
        // It does not see the crate's own munmap(2): to it, a page that one test gives back and another gets is a race.
        let alone = (self == Sanitizer::Thread).then_some("--test-threads=1");
        let command = duct::cmd(&test.path, filter.into_iter().chain(alone)).dir(&test.package);
        match self {
            // What the standard library's handler of faults and ours make of a fault is what some tests are about.
            Sanitizer::Address => command
                .env("ASAN_OPTIONS", "handle_segv=0:handle_sigbus=0:use_sigaltstack=0")
                .env("LSAN_OPTIONS", format!("suppressions={known}:print_suppressions=0")),
            Sanitizer::Thread => command.env(
                "TSAN_OPTIONS",
                format!("handle_segv=0:handle_sigbus=0:use_sigaltstack=0:suppressions={known}"),
            ),
        }
    }
}

impl fmt::Display for Sanitizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sanitizer::Address => "AddressSanitizer",
            Sanitizer::Thread => "ThreadSanitizer",
        })
    }
}

/// What builds the tests with a sanitizer.
struct Compiler {
    sanitizer: Sanitizer,
    nightly: Nightly,
}

impl Compiler {
    fn build(&self, report: &[&str]) -> Expression {
        let name = self.sanitizer.name();
        let build_std = (self.sanitizer == Sanitizer::Thread).then_some("-Zbuild-std");
        let args = ["test", "--no-run", "--package", "baremap-host-tests", "--target", Arch::HOST.target()];
        self.nightly
            .cargo(args.into_iter().chain(build_std).chain(report.iter().copied()))
            .env("RUSTFLAGS", format!("-Zsanitizer={name}"))
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            // Below cargo's own, since other flags would rebuild all.
            .env("CARGO_TARGET_DIR", workspace::target_dir().join(format!("sanitize-{name}")))
    }
}
