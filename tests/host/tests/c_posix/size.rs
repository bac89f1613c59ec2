//! The smallest program in C, linked as the smallest in Rust is.

use std::fs;
use std::path::Path;
use std::process::Command;

use baremap_host_tests::{Compiler, Output, Program, example, library};

use crate::rustups_lld;

/// What the same program has with the kernel's nolibc (tools/include/nolibc of Linux 6.18, gcc 12.2, x86_64).
const NOLIBC: usize = 1368;

/// LLD: rustup's, or the system's.
fn linker() -> Command {
    let mut command = Command::new(rustups_lld().unwrap_or_else(|| "lld".into()));
    command.args(["-flavor", "gnu"]);
    command
}

#[test]
fn tiny_is_as_small_as_nolibcs_and_almost_as_small_as_rusts() {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let (object, path) = (folder.path().join("tiny.o"), folder.path().join("tiny"));
    let compiler = Compiler::all().swap_remove(0);
    let flags = ["-Os", "-fno-pie", "-fno-stack-protector", "-U_FORTIFY_SOURCE"];
    assert_eq!(compiler.compile(&flags, &examples.join("c/tiny.c"), &object).success(), "");
    let mut link = linker();
    link.args(["-static", "-s", "--gc-sections", "--build-id=none", "-znosectionheader", "-T"]);
    link.arg(examples.join("smallest.ld")).arg(&object);
    link.arg("-L").arg(library().join("lib")).args(["-lbaremap", "-o"]).arg(&path);
    assert_eq!(Output::of(&mut link).success(), "");

    let program = Program::new(path);
    let output = Output::of(program.command().current_dir(folder.path()));
    assert_eq!(output.success(), "");
    let mut content = [0; 40];
    content[..8].copy_from_slice(b"\x78\x56\x34\x12\xde\xc0\xad\xde");
    assert_eq!(fs::read(folder.path().join("tiny.bin")).expect("it has made a file"), content);

    let (size, rust) = (program.read().len(), example("tiny").read().len());
    println!("{size} bytes; in Rust {rust}");
    assert!(size <= NOLIBC, "{size} bytes, with nolibc {NOLIBC}");
    assert!(size * 5 <= rust * 6, "{size} bytes, in Rust {rust}");
}
