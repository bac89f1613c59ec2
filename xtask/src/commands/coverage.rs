//! Which lines of the crate the tests execute. `freestanding` makes a profile of programs that cannot write one.

mod freestanding;
mod lines;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::Args;
use duct::Expression;

use self::lines::Lines;
use super::test::{
    DOCUMENTED, OF_OTHER_PROGRAMS,
    suite::{Suite, Work},
};
use crate::{
    build::{self, Executable},
    nightly::{LlvmTools, Nightly},
    process,
    progress::{self, Step},
    table, workspace,
};

/// Below this, what is missing wants tests.
const ENOUGH: f64 = 90.0;

/// A test program that runs the same code thousands of times. The others that are left out run none of the crate, or none that can be
/// seen from here.
const LEFT_OUT: &str = "alloc_steps";

/// Show how many lines of the crate, file by file, the tests execute
///
/// The tests of this machine, the freestanding tests run natively, and the examples in the documentation count. They are built by a
/// nightly compiler; LLVM's tools (rustup's component llvm-tools, or a distribution's package) read what was executed.
/// What is left, and why, is in tests/host/coverage.md.
#[derive(Args)]
pub struct Coverage {
    /// Show the lines that were not executed, too
    #[arg(long)]
    missing: bool,
}

impl Coverage {
    pub fn execute(self) -> Result<ExitCode> {
        let nightly = Nightly::ensure("to see what is executed")?;
        let tools = nightly.ensure_llvm_tools()?;
        let run = Run::new(nightly)?;

        let step = Step::start("building");
        let tests = run.host_tests()?;
        let harness = freestanding::build(&run.nightly, &run.target)?;
        step.done("done");

        let mut objects = vec![harness.clone()];
        let mut all_pass = true;
        let is_left_out = |name: &str| name == LEFT_OUT || OF_OTHER_PROGRAMS.contains(&name);
        for test in tests.iter().filter(|test| !is_left_out(&test.name)) {
            objects.push(test.path.clone());
            let command = run.profiled(duct::cmd!(&test.path).dir(&test.package));
            all_pass &= passes(test.name.clone(), command);
        }
        let counters = run.profiles.join("freestanding.counters");
        all_pass &= passes("freestanding".into(), freestanding::run(&harness, &counters));
        freestanding::write_profile(&harness, &counters, &run.profiles.join("freestanding.profraw"))?;
        all_pass &= passes("documentation".into(), run.documentation());
        objects.extend(run.documentation_programs()?);

        let lines = run.read(&tools, &objects)?;
        self.print(&lines);
        if !all_pass {
            progress::say("some tests failed: see above");
        }
        Ok(super::exit_code(all_pass && lines.percent() >= ENOUGH))
    }

    fn print(&self, lines: &Lines) {
        let mut table = table::new(&["file", "lines", "executed", "%"]);
        for file in lines.files() {
            let cells = [file.lines(), file.executed()].map(table::number);
            let percent = table::number(format!("{:.1}", file.percent()));
            let [lines, executed] = cells;
            table.add_row([file.name.clone().into(), lines, executed, percent]);
        }
        println!("{table}");
        if self.missing {
            for file in lines.files().filter(|file| file.executed() < file.lines()) {
                println!("{}: {}", file.name, file.missing());
            }
        }
        println!(
            "{} of {} lines were executed: {:.1} %, and {ENOUGH} % are asked for.",
            lines.executed(),
            lines.total(),
            lines.percent()
        );
    }
}

/// Where everything goes.
struct Run {
    nightly: Nightly,
    /// Below cargo's own, since other flags would rebuild all.
    target: PathBuf,
    profiles: PathBuf,
    documentation: PathBuf,
}

impl Run {
    fn new(nightly: Nightly) -> Result<Run> {
        let target = workspace::target_dir().join("coverage");
        let run = Run {
            profiles: target.join("profiles"),
            documentation: target.join("documentation"),
            nightly,
            target,
        };
        // What an earlier run executed does not count.
        for folder in [&run.profiles, &run.documentation] {
            if folder.exists() {
                fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
            }
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        Ok(run)
    }

    fn host_tests(&self) -> Result<Vec<Executable>> {
        let args = ["test", "--no-run", "--package", "baremap-host-tests"];
        build::tests(|report| self.instrumented(args.iter().chain(report).copied()))
    }

    fn documentation(&self) -> Expression {
        let keep = format!(
            "-Cinstrument-coverage -Zunstable-options --persist-doctests {}",
            self.documentation.display()
        );
        self.instrumented(["test", "--doc", "--package", "baremap", "--features", DOCUMENTED])
            .env("RUSTDOCFLAGS", keep)
    }

    fn instrumented<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Expression {
        self.profiled(self.nightly.cargo(args))
            .env("RUSTFLAGS", "-Cinstrument-coverage")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("CARGO_TARGET_DIR", &self.target)
    }

    /// The programs of the examples, once they have run.
    fn documentation_programs(&self) -> Result<Vec<PathBuf>> {
        let mut programs = Vec::new();
        for entry in self.documentation.read_dir()? {
            let program = entry?.path().join("rust_out");
            if program.exists() {
                programs.push(program);
            }
        }
        Ok(programs)
    }

    /// A command whose programs write what they executed, each process by its own number.
    fn profiled(&self, command: Expression) -> Expression {
        command.env("LLVM_PROFILE_FILE", self.profiles.join("%p-%m.profraw"))
    }

    fn read(&self, tools: &LlvmTools, objects: &[PathBuf]) -> Result<Lines> {
        let step = Step::start("reading what was executed");
        let merged = self.target.join("merged.profdata").display().to_string();
        let list = self.target.join("profiles.list");
        fs::write(&list, profiles(&self.profiles)?.join("\n"))?;
        let arguments = ["merge", "--sparse", "--failure-mode=all", "--input-files"];
        let arguments = arguments.map(String::from).into_iter();
        let arguments = arguments.chain([list.display().to_string(), "--output".into(), merged.clone()]);
        process::quietly(&tools.profdata(arguments.collect())).context("llvm-profdata")?;

        let sources = workspace::root().join("src");
        let mut arguments = vec!["export".into(), "--format=lcov".into(), "--instr-profile".into(), merged];
        for object in objects {
            arguments.extend(["--object".into(), object.display().to_string()]);
        }
        arguments.extend(["--sources".into(), sources.display().to_string()]);
        let output = process::output(&tools.cov(arguments)).context("llvm-cov")?;
        step.done("done");
        Lines::parse(&output, workspace::root())
    }
}

/// Runs a test program and shows what failed.
fn passes(label: String, command: Expression) -> bool {
    let suite = Suite { label, machine: None, may_be_empty: true, work: Ok(Work::Commands(vec![command])) };
    suite.run().failed.is_empty()
}

fn profiles(folder: &Path) -> Result<Vec<String>> {
    let mut profiles = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let is_profile = path.extension().is_some_and(|extension| extension == "profraw");
        // A process that was killed while it wrote leaves a file without content.
        if is_profile && path.metadata()?.len() > 0 {
            profiles.push(path.display().to_string());
        }
    }
    Ok(profiles)
}
