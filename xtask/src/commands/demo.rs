//! The programs, each run on both architectures and shown side by side.

mod program;
mod view;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, ExitCode, Output},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use console::style;
use indicatif::HumanCount;

use self::program::{Comparison, LOADED, Program};
use crate::{
    arch::Arch,
    build, examples,
    machine::{Machine, PageSize},
    progress::Step,
    table,
    toolchain::Toolchain,
    workspace,
};

/// Outputs are held in memory, and nobody reads more.
const LARGEST: u64 = 16 << 20;

/// Show the example programs at work on a real file, on both architectures side by side
///
/// The programs read and write a copy of FILE in a folder that is gone afterwards. Their output is shown, then a table
/// of what they are, whether both architectures agree, and how small they are.
#[derive(Args)]
pub struct Demo {
    /// The file to map, at most 16 MiB [default: the README.md of this workspace]
    file: Option<PathBuf>,
}

impl Demo {
    pub fn execute(self) -> Result<ExitCode> {
        let file = self.file.unwrap_or_else(|| workspace::root().join("README.md"));
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("file");
        let stages =
            Arch::ALL.into_iter().map(|arch| Stage::build(arch, &file, name)).collect::<Result<Vec<_>>>()?;
        let programs = Program::all(name);
        let runs = stages.iter().map(|stage| stage.perform(&programs)).collect::<Result<Vec<_>>>()?;

        let abouts = examples::all()?;
        let mut table = table::new(&["program", "what it shows", "output", "x86_64", "aarch64"]);
        let mut success = true;
        for (index, program) in programs.iter().enumerate() {
            let about =
                abouts.iter().find(|example| example.name == program.name).map_or("", |found| &found.about);
            let (x86_64, aarch64) = (&runs[0][index], &runs[1][index]);
            let comparison = Comparison::of(program, x86_64, aarch64);
            success &= comparison.is_fine();

            println!("{}  {about}", style(program.command_line()).bold().cyan());
            println!("{}\n", view::side_by_side(x86_64, aarch64));
            let mut row = vec![program.name.into(), about.into(), comparison.to_string().into()];
            for stage in &stages {
                row.push(table::number(HumanCount(stage.size(program)?)));
            }
            table.add_row(row);
        }
        println!("{table}\nSizes are bytes of the stripped files.");
        Ok(super::exit_code(success))
    }
}

/// Where the programs of one architecture run.
struct Stage {
    /// The words before a program's own.
    runner: Vec<String>,
    programs: PathBuf,
    folder: tempfile::TempDir,
}

impl Stage {
    fn build(arch: Arch, file: &Path, name: &str) -> Result<Stage> {
        let toolchain = Toolchain::ensure(arch)?;
        let machine = if arch == Arch::HOST { Machine::Native } else { Machine::Qemu(arch, PageSize::K4) };
        let runner = machine.words()?;

        let metadata = fs::metadata(file).with_context(|| file.display().to_string())?;
        ensure!(metadata.is_file(), "{}: not a regular file", file.display());
        ensure!(metadata.len() <= LARGEST, "{}: larger than {} MiB", file.display(), LARGEST >> 20);
        let folder = tempfile::tempdir()?;
        fs::copy(file, folder.path().join(name)).with_context(|| file.display().to_string())?;

        let step = Step::start(format!("building for {arch}"));
        let built = build::examples(&toolchain)?;
        step.done(format_args!("{} built", built.len()));
        let programs = build::folder(&built)?.to_owned();
        fs::copy(programs.join(LOADED), folder.path().join(LOADED))?;
        Ok(Stage { runner, programs, folder })
    }

    /// Runs all programs, one after the other: some leave what the next one needs.
    fn perform(&self, programs: &[Program]) -> Result<Vec<Output>> {
        programs.iter().map(|program| self.run(program)).collect()
    }

    fn run(&self, program: &Program) -> Result<Output> {
        let mut words = self.runner.clone();
        words.push(self.programs.join(program.name).display().to_string());
        words.extend(program.args.iter().cloned());
        process::Command::new(&words[0])
            .args(&words[1..])
            .current_dir(self.folder.path())
            .output()
            .with_context(|| words.join(" "))
    }

    fn size(&self, program: &Program) -> Result<u64> {
        let path = self.programs.join(program.name);
        Ok(fs::metadata(&path).with_context(|| path.display().to_string())?.len())
    }
}
