use std::fs;
use std::os::unix::fs::PermissionsExt;

use baremap_host_tests::{Output, Program, example, examples, is_emulated};
use tempfile::TempDir;

use crate::elf_file::{DYN, EXEC, ElfFile, INTERP, LOAD, PAGE, READ, Segment, WRITE};

/// A program with its arguments, run by `load`, in a folder.
fn load(program: &Program, arguments: &[&str], folder: &TempDir) -> Output {
    let mut command = example("load").command();
    Output::of(command.arg(program.path()).args(arguments).current_dir(folder))
}

/// The same, run by the system.
fn exec(program: &Program, arguments: &[&str], folder: &TempDir) -> Output {
    Output::of(program.command().args(arguments).current_dir(folder))
}

/// Arguments for an example, and a folder in which it finds what it needs.
fn situation(name: &str) -> (Vec<&'static str>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "some content\n").unwrap();
    let arguments = match name {
        "append" => vec!["file", "more"],
        "cat" => vec!["file", "missing", "file"],
        "follow" => vec!["--for-ms", "1", "file"],
        // To `json` this is none, which it says; its times would differ.
        "inherit" | "json" | "map_file" | "sum" | "tail_of_page" | "words" | "workers" => vec!["file"],
        "jit" => vec!["20", "22"],
        "load" => vec!["missing"],
        // Without arguments these say how they are used: an object's name is the whole machine's.
        "shm_read" | "shm_unlink" | "shm_write" | "visits" => vec![],
        "build_tree" | "fork_sum" | "layout" | "protections" | "shared_unshared" | "tiny" => vec![],
        _ => panic!("say here what `load` is to run {name} with"),
    };
    (arguments, folder)
}

/// Addresses differ from run to run.
fn without_addresses(text: &str) -> String {
    let mut pieces = text.split("0x");
    let digits = |piece: &str| piece.trim_start_matches(|digit: char| digit.is_ascii_hexdigit()).to_owned();
    pieces.next().map(String::from).into_iter().chain(pieces.map(digits)).collect::<Vec<_>>().join("0x")
}

#[test]
fn runs_every_other_example_as_the_system_does() {
    // Two of its kind cannot be at one address; what it lists differs by this program itself.
    for name in examples().iter().filter(|name| !["load", "layout"].contains(&name.as_str())) {
        let program = example(name);
        let (arguments, folder) = situation(name);
        let expected = exec(&program, &arguments, &folder);
        let files = content(&folder);
        let (arguments, folder) = situation(name);
        let found = load(&program, &arguments, &folder);
        assert_eq!(without_addresses(&found.stdout), without_addresses(&expected.stdout), "{name}");
        assert_eq!((found.stderr, found.code), (expected.stderr, expected.code), "{name}");
        assert!(content(&folder) == files, "{name} leaves other files");
    }
}

/// Names and contents of the files in a folder.
fn content(folder: &TempDir) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_program_is_where_it_wants_to_be() {
    // Where the linker script of the examples puts all but `load`.
    let folder = tempfile::tempdir().unwrap();
    let program = example("layout");
    let listing = load(&program, &[], &folder).success();
    // QEMU's list leaves out what begins within one of its pages.
    assert!(is_emulated() || listing.contains("\n0x0000000000200000 "), "{listing}");
}

#[test]
fn environment_and_arguments_arrive() {
    // The harness takes its scratch folder from the environment, and its page size from the auxiliary vector.
    let folder = tempfile::tempdir().unwrap();
    let harness = baremap_host_tests::harness();
    let mut command = example("load").command();
    command.arg(harness.path()).args(["sys_fs::", "--list"]).env("TMPDIR", folder.path());
    let listed = Output::of(&mut command).success();
    assert_eq!(listed, exec(&harness, &["sys_fs::", "--list"], &folder).success());
    assert!(listed.lines().count() > 10);
}

/// Writes a program to a file.
fn file(bytes: &[u8]) -> (TempDir, Program) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    (folder, Program::new(path))
}

#[track_caller]
fn runs(elf: &ElfFile) {
    let (folder, program) = file(&elf.bytes());
    let output = load(&program, &[], &folder);
    assert_eq!((output.stderr.as_str(), output.code), ("", ElfFile::CODE), "{elf:x?}");
}

#[track_caller]
fn refuses(bytes: &[u8], sentence: &str) {
    let (folder, program) = file(bytes);
    let said = load(&program, &[], &folder).failure(1);
    assert_eq!(said, format!("load: {}: {sentence}\n", program.path().display()));
}

#[test]
fn runs_programs_with_a_fixed_address_and_without() {
    runs(&ElfFile::new(EXEC));
    runs(&ElfFile::new(DYN));
    // What the tests make is what the system takes for a program too.
    let (folder, program) = file(&ElfFile::new(DYN).bytes());
    assert_eq!(exec(&program, &[], &folder).code, ElfFile::CODE);
}

/// A segment of zeros.
fn zeros(address: u64, len: u64) -> Segment {
    Segment { kind: LOAD, flags: READ | WRITE, offset: 0, address, file_len: 0, len, align: PAGE }
}

/// A segment of bytes that the file should have.
fn bytes(len: u64) -> Segment {
    Segment { file_len: len, ..zeros(16 * PAGE, len) }
}

#[test]
fn runs_programs_with_more_segments() {
    for kind in [EXEC, DYN] {
        let mut elf = ElfFile::new(kind);
        let free = elf.end().next_multiple_of(PAGE);
        elf.segments.push(zeros(free, 3 * PAGE + 5));
        elf.segments.push(Segment { file_len: 100, len: 2 * PAGE, ..zeros(free + 8 * PAGE, 0) });
        // Nothing of it is loaded, whatever is in it.
        elf.segments.push(Segment { kind: 0x6474_e551, ..zeros(u64::MAX, u64::MAX) });
        runs(&elf);
    }
}

