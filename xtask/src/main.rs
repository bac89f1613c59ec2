//! The chores of this workspace, run as `cargo xtask COMMAND` from any of its folders.
//!
//! Everything that a command needs beyond cargo itself (the other architecture's Rust target, QEMU, kernels) is found or set up
//! on the way, so that a fresh machine needs no preparation.

mod arch;
mod build;
mod c;
mod cache;
mod capi;
mod commands;
mod examples;
mod kernel;
mod libtest;
mod machine;
mod nightly;
mod process;
mod progress;
mod qemu;
mod setup;
mod table;
mod toolchain;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;

/// Builds, runs and checks baremap's freestanding programs on x86_64 and aarch64.
///
/// What a command needs and this machine lacks (the other architecture's Rust target, QEMU, kernels to test on) is
/// installed or fetched first, with one line that says so. `cargo xtask doctor` shows what that would be.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    match Cli::parse().command.execute() {
        Ok(code) => code,
        Err(error) => {
            progress::say(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
