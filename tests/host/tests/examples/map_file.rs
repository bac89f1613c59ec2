use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use baremap_host_tests::example;

use crate::files::Files;

/// As `hexdump -v -e '"%07.7_Ax\n"' -e '"%07.7_ax" 16/1 " %02x" "\n"'` prints the file.
const DUMP: &str = "\
0000000 78 56 34 12 de c0 ad de 00 00 00 00 00 00 00 00
0000010 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
0000020 00 00 00 00 00 00 00 00
0000028
";

#[track_caller]
fn maps(path: &Path) {
    let output = example("map_file").run([path]).success();
    let (first, dump) = output.split_once('\n').expect("several lines");
    let address = first.strip_prefix("Mapped at 0x").expect(first);
    let address = u64::from_str_radix(address, 16).expect(first);
    assert!(address != 0 && address.is_multiple_of(4096), "{first}: where a page begins");
    assert_eq!(dump, DUMP);

    let mut content = [0; 40];
    content[..8].copy_from_slice(b"\x78\x56\x34\x12\xde\xc0\xad\xde");
    assert_eq!(fs::read(path).unwrap(), content);
}

#[test]
fn makes_a_file_for_its_owner_only() {
    let files = Files::new();
    let path = files.path("new");
    maps(&path);
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o7777, 0o600);
}

#[test]
fn truncates_what_is_there() {
    let files = Files::new();
    maps(&files.write("old", [7; 100_000]));
    maps(&files.write("shorter", "7"));
}

#[test]
fn says_why_it_cannot() {
    let files = Files::new();
    let pipe = files.path("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    for (path, error) in [
        (files.path("missing/file"), "open: No such file or directory (ENOENT)"),
        (files.path("."), "open: Is a directory (EISDIR)"),
        (pipe, "fallocate: Illegal seek (ESPIPE)"),
    ] {
        assert_eq!(example("map_file").run([path]).failure(1), format!("error: {error}\n"));
    }
}

// Else the file would get the number of standard output, and what the program prints.
#[test]
fn started_without_descriptors_it_prints_into_no_file() {
    let files = Files::new();
    let path = files.path("numbers");
    let inner = example("map_file").command();
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"exec "$@" <&- >&- 2>&-"#, "sh"])
        .arg(inner.get_program())
        .args(inner.get_args())
        .arg(&path);
    assert!(command.status().unwrap().success());
    assert_eq!(fs::read(path).unwrap().len(), 40);
}
