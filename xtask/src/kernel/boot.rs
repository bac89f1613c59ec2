//! Starting a kernel with the freestanding tests as its first process.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use duct::Expression;
use tempfile::NamedTempFile;

use super::{Image, initramfs};
use crate::{arch::Arch, machine::PageSize, qemu, qemu::system::System};

/// By how much longer tests may take than on a processor of their own: emulated, they take some five times as long, and
/// other suites run beside them.
const SLOWNESS: u32 = 20;

/// When the whole of it counts as hanging: many times what it takes.
const LIMIT: Duration = Duration::from_secs(1800);

/// A machine that is ready to be switched on.
pub struct Boot {
    pub command: Expression,
    pub limit: Duration,
    /// Deleted with this.
    _initramfs: NamedTempFile,
}

/// A machine with a kernel, which runs the tests with `args` and switches itself off.
pub fn prepare(arch: Arch, page_size: PageSize, image: &Image, tests: &Path, args: &[&str]) -> Result<Boot> {
    let system = System::ensure(arch)?;
    let mut initramfs =
        NamedTempFile::with_prefix("baremap-initramfs-").context("a file for the initramfs")?;
    initramfs::write(tests, &mut initramfs)?;

    let machine: &[&str] = match arch {
        Arch::X86_64 => &["-machine", "q35", "-cpu", "max"],
        // Not every processor has pages of 16 KiB; this one has all three sizes.
        Arch::Aarch64 => &["-machine", "virt", "-cpu", "cortex-a76"],
    };
    // Two processors, so that threads meet. Huge pages have 512 MiB where the others have 64 KiB; QEMU takes of this
    // memory what is used.
    let memory = if page_size == PageSize::K64 { "4096" } else { "1024" };
    let rest = ["-smp", "2", "-m", memory, "-nographic", "-no-reboot", "-nic", "none"];
    let mut words: Vec<String> = [machine, &rest].concat().into_iter().map(String::from).collect();
    let path = |path: &Path| path.display().to_string();
    words.extend(["-kernel".into(), path(&image.path), "-initrd".into(), path(initramfs.path())]);
    words.extend(["-append".into(), command_line(arch, args)]);
    Ok(Boot { command: system.command(&words), limit: LIMIT, _initramfs: initramfs })
}

/// The kernel's parameters and, after `--`, the program's arguments.
fn command_line(arch: Arch, args: &[&str]) -> String {
    let (console, machine) = match arch {
        Arch::X86_64 => ("ttyS0", ""),
        Arch::Aarch64 => ("ttyAMA0", " --under virt"),
    };
    let mut line = format!("console={console} rdinit={} ", initramfs::PROGRAM);
    // Nothing between the lines of the tests but a panic, which ends QEMU.
    line += "loglevel=1 panic=-1 ";
    // Emulated, page tables that keep user and kernel apart take nine tenths of the time.
    line += match arch {
        // On a busy machine the emulated timer may be late, which the kernel takes for broken, and panics.
        Arch::X86_64 => "mitigations=off no_timer_check ",
        Arch::Aarch64 => "mitigations=off kpti=off nokaslr ",
    };
    // What tests would do without: huge pages, and memory that kernels before 6.5 have only if they are told.
    line += "default_hugepagesz=2M hugepages=24 secretmem.enable=1";
    line += &format!(" -- --init{machine} --timeout-factor {SLOWNESS} --fewer-rounds {}", qemu::FEWER_ROUNDS);
    for arg in args {
        // The kernel takes the quotes off.
        line += &format!(" \"{arg}\"");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_s_arguments_follow_the_kernel_s() {
        let line = command_line(Arch::Aarch64, &["mremap"]);
        assert!(line.contains("console=ttyAMA0 ") && line.contains(" -- --init --under virt "), "{line}");
        assert!(line.ends_with(" \"mremap\""), "{line}");
        assert!(!command_line(Arch::X86_64, &[]).contains("virt"));
    }
}
