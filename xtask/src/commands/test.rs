//! What there is to test. `programs` builds it, `suite` runs a part of it, `side_by_side` all parts, `summary` reports them,
//! `readme` writes them down.

mod programs;
mod readme;
mod side_by_side;
pub(super) mod suite;
pub(super) mod summary;

use std::{num::NonZero, path::Path, process::ExitCode, thread, time::Duration};

use anyhow::{Context, Result, bail};
use clap::Args;
use duct::Expression;

use self::{
    programs::{Extras, Programs},
    suite::{Suite, Work},
    summary::{Row, Summary},
};
use crate::{
    arch::Arch,
    build::{self, Executable},
    c,
    commands::{bench::instructions, fuzz},
    examples::{self, Example},
    kernel::{
        boot,
        choice::{Choice, Chosen},
    },
    libtest::Skip,
    machine::{Machine, PageSize},
    progress::{self, Step},
    qemu, workspace,
};

/// The tests of this machine that run example programs, by whatever machine the programs are for.
const EXAMPLE_TESTS: [&str; 2] = ["examples", "map_examples"];
/// The tests of this machine that compile programs in C, for whatever machine.
const C_TESTS: [&str; 2] = ["c_functions", "c_posix"];
/// What is not the same in C, by the names of tests: the names of POSIX begin with a slash, and what the crate has to say of an error
/// is more than its number.
const NOT_IN_C: [&str; 2] =
    ["shm::names_that_are_none_are_refused_by_all_three", "inherit::says_why_it_cannot"];
/// Features whose documentation has examples that run here.
pub(super) const DOCUMENTED: &str = "std,talc,dlmalloc,allocator-api2,allocator-api2-02,alloc-debug";
/// The tests of this machine that look into what was built for one architecture.
const FILE_TESTS: [&str; 2] = ["elf", "c_library"];
/// The tests of this machine that are about other programs: what they execute of the crate, if anything, cannot be seen from here.
pub(super) const OF_OTHER_PROGRAMS: [&str; 10] = [
    EXAMPLE_TESTS[0],
    EXAMPLE_TESTS[1],
    C_TESTS[0],
    C_TESTS[1],
    FILE_TESTS[0],
    FILE_TESTS[1],
    "harness",
    "link",
    "manual",
    "compile_fail",
];
/// The freestanding test that QEMU's user mode, which has no seccomp, runs in a build of its own.
const HOOKED_TEST: &str = "inject::every_call_may_fail";

/// By how much longer tests may take than alone on an idle machine: suites run side by side, perhaps beside others' work,
/// and what passes alone is not to fail by its time.
const SLOWNESS: &str = "10";

/// How long each fuzz target runs, so that all of them fit into what is run for every change.
const FUZZING: Duration = Duration::from_secs(10);

/// Run the tests on every machine, real and emulated
///
/// Without options: the freestanding tests and the example programs natively, under qemu-x86_64 and under qemu-aarch64
/// with pages of 4, 16 and 64 KiB; the freestanding tests on real kernels of arm64 with pages of 4 and 16 KiB and of
/// x86_64, which QEMU's whole machines start; then, once each, checks of the ELF files, the tests of this machine, the
/// examples in the documentation, every fuzz target for 10 seconds, and the instructions of hot paths. A test that was
/// skipped and ran on no machine of the architecture fails the whole.
///
/// With --arch, --page-size, --kernel NAME or --kernel-image: what runs on the machines that these leave.
///
/// The suites run side by side. Under qemu-x86_64, and qemu-aarch64 with pages of 4 KiB, which lack seccomp, the test that
/// has every system call fail runs in a build of its own, in which the crate asks it before each call.
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask test --arch aarch64 --page-size 65536 mremap
  cargo xtask test --kernel arm64-16k
  cargo xtask test --kernel-image linux/arch/arm64/boot/Image --arch aarch64
  cargo xtask test --report --arch x86_64 --kernel none inject

Kernels are fetched once and kept in the user's cache folder; see `cargo xtask kernel --help`, also for older ones.")]
pub struct Test {
    /// Only machines of this architecture
    #[arg(long)]
    arch: Option<Arch>,

    /// Only machines with pages of this size (x86_64 has 4096 only)
    #[arg(long)]
    page_size: Option<PageSize>,

    #[command(flatten)]
    kernels: Choice,

    /// Show the tables that tests make on the first of the machines: which calls failed, with which errors, how often
    #[arg(long)]
    report: bool,

