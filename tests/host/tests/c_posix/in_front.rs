//! A program that has a libc, with the library in front of it: the functions that it calls are the library's, the rest is the libc's, and
//! both work.

use std::fs;
use std::os::unix::fs::symlink;

use baremap_host_tests::{Compiler, Output, is_emulated, library_without_start};

use crate::{rustups_lld, source};

/// With what the libc's fork does besides, and without.
fn lines(fork: &str) -> String {
    format!(
        "\
a libc's printf, and 4 bytes
-1: No such file or directory
0: No such file or directory
a copy of the libc's, 1
0
mapped
0
{fork}
0 failures
grown: 0
1 1
at the end
"
    )
}

/// What the program calls that the library has.
const TAKEN: [&str; 12] = [
    "_exit",
    "aligned_alloc",
    "calloc",
    "close",
    "fork",
    "free",
    "malloc",
    "mmap",
    "munmap",
    "open",
    "realloc",
    "waitpid",
];

/// What the program does not call.
const LEFT: [&str; 4] = ["bm_open", "madvise", "read", "write"];

/// What has to be the libc's: what the library has of it is in one object file with its `_start`.
const LIBCS: [&str; 4] = ["_start", "exit", "environ", "__errno_location"];

/// Builds the program with the library in front of the libc, and runs it. Gives what the linker wrote into its map.
#[track_caller]
fn works(compiler: &Compiler, flags: &[&str], fork: &str) -> String {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let map = folder.path().join("map");
    let flags = [&["-O2", "-w", "-fno-builtin", "-U_FORTIFY_SOURCE", "-pthread"], flags].concat();
    let map_flag = format!("-Wl,-Map={}", map.display());
    let libraries = ["-lbaremap", &map_flag];
    let program =
        compiler.build_with_libc(&flags, &source("in_front.c"), &libraries, &folder.path().join("p"));
    let mut command = program.command();
    // An emulator looks there for the other architecture's libc.
    command.env("IN_FRONT", "1").env("QEMU_LD_PREFIX", compiler.root_of_libc()).current_dir(folder.path());
    assert_eq!(Output::of(&mut command).success(), lines(fork), "{compiler:?} {flags:?}");
    fs::read_to_string(&map).expect("the linker has made a map")
}

/// The same; and what the program calls is the library's, and nothing else, by the map that GNU's linker writes.
#[track_caller]
fn takes_what_it_calls(compiler: &Compiler, flags: &[&str], fork: &str) {
    let map = works(compiler, flags, fork);
    let (members, _) = map.split_once("\n\n").and_then(|(_, rest)| rest.split_once("\n\n")).expect("a list");
    for name in TAKEN {
        assert!(members.contains(&format!("libbaremap.a({name}.o)")), "{name} is not the library's");
    }
    for name in LEFT {
        assert!(!members.contains(&format!("libbaremap.a({name}.o)")), "{name} is the library's");
    }
    // Each object file, and on the same line or the next who wanted it, and what.
    for line in members.replace("\n  ", " ").lines().filter(|line| line.contains("libbaremap.a(")) {
        let is_libcs = LIBCS.iter().any(|name| line.ends_with(&format!("({name})")));
        assert!(!is_libcs, "{line}");
    }
}

/// Emulated, a child that a shared glibc's own fork makes goes round in circles among its threads' stacks, also without the library.
#[test]
fn of_a_shared_glibc() {
    if is_emulated() {
        return;
    }
    for compiler in Compiler::all() {
        takes_what_it_calls(&compiler, &[], "1 1 1");
        takes_what_it_calls(&compiler, &["-no-pie"], "1 1 1");
        takes_what_it_calls(&compiler, &["-fstack-protector-all"], "1 1 1");
    }
}

#[test]
fn of_a_static_glibc() {
    for compiler in Compiler::all() {
        takes_what_it_calls(&compiler, &["-static", "-Wl,-u,__fork"], "1 1 1");
    }
}

/// A linker takes nothing out of an archive for a weak reference: the handlers do not run, as the header says.
#[test]
fn of_a_static_glibc_whose_fork_nobody_asks_for() {
    for compiler in Compiler::all() {
        takes_what_it_calls(&compiler, &["-static"], "0 0 0");
    }
}

/// musl has no name for a fork that runs handlers, as the header says.
#[test]
fn of_musl() {
    takes_what_it_calls(&Compiler::musl(), &[], "0 0 0");
    takes_what_it_calls(&Compiler::musl(), &["-static"], "0 0 0");
}

/// LLD looks into the object files themselves. It finds what goes with the start, if that is there.
#[test]
fn by_a_linker_that_goes_by_no_index() {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    // A compiler looks for its linker by this name: there, or else among the programs of the system.
    if let Some(lld) = rustups_lld() {
        symlink(lld, folder.path().join("ld.lld")).expect("the folder takes links");
    }
    let linker = ["-fuse-ld=lld".into(), format!("-B{}", folder.path().display())];
    let without_start = format!("-L{}", library_without_start().join("lib").display());
    for compiler in Compiler::all() {
        let kinds = [(&["-static", "-Wl,-u,__fork"][..], "1 1 1"), (&["-static"], "0 0 0"), (&[], "1 1 1")];
        // The last is of a shared glibc, which an emulator cannot have fork.
        let run = if is_emulated() { &kinds[..2] } else { &kinds };
        for &(kind, fork) in run {
            // As above.
            if kind.is_empty() && is_emulated() {
                continue;
            }
            let flags = [&[linker[0].as_str(), &linker[1], &without_start], kind].concat();
            let map = works(&compiler, &flags, fork);
            for name in TAKEN {
                assert!(map.contains(&format!("libbaremap.a({name}.o)")), "{name} is not the library's");
            }
        }
        let flags = [linker[0].as_str(), &linker[1], "-w"];
        let output =
            compiler.link(&flags, &source("in_front.c"), &["-lbaremap"], &folder.path().join("program"));
        assert!(output.code != 0 && output.stderr.contains("duplicate symbol: _start"), "{output:?}");
    }
}
