use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::setup::Need;

/// Install what the other commands need and this machine lacks
///
/// The other commands do this by themselves, each for what it needs. What is there already is left alone: rustup's
/// target if it is installed or can be, else Debian's packages (as root), else you are told what to type.
#[derive(Args)]
pub struct Setup {}

impl Setup {
    pub fn execute(self) -> Result<ExitCode> {
        for need in Need::ALL {
            need.meet()?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
