//! The counter.

use std::env;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::paths;

/// How many instructions a path takes, all times together.
pub(crate) fn count(path: &str) -> Result<f64> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={}", paths::MEASURED))
        .arg(format!("--callgrind-out-file={}", folder.path().join("out").display()))
        .arg(env::current_exe()?)
        .args(["--path", path])
        .output()
        .context("valgrind does not start; `cargo xtask bench --instructions` installs it")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{path} under valgrind: {}\n{text}", output.status);
    let count = collected(&text).with_context(|| format!("valgrind has counted nothing:\n{text}"))?;
    ensure!(count > 0.0, "{path}: nothing was counted: is {} still a function?", paths::MEASURED);
    Ok(count)
}

/// The number in `==123== Collected : 456`.
fn collected(text: &str) -> Option<f64> {
    text.lines().find_map(|line| line.split_once("Collected :"))?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_number() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 5000\n==7==\n"), Some(5000.0));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }
}