    /// How many suites run at once [default: one for each processor]
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZero<usize>>,

    /// Leave the fuzz targets out, which take a nightly compiler
    #[arg(long)]
    no_fuzz: bool,

    /// Leave the instructions of hot paths out, which valgrind and QEMU count
    #[arg(long)]
    no_instructions: bool,

    /// Write the results into the README, if all is well
    #[arg(long, conflicts_with_all = ["arch", "page_size", "kernel", "kernel_image", "filter"])]
    write_readme: bool,

    /// Only tests whose name contains this
    filter: Option<String>,
}

impl Test {
    pub fn execute(self) -> Result<ExitCode> {
        let mut machines = Machine::select(self.arch, self.page_size)?;
        if !self.kernels.leaves_others() {
            machines.clear();
        }
        let kernels = self.kernels.kernels(self.arch, self.page_size)?;
        let mut summary = Summary::default();
        summary.is_whole = self.is_whole() && self.kernels.is_all();
        let suites = self.suites(&machines, &kernels);
        let results = side_by_side::run(&suites, self.jobs()?);
        for (suite, results) in suites.into_iter().zip(results) {
            summary.add(Row { suite: suite.label, machine: suite.machine, results });
        }
        if summary.is_empty() {
            match &self.filter {
                Some(filter) => bail!("no test has `{filter}` in its name; `cargo xtask test` runs all"),
                None => bail!("there are no tests"),
            }
        }
        print!("{summary}");
        if self.write_readme && summary.is_success() {
            readme::write(&summary)?;
            progress::say("the results are in README.md");
        }
        Ok(super::exit_code(summary.is_success()))
    }

    /// Whether nothing but kernels is left out.
    fn is_whole(&self) -> bool {
        self.arch.is_none() && self.page_size.is_none() && self.kernels.leaves_others()
    }

    fn jobs(&self) -> Result<usize> {
        let jobs = self.jobs.map_or_else(thread::available_parallelism, Ok);
        Ok(jobs.context("how many processors there are is unknown: use --jobs")?.get())
    }

    /// Builds everything. What fails to build fails as a suite, so that the others still run.
    fn suites(&self, machines: &[Machine], kernels: &[Chosen]) -> Vec<Suite> {
        let arches = || {
            let is_needed = |arch: &Arch| {
                machines.iter().any(|machine| machine.arch() == *arch)
                    || kernels.iter().any(|kernel| kernel.arch() == *arch)
            };
            Arch::ALL.into_iter().filter(is_needed)
        };
        let selects_hooked = self.filter.as_deref().is_none_or(|filter| HOOKED_TEST.contains(filter));
        let build = |arch| {
            let hooked = |machine: &Machine| machine.arch() == arch && runs_hooked(*machine);
            let hooked_harness = selects_hooked && machines.iter().any(hooked);
            Programs::build(arch, Extras { examples: !machines.is_empty(), hooked_harness })
        };
        let programs: Vec<Programs> = arches().filter_map(build).collect();
        let programs_of = |arch| {
            programs.iter().find(|programs| programs.arch == arch).context("its programs were not built")
        };
        let tests = match machines {
            [] => Vec::new(),
            _ => built("building the tests of this machine", build::host_tests).unwrap_or_default(),
        };

        let may_be_empty = self.filter.is_some();
        let mut suites = Vec::new();
        for &machine in machines {
            let is_first = suites.is_empty();
            let work =
                programs_of(machine.arch()).and_then(|programs| self.on(machine, programs, &tests, is_first));
            // What a machine cannot be made to do at all is not a test that it skips.
            let skips_all = matches!(work, Ok(Work::Skip(_)));
            let arch = (!skips_all).then(|| machine.arch());
            suites.push(Suite { label: machine.to_string(), machine: arch, may_be_empty, work });
        }
        for kernel in kernels {
            suites.push(self.on_kernel(kernel, programs_of(kernel.arch()), suites.is_empty()));
        }
        if machines.is_empty() {
            return suites;
        }
        for &machine in machines {
            let work = programs_of(machine.arch()).and_then(|programs| self.in_c(machine, programs, &tests));
            suites.push(Suite { label: format!("C, {machine}"), machine: None, may_be_empty, work });
        }
        for arch in arches() {
            let work = programs_of(arch).and_then(|programs| self.files(programs, &tests));
            suites.push(Suite { label: format!("ELF files for {arch}"), machine: None, may_be_empty, work });
        }
        if self.is_whole() {
            let work = programs_of(Arch::HOST).and_then(|programs| self.host(programs, &tests));
            suites.push(Suite { label: "this machine's tests".into(), machine: None, may_be_empty, work });
            let work = Ok(Work::Commands(vec![self.documentation()]));
            suites.push(Suite { label: "documentation".into(), machine: None, may_be_empty, work });
            if !self.no_fuzz && self.filter.is_none() {
                let work = fuzz::Short::build(FUZZING).map(Work::Fuzz);
                suites.push(Suite { label: "fuzzing".into(), machine: None, may_be_empty, work });
            }
            if !self.no_instructions && self.filter.is_none() {
                for arch in arches() {
                    let work =
                        built(&format!("building what is counted for {arch}"), || instructions::suite(arch));
                    let work = work.context("what is counted was not built");
                    let label = format!("instructions on {arch}");
                    suites.push(Suite { label, machine: None, may_be_empty, work });
                }
            }
        }
        suites
    }

