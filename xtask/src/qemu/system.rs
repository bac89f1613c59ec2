//! QEMU's whole machines, which real kernels run on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use duct::Expression;

use crate::{
    arch::Arch,
    cache, process, progress,
    setup::{advice, apt, archive::Archive},
};

/// The emulator of one architecture's machines.
pub struct System {
    program: PathBuf,
    /// Where it was unpacked, if it is not installed.
    root: Option<PathBuf>,
}

impl System {
    pub fn find(arch: Arch) -> Option<System> {
        let name = program(arch);
        if let Ok(program) = which::which(&name) {
            return Some(System { program, root: None });
        }
        let root = folder(arch).ok()?;
        let program = root.join("usr/bin").join(name);
        program.exists().then_some(System { program, root: Some(root) })
    }

    /// The emulator, installed first where it is missing, or unpacked where it cannot be installed.
    pub fn ensure(arch: Arch) -> Result<System> {
        if let Some(system) = System::find(arch) {
            return Ok(system);
        }
        let name = program(arch);
        if let Err(refusal) = apt::install_qemu_system(arch)
            && let Err(obstacle) = unpack(arch)
        {
            bail!(advice::qemu_system(arch, &[refusal, obstacle]));
        }
        System::find(arch).with_context(|| format!("{name} was installed, but is not in PATH"))
    }

    pub fn command(&self, args: &[String]) -> Expression {
        let Some(root) = &self.root else { return duct::cmd(&self.program, args) };
        // An installed QEMU knows where its libraries and its firmware are; this one has to be told.
        let mut words = Vec::new();
        for folder in ["usr/share/qemu", "usr/share/seabios"] {
            words.extend(["-L".to_owned(), root.join(folder).display().to_string()]);
        }
        words.extend_from_slice(args);
        duct::cmd(&self.program, words).env("LD_LIBRARY_PATH", libraries(root))
    }

    /// Version and place in a line.
    pub fn describe(&self) -> Option<String> {
        let output = process::output(&self.command(&["--version".into()])).ok()?;
        Some(format!("{} ({})", output.lines().next()?, self.program.display()))
    }
}

fn program(arch: Arch) -> String {
    format!("qemu-system-{arch}")
}

/// Debian's package.
pub fn package(arch: Arch) -> &'static str {
    match arch {
        Arch::X86_64 => "qemu-system-x86",
        Arch::Aarch64 => "qemu-system-arm",
    }
}

/// Unpacks the emulator with all that it needs and this machine lacks, beside the system.
fn unpack(arch: Arch) -> Result<()> {
    let archive = Archive::open(Arch::HOST)?;
    let packages = archive.with_dependencies(package(arch))?;
    progress::say(format_args!(
        "apt-get download {} (unpacked beside the system, not installed)",
        packages.join(" ")
    ));
    cache::fill(&folder(arch)?, |folder| archive.unpack(&packages, folder))
}

fn folder(arch: Arch) -> Result<PathBuf> {
    Ok(cache::folder()?.join(program(arch)))
}

/// The folders of libraries below `root`, as LD_LIBRARY_PATH has them.
fn libraries(root: &Path) -> String {
    let multiarch = format!("{}-linux-gnu", Arch::HOST);
    let folders = ["usr/lib", "lib"].map(|lib| root.join(lib).join(&multiarch));
    let there = folders.iter().filter(|folder| fs::metadata(folder).is_ok());
    there.map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(":")
}
