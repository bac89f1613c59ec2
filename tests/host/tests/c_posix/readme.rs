//! The lines of README.md that make programs, as somebody types them in.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use baremap_host_tests::{Arch, Compiler, Language, Output, Program, library};

use crate::source;

/// What README.md says below its heading `From C`.
fn from_c() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(path).expect("there is a README.md");
    let (_, rest) = readme.split_once("\n## From C\n").expect("README.md says something of C");
    rest.split_once("\n## ").map_or(rest, |(section, _)| section).to_owned()
}

/// The line that has these words in it, as it says to write it for the programs' architecture.
fn line(words: &str) -> String {
    let section = from_c();
    let line = section.lines().find(|line| line.starts_with(words)).expect("README.md has the line");
    match Arch::of_programs() {
        Arch::X86_64 => line.to_owned(),
        Arch::Aarch64 => line.replace("gcc ", "aarch64-linux-gnu-gcc ").replace("x86_64", "aarch64"),
    }
}

/// Types the line in, beside a file `prog.c`, and runs what comes of it.
#[track_caller]
fn make(line: &str, program: &str) -> Output {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let arch = if Arch::of_programs() == Arch::X86_64 { "x86_64" } else { "aarch64" };
    fs::create_dir_all(folder.path().join("target/capi")).expect("the folder takes folders");
    symlink(library(), folder.path().join("target/capi").join(arch)).expect("the folder takes links");
    fs::write(folder.path().join("prog.c"), program).expect("the folder takes files");

    let mut shell = Command::new("sh");
    let built = Output::of(shell.args(["-c", line]).current_dir(folder.path()));
    assert_eq!(built.code, 0, "{line}: {}", built.stderr);
    let mut command = Program::new(folder.path().join("a.out")).command();
    // An emulator looks there for the other architecture's libc.
    let root = Compiler::gcc(Language::C).root_of_libc();
    Output::of(command.env("QEMU_LD_PREFIX", root).current_dir(folder.path()))
}

#[test]
fn a_program_with_a_libc() {
    let section = from_c();
    let (_, rest) = section.split_once("```c\n").expect("README.md has a program");
    let (program, _) = rest.split_once("```").expect("the block ends");
    let output = make(&line("gcc -Wl"), program);
    assert_eq!(output.success(), "1, not dead of SIGBUS, after 0 bytes\n");
}

#[test]
fn a_program_without_one() {
    let program = fs::read_to_string(source("primes.c")).expect("there is the program");
    // 0 + 1 + 2 + 3; and the 168 primes below 1000, of which the last is 997.
    assert_eq!(make(&line("gcc -nostdlib"), &program).success(), "6\n168\n2\n997\n");
}
