//! What the commands need of a machine, and how to get it.

pub mod advice;
pub mod apt;
pub mod os_release;
pub mod rustup;

use anyhow::Result;

use crate::{arch::Arch, process, qemu::Qemu, toolchain::Toolchain, workspace};

/// Something that a command needs.
#[derive(Clone, Copy)]
pub enum Need {
    Toolchain(Arch),
    Qemu(Arch),
    /// A part of cargo's own toolchain, by rustup's name.
    Component(&'static str),
}

impl Need {
    pub const ALL: [Need; 6] = [
        Need::Toolchain(Arch::X86_64),
        Need::Toolchain(Arch::Aarch64),
        Need::Qemu(Arch::X86_64),
        Need::Qemu(Arch::Aarch64),
        Need::Component("rustfmt"),
        Need::Component("clippy"),
    ];

    pub fn what(self) -> String {
        match self {
            Need::Toolchain(arch) => format!("Rust for {}", arch.target()),
            Need::Qemu(arch) => format!("qemu-{arch}"),
            Need::Component(name) => name.into(),
        }
    }

    /// A line about what is there, or nothing if it is missing.
    pub fn found(self) -> Option<String> {
        match self {
            Need::Toolchain(arch) => Toolchain::find(arch).map(|toolchain| toolchain.describe()),
            Need::Qemu(arch) => Qemu::find(arch).map(|qemu| qemu.describe()),
            Need::Component(name) => {
                let subcommand = if name == "rustfmt" { "fmt" } else { name };
                process::read(workspace::cargo(), &[subcommand, "--version"]).ok()
            }
        }
    }

    /// What set-up would do about it.
    pub fn plan(self) -> String {
        match self {
            Need::Toolchain(arch) => [rustup::plan_target(arch), apt::plan_rust(arch)]
                .into_iter()
                .flatten()
                .reduce(|first, then| format!("{first}\nif that fails: {then}"))
                .unwrap_or_else(|| "print the commands that install it".into()),
            Need::Qemu(_) => apt::plan_qemu().unwrap_or_else(|| "print the commands that install it".into()),
            Need::Component(name) => format!("rustup component add {name}"),
        }
    }

    pub fn meet(self) -> Result<()> {
        match self {
            Need::Toolchain(arch) => Toolchain::ensure(arch).map(drop),
            Need::Qemu(arch) => Qemu::ensure(arch).map(drop),
            Need::Component(name) => match self.found() {
                Some(_) => Ok(()),
                None => rustup::add_component(name),
            },
        }
    }
}
