//! The functions of the library for C that begin by `bm_`, called by a program of C.

use std::path::Path;

use baremap_host_tests::Compiler;

/// Each part of the program that held.
const PARTS: &str = "\
files
memory
processes
descriptors
shrinking file
sealed
objects
locks
rings
allocators
signals and texts
";

#[test]
fn each_does_what_it_says_and_refuses_what_it_has_to() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("c/functions.c");
    for compiler in Compiler::all() {
        let folder = tempfile::tempdir().expect("there is a place for temporary files");
        let flags = ["-O2", "-std=c99", "-Wall", "-Wextra", "-Werror", "-ffreestanding"];
        let program = compiler.build(&flags, &source, &folder.path().join("functions"));
        let output = program.run([folder.path()]);
        assert_eq!(output.success(), PARTS, "{compiler:?}");
    }
}
