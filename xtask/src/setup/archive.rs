//! Debian's packages, fetched and unpacked, not installed: this takes no root and changes nothing of the system.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use duct::Expression;
use tempfile::TempDir;

use crate::{arch::Arch, cache, process, setup::os_release::OsRelease};

/// The packages that the system's sources offer, for one architecture beside its own.
pub struct Archive {
    /// apt-get's lists and downloads: the system's own belong to root, and know the system's architectures only.
    state: TempDir,
    arch: Arch,
}

impl Archive {
    pub fn open(arch: Arch) -> Result<Archive> {
        available()?;
        let archive = Archive { state: cache::scratch()?, arch };
        for folder in [archive.lists(), archive.downloads()] {
            std::fs::create_dir_all(folder.join("partial"))?;
        }
        // Sources that do not answer, of whatever else is installed, are no obstacle: a missing package will be one.
        let _ = process::quietly(&archive.apt("apt-get", &["update"]));
        Ok(archive)
    }

    /// The package that one of `names` depends on whose name begins with `prefix`: what is newest of its kind.
    pub fn newest(&self, names: &[&str], prefix: &str) -> Result<String> {
        for name in names {
            let name = format!("{name}:{}", self.arch.debian());
            let Ok(output) = self.read("apt-cache", &["depends", "--important", &name]) else { continue };
            if let Some(found) = dependency(&output, prefix) {
                return Ok(found.to_owned());
            }
        }
        bail!("the sources of apt-get have no {}", names.join(" or "))
    }

    /// The package with all that it needs and the system lacks.
    pub fn with_dependencies(&self, package: &str) -> Result<Vec<String>> {
        let output = self.read("apt-get", &["--simulate", "--no-install-recommends", "install", package])?;
        Ok(newly_installed(&output))
    }

    /// Fetches packages and unpacks them into a folder.
    pub fn unpack(&self, packages: &[String], folder: &Path) -> Result<()> {
        let names: Vec<&str> = packages.iter().map(String::as_str).collect();
        let command = self.apt("apt-get", &[&["download"], &names[..]].concat()).dir(self.state.path());
        process::quietly(&command).with_context(|| format!("`apt-get download {}`", names.join(" ")))?;
        for entry in self.state.path().read_dir()? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "deb") {
                let command = duct::cmd!("dpkg-deb", "--extract", &path, folder);
                process::quietly(&command).with_context(|| format!("dpkg-deb: {}", path.display()))?;
            }
        }
        Ok(())
    }

    fn read(&self, program: &str, args: &[&str]) -> Result<String> {
        let words = self.words(args);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        process::read(program, &words)
    }

    fn apt(&self, program: &str, args: &[&str]) -> Expression {
        duct::cmd(program, self.words(args)).env("DEBIAN_FRONTEND", "noninteractive").stdin_null()
    }

    fn words(&self, args: &[&str]) -> Vec<String> {
        let mut words = vec![
            format!("--option=Dir::State::Lists={}", self.lists().display()),
            format!("--option=Dir::Cache={}", self.downloads().display()),
            format!("--option=APT::Architectures::={}", self.arch.debian()),
        ];
        words.extend(args.iter().map(|arg| arg.to_string()));
        words
    }

    fn lists(&self) -> PathBuf {
        self.state.path().join("lists")
    }

    fn downloads(&self) -> PathBuf {
        self.state.path().join("cache")
    }
}

/// Whether packages can be had like this here.
pub fn available() -> Result<()> {
    ensure!(OsRelease::read().is_like_debian(), "apt-get: this is neither Debian nor Ubuntu");
    for program in ["apt-get", "dpkg-deb"] {
        which::which(program).with_context(|| format!("{program} is not installed"))?;
    }
    Ok(())
}

/// The first dependency with this prefix in the output of `apt-cache depends`.
fn dependency<'a>(output: &'a str, prefix: &str) -> Option<&'a str> {
    output
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .find(|name| name.starts_with(prefix))
}

/// The packages that the output of `apt-get --simulate install` lists.
fn newly_installed(output: &str) -> Vec<String> {
    let lines = output.lines().filter_map(|line| line.strip_prefix("Inst "));
    lines.filter_map(|line| line.split_whitespace().next()).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_package_that_a_package_stands_for() {
        let output = "linux-image-cloud-arm64:arm64\n  Depends: linux-base:arm64\n \
                      Depends: linux-image-6.1.0-50-cloud-arm64:arm64\n";
        assert_eq!(dependency(output, "linux-image-"), Some("linux-image-6.1.0-50-cloud-arm64:arm64"));
        assert_eq!(dependency(output, "linux-source-"), None);
    }

    #[test]
    fn lists_what_would_be_installed() {
        let output = "NOTE: This is only a simulation!\nRemv other [1]\nInst libfdt1 (1.6 Debian:12 [amd64])\n\
                      Inst seabios (1.16 Debian:12 [all])\nConf libfdt1 (1.6 Debian:12 [amd64])\n";
        assert_eq!(newly_installed(output), ["libfdt1", "seabios"]);
    }
}
