//! Programs that are compiled with `_FORTIFY_SOURCE`, as some distributions' compilers do by default.

use baremap_host_tests::{Compiler, Program};

use crate::source;

#[track_caller]
fn build(check: impl Fn(&Program)) {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    for compiler in Compiler::all() {
        let flags = ["-O2", "-w", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"];
        check(&compiler.build(&flags, &source("fortified.c"), &folder.path().join("fortified")));
    }
}

#[test]
fn they_run() {
    build(|program| assert_eq!(program.run([""; 0]).success(), "fortified\n"));
}

/// As with a libc by SIGABRT, and with a line that says why. An emulator has one of its own to add.
#[test]
fn they_end_before_anything_is_overwritten() {
    build(|program| {
        for name in ["read", "pread", "memcpy", "memmove", "memset"] {
            let line = "libbaremap: more bytes than their buffer has room for\n";
            assert!(program.run([name]).failure(128 + 6).starts_with(line), "{name}");
        }
    });
}

/// It would be what is in the register by chance.
#[test]
fn they_end_before_a_file_gets_a_mode_that_nobody_gave() {
    build(|program| {
        for name in ["open", "openat"] {
            let line = "libbaremap: open with O_CREAT or O_TMPFILE, and without a mode\n";
            assert!(program.run([name]).failure(128 + 6).starts_with(line), "{name}");
        }
    });
}
