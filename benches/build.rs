//! Writes down which compiler builds this.

use std::env;
use std::process::Command;

fn main() {
    let rustc = env::var_os("RUSTC").expect("cargo says so");
    let output = Command::new(rustc).arg("--version").output().expect("it compiles this");
    let version = String::from_utf8_lossy(&output.stdout);
    println!("cargo::rustc-env=BENCHES_RUSTC={}", version.trim());
    println!("cargo::rerun-if-changed=build.rs");
}
