//! Each function, with good and with bad input: a program prints the same lines whether it is linked with glibc or with the library alone.
//! The file is the same, to the byte.

use baremap_host_tests::{Compiler, Output, Program};

use crate::source;

/// A compiler that knows the functions would leave calls out, or say what it thinks of them.
const FLAGS: [&str; 4] = ["-O1", "-fno-builtin", "-w", "-U_FORTIFY_SOURCE"];

/// Runs it where it finds no file.
fn run(program: &Program) -> Output {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let name = format!("baremap-{}", std::process::id());
    let names = [format!("/{name}"), name.clone(), format!("//{name}")];
    Output::of(program.command().args(names).current_dir(folder.path()))
}

#[track_caller]
fn same(name: &str, flags: &[&str]) {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let flags = [&FLAGS, flags].concat();
    for compiler in Compiler::all() {
        let ours = compiler.build(&flags, &source(name), &folder.path().join("ours"));
        let flags = [&flags[..], &["-static"]].concat();
        let glibcs = compiler.build_with_libc(&flags, &source(name), &[], &folder.path().join("glibcs"));
        let (ours, glibcs) = (run(&ours), run(&glibcs));
        assert_eq!((glibcs.stderr.as_str(), ours.stderr.as_str(), ours.code), ("", "", glibcs.code));
        let lines = glibcs.stdout.lines().count();
        assert!(lines > 20, "{lines} lines");
        for (ours, glibcs) in ours.stdout.lines().zip(glibcs.stdout.lines()) {
            assert_eq!(ours, glibcs, "{compiler:?}");
        }
        assert_eq!(ours.stdout.lines().count(), lines);
    }
}

#[test]
fn maps() {
    same("map.c", &[]);
    same("map.c", &["-D_FILE_OFFSET_BITS=64"]);
}

#[test]
fn files() {
    same("file.c", &[]);
    same("file.c", &["-D_FILE_OFFSET_BITS=64"]);
}

#[test]
fn processes() {
    same("process.c", &[]);
}

#[test]
fn memory() {
    same("memory.c", &[]);
}

#[test]
fn with_stack_protectors() {
    same("process.c", &["-fstack-protector-all"]);
    same("map.c", &["-fstack-protector-all"]);
}
