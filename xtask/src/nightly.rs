//! The nightly compiler, for what the stable one does not do: sanitizers, and profiles of documentation examples.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use duct::Expression;

use crate::{arch::Arch, process, setup::rustup, workspace};

/// What installs it.
pub const INSTALL: [&str; 6] =
    ["toolchain", "install", "nightly", "--profile", "minimal", "--no-self-update"];

pub fn is_there() -> bool {
    version().is_some()
}

/// The compiler's name and version.
pub fn version() -> Option<String> {
    process::read("rustup", &["run", "nightly", "rustc", "--version"]).ok()
}

pub fn install(why: &str) -> Result<()> {
    rustup::download(&INSTALL, why)
}

/// `cargo ARGS` of the nightly toolchain, at the top of the workspace.
pub fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Expression {
    let words = ["run", "nightly", "cargo"].into_iter().chain(args);
    // Without what the other toolchain has put there.
    duct::cmd("rustup", words)
        .dir(workspace::root())
        .env_remove("CARGO")
        .env_remove("RUSTC")
        .env_remove("RUSTUP_TOOLCHAIN")
}

pub struct Nightly {
    sysroot: PathBuf,
    /// The major version of its LLVM.
    llvm: String,
}

impl Nightly {
    /// The one that is there, or is installed now; why, for the line that says so.
    pub fn ensure(why: &str) -> Result<Nightly> {
        if !is_there() {
            install(why)?;
        }
        let rustc = |args: &[&str]| process::read("rustup", &[&["run", "nightly", "rustc"], args].concat());
        Ok(Nightly { sysroot: rustc(&["--print", "sysroot"])?.into(), llvm: llvm_of(&rustc(&["-vV"])?)? })
    }

    /// [`cargo`].
    pub fn cargo<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Expression {
        cargo(args)
    }

    /// Whether the sources of the standard library are there, or could be added.
    pub fn ensure_sources(&self) -> Result<()> {
        let there = || self.sysroot.join("lib/rustlib/src/rust/library/Cargo.lock").exists();
        if !there() {
            rustup::download(
                &["component", "add", "rust-src", "--toolchain", "nightly"],
                "to build the standard library with a sanitizer",
            )?;
            ensure!(there(), "rust-src was added, but its sources are not there");
        }
        Ok(())
    }

    /// LLVM's tools of a version that reads what this compiler writes: rustup's, or a distribution's.
    pub fn ensure_llvm_tools(&self) -> Result<LlvmTools> {
        let own = self.sysroot.join("lib/rustlib").join(Arch::HOST.target()).join("bin");
        if let Some(tools) = LlvmTools::within(&own).or_else(|| LlvmTools::in_path(&self.llvm)) {
            return Ok(tools);
        }
        let add = ["component", "add", "llvm-tools", "--toolchain", "nightly"];
        rustup::download(&add, "to read what was executed").with_context(|| {
            format!(
                "llvm-profdata and llvm-cov of LLVM {} are missing.\nInstall them by one of:
  rustup  rustup component add llvm-tools --toolchain nightly
  apt     sudo apt-get install --no-install-recommends llvm-{}",
                self.llvm, self.llvm
            )
        })?;
        LlvmTools::within(&own).context("llvm-tools was added, but its programs are not there")
    }
}

/// The programs that make a report of profiles.
pub struct LlvmTools {
    profdata: PathBuf,
    cov: PathBuf,
}

impl LlvmTools {
    fn within(folder: &Path) -> Option<LlvmTools> {
        let [profdata, cov] = ["llvm-profdata", "llvm-cov"].map(|name| folder.join(name));
        (profdata.exists() && cov.exists()).then_some(LlvmTools { profdata, cov })
    }

    fn in_path(version: &str) -> Option<LlvmTools> {
        let [profdata, cov] =
            ["llvm-profdata", "llvm-cov"].map(|name| which::which(format!("{name}-{version}")));
        Some(LlvmTools { profdata: profdata.ok()?, cov: cov.ok()? })
    }

    pub fn profdata(&self, args: Vec<String>) -> Expression {
        duct::cmd(&self.profdata, args)
    }

    pub fn cov(&self, args: Vec<String>) -> Expression {
        duct::cmd(&self.cov, args)
    }
}

/// The major version of LLVM in the output of `rustc -vV`.
fn llvm_of(version: &str) -> Result<String> {
    let line = version.lines().find_map(|line| line.strip_prefix("LLVM version: "));
    let major = line.and_then(|version| version.split('.').next());
    Ok(major.context("rustc does not say which LLVM it has")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_llvm() {
        assert_eq!(llvm_of("rustc 1.97.0-nightly\nLLVM version: 22.1.4").unwrap(), "22");
        assert!(llvm_of("rustc 1.97.0-nightly").is_err());
    }
}
