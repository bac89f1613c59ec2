//! QEMU's user mode, which runs a program of any architecture on this machine's kernel. `system` is about its machines.

pub mod system;

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::{
    arch::Arch,
    machine::PageSize,
    process,
    setup::{advice, apt},
};

/// The first version whose page size is fixed: it ignores `-p`, and later ones refuse it.
const FIXED_PAGE_SIZE: u32 = 9;

/// By how much fewer rounds tests make that repeat at random what they do: emulated, they take up to twenty times as long,
/// and natively they make them all.
pub const FEWER_ROUNDS: &str = "4";

/// The emulator of one architecture.
pub struct Qemu {
    program: PathBuf,
    version: String,
}

impl Qemu {
    pub fn find(arch: Arch) -> Option<Qemu> {
        let program = which::which(format!("qemu-{arch}"))
            .or_else(|_| which::which(format!("qemu-{arch}-static")))
            .ok()?;
        let version = process::read(&program, &["--version"]).ok()?.lines().next()?.to_owned();
        Some(Qemu { program, version })
    }

    /// The emulator, installed first where it is missing.
    pub fn ensure(arch: Arch) -> Result<Qemu> {
        if let Some(qemu) = Qemu::find(arch) {
            return Ok(qemu);
        }
        if let Err(obstacle) = apt::install_qemu(arch) {
            bail!(advice::qemu(arch, &obstacle));
        }
        match Qemu::find(arch) {
            Some(qemu) => Ok(qemu),
            None => bail!("qemu-{arch} was installed, but is not in PATH"),
        }
    }

    /// The words before a program's own, on a machine with pages of `page_size`.
    pub fn words(&self, page_size: PageSize) -> Result<Vec<String>> {
        if let Some(limitation) = self.limitation(page_size) {
            bail!(limitation);
        }
        let mut words = vec![self.program.display().to_string()];
        if page_size != PageSize::K4 {
            words.extend(["-p".into(), page_size.bytes().to_string()]);
        }
        Ok(words)
    }

    /// Why this QEMU cannot play a machine with pages of `page_size`.
    pub fn limitation(&self, page_size: PageSize) -> Option<String> {
        let able =
            page_size == PageSize::K4 || major(&self.version).is_some_and(|major| major < FIXED_PAGE_SIZE);
        (!able).then(|| format!("QEMU {FIXED_PAGE_SIZE} and later cannot choose a page size; version 8 can"))
    }

    /// Version and place in a line.
    pub fn describe(&self) -> String {
        format!("{} ({})", self.version, self.program.display())
    }
}

/// The major version of `qemu-aarch64 version 7.2.22 (Debian …)`.
fn major(version: &str) -> Option<u32> {
    version.split_once("version ")?.1.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major("qemu-aarch64 version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)"), Some(7));
        assert_eq!(major("qemu-aarch64 version 10.1.0"), Some(10));
        assert_eq!(major("something else"), None);
    }

    #[test]
    fn the_page_size_is_chosen_only_where_qemu_can() {
        let qemu = |version: &str| Qemu { program: "qemu-aarch64".into(), version: version.into() };
        let old = qemu("qemu-aarch64 version 8.2.2");
        assert_eq!(old.words(PageSize::K4).unwrap(), ["qemu-aarch64"]);
        assert_eq!(old.words(PageSize::K64).unwrap(), ["qemu-aarch64", "-p", "65536"]);
        let new = qemu("qemu-aarch64 version 9.0.0");
        assert_eq!(new.words(PageSize::K4).unwrap(), ["qemu-aarch64"]);
        assert!(new.words(PageSize::K64).is_err());
    }
}
