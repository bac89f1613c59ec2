//! What `_start` hands a program, what it prints with, and how it ends.

use baremap_host_tests::{Compiler, Output, Program};

use crate::source;

const OUT: &str = "\
argc = 3
first
second, with a blank
argv[argc] == NULL = 1
constructed == argc = 1
envp == environ && envp == argv + argc + 1 = 1
found = 1
(uintptr_t)&local % 16 = 0
getauxval(AT_PAGESZ) == bm_page_size() = 1
getauxval(4711) = 0, errno 2
-9223372036854775808
9223372036854775807
0
ffffffffffffffff
002a
0000000000000000
bm_print(NULL) = -14
";

const ERR: &str = "\
error -1: No such file or directory, Unknown error
error: open: File exists (EEXIST)
error: read: Unknown error (?)
";

#[track_caller]
fn build(flags: &[&str], check: impl Fn(&Program)) {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    for compiler in Compiler::all() {
        let flags = [&["-w", "-U_FORTIFY_SOURCE"], flags].concat();
        check(&compiler.build(&flags, &source("start.c"), &folder.path().join("start")));
    }
}

#[test]
fn arguments_environment_and_output() {
    // As they are, and as some distributions set them; with what is not used, and without.
    for flags in
        [&["-O0"][..], &["-O2"], &["-O2", "-fstack-protector-all"], &["-O2", "-Wl,--gc-sections"], &["-fPIE"]]
    {
        build(flags, |program| {
            let mut command = program.command();
            command.args(["first", "second, with a blank"]).env("OF_THE_TEST", "its value");
            let output = Output::of(&mut command);
            assert_eq!(
                (output.stdout.as_str(), output.stderr.as_str(), output.code),
                (OUT, ERR, 0),
                "{flags:?}"
            );
        });
    }
}

#[test]
fn the_end() {
    build(&["-O2"], |program| {
        assert_eq!(program.run(["return"]).failure(0x23), "");
        assert_eq!(program.run(["exit"]).failure(77), "");
        for (end, code) in [("return", 0x23), ("exit", 77)] {
            let output = program.run([end, "destruct"]);
            assert_eq!((output.stdout.as_str(), output.code), ("destructed\nlast\n", code));
        }
    });
}

#[test]
fn a_stack_protector_notices() {
    build(&["-O1", "-fstack-protector-all"], |program| {
        assert_eq!(program.run(["overflow", "short"]).success(), "not noticed\n");
        let long = "x".repeat(200);
        let line = "libbaremap: a function's stack was overwritten\n";
        // An emulator has a line of its own to add.
        assert!(program.run(["overflow", &long]).failure(128 + 6).starts_with(line));
    });
}

/// Nobody else has an `errno` then.
#[test]
fn a_start_of_its_own() {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    for compiler in Compiler::all() {
        let flags = ["-O2", "-fno-stack-protector", "-U_FORTIFY_SOURCE"];
        let program = compiler.build(&flags, &source("own_start.c"), &folder.path().join("own_start"));
        assert_eq!(program.run([""; 0]).failure(42), "", "{compiler:?}");
    }
}

/// There is nobody to relocate it: the linker refuses, by a symbol that says why.
#[test]
fn a_position_independent_program_is_refused() {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    for compiler in Compiler::all() {
        let flags = ["-O2", "-w", "-fPIE", "-U_FORTIFY_SOURCE", "-nostdlib", "-static-pie"];
        let output = compiler.link(&flags, &source("start.c"), &["-lbaremap"], &folder.path().join("start"));
        let reason = "baremap_position_independent_programs_need_the_feature_relocate";
        assert!(output.code != 0 && output.stderr.contains(reason), "{output:?}");
    }
}