    /// The freestanding tests, and the examples by a test program of this machine.
    fn on(
        &self,
        machine: Machine,
        programs: &Programs,
        tests: &[Executable],
        is_first: bool,
    ) -> Result<Work> {
        if let Some(reason) = machine.limitation()? {
            return Ok(Work::Skip(reason));
        }
        let runner = machine.words()?;

        let mut options = self.harness_options(is_first);
        options.extend(["--timeout-factor", SLOWNESS]);
        if machine != Machine::Native {
            options.extend(["--under", "qemu-user", "--fewer-rounds", qemu::FEWER_ROUNDS]);
        }
        let harness = |path: &Path, tests: &[&str]| {
            let mut words = runner.clone();
            words.push(path.display().to_string());
            words.extend(options.iter().chain(tests).map(|word| word.to_string()));
            duct::cmd(&words[0], &words[1..]).dir(workspace::root())
        };

        let mut selection: Vec<&str> = self.filter.as_deref().into_iter().collect();
        let mut commands = Vec::new();
        if let Some(hooked) = programs.hooked_harness.as_ref().filter(|_| runs_hooked(machine)) {
            selection.extend(["--skip", HOOKED_TEST]);
            commands.push(harness(hooked, &["--exact", HOOKED_TEST]));
        }
        commands.insert(0, harness(&programs.harness, &selection));
        for name in EXAMPLE_TESTS {
            commands.push(self.test_program(find(tests, name)?, programs, &runner)?);
        }
        Ok(Work::Commands(commands))
    }

    /// What the freestanding tests are told on every kind of machine.
    fn harness_options(&self, is_first: bool) -> Vec<&str> {
        if self.report && is_first { vec!["--report"] } else { Vec::new() }
    }

    /// The freestanding tests on a kernel of its own.
    fn on_kernel(&self, kernel: &Chosen, programs: Result<&Programs>, is_first: bool) -> Suite {
        let image = kernel.ensure();
        let label = kernel.label(image.as_ref().ok());
        let mut args = self.harness_options(is_first);
        args.extend(self.filter.as_deref());
        let boot = image.and_then(|image| {
            boot::prepare(kernel.arch(), kernel.page_size(), &image, &programs?.harness, &args)
        });
        Suite {
            label,
            machine: Some(kernel.arch()),
            may_be_empty: self.filter.is_some(),
            work: boot.map(Work::Kernel),
        }
    }

    /// Programs in C: those of tests, and the examples, by the tests that the examples in Rust have to pass.
    fn in_c(&self, machine: Machine, programs: &Programs, tests: &[Executable]) -> Result<Work> {
        let examples = match (machine.limitation()?, programs.c_examples()?) {
            (None, Ok(examples)) => examples,
            (Some(reason), _) => return Ok(Work::Skip(reason)),
            (None, Err(reason)) => return Ok(Work::Skip(reason.into())),
        };
        let runner = machine.words()?;
        let mut commands = Vec::new();
        // The longer one, where machines differ most: natively, and on the other architecture with the smallest and the largest pages.
        let names = match machine {
            Machine::Qemu(arch, page_size) if arch == Arch::HOST || page_size == PageSize::K16 => {
                &C_TESTS[..1]
            }
            _ => &C_TESTS[..],
        };
        let skipped = self.without_compiler(programs, &["in_front::", "readme::"]);
        let args = self.leave_out(skipped.iter().map(|skip| &*skip.test));
        for name in names {
            commands.push(self.test_program_with(find(tests, name)?, &args, programs, &runner)?);
        }
        let skipped = if names.len() == C_TESTS.len() { skipped } else { Vec::new() };
        let written: Vec<String> = c::examples()?.into_iter().map(|example| example.name).collect();
        let missing = examples::all()?.into_iter().filter(|example| !written.contains(&example.name));
        let others: Vec<String> = missing
            .flat_map(|Example { name, .. }| [format!("{name}::"), format!("usage::{name}")])
            .chain(NOT_IN_C.map(String::from))
            .collect();
        let args = self.leave_out(others.iter().map(String::as_str));
        for name in EXAMPLE_TESTS {
            let command = self.test_program_with(find(tests, name)?, &args, programs, &runner)?;
            commands.push(command.env("BAREMAP_BIN", examples));
        }
        Ok(Work::Without(skipped, commands))
    }

