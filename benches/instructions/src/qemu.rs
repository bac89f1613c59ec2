//! The counter for another architecture, which valgrind cannot count: QEMU's user mode writes down each instruction that it executes.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::paths;

/// What QEMU calls it to take one instruction at a time, since version 8.1.
const ONE_BY_ONE: &str = "one-insn-per-tb";
/// What it was called before.
const SINGLE_STEP: &str = "singlestep";

/// A program of another architecture, and the QEMU that executes it.
pub(crate) struct Emulated {
    qemu: PathBuf,
    program: PathBuf,
}

impl Emulated {
    pub(crate) fn new(qemu: PathBuf, program: PathBuf) -> Self {
        Self { qemu, program }
    }

    /// What the program says of itself.
    pub(crate) fn about(&self) -> Result<String> {
        let output =
            self.command(&[]).arg("--about").output().with_context(|| self.qemu.display().to_string())?;
        ensure!(output.status.success(), "{}: {}", self.program.display(), output.status);
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// How many instructions a path takes, all times together.
    pub(crate) fn count(&self, path: &str) -> Result<f64> {
        let help = Command::new(&self.qemu).arg("-help").output()?;
        let is_new = String::from_utf8_lossy(&help.stdout).contains(ONE_BY_ONE);
        let option = format!("-{}", if is_new { ONE_BY_ONE } else { SINGLE_STEP });
        let mut child = self
            .command(&[&option, "-d", "exec,nochain"])
            .args(["--path", path])
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| self.qemu.display().to_string())?;
        let log = BufReader::new(child.stderr.take().context("it was asked for")?);
        let mut count = Count::default();
        for line in log.split(b'\n') {
            count.see(&String::from_utf8_lossy(&line?));
        }
        let status = child.wait()?;
        ensure!(status.success(), "{path} under {}: {status}", self.qemu.display());
        ensure!(
            count.is_over && count.instructions > 0.0,
            "{path}: nothing was counted by {}",
            self.qemu.display()
        );
        Ok(count.instructions)
    }

    fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new(&self.qemu);
        command.args(options).arg(&self.program);
        command
    }
}

/// From the first instruction of one function to the first of another.
#[derive(Default)]
struct Count {
    instructions: f64,
    is_over: bool,
}

impl Count {
    /// A line of the log: `Trace 0: 0x7f… […/ADDRESS/…/…] FUNCTION`.
    fn see(&mut self, line: &str) {
        let Some((_, function)) = line.strip_prefix("Trace ").and_then(|line| line.split_once("] ")) else {
            return;
        };
        let has_begun = self.instructions > 0.0 || function == paths::MEASURED;
        self.is_over |= has_begun && function == paths::DONE;
        if has_begun && !self.is_over {
            self.instructions += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_one_function_to_the_other() {
        let mut count = Count::default();
        for function in [
            "main",
            "baremap_done",
            "baremap_measured",
            "memcpy",
            "",
            "baremap_done",
            "main",
            "baremap_measured",
        ] {
            count.see(&format!(
                "Trace 0: 0x7fb840000100 [0000000001009331/00000000002000fc/00000001/00000201] {function}"
            ));
            count.see("something else");
        }
        assert_eq!((count.instructions, count.is_over), (3.0, true));
    }
}
