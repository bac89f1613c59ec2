//! The machines that a program runs on: this one, and those that QEMU plays.

use std::fmt;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::{arch::Arch, qemu::Qemu};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PageSize {
    #[value(name = "4096")]
    K4,
    #[value(name = "16384")]
    K16,
    #[value(name = "65536")]
    K64,
}

impl PageSize {
    pub fn bytes(self) -> usize {
        match self {
            PageSize::K4 => 4 << 10,
            PageSize::K16 => 16 << 10,
            PageSize::K64 => 64 << 10,
        }
    }
}

impl fmt::Display for PageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KiB", self.bytes() >> 10)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// This machine's processor and kernel.
    Native,
    /// QEMU's user mode.
    Qemu(Arch, PageSize),
}

impl Machine {
    /// All that the programs are tested on.
    pub const MATRIX: [Machine; 5] = [
        Machine::Native,
        Machine::Qemu(Arch::X86_64, PageSize::K4),
        Machine::Qemu(Arch::Aarch64, PageSize::K4),
        Machine::Qemu(Arch::Aarch64, PageSize::K16),
        Machine::Qemu(Arch::Aarch64, PageSize::K64),
    ];

    /// Those of the matrix that the user asked for.
    pub fn select(arch: Option<Arch>, page_size: Option<PageSize>) -> Result<Vec<Machine>> {
        check(arch, page_size)?;
        Ok(Machine::MATRIX
            .into_iter()
            .filter(|machine| arch.is_none_or(|arch| machine.arch() == arch))
            .filter(|machine| page_size.is_none_or(|size| machine.page_size() == size.bytes()))
            .collect())
    }

    /// The one to run a program on: this machine where it can, else QEMU.
    pub fn choose(arch: Option<Arch>, page_size: Option<PageSize>) -> Result<Machine> {
        check(arch, page_size)?;
        let larger = page_size.is_some_and(|size| size != PageSize::K4);
        let arch = arch.unwrap_or(if larger { Arch::Aarch64 } else { Arch::HOST });
        let native =
            arch == Arch::HOST && page_size.is_none_or(|size| Machine::Native.page_size() == size.bytes());
        Ok(if native { Machine::Native } else { Machine::Qemu(arch, page_size.unwrap_or(PageSize::K4)) })
    }

    pub fn arch(self) -> Arch {
        match self {
            Machine::Native => Arch::HOST,
            Machine::Qemu(arch, _) => arch,
        }
    }

    fn page_size(self) -> usize {
        match self {
            Machine::Native => rustix::param::page_size(),
            Machine::Qemu(_, size) => size.bytes(),
        }
    }

    /// The words before a program's own. Installs QEMU where it is missing.
    pub fn words(self) -> Result<Vec<String>> {
        match self {
            Machine::Native => Ok(Vec::new()),
            Machine::Qemu(arch, size) => Qemu::ensure(arch)?.words(size),
        }
    }

    /// Why the tests cannot run there. Installs QEMU where it is missing.
    pub fn limitation(self) -> Result<Option<String>> {
        match self {
            Machine::Native => Ok(None),
            Machine::Qemu(arch, size) => Ok(Qemu::ensure(arch)?.limitation(size)),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Machine::Native => write!(f, "{} native", Arch::HOST),
            Machine::Qemu(Arch::X86_64, _) => write!(f, "qemu-x86_64"),
            Machine::Qemu(Arch::Aarch64, size) => write!(f, "qemu-aarch64, {size} pages"),
        }
    }
}

fn check(arch: Option<Arch>, page_size: Option<PageSize>) -> Result<()> {
    match (arch, page_size) {
        (Some(Arch::X86_64), Some(size)) if size != PageSize::K4 => {
            bail!("x86_64 has pages of 4096 bytes and no others; pages of {} are aarch64's", size.bytes())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x86_64_has_one_page_size() {
        let error = Machine::select(Some(Arch::X86_64), Some(PageSize::K16)).unwrap_err();
        assert!(error.to_string().contains("16384"), "{error}");
        assert!(Machine::choose(Some(Arch::X86_64), Some(PageSize::K64)).is_err());
        assert!(Machine::choose(Some(Arch::X86_64), Some(PageSize::K4)).is_ok());
    }

    #[test]
    fn a_selection_narrows_the_matrix() {
        assert_eq!(Machine::select(None, None).unwrap(), Machine::MATRIX);
        assert_eq!(
            Machine::select(None, Some(PageSize::K64)).unwrap().last(),
            Some(&Machine::Qemu(Arch::Aarch64, PageSize::K64))
        );
        for machine in Machine::select(Some(Arch::Aarch64), None).unwrap() {
            assert_eq!(machine.arch(), Arch::Aarch64);
        }
    }

    #[test]
    fn a_program_runs_on_this_machine_unless_it_cannot() {
        assert_eq!(Machine::choose(None, None).unwrap(), Machine::Native);
        assert_eq!(Machine::choose(Some(Arch::HOST), None).unwrap(), Machine::Native);
        let foreign = Arch::ALL.into_iter().find(|&arch| arch != Arch::HOST).unwrap();
        assert_eq!(Machine::choose(Some(foreign), None).unwrap(), Machine::Qemu(foreign, PageSize::K4));
    }
}