    /// The tests of these modules that lack a compiler, of those that are selected.
    fn without_compiler(&self, programs: &Programs, modules: &[&str]) -> Vec<Skip> {
        let is_selected = |test: &str| {
            modules.iter().any(|module| test.starts_with(module))
                && self.filter.as_deref().is_none_or(|filter| test.contains(filter))
        };
        programs.without_compiler.iter().filter(|skip| is_selected(&skip.test)).cloned().collect()
    }

    /// The selection of tests without these.
    fn leave_out<'a>(&'a self, tests: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let others = tests.into_iter().flat_map(|test| ["--skip", test]);
        self.filter.as_deref().into_iter().chain(others).collect()
    }

    fn files(&self, programs: &Programs, tests: &[Executable]) -> Result<Work> {
        let skipped = self.without_compiler(programs, &["header::"]);
        let args = self.leave_out(skipped.iter().map(|skip| &*skip.test));
        let commands =
            FILE_TESTS.iter().map(|name| self.test_program_with(find(tests, name)?, &args, programs, &[]));
        let commands = commands.collect::<Result<_>>()?;
        Ok(Work::Without(skipped, commands))
    }

    /// All test programs of this machine that do not belong to another suite.
    fn host(&self, programs: &Programs, tests: &[Executable]) -> Result<Work> {
        let elsewhere = |name: &str| {
            FILE_TESTS.contains(&name) || EXAMPLE_TESTS.contains(&name) || C_TESTS.contains(&name)
        };
        let others = tests.iter().filter(|test| !elsewhere(&test.name));
        let commands =
            others.map(|test| self.test_program(test, programs, &[])).collect::<Result<Vec<_>>>()?;
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
    fn test_program(&self, test: &Executable, programs: &Programs, runner: &[String]) -> Result<Expression> {
        self.test_program_with(test, self.filter.as_deref().as_slice(), programs, runner)
    }

    /// The same with its own selection of tests.
    fn test_program_with(
        &self,
        test: &Executable,
        args: &[&str],
        programs: &Programs,
        runner: &[String],
    ) -> Result<Expression> {
        let command = duct::cmd(&test.path, args)
            .dir(&test.package)
            .env("BAREMAP_ARCH", programs.arch.name())
            .env("BAREMAP_BIN", programs.examples()?)
            .env("BAREMAP_CAPI", programs.library()?)
            .env("BAREMAP_CAPI_WITHOUT_START", programs.library_without_start()?)
            .env("BAREMAP_HARNESS", &programs.harness)
            .env("BAREMAP_RUNNER", runner.join(" "));
        Ok(command)
    }
}

/// Whether [`HOOKED_TEST`] runs there. The calls are the same, whatever the size of pages: of each architecture, one machine
/// of QEMU's user mode does.
fn runs_hooked(machine: Machine) -> bool {
    matches!(machine, Machine::Qemu(_, PageSize::K4))
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
            step.failed_because("failed", format_args!("{error:#}\n"));
            None
        }
    }
}

fn find<'a>(tests: &'a [Executable], name: &str) -> Result<&'a Executable> {
    tests.iter().find(|test| test.name == name).with_context(|| format!("the tests `{name}` were not built"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_test_with_a_build_of_its_own_is_there() {
        let (module, test) = HOOKED_TEST.split_once("::").unwrap();
        let path = workspace::root().join(format!("tests/freestanding/src/tests/{module}.rs"));
        let source = fs::read_to_string(path).unwrap();
        let hooked = source.split("#[skip(qemu_user_unless_hooked").nth(1).unwrap();
        assert!(hooked.lines().nth(1).unwrap().contains(&format!("fn {test}()")));
        assert_eq!(source.matches("qemu_user_unless_hooked").count(), 1);
    }
}
