//! Parts of a toolchain that rustup manages.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::{arch::Arch, process, progress};

/// Some networks swallow what they do not allow: without an answer by then, there will be none.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is long takes longer, but not for ever.
const LONG_PATIENCE: Duration = Duration::from_secs(20 * 60);

pub fn add_target(arch: Arch) -> Result<()> {
    let target = arch.target();
    rustup(&["target", "add", target], &format!("to build {arch} programs"))
}

pub fn add_component(name: &str) -> Result<()> {
    rustup(&["component", "add", name], "for `cargo xtask lint`")
}

/// What [`add_target`] would do, where rustup is there.
pub fn plan_target(arch: Arch) -> Option<String> {
    which::which("rustup").ok()?;
    Some(format!("rustup target add {}", arch.target()))
}

/// `rustup ARGS`, which takes its time, with a line that says so and why.
pub fn download(args: &[&str], why: &str) -> Result<()> {
    rustup_within(LONG_PATIENCE, args, why)
}

fn rustup(args: &[&str], why: &str) -> Result<()> {
    rustup_within(PATIENCE, args, why)
}

fn rustup_within(patience: Duration, args: &[&str], why: &str) -> Result<()> {
    let command = format!("rustup {}", args.join(" "));
    which::which("rustup").with_context(|| format!("`{command}`: rustup is not installed"))?;
    progress::say(format_args!("{command} ({why})"));
    // A backtrace would push the reason out of the lines that are shown.
    let quiet = duct::cmd("rustup", args).env("RUST_BACKTRACE", "0");
    process::quietly_within(patience, &quiet).with_context(|| format!("`{command}`"))
}
