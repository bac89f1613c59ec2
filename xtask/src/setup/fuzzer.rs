//! What runs the fuzz targets: cargo-fuzz, and a nightly compiler, which has the sanitizers.

use std::{env, time::Duration};

use anyhow::{Context, Result, bail};
use duct::Expression;

use crate::{nightly, process, progress, setup::advice};

/// Downloads and builds take their time, but not for ever.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

const CARGO_FUZZ: [&str; 4] = ["cargo", "install", "--locked", "cargo-fuzz"];

/// `cargo fuzz ARGS` at the top of the workspace, by the nightly toolchain.
pub fn cargo_fuzz(args: &[String]) -> Expression {
    nightly::cargo(["fuzz"].into_iter().chain(args.iter().map(String::as_str)))
        // They would have everything built anew.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
}

/// What is there, if all is.
pub fn found() -> Option<String> {
    let version = process::output(&cargo_fuzz(&["--version".into()])).ok()?;
    let rustc = nightly::version()?;
    has_compiler().then(|| format!("{version}, {rustc}"))
}

/// What [`ensure`] would do.
pub fn plan() -> String {
    let nightly = format!("rustup {}", nightly::INSTALL.join(" "));
    let installs = [(nightly::is_there(), nightly), (has_cargo_fuzz(), CARGO_FUZZ.join(" "))];
    let missing: Vec<String> =
        installs.into_iter().filter(|(is_there, _)| !is_there).map(|(_, command)| command).collect();
    match missing.as_slice() {
        [] => "print the commands that install a C++ compiler".into(),
        missing => missing.join("\n"),
    }
}

/// Installs what is missing.
pub fn ensure() -> Result<()> {
    let install = || -> Result<()> {
        if !nightly::is_there() {
            nightly::install("to build the fuzz targets with a sanitizer")?;
        }
        if !has_cargo_fuzz() {
            install_cargo_fuzz()?;
        }
        if !has_compiler() {
            bail!("there is no C++ compiler, which libFuzzer takes");
        }
        Ok(())
    };
    install().or_else(|obstacle| bail!(advice::fuzzer(&obstacle)))
}

fn has_cargo_fuzz() -> bool {
    process::output(&cargo_fuzz(&["--version".into()])).is_ok()
}

/// As the crate `cc` looks for it.
fn has_compiler() -> bool {
    env::var_os("CXX").is_some() || which::which("c++").is_ok()
}

fn install_cargo_fuzz() -> Result<()> {
    let ([program, args @ ..], command) = (CARGO_FUZZ, CARGO_FUZZ.join(" "));
    which::which(program).with_context(|| format!("`{command}`: {program} is not installed"))?;
    progress::say(format_args!("{command} (to run the fuzz targets; a minute or two)"));
    // A backtrace would push the reason out of the lines that are shown.
    let quiet = duct::cmd(program, args).env("RUST_BACKTRACE", "0");
    process::quietly_within(PATIENCE, &quiet).with_context(|| format!("`{command}`"))
}
