//! The commands, a file each.

mod bench;
mod capi;
mod coverage;
mod demo;
mod doctor;
pub mod fuzz;
mod kernel;
mod lint;
mod others;
mod run;
mod sanitize;
mod setup;
mod size;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

#[derive(Subcommand)]
pub enum Command {
    Demo(demo::Demo),
    Run(run::Run),
    Capi(capi::Capi),
    Test(test::Test),
    Fuzz(fuzz::Fuzz),
    Kernel(kernel::Kernel),
    Bench(bench::Bench),
    Lint(lint::Lint),
    Others(others::Others),
    Sanitize(sanitize::Sanitize),
    Coverage(coverage::Coverage),
    Size(size::Size),
    Setup(setup::Setup),
    Doctor(doctor::Doctor),
}

impl Command {
    /// Errors are for what kept the command from doing its work; what the work showed is in the exit code.
    pub fn execute(self) -> Result<ExitCode> {
        match self {
            Command::Demo(command) => command.execute(),
            Command::Run(command) => command.execute(),
            Command::Capi(command) => command.execute(),
            Command::Test(command) => command.execute(),
            Command::Fuzz(command) => command.execute(),
            Command::Kernel(command) => command.execute(),
            Command::Bench(command) => command.execute(),
            Command::Lint(command) => command.execute(),
            Command::Others(command) => command.execute(),
            Command::Sanitize(command) => command.execute(),
            Command::Coverage(command) => command.execute(),
            Command::Size(command) => command.execute(),
            Command::Setup(command) => command.execute(),
            Command::Doctor(command) => command.execute(),
        }
    }
}

fn exit_code(success: bool) -> ExitCode {
    if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
