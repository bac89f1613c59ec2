//! Instructions of hot paths, beside those that are written down: valgrind counts on this architecture, QEMU on the other.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use duct::Expression;

use crate::{
    arch::Arch,
    build,
    commands::test::suite::Work,
    machine::PageSize,
    progress::{self, Step},
    qemu::Qemu,
    setup::{Need, c_compiler::Compiler},
    toolchain::Toolchain,
    workspace,
};

/// `cargo xtask bench --instructions`.
pub fn execute(write_baseline: bool) -> Result<ExitCode> {
    Need::Valgrind.meet()?;
    let mut are_as_written = true;
    for arch in Arch::ALL {
        let step = Step::start(format!("building what is counted for {arch}"));
        let counter = match counter(arch) {
            Ok(counter) => counter,
            // It needs more than a machine may have.
            Err(error) if arch != Arch::HOST => {
                step.failed("failed");
                progress::say(format_args!("instructions on {arch} are not counted: {error:#}"));
                continue;
            }
            Err(error) => return Err(error),
        };
        step.done("done");
        let words = counter.into_iter().chain(write_baseline.then(|| "--write-baseline".into()));
        are_as_written &= command(words).unchecked().run()?.status.success();
    }
    Ok(super::super::exit_code(are_as_written))
}

/// The same among the tests.
pub fn suite(arch: Arch) -> Result<Work> {
    if arch == Arch::HOST {
        Need::Valgrind.meet()?;
    } else if let Err(error) = Compiler::ensure(arch) {
        return Ok(Work::Skip(format!("nothing links what would be counted: {error:#}")));
    }
    Ok(Work::Commands(vec![command(counter(arch)?)]))
}

fn command(words: impl IntoIterator<Item = String>) -> Expression {
    let mut words = words.into_iter();
    duct::cmd(words.next().unwrap_or_default(), words).dir(workspace::root())
}

/// The words that count on `arch`.
fn counter(arch: Arch) -> Result<Vec<String>> {
    let own = build(Toolchain::ensure(Arch::HOST)?, &[])?.display().to_string();
    if arch == Arch::HOST {
        return Ok(vec![own]);
    }
    let (qemu, compiler) = (Qemu::ensure(arch)?, Compiler::ensure(arch)?);
    let linked = compiler.cargo_config(arch, true);
    let emulated = build(Toolchain::ensure(arch)?, &["--config", &linked[0], "--config", &linked[1]])?;
    let mut words = vec![own, "--emulated".into()];
    words.extend(qemu.words(PageSize::K4)?);
    words.push(emulated.display().to_string());
    Ok(words)
}

fn build(toolchain: Toolchain, config: &[&str]) -> Result<PathBuf> {
    // As users build it: instructions of a debug build are nobody's.
    let args = [&["--release", "--package", "baremap-instructions"], config].concat();
    let built = build::executables(|report| toolchain.cargo_with_libc("build", &[&args, report].concat()))?;
    Ok(built.into_iter().next().context("cargo built nothing that counts")?.path)
}
