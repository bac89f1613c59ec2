//! What the commands need of a machine, and how to get it.

pub mod advice;
pub mod apt;
pub mod archive;
pub mod build_tools;
pub mod c_compiler;
pub mod fuzzer;
pub mod make;
pub mod os_release;
pub mod rustup;
pub mod test_compilers;
pub mod valgrind;

use anyhow::Result;

use self::c_compiler::Compiler;
use crate::{
    arch::Arch,
    kernel::Kernel,
    process,
    qemu::{
        Qemu,
        system::{self, System},
    },
    toolchain::Toolchain,
    workspace,
};

/// Something that a command needs.
#[derive(Clone, Copy)]
pub enum Need {
    Toolchain(Arch),
    Qemu(Arch),
    QemuSystem(Arch),
    /// One that comes from a package.
    Kernel(Kernel),
    /// A part of cargo's own toolchain, by rustup's name.
    Component(&'static str),
    /// What compiles C.
    Compiler(Arch),
    /// What compiles C in tests alone.
    TestCompilers(Arch),
    /// What runs the fuzz targets.
    Fuzzer,
    /// What counts instructions.
    Valgrind,
}

impl Need {
    pub const ALL: [Need; 17] = [
        Need::Toolchain(Arch::X86_64),
        Need::Toolchain(Arch::Aarch64),
        Need::Qemu(Arch::X86_64),
        Need::Qemu(Arch::Aarch64),
        Need::QemuSystem(Arch::X86_64),
        Need::QemuSystem(Arch::Aarch64),
        Need::Kernel(Kernel::X86_64),
        Need::Kernel(Kernel::Arm64K4),
        Need::Kernel(Kernel::Arm64K16),
        Need::Component("rustfmt"),
        Need::Component("clippy"),
        Need::Compiler(Arch::X86_64),
        Need::Compiler(Arch::Aarch64),
        Need::TestCompilers(Arch::X86_64),
        Need::TestCompilers(Arch::Aarch64),
        Need::Fuzzer,
        Need::Valgrind,
    ];

    pub fn what(self) -> String {
        match self {
            Need::Toolchain(arch) => format!("Rust for {}", arch.target()),
            Need::Qemu(arch) => format!("qemu-{arch}"),
            Need::QemuSystem(arch) => format!("qemu-system-{arch}"),
            Need::Kernel(kernel) => format!("the kernel {kernel}"),
            Need::Component(name) => name.into(),
            Need::Compiler(arch) => format!("a compiler of C for {arch}"),
            Need::TestCompilers(arch) => format!("other compilers of C for {arch}"),
            Need::Fuzzer => "cargo-fuzz".into(),
            Need::Valgrind => "valgrind".into(),
        }
    }

    /// A line about what is there, or nothing if it is missing.
    pub fn found(self) -> Option<String> {
        match self {
            Need::Toolchain(arch) => Toolchain::find(arch).map(|toolchain| toolchain.describe()),
            Need::Qemu(arch) => Qemu::find(arch).map(|qemu| qemu.describe()),
            Need::QemuSystem(arch) => System::find(arch).and_then(|system| system.describe()),
            Need::Kernel(kernel) => kernel.find().map(|image| image.describe()),
            Need::Component(name) => {
                let subcommand = if name == "rustfmt" { "fmt" } else { name };
                process::read(workspace::cargo(), &[subcommand, "--version"]).ok()
            }
            Need::Compiler(arch) => Compiler::find(arch).and_then(|compiler| compiler.describe()),
            Need::TestCompilers(arch) => test_compilers::found(arch),
            Need::Fuzzer => fuzzer::found(),
            Need::Valgrind => valgrind::found(),
        }
    }

    /// What set-up would do about it.
    pub fn plan(self) -> String {
        match self {
            Need::Toolchain(arch) => first_of([rustup::plan_target(arch), apt::plan_rust(arch)]),
            Need::Qemu(_) => first_of([apt::plan_qemu()]),
            Need::QemuSystem(arch) => {
                let package = system::package(arch);
                let install = apt::plan_qemu_system(arch);
                let unpack =
                    archive::available().ok().map(|()| format!("unpack {package} in the cache folder"));
                first_of([install, unpack])
            }
            Need::Kernel(kernel) => {
                let names = kernel.packages().join(" or ");
                first_of([archive::available().ok().map(|()| format!("unpack {names} in the cache folder"))])
            }
            Need::Component(name) => format!("rustup component add {name}"),
            Need::Compiler(arch) => first_of([apt::plan_c_compiler(arch)]),
            Need::TestCompilers(arch) => first_of([apt::plan_test_compilers(arch)]),
            Need::Fuzzer => fuzzer::plan(),
            Need::Valgrind => first_of([apt::plan_valgrind()]),
        }
    }

    pub fn meet(self) -> Result<()> {
        match self {
            Need::Toolchain(arch) => Toolchain::ensure(arch).map(drop),
            Need::Qemu(arch) => Qemu::ensure(arch).map(drop),
            Need::QemuSystem(arch) => System::ensure(arch).map(drop),
            Need::Kernel(kernel) => kernel.ensure().map(drop),
            Need::Component(name) => match self.found() {
                Some(_) => Ok(()),
                None => rustup::add_component(name),
            },
            Need::Compiler(arch) => Compiler::ensure(arch).map(drop),
            // Tests can do without, and say so.
            Need::TestCompilers(arch) => {
                test_compilers::ensure(arch);
                Ok(())
            }
            Need::Fuzzer => fuzzer::ensure(),
            Need::Valgrind => valgrind::ensure(),
        }
    }
}

/// What is tried in turn.
fn first_of<const N: usize>(plans: [Option<String>; N]) -> String {
    plans
        .into_iter()
        .flatten()
        .reduce(|first, then| format!("{first}\nif that fails: {then}"))
        .unwrap_or_else(|| "print the commands that install it".into())
}
