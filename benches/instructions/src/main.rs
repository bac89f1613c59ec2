//! Counts the instructions of hot paths, and holds them against those that are written down: they do not depend on what else the
//! machine does. Valgrind counts on this architecture, QEMU on another one. Speaks as Rust's test programs do: a rise is a test that
//! fails, with both numbers.

mod baseline;
mod paths;
mod qemu;
mod valgrind;

use std::env::consts::ARCH;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use baseline::{Baseline, Subject, Verdict};
use clap::Parser;
use paths::Path;
use qemu::Emulated;

/// Count the instructions of baremap's hot paths
#[derive(Parser)]
struct Options {
    /// Write what is counted into benches/instructions.toml
    #[arg(long)]
    write_baseline: bool,

    /// Count in PROGRAM, this one built for another architecture, by the QEMU that executes it
    #[arg(long, num_args = 2, value_names = ["QEMU", "PROGRAM"])]
    emulated: Option<Vec<PathBuf>>,

    /// Execute a path, to be counted
    #[arg(long, hide = true)]
    path: Option<String>,

    /// Say for what and by what this is built
    #[arg(long, hide = true)]
    about: bool,
}

const COMPILER: &str = env!("BENCHES_RUSTC");

/// What counts.
enum Counter {
    Valgrind,
    Qemu(Emulated),
}

impl Counter {
    fn subject(&self) -> Result<Subject> {
        match self {
            Counter::Valgrind => Ok(Subject { arch: ARCH.into(), compiler: COMPILER.into() }),
            Counter::Qemu(emulated) => {
                let about = emulated.about()?;
                let (arch, compiler) = about.trim().split_once(' ').context("it does not say what it is")?;
                Ok(Subject { arch: arch.into(), compiler: compiler.into() })
            }
        }
    }

    /// Why a path cannot be counted.
    fn obstacle(&self, path: &Path) -> Option<&'static str> {
        match self {
            Counter::Valgrind => None,
            Counter::Qemu(_) => path.emulated,
        }
    }

    /// Of one time, to a tenth: less is what comes once for all.
    fn count(&self, path: &Path) -> Result<f64> {
        let count = match self {
            Counter::Valgrind => valgrind::count(path.name),
            Counter::Qemu(emulated) => emulated.count(path.name),
        };
        Ok((count? / f64::from(paths::TIMES) * 10.0).round() / 10.0)
    }
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    if let Some(name) = options.path {
        paths::execute(&name);
        return Ok(ExitCode::SUCCESS);
    }
    if options.about {
        println!("{ARCH} {COMPILER}");
        return Ok(ExitCode::SUCCESS);
    }
    let counter = match options.emulated.as_deref() {
        Some([qemu, program]) => Counter::Qemu(Emulated::new(qemu.clone(), program.clone())),
        _ => Counter::Valgrind,
    };
    let subject = counter.subject()?;
    let arch = &subject.arch;
    println!("running {} tests", paths::PATHS.len());
    let mut counts = Vec::new();
    for path in &paths::PATHS {
        match counter.obstacle(path) {
            Some(reason) => println!("test {arch}::{} ... ignored, {reason}", path.name),
            None => counts.push((path.name, counter.count(path)?)),
        }
    }
    if options.write_baseline {
        baseline::write(&subject, &counts)?;
        for (name, count) in counts {
            println!("test {arch}::{name} ... ignored, {count} are written down");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let baseline = Baseline::read()?;
    let mut failures = Vec::new();
    for (name, verdict) in baseline.verdicts(&subject, &counts) {
        match verdict {
            Verdict::Same(text) => println!("test {arch}::{name} ... ok\n    {text}"),
            Verdict::NotComparable(text) => println!("test {arch}::{name} ... ignored, {text}"),
            Verdict::Worse(text) => {
                println!("test {arch}::{name} ... FAILED");
                failures.push(format!("{arch}::{name}: {text}"));
            }
        }
    }
    if !failures.is_empty() {
        println!("\nfailures:\n    {}\n", failures.join("\n    "));
    }
    let result = if failures.is_empty() { "ok" } else { "FAILED" };
    println!("test result: {result}. {} failed", failures.len());
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
