//! Debian's packages.

use anyhow::{Context, Result, ensure};

use crate::{arch::Arch, process, progress, qemu::system, setup::os_release::OsRelease};

const RUSTC: &str = "rustc-web";
const CLIPPY: &str = "rust-web-clippy";
const QEMU: &str = "qemu-user";
/// Beside gcc.
const TEST_COMPILERS: [&str; 3] = ["g++", "clang", MUSL];
const VALGRIND: &str = "valgrind";
const MUSL: &str = "musl-tools";
const MAKE: &str = "make";

/// Debian's compiler with the standard library of `arch`. Ubuntu has no such packages.
pub fn install_rust(arch: Arch) -> Result<()> {
    ensure!(
        OsRelease::read().is_debian(),
        "apt-get: only Debian has packages of Rust for other architectures"
    );
    let add_architecture =
        (arch != Arch::HOST).then(|| duct::cmd!("dpkg", "--add-architecture", arch.debian()));
    let mut why = format!("to build {arch} programs");
    if add_architecture.is_some() {
        why.push_str(&format!("; adds {} to dpkg's architectures", arch.debian()));
    }
    install(add_architecture, &rust_packages(arch), &why)
}

pub fn install_clippy() -> Result<()> {
    install(None, &[CLIPPY.into()], "to lint what Debian's compiler builds")
}

pub fn install_qemu(arch: Arch) -> Result<()> {
    install(None, &[QEMU.into()], &format!("to run {arch} programs on a machine that it plays"))
}

/// QEMU's whole machines.
pub fn install_qemu_system(arch: Arch) -> Result<()> {
    install(None, &[system::package(arch).into()], &format!("to run tests on kernels of {arch}"))
}

pub fn install_valgrind() -> Result<()> {
    install(None, &[VALGRIND.into()], "to count instructions")
}

pub fn install_musl() -> Result<()> {
    install(None, &[MUSL.into()], "to build programs with musl, which ours are compared with")
}

/// What builds allocators that are written in C.
pub fn install_make() -> Result<()> {
    install(None, &[MAKE.into()], "to build jemalloc, which ours is compared with")
}

/// What builds a kernel of `arch`.
pub fn install_build_tools(arch: Arch) -> Result<()> {
    install(None, &build_tools(arch), &format!("to build a kernel of {arch}"))
}

/// What compiles C for `arch`.
pub fn install_c_compiler(arch: Arch) -> Result<()> {
    install(None, &c_compiler(arch), &format!("to compile C for {arch}"))
}

/// What compiles C in tests alone, for `arch`.
pub fn install_test_compilers(arch: Arch) -> Result<()> {
    install(None, &test_compilers(arch), &format!("to test the library for C on {arch}"))
}

/// What [`install`] would do, where it can.
fn plan(packages: &[String]) -> Option<String> {
    usable().is_ok().then(|| format!("apt-get install {}", packages.join(" ")))
}

/// What [`install_test_compilers`] would do, where it can.
pub fn plan_test_compilers(arch: Arch) -> Option<String> {
    plan(&test_compilers(arch))
}

/// What [`install_c_compiler`] would do, where it can.
pub fn plan_c_compiler(arch: Arch) -> Option<String> {
    plan(&c_compiler(arch))
}

/// What [`install_rust`] would do, where it can.
pub fn plan_rust(arch: Arch) -> Option<String> {
    OsRelease::read().is_debian().then(|| plan(&rust_packages(arch)))?
}

/// What [`install_qemu`] would do, where it can.
pub fn plan_qemu() -> Option<String> {
    plan(&[QEMU.into()])
}

/// What [`install_qemu_system`] would do, where it can.
pub fn plan_qemu_system(arch: Arch) -> Option<String> {
    plan(&[system::package(arch).into()])
}

/// What [`install_valgrind`] would do, where it can.
pub fn plan_valgrind() -> Option<String> {
    plan(&[VALGRIND.into()])
}

/// The packages of [`install_build_tools`].
pub fn build_tools(arch: Arch) -> Vec<String> {
    let compiler = if arch == Arch::HOST { "gcc" } else { "gcc-aarch64-linux-gnu" };
    [compiler, "gcc", "libc6-dev", "make", "flex", "bison", "bc", "tar", "xz-utils"].map(String::from).into()
}

/// The packages of [`install_c_compiler`]: gcc and a libc's headers.
pub fn c_compiler(arch: Arch) -> Vec<String> {
    let packages = if arch == Arch::HOST {
        ["gcc".into(), "libc6-dev".into()]
    } else {
        [
            format!("gcc-{}-linux-gnu", arch.name().replace('_', "-")),
            format!("libc6-dev-{}-cross", arch.debian()),
        ]
    };
    packages.into()
}

/// The packages of [`install_test_compilers`].
pub fn test_compilers(arch: Arch) -> Vec<String> {
    [c_compiler(arch), TEST_COMPILERS.map(String::from).into()].concat()
}

/// The packages of [`install_rust`].
pub fn rust_packages(arch: Arch) -> Vec<String> {
    vec![RUSTC.into(), CLIPPY.into(), format!("libstd-rust-web-dev:{}", arch.debian())]
}

fn usable() -> Result<()> {
    ensure!(OsRelease::read().is_like_debian(), "apt-get: this is neither Debian nor Ubuntu");
    ensure!(rustix::process::geteuid().is_root(), "apt-get: only root may install packages");
    Ok(())
}

fn install(prepare: Option<duct::Expression>, packages: &[String], why: &str) -> Result<()> {
    usable()?;
    let list = packages.join(" ");
    progress::say(format_args!("apt-get install {list} ({why})"));
    if let Some(prepare) = prepare {
        process::quietly(&prepare).context("dpkg")?;
    }
    let updated = apt_get(&["update"]);
    // Whatever the user has installed stays: a conflict is an error.
    let mut args = vec!["install", "--yes", "--no-install-recommends", "--no-remove"];
    args.extend(packages.iter().map(String::as_str));
    // Packages that apt-get does not know follow from lists that it could not fetch: that is the error to show.
    apt_get(&args).or_else(|unknown| updated.and(Err(unknown)))
}

fn apt_get(args: &[&str]) -> Result<()> {
    // Another apt-get may hold the lock, as on a machine that has just been started.
    let wait = ["-o", "DPkg::Lock::Timeout=120"];
    let command =
        duct::cmd("apt-get", wait.iter().chain(args)).env("DEBIAN_FRONTEND", "noninteractive").stdin_null();
    process::quietly(&command).with_context(|| format!("`apt-get {}`", args.join(" ")))
}
