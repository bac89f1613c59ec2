//! The POSIX names of the library for C, and programs that begin with its `_start`.

mod beyond;
mod fortified;
mod in_front;
mod readme;
mod same_as_glibc;
mod size;
mod start;

use std::path::{Path, PathBuf};
use std::process::Command;

use baremap_host_tests::Output;

/// A file of the folder `c`.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("c").join(name)
}

/// LLD, if Rust came from rustup.
fn rustups_lld() -> Option<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = Output::of(Command::new(rustc).args(["--print", "sysroot"])).success();
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let lld = Path::new(sysroot.trim_end()).join("lib/rustlib").join(target).join("bin/rust-lld");
    lld.exists().then_some(lld)
}
