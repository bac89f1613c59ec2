use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use baremap_host_tests::example;

use crate::{LONG, text};

/// What cksum(1) says of a file.
fn cksum(path: &Path) -> String {
    let output = Command::new("cksum").arg(path).output().expect("coreutils are installed");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("the path is text")
}

#[test]
fn says_what_cksum_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a file");
    let pages = [4 << 10, 16 << 10, 64 << 10, LONG];
    for len in pages.into_iter().flat_map(|size| [size - 1, size, size + 1]).chain([0, 1, 255, 256, 257]) {
        fs::write(&path, text(len)).unwrap();
        assert_eq!(example("sum").run([&path]).success(), cksum(&path), "{len} bytes");
    }
}

#[test]
fn sums_what_cannot_be_mapped() {
    let path = Path::new("/proc/filesystems");
    assert_eq!(example("sum").run([path]).success(), cksum(path));

    let mut command = example("sum").command();
    let mut sum = command.arg("/dev/stdin").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    sum.stdin.take().unwrap().write_all(b"123456789").unwrap();
    // The checksum of the nine digits is the check value of CRC-32/CKSUM over them and their number.
    assert_eq!(sum.wait_with_output().unwrap().stdout, b"930766865 9 /dev/stdin\n");
}

#[test]
fn says_why_there_is_no_sum() {
    assert_eq!(
        example("sum").run(["/nonexistent"]).failure(1),
        "sum: /nonexistent: No such file or directory\n"
    );
    assert_eq!(example("sum").run(["/tmp"]).failure(1), "sum: /tmp: Is a directory\n");
    assert_eq!(example("sum").run([""; 0]).failure(2), "usage: sum FILE\n");
    assert_eq!(example("sum").run(["a", "b"]).failure(2), "usage: sum FILE\n");
}

/// Starts `sum` on a file and waits until it has mapped it.
fn start(path: &Path) -> Child {
    let mut command = example("sum").command();
    let mut sum = command.arg(path).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let maps = format!("/proc/{}/maps", sum.id());
    while !fs::read_to_string(&maps).unwrap_or_default().contains(path.to_str().unwrap()) {
        assert!(sum.try_wait().unwrap().is_none(), "it ended before its map was seen");
        sleep(Duration::from_millis(1));
    }
    sum
}

#[track_caller]
fn shrinks(len: u64, left: u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    let file = File::create(&path).unwrap();
    file.set_len(len).unwrap();
    let sum = start(&path);
    file.set_len(left).unwrap();

    let output = sum.wait_with_output().unwrap();
    let sentence = format!("sum: {}: shrank to {left} bytes while being read\n", path.display());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), sentence);
    assert_eq!((output.stdout, output.status.code()), (Vec::new(), Some(1)));
}

#[test]
fn a_file_that_shrinks_is_an_error() {
    const LEN: u64 = 1 << 30;
    for left in [0, 1, 5000, 1 << 16] {
        shrinks(LEN, left);
    }
}

/// There is no fault then: the page stays, and what was cut off reads as zeros.
#[test]
fn a_file_that_shrinks_within_its_last_page_is_an_error() {
    const LEN: u64 = 256 << 20;
    shrinks(LEN + 100, LEN + 99);
}
