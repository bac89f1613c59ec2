//! What there is to measure: `programs` builds the whole programs that are compared, `instructions` counts hot paths, `claims` holds
//! what is said of all that against what was measured.

#[cfg(test)]
mod claims;
pub mod instructions;
mod programs;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::{
    arch::Arch,
    build::{self, Executable},
    progress::{self, Step},
    setup::{Need, make},
    workspace,
};

/// Measure baremap beside what people take in its place, and write BENCHMARKS.md and its pictures
///
/// The ways to do a thing take turns in many short rounds, and the best of each counts. Tables go to the terminal; results, page
/// and pictures to benches/results, BENCHMARKS.md and benches/pictures, and what the README says of them between its marks. With
/// AREA: these are measured anew, and the page has the others as they were. Nothing else should run meanwhile. What is missing is
/// installed, where this user may; without a compiler of the other architecture or musl, their rows say so.
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask bench --quick
  cargo xtask bench calls sharing
  cargo xtask bench --instructions")]
pub struct Bench {
    /// Fewer rounds and smaller sizes, for a first impression in about two minutes; the page goes to target/bench
    #[arg(long)]
    quick: bool,

    /// Count the instructions of hot paths in place of measuring, and hold them against benches/instructions.toml
    #[arg(long, conflicts_with_all = ["quick", "areas"])]
    instructions: bool,

    /// Write what is counted into that file
    #[arg(long, requires = "instructions")]
    write_baseline: bool,

    /// Only these
    #[arg(value_name = "AREA")]
    areas: Vec<Area>,
}

/// What is measured together.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Area {
    /// System calls
    Calls,
    /// Whole programs
    Programs,
    /// Reading files
    Files,
    /// Copies that bear missing pages
    Fault,
    /// Allocators and arenas
    Alloc,
    /// Channels, locks, processes
    Sharing,
    /// Many maps, and large ones
    Scale,
}

impl Area {
    /// The benchmarks of the package that belong to it.
    fn benchmarks(self) -> &'static [&'static str] {
        match self {
            Area::Calls => &["calls"],
            Area::Programs => &["programs"],
            Area::Files => &["files"],
            Area::Fault => &["fault"],
            Area::Alloc => &["alloc", "arena"],
            Area::Sharing => &["channel", "sync", "process"],
            Area::Scale => &["scale"],
        }
    }
}

impl Bench {
    pub fn execute(self) -> Result<ExitCode> {
        if self.instructions {
            return instructions::execute(self.write_baseline);
        }
        let areas = if self.areas.is_empty() { Area::value_variants() } else { &self.areas };
        let names: Vec<&str> = areas.iter().flat_map(|area| area.benchmarks()).copied().collect();
        // Some peers are written in C.
        Need::Compiler(Arch::HOST).meet()?;
        make::ensure()?;
        let step = Step::start("building the benchmarks");
        let built = build(&names)?;
        step.done(format_args!("{} built", names.len()));
        let programs = workspace::target_dir().join("bench/programs");
        if areas.contains(&Area::Programs) {
            programs::build(&programs)?;
        }

        let out = Output::new(self.quick);
        fs::create_dir_all(&out.results).with_context(|| out.results.display().to_string())?;
        let mut failed = Vec::new();
        for (index, name) in names.iter().enumerate() {
            progress::say(format_args!("{name} ({} of {})", index + 1, names.len()));
            if let Err(error) = self.run(find(&built, name)?, &out, &programs) {
                progress::say(format_args!("{name}: {error:#}"));
                failed.push(*name);
            }
        }
        report(find(&built, "report")?, &out)?;
        progress::say(format_args!("the page is {}", out.page.display()));
        if !failed.is_empty() {
            progress::say(format_args!("these failed: {}", failed.join(", ")));
        }
        Ok(super::exit_code(failed.is_empty()))
    }

    /// Runs a benchmark, which shows its tables and its progress itself.
    fn run(&self, benchmark: &Executable, out: &Output, programs: &Path) -> Result<()> {
        let path = out.results(&benchmark.name);
        // What was there stays until all is measured.
        let new = path.with_extension("new");
        let mut args = vec!["--command".into(), own_command(), "--json".into(), new.display().to_string()];
        args.extend(self.quick.then(|| "--quick".into()));
        let status = duct::cmd(&benchmark.path, args)
            .dir(&benchmark.package)
            .env("BAREMAP_BENCH_PROGRAMS", programs)
            .stdin_null()
            .unchecked()
            .run()?
            .status;
        ensure!(status.success(), "{status}");
        fs::rename(&new, &path).with_context(|| path.display().to_string())
    }
}

/// Where results go.
struct Output {
    results: PathBuf,
    page: PathBuf,
    pictures: PathBuf,
    readme: Option<PathBuf>,
}

impl Output {
    fn new(quick: bool) -> Output {
        let (root, target) = (workspace::root(), workspace::target_dir().join("bench"));
        if quick {
            // A first impression does not take the place of what was measured with patience.
            return Output {
                results: target.join("results"),
                page: target.join("BENCHMARKS.md"),
                pictures: target.join("pictures"),
                readme: None,
            };
        }
        Output {
            results: root.join("benches/results"),
            page: root.join("BENCHMARKS.md"),
            pictures: root.join("benches/pictures"),
            readme: Some(root.join("README.md")),
        }
    }

    fn results(&self, benchmark: &str) -> PathBuf {
        self.results.join(format!("{benchmark}.jsonl"))
    }
}

/// What the user typed.
fn own_command() -> String {
    let words = ["cargo".into(), "xtask".into()];
    words.into_iter().chain(env::args().skip(1)).collect::<Vec<_>>().join(" ")
}

/// Builds benchmarks, the programs that they run, and what makes the report.
fn build(names: &[&str]) -> Result<Vec<Executable>> {
    let mut args = vec!["bench", "--no-run", "--package", "baremap-benches", "--features", "iceoryx2"];
    for name in names {
        args.extend(["--bench", name]);
    }
    build::executables(|report| {
        duct::cmd(workspace::cargo(), args.iter().chain(report)).dir(workspace::root())
    })
}

fn find<'a>(built: &'a [Executable], name: &str) -> Result<&'a Executable> {
    built.iter().find(|built| built.name == name).with_context(|| format!("cargo built no {name}"))
}

fn report(report: &Executable, out: &Output) -> Result<()> {
    let files = [&out.results, &out.page, &out.pictures].into_iter().chain(&out.readme);
    let status = duct::cmd(&report.path, files).unchecked().run()?.status;
    ensure!(status.success(), "the report: {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_benchmark_belongs_to_an_area() {
        let folder = workspace::root().join("benches/benches");
        let mut there: Vec<String> = fs::read_dir(folder)
            .unwrap()
            // Files and folders.
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        there.sort();
        let mut known: Vec<&str> =
            Area::value_variants().iter().flat_map(|area| area.benchmarks()).copied().collect();
        known.sort();
        assert_eq!(there, known);
    }
}
