//! What there is to test. `suite` runs it, `summary` reports it.

pub(super) mod suite;
pub(super) mod summary;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;
use duct::Expression;

use self::{
    suite::{Suite, Work},
    summary::Summary,
};
use crate::{
    arch::Arch,
    build::{self, Executable},
    machine::{Machine, PageSize},
    progress::Step,
    toolchain::Toolchain,
    workspace,
};

/// The tests of this machine that run example programs, by whatever machine the programs are for.
const EXAMPLE_TESTS: [&str; 2] = ["examples", "map_examples"];
/// Features whose documentation has examples that run here.
const DOCUMENTED: &str = "std,talc,dlmalloc,allocator-api2,allocator-api2-02,alloc-debug";
/// The test of this machine that looks into the programs of one architecture.
const ELF_TESTS: &str = "elf";

/// Run the tests on every machine, real and emulated
///
/// Without options: the freestanding tests and the example programs natively, under qemu-x86_64 and under qemu-aarch64
/// with pages of 4, 16 and 64 KiB; then, once each, checks of the ELF files, the tests of this machine and the examples
/// in the documentation. With --arch or --page-size: what runs on the machines that these leave.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask test --arch aarch64 --page-size 65536 mremap")]
pub struct Test {
    /// Only machines of this architecture
    #[arg(long)]
    arch: Option<Arch>,

    /// Only machines with pages of this size (x86_64 has 4096 only)
    #[arg(long)]
    page_size: Option<PageSize>,

    /// Only tests whose name contains this
    filter: Option<String>,
}

impl Test {
    pub fn execute(self) -> Result<ExitCode> {
        let machines = Machine::select(self.arch, self.page_size)?;
        let mut summary = Summary::default();
        for suite in self.suites(&machines) {
            let results = suite.run();
            summary.add(suite.label, results);
        }
        if summary.is_empty() {
            match &self.filter {
                Some(filter) => bail!("no test has `{filter}` in its name; `cargo xtask test` runs all"),
                None => bail!("there are no tests"),
            }
        }
        print!("{summary}");
        Ok(super::exit_code(summary.is_success()))
    }

    /// Builds everything. What fails to build fails as a suite, so that the others still run.
    fn suites(&self, machines: &[Machine]) -> Vec<Suite> {
        let arches =
            || Arch::ALL.into_iter().filter(|&arch| machines.iter().any(|machine| machine.arch() == arch));
        let whole = self.arch.is_none() && self.page_size.is_none();

        let programs: Vec<Programs> = arches().filter_map(Programs::build).collect();
        let programs_of = |arch| {
            programs.iter().find(|programs| programs.arch == arch).context("its programs were not built")
        };
        let tests = built("building the tests of this machine", build::host_tests).unwrap_or_default();

        let mut suites = Vec::new();
        for &machine in machines {
            let work = programs_of(machine.arch()).and_then(|programs| self.on(machine, programs, &tests));
            suites.push(Suite { label: machine.to_string(), work });
        }
        for arch in arches() {
            let work = programs_of(arch).and_then(|programs| self.elf(programs, &tests));
            suites.push(Suite { label: format!("ELF files for {arch}"), work });
        }
        if whole {
            let work = programs_of(Arch::HOST).and_then(|programs| self.host(programs, &tests));
            suites.push(Suite { label: "this machine's tests".into(), work });
            suites.push(Suite {
                label: "documentation".into(),
                work: Ok(Work::Commands(vec![self.documentation()])),
            });
        }
        suites
    }

    /// The freestanding tests, and the examples by a test program of this machine.
    fn on(&self, machine: Machine, programs: &Programs, tests: &[Executable]) -> Result<Work> {
        if let Some(reason) = machine.limitation()? {
            return Ok(Work::Skip(reason));
        }
        let runner = machine.words()?;

        let mut words = runner.clone();
        words.push(programs.harness.display().to_string());
        words.extend(self.filter.clone());
        if machine != Machine::Native {
            words.extend(["--under", "qemu-user"].map(String::from));
        }
        let harness = duct::cmd(&words[0], &words[1..]).dir(workspace::root());

        let mut commands = vec![harness];
        for name in EXAMPLE_TESTS {
            commands.push(self.test_program(find(tests, name)?, programs, &runner));
        }
        Ok(Work::Commands(commands))
    }

    fn elf(&self, programs: &Programs, tests: &[Executable]) -> Result<Work> {
        Ok(Work::Commands(vec![self.test_program(find(tests, ELF_TESTS)?, programs, &[])]))
    }

    /// All test programs of this machine that do not belong to another suite.
    fn host(&self, programs: &Programs, tests: &[Executable]) -> Result<Work> {
        let elsewhere = |name: &str| name == ELF_TESTS || EXAMPLE_TESTS.contains(&name);
        let others = tests.iter().filter(|test| !elsewhere(&test.name));
        let commands: Vec<Expression> = others.map(|test| self.test_program(test, programs, &[])).collect();
        if commands.is_empty() {
            bail!("the tests of this machine were not built");
        }
        Ok(Work::Commands(commands))
    }

    fn documentation(&self) -> Expression {
        let mut words = vec!["test", "--doc", "--package", "baremap", "--features", DOCUMENTED, "--"];
        words.extend(self.filter.as_deref());
        duct::cmd(workspace::cargo(), words).dir(workspace::root())
    }

    /// A test program of this machine, which runs freestanding ones by the words of `runner`.
    fn test_program(&self, test: &Executable, programs: &Programs, runner: &[String]) -> Expression {
        duct::cmd(&test.path, &self.filter)
            .dir(&test.package)
            .env("BAREMAP_ARCH", programs.arch.name())
            .env("BAREMAP_BIN", &programs.examples)
            .env("BAREMAP_HARNESS", &programs.harness)
            .env("BAREMAP_RUNNER", runner.join(" "))
    }
}

/// The freestanding programs of one architecture.
struct Programs {
    arch: Arch,
    /// The folder of the examples.
    examples: PathBuf,
    harness: PathBuf,
}

impl Programs {
    fn build(arch: Arch) -> Option<Programs> {
        // Before the progress is shown: this may have a line of its own to say.
        let toolchain = Toolchain::ensure(arch);
        built(&format!("building the programs for {arch}"), || {
            let toolchain = toolchain?;
            let examples = build::folder(&build::examples(&toolchain)?)?.to_owned();
            Ok(Programs { arch, examples, harness: build::harness(&toolchain)? })
        })
    }
}

/// Shows the progress of a build, and its error.
fn built<T>(label: &str, build: impl FnOnce() -> Result<T>) -> Option<T> {
    let step = Step::start(label);
    match build() {
        Ok(result) => {
            step.done("done");
            Some(result)
        }
        Err(error) => {
            step.failed("failed");
            eprintln!("{error:#}");
            None
        }
    }
}

fn find<'a>(tests: &'a [Executable], name: &str) -> Result<&'a Executable> {
    tests.iter().find(|test| test.name == name).with_context(|| format!("the tests `{name}` were not built"))
}
