//! What to type where set-up may not or cannot install things itself.

use std::fmt::Write;

use anyhow::Error;

use crate::{arch::Arch, kernel::Kernel, qemu::system, setup::apt};

/// How to get Rust's standard library for `arch`.
pub fn rust(arch: Arch, obstacles: &[Error]) -> String {
    let (target, debian) = (arch.target(), arch.debian());
    let packages = apt::rust_packages(arch).join(" ");
    let mut text = format!("Rust's standard library for {target} is missing, or a linker (LLD) for it.\n");
    for obstacle in obstacles {
        writeln!(text, "  {obstacle:#}").expect("a String takes everything");
    }
    text + &format!(
        "Install them by one of:
  rustup        rustup target add {target}
  apt (Debian)  sudo dpkg --add-architecture {debian} && sudo apt-get update &&
                sudo apt-get install --no-install-recommends {packages} lld
  dnf           sudo dnf install rustup && rustup-init -y --target {target}
  pacman        sudo pacman -S --needed rustup && rustup default stable && rustup target add {target}"
    )
}

/// How to get QEMU's user mode.
pub fn qemu(arch: Arch, obstacle: &Error) -> String {
    format!(
        "qemu-{arch} is missing, which runs {arch} programs on this machine.
  {obstacle:#}
Install it by one of:
  apt     sudo apt-get install --no-install-recommends qemu-user
  dnf     sudo dnf install qemu-user
  pacman  sudo pacman -S --needed qemu-user"
    )
}

/// How to get QEMU's whole machines.
pub fn qemu_system(arch: Arch, obstacles: &[Error]) -> String {
    let package = system::package(arch);
    let mut text = format!("qemu-system-{arch} is missing, which real kernels run on.\n");
    for obstacle in obstacles {
        writeln!(text, "  {obstacle:#}").expect("a String takes everything");
    }
    let fedora = match arch {
        Arch::X86_64 => "qemu-system-x86-core",
        Arch::Aarch64 => "qemu-system-aarch64-core",
    };
    text + &format!(
        "Install it by one of:
  apt     sudo apt-get install --no-install-recommends {package}
  dnf     sudo dnf install {fedora}
  pacman  sudo pacman -S --needed qemu-system-{}
Or do without the kernels: cargo xtask test --kernel none",
        arch.name().replace("x86_64", "x86")
    )
}

/// How to get a kernel to run the tests on.
pub fn kernel(kernel: Kernel, obstacle: &Error) -> String {
    let arch = kernel.arch();
    let package = kernel.packages().join(" or ");
    format!(
        "The kernel {kernel} is missing, to run the tests on.
  {obstacle:#}
Debian has it as {package}.
On another distribution, give one of your own, with a serial line, initramfs, devtmpfs and tmpfs built in:
  any       cargo xtask test --arch {arch} --page-size {} --kernel-image FILE
  dnf       dnf download --forcearch {arch} kernel-core && rpm2cpio kernel-core-*.rpm | cpio -id
            (FILE is lib/modules/*/vmlinuz)
  source    make ARCH={} defconfig && make ARCH={}
Or do without: cargo xtask test --kernel none",
        kernel.page_size().bytes(),
        arch.kernel(),
        arch.kernel(),
    )
}

/// How to get what builds a kernel.
pub fn build_tools(arch: Arch, obstacle: &Error) -> String {
    let packages = apt::build_tools(arch).join(" ");
    format!(
        "Building a kernel takes a compiler for {arch}, make, flex, bison, bc, tar and xz.
  {obstacle:#}
Install them by one of:
  apt     sudo apt-get install --no-install-recommends {packages}
  dnf     sudo dnf install gcc-aarch64-linux-gnu gcc make flex bison bc tar xz
  pacman  sudo pacman -S --needed aarch64-linux-gnu-gcc gcc make flex bison bc tar xz"
    )
}

/// How to get what compiles C.
pub fn c_compiler(arch: Arch, obstacle: &Error) -> String {
    let packages = apt::c_compiler(arch).join(" ");
    let (fedora, arch_linux) = others_c_compilers(arch);
    format!(
        "A compiler of C for {arch} is missing, or headers for it.
  {obstacle:#}
Install them by one of:
  apt     sudo apt-get install --no-install-recommends {packages}
  dnf     sudo dnf install {fedora}
  pacman  sudo pacman -S --needed {arch_linux}"
    )
}

/// What has gcc and headers for it, on Fedora and on Arch Linux.
fn others_c_compilers(arch: Arch) -> (String, String) {
    match arch == Arch::HOST {
        true => ("gcc glibc-devel".into(), "gcc".into()),
        false => (format!("gcc-{arch}-linux-gnu sysroot-{arch}-fc43-glibc"), format!("{arch}-linux-gnu-gcc")),
    }
}

/// How to get a compiler that a test takes.
pub fn test_compilers(arch: Arch, name: &str, obstacle: Option<&Error>) -> String {
    let obstacle = obstacle.map(|obstacle| format!("\n  {obstacle:#}")).unwrap_or_default();
    let packages = apt::test_compilers(arch).join(" ");
    let (fedora, arch_linux) = others_c_compilers(arch);
    format!(
        "the compiler `{name}` is missing, or headers for it{obstacle}
Install all that these tests take by one of:
  apt     sudo apt-get install --no-install-recommends {packages}
  dnf     sudo dnf install {fedora} gcc-c++ clang musl-gcc
  pacman  sudo pacman -S --needed {arch_linux} clang musl"
    )
}

/// How to get what runs the fuzz targets.
pub fn fuzzer(obstacle: &Error) -> String {
    format!(
        "Fuzzing takes rustup with a nightly toolchain, cargo-fuzz and a C++ compiler.
  {obstacle:#}
Install them by:
  rustup toolchain install nightly --profile minimal
  cargo install --locked cargo-fuzz
and the compiler by one of:
  apt     sudo apt-get install --no-install-recommends g++
  dnf     sudo dnf install gcc-c++
  pacman  sudo pacman -S --needed gcc
Or do without: cargo xtask test --no-fuzz"
    )
}

/// How to get what builds jemalloc.
pub fn make(obstacle: &Error) -> String {
    format!(
        "make is missing, which builds jemalloc, a peer.
  {obstacle:#}
Install it by one of:
  apt     sudo apt-get install --no-install-recommends make
  dnf     sudo dnf install make
  pacman  sudo pacman -S --needed make"
    )
}

/// How to get what counts instructions.
pub fn valgrind(obstacle: &Error) -> String {
    format!(
        "Counting instructions takes valgrind.
  {obstacle:#}
Install it by one of:
  apt     sudo apt-get install --no-install-recommends valgrind
  dnf     sudo dnf install valgrind
  pacman  sudo pacman -S --needed valgrind
Or do without: cargo xtask test --no-instructions"
    )
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn says_what_failed_and_what_to_type() {
        let text = rust(Arch::Aarch64, &[anyhow!("no answer").context("rustup")]);
        assert!(text.contains("  rustup: no answer\n"), "{text}");
        for manager in
            ["rustup target add aarch64-unknown-linux-gnu", "apt-get install", "dnf install", "pacman -S"]
        {
            assert!(text.contains(manager), "{text}");
        }
        let obstacle = || anyhow!("only root may");
        for text in [
            qemu(Arch::Aarch64, &obstacle()),
            qemu_system(Arch::X86_64, &[obstacle()]),
            build_tools(Arch::Aarch64, &obstacle()),
            c_compiler(Arch::Aarch64, &obstacle()),
            c_compiler(Arch::X86_64, &obstacle()),
            test_compilers(Arch::Aarch64, "clang", Some(&obstacle())),
            fuzzer(&obstacle()),
            make(&obstacle()),
            valgrind(&obstacle()),
        ] {
            for manager in ["only root may", "apt-get install", "dnf install", "pacman -S"] {
                assert!(text.contains(manager), "{text}");
            }
        }
        let text = kernel(Kernel::Arm64K16, &obstacle());
        for part in ["only root may", "linux-image-arm64-16k", "--kernel-image FILE", "--kernel none"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