#[test]
fn alignments_larger_than_pages_are_kept() {
    let mut elf = ElfFile::new(DYN);
    elf.segments[0].align = 2 << 20;
    runs(&elf);
}

const NO_ELF: &str = "not an ELF program of 64 bits, little-endian";
const CUT: &str = "its file is cut short";

#[test]
fn what_is_no_program_is_refused() {
    let whole = ElfFile::new(EXEC).bytes();
    for len in [0, 1, 4, 63] {
        refuses(&whole[..len], NO_ELF);
    }
    refuses(
        b"#!/bin/sh\nexit 42 # and more, so that a header would have room ......................\n",
        NO_ELF,
    );
    for (byte, wrong) in [(0, 0), (4, 1), (5, 2)] {
        let mut bytes = whole.clone();
        bytes[byte] = wrong;
        refuses(&bytes, NO_ELF);
    }
    refuses(&ElfFile { kind: 1, ..ElfFile::new(EXEC) }.bytes(), "an ELF file, but not a program");
    refuses(&ElfFile { machine: 40, ..ElfFile::new(EXEC) }.bytes(), "a program for another machine");
    assert_eq!(
        example("load").run(["/nonexistent"]).failure(1),
        "load: /nonexistent: No such file or directory\n"
    );
    assert_eq!(example("load").run(["/tmp"]).failure(1), "load: /tmp: Is a directory\n");
    assert_eq!(example("load").run([""; 0]).failure(2), "usage: load PROGRAM [ARGUMENT...]\n");
}

#[test]
fn a_program_that_is_cut_short_is_refused_wherever_it_is_cut() {
    let whole = ElfFile::new(EXEC).bytes();
    for len in 64..whole.len() {
        let (folder, program) = file(&whole[..len]);
        let said = load(&program, &[], &folder).failure(1);
        let sentence = said.rsplit(": ").next().unwrap().trim_end();
        assert!([CUT, BAD_TABLE].contains(&sentence), "{len} bytes: {said}");
    }
}

const BAD_TABLE: &str = "its program headers are malformed or not in its first 64 KiB";

#[test]
fn a_dynamic_program_is_refused() {
    let dynamic = "it needs a dynamic loader; only static programs can be loaded";
    let mut elf = ElfFile::new(DYN);
    elf.segments.push(Segment { kind: INTERP, ..zeros(0, 0) });
    refuses(&elf.bytes(), dynamic);
    // This test is one, on this machine.
    let this = std::env::current_exe().unwrap();
    let output = example("load").run([&this]);
    let foreign = "a program for another machine";
    assert!(
        output.stderr.ends_with(&format!("{dynamic}\n")) || output.stderr.ends_with(&format!("{foreign}\n"))
    );
}

#[test]
fn hostile_headers_are_refused() {
    let changed = |change: fn(&mut ElfFile)| {
        let mut elf = ElfFile::new(EXEC);
        change(&mut elf);
        elf.bytes()
    };
    let beyond = "a segment ends after the last address or offset";
    let misaligned = "a segment is not aligned for pages of this machine's size";
    let no_alignment = "the alignment of a segment is none";
    let no_entry = "its entry point is in none of its executable segments";
    let shared = "its segments share a page, or are not in order";
    for (bytes, sentence) in [
        (changed(|elf| elf.table = u64::MAX), BAD_TABLE),
        (changed(|elf| elf.table = 600), BAD_TABLE),
        (changed(|elf| elf.entry_size = 0), BAD_TABLE),
        (changed(|elf| elf.segments.clear()), "it has no segments to load"),
        (changed(|elf| elf.segments[0].kind = 0), "it has no segments to load"),
        (changed(|elf| elf.segments[0].file_len += 1), "a segment has more bytes in the file than in memory"),
        (changed(|elf| elf.segments[0].len = u64::MAX), beyond),
        (changed(|elf| elf.segments[0].len = 1 << 63), beyond),
        (changed(|elf| elf.segments[0].address = u64::MAX - PAGE + 1), beyond),
        (
            changed(|elf| elf.segments.push(Segment { offset: u64::MAX - PAGE + 1, ..bytes(2 * PAGE) })),
            beyond,
        ),
        (changed(|elf| elf.segments.push(Segment { offset: u64::MAX - PAGE + 1, ..bytes(1) })), CUT),
        (changed(|elf| elf.segments[0].offset = PAGE), CUT),
        (changed(|elf| elf.segments[0].address += 1), misaligned),
        (changed(|elf| elf.segments[0].align = 3), no_alignment),
        (changed(|elf| elf.segments[0].align = 1 << 63), no_alignment),
        (changed(|elf| elf.entry = 0), no_entry),
        (changed(|elf| elf.entry = u64::MAX), no_entry),
        (changed(|elf| elf.entry = elf.end()), no_entry),
        (changed(|elf| elf.segments[0].flags = READ | WRITE), no_entry),
        (changed(|elf| elf.segments.push(elf.segments[0])), shared),
        (changed(|elf| elf.segments.push(zeros(0, PAGE))), shared),
        (changed(|elf| elf.segments[0].address = 0x6000_0000), no_entry),
        (
            changed(|elf| elf.segments.push(zeros(0x6000_0000, PAGE))),
            "its addresses are taken by `load` itself",
        ),
        (changed(|elf| elf.segments.push(zeros(1 << 62, PAGE))), "Cannot allocate memory"),
    ] {
        refuses(&bytes, sentence);
    }
}
