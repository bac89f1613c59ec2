use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::{arch::Arch, machine::PageSize, qemu::Qemu, setup::Need, table};

/// Show what is there, what is missing and what `setup` would do about it; changes nothing
#[derive(Args)]
pub struct Doctor {}

impl Doctor {
    pub fn execute(self) -> Result<ExitCode> {
        let mut table = table::new(&["needed", "there", "`cargo xtask setup` would"]);
        let mut missing = 0;
        for need in Need::ALL {
            match need.found() {
                Some(found) => table.add_row([need.what(), found, String::new()]),
                None => {
                    missing += 1;
                    table.add_row([need.what(), "missing".into(), need.plan()])
                }
            };
        }
        println!("{table}");
        if let Some(limitation) = Qemu::find(Arch::Aarch64).and_then(|qemu| qemu.limitation(PageSize::K64)) {
            println!("Tests with pages of 16 and 64 KiB will be skipped: {limitation}.");
        }
        match missing {
            0 => println!("Everything is there."),
            _ => println!("{missing} missing. Commands that need them do first what `setup` would do."),
        }
        Ok(ExitCode::SUCCESS)
    }
}
