use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};

use baremap_host_tests::{Output, example};

use crate::PAGE_SIZES;
use crate::files::Files;

/// Bytes that differ from page to page, in lines.
fn text(len: usize) -> String {
    (0..).flat_map(|line| format!("line {line}\n").into_bytes()).take(len).map(char::from).collect()
}

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).spawn().expect("it starts")
}

#[test]
fn prints_a_file() {
    let files = Files::new();
    let borders = PAGE_SIZES.into_iter().chain([1 << 20, 3 << 20]);
    for len in borders.flat_map(|size| [size - 1, size, size + 1]).chain([0, 1, 100]) {
        let content = text(len);
        let output = example("cat").run([files.write("file", &content)]).success();
        assert!(output == content, "{len} bytes: it printed {} others", output.len());
    }
}

#[test]
fn prints_files_one_after_the_other() {
    let files = Files::new();
    let (first, second) = (files.write("a", "first"), files.write("b", "second\n"));
    let empty = files.write("empty", "");
    assert_eq!(example("cat").run([&first, &empty, &second, &first]).success(), "firstsecond\nfirst");
}

#[test]
fn a_missing_file_is_named_and_the_others_are_printed() {
    let files = Files::new();
    let (there, missing) = (files.write("there", "content\n"), files.path("missing"));
    let output = example("cat").run([&missing, &there]);
    let stderr = format!("cat: {}: No such file or directory\n", missing.display());
    assert_eq!(output, Output { stdout: "content\n".into(), stderr, code: 1 });
}

#[test]
fn says_why_a_file_cannot_be_printed() {
    let files = Files::new();
    let file = files.write("file", "content");
    for (path, sentence) in [
        (files.path("."), "Is a directory"),
        (file.join("below"), "Not a directory"),
        (files.path(&"x".repeat(256)), "File name too long"),
        ("".into(), "No such file or directory"),
    ] {
        let said = example("cat").run([&path]).failure(1);
        assert_eq!(said, format!("cat: {}: {sentence}\n", path.display()));
    }
}

#[test]
fn prints_what_has_no_length() {
    let filesystems = fs::read_to_string("/proc/filesystems").unwrap();
    assert_eq!(example("cat").run(["/proc/filesystems"]).success(), filesystems);
    assert_eq!(example("cat").run(["/dev/null"]).success(), "");

    let mut cat = start(example("cat").command().arg("/dev/stdin").stdin(Stdio::piped()));
    cat.stdin.take().unwrap().write_all(b"through a pipe").unwrap();
    let output = cat.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"through a pipe");
}

#[test]
fn a_full_disk_is_an_error() {
    let files = Files::new();
    let path = files.write("file", "content");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = example("cat").command().arg(&path).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "cat: standard output: No space left on device\n");
}

/// More than a pipe holds (pipe(7): 64 KiB). A program that has as much left to write waits for its reader.
const MORE_THAN_A_PIPE: usize = 1 << 20;

#[test]
fn a_file_of_several_gib_takes_little_memory() {
    const LEN: usize = (3 << 30) + 5;
    /// More than the program with its window and an emulator around it; far less than the file.
    const MOST_RESIDENT_KIB: usize = 128 << 10;

    // Not where temporary files go: if that is in memory, to read a hole takes memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("large");
    let marks = [(0, *b"start"), (1 << 30, *b"first"), ((1 << 31) - 2, *b"sign."), (3 << 30, *b"end..")];
    let file = File::create(&path).unwrap();
    file.set_len(LEN as u64).unwrap();
    for (offset, mark) in &marks {
        file.write_all_at(mark, *offset).unwrap();
    }

    let mut cat = start(example("cat").command().arg(&path));
    let mut stdout = cat.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 20];
    let (mut position, mut found, mut resident) = (0, Vec::new(), None);
    loop {
        let piece = match stdout.read(&mut buffer).unwrap() {
            0 => break,
            count => &buffer[..count],
        };
        // Comparing slices is much faster than looking at each byte, in a test that is not optimised.
        if piece != &ZEROS[..piece.len()] {
            let bytes = (position as u64..).zip(piece.iter().copied());
            found.extend(bytes.filter(|&(_, byte)| byte != 0));
        }
        position += piece.len();
        if resident.is_none() && position >= LEN - 2 * MORE_THAN_A_PIPE {
            resident = Some(peak_resident_kib(cat.id()));
        }
    }
    assert!(cat.wait().unwrap().success());
    assert_eq!(position, LEN);
    let expected: Vec<(u64, u8)> =
        marks.into_iter().flat_map(|(offset, mark)| (offset..).zip(mark)).collect();
    assert_eq!(found, expected);
    let resident = resident.expect("the file is longer than that");
    assert!(resident < MOST_RESIDENT_KIB, "{resident} KiB were resident");
}

static ZEROS: [u8; 1 << 20] = [0; 1 << 20];

/// The most memory that a process has had, in KiB.
fn peak_resident_kib(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    peak.expect(&status).parse().unwrap()
}

#[test]
fn a_file_that_shrinks_meanwhile_ends_earlier() {
    let files = Files::new();
    let content = text(8 * MORE_THAN_A_PIPE);
    for left in [0, 100, 5 * MORE_THAN_A_PIPE] {
        let path = files.write("file", &content);
        let mut cat = start(example("cat").command().arg(&path));
        let mut stdout = cat.stdout.take().unwrap();
        // Once the first byte has come, the program is writing, and cannot end before it is read from.
        let mut output = vec![0; 1];
        stdout.read_exact(&mut output).unwrap();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(left as u64).unwrap();
        stdout.read_to_end(&mut output).unwrap();

        let status = cat.wait().unwrap();
        assert!(status.success(), "{left} bytes left: {status}");
        assert!(output.len() >= left && content.as_bytes().starts_with(&output), "{} bytes", output.len());
    }
}
