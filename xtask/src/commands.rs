//! The commands, a file each.

mod demo;
mod doctor;
mod lint;
mod others;
mod run;
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
    Test(test::Test),
    Lint(lint::Lint),
    Others(others::Others),
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
            Command::Test(command) => command.execute(),
            Command::Lint(command) => command.execute(),
            Command::Others(command) => command.execute(),
            Command::Size(command) => command.execute(),
            Command::Setup(command) => command.execute(),
            Command::Doctor(command) => command.execute(),
        }
    }
}

fn exit_code(success: bool) -> ExitCode {
    if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
