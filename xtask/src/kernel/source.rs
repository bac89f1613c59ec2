//! Kernels that nobody has a package of, from the source that Debian has one of.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, bail, ensure};
use duct::Expression;

use super::{Kernel, PREFIX};
use crate::{
    arch::Arch,
    cache, process,
    progress::Step,
    setup::{archive::Archive, build_tools},
};

const CONFIG: &str = include_str!("arm64-64k.config");

/// Builds a kernel and puts it into a folder.
pub fn build(kernel: Kernel, folder: &Path) -> Result<()> {
    ensure!(kernel.is_built(), "the kernel {kernel} comes from a package: `cargo xtask test` fetches it");
    build_tools::ensure(kernel.arch())?;
    let step = Step::start(format!("building the kernel {kernel}"));
    let release = Source::unpack(kernel.arch(), &step).and_then(|source| source.build(folder, &step));
    match &release {
        Ok(release) => step.done(release),
        Err(_) => step.failed("failed"),
    }
    release.map(drop)
}

/// A tree of the kernel's source, gone in the end: it takes two gigabytes.
struct Source {
    scratch: tempfile::TempDir,
    arch: Arch,
}

impl Source {
    fn unpack(arch: Arch, step: &Step) -> Result<Source> {
        let scratch = cache::scratch()?;
        step.note("fetching the source");
        let archive = Archive::open(Arch::HOST)?;
        let package = archive.newest(&["linux-source"], "linux-source-")?;
        archive.unpack(&[package], scratch.path())?;

        step.note("unpacking the source");
        let tarball = find(&scratch.path().join("usr/src"), ".tar.xz")?;
        let source = Source { scratch, arch };
        fs::create_dir(source.tree())?;
        let tar = duct::cmd!("tar", "-x", "-f", tarball, "--strip-components=1", "-C", source.tree());
        process::quietly(&tar).context("tar")?;
        Ok(source)
    }

    fn tree(&self) -> PathBuf {
        self.scratch.path().join("linux")
    }

    /// Gives the kernel's release.
    fn build(&self, folder: &Path, step: &Step) -> Result<String> {
        process::quietly(&self.make(&["tinyconfig"])).context("make tinyconfig")?;
        let fragment = self.scratch.path().join("fragment.config");
        fs::write(&fragment, CONFIG)?;
        let merge =
            duct::cmd!("sh", "scripts/kconfig/merge_config.sh", "-m", ".config", &fragment).dir(self.tree());
        process::quietly(&merge).context("merge_config.sh")?;
        process::quietly(&self.make(&["olddefconfig"])).context("make olddefconfig")?;
        let config = fs::read_to_string(self.tree().join(".config"))?;
        if let Some(option) = missing(&config) {
            bail!("this source has no `{option}`, or not under the conditions of arm64-64k.config");
        }

        let jobs = thread::available_parallelism().map_or(1, usize::from);
        let mut log = String::new();
        let status = process::stream(&self.make(&[&format!("-j{jobs}"), "Image"]), |line| {
            step.note(line);
            log.push_str(line);
            log.push('\n');
        })?;
        ensure!(status.success(), "make: {status}\n{}", process::end_of(&log));
        let release = process::output(&self.make(&["--silent", "kernelrelease"]))?;
        fs::copy(self.tree().join("arch/arm64/boot/Image"), folder.join(format!("{PREFIX}{release}")))?;
        Ok(release)
    }

    /// At the lowest priority: it takes minutes of all processors.
    fn make(&self, args: &[&str]) -> Expression {
        let prefix = if self.arch == Arch::HOST { "" } else { build_tools::PREFIX };
        duct::cmd("nice", [&["-n19", "make"], args].concat())
            .dir(self.tree())
            .env("ARCH", self.arch.kernel())
            .env("CROSS_COMPILE", prefix)
    }
}

/// The first option that we ask for and did not get: kconfig drops in silence what it does not know.
fn missing(config: &str) -> Option<&'static str> {
    let wanted = CONFIG.lines().filter(|line| line.starts_with("CONFIG_"));
    wanted.into_iter().find(|option| !config.lines().any(|line| line == *option))
}

fn find(folder: &Path, suffix: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths
        .find(|path| path.to_string_lossy().ends_with(suffix))
        .with_context(|| format!("there is no *{suffix} in {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_an_option_that_was_dropped() {
        assert_eq!(missing(CONFIG), None);
        let without = CONFIG.replace("CONFIG_SECCOMP=y", "# CONFIG_SECCOMP is not set");
        assert_eq!(missing(&without), Some("CONFIG_SECCOMP=y"));
    }
}
